//! The use-cases: what a page and the JSON endpoint for the same thing both call.

pub mod account;
mod account_notice;
pub mod account_settings;
pub mod activity;
mod address;
mod address_forms;
pub mod address_proof;
mod anonymous_writes;
pub mod audit;
pub mod biller;
pub mod cancel;
pub mod checkout;
mod customer;
pub mod enterprise;
mod error;
pub mod firebase;
pub mod former_plans;
mod group;
pub mod idempotency;
pub mod invitation;
pub mod invoice;
pub mod key;
mod lifecycle;
pub mod limits;
mod mail_budget;
pub mod membership;
pub mod operator;
pub mod overrides;
pub mod password_reset;
pub mod portal;
pub mod preflight;
mod provider_account;
mod provider_reads;
pub mod reconcile;
pub mod second_factor;
pub mod secret;
#[cfg(test)]
mod stage;
pub mod team;
pub mod tenant;
pub mod unmanaged;
pub mod usage;
mod wake;
pub mod webhook;
pub mod webhook_endpoint;
pub mod white_label;

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use domain::{
    account::Email,
    catalog::Catalog,
    ids::TenantId,
    subscription::Provider,
    time::{Clock, Timestamp},
};
use moka::future::Cache;
use tokio::sync::{Mutex, OnceCell};
use url::{Origin, Url};

pub use error::{Breakdown, FieldErrors, LinkEnd, ServiceError};
pub(crate) use lifecycle::Cause;
pub use lifecycle::describe_counts;
pub use limits::Limits;
pub use provider_account::{AccountStanding, AccountWarning, Adopted, FoundAccount};
pub use usage::Stamp;
use wake::{JobBells, MessageBells};

use crate::{
    identity::{
        device::DeviceKey,
        firebase::FirebaseVerifier,
        lane::Lane,
        password::{PasswordError, Passwords},
        seal::SealingKey,
        session::SessionEnds,
    },
    mail::Mailer,
    outbound::Courier,
    payment::PaymentProvider,
    store::Store,
};

/// Tenants whose checkouts take turns on one node; of one that is forgotten the database still lets a single attempt be open.
const MOST_CHECKOUT_TURNS: u64 = 10_000;

/// What the use-cases run on.
pub struct Parts {
    pub store: Store,
    pub catalog: Arc<Catalog>,
    /// Takes new checkouts; `NoProvider` where nobody does.
    pub provider: Arc<dyn PaymentProvider>,
    /// Everyone whose webhooks are taken, `provider` among them.
    pub webhook_senders: Vec<Arc<dyn PaymentProvider>>,
    /// Judges Firebase ID tokens; `None` where they are not taken.
    pub firebase: Option<FirebaseVerifier>,
    /// `None` where no mail is sent.
    pub mailer: Option<Mailer>,
    /// Calls the addresses that tenants name.
    pub courier: Courier,
    pub clocks: Clocks,
    /// Under which secrets are kept; a random one where none is set.
    pub sealing_key: SealingKey,
    pub settings: Settings,
}

#[derive(Clone)]
pub struct Clocks {
    /// Sessions, signatures, throttling, retries.
    pub wall: Arc<dyn Clock>,
    /// Subscription and usage periods, grace.
    pub billing: Arc<dyn Clock>,
}

#[derive(Clone, Debug)]
pub struct Settings {
    /// Where browsers reach us; redirects come back here.
    pub app_url: Url,
    /// Origins besides that of `app_url` that a checkout may return to.
    pub allowed_redirect_origins: Vec<Origin>,
    /// Where tenants' own accounts at Polar are asked; `None` for Polar itself.
    pub polar_api_base: Option<Url>,
    /// The same of Stripe.
    pub stripe_api_base: Option<Url>,
    /// How long a payment that is due keeps its plan.
    pub grace_secs: i64,
    /// How often each live subscription is compared with what the provider says; `None` for never.
    pub reconcile_every_secs: Option<i64>,
    /// How long events stay in the ledger; what they counted stays for ever.
    pub usage_events_kept_days: i64,
    pub limits: Limits,
    /// Who is told of enterprise requests; where nobody is, they are only kept.
    pub sales_email: Option<Email>,
    /// Shown on the login page of a demo; `None` anywhere else.
    pub demo: Option<Vec<DemoAccount>>,
}

/// Somebody whom a visitor of the demo can be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoAccount {
    pub email: String,
    pub tenant: String,
    pub plan: String,
    pub may_change: bool,
}

