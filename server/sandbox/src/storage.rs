//! The sandbox's state, and the transaction that changes it: a [`Unit`].
//!
//! Rows live in memory. A unit's changes are written to the journal before the caller gets an answer. Units run one at
//! a time, so concurrent calls with one idempotency key, or a double click on "Pay", take effect once.

pub(crate) mod ids;
pub(crate) mod journal;
pub(crate) mod stripe_account;
mod visibility;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use domain::time::{Clock, ShiftedClock, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::Notify;

use crate::{
    SandboxConfig,
    deliveries::Delivery,
    firebase::{account::Account, refresh_token::RefreshToken, signing_key::SigningKey},
    page::board::Settings,
    polar::objects as polar,
    storage::{
        journal::{Change, Journal, JournalError},
        stripe_account::{ObjectOwner, StripeAccount},
    },
    stripe::{
        idempotency::Replay,
        objects::{
            checkout_session::CheckoutSession, coupon::Coupon, customer::Customer, event::Event, invoice::Invoice,
            payment_intent::PaymentIntent, payment_method::PaymentMethod, portal_configuration::PortalConfiguration,
            portal_session::PortalSession, price::Price, product::Product, refund::Refund, subscription::Subscription,
            subscription_schedule::SubscriptionSchedule, webhook_endpoint::WebhookEndpoint,
        },
    },
};

/// Rows of one kind in order of creation.
pub(crate) struct Table<R> {
    rows: BTreeMap<u64, Arc<R>>,
    position: HashMap<String, u64>,
    next: u64,
}

impl<R> Default for Table<R> {
    fn default() -> Self {
        Self { rows: BTreeMap::new(), position: HashMap::new(), next: 0 }
    }
}

impl<R> Table<R> {
    fn get(&self, id: &str) -> Option<&Arc<R>> {
        self.rows.get(self.position.get(id)?)
    }

    fn put(&mut self, id: &str, row: Arc<R>) -> Option<Arc<R>> {
        let next = &mut self.next;
        let position = *self.position.entry(id.to_owned()).or_insert_with(|| {
            *next += 1;
            *next
        });
        self.rows.insert(position, row)
    }

    fn remove(&mut self, id: &str) -> Option<(u64, Arc<R>)> {
        let position = self.position.remove(id)?;
        self.rows.remove(&position).map(|row| (position, row))
    }

    fn restore(&mut self, id: &str, position: u64, row: Arc<R>) {
        self.position.insert(id.to_owned(), position);
        self.rows.insert(position, row);
    }
}

/// A kind of row: its name in the journal and its table.
pub(crate) trait Record: Clone + Serialize + DeserializeOwned + Send + Sync + 'static {
    const KIND: &'static str;
    fn id(&self) -> &str;
    fn table(tables: &Tables) -> &Table<Self>;
    fn table_mut(tables: &mut Tables) -> &mut Table<Self>;
}

macro_rules! tables {
    ($($field:ident: $row:ty = $kind:literal,)*) => {
        #[derive(Default)]
        pub(crate) struct Tables {
            $($field: Table<$row>,)*
        }

        impl Tables {
            /// Applies one change from the journal.
            fn replay(&mut self, Change(kind, id, row): Change) -> Result<(), serde_json::Error> {
                match kind.as_str() {
                    $($kind => match row {
                        Some(row) => { self.$field.put(&id, Arc::new(serde_json::from_value(row)?)); }
                        None => { self.$field.remove(&id); }
                    },)*
                    _ => return Err(serde::de::Error::custom(format!("unknown kind of row: {kind}"))),
                }
                Ok(())
            }

            /// The row as a change for the journal.
            fn change(&self, kind: &str, id: &str) -> Result<Change, serde_json::Error> {
                let row = match kind {
                    $($kind => self.$field.get(id).map(serde_json::to_value).transpose()?,)*
                    _ => None,
                };
                Ok(Change(kind.to_owned(), id.to_owned(), row))
            }

            fn all_changes(&self) -> Result<Vec<Change>, serde_json::Error> {
                let mut all = Vec::new();
                $(for row in self.$field.rows.values() { all.push(self.change($kind, row.id())?); })*
                Ok(all)
            }
        }

        $(impl Record for $row {
            const KIND: &'static str = $kind;
            fn id(&self) -> &str { &self.id }
            fn table(tables: &Tables) -> &Table<Self> { &tables.$field }
            fn table_mut(tables: &mut Tables) -> &mut Table<Self> { &mut tables.$field }
        })*
    };
}

