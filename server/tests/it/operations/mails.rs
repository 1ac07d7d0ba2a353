//! The mails of the installation: their pages on the operator's desk, samples, brand and changed messages.

use std::{fs, path::Path};

use aws_lc_rs::digest;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use billing::mail::kind::LetterKind;
use rstest::rstest;

use super::operator::operator;
use crate::harness::{Answer, Browser, Engine, Received, TestApp, TestSmtp, eventually};

const MAILS: &str = "/operator/mails";
/// The signature of PNG and the start of its first chunk.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

fn page_of(kind: LetterKind) -> String {
    format!("{MAILS}/{}", kind.as_str())
}

async fn shown(browser: &Browser, path: &str) -> Answer {
    let page = browser.get(path).await;
    assert_eq!(page.status, 200, "{path}: {page:#?}");
    page
}

/// Asserts that the document may have its own style and nothing else, in a frame of this installation.
#[track_caller]
fn assert_closed(document: &Answer, images: &str) {
    let (_, style) = document.text.split_once("<style>").unwrap();
    let style = style.split_once("</style>").unwrap().0;
    let hash = BASE64_STANDARD.encode(digest::digest(&digest::SHA256, style.as_bytes()));
    let expected = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; {images}form-action 'none'; base-uri 'none'; sandbox; \
         frame-ancestors 'self'"
    );
    assert_eq!(document.header("content-security-policy"), Some(expected.as_str()));
    assert_eq!(document.header("x-frame-options"), Some("SAMEORIGIN"));
    assert_eq!(document.header("content-type"), Some("text/html; charset=utf-8"));
    for loading in ["<script", "<link", "src=\"http", "url(", "@import"] {
        assert!(!document.text.contains(loading), "{loading}: {}", document.text);
    }
}

#[rstest]
#[tokio::test]
async fn operators_look_at_each_mail_in_each_language(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let (desk, other) = (operator(&app).await, app.owner().await);
    let list = shown(&desk, MAILS).await;
    assert!(!list.header("content-security-policy").unwrap().contains("frame-src"), "{list:#?}");
    for kind in LetterKind::ALL {
        let path = page_of(kind);
        assert!(list.text.contains(&format!("href=\"{path}\"")), "{path}: {}", list.text);
        for language in ["en", "de"] {
            let address = format!("{path}/html?language={language}");
            let page = shown(&desk, &format!("{path}?language={language}")).await;
            assert!(page.text.contains(&format!("src=\"{address}\"")), "{}", page.text);
            assert!(page.header("content-security-policy").unwrap().contains("; frame-src 'self'; "), "{page:#?}");
            let document = shown(&desk, &address).await;
            assert!(document.text.contains(&format!("<html lang=\"{language}\"")), "{}", document.text);
            assert_closed(&document, "");
        }
    }
    let path = page_of(LetterKind::PasswordReset);
    assert!(shown(&desk, &format!("{path}?language=de")).await.text.contains("Passwort für Dues zurücksetzen"));
    assert!(shown(&desk, &format!("{path}?language=xx")).await.text.contains("Reset your Dues password"));
    for unknown in ["newsletter", "newsletter/html", "%FF/html"] {
        assert_eq!(desk.get(&format!("{MAILS}/{unknown}")).await.status, 404, "{unknown}");
    }
    for browser in [&app.visitor(), &*other] {
        assert_eq!(browser.get(&format!("{path}/html")).await.status, 404);
    }
}

#[rstest]
#[tokio::test]
async fn an_operator_sends_a_sample_to_themselves(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine).with("SMTP_URL", &smtp.url()).start().await;
    let desk = operator(&app).await;
    let path = page_of(LetterKind::TrialEnds);
    assert!(shown(&desk, &path).await.text.contains("Send to me"));
    let form = [("mail", "trial_ends"), ("language", "de")];
    let sent = desk.submit("/rpc/operator-send-mail", &form).await;
    assert_eq!(sent.leads_to(), format!("{path}?language=de&code=sent"));
    assert!(shown(&desk, sent.leads_to()).await.text.contains("Email sent"));
    let is_sample = |mail: &Received| mail.html().contains("<html lang=\"de\"");
    eventually("the sample arrives", async || smtp.received().iter().any(is_sample)).await;
    assert_eq!(smtp.received().into_iter().find(is_sample).unwrap().to, std::slice::from_ref(&desk.email));
    let unknown = desk.submit("/rpc/operator-send-mail", &[("mail", "newsletter")]).await;
    assert_eq!(unknown.leads_to(), format!("{MAILS}?code=not_found"));
    assert!(shown(&desk, unknown.leads_to()).await.text.contains("Nothing was sent"));
}

