//! Actions on imports: tenants made from customers that pay at a provider already.

use ::billing::{
    Services,
    service::{ServiceError, operator::Operator},
};
use domain::{
    subscription::Provider,
    tenant::import::{
        AdoptRows, ExternalIdSource, ImportId, ImportOutcome, ImportRequest, ImportSource, MAX_SELECTED_ROWS,
        csv::{self, CsvError},
    },
};
use leptos::prelude::*;

use super::{at_desk, signed_in_at_desk};
use crate::{
    actions::redirect_with_error,
    request::{PageRequest, draft::Draft, local_path::with_query, redirect},
};

/// Path of the list of imports.
pub const IMPORTS: &str = "/operator/imports";
/// Path of the guide's page about imports.
pub(crate) const GUIDE: &str = "/docs/import";
/// The starter of an import that was started on the command line.
pub(crate) const BY_COMMAND_LINE: &str = "command line";
/// The starter of an import whose operator has no account any more.
pub(crate) const BY_OPERATOR: &str = "operator";
/// What the parser of uploads writes in place of bytes that are not UTF-8.
const NOT_TEXT: char = '\u{fffd}';

/// Returns the path of an import's page.
pub(crate) fn page_of(import: &ImportId) -> String {
    format!("{IMPORTS}/{import}")
}

/// Returns the path of an import's report as JSON.
pub(crate) fn report_of(import: &ImportId) -> String {
    format!("{IMPORTS}/{import}/report.json")
}

