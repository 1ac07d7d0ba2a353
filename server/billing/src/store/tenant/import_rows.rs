//! The customers of an import. Times are wall time.

use domain::{
    ids::{ImportId, TenantId},
    tenant::import::{ImportOutcome, ImportRow, ROWS_PER_PAGE},
    time::Timestamp,
};

use super::{import_decisions::DecisionDetails, imports::column};
use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

statements! {
    LIST_SOURCE_ROWS = "SELECT position, external_id, name, email, customer FROM import_rows \
         WHERE import_id = $1 AND position > $2 ORDER BY position LIMIT $3";
    LIST_PENDING_ROWS = "SELECT position, external_id, name, email, customer, outcome, linked_outcome, tenant_id \
         FROM import_rows WHERE import_id = $1 AND position > $2 AND applied_at IS NULL AND (is_selected OR $3) \
         ORDER BY position LIMIT $4";
    LIST_ROWS = "SELECT position, external_id, name, email, customer, outcome, tenant_id, details FROM import_rows \
         WHERE import_id = $1 AND position > $2 AND outcome IS NOT NULL ORDER BY position LIMIT $3";
    LIST_ROWS_WITH_OUTCOME = "SELECT position, external_id, name, email, customer, outcome, tenant_id, details FROM import_rows \
         WHERE import_id = $1 AND outcome = $2 AND position > $3 ORDER BY position LIMIT $4";
    MARK_LINKED = "UPDATE import_rows SET tenant_id = $3, linked_outcome = $4 WHERE import_id = $1 AND position = $2";
    CLEAR_SELECTION = "UPDATE import_rows SET is_selected = FALSE WHERE import_id = $1 AND is_selected";
}

row_statements! {
    INSERT_ROWS = "INSERT INTO import_rows (import_id, position, external_id, name, email, customer, is_selected, created_at) \
         SELECT CAST($2 AS TEXT), CAST(sent.value ->> 0 AS BIGINT), sent.value ->> 1, sent.value ->> 2, sent.value ->> 3, \
         sent.value ->> 4, FALSE, CAST($3 AS BIGINT) FROM " ROWS " WHERE true";
    // Without customers that the import has already: a list that moves by a page shows some twice.
    INSERT_NEW_ROWS = "INSERT INTO import_rows (import_id, position, external_id, name, email, customer, is_selected, \
         created_at) SELECT CAST($2 AS TEXT), CAST(sent.value ->> 0 AS BIGINT), sent.value ->> 1, sent.value ->> 2, \
         sent.value ->> 3, sent.value ->> 4, FALSE, CAST($3 AS BIGINT) FROM " ROWS " WHERE NOT EXISTS \
         (SELECT 1 FROM import_rows AS known WHERE known.customer = sent.value ->> 4 AND known.import_id = $2)";
    COUNT_SHARED = "SELECT CAST(sent.value ->> 0 AS BIGINT), (SELECT count(*) FROM import_rows AS by_id \
         WHERE by_id.import_id = $2 AND by_id.external_id = sent.value ->> 1), (SELECT count(*) FROM import_rows AS by_customer \
         WHERE by_customer.customer = sent.value ->> 2 AND by_customer.import_id = $2) FROM " ROWS " WHERE true";
    SELECT_ROWS = "UPDATE import_rows SET is_selected = TRUE WHERE import_id = $2 AND position IN \
         (SELECT CAST(sent.value ->> 0 AS BIGINT) FROM " ROWS ")";
}

/// A customer to add to an import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewImportRow {
    pub position: u64,
    pub external_id: Option<String>,
    pub name: String,
    pub email: String,
    pub customer: String,
}

/// A row that is to be decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingRow {
    pub position: u64,
    pub external_id: Option<String>,
    pub name: String,
    pub email: String,
    pub customer: String,
    /// The outcome of the dry run before.
    pub outcome: Option<ImportOutcome>,
    /// The outcome with which an interrupted step has linked the tenant.
    pub linked_outcome: Option<ImportOutcome>,
    pub tenant: Option<TenantId>,
}

/// Whether other rows of the import have the external id or the customer of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedIds {
    pub position: u64,
    pub external_id: bool,
    pub customer: bool,
}

#[derive(sqlx::FromRow)]
struct PendingRowColumns {
    position: i64,
    external_id: Option<String>,
    name: String,
    email: String,
    customer: String,
    outcome: Option<String>,
    linked_outcome: Option<String>,
    tenant_id: Option<String>,
}

