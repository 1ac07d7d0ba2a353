//! Rows in memory, one table for each kind.

use std::{
    any::Any,
    collections::{BTreeMap, BTreeSet, HashMap},
    iter,
    ops::Range,
    sync::Arc,
};

use domain::time::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::journal::Change;

/// A kind of row.
pub(crate) trait Record: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The kind's name in the journal.
    const KIND: &'static str;
    const SCOPE: Scope;
    fn id(&self) -> &str;

    /// The id of the object that the row belongs to, by which [`Transaction::owned`](super::Transaction::owned) finds
    /// it. `None` if rows of this kind are only found by id.
    fn owner(&self) -> Option<&str> {
        None
    }

    /// When scheduled billing next looks at the row. `None` if never.
    fn due_at(&self) -> Option<Timestamp> {
        None
    }
}

/// Which transactions see the rows of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// All transactions.
    Sandbox,
    /// Transactions scoped to the Stripe account that owns the row, and unscoped ones.
    StripeAccount,
}

/// Rows of one kind in order of creation.
pub(super) struct Table<R> {
    rows: BTreeMap<u64, Arc<R>>,
    position: HashMap<String, u64>,
    /// Positions of the rows of each owner.
    owned: HashMap<String, BTreeSet<u64>>,
    /// Positions of the rows that scheduled billing looks at, earliest first.
    due: BTreeSet<(Timestamp, u64)>,
    next: u64,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), position: HashMap::new(), owned: HashMap::new(), due: BTreeSet::new(), next: 0 }
    }
}

impl<R: Record> Table<R> {
    pub(super) fn get(&self, id: &str) -> Option<&Arc<R>> {
        self.rows.get(self.position.get(id)?)
    }

    /// All rows, oldest first.
    pub(super) fn rows(&self) -> impl DoubleEndedIterator<Item = &Arc<R>> {
        self.rows.values()
    }

    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Stores a row and returns the one that it replaces.
    pub(super) fn put(&mut self, id: &str, row: Arc<R>) -> Option<Arc<R>> {
        let next = &mut self.next;
        let position = *self.position.entry(id.to_owned()).or_insert_with(|| {
            *next += 1;
            *next
        });
        self.insert(position, row)
    }

    /// Stores a row at a position, with its entries in the indexes.
    fn insert(&mut self, position: u64, row: Arc<R>) -> Option<Arc<R>> {
        if let Some(former) = self.rows.get(&position).cloned() {
            self.unindex(position, &former);
        }
        if let Some(owner) = row.owner() {
            self.owned.entry(owner.to_owned()).or_default().insert(position);
        }
        if let Some(at) = row.due_at() {
            self.due.insert((at, position));
        }
        self.rows.insert(position, row)
    }

    fn unindex(&mut self, position: u64, row: &R) {
        if let Some(owner) = row.owner()
            && let Some(positions) = self.owned.get_mut(owner)
        {
            positions.remove(&position);
            if positions.is_empty() {
                self.owned.remove(owner);
            }
        }
        if let Some(at) = row.due_at() {
            self.due.remove(&(at, position));
        }
    }

    /// The rows at these positions, oldest first; only those of `owner` if it is given.
    pub(super) fn within<'t>(
        &'t self,
        owner: Option<&str>,
        positions: Range<u64>,
    ) -> Box<dyn DoubleEndedIterator<Item = &'t Arc<R>> + 't> {
        let Some(owner) = owner else { return Box::new(self.rows.range(positions).map(|(_, row)| row)) };
        match self.owned.get(owner) {
            Some(places) => Box::new(places.range(positions).filter_map(|position| self.rows.get(position))),
            None => Box::new(iter::empty()),
        }
    }

    /// The positions before and after the row. `None` if there is no such row.
    pub(super) fn around(&self, id: &str) -> Option<(Range<u64>, Range<u64>)> {
        let position = *self.position.get(id)?;
        Some((0..position, position + 1..u64::MAX))
    }

    /// The rows that are due by an instant, oldest first.
    pub(super) fn due_by_age(&self, until: Timestamp) -> impl Iterator<Item = &Arc<R>> {
        let due: BTreeSet<u64> = self.due.range(..=(until, u64::MAX)).map(|(_, position)| *position).collect();
        due.into_iter().filter_map(|position| self.rows.get(&position))
    }

    /// The rows that are due by an instant, earliest first.
    pub(super) fn due(&self, until: Timestamp) -> impl Iterator<Item = &Arc<R>> {
        self.due.range(..=(until, u64::MAX)).filter_map(|(_, position)| self.rows.get(position))
    }

    /// Removes a row and returns it with its position.
    pub(super) fn remove(&mut self, id: &str) -> Option<(u64, Arc<R>)> {
        let position = self.position.remove(id)?;
        let row = self.rows.remove(&position)?;
        self.unindex(position, &row);
        Some((position, row))
    }

    /// Puts a removed row back at its position.
    pub(super) fn restore(&mut self, id: &str, position: u64, row: Arc<R>) {
        self.position.insert(id.to_owned(), position);
        self.insert(position, row);
    }
}

