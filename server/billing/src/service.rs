//! The use cases. A page and the JSON endpoint for the same thing call the same method of [`Services`].

pub mod account;
pub mod base;
pub mod checkout;
pub mod operator;
pub mod subscription;
pub mod tenant;
pub mod usage;
pub mod webhook;

use std::sync::{Arc, atomic::AtomicBool};

use domain::{
    account::Email,
    catalog::Catalog,
    subscription::Provider,
    time::{Clock, Timestamp},
};
use tokio::sync::OnceCell;
use url::{Origin, Url};

pub use base::{
    error::{FieldErrors, LinkError, PageFailure, ServiceError},
    limits::Limits,
};
use base::{
    limits::tenant_locks::TenantLocks,
    wake::{JobNotifiers, MessageNotifiers},
};
pub(crate) use subscription::lifecycle::Cause;
use subscription::provider_account::GuardedProvider;
pub use subscription::{
    lifecycle::describe_counts,
    provider_account::{AccountState, AccountWarning, AdoptOutcome, FoundAccount},
};
pub use usage::PageVersion;

use crate::{
    identity::{
        device::DeviceKey,
        fair_queue::FairQueue,
        firebase::FirebaseVerifier,
        password::{PasswordError, Passwords},
        seal::SealingKey,
        session::SessionEnds,
    },
    mail::Mailer,
    outbound::EndpointClient,
    payment::PaymentProvider,
    store::Store,
};

/// The dependencies of [`Services`].
pub struct Parts {
    pub store: Store,
    pub catalog: Arc<Catalog>,
    /// The provider of new checkouts; `NoProvider` if none is configured.
    pub provider: Arc<dyn PaymentProvider>,
    /// All configured providers, including `provider`. Their webhooks are accepted.
    pub webhook_senders: Vec<Arc<dyn PaymentProvider>>,
    /// Verifies Firebase ID tokens; `None` if they are not accepted.
    pub firebase: Option<FirebaseVerifier>,
    /// `None` if the installation sends no mail.
    pub mailer: Option<Mailer>,
    /// Sends requests to the URLs that tenants register.
    pub courier: EndpointClient,
    pub clocks: Clocks,
    /// The key that encrypts stored secrets; a random one if none is set.
    pub sealing_key: SealingKey,
    pub settings: Settings,
}

/// The two clocks. They differ only in tests and in the demo, which move the billing clock.
#[derive(Clone)]
pub struct Clocks {
    /// For sessions, signatures, throttling and retries.
    pub wall: Arc<dyn Clock>,
    /// For periods of subscriptions and usage, and for grace.
    pub billing: Arc<dyn Clock>,
}

/// The settings that the use cases read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The public URL of this installation; providers redirect browsers back to it.
    pub app_url: Url,
    /// Origins, besides that of `app_url`, to which a checkout may return.
    pub allowed_redirect_origins: Vec<Origin>,
    /// The base URL of Polar's API for tenants' accounts; `None` for Polar's default.
    pub polar_api_base: Option<Url>,
    /// The base URL of Stripe's API for tenants' accounts; `None` for Stripe's default.
    pub stripe_api_base: Option<Url>,
    /// How long a tenant keeps the plan while a payment is due, in seconds.
    pub grace_secs: i64,
    /// How often each live subscription is compared with the provider's, in seconds; `None` for never.
    pub reconcile_every_secs: Option<i64>,
    /// How long events stay in the ledger, in days. Counters outlive their events.
    pub usage_events_kept_days: i64,
    pub limits: Limits,
    /// The address that is notified of enterprise requests; without one they are only stored.
    pub sales_email: Option<Email>,
    /// Accounts that the login page of a demo lists; `None` outside a demo.
    pub demo: Option<Vec<DemoAccount>>,
}

/// An account that a visitor of the demo can log in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoAccount {
    pub email: String,
    pub tenant: String,
    pub plan: String,
    pub may_change: bool,
}

/// The use cases. Cheap to clone: handlers get it as state, pages as context.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    parts: Parts,
    /// The guards around the providers in `parts`.
    guards: Vec<Arc<GuardedProvider>>,
    passwords: Passwords,
    anonymous_writes: FairQueue,
    /// Read from the store once.
    device_key: OnceCell<DeviceKey>,
    /// Notified when a job was enqueued, so that the worker runs it before its next poll.
    jobs_written: JobNotifiers,
    /// Notified when a message to an endpoint was enqueued.
    messages_written: MessageNotifiers,
    /// Notified when sessions have ended.
    session_ends: SessionEnds,
    key_uses: tenant::key::KeyUses,
    new_networks: tenant::key::NewNetworks,
    views: usage::Views,
    usage_writer: base::group_commit::Writer<usage::Operations>,
    /// Whether the last batch of usage held repeats.
    usage_repeats: AtomicBool,
    event_writer: base::group_commit::Writer<webhook::Events>,
    /// Spaces out the fetches that webhook events about one object cause.
    event_coalescer: webhook::EventCoalescer,
    provider_reads: subscription::provider_reads::ProviderReads,
    /// Serializes the checkouts of a tenant on this node, so that each one finds the previous session to expire. Across
    /// nodes a unique index in the database allows one open attempt.
    checkout_locks: TenantLocks<()>,
    /// Serializes the reconciles of a tenant on this node. Across nodes the customer's revision orders the writes.
    reconcile_locks: TenantLocks<subscription::reconcile::RecentlyUnknown>,
}

