use std::borrow::Cow;

use locales::Locale;
use rstest::rstest;

use super::{
    kind::LetterKind,
    testing::{SmtpFailure, TestSmtp},
    *,
};

fn ada() -> Email {
    "ada@example.com".parse().unwrap()
}

fn content(subject: &str, text: &'static str) -> MailContent {
    MailContent::new(LetterKind::Invitation, Locale::current(), subject).paragraph(Cow::Borrowed(text))
}

fn letter() -> Letter {
    Letter::new(&ada(), &content("Hello", "Hello.")).unwrap()
}

#[tokio::test]
async fn a_letter_arrives_as_it_was_written() {
    let smtp = TestSmtp::start().await;
    let text = "Dear Ada,\n\n.a line that begins with a dot\nGrüße, and a line that is far longer than the seventy-eight characters that mail likes best\n";
    let letter = Letter::new(&ada(), &content("Grüße from Acme", text)).unwrap();
    smtp.mailer().send(&letter).await.unwrap();
    let received = smtp.received();
    assert_eq!(received.len(), 1);
    let mail = &received[0];
    assert_eq!((mail.from.as_str(), mail.to.as_slice()), ("no-reply@dues.test", &["ada@example.com".to_owned()][..]));
    assert_eq!(mail.header("From"), Some("Dues <no-reply@dues.test>"));
    assert_eq!(mail.header("To"), Some("ada@example.com"));
    assert!(mail.header("Content-Type").unwrap().starts_with("multipart/alternative"), "{}", mail.raw);
    let place = |content_type: &str| mail.raw.find(&format!("Content-Type: {content_type}"));
    let (plain, html) = (place("text/plain").unwrap(), place("text/html").unwrap());
    assert!(plain < html, "the last part is the preferred one: {}", mail.raw);
    assert!(mail.header("Date").is_some(), "{}", mail.raw);
    assert_eq!(mail.text().replace("\r\n", "\n").trim_end(), text.trim_end());
    let html = mail.html().replace("\r\n", "\n");
    assert!(html.contains(&format!("<p>{text}</p>")) && html.contains("<h1>Grüße from Acme</h1>"), "{html}");
}

#[tokio::test]
async fn a_subject_has_no_encoded_words_because_of_a_date() {
    let smtp = TestSmtp::start().await;
    let dated = content("Acme: Pro ends on 1\u{a0}Feb\u{a0}2026", "Hello.");
    smtp.mailer().send(&Letter::new(&ada(), &dated).unwrap()).await.unwrap();
    assert_eq!(smtp.received()[0].header("Subject"), Some("Acme: Pro ends on 1 Feb 2026"));
}

#[tokio::test]
async fn nothing_in_a_letter_becomes_a_header_or_a_second_mail() {
    let smtp = TestSmtp::start().await;
    let subject = "Join\r\nBcc: eve@evil.test\r\n\r\n<script>\u{2028}x\u{0}";
    let text = "one\r\n.\r\nMAIL FROM:<eve@evil.test>\r\n\n.\nQUIT\r\n\r.\rBcc: eve@evil.test";
    smtp.mailer().send(&Letter::new(&ada(), &content(subject, text)).unwrap()).await.unwrap();
    let received = smtp.received();
    assert_eq!(received.len(), 1, "{received:#?}");
    let mail = &received[0];
    assert_eq!(mail.to, ["ada@example.com"]);
    assert_eq!(mail.header("Bcc"), None, "{}", mail.raw);
    assert!(mail.text().contains("MAIL FROM:<eve@evil.test>"), "it is text: {}", mail.raw);
    assert!(mail.html().contains("MAIL FROM:&lt;eve@evil.test&gt;"), "it is text: {}", mail.raw);
    assert!(!mail.html().contains("<script"), "{}", mail.raw);
}

#[test]
fn an_address_that_smtp_cant_carry_gets_no_letter() {
    for odd in ["a<b>@example.com", "a@exa_mple.c,om", "\"a\"b@example.com", "a@-", "a,b@example.com", "a@b>c"] {
        assert!(odd.parse::<Email>().is_err(), "{odd} is not taken");
        let email = Email::from_stored(odd.to_owned());
        let refused = Letter::new(&email, &content("", "")).unwrap_err();
        assert!(!can_be_mailed(&email) && refused.is_final() && refused.to_string().contains(odd), "{odd}");
    }
    assert!(can_be_mailed(&ada()));
}

#[rstest]
#[case(SmtpFailure::Busy)]
#[case(SmtpFailure::HangsUp)]
#[tokio::test]
async fn a_rejected_mail_is_an_error_and_the_retry_succeeds(#[case] mood: SmtpFailure) {
    let smtp = TestSmtp::start().await;
    smtp.fail_next([mood]);
    let (mailer, letter) = (smtp.mailer(), letter());
    assert!(matches!(mailer.send(&letter).await, Err(MailError::Smtp(_))));
    mailer.send(&letter).await.unwrap();
}