/// A [`Table`] of any kind, as the journal reads and writes it.
trait AnyTable: Send {
    fn kind(&self) -> &'static str;
    fn replay(&mut self, id: &str, row: Option<Value>) -> Result<(), serde_json::Error>;
    fn change(&self, id: &str) -> Result<Change, serde_json::Error>;
    fn all_changes(&self) -> Result<Vec<Change>, serde_json::Error>;
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
}

impl<R: Record> AnyTable for Table<R> {
    fn kind(&self) -> &'static str {
        R::KIND
    }

    fn replay(&mut self, id: &str, row: Option<Value>) -> Result<(), serde_json::Error> {
        match row {
            Some(row) => drop(self.put(id, Arc::new(serde_json::from_value(row)?))),
            None => drop(self.remove(id)),
        }
        Ok(())
    }

    fn change(&self, id: &str) -> Result<Change, serde_json::Error> {
        let row = self.get(id).map(serde_json::to_value).transpose()?;
        Ok(Change(R::KIND.to_owned(), id.to_owned(), row))
    }

    fn all_changes(&self) -> Result<Vec<Change>, serde_json::Error> {
        self.rows.values().map(|row| self.change(row.id())).collect()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// The tables of all kinds.
#[derive(Default)]
pub(crate) struct Tables {
    tables: Vec<Box<dyn AnyTable>>,
}

impl Tables {
    /// Adds an empty table for the kind `R`.
    pub(crate) fn with<R: Record>(mut self) -> Self {
        self.tables.push(Box::new(Table::<R>::default()));
        self
    }

    #[expect(clippy::expect_used, reason = "`lib.rs` makes each type a record and adds its table in one list")]
    pub(super) fn table<R: Record>(&self) -> &Table<R> {
        let found = self.tables.iter().find_map(|table| table.as_any().downcast_ref::<Table<R>>());
        found.expect("each kind of row has a table")
    }

    #[expect(clippy::expect_used, reason = "`lib.rs` makes each type a record and adds its table in one list")]
    pub(super) fn table_mut<R: Record>(&mut self) -> &mut Table<R> {
        let found = self.tables.iter_mut().find_map(|table| table.as_any_mut().downcast_mut::<Table<R>>());
        found.expect("each kind of row has a table")
    }

    /// Applies one change from the journal.
    pub(super) fn replay(&mut self, Change(kind, id, row): Change) -> Result<(), serde_json::Error> {
        match self.tables.iter_mut().find(|table| table.kind() == kind) {
            Some(table) => table.replay(&id, row),
            None => Err(serde::de::Error::custom(format!("unknown kind of row: {kind}"))),
        }
    }

    /// The row as a change for the journal.
    pub(super) fn change(&self, kind: &str, id: &str) -> Result<Change, serde_json::Error> {
        match self.tables.iter().find(|table| table.kind() == kind) {
            Some(table) => table.change(id),
            None => Ok(Change(kind.to_owned(), id.to_owned(), None)),
        }
    }

    /// All rows as changes for the journal.
    pub(super) fn all_changes(&self) -> Result<Vec<Change>, serde_json::Error> {
        let mut all = Vec::new();
        for table in &self.tables {
            all.extend(table.all_changes()?);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Note {
        id: String,
        text: String,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Tag {
        id: String,
    }

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    struct Bill {
        id: String,
        customer: String,
        due: Option<i64>,
    }

    impl Record for Bill {
        const KIND: &'static str = "bill";
        const SCOPE: Scope = Scope::Sandbox;
        fn id(&self) -> &str {
            &self.id
        }
        fn owner(&self) -> Option<&str> {
            Some(&self.customer)
        }
        fn due_at(&self) -> Option<Timestamp> {
            self.due.map(Timestamp::from_secs)
        }
    }

    impl Record for Note {
        const KIND: &'static str = "note";
        const SCOPE: Scope = Scope::Sandbox;
        fn id(&self) -> &str {
            &self.id
        }
    }

    impl Record for Tag {
        const KIND: &'static str = "tag";
        const SCOPE: Scope = Scope::Sandbox;
        fn id(&self) -> &str {
            &self.id
        }
    }

    fn tables() -> Tables {
        Tables::default().with::<Tag>().with::<Note>()
    }

    fn note(id: &str, text: &str) -> Change {
        Change("note".to_owned(), id.to_owned(), Some(json!({ "id": id, "text": text })))
    }

    #[test]
    fn replayed_changes_end_in_the_table_of_their_kind() {
        let mut tables = tables();
        tables.replay(note("n1", "first")).unwrap();
        tables.replay(note("n2", "second")).unwrap();
        tables.replay(note("n1", "changed")).unwrap();
        tables.replay(Change("tag".to_owned(), "n1".to_owned(), Some(json!({ "id": "n1" })))).unwrap();
        let texts: Vec<_> = tables.table::<Note>().rows().map(|note| note.text.as_str()).collect();
        assert_eq!(texts, ["changed", "second"]);
        assert_eq!(tables.table::<Tag>().len(), 1);
        let kinds: Vec<_> = tables.all_changes().unwrap().into_iter().map(|Change(kind, ..)| kind).collect();
        assert_eq!(kinds, ["tag", "note", "note"]);

        tables.replay(Change("note".to_owned(), "n1".to_owned(), None)).unwrap();
        assert!(tables.table::<Note>().get("n1").is_none());
        assert!(tables.table::<Tag>().get("n1").is_some());
    }

    #[test]
    fn indexes_follow_changed_removed_and_restored_rows() {
        let mut bills = Table::<Bill>::default();
        let bill =
            |id: &str, customer: &str, due| Arc::new(Bill { id: id.to_owned(), customer: customer.to_owned(), due });
        let of = |bills: &Table<Bill>, owner: &str| -> Vec<String> {
            bills.within(Some(owner), 0..u64::MAX).map(|bill| bill.id.clone()).collect()
        };
        let due = |bills: &Table<Bill>| -> Vec<String> {
            bills.due(Timestamp::from_secs(5)).map(|bill| bill.id.clone()).collect()
        };
        bills.put("b1", bill("b1", "ada", Some(5)));
        bills.put("b2", bill("b2", "ada", Some(3)));
        bills.put("b3", bill("b3", "bob", Some(6)));
        assert_eq!(
            (of(&bills, "ada"), due(&bills)),
            (vec!["b1".to_owned(), "b2".to_owned()], vec!["b2".to_owned(), "b1".to_owned()])
        );
        bills.put("b1", bill("b1", "bob", None));
        assert_eq!(
            (of(&bills, "ada"), of(&bills, "bob"), due(&bills)),
            (vec!["b2".to_owned()], vec!["b1".to_owned(), "b3".to_owned()], vec!["b2".to_owned()])
        );
        let (position, removed) = bills.remove("b2").unwrap();
        assert!(of(&bills, "ada").is_empty() && due(&bills).is_empty());
        bills.restore("b2", position, removed);
        assert_eq!((of(&bills, "ada"), due(&bills)), (vec!["b2".to_owned()], vec!["b2".to_owned()]));
        let (before, after) = bills.around("b2").unwrap();
        assert_eq!((bills.within(None, before).count(), bills.within(None, after).count()), (1, 1));
    }

    #[test]
    fn an_unknown_kind_is_an_error() {
        let refused = tables().replay(Change("letter".to_owned(), "l1".to_owned(), None));
        assert_eq!(refused.unwrap_err().to_string(), "unknown kind of row: letter");
    }
}
