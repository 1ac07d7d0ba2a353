//! The forms that start an import: from the provider's account, and from a CSV.

use std::borrow::Cow;

use domain::{
    subscription::Provider,
    tenant::import::{CSV_MAX_BYTES, CSV_MAX_ROWS},
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{Locale, text};

use crate::{
    actions::operator::imports::{OperatorStartImport, OperatorUploadImport},
    components::form::{
        field::{Field, within_textarea},
        mistakes::Mistakes,
    },
    request::{draft::Draft, drawn_for::form_address},
};

/// Media types and endings of CSV files.
const CSV_FILES: &str = ".csv,text/csv,text/plain";
const PASTED_LINES: usize = 6;

/// Renders the form that reads the customers of the provider's account.
pub(super) fn find(providers: &[Provider], mistakes: &Mistakes, draft: &Draft) -> AnyView {
    if providers.is_empty() {
        return not_configured();
    }
    let sources = vec![
        ("metadata", text!(imports_from_metadata)),
        ("email", text!(imports_from_email)),
        ("customer", text!(imports_from_customer)),
    ];
    let key = Field {
        name: "key",
        label: text!(imports_key),
        kind: "text",
        autocomplete: "off",
        hint: Some(text!(imports_key_hint)),
        wrong: mistakes.of("key"),
        value: draft.value("key"),
        max_chars: Some(100),
        optional: true,
        ..Field::default()
    };
    view! {
        <form class="stack" method="post" action=form_address(OperatorStartImport::PATH) aria-labelledby="h-find">
            {provider("provider", providers, mistakes, draft)}
            {choice("from", text!(imports_from), text!(imports_from_hint), sources, mistakes, draft)}
            {key.view()}
            <button class="button main">{text!(imports_find_submit)}</button>
        </form>
    }
    .into_any()
}

/// Renders the form for a CSV.
pub(super) fn upload(providers: &[Provider], mistakes: &Mistakes, draft: &Draft) -> AnyView {
    if providers.is_empty() {
        return not_configured();
    }
    let wrong = mistakes.of("csv");
    let described = if wrong.is_some() { "csv-wrong csv-hint" } else { "csv-hint" };
    let size = Locale::current().size(CSV_MAX_BYTES as u64);
    let hint = text!(imports_csv_hint, rows = CSV_MAX_ROWS, size = size);
    view! {
        <form
            class="stack"
            method="post"
            enctype="multipart/form-data"
            action=form_address(OperatorUploadImport::PATH)
            aria-labelledby="h-upload"
        >
            {provider("csvProvider", providers, mistakes, draft)}
            <div class="field">
                <label for="csv">{text!(imports_csv)}</label>
                {wrong.clone().map(|wrong| view! { <span class="wrong" id="csv-wrong">{wrong}</span> })}
                <input
                    id="csv"
                    name="csv"
                    type="file"
                    accept=CSV_FILES
                    aria-invalid=wrong.is_some().then_some("true")
                    aria-describedby=described
                />
                <span class="hint" id="csv-hint">{hint}</span>
            </div>
            <div class="field">
                <label for="pasted">{text!(imports_pasted)}</label>
                <textarea id="pasted" name="pasted" rows=PASTED_LINES autocomplete="off" spellcheck="false">
                    {within_textarea(&draft.value("pasted"))}
                </textarea>
            </div>
            <button class="button main">{text!(imports_upload_submit)}</button>
        </form>
    }
    .into_any()
}

fn not_configured() -> AnyView {
    view! { <p>{text!(desk_answer_not_configured)}". "{text!(desk_answer_not_configured_meaning)}</p> }.into_any()
}

fn provider(name: &'static str, providers: &[Provider], mistakes: &Mistakes, draft: &Draft) -> AnyView {
    let options = providers.iter().map(|provider| (provider.as_str(), provider.title().into())).collect();
    choice(name, text!(imports_provider), text!(imports_provider_hint), options, mistakes, draft)
}

/// Renders a select. The first option is preselected.
fn choice(
    name: &'static str,
    label: Cow<'static, str>,
    hint: Cow<'static, str>,
    options: Vec<(&'static str, Cow<'static, str>)>,
    mistakes: &Mistakes,
    draft: &Draft,
) -> AnyView {
    let (wrong, chosen) = (mistakes.of(name), draft.value(name));
    let (wrong_id, hint_id) = (format!("{name}-wrong"), format!("{name}-hint"));
    let described = if wrong.is_some() { format!("{wrong_id} {hint_id}") } else { hint_id.clone() };
    let options = options
        .into_iter()
        .map(|(value, title)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{title}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=name>{label}</label>
            {wrong.clone().map(|wrong| view! { <span class="wrong" id=wrong_id>{wrong}</span> })}
            <select
                id=name
                name=name
                autocomplete="off"
                aria-invalid=wrong.is_some().then_some("true")
                aria-describedby=described
            >
                {options}
            </select>
            <span class="hint" id=hint_id>{hint}</span>
        </div>
    }
    .into_any()
}
