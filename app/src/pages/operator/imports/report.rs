//! `/operator/imports/{id}`: how far an import has come, what comes of each customer, and the button that adopts them.

use std::borrow::Cow;

use domain::{
    catalog::Catalog,
    tenant::import::{
        ImportId, ImportOutcome, ImportReport, ImportRowPage, ImportState, ImportSummary, MAX_SELECTED_ROWS,
    },
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::text;

use super::{
    rows::{self, Listed, address},
    tables, words,
};
use crate::{
    actions::operator::imports::{IMPORTS, OperatorAdoptImport, OperatorCancelImport, report_of},
    components::{
        copy::copying,
        facts::{Fact, facts},
        form::mistakes::Mistakes,
        icon::{Tone, state},
        notice::notice,
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            not_found,
            operator_nav::{DeskPage, operator_nav},
        },
        provider::said_by_provider,
    },
    request::{PageRequest, drawn_for::form_address, refresh_to},
    wording::{minute, number},
};

/// How often the page of a running import reloads.
const REFRESH_SECS: u32 = 5;

pub(crate) fn report() -> AnyView {
    desk_page(|services, operator, req| async move {
        let Ok(id) = req.last_segment().parse::<ImportId>() else { return Ok(not_found::not_found()) };
        let imports = services.imports();
        let Some(report) = imports.find(&operator, &id).await? else { return Ok(not_found::not_found()) };
        let outcome = req.query("outcome").and_then(|outcome| outcome.parse().ok());
        let after = req.query("after").and_then(|after| after.parse().ok());
        let listed = imports.rows(&operator, &id, outcome, after).await?;
        if report.summary.state.is_running() {
            // Without the notice about the last action, which would be read out again.
            refresh_to(REFRESH_SECS, &address(&report.summary, outcome, after));
        }
        Ok(page(&req, services.catalog(), &report, (outcome, after), &listed))
    })
}

/// Renders the page. `place` is the outcome that is listed and the cursor.
pub(in crate::pages) fn page(
    req: &PageRequest,
    catalog: &Catalog,
    report: &ImportReport,
    place: (Option<ImportOutcome>, Option<u64>),
    listed: &ImportRowPage,
) -> AnyView {
    let ImportReport { summary: import, totals, prices } = report;
    let (outcome, after) = place;
    let is_adoptable = import.is_dry_run && import.state == ImportState::Done && adoptable(import) > 0;
    let listed = Listed { import, outcome, after, page: listed, is_adoptable };
    let mistakes = Mistakes::from_query(req, &words::FIELDS, |field| words::mistake(field, None));
    let (tone, word) = words::state(import);
    let started = text!(
        imports_started,
        date = minute(import.created_at),
        by = words::started_by(import),
        changed = minute(import.updated_at)
    );
    let body = view! {
        {words::answered(req)}
        {mistakes.summary()}
        <p><a href=IMPORTS>{text!(imports_back)}</a></p>
        <div class="stack">
            <h1>{head(import)}</h1>
            <p class="lead">{lead(import)}</p>
            <p>{state(tone, word)}" · "{import.provider.title()}" · "<span class="breaking">{words::source(import)}</span></p>
            <p class="note breaking">{started}</p>
        </div>
        {trouble(import)}
        {facts(figures(import))}
        {import.state.is_running().then(|| cancel_form(import))}
        {is_adoptable.then(|| adopt_form(import, outcome)).flatten()}
        <p class="actions"><a href=report_of(&import.id) download="">{text!(imports_download)}</a></p>
    };
    let customers = view! {
        {rows::filter(listed)}
        {rows::rows(catalog, listed)}
    };
    let note = |words: Cow<'static, str>| Some(words.into_any());
    let prices = view! {
        {tables::prices(prices)}
        {(!prices.is_empty()).then(copying)}
    };
    desk_frame(
        text!(imports_title),
        view! {
            {opening_beside(operator_nav(DeskPage::Imports), body)}
            {entry("rows", text!(imports_rows), note(text!(imports_rows_note)), customers)}
            {entry("totals", text!(imports_totals), note(text!(imports_totals_note)), tables::totals(totals))}
            {entry("prices", text!(imports_prices), note(text!(imports_prices_note)), prices)}
        },
    )
}

