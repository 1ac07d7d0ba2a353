//! The operator's pages of imports.

use std::collections::BTreeMap;

use domain::{
    money::Money,
    subscription::Provider,
    tenant::import::{
        ImportOutcome, ImportReport, ImportRow, ImportRowPage, ImportState, ImportSummary, ImportTotal,
        MAX_SELECTED_ROWS, UnmappedPrice,
    },
};

use super::*;
use crate::pages::operator;

const ADOPT: &str = "/rpc/operator-adopt-import";
const CANCEL: &str = "/rpc/operator-cancel-import";

fn import(state: ImportState) -> ImportSummary {
    ImportSummary {
        id: "import-1".parse().unwrap(),
        provider: Provider::Stripe,
        source: "metadata.org <b>".to_owned(),
        is_dry_run: true,
        state,
        counts: ImportOutcome::ALL.map(|outcome| (outcome, 2)).into(),
        read: 10_000,
        written: 0,
        created_at: at("2026-01-14T21:00:00Z"),
        updated_at: at(TODAY),
        created_by: "root@dues.test".to_owned(),
        error: None,
    }
}

fn row(position: u64, outcome: ImportOutcome) -> ImportRow {
    let pays = matches!(outcome, ImportOutcome::Adopt | ImportOutcome::SeveralSubscriptions);
    ImportRow {
        position,
        external_id: (outcome != ImportOutcome::NoExternalId).then(|| format!("org-{position}")),
        name: "A<b>&C".to_owned(),
        email: "ada@moving.test".to_owned(),
        customer: format!("cus_{position}"),
        outcome,
        plan: pays.then(|| "pro".parse().unwrap()),
        cycle: pays.then_some(Cycle::Yearly),
        interval: None,
        seats: pays.then_some(3),
        price: pays.then(|| Money::new(29_000, "USD".parse().unwrap())),
        status: pays.then_some(ProviderStatus::Trialing),
        period_end: pays.then(|| at("2026-02-01T00:00:00Z")),
        detail: (outcome == ImportOutcome::Conflict).then(|| "Rows 6 and 7 claim <org-6>.".to_owned()),
        tenant: (outcome == ImportOutcome::Already).then(|| "acme".parse().unwrap()),
    }
}

fn report(summary: ImportSummary) -> ImportReport {
    let currency = "USD".parse().unwrap();
    let price = UnmappedPrice {
        price: "price_old".to_owned(),
        described: "19.00 USD every 3 months".to_owned(),
        customers: 412,
        line: "sold_as = [\"price_old\"]".to_owned(),
    };
    ImportReport {
        summary,
        totals: vec![ImportTotal { currency, subscriptions: 4, monthly: Money::new(9_667, currency) }],
        prices: vec![price],
    }
}

fn page(report: &ImportReport, query: &str, outcome: Option<ImportOutcome>) -> String {
    let mut rows: Vec<_> = (1..).zip(ImportOutcome::ALL).map(|(position, outcome)| row(position, outcome)).collect();
    rows.retain(|row| outcome.is_none_or(|wanted| row.outcome == wanted));
    let listed = ImportRowPage { rows, next: Some(50) };
    let html = rendered(&format!("/operator/imports/import-1{query}"), |req| {
        let catalog = domain::catalog::file::default_catalog();
        operator::imports::report::page(req, &catalog, report, (outcome, None), &listed)
    });
    sound(&html);
    html
}