#[tokio::test]
async fn a_permanent_rejection_states_the_servers_answer() {
    let smtp = TestSmtp::start().await;
    smtp.fail_next([SmtpFailure::Unknown]);
    let letter = letter();
    let refused = smtp.mailer().send(&letter).await.unwrap_err();
    assert!(refused.is_final(), "{refused:?}");
    assert!(refused.reason().contains("no such user here"), "{}", refused.reason());
}

/// RFC 5322 and RFC 2045: each header once, each on its own line.
#[tokio::test]
async fn a_letter_has_the_headers_that_receivers_ask_for() {
    let smtp = TestSmtp::start().await;
    let mailer = smtp.mailer();
    for _ in 0..2 {
        mailer.send(&Letter::new(&ada(), &content("Grüße", "Grüße")).unwrap()).await.unwrap();
    }
    let received = smtp.received();
    let ids: Vec<_> = received.iter().map(|mail| mail.header("Message-ID").unwrap().to_owned()).collect();
    assert!(ids.iter().all(|id| id.starts_with('<') && id.ends_with("@dues.test>")) && ids[0] != ids[1], "{ids:?}");
    for mail in &received {
        let (head, _) = mail.raw.split_once("\r\n\r\n").unwrap();
        for name in ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"] {
            let lines = head
                .split("\r\n")
                .filter(|line| line.split_once(':').is_some_and(|(given, _)| given.eq_ignore_ascii_case(name)));
            assert_eq!(lines.count(), 1, "{name}: {head}");
        }
        assert_eq!(mail.header("MIME-Version"), Some("1.0"));
        assert!(head.is_ascii(), "{head}");
        for line in head.split("\r\n") {
            assert!(line.len() <= 998 && (line.starts_with([' ', '\t']) || line.contains(": ")), "{line:?}");
        }
    }
}

#[tokio::test]
async fn a_domain_with_an_umlaut_is_mailed_in_punycode() {
    let smtp = TestSmtp::start().await;
    let email: Email = "info@exämple.de".parse().unwrap();
    smtp.mailer().send(&Letter::new(&email, &content("Hello", "Hello.")).unwrap()).await.unwrap();
    let received = smtp.received();
    assert_eq!(received[0].to, ["info@xn--exmple-cua.de"]);
    assert_eq!(received[0].header("To"), Some("info@xn--exmple-cua.de"));
}

#[tokio::test]
async fn an_address_without_smtputf8_support_is_refused() {
    let smtp = TestSmtp::start().await;
    let email: Email = "josé@example.com".parse().unwrap();
    let refused = smtp.mailer().send(&Letter::new(&email, &content("Hello", "Hello.")).unwrap()).await.unwrap_err();
    assert!(refused.is_final() && refused.reason().contains("SMTPUTF8"), "{refused:?}");
    assert_eq!(smtp.received(), []);
}

#[tokio::test]
async fn a_silent_server_times_out() {
    let smtp = TestSmtp::start().await;
    smtp.fail_next([SmtpFailure::Silent, SmtpFailure::Silent]);
    let mailer = smtp.mailer_with_timeout(Duration::from_millis(300));
    let letter = letter();
    assert!(matches!(mailer.send(&letter).await, Err(MailError::Silent(_))));
    assert!(matches!(mailer.clone().send(&letter).await, Err(MailError::Resting)), "nor asked again at once");
    assert_eq!(smtp.connections(), 2, "the mail and the check");
}

#[tokio::test]
async fn recipients_that_make_the_server_wait_stop_no_other_mail() {
    let smtp = TestSmtp::start().await;
    smtp.fail_next([SmtpFailure::HangsAtRecipient; 3]);
    let mailer = smtp.mailer_with_timeout(Duration::from_secs(2));
    let letter = letter();
    let (first, second, third) = tokio::join!(mailer.send(&letter), mailer.send(&letter), mailer.send(&letter));
    for slow in [first, second, third] {
        assert!(matches!(slow, Err(MailError::TooSlow(_))), "{slow:?}");
    }
    mailer.send(&letter).await.unwrap();
    assert_eq!(smtp.received().len(), 1);
}

#[tokio::test]
async fn an_answer_that_is_not_utf8_is_named_as_such() {
    let smtp = TestSmtp::start().await;
    smtp.fail_next([SmtpFailure::Latin1]);
    let (mailer, letter) = (smtp.mailer(), letter());
    let unread = mailer.send(&letter).await.unwrap_err();
    assert!(matches!(unread, MailError::Unreadable(_)) && !unread.is_final(), "{unread:?}");
    assert_eq!(unread.reason(), "the SMTP server's answer can't be read");
    mailer.send(&letter).await.unwrap();
}

