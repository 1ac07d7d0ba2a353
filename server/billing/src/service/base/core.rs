//! What all use cases share: their dependencies, the clocks, the settings, and the state in memory.
//!
//! It holds state of several use cases but calls none of them, so that every use case can be built on it.

use std::sync::{Arc, atomic::AtomicBool};

use domain::{
    account::Email,
    catalog::Catalog,
    ids::InvalidId,
    subscription::{Entitlements, Provider, Subscription, checkout_options::CheckoutSettings, entitlements},
    time::{Clock, Timestamp},
};
use tokio::sync::OnceCell;
use url::{Origin, Url};

use super::{
    error::ServiceError,
    group_commit::Writer,
    limits::{
        Limits, WorkerSettings,
        anonymous_writes::AnonymousWrites,
        tenant_locks::{CHECKOUTS, RECONCILES, TenantLocks},
    },
    wake::{JobNotifiers, MessageNotifiers},
};
use crate::{
    identity::{
        device::DeviceKey,
        firebase::FirebaseVerifier,
        password::{PasswordError, Passwords},
        seal::SealingKey,
        session::SessionEnds,
        token::{issuer::TokenIssuers, provider::SignInProviders},
        unsubscribe::UnsubscribeKey,
    },
    mail::{
        Mailer,
        look::{Accent, MailLogo, MailLook},
    },
    outbound::EndpointClient,
    payment::PaymentProvider,
    service::{
        subscription::{provider_account::GuardedProvider, provider_reads::ProviderReads, reconcile::ReconcileState},
        tenant::key::{KeyUses, NewNetworks},
        usage::{KeySums, OpenPages, Operations, Views},
        webhook::{EventCoalescer, Events},
    },
    store::{Store, tenant::tenants::Tenant},
};

/// The dependencies of the use cases.
pub struct Parts {
    pub store: Store,
    pub catalog: Arc<Catalog>,
    /// The provider of new checkouts; `NoProvider` if none is configured.
    pub provider: Arc<dyn PaymentProvider>,
    /// All configured providers, including `provider`. Their webhooks are accepted.
    pub webhook_senders: Vec<Arc<dyn PaymentProvider>>,
    /// Verifies Firebase ID tokens; `None` if they are not accepted.
    pub firebase: Option<FirebaseVerifier>,
    /// Verify bearer tokens of the issuers that the product uses.
    pub issuers: TokenIssuers,
    /// Identity providers that people sign in with.
    pub sign_in_providers: SignInProviders,
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
    /// Whether every http origin at 127.0.0.1 and localhost is allowed, too, for a product under development.
    pub allows_loopback_redirects: bool,
    pub browser_access: BrowserAccess,
    pub brand: Brand,
    /// The base URL of Polar's API for tenants' accounts; `None` for Polar's default.
    pub polar_api_base: Option<Url>,
    /// The base URL of Stripe's API for tenants' accounts; `None` for Stripe's default.
    pub stripe_api_base: Option<Url>,
    /// How long a tenant keeps the plan while a payment is due, in seconds.
    pub grace_secs: i64,
    /// How often each live subscription is compared with the provider's state, in seconds; `None` for never.
    pub reconcile_every_secs: Option<i64>,
    /// How long events stay in the ledger, in days. Counters outlive their events.
    pub usage_events_kept_days: i64,
    pub limits: Limits,
    pub worker: WorkerSettings,
    /// The address that is notified of enterprise requests; `None` to only store them.
    pub sales_email: Option<Email>,
    /// Accounts that the login page of a demo lists; `None` outside a demo.
    pub demo: Option<Vec<DemoAccount>>,
    /// Whether people sign in and sign up with passwords; otherwise with identity providers alone.
    pub has_passwords: bool,
    /// What hosted checkout pages offer or require.
    pub checkout: CheckoutSettings,
}

/// What browsers may do without a session: scripts and frames on other sites, and visitors who look at the plans.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BrowserAccess {
    /// Origins whose scripts may call the API with a bearer token.
    pub script_origins: Vec<Origin>,
    /// Whether anyone may see the listed plans and their prices.
    pub public_plans: bool,
    /// Where the pricing page leads to; `None` for the sign-up of this installation.
    pub pricing_action_url: Option<Url>,
    /// Origins whose pages may frame the pricing page and portal sessions.
    pub embed_origins: Vec<Origin>,
}

impl BrowserAccess {
    /// Whether any other site may frame pages. Cookies that must work in such a frame need `SameSite=None`.
    pub const fn allows_embedding(&self) -> bool {
        !self.embed_origins.is_empty()
    }
}

