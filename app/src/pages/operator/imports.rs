//! `/operator/imports`: the imports, and the forms that start one.

mod forms;
pub(crate) mod report;
mod rows;
mod tables;
mod words;

use domain::{subscription::Provider, tenant::import::ImportSummary};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

use crate::{
    actions::operator::imports::{CsvMistake, GUIDE, OperatorStartImport, OperatorUploadImport},
    components::{
        form::mistakes::Mistakes,
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
        },
        rich::rich_text,
    },
    request::{PageRequest, draft::Draft},
};

pub(crate) fn imports() -> AnyView {
    desk_page(|services, operator, req| async move {
        let listed = services.imports().list(&operator).await?;
        let draft = Draft::take(&req, &[OperatorStartImport::PATH, OperatorUploadImport::PATH]);
        Ok(page(&req, &services.providers().configured(), &listed, &draft))
    })
}

/// Renders the page. `providers` are those whose keys are set.
pub(in crate::pages) fn page(
    req: &PageRequest,
    providers: &[Provider],
    listed: &[ImportSummary],
    draft: &Draft,
) -> AnyView {
    let csv = CsvMistake::from_query(req);
    let mistakes = Mistakes::from_query(req, &words::FIELDS, |field| words::mistake(field, csv));
    let body = view! {
        {words::answered(req)}
        {mistakes.summary()}
        <div class="stack">
            <h1>{text!(imports_head)}</h1>
            <p class="lead">{text!(imports_lead)}</p>
            <p>{rich_text(rich!(imports_guide, docs = GUIDE))}</p>
        </div>
    };
    let find = forms::find(providers, &mistakes, draft);
    let upload = forms::upload(providers, &mistakes, draft);
    let list = tables::imports(listed);
    desk_frame(
        text!(imports_title),
        view! {
            {opening_beside(operator_nav(DeskPage::Imports), body)}
            {entry("find", text!(imports_find), Some(text!(imports_find_note).into_any()), find)}
            {entry("upload", text!(imports_upload), Some(text!(imports_upload_note).into_any()), upload)}
            {entry("imports", text!(imports_list), Some(text!(imports_list_note).into_any()), list)}
        },
    )
}