/// How many customers can become tenants and have not yet.
fn adoptable(import: &ImportSummary) -> u64 {
    let all: u64 = import.counts.iter().filter(|(outcome, _)| outcome.links_tenant()).map(|(_, count)| count).sum();
    all.saturating_sub(import.written)
}

fn head(import: &ImportSummary) -> Cow<'static, str> {
    match import.state {
        ImportState::Reading => text!(imports_reading, read = import.read),
        ImportState::Planning => {
            text!(imports_planning, checked = import.counts.values().sum::<u64>(), read = import.read)
        }
        ImportState::Writing => text!(imports_writing, written = import.written),
        ImportState::Done if words::is_preview(import) => text!(imports_preview, customers = adoptable(import)),
        ImportState::Done => text!(imports_done, customers = import.written),
        ImportState::Failed => text!(imports_failed),
        ImportState::Canceled => text!(imports_canceled),
    }
}

fn lead(import: &ImportSummary) -> Cow<'static, str> {
    let provider = import.provider.title();
    match import.state {
        ImportState::Reading | ImportState::Planning | ImportState::Writing => {
            text!(imports_lead_running, seconds = REFRESH_SECS)
        }
        ImportState::Done if words::is_preview(import) => text!(imports_lead_preview, provider = provider),
        ImportState::Done => text!(imports_lead_done, provider = provider),
        ImportState::Failed => text!(imports_lead_failed),
        ImportState::Canceled => text!(imports_lead_canceled),
    }
}

/// Renders why the import failed, or why it waits.
fn trouble(import: &ImportSummary) -> Option<AnyView> {
    let error = import.error.as_ref()?;
    let (tone, head) = if import.state.is_running() {
        (Tone::Near, text!(imports_error_waiting))
    } else {
        (Tone::Stop, text!(imports_error_failed))
    };
    Some(notice(tone, head, view! { <p class="breaking">{said_by_provider(error)}</p> }))
}

fn figures(import: &ImportSummary) -> Vec<Fact> {
    let fact = |label: Cow<'static, str>, figure: u64, footnote: Cow<'static, str>| Fact {
        label,
        figure: number(figure).into(),
        footnote,
    };
    vec![
        fact(text!(imports_fact_read), import.read, text!(imports_fact_read_footnote)),
        fact(text!(imports_fact_adoptable), adoptable(import), text!(imports_fact_adoptable_footnote)),
        fact(text!(imports_fact_adopted), import.written, text!(imports_fact_adopted_footnote)),
    ]
}

fn cancel_form(import: &ImportSummary) -> impl IntoView + use<> {
    view! {
        <form class="actions" method="post" action=form_address(OperatorCancelImport::PATH)>
            <input type="hidden" name="import" value=import.id.to_string()/>
            <button class="button">{text!(imports_cancel)}</button>
        </form>
    }
}

/// Renders the button that adopts the customers of all pages; `None` if there are none to adopt.
fn adopt_form(import: &ImportSummary, outcome: Option<ImportOutcome>) -> Option<AnyView> {
    let customers = match outcome {
        None => adoptable(import),
        Some(outcome) if outcome.links_tenant() => import.counts.get(&outcome).copied().unwrap_or_default(),
        Some(_) => 0,
    };
    if customers == 0 {
        return None;
    }
    if outcome.is_some() && customers > MAX_SELECTED_ROWS as u64 {
        return Some(view! { <p>{text!(imports_adopt_too_many, max = MAX_SELECTED_ROWS)}</p> }.into_any());
    }
    let label = match outcome {
        None => text!(imports_adopt_all, customers = customers),
        Some(_) => text!(imports_adopt_listed, customers = customers),
    };
    let form = view! {
        <form class="stack" method="post" action=form_address(OperatorAdoptImport::PATH)>
            <input type="hidden" name="import" value=import.id.to_string()/>
            <input type="hidden" name="listed" value="1"/>
            {outcome.map(|outcome| view! { <input type="hidden" name="outcome" value=outcome.as_str()/> })}
            <p class="note">{text!(imports_adopt_explained)}</p>
            <button class="button main">{label}</button>
        </form>
    };
    Some(form.into_any())
}