#[rstest]
#[tokio::test]
async fn without_a_mail_server_the_desk_says_so(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let desk = operator(&app).await;
    let path = page_of(LetterKind::Invitation);
    for page in [MAILS, &path] {
        let page = shown(&desk, page).await;
        assert!(
            page.text.contains("This installation sends no email.") && !page.text.contains("Send to me"),
            "{page:#?}"
        );
    }
    let refused = desk.submit("/rpc/operator-send-mail", &[("mail", "invitation"), ("language", "en")]).await;
    assert_eq!(refused.leads_to(), format!("{path}?language=en&code=mail_not_configured"));
}

#[rstest]
#[tokio::test]
async fn mails_have_the_brand_of_the_installation(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let folder = tempfile::tempdir().unwrap();
    let logo = folder.path().join("logo");
    fs::write(&logo, PNG).unwrap();
    let smtp = TestSmtp::start().await;
    // The name is a part of messages, which are those of the process.
    let app = TestApp::on(engine)
        .in_a_process()
        .with("SMTP_URL", &smtp.url())
        .with("APP_NAME", "Acme Robotics")
        .with("BRAND_LOGO", logo.to_str().unwrap())
        .with("BRAND_ACCENT", "#0b5f6b")
        .with("BRAND_ACCENT_DARK", "#7fd4e0")
        .with("TERMS_URL", "https://acme.test/terms")
        .with("SUPPORT_URL", "mailto:help@acme.test")
        .start()
        .await;
    let owner = app.owner().await;
    app.visitor().submit("/rpc/forgot-password", &[("email", &owner.email)]).await;
    eventually("the mail arrives", async || !smtp.received().is_empty()).await;
    let mail = smtp.received().pop().unwrap();
    assert_eq!(mail.header("Subject"), Some("Reset your Acme Robotics password"));
    let html = mail.html();
    for expected in [
        "<img src=\"cid:logo\" alt=\"Acme Robotics\" height=\"32\">",
        "background:#0b5f6b;color:#ffffff",
        "background:#7fd4e0",
        "@media(prefers-color-scheme:dark)",
        "<a href=\"https://acme.test/terms\">Terms</a> · <a href=\"mailto:help@acme.test\">Support</a>",
    ] {
        assert!(html.contains(expected), "{expected}: {html}");
    }
    assert!(!html.contains("#12543a"), "the accent of Dues: {html}");
    assert!(mail.raw.contains("Content-ID: <logo>") && mail.raw.contains("Content-Type: image/png"), "{}", mail.raw);
    let text = mail.text().replace("\r\n", "\n");
    assert!(text.trim_end().ends_with("Terms: https://acme.test/terms\nSupport: help@acme.test"), "{text}");

    let desk = operator(&app).await;
    let document = shown(&desk, &format!("{}/html", page_of(LetterKind::PasswordReset))).await;
    assert!(document.text.contains("<img src=\"data:image/png;base64,"), "{}", document.text);
    assert_closed(&document, "img-src data:; ");
}

fn write(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[rstest]
#[tokio::test]
async fn messages_of_the_installation_change_subject_and_text_of_a_mail(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let folder = tempfile::tempdir().unwrap();
    let english = "mail-reset-subject = A new password for { -app-name }\n\
                   mail-reset-what = Hello { $email }, here is your link.\n";
    write(folder.path(), "en/mails.ftl", english);
    write(folder.path(), "de/mails.ftl", "mail-reset-subject = Neues Passwort\n");
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine)
        .in_a_process()
        .with("SMTP_URL", &smtp.url())
        .with("LOCALES_DIR", folder.path().to_str().unwrap())
        .start()
        .await;
    let owner = app.owner().await;
    app.visitor().submit("/rpc/forgot-password", &[("email", &owner.email)]).await;
    eventually("the mail arrives", async || smtp.received().len() == 1).await;
    let mail = smtp.received().remove(0);
    assert_eq!(mail.header("Subject"), Some("A new password for Dues"));
    let hello = format!("Hello {}, here is your link.", owner.email);
    assert!(mail.text().starts_with(&hello), "{}", mail.text());
    assert!(
        mail.html().contains("<h1>A new password for Dues</h1>") && mail.html().contains(&hello),
        "{}",
        mail.html()
    );
    assert!(mail.text().contains("Choose a new password:"), "other messages are those of Dues: {}", mail.text());

    owner.submit("/rpc/language", &[("language", "de"), ("back", "/membership")]).await;
    app.visitor().submit("/rpc/forgot-password", &[("email", &owner.email)]).await;
    eventually("the mail arrives", async || smtp.received().len() == 2).await;
    assert_eq!(smtp.received().remove(1).header("Subject"), Some("Neues Passwort"));
    let desk = operator(&app).await;
    let page = shown(&desk, &format!("{}?language=de", page_of(LetterKind::PasswordReset))).await;
    assert!(page.text.contains("Neues Passwort"), "{}", page.text);
}
