//! The pages of mails on the operator's desk.

use billing::{
    mail::kind::LetterKind,
    service::operator::{ListedMail, MailPreview},
};
use locales::installed;

use super::*;
use crate::pages::operator::mails;

#[test]
fn mails_are_listed_by_area_with_when_they_are_sent() {
    let subject = |kind: LetterKind| format!("A<b>&C: {}", kind.as_str());
    let listed = LetterKind::ALL.map(|kind| ListedMail { kind, subject: subject(kind) });
    let list = |sends_mail| {
        let html = rendered("/operator/mails", |req| mails::page(req, &listed, sends_mail));
        sound(&html);
        html
    };
    assert_shown_with("operator/mails", &list(true), [("no mail server", list(false))]);
}

#[test]
fn a_mail_is_shown_as_html_in_a_closed_frame_and_as_text() {
    let letter = |language: &str, from: Option<&str>| {
        let preview = MailPreview {
            subject: "A<b>&C: payment failed".to_owned(),
            from: from.map(str::to_owned),
            text: "The payment was declined.\n\nUpdate card:\n\nhttps://dues.test/membership\n".to_owned(),
            html: "<p>The payment was declined.</p>".to_owned(),
            style_source: String::new(),
            has_logo: false,
        };
        let shown = (LetterKind::PaymentFailed, installed().get(language).unwrap());
        let reader = "root@dues.test".parse().unwrap();
        let html = rendered("/operator/mails/payment_failed", |req| mails::letter::page(req, shown, &preview, &reader));
        sound(&html);
        let frame = format!("src=\"/operator/mails/payment_failed/html?language={language}\"");
        assert!(html.contains(&frame) && html.contains("sandbox=\"\""), "{html}");
        assert!(!html.contains("<p>The payment was declined.</p>"), "the HTML of a mail is in the frame alone: {html}");
        html
    };
    let base = letter("en", Some("Dues <no-reply@dues.test>"));
    let german = letter("de", Some("Dues <no-reply@dues.test>"));
    assert!(german.contains("<pre lang=\"de\" dir=\"ltr\" class=\"letter\">"), "{german}");
    assert_shown_with("operator/letter", &base, [("no mail server", letter("en", None))]);
}