/// Starts a dry run over the customers of the installation's account.
#[server(prefix = "/rpc", endpoint = "operator-start-import")]
pub(crate) async fn operator_start_import(
    #[server(default)] provider: String,
    // `metadata`, `email` or `customer`.
    #[server(default)] from: String,
    // The key of the customers' metadata.
    #[server(default)] key: String,
) -> Result<(), ServerFnError> {
    let draft = Draft::of([("provider", provider.as_str()), ("from", from.as_str()), ("key", key.as_str())]);
    let Some((services, operator)) = signed_in_at_desk(&draft) else { return Ok(()) };
    let started = async {
        let provider = parse_provider(&provider, "provider")?;
        let source = ImportSource::Account(parse_source(&from, &key)?);
        services.imports().start(&operator, ImportRequest { provider, source, is_dry_run: true }).await
    };
    match started.await {
        Ok(import) => say(&import, "started"),
        Err(error) => {
            draft.keep();
            redirect_with_error(IMPORTS, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Starts a dry run over the customers of a CSV: a file, or pasted text.
#[server(prefix = "/rpc", endpoint = "operator-upload-import")]
pub(crate) async fn operator_upload_import(
    #[server(default)]
    #[server(rename = "csvProvider")]
    provider: String,
    // The text of the file.
    #[server(default)] csv: String,
    #[server(default)] pasted: String,
) -> Result<(), ServerFnError> {
    let draft = Draft::of([("csvProvider", provider.as_str()), ("pasted", pasted.as_str())]);
    let Some((services, operator)) = signed_in_at_desk(&draft) else { return Ok(()) };
    let mut details = Vec::new();
    let started = async {
        let provider = parse_provider(&provider, "csvProvider")?;
        let csv = sent_csv(csv, pasted)?;
        if let Err(error) = csv::parse(provider, &csv) {
            details = CsvMistake::of(&error).pairs();
            return Err(ServiceError::field("csv", error.to_string()));
        }
        let source = ImportSource::Csv(csv);
        services.imports().start(&operator, ImportRequest { provider, source, is_dry_run: true }).await
    };
    let started = started.await.map_err(of_upload);
    match started {
        Ok(import) => say(&import, "started"),
        Err(error) => {
            draft.keep();
            redirect_with_error(IMPORTS, details, &error);
        }
    }
    Ok(())
}

/// What is wrong with a CSV: a code and the line, for the query of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CsvMistake {
    pub(crate) kind: CsvMistakeKind,
    pub(crate) line: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CsvMistakeKind {
    TooLarge,
    Empty,
    Header,
    Fields,
    NoCustomer,
    LongField,
    Quote,
}

impl CsvMistakeKind {
    const ALL: [Self; 7] =
        [Self::TooLarge, Self::Empty, Self::Header, Self::Fields, Self::NoCustomer, Self::LongField, Self::Quote];

    const fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Empty => "empty",
            Self::Header => "header",
            Self::Fields => "fields",
            Self::NoCustomer => "no_customer",
            Self::LongField => "long_field",
            Self::Quote => "quote",
        }
    }
}

impl CsvMistake {
    const fn of(error: &CsvError) -> Self {
        let (kind, line) = match error {
            CsvError::TooLong | CsvError::TooManyRows => (CsvMistakeKind::TooLarge, None),
            CsvError::Empty => (CsvMistakeKind::Empty, None),
            CsvError::NoColumn(_) | CsvError::ColumnTwice(_) => (CsvMistakeKind::Header, None),
            CsvError::Fields { line, .. } => (CsvMistakeKind::Fields, Some(*line)),
            CsvError::NoCustomer { line, .. } => (CsvMistakeKind::NoCustomer, Some(*line)),
            CsvError::LongField { line } => (CsvMistakeKind::LongField, Some(*line)),
            CsvError::Quote { line } => (CsvMistakeKind::Quote, Some(*line)),
        };
        Self { kind, line }
    }

    fn pairs(self) -> Vec<(&'static str, String)> {
        let line = self.line.map(|line| ("line", line.to_string()));
        [("why", self.kind.as_str().to_owned())].into_iter().chain(line).collect()
    }

    /// Returns the mistake that the query of the page names.
    pub(crate) fn from_query(req: &PageRequest) -> Option<Self> {
        let why = req.query("why")?;
        let kind = CsvMistakeKind::ALL.into_iter().find(|kind| kind.as_str() == why)?;
        Some(Self { kind, line: req.query("line").and_then(|line| line.parse().ok()) })
    }
}

/// Adopts rows of a dry run: all, those of an outcome, or selected ones.
#[server(prefix = "/rpc", endpoint = "operator-adopt-import")]
pub(crate) async fn operator_adopt_import(
    #[server(default)] import: String,
    // The outcome of the listed rows; empty for all.
    #[server(default)] outcome: String,
    // `1` adopts the listed rows of all pages.
    #[server(default)] listed: String,
    // Positions of the selected rows.
    #[server(default)] rows: Vec<String>,
) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let Some(import) = parse_import(&import) else { return Ok(()) };
    let outcome = outcome.parse::<ImportOutcome>().ok();
    let adopted = async {
        let operator = operator?;
        let rows = match (listed == "1", outcome) {
            (true, None) => AdoptRows::All,
            (true, Some(outcome)) => rows_of(&services, &operator, &import, outcome).await?,
            (false, _) => selected(&rows)?,
        };
        services.imports().adopt(&operator, &import, rows).await
    };
    match adopted.await {
        Ok(()) => say(&import, "adopting"),
        Err(error) => {
            let shown = outcome.map(|outcome| ("outcome", outcome.as_str().to_owned()));
            refuse(&import, shown.into_iter().collect(), &error);
        }
    }
    Ok(())
}

/// Cancels a running import. What it has written stays.
#[server(prefix = "/rpc", endpoint = "operator-cancel-import")]
pub(crate) async fn operator_cancel_import(#[server(default)] import: String) -> Result<(), ServerFnError> {
    let Some((services, operator)) = signed_in_at_desk(&Draft::default()) else { return Ok(()) };
    let Some(import) = parse_import(&import) else { return Ok(()) };
    match services.imports().cancel(&operator, &import).await {
        Ok(()) => say(&import, "canceled"),
        Err(error) => refuse(&import, Vec::new(), &error),
    }
    Ok(())
}

fn refuse(import: &ImportId, shown: Vec<(&str, String)>, error: &ServiceError) {
    match error {
        ServiceError::NotFound(_) => redirect_with_error(IMPORTS, Vec::new(), error),
        error => redirect_with_error(&page_of(import), shown, error),
    }
}

fn say(import: &ImportId, code: &str) {
    redirect(&with_query(&page_of(import), &[("code", code)]));
}

/// Parses the form's import id. Redirects with an error and returns `None` if it is malformed.
fn parse_import(import: &str) -> Option<ImportId> {
    let id = import.parse().ok();
    if id.is_none() {
        redirect_with_error(IMPORTS, Vec::new(), &ServiceError::NotFound("import"));
    }
    id
}

fn parse_provider(provider: &str, field: &'static str) -> Result<Provider, ServiceError> {
    provider.parse().map_err(|_| ServiceError::field(field, "Choose a provider of the list."))
}

fn parse_source(from: &str, key: &str) -> Result<ExternalIdSource, ServiceError> {
    match from {
        "metadata" => format!("metadata.{}", key.trim())
            .parse()
            .map_err(|_| ServiceError::field("key", "Enter a key of the customers' metadata.")),
        "email" => Ok(ExternalIdSource::Email),
        "customer" => Ok(ExternalIdSource::Customer),
        _ => Err(ServiceError::field("from", "Choose where the external ID comes from.")),
    }
}

/// Returns the text of the file, or the pasted text. An empty file means that none was chosen.
fn sent_csv(file: String, pasted: String) -> Result<String, ServiceError> {
    let csv = if file.is_empty() { pasted } else { file };
    if csv.trim().is_empty() || csv.contains(NOT_TEXT) {
        return Err(ServiceError::field("csv", "Send a CSV in UTF-8."));
    }
    Ok(csv)
}

/// Renames the fields of a validation error to those of the form: what is not about the provider is about the CSV.
fn of_upload(error: ServiceError) -> ServiceError {
    match error.with_field_name("provider", "csvProvider") {
        ServiceError::Validation { message, fields } if !fields.contains_key("csvProvider") => {
            ServiceError::field("csv", message)
        }
        error => error,
    }
}

/// Returns the rows of an outcome.
async fn rows_of(
    services: &Services,
    operator: &Operator,
    import: &ImportId,
    outcome: ImportOutcome,
) -> Result<AdoptRows, ServiceError> {
    let (mut positions, mut after) = (Vec::new(), None);
    loop {
        let page = services.imports().rows(operator, import, Some(outcome), after).await?;
        positions.extend(page.rows.iter().map(|row| row.position));
        after = page.next;
        if after.is_none() || positions.len() >= MAX_SELECTED_ROWS {
            positions.truncate(MAX_SELECTED_ROWS);
            return Ok(AdoptRows::Selected(positions));
        }
    }
}

fn selected(rows: &[String]) -> Result<AdoptRows, ServiceError> {
    let positions: Vec<_> = rows.iter().filter_map(|row| row.parse().ok()).collect();
    if positions.is_empty() {
        return Err(ServiceError::field("rows", "Select at least one customer."));
    }
    Ok(AdoptRows::Selected(positions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_source_of_external_ids_is_parsed() {
        let source = |from: &str, key: &str| parse_source(from, key).ok();
        assert_eq!(source("metadata", " org "), Some(ExternalIdSource::Metadata("org".to_owned())));
        assert_eq!(source("email", "org"), Some(ExternalIdSource::Email));
        assert_eq!(source("customer", ""), Some(ExternalIdSource::Customer));
        for (from, key) in [("metadata", " "), ("", "org"), ("metadata.org", "x")] {
            assert_eq!(source(from, key), None, "{from} {key}");
        }
    }

    #[test]
    fn a_file_is_read_before_pasted_text() {
        let csv = |file: &str, pasted: &str| sent_csv(file.to_owned(), pasted.to_owned()).ok();
        assert_eq!(csv("a,b", "c").as_deref(), Some("a,b"));
        assert_eq!(csv("", "c").as_deref(), Some("c"));
        assert_eq!((csv("", " \r\n"), csv("M\u{fffd}ller", "")), (None, None));
    }

    #[test]
    fn errors_of_an_upload_are_shown_at_its_fields() {
        let fields = |error: ServiceError| match of_upload(error) {
            ServiceError::Validation { fields, .. } => fields.into_keys().collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        assert_eq!(fields(ServiceError::field("provider", "x")), ["csvProvider"]);
        assert_eq!(fields(ServiceError::field("line 3", "x")), ["csv"]);
        assert_eq!(fields(ServiceError::TenantNotFound), [""; 0]);
    }
}
