//! Imports: tenants made from customers that pay at a provider already.
//!
//! An import is stored with its rows, and goes on in steps (`import/step.rs`), each of which commits its rows with its
//! position. So it survives the end of a process at any row, and goes on without a browser. Nothing is ever written at
//! the provider: see `import/directory.rs`.

mod decide;
mod directory;
mod job;
mod put;
mod read;
mod row;
mod step;
mod write;

use domain::{
    ids::UserId,
    subscription::Provider,
    tenant::{
        audit::AuditActor,
        import::{
            AdoptRows, ImportId, ImportOutcome, ImportReport, ImportRequest, ImportRowPage, ImportSource, ImportState,
            ImportSummary, MAX_SELECTED_ROWS, ROWS_PER_PAGE, UnmappedPrice, csv,
        },
    },
};

use self::{directory::CustomerDirectory, job::import_job, row::CSV};
pub use self::{put::LinkPreview, step::ImportProgress};
use super::super::{Imports, ServiceError, base::core::new_id, operator::Operator};
use crate::{
    payment::price_map::mapping_line,
    store::{
        StoreError,
        tenant::{
            import_rows::NewImportRow,
            import_totals::PricePayers,
            imports::{Adoption, NewImport, StoredImport},
        },
    },
};

/// How many rows a statement inserts.
const ROWS_PER_INSERT: usize = 500;
/// When the workers take over an import that the command line has started and does not hold any more.
const TAKE_OVER_SECS: i64 = 60;
const RUNNING: ServiceError =
    ServiceError::Conflict("An import from this payment provider runs already. Wait for it to end, or cancel it.");
const NOT_A_DRY_RUN: ServiceError = ServiceError::Conflict("Only a finished dry run can be imported.");

impl Imports {
    /// Starts an import and returns its id. The workers take it further. A validation error of `file` for a CSV that
    /// can't be read, and a conflict while another import from the provider runs.
    pub async fn start(&self, operator: &Operator, request: ImportRequest) -> Result<ImportId, ServiceError> {
        self.start_by(Some(operator.user()), request, 0).await
    }

    /// Starts an import for the command line, which takes it further by [`Self::step`]. The workers take over when it
    /// stops doing so.
    pub async fn start_from_command_line(&self, request: ImportRequest) -> Result<ImportId, ServiceError> {
        self.start_by(None, request, TAKE_OVER_SECS).await
    }