#[test]
fn the_list_of_imports_has_a_form_for_each_source() {
    let failed = ImportSummary {
        source: "csv".to_owned(),
        created_by: "command line".to_owned(),
        counts: BTreeMap::new(),
        ..import(ImportState::Failed)
    };
    let listed = [import(ImportState::Done), failed];
    let page = |uri: &str, providers: &[Provider], listed: &[ImportSummary], draft: &Draft| {
        let html = rendered(uri, |req| operator::imports::page(req, providers, listed, draft));
        sound(&html);
        html
    };
    let (uri, none) = ("/operator/imports", Draft::default());
    let html = page(uri, &Provider::ALL, &listed, &none);
    assert!(html.contains("enctype=\"multipart/form-data\""), "{html}");
    let draft = Draft::of([("csvProvider", "polar"), ("pasted", "</textarea>,\n<script>")]);
    let wrong = format!("{uri}?code=validation_error&wrong=csv&why=fields&line=17");
    let wrong = page(&wrong, &Provider::ALL, &listed, &draft);
    assert!(wrong.contains("Line 17 of the CSV") && wrong.contains("&lt;/textarea>"), "{wrong}");
    let without_provider = page(uri, &[], &[], &none);
    assert!(!without_provider.contains("/rpc/operator-start-import"), "{without_provider}");
    assert_shown_with(
        "operator/imports",
        &html,
        [("a mistake in line 17", wrong), ("no provider, no imports", without_provider)],
    );
}

#[test]
fn a_preview_says_what_comes_of_each_customer_and_adopts_them() {
    let report = report(import(ImportState::Done));
    let html = page(&report, "", None);
    assert!(html.contains("A&lt;b&gt;&amp;C") && !html.contains("<org-6>"), "a name is text, not markup: {html}");
    assert_eq!(html.matches("name=\"rows[]\"").count(), 4, "what links no tenant can't be selected: {html}");
    let conflicts = page(&report, "?outcome=conflict", Some(ImportOutcome::Conflict));
    assert!(!conflicts.contains(ADOPT), "{conflicts}");
    let prices = page(&report, "?outcome=unmapped_price", Some(ImportOutcome::UnmappedPrice));
    let wrong = page(&report, "?code=validation_error&wrong=rows", None);
    assert_shown_with(
        "operator/import",
        &html,
        [("conflicts alone", conflicts), ("prices without a plan alone", prices), ("nothing selected", wrong)],
    );
}

#[test]
fn an_import_states_how_far_it_has_come() {
    let pages = ImportState::ALL.map(|state| {
        let html = page(&report(import(state)), "", None);
        assert_eq!(html.contains(CANCEL), state.is_running(), "{state:?}: {html}");
        assert_eq!(html.contains(ADOPT), state == ImportState::Done, "{state:?}: {html}");
        (format!("{state:?}"), html)
    });
    let waiting = ImportSummary { error: Some("The provider is <busy>.".to_owned()), ..import(ImportState::Planning) };
    let partly = ImportSummary { written: 3, ..import(ImportState::Done) };
    let whole = ImportSummary { written: 8, ..import(ImportState::Done) };
    let whole = page(&report(whole), "", None);
    assert!(!whole.contains(ADOPT), "nothing is left to adopt: {whole}");
    let others = [
        ("waiting".to_owned(), page(&report(waiting), "", None)),
        ("partly adopted".to_owned(), page(&report(partly), "", None)),
        ("adopted".to_owned(), whole),
    ];
    assert_each_opening("operator/import_states", pages.into_iter().chain(others));
}

#[test]
fn more_customers_of_an_outcome_than_can_be_selected_are_adopted_with_all() {
    let mut import = import(ImportState::Done);
    import.counts = [(ImportOutcome::Adopt, MAX_SELECTED_ROWS as u64 + 1), (ImportOutcome::NoSubscription, 1)].into();
    let report = report(import);
    let all = page(&report, "", None);
    assert!(all.contains("Adopt all 1,002 customers"), "{all}");
    let listed = page(&report, "?outcome=adopt", Some(ImportOutcome::Adopt));
    assert!(listed.contains("More than 1,000 customers") && !listed.contains("Adopt these"), "{listed}");
    let few = page(&report, "?outcome=no_subscription", Some(ImportOutcome::NoSubscription));
    assert!(few.contains("Adopt this customer"), "{few}");
}
