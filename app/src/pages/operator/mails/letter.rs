//! `/operator/mails/{kind}`: a sample of one mail, as HTML and as plain text.

use billing::{mail::kind::LetterKind, service::operator::MailPreview};
use domain::account::Email;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{Locale, installed, text};

use super::{no_mail, words};
use crate::{
    actions::operator::mails::{MAILS, OperatorSendMail, page_of},
    components::page::{
        access::desk_page,
        desk_frame,
        entry::{entry, opening},
        not_found,
    },
    request::{PageRequest, drawn_for::form_address, local_path::with_query},
};

pub(crate) fn letter() -> AnyView {
    desk_page(|services, operator, req| async move {
        let language = req.query("language").and_then(|tag| installed().get(&tag)).unwrap_or_else(Locale::current);
        let kind = req.last_segment().parse::<LetterKind>().ok();
        let found = kind.and_then(|kind| {
            let preview = services.operators().preview_mail(&operator, kind, language)?;
            Some(page(&req, (kind, language), &preview, operator.email()))
        });
        Ok(found.unwrap_or_else(not_found::not_found))
    })
}

pub(in crate::pages) fn page(
    req: &PageRequest,
    (kind, language): (LetterKind, Locale),
    preview: &MailPreview,
    reader: &Email,
) -> AnyView {
    let MailPreview { subject, from, text, .. } = preview;
    let from = from.clone().map(|from| {
        view! { <div><dt>{text!(mails_from)}</dt><dd class="breaking">{from}</dd></div> }
    });
    let body = view! {
        {words::answered(req)}
        <h1 lang=language.tag() dir=language.direction().as_str()>{subject.clone()}</h1>
        <dl class="detail-list">
            {from}
            <div><dt>{text!(mails_sent)}</dt><dd>{words::sent(kind)}</dd></div>
        </dl>
        {languages(kind, language)}
    };
    let address = with_query(&format!("{}/html", page_of(kind)), &[("language", language.tag())]);
    // The sandbox without any permission runs no script, and its links lead nowhere outside of the frame.
    let parts = view! {
        <div class="split even">
            <div class="stack">
                <h3>{text!(mails_html)}</h3>
                <iframe class="letter" src=address title=text!(mails_html_frame) sandbox=""></iframe>
            </div>
            <div class="stack">
                <h3>{text!(mails_text)}</h3>
                <pre class="letter" lang=language.tag() dir=language.direction().as_str()>{text.clone()}</pre>
            </div>
        </div>
    };
    desk_frame(
        subject,
        view! {
            {opening(view! { <a href=MAILS>{text!(mails_all)}</a> }, body)}
            {entry("preview", text!(mails_preview), Some(text!(mails_preview_note).into_any()), parts)}
            {entry("send", text!(mails_send), None, send(kind, language, preview.from.is_some(), reader))}
        },
    )
}

/// Renders the links to the mail in each language; nothing if there is one language.
fn languages(kind: LetterKind, shown: Locale) -> Option<AnyView> {
    let links: Vec<_> = installed()
        .iter()
        .map(|language| {
            let current = (language == shown).then_some("true");
            let href = with_query(&page_of(kind), &[("language", language.tag())]);
            view! { <a href=href lang=language.tag() aria-current=current>{language.name()}</a> }
        })
        .collect();
    (links.len() > 1).then(|| view! { <nav class="choice" aria-label=text!(mails_language)>{links}</nav> }.into_any())
}

/// Renders the form that sends the sample to the reader, or why it can't be sent.
fn send(kind: LetterKind, language: Locale, sends_mail: bool, reader: &Email) -> AnyView {
    if !sends_mail {
        return no_mail();
    }
    view! {
        <form class="stack" method="post" action=form_address(OperatorSendMail::PATH)>
            <input type="hidden" name="mail" value=kind.as_str()/>
            <input type="hidden" name="language" value=language.tag()/>
            <p class="breaking">{text!(mails_send_to, email = reader.as_str())}</p>
            <button class="button">{text!(mails_send_button)}</button>
        </form>
    }
    .into_any()
}