impl Services {
    /// Builds the services and puts a guard around each provider.
    pub fn new(mut parts: Parts) -> Result<Self, PasswordError> {
        let guards = guard_providers(&mut parts);
        Ok(Self(Arc::new(Inner {
            parts,
            guards,
            passwords: Passwords::new()?,
            anonymous_writes: FairQueue::new(base::limits::anonymous_writes::ANONYMOUS_WRITES),
            device_key: OnceCell::new(),
            jobs_written: JobNotifiers::default(),
            messages_written: MessageNotifiers::default(),
            session_ends: SessionEnds::default(),
            key_uses: tenant::key::KeyUses::default(),
            new_networks: tenant::key::NewNetworks::default(),
            views: usage::Views::default(),
            usage_writer: base::group_commit::Writer::default(),
            usage_repeats: AtomicBool::new(false),
            event_writer: base::group_commit::Writer::default(),
            event_coalescer: webhook::EventCoalescer::default(),
            provider_reads: subscription::provider_reads::ProviderReads::default(),
            checkout_locks: TenantLocks::new(base::limits::tenant_locks::CHECKOUTS),
            reconcile_locks: TenantLocks::new(base::limits::tenant_locks::RECONCILES),
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

    /// Returns the demo's accounts; `None` outside a demo.
    pub fn demo(&self) -> Option<&[DemoAccount]> {
        self.settings().demo.as_deref()
    }

    /// Returns the provider of new checkouts.
    pub fn provider(&self) -> &dyn PaymentProvider {
        self.0.parts.provider.as_ref()
    }

    /// Returns the configured provider of that name.
    fn sender(&self, name: Provider) -> Option<&dyn PaymentProvider> {
        self.0.parts.webhook_senders.iter().find(|sender| sender.name() == Some(name)).map(AsRef::as_ref)
    }

    /// Returns the mailer; `None` if the installation sends no mail, and pages show links instead.
    pub fn mailer(&self) -> Option<&Mailer> {
        self.0.parts.mailer.as_ref()
    }

    /// Returns the time for sessions, signatures, throttling and retries.
    pub fn wall_now(&self) -> Timestamp {
        self.0.parts.clocks.wall.now()
    }

    /// Returns the time for periods and grace.
    pub fn billing_now(&self) -> Timestamp {
        self.0.parts.clocks.billing.now()
    }

    fn sealing_key(&self) -> &SealingKey {
        &self.0.parts.sealing_key
    }

    fn courier(&self) -> &EndpointClient {
        &self.0.parts.courier
    }

    pub(crate) fn messages_written(&self) -> &MessageNotifiers {
        &self.0.messages_written
    }

    pub(crate) fn jobs_written(&self) -> &JobNotifiers {
        &self.0.jobs_written
    }

    /// Returns the notifier for sessions that ended on this node.
    pub fn session_ends(&self) -> &SessionEnds {
        &self.0.session_ends
    }

    /// Waits until all queued usage and webhook events are committed. Their callers may have disconnected.
    pub async fn drain(&self) {
        tokio::join!(self.0.usage_writer.drain(), self.0.event_writer.drain());
    }

    /// Returns a new id. Ids sort by creation time.
    fn new_id<T: TryFrom<String, Error = domain::ids::InvalidId>>() -> Result<T, ServiceError> {
        T::try_from(uuid::Uuid::now_v7().to_string())
            .map_err(|_| ServiceError::Internal("generated UUID is not a valid id"))
    }
}

/// Replaces each provider by its guard, so that no call reaches a provider whose key opens a different account. A
/// provider that is listed twice gets one guard.
fn guard_providers(parts: &mut Parts) -> Vec<Arc<GuardedProvider>> {
    let Parts { store, provider, webhook_senders, clocks, .. } = parts;
    let mut guards: Vec<Arc<GuardedProvider>> = Vec::new();
    for raw in webhook_senders.iter_mut().chain([provider]) {
        let found = guards.iter().find(|guard| guard.name() == raw.name()).cloned();
        let guard = found.unwrap_or_else(|| {
            let inner = Arc::clone(raw);
            let guard = Arc::new(GuardedProvider::new(inner, store.clone(), clocks.wall.clone()));
            guards.push(Arc::clone(&guard));
            guard
        });
        *raw = guard;
    }
    guards
}