#[tokio::test]
async fn a_public_reason_has_no_words_of_the_server() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("smtp://{}?tls=none", listener.local_addr().unwrap());
    drop(listener);
    let mailer = Mailer::new(&SecretString::from(url), "no-reply@dues.test".parse().unwrap()).unwrap();
    let letter = letter();
    let unreachable = mailer.send(&letter).await.unwrap_err();
    assert!(matches!(unreachable, MailError::Unreachable(_)), "{unreachable:?}");
    for error in [unreachable, MailError::Resting] {
        assert_eq!(public_reason(&error.reason(), error.is_final()), "the mail server could not be reached");
    }
    let smtp = TestSmtp::start().await;
    for (mood, public) in [
        (SmtpFailure::Unknown, "the address was refused"),
        (SmtpFailure::Busy, "the mail was not taken yet"),
        (SmtpFailure::Latin1, "the mail was not taken yet"),
    ] {
        smtp.fail_next([mood]);
        let error = smtp.mailer().send(&letter).await.unwrap_err();
        assert_eq!(public_reason(&error.reason(), error.is_final()), public, "{error:?}");
    }
}

#[rstest]
#[case("smtps://ada:secret@mail.example.com", Some("smtps://ada:secret@mail.example.com"))]
#[case("smtp://ada:secret@mail.example.com:587", Some("smtp://ada:secret@mail.example.com:587?tls=required"))]
#[case("smtp://mail.example.com?tls=starttls", Some("smtp://mail.example.com?tls=required"))]
#[case("smtp://127.0.0.1:2525?tls=none", Some("smtp://127.0.0.1:2525"))]
#[case::plain_by_mistake("smtp://mail.example.com?tls=non", None)]
#[case::opportunistic_is_no_protection("smtp://mail.example.com?tls=opportunistic", None)]
#[case::tls_without_tls("smtps://mail.example.com?tls=none", None)]
#[case::said_twice("smtp://mail.example.com?tls=required&tls=none", None)]
#[case("smtp://ada@mail.example.com", None)]
#[case("smtp://:secret@mail.example.com", None)]
#[case("http://mail.example.com", None)]
#[case("mail.example.com:25", None)]
#[case("smtp://", None)]
#[case("smtp://mail.example.com/path", None)]
fn a_url_encrypts_unless_it_says_otherwise(#[case] given: &str, #[case] read: Option<&str>) {
    assert_eq!(lettre_url(given).as_ref().map(Url::as_str), read);
    let mailer = Mailer::new(&SecretString::from(given), "no-reply@dues.test".parse().unwrap());
    assert_eq!(mailer.is_ok(), read.is_some());
}

#[test]
fn a_sender_is_one_address_with_or_without_a_name() {
    for good in ["Dues <no-reply@example.com>", "no-reply@example.com", "\"Acme, Billing\" <b@example.com>"] {
        assert!(good.parse::<Sender>().is_ok(), "{good}");
    }
    for bad in ["", "Dues", "a@b@c", "Dues <no-reply@example.com>\r\nBcc: eve@evil.test", "a@x.test, b@x.test"] {
        assert_eq!(bad.parse::<Sender>(), Err(MailSettingError::From), "{bad:?}");
    }
}

#[test]
fn the_debug_output_has_no_password() {
    let url = SecretString::from("smtps://ada:planted@mail.example.com");
    let mailer = Mailer::new(&url, "no-reply@dues.test".parse().unwrap()).unwrap();
    assert!(!format!("{mailer:?}").contains("planted"));
}

#[rstest]
#[case("https://dues.test/unsubscribe/a-_1", Some("List-Unsubscribe=One-Click"))]
#[case("http://dues.test/unsubscribe/a-_1", None)]
#[tokio::test]
async fn a_mail_that_can_be_turned_off_says_so_in_its_headers(#[case] url: &str, #[case] one_click: Option<&str>) {
    let smtp = TestSmtp::start().await;
    let mailer = smtp.mailer();
    mailer.send(&Letter::new(&ada(), &content("Usage", "Hello.").unsubscribe("Turn off", url)).unwrap()).await.unwrap();
    mailer.send(&letter()).await.unwrap();
    let received = smtp.received();
    assert_eq!(received[0].header("List-Unsubscribe"), Some(format!("<{url}>").as_str()));
    assert_eq!(received[0].header("List-Unsubscribe-Post"), one_click);
    assert!(received[0].text().contains(url) && received[0].html().contains(url));
    for name in ["List-Unsubscribe", "List-Unsubscribe-Post"] {
        assert_eq!(received[1].header(name), None, "{name}");
    }
}

#[tokio::test]
async fn no_further_header_comes_from_an_address_that_turns_mails_off() {
    let smtp = TestSmtp::start().await;
    let content = content("Usage", "Hello.").unsubscribe("Turn off", "https://a.test/\r\nBcc: eve@evil.test");
    smtp.mailer().send(&Letter::new(&ada(), &content).unwrap()).await.unwrap();
    let mail = smtp.received().remove(0);
    assert_eq!((mail.header("Bcc"), mail.header("List-Unsubscribe")), (None, None), "{}", mail.raw);
}