/// The use-cases. Cheap to clone: state of the HTTP handlers, context of the pages.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    parts: Parts,
    /// What stands before the providers in `parts`.
    guards: Vec<Arc<provider_account::GuardedProvider>>,
    passwords: Passwords,
    anonymous_writes: Lane,
    /// Read once from the store.
    device_key: OnceCell<DeviceKey>,
    /// Told when a job was written, so that the worker does not wait for its next look.
    jobs_written: JobBells,
    /// The same of messages to endpoints.
    messages_written: MessageBells,
    /// Notified when sessions have ended.
    session_ends: SessionEnds,
    key_uses: key::KeyUses,
    new_networks: key::NewNetworks,
    views: usage::Views,
    usage_writer: group::Writer<usage::Operations>,
    /// Whether what was counted last had been counted before.
    usage_repeats: AtomicBool,
    event_writer: group::Writer<webhook::Events>,
    /// How often each object at a provider is asked for.
    hints: webhook::Hints,
    provider_reads: provider_reads::ProviderReads,
    /// One checkout at a time a tenant on this node: each then finds the former's session to expire. The database's unique
    /// index holds across nodes.
    checkout_turns: Cache<TenantId, Arc<Mutex<()>>>,
}

impl Services {
    pub fn new(mut parts: Parts) -> Result<Self, PasswordError> {
        let guards = guard_providers(&mut parts);
        Ok(Self(Arc::new(Inner {
            parts,
            guards,
            passwords: Passwords::new()?,
            anonymous_writes: Lane::new(anonymous_writes::ANONYMOUS_WRITES),
            device_key: OnceCell::new(),
            jobs_written: JobBells::default(),
            messages_written: MessageBells::default(),
            session_ends: SessionEnds::default(),
            key_uses: key::KeyUses::default(),
            new_networks: key::NewNetworks::default(),
            views: usage::Views::default(),
            usage_writer: group::Writer::default(),
            usage_repeats: AtomicBool::new(false),
            event_writer: group::Writer::default(),
            hints: webhook::Hints::default(),
            provider_reads: provider_reads::ProviderReads::default(),
            checkout_turns: Cache::builder()
                .max_capacity(MOST_CHECKOUT_TURNS)
                .time_to_idle(Duration::from_mins(10))
                .build(),
        })))
    }

    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.0.parts.catalog
    }

    pub fn store(&self) -> &Store {
        &self.0.parts.store
    }

    pub fn settings(&self) -> &Settings {
        &self.0.parts.settings
    }

    /// Who can be tried out here; `None` outside a demo.
    pub fn demo(&self) -> Option<&[DemoAccount]> {
        self.settings().demo.as_deref()
    }

    /// Who takes new checkouts.
    pub fn provider(&self) -> &dyn PaymentProvider {
        self.0.parts.provider.as_ref()
    }

    fn sender(&self, name: Provider) -> Option<&dyn PaymentProvider> {
        self.0.parts.webhook_senders.iter().find(|sender| sender.name() == Some(name)).map(AsRef::as_ref)
    }

    /// Who sends mail; `None` where nobody does, and links are shown instead.
    pub fn mailer(&self) -> Option<&Mailer> {
        self.0.parts.mailer.as_ref()
    }

    /// Now, for sessions and signatures.
    pub fn wall_now(&self) -> Timestamp {
        self.0.parts.clocks.wall.now()
    }

    /// Now, for periods and grace.
    pub fn billing_now(&self) -> Timestamp {
        self.0.parts.clocks.billing.now()
    }

    fn sealing_key(&self) -> &SealingKey {
        &self.0.parts.sealing_key
    }

    fn courier(&self) -> &Courier {
        &self.0.parts.courier
    }

    pub(crate) fn messages_written(&self) -> &MessageBells {
        &self.0.messages_written
    }

    pub(crate) fn jobs_written(&self) -> &JobBells {
        &self.0.jobs_written
    }

    /// Who is notified on this node when sessions of a person have ended.
    pub fn session_ends(&self) -> &SessionEnds {
        &self.0.session_ends
    }

    /// Waits until everything that waits to be written is: clients may have left before.
    pub async fn drain(&self) {
        tokio::join!(self.0.usage_writer.drain(), self.0.event_writer.drain());
    }

    /// A new id that sorts by time of making.
    fn new_id<T: TryFrom<String, Error = domain::ids::InvalidId>>() -> Result<T, ServiceError> {
        T::try_from(uuid::Uuid::now_v7().to_string()).map_err(|_| ServiceError::Internal("a UUID is an identifier"))
    }
}

/// Puts a guard before every provider, one for each, so that nothing here can call a provider whose key opens another account.
fn guard_providers(parts: &mut Parts) -> Vec<Arc<provider_account::GuardedProvider>> {
    let Parts { store, provider, webhook_senders, clocks, .. } = parts;
    let mut guards: Vec<Arc<provider_account::GuardedProvider>> = Vec::new();
    for raw in webhook_senders.iter_mut().chain([provider]) {
        let found = guards.iter().find(|guard| guard.name() == raw.name()).cloned();
        let guard = found.unwrap_or_else(|| {
            let inner = Arc::clone(raw);
            let guard = Arc::new(provider_account::GuardedProvider::new(inner, store.clone(), clocks.wall.clone()));
            guards.push(Arc::clone(&guard));
            guard
        });
        *raw = guard;
    }
    guards
}