    async fn start_by(
        &self,
        created_by: Option<&UserId>,
        request: ImportRequest,
        first_run_in_secs: i64,
    ) -> Result<ImportId, ServiceError> {
        let ImportRequest { provider, source, is_dry_run } = request;
        let mistake = |error: csv::CsvError| ServiceError::field("file", format!("file: {error}."));
        let (source, rows) = match source {
            ImportSource::Account(from) => (from.to_string(), None),
            ImportSource::Csv(text) => (CSV.to_owned(), Some(csv::parse(provider, &text).map_err(mistake)?)),
        };
        let account = CustomerDirectory::of(self, provider)?.fetch_account().await?;
        let state = match &rows {
            None => ImportState::Reading,
            Some(_) => state_after_reading(is_dry_run),
        };
        let id: ImportId = new_id()?;
        let rows = rows.unwrap_or_default();
        let new = NewImport {
            id: &id,
            provider,
            account: &account.id,
            source: &source,
            is_dry_run,
            state,
            rows: rows.len() as u64,
            created_by,
        };
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        match tx.connection().insert_import(&new, now).await {
            Err(StoreError::Conflict) => return Err(RUNNING),
            outcome => outcome?,
        }
        let rows: Vec<NewImportRow> = (1..).zip(rows).map(|(position, row)| row::of_csv(position, row)).collect();
        for part in rows.chunks(ROWS_PER_INSERT) {
            tx.connection().insert_import_rows(&id, part, false, now).await?;
        }
        tx.connection().upsert_jobs(&[import_job(&id, provider, now.plus_secs(first_run_in_secs))], now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        tracing::info!(import = %id, provider = provider.as_str(), source, is_dry_run, "started an import");
        Ok(id)
    }

    /// Returns an import with its totals so far.
    pub async fn find(&self, _: &Operator, id: &ImportId) -> Result<Option<ImportReport>, ServiceError> {
        self.report(id).await
    }

    /// Lists the newest 20 imports, newest first.
    pub async fn list(&self, _: &Operator) -> Result<Vec<ImportSummary>, ServiceError> {
        let all = self.store().read().await?.connection().list_imports().await?;
        Ok(all.into_iter().map(summary).collect())
    }

    /// Returns a page of the decided rows, in the order of the source, after the row `after`.
    pub async fn rows(
        &self,
        _: &Operator,
        id: &ImportId,
        outcome: Option<ImportOutcome>,
        after: Option<u64>,
    ) -> Result<ImportRowPage, ServiceError> {
        self.row_page(id, outcome, after).await
    }

    /// Imports rows of a finished dry run. Each is decided again. The workers do it.
    pub async fn adopt(&self, _: &Operator, id: &ImportId, rows: AdoptRows) -> Result<(), ServiceError> {
        let (adoption, selected) = match rows {
            AdoptRows::All => (Adoption::All, Vec::new()),
            AdoptRows::Selected(rows) => (Adoption::Selected, rows),
        };
        if adoption == Adoption::Selected && !(1..=MAX_SELECTED_ROWS).contains(&selected.len()) {
            return Err(ServiceError::field("rows", format!("rows: select 1 to {MAX_SELECTED_ROWS} of them.")));
        }
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        let import = tx.connection().find_import(id).await?.ok_or(ServiceError::NotFound("import"))?;
        match tx.connection().adopt_import(id, adoption, now).await {
            Ok(true) => {}
            Ok(false) => return Err(NOT_A_DRY_RUN),
            Err(StoreError::Conflict) => return Err(RUNNING),
            Err(error) => return Err(error.into()),
        }
        if adoption == Adoption::Selected {
            tx.connection().select_import_rows(id, &selected).await?;
        }
        tx.connection().upsert_jobs(&[import_job(id, import.provider, now)], now).await?;
        tx.commit().await?;
        self.jobs_written().notify_one();
        Ok(())
    }

    /// Cancels a running import. Tenants that it has made stay.
    pub async fn cancel(&self, _: &Operator, id: &ImportId) -> Result<(), ServiceError> {
        let mut tx = self.store().begin().await?;
        let is_canceled = tx.connection().cancel_import(id, self.wall_now()).await?;
        let found = tx.connection().find_import(id).await?;
        tx.commit().await?;
        match found {
            _ if is_canceled => Ok(()),
            Some(_) => Err(ServiceError::Conflict("The import has ended already.")),
            None => Err(ServiceError::NotFound("import")),
        }
    }

    /// Whether an import from a CSV has exactly the rows of `text`. For the command line.
    pub async fn has_rows_of(&self, id: &ImportId, provider: Provider, text: &str) -> Result<bool, ServiceError> {
        let Ok(rows) = csv::parse(provider, text) else { return Ok(false) };
        let rows: Vec<_> = (1..).zip(rows).map(|(position, row)| row::of_csv(position, row)).collect();
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let mut after = 0;
        for part in rows.chunks(ROWS_PER_INSERT) {
            if link.list_source_rows(id, after, part.len()).await? != part {
                return Ok(false);
            }
            after += part.len() as u64;
        }
        Ok(link.list_source_rows(id, after, 1).await?.is_empty())
    }

    /// Cancels an import that the command line has started and that no process takes further. `false` if it is no such
    /// import. Tenants that it has made stay.
    pub async fn cancel_interrupted(&self, id: &ImportId) -> Result<bool, ServiceError> {
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        let found = tx.connection().find_import(id).await?;
        let is_interrupted = found.is_some_and(|import| import.created_by.is_none())
            && tx.connection().claim_import(id, &Self::new_holder(), now, now).await?;
        let is_canceled = is_interrupted && tx.connection().cancel_import(id, now).await?;
        tx.commit().await?;
        Ok(is_canceled)
    }

    /// Returns the import from the provider that runs, or waits to be tried again. For the command line.
    pub async fn running(&self, provider: Provider) -> Result<Option<ImportSummary>, ServiceError> {
        let found = self.store().read().await?.connection().find_running_import(provider).await?;
        Ok(found.map(summary))
    }

    /// Returns how far an import has come. For the command line.
    pub async fn progress(&self, id: &ImportId) -> Result<Option<ImportSummary>, ServiceError> {
        let found = self.store().read().await?.connection().find_import(id).await?;
        Ok(found.map(summary))
    }

    /// Returns an import with its totals so far. For the command line: pages use [`Self::find`].
    pub async fn report(&self, id: &ImportId) -> Result<Option<ImportReport>, ServiceError> {
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let Some(import) = link.find_import(id).await? else { return Ok(None) };
        let totals = link.list_import_totals(id).await?;
        let prices = link.list_unmapped_prices(id).await?;
        let prices = prices.into_iter().map(|PricePayers { price, described, cycle, customers }| UnmappedPrice {
            line: mapping_line(None, cycle, &price),
            price,
            described,
            customers,
        });
        Ok(Some(ImportReport { summary: summary(import), totals, prices: prices.collect() }))
    }

    /// Returns a page of the decided rows. For the command line and for reports: pages use [`Self::rows`].
    pub async fn row_page(
        &self,
        id: &ImportId,
        outcome: Option<ImportOutcome>,
        after: Option<u64>,
    ) -> Result<ImportRowPage, ServiceError> {
        let mut reader = self.store().read().await?;
        let mut rows = reader.connection().list_import_rows(id, outcome, after.unwrap_or_default()).await?;
        let has_more = rows.len() > ROWS_PER_PAGE;
        rows.truncate(ROWS_PER_PAGE);
        let next = rows.last().filter(|_| has_more).map(|row| row.position);
        Ok(ImportRowPage { rows, next })
    }
}

/// A dry run only decides.
const fn state_after_reading(is_dry_run: bool) -> ImportState {
    if is_dry_run { ImportState::Planning } else { ImportState::Writing }
}

/// Returns who started an import, as an actor of audit entries.
fn actor(import: &StoredImport) -> AuditActor {
    import.created_by.clone().map_or(AuditActor::Operator, AuditActor::OperatorUser)
}

fn summary(import: StoredImport) -> ImportSummary {
    let StoredImport {
        id,
        provider,
        account: _,
        source,
        is_dry_run,
        state,
        adopts: _,
        cursor: _,
        position: _,
        mut counts,
        read,
        written,
        failures: _,
        error,
        created_by,
        created_by_email,
        created_at,
        updated_at,
    } = import;
    counts.retain(|_, rows| *rows > 0);
    let of_account = if created_by.is_some() { "operator" } else { "command line" };
    let created_by = created_by_email.unwrap_or_else(|| of_account.to_owned());
    ImportSummary {
        id,
        provider,
        source,
        is_dry_run,
        state,
        counts,
        read,
        written,
        created_at,
        updated_at,
        created_by,
        error,
    }
}
