//! A transaction over the rows in memory.

use std::{collections::HashSet, sync::Arc};

use domain::time::Timestamp;

use super::{
    JournalError,
    journal::Journal,
    stripe_account::StripeAccount,
    table::{Record, Tables},
};

/// The API request that caused a change. Stripe's events report it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) request: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

/// A transaction failed and was rolled back.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("a row cannot be written: {0}")]
    Encode(#[from] serde_json::Error),
    #[error("the transaction was aborted: {0}")]
    Aborted(#[from] tokio::task::JoinError),
}

type Undo = Box<dyn FnOnce(&mut Tables)>;

/// A transaction. Dropping it without a commit rolls it back.
pub(crate) struct Transaction<'w> {
    pub(super) tables: &'w mut Tables,
    undo: Vec<Undo>,
    touched: Vec<(&'static str, String)>,
    seen: HashSet<(&'static str, String)>,
    /// Billing time in whole seconds. During scheduled billing, the instant at which the current step is due.
    pub(crate) now: Timestamp,
    /// Wall time, for deliveries, idempotency keys and ID tokens.
    pub(crate) wall: Timestamp,
    /// Base URL of the hosted pages.
    pub(crate) public_url: &'w str,
    /// The merchant's name on pages and invoices.
    pub(crate) merchant: &'w str,
    pub(crate) firebase_project: &'w str,
    pub(crate) origin: Origin,
    /// The Stripe account that the transaction is scoped to: it does not see rows of other accounts. `None` sees all
    /// rows, and creates new ones in the installation's account.
    pub(crate) account: Option<StripeAccount>,
    /// Whether the changes cause no events.
    pub(crate) is_silent: bool,
}

impl<'w> Transaction<'w> {
    pub(super) fn new(
        tables: &'w mut Tables,
        now: Timestamp,
        wall: Timestamp,
        public_url: &'w str,
        merchant: &'w str,
        firebase_project: &'w str,
    ) -> Self {
        Self {
            tables,
            undo: Vec::new(),
            touched: Vec::new(),
            seen: HashSet::new(),
            now,
            wall,
            public_url,
            merchant,
            firebase_project,
            origin: Origin::default(),
            account: None,
            is_silent: false,
        }
    }
}

impl Transaction<'_> {
    pub(crate) fn get<R: Record>(&self, id: &str) -> Option<Arc<R>> {
        self.tables.table::<R>().get(id).filter(|_| self.is_visible::<R>(id)).cloned()
    }

    /// All visible rows, oldest first.
    pub(crate) fn all<R: Record>(&self) -> impl DoubleEndedIterator<Item = &Arc<R>> {
        self.tables.table::<R>().rows().filter(|row| self.is_visible::<R>(row.id()))
    }

    /// The visible rows of an owner, oldest first.
    pub(crate) fn owned<R: Record>(&self, owner: &str) -> impl DoubleEndedIterator<Item = &Arc<R>> {
        let rows = self.tables.table::<R>().within(Some(owner), 0..u64::MAX);
        rows.filter(|row| self.is_visible::<R>(row.id()))
    }

    /// The visible rows that are older than the row with this id, oldest first; only those of `owner` if it is given.
    /// Without an id, all of them.
    pub(crate) fn older<R: Record>(
        &self,
        owner: Option<&str>,
        than: Option<&str>,
    ) -> impl DoubleEndedIterator<Item = &Arc<R>> {
        let table = self.tables.table::<R>();
        let before = than.and_then(|id| table.around(id)).map_or(0..u64::MAX, |(before, _)| before);
        table.within(owner, before).filter(|row| self.is_visible::<R>(row.id()))
    }

    /// The visible rows that are newer than the row with this id, oldest first; only those of `owner` if it is given.
    pub(crate) fn newer<R: Record>(&self, owner: Option<&str>, than: &str) -> impl DoubleEndedIterator<Item = &Arc<R>> {
        let table = self.tables.table::<R>();
        let after = table.around(than).map_or(0..0, |(_, after)| after);
        table.within(owner, after).filter(|row| self.is_visible::<R>(row.id()))
    }

    /// The rows that are due by an instant, earliest first.
    pub(crate) fn due<R: Record>(&self, until: Timestamp) -> impl Iterator<Item = &Arc<R>> {
        self.tables.table::<R>().due(until)
    }

    /// The rows that are due by an instant, oldest first.
    pub(crate) fn due_by_age<R: Record>(&self, until: Timestamp) -> impl Iterator<Item = &Arc<R>> {
        self.tables.table::<R>().due_by_age(until)
    }

    pub(crate) fn count<R: Record>(&self) -> usize {
        self.tables.table::<R>().len()
    }

    pub(crate) fn put<R: Record>(&mut self, row: R) {
        let id = row.id().to_owned();
        let former = self.tables.table_mut::<R>().put(&id, Arc::new(row));
        self.touch(R::KIND, &id);
        if former.is_none()
            && let Some(owner) = self.new_owner_row::<R>(&id)
        {
            self.put(owner);
        }
        self.undo.push(Box::new(move |tables| {
            let table = tables.table_mut::<R>();
            match former {
                Some(former) => drop(table.put(&id, former)),
                None => drop(table.remove(&id)),
            }
        }));
    }

    pub(crate) fn delete<R: Record>(&mut self, id: &str) {
        let Some((position, former)) = self.tables.table_mut::<R>().remove(id) else { return };
        self.touch(R::KIND, id);
        let id = id.to_owned();
        self.undo.push(Box::new(move |tables| tables.table_mut::<R>().restore(&id, position, former)));
    }

    fn touch(&mut self, kind: &'static str, id: &str) {
        if self.seen.insert((kind, id.to_owned())) {
            self.touched.push((kind, id.to_owned()));
        }
    }

    /// Writes the changes to the journal. Returns `false` if there were none.
    pub(super) fn commit(mut self, journal: Option<&mut Journal>) -> Result<bool, StorageError> {
        if self.touched.is_empty() {
            return Ok(false);
        }
        if let Some(journal) = journal {
            let changes: Result<Vec<_>, _> =
                self.touched.iter().map(|(kind, id)| self.tables.change(kind, id)).collect();
            journal.append(&changes?)?;
        }
        self.undo.clear();
        Ok(true)
    }
}

impl Drop for Transaction<'_> {
    fn drop(&mut self) {
        while let Some(undo) = self.undo.pop() {
            undo(self.tables);
        }
    }
}