impl PendingRowColumns {
    fn read(self) -> StoreResult<PendingRow> {
        let Self { position, external_id, name, email, customer, outcome, linked_outcome, tenant_id } = self;
        Ok(PendingRow {
            position: position.unsigned_abs(),
            external_id,
            name,
            email,
            customer,
            outcome: outcome.map(|outcome| parse(&outcome, "import_rows.outcome")).transpose()?,
            linked_outcome: linked_outcome.map(|of| parse(&of, "import_rows.linked_outcome")).transpose()?,
            tenant: tenant_id.map(|tenant| parse(&tenant, "import_rows.tenant_id")).transpose()?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct DecidedRowColumns {
    position: i64,
    external_id: Option<String>,
    name: String,
    email: String,
    customer: String,
    outcome: String,
    tenant_id: Option<String>,
    details: Option<String>,
}

impl DecidedRowColumns {
    fn read(self) -> StoreResult<ImportRow> {
        let Self { position, external_id, name, email, customer, outcome, tenant_id, details } = self;
        let details: Option<DecisionDetails> = details
            .map(|details| serde_json::from_str(&details).map_err(|_| StoreError::Corrupt("import_rows.details")))
            .transpose()?;
        let DecisionDetails { plan, cycle, interval, seats, price, status, period_end, detail } =
            details.unwrap_or_default();
        Ok(ImportRow {
            position: position.unsigned_abs(),
            external_id,
            name,
            email,
            customer,
            outcome: parse(&outcome, "import_rows.outcome")?,
            plan,
            cycle,
            interval,
            seats,
            price,
            status,
            period_end,
            detail,
            tenant: tenant_id.map(|tenant| parse(&tenant, "import_rows.tenant_id")).transpose()?,
        })
    }
}

impl Connection<'_> {
    /// Adds rows. `only_new` leaves out customers that the import has already. Returns how many were added.
    pub async fn insert_import_rows(
        &mut self,
        import: &ImportId,
        rows: &[NewImportRow],
        only_new: bool,
        created_at: Timestamp,
    ) -> StoreResult<u64> {
        let sent = rows.iter().map(|row| {
            let NewImportRow { position, external_id, name, email, customer } = row;
            (column(*position), external_id, name, email, customer)
        });
        let sent = json_rows(sent)?;
        let statement = self.row_statement(if only_new { INSERT_NEW_ROWS } else { INSERT_ROWS });
        Ok(on_backend!(self, connection => sqlx::query(statement)
            .bind(sent)
            .bind(import.as_str())
            .bind(created_at.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected()))
    }

    /// Lists rows after `after` as they were read from the source, at most `most`.
    pub async fn list_source_rows(
        &mut self,
        import: &ImportId,
        after: u64,
        most: usize,
    ) -> StoreResult<Vec<NewImportRow>> {
        type Row = (i64, Option<String>, String, String, String);
        let rows: Vec<Row> = on_backend!(self, connection => sqlx::query_as(LIST_SOURCE_ROWS)
            .bind(import.as_str())
            .bind(column(after))
            .bind(column(most as u64))
            .fetch_all(&mut **connection)
            .await?);
        let read = |(position, external_id, name, email, customer): Row| NewImportRow {
            position: position.unsigned_abs(),
            external_id,
            name,
            email,
            customer,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Lists rows after `after` that were not written yet, at most `most`. Without `all`, only those that are selected.
    pub async fn list_pending_rows(
        &mut self,
        import: &ImportId,
        after: u64,
        all: bool,
        most: i64,
    ) -> StoreResult<Vec<PendingRow>> {
        let rows: Vec<PendingRowColumns> = on_backend!(self, connection => sqlx::query_as(LIST_PENDING_ROWS)
            .bind(import.as_str())
            .bind(column(after))
            .bind(all)
            .bind(most)
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(PendingRowColumns::read).collect()
    }

    /// Returns for each of `rows` whether other rows of the import have its external id or its customer.
    pub async fn list_shared_ids(&mut self, import: &ImportId, rows: &[PendingRow]) -> StoreResult<Vec<SharedIds>> {
        let sent = json_rows(rows.iter().map(|row| (column(row.position), &row.external_id, &row.customer)))?;
        let statement = self.row_statement(COUNT_SHARED);
        let rows: Vec<(i64, i64, i64)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(sent)
            .bind(import.as_str())
            .fetch_all(&mut **connection)
            .await?);
        let read = |(position, external_id, customer): (i64, i64, i64)| SharedIds {
            position: position.unsigned_abs(),
            external_id: external_id > 1,
            customer: customer > 1,
        };
        Ok(rows.into_iter().map(read).collect())
    }

    /// Notes that the row's tenant is linked, in the transaction that links it.
    pub async fn mark_import_row_linked(
        &mut self,
        import: &ImportId,
        position: u64,
        tenant: &TenantId,
        outcome: ImportOutcome,
    ) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(MARK_LINKED)
            .bind(import.as_str())
            .bind(column(position))
            .bind(tenant.as_str())
            .bind(outcome.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Selects these rows of an import and no others.
    pub async fn select_import_rows(&mut self, import: &ImportId, positions: &[u64]) -> StoreResult<()> {
        on_backend!(&mut *self, connection => sqlx::query(CLEAR_SELECTION)
            .bind(import.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        let sent = json_rows(positions.iter().map(|position| (column(*position),)))?;
        let statement = self.row_statement(SELECT_ROWS);
        on_backend!(self, connection => sqlx::query(statement)
            .bind(sent)
            .bind(import.as_str())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists decided rows after `after` in the order of the source: a page, and one more if there are more.
    pub async fn list_import_rows(
        &mut self,
        import: &ImportId,
        outcome: Option<ImportOutcome>,
        after: u64,
    ) -> StoreResult<Vec<ImportRow>> {
        let most = column(ROWS_PER_PAGE as u64 + 1);
        let rows: Vec<DecidedRowColumns> = match outcome {
            None => on_backend!(self, connection => sqlx::query_as(LIST_ROWS)
                .bind(import.as_str())
                .bind(column(after))
                .bind(most)
                .fetch_all(&mut **connection)
                .await?),
            Some(outcome) => on_backend!(self, connection => sqlx::query_as(LIST_ROWS_WITH_OUTCOME)
                .bind(import.as_str())
                .bind(outcome.as_str())
                .bind(column(after))
                .bind(most)
                .fetch_all(&mut **connection)
                .await?),
        };
        rows.into_iter().map(DecidedRowColumns::read).collect()
    }
}
