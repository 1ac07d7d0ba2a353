//! The first steps of an import from the account: its customers, page by page.

use domain::tenant::import::ExternalIdSource;

use super::{Imports, ServiceError, StoredImport, directory::CustomerDirectory, row, state_after_reading};

/// The maximum number of customers of an account that are imported.
const MAX_CUSTOMERS: u64 = 500_000;

impl Imports {
    /// Reads a page of customers and stores them as rows, with the cursor of the next page. After the last page, the rows
    /// are decided from the first one.
    pub(super) async fn read_page(&self, import: &mut StoredImport, holder: &str) -> Result<bool, ServiceError> {
        let from = import.source.parse::<ExternalIdSource>();
        let from = from.map_err(|_| ServiceError::Internal("an import has an unknown source"))?;
        let directory = CustomerDirectory::of(self, import.provider)?;
        let page = directory.list_customers(import.cursor.as_deref()).await?;
        let mut rows = Vec::new();
        for customer in page.customers.into_iter().filter(|customer| !customer.is_deleted) {
            import.position += 1;
            rows.push(row::of_customer(import.position, &from, customer));
        }
        if import.position > MAX_CUSTOMERS {
            let message = format!("The account has more than {MAX_CUSTOMERS} customers. Import them from CSV files.");
            return Err(ServiceError::field("source", message));
        }
        let is_last = page.next.is_none();
        import.cursor = page.next;
        if is_last {
            import.position = 0;
            import.state = state_after_reading(import.is_dry_run);
        }
        let mut tx = self.store().begin().await?;
        import.read += tx.connection().insert_import_rows(&import.id, &rows, true, import.created_at).await?;
        self.commit_step(tx, import, holder).await
    }
}