tables! {
    settings: Settings = "settings",
    deliveries: Delivery = "delivery",
    stripe_object_owners: ObjectOwner = "stripe_belonging",
    replays: Replay = "idempotency_key",
    customers: Customer = "customer",
    coupons: Coupon = "coupon",
    products: Product = "product",
    prices: Price = "price",
    payment_methods: PaymentMethod = "payment_method",
    payment_intents: PaymentIntent = "payment_intent",
    refunds: Refund = "refund",
    subscriptions: Subscription = "subscription",
    subscription_schedules: SubscriptionSchedule = "subscription_schedule",
    invoices: Invoice = "invoice",
    checkout_sessions: CheckoutSession = "checkout_session",
    portal_configurations: PortalConfiguration = "portal_configuration",
    portal_sessions: PortalSession = "portal_session",
    webhook_endpoints: WebhookEndpoint = "webhook_endpoint",
    events: Event = "event",
    polar_access_tokens: polar::access_token::AccessToken = "polar_access_token",
    polar_products: polar::product::Product = "polar_product",
    polar_customers: polar::customer::Customer = "polar_customer",
    polar_customer_sessions: polar::customer_session::CustomerSession = "polar_customer_session",
    polar_checkouts: polar::checkout::Checkout = "polar_checkout",
    polar_subscriptions: polar::subscription::Subscription = "polar_subscription",
    polar_orders: polar::order::Order = "polar_order",
    polar_refunds: polar::refund::Refund = "polar_refund",
    polar_webhook_endpoints: polar::webhook_endpoint::WebhookEndpoint = "polar_webhook_endpoint",
    polar_events: polar::event::Event = "polar_event",
    firebase_accounts: Account = "firebase_account",
    firebase_refresh_tokens: RefreshToken = "firebase_refresh_token",
    firebase_signing_keys: SigningKey = "firebase_signing_key",
}

/// The request that caused a change, as events report it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origin {
    pub(crate) request: Option<String>,
    pub(crate) idempotency_key: Option<String>,
}

type Undo = Box<dyn FnOnce(&mut Tables)>;