/// The product as pages and mails present it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brand {
    /// What pages, mails and authenticators call the product.
    pub app_name: String,
    /// Path of the logo; `None` for the name in letters.
    pub logo: Option<String>,
    /// Path of the logo on dark pages; `None` for `logo` there, too.
    pub logo_dark: Option<String>,
    /// The favicon; `None` for that of Dues.
    pub icon: Option<BrandIcon>,
    /// Path of the style sheet with the accent color; `None` for the accent of Dues.
    pub style: Option<String>,
    /// The accent color of mails, which have no style sheet of their own.
    pub accent: Accent,
    /// The logo of mails; `None` for the name in letters.
    pub mail_logo: Option<MailLogo>,
    pub terms_url: Option<Url>,
    pub privacy_url: Option<Url>,
    pub support_url: Option<Url>,
    pub status_url: Option<Url>,
    /// Whether pages of another name say that they are powered by Dues.
    pub powered_by: bool,
}

/// A favicon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrandIcon {
    pub path: String,
    pub content_type: &'static str,
}

impl Brand {
    /// The name of the product unless the installation has another.
    pub const DEFAULT_NAME: &str = "Dues";

    /// Returns how mails look.
    pub fn mail_look(&self) -> MailLook {
        MailLook {
            accent: self.accent.clone(),
            logo: self.mail_logo.clone(),
            terms_url: self.terms_url.clone(),
            privacy_url: self.privacy_url.clone(),
            support_url: self.support_url.clone(),
        }
    }
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            app_name: Self::DEFAULT_NAME.to_owned(),
            logo: None,
            logo_dark: None,
            icon: None,
            style: None,
            accent: Accent::default(),
            mail_logo: None,
            terms_url: None,
            privacy_url: None,
            support_url: None,
            status_url: None,
            powered_by: true,
        }
    }
}

/// An account that a visitor of the demo can log in to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoAccount {
    pub email: String,
    pub tenant: String,
    pub plan: String,
    pub may_change: bool,
}

/// The dependencies and the state in memory that all use cases share.
pub struct Core {
    pub(in crate::service) parts: Parts,
    /// The guards around the providers in `parts`.
    pub(in crate::service) guards: Vec<Arc<GuardedProvider>>,
    pub(in crate::service) passwords: Passwords,
    pub(in crate::service) anonymous_writes: AnonymousWrites,
    /// Signs device cookies. Read from the store once.
    pub(in crate::service) device_key: OnceCell<DeviceKey>,
    /// Seals what a browser keeps during a sign-in with an identity provider. Read from the store once.
    pub(in crate::service) sign_in_key: OnceCell<SealingKey>,
    /// Signs the links that turn mails off. Read from the store once.
    pub(in crate::service) unsubscribe_key: OnceCell<UnsubscribeKey>,
    /// Notified when a job was enqueued, so that the worker runs it before its next poll.
    pub(in crate::service) jobs_written: JobNotifiers,
    /// Notified when a message to an endpoint was enqueued.
    pub(in crate::service) messages_written: MessageNotifiers,
    /// Notified when sessions have ended.
    pub(in crate::service) session_ends: SessionEnds,
    pub(in crate::service) key_uses: KeyUses,
    pub(in crate::service) new_networks: NewNetworks,
    pub(in crate::service) views: Views,
    pub(in crate::service) open_pages: OpenPages,
    pub(in crate::service) usage_writer: Writer<Operations>,
    /// Whether the last batch that was checked for repeats contained operations that were counted before.
    pub(in crate::service) usage_repeats: AtomicBool,
    /// Usage by key that waits to be written.
    pub(in crate::service) key_sums: KeySums,
    pub(in crate::service) event_writer: Writer<Events>,
    /// Spaces out the fetches that several webhook events about the same object of a provider cause.
    pub(in crate::service) event_coalescer: EventCoalescer,
    pub(in crate::service) provider_reads: ProviderReads,
    /// Serializes the checkouts of a tenant on this node, so that each checkout finds and expires the session of the
    /// previous one. Across nodes a unique index in the database allows one open attempt.
    pub(in crate::service) checkout_locks: TenantLocks<()>,
    /// Serializes the reconciles of a tenant on this node. Across nodes the customer's revision orders the writes.
    pub(in crate::service) reconcile_locks: TenantLocks<ReconcileState>,
}

