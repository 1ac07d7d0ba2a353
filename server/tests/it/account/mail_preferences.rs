//! Mails that people turn on and off: in the settings, by the link in each of these mails, and with one click.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::harness::{APP_URL, Browser, Engine, Owner, Received, TestApp, TestSmtp, eventually};

const ACCOUNT: &str = "/settings/account";
const FORM: &str = "/rpc/mail-preferences";
const LIMIT: &str = "Turn off emails about usage limits";

/// Returns what the owner's account page has ticked.
async fn ticked(owner: &Browser) -> Vec<String> {
    let page = owner.get(ACCOUNT).await.text;
    let boxes = page.split("name=\"mails[]\"").skip(1).map(|rest| rest.split_once('>').unwrap().0.to_owned());
    let ticked = boxes.filter(|tag| tag.contains("checked"));
    ticked.map(|tag| tag.split("value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()).collect()
}

/// Uses as much of a limit as causes an alert, and returns the mail about it.
async fn alert_mail(app: &TestApp, smtp: &TestSmtp, owner: &Owner) -> Received {
    let meter = app.service_of(&owner.tenant, "usage").await;
    meter.post("/api/v1/billing/features/websocket_connections/consume", &json!({ "amount": 8 })).await.expect(200);
    let found =
        || smtp.received().into_iter().find(|mail| mail.to == [owner.email.as_str()] && mail.text().contains(LIMIT));
    eventually("the alert is mailed", async || found().is_some()).await;
    found().unwrap()
}

#[rstest]
#[tokio::test]
async fn the_account_page_lists_what_the_role_can_get_and_stores_the_choice(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine).with("SMTP_URL", &smtp.url()).start().await;
    let owner = app.owner().await;
    let member = app.member_of(&owner).await;
    assert_eq!(ticked(&owner).await, ["usage_limits", "payments"]);
    assert!(!member.get(ACCOUNT).await.text.contains(FORM), "a member gets none of these mails");
    let saved = owner.submit(FORM, &[("mails[]", "payments"), ("mails[]", "monthly_report"), ("mails[]", "tea")]).await;
    assert_eq!(saved.leads_to(), "/settings/account?code=mail_preferences_changed");
    assert!(owner.get(saved.leads_to()).await.text.contains("Email notifications saved"));
    assert_eq!(ticked(&owner).await, ["payments", "monthly_report"]);
    assert!(member.submit(FORM, &[("mails[]", "payments")]).await.leads_to().contains("code=admin_required"));
    let audit = owner.get("/settings/audit").await.text;
    assert!(audit.contains("Turned on emails: monthly report · Turned off emails: usage limits"), "{audit}");

    owner.submit(FORM, &[]).await.leads_to();
    assert_eq!(ticked(&owner).await, [""; 0]);
    let silent = TestApp::start(engine).await;
    assert!(!silent.owner().await.get(ACCOUNT).await.text.contains(FORM), "no mail is sent");
}

#[rstest]
#[tokio::test]
async fn a_link_turns_a_mail_off_by_its_button_and_by_one_click_without_a_session(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine).logging_everything().with("SMTP_URL", &smtp.url()).start().await;
    let owner = app.owner().await;
    let mail = alert_mail(&app, &smtp, &owner).await;
    let link = mail.header("List-Unsubscribe").unwrap().trim_matches(['<', '>']).to_owned();
    let path = link.strip_prefix(APP_URL).unwrap().to_owned();
    assert!(mail.text().contains(&link) && mail.html().contains(&link), "the link is visible, too");
    assert_eq!(mail.header("List-Unsubscribe-Post"), None, "one click requires https");

    // A scanner opens the link, with and without a session.
    for browser in [&app.visitor(), &*owner] {
        let page = browser.get(&path).await;
        assert!(page.status == 200 && page.text.contains("Turn off emails about usage limits?"), "{page:#?}");
        assert!(page.text.contains(&owner.email) && page.text.contains(&format!("action=\"{path}\"")), "{page:#?}");
    }
    assert_eq!(ticked(&owner).await, ["usage_limits", "payments"]);

    // A mail provider sends neither cookies nor an origin; a mail program in a browser may send any origin.
    let click = |browser: &Browser| browser.request(Method::POST, &path).form(&[("List-Unsubscribe", "One-Click")]);
    let provider = app.visitor();
    for request in [click(&provider), click(&provider).header("origin", "https://mail.test"), click(&owner)] {
        let done = provider.send(request).await;
        assert!(done.status == 200 && done.text.contains("Emails about usage limits are off."), "{done:#?}");
    }
    assert_eq!(ticked(&owner).await, ["payments"]);
    let audit = owner.get("/settings/audit").await.text;
    assert_eq!(audit.matches("Turned off emails with the link in an email: usage limits").count(), 1, "{audit}");
    let token = path.rsplit('/').next().unwrap();
    assert!(!app.server.log().contains(token), "no log line has the token");
}

#[rstest]
#[tokio::test]
async fn a_link_that_was_altered_changes_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine).with("SMTP_URL", &smtp.url()).with("APP_URL", "https://dues.test").start().await;
    let owner = app.owner().await;
    let mail = alert_mail(&app, &smtp, &owner).await;
    assert_eq!(mail.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
    let link = mail.header("List-Unsubscribe").unwrap().trim_matches(['<', '>']);
    let token = link.strip_prefix("https://dues.test/unsubscribe/").unwrap();
    let visitor = app.visitor();
    for bad in ["x", &token[1..], &token[..token.len() - 4], &format!("{token}AAAA"), &token.to_lowercase()] {
        let path = format!("/unsubscribe/{bad}");
        for method in [Method::GET, Method::POST] {
            let answer = visitor.send(visitor.request(method.clone(), &path)).await;
            assert_eq!(answer.status, 404, "{method} {bad}: {answer:#?}");
            assert!(answer.text.contains("This link doesn’t work."), "{method} {bad}: {answer:#?}");
        }
    }
    assert_eq!(ticked(&owner).await, ["usage_limits", "payments"]);
    assert!(!owner.get("/settings/audit").await.text.contains("Turned off emails"));
}

#[rstest]
#[tokio::test]
async fn a_monthly_report_comes_once_when_a_month_begins(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let smtp = TestSmtp::start().await;
    let app = TestApp::on(engine).with("SMTP_URL", &smtp.url()).start().await;
    let owner = app.owner_on("pro").await;
    owner.submit(FORM, &[("mails[]", "monthly_report")]).await.leads_to();
    // As if it had been turned on in an earlier month.
    app.make_reports_due().await;
    let is_report = |mail: &Received| mail.text().contains("the monthly report of");
    let reports = || -> Vec<_> { smtp.received().into_iter().filter(is_report).collect() };
    eventually("the report is mailed", async || !reports().is_empty()).await;
    let report = reports().remove(0);
    assert_eq!(report.to, [owner.email.as_str()]);
    let text = report.text();
    for part in ["Plan: Pro", "Next payment: ", "/usage", "Turn off the monthly report: "] {
        assert!(text.contains(part), "{part}: {text}");
    }
    eventually("the job is done", async || app.jobs().await == 0).await;
    app.make_reports_due().await;
    eventually("it is claimed again", async || !app.has_due_reports().await).await;
    eventually("the job is done", async || app.jobs().await == 0).await;
    assert_eq!(reports().len(), 1, "one report a month");
}