/// One transaction. Rolls back when dropped without a commit.
pub(crate) struct Unit<'w> {
    tables: &'w mut Tables,
    undo: Vec<Undo>,
    touched: Vec<(&'static str, String)>,
    seen: HashSet<(&'static str, String)>,
    /// Billing time in whole seconds. While due work is processed, the instant at which each piece was due.
    pub(crate) now: Timestamp,
    /// Wall time, for deliveries, idempotency keys and ID tokens.
    pub(crate) wall: Timestamp,
    /// Base URL of the hosted pages.
    pub(crate) public_url: &'w str,
    pub(crate) firebase_project: &'w str,
    pub(crate) origin: Origin,
    /// The Stripe account that the unit is scoped to: rows of other accounts are invisible. `None` sees all rows and
    /// creates new ones in the installation's account.
    pub(crate) account: Option<StripeAccount>,
}

impl Unit<'_> {
    pub(crate) fn get<R: Record>(&self, id: &str) -> Option<Arc<R>> {
        R::table(self.tables).get(id).filter(|_| self.is_visible::<R>(id)).cloned()
    }

    /// All visible rows, oldest first.
    pub(crate) fn all<R: Record>(&self) -> impl DoubleEndedIterator<Item = &Arc<R>> {
        R::table(self.tables).rows.values().filter(|row| self.is_visible::<R>(row.id()))
    }

    pub(crate) fn count<R: Record>(&self) -> usize {
        R::table(self.tables).rows.len()
    }

    pub(crate) fn put<R: Record>(&mut self, row: R) {
        let id = row.id().to_owned();
        let former = R::table_mut(self.tables).put(&id, Arc::new(row));
        self.touch(R::KIND, &id);
        if former.is_none()
            && let Some(owner) = self.new_owner_row(R::KIND, &id)
        {
            self.put(owner);
        }
        self.undo.push(Box::new(move |tables| {
            let table = R::table_mut(tables);
            match former {
                Some(former) => drop(table.put(&id, former)),
                None => drop(table.remove(&id)),
            }
        }));
    }

    pub(crate) fn delete<R: Record>(&mut self, id: &str) {
        let Some((position, former)) = R::table_mut(self.tables).remove(id) else { return };
        self.touch(R::KIND, id);
        let id = id.to_owned();
        self.undo.push(Box::new(move |tables| R::table_mut(tables).restore(&id, position, former)));
    }

    fn touch(&mut self, kind: &'static str, id: &str) {
        if self.seen.insert((kind, id.to_owned())) {
            self.touched.push((kind, id.to_owned()));
        }
    }

    /// Writes the changes to the journal. Returns `false` if there were none.
    fn commit(mut self, journal: Option<&mut Journal>) -> Result<bool, StorageError> {
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

impl Drop for Unit<'_> {
    fn drop(&mut self) {
        while let Some(undo) = self.undo.pop() {
            undo(self.tables);
        }
    }
}

/// The state could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StorageError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error("a row cannot be written: {0}")]
    Encode(#[from] serde_json::Error),
    #[error("the transaction was aborted: {0}")]
    Aborted(#[from] tokio::task::JoinError),
}

struct WorldState {
    tables: Tables,
    journal: Option<Journal>,
}

/// The state shared by all routes.
pub(crate) struct World {
    state: Mutex<WorldState>,
    pub(crate) public_url: String,
    pub(crate) firebase_project: String,
    pub(crate) wall: Arc<dyn Clock>,
    pub(crate) billing: Arc<ShiftedClock>,
    /// Notified after every commit, since there may be webhooks to deliver.
    pub(crate) changed: Notify,
}

impl World {
    /// Restores the state and the billing clock's offset from the data folder.
    pub(crate) fn open(config: SandboxConfig) -> Result<Self, JournalError> {
        let SandboxConfig { data_dir, public_url, firebase_project, wall, billing } = config;
        let public_url = public_url.trim_end_matches('/').to_owned();
        let mut tables = Tables::default();
        let mut journal = match data_dir.as_deref() {
            Some(dir) => Some(Journal::open(dir, |change| tables.replay(change))?),
            None => None,
        };
        if let Some(journal) = &mut journal {
            let rows = tables.all_changes().unwrap_or_default();
            if !rows.is_empty() && journal.is_wasteful(rows.len()) {
                journal.rewrite(&rows)?;
            }
        }
        if let Some(settings) = tables.settings.get(Settings::ID) {
            billing.set_offset_secs(settings.clock_offset_secs);
        }
        let state = Mutex::new(WorldState { tables, journal });
        Ok(Self { state, public_url, firebase_project, wall, billing, changed: Notify::new() })
    }

    /// Runs `work` as one transaction, after processing what is due on the billing clock. Completes even if the caller
    /// drops the future.
    pub(crate) async fn transact<T, E>(
        self: &Arc<Self>,
        work: impl FnOnce(&mut Unit<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StorageError> + Send + 'static,
    {
        let world = Arc::clone(self);
        let run = move || {
            let mut state = world.lock();
            world.process_due(&mut state, world.billing.now())?;
            let state = &mut *state;
            let mut unit = world.unit(&mut state.tables, world.billing.now());
            let answer = work(&mut unit)?;
            if unit.commit(state.journal.as_mut())? {
                world.changed.notify_one();
            }
            Ok(answer)
        };
        tokio::task::spawn_blocking(run).await.unwrap_or_else(|error| Err(E::from(StorageError::Aborted(error))))
    }

    /// Moves the billing clock by `secs` and processes what becomes due, in order, in one transaction.
    /// Returns the new offset in seconds.
    pub(crate) async fn advance(self: &Arc<Self>, secs: i64) -> Result<i64, StorageError> {
        let world = Arc::clone(self);
        let run = move || {
            let mut state = world.lock();
            world.process_due(&mut state, world.billing.now())?;
            let state = &mut *state;
            let offset_secs = world.billing.offset_secs().saturating_add(secs);
            let mut unit = world.unit(&mut state.tables, world.billing.now());
            unit.put(Settings { clock_offset_secs: offset_secs, ..Settings::clone(&Settings::of(&unit)) });
            let until = whole_secs(world.billing.now().plus_secs(secs));
            process_due(&mut unit, until);
            unit.commit(state.journal.as_mut())?;
            world.billing.advance(secs);
            world.changed.notify_one();
            Ok(offset_secs)
        };
        tokio::task::spawn_blocking(run).await?
    }

    fn process_due(&self, state: &mut WorldState, now: Timestamp) -> Result<(), StorageError> {
        let mut unit = self.unit(&mut state.tables, now);
        process_due(&mut unit, whole_secs(now));
        if unit.commit(state.journal.as_mut())? {
            self.changed.notify_one();
        }
        Ok(())
    }

    fn unit<'w>(&'w self, tables: &'w mut Tables, now: Timestamp) -> Unit<'w> {
        Unit {
            tables,
            undo: Vec::new(),
            touched: Vec::new(),
            seen: HashSet::new(),
            now: whole_secs(now),
            wall: self.wall.now(),
            public_url: &self.public_url,
            firebase_project: &self.firebase_project,
            origin: Origin::default(),
            account: None,
        }
    }

    /// Locks the state. A poisoned lock is safe to use: the unit of the thread that panicked has rolled back.
    fn lock(&self) -> MutexGuard<'_, WorldState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Processes what is due by `until` at each provider. The providers' state is independent.
fn process_due(unit: &mut Unit<'_>, until: Timestamp) {
    crate::stripe::billing::due::process_due(unit, until);
    crate::polar::billing::due::process_due(unit, until);
}

fn whole_secs(at: Timestamp) -> Timestamp {
    Timestamp::from_secs(at.as_secs())
}