impl Core {
    /// Builds the shared state, puts a guard around each provider, and gives mails the look of the product.
    pub(in crate::service) fn new(mut parts: Parts) -> Result<Self, PasswordError> {
        let guards = guard_providers(&mut parts);
        parts.mailer = parts.mailer.map(|mailer| mailer.with_look(parts.settings.brand.mail_look()));
        Ok(Self {
            parts,
            guards,
            passwords: Passwords::new()?,
            anonymous_writes: AnonymousWrites::default(),
            device_key: OnceCell::new(),
            sign_in_key: OnceCell::new(),
            unsubscribe_key: OnceCell::new(),
            jobs_written: JobNotifiers::default(),
            messages_written: MessageNotifiers::default(),
            session_ends: SessionEnds::default(),
            key_uses: KeyUses::default(),
            new_networks: NewNetworks::default(),
            views: Views::default(),
            open_pages: OpenPages::default(),
            usage_writer: Writer::default(),
            usage_repeats: AtomicBool::new(false),
            key_sums: KeySums::default(),
            event_writer: Writer::default(),
            event_coalescer: EventCoalescer::default(),
            provider_reads: ProviderReads::default(),
            checkout_locks: TenantLocks::new(CHECKOUTS),
            reconcile_locks: TenantLocks::new(RECONCILES),
        })
    }

    pub fn catalog(&self) -> &Arc<Catalog> {
        &self.parts.catalog
    }

    pub fn store(&self) -> &Store {
        &self.parts.store
    }

    pub fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    /// Returns the demo's accounts; `None` outside a demo.
    pub fn demo(&self) -> Option<&[DemoAccount]> {
        self.settings().demo.as_deref()
    }

    /// Returns the provider of new checkouts.
    pub fn provider(&self) -> &dyn PaymentProvider {
        self.parts.provider.as_ref()
    }

    /// Returns the provider of that name; `None` if it is not configured.
    pub(in crate::service) fn sender(&self, name: Provider) -> Option<&dyn PaymentProvider> {
        self.parts.webhook_senders.iter().find(|sender| sender.name() == Some(name)).map(AsRef::as_ref)
    }

    /// Returns the mailer; `None` if the installation sends no mail, and pages show links instead.
    pub fn mailer(&self) -> Option<&Mailer> {
        self.parts.mailer.as_ref()
    }

    /// Returns the time for sessions, signatures, throttling and retries.
    pub fn wall_now(&self) -> Timestamp {
        self.parts.clocks.wall.now()
    }

    /// Returns the time for periods and grace.
    pub fn billing_now(&self) -> Timestamp {
        self.parts.clocks.billing.now()
    }

    pub(in crate::service) fn sealing_key(&self) -> &SealingKey {
        &self.parts.sealing_key
    }

    pub(in crate::service) fn courier(&self) -> &EndpointClient {
        &self.parts.courier
    }

    pub(crate) fn messages_written(&self) -> &MessageNotifiers {
        &self.messages_written
    }

    pub(crate) fn jobs_written(&self) -> &JobNotifiers {
        &self.jobs_written
    }

    /// Returns the notifier for sessions that ended on this node.
    pub fn session_ends(&self) -> &SessionEnds {
        &self.session_ends
    }

    /// Returns the provider of new checkouts. Fails if none is configured.
    pub(in crate::service) fn configured_provider(&self) -> Result<Provider, ServiceError> {
        self.provider().name().ok_or(ServiceError::BillingNotConfigured)
    }

    /// Returns the URL of a page of this installation.
    pub(in crate::service) fn page_url(&self, path: &str) -> String {
        format!("{}/{path}", self.settings().app_url.as_str().trim_end_matches('/'))
    }

    /// Returns a tenant's entitlements now.
    pub(in crate::service) fn entitlements(
        &self,
        tenant: &Tenant,
        subscription: Option<&Subscription>,
    ) -> Entitlements {
        self.entitlements_at(tenant, subscription, self.billing_now())
    }

    /// Returns a tenant's entitlements at a time.
    pub(in crate::service) fn entitlements_at(
        &self,
        tenant: &Tenant,
        subscription: Option<&Subscription>,
        at: Timestamp,
    ) -> Entitlements {
        let planned = entitlements(subscription, &tenant.overrides, self.catalog(), self.settings().grace_secs, at);
        Entitlements { own: tenant.own_limits.clone(), ..planned }
    }
}

/// Returns a new id. Ids sort by creation time.
pub(in crate::service) fn new_id<T: TryFrom<String, Error = InvalidId>>() -> Result<T, ServiceError> {
    T::try_from(uuid::Uuid::now_v7().to_string())
        .map_err(|_| ServiceError::Internal("generated UUID is not a valid id"))
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
