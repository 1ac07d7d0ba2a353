//! `/operator/mails`: the mails that the installation sends.

pub(crate) mod letter;
mod words;

use billing::{mail::kind::LetterArea, service::operator::ListedMail};
use leptos::prelude::*;
use locales::{Locale, rich, text};

use crate::{
    actions::operator::mails::page_of,
    components::{
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
        },
        rich::rich_text,
        table::{Column, RowAlign, record_table},
    },
    request::PageRequest,
};

/// Path of the part of the guide about the mail server.
const SETTINGS: &str = "/docs/settings#mail";
/// Path of the page of the guide about messages.
const WORDING: &str = "/docs/languages#mails";

pub(crate) fn mails() -> AnyView {
    desk_page(|services, operator, req| async move {
        let listed = services.operators().list_mails(&operator, Locale::current());
        Ok(page(&req, &listed, services.mailer().is_some()))
    })
}

/// Renders the list. `sends_mail` is whether the installation has a mail server.
pub(in crate::pages) fn page(req: &PageRequest, listed: &[ListedMail], sends_mail: bool) -> AnyView {
    let body = view! {
        {words::answered(req)}
        <div class="stack">
            <h1>{text!(mails_title)}</h1>
            <p class="lead">{text!(mails_lead)}</p>
            <p>{rich_text(rich!(mails_change, docs = WORDING))}</p>
            {(!sends_mail).then(no_mail)}
        </div>
    };
    let areas = LetterArea::ALL.into_iter().filter_map(|area| {
        let mails: Vec<_> = listed.iter().filter(|mail| mail.kind.area() == area).collect();
        (!mails.is_empty()).then(|| entry(area.as_str(), words::area(area), None, table(area, &mails)))
    });
    let areas = areas.collect_view();
    desk_frame(text!(mails_title), view! { {opening_beside(operator_nav(DeskPage::Mails), body)} {areas} })
}

fn table(area: LetterArea, mails: &[&ListedMail]) -> AnyView {
    let rows = mails
        .iter()
        .map(|ListedMail { kind, subject }| {
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row"><a href=page_of(*kind)>{subject.clone()}</a></th>
                    <td role="cell">{words::sent(*kind)}</td>
                </tr>
            }
        })
        .collect_view();
    let columns = [Column::Text(text!(mails_column_subject)), Column::Text(text!(mails_column_sent))];
    record_table(RowAlign::Baseline, text!(mails_table, area = words::area(area)), columns, rows)
}

/// Renders the note that no mail server is set.
fn no_mail() -> AnyView {
    view! { <p class="note">{rich_text(rich!(mails_off, settings = SETTINGS))}</p> }.into_any()
}
