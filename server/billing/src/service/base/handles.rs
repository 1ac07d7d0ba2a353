//! [`Services`], the root of all use cases, and its handles, one for each subject.
//!
//! A handle is a reference to the shared [`Core`]. Its methods are defined in the folder of its subject. A use case
//! calls the methods of another subject through that subject's handle: `self.endpoints().announce(…)`.

use std::{ops::Deref, sync::Arc};

use super::core::{Core, Parts};
use crate::identity::password::PasswordError;

macro_rules! handles {
    ($($(#[$doc:meta])+ $handle:ident, $accessor:ident;)+) => {
        $(
            $(#[$doc])+
            #[derive(Clone)]
            pub struct $handle(pub(in crate::service) Arc<Core>);

            impl Deref for $handle {
                type Target = Arc<Core>;

                fn deref(&self) -> &Self::Target {
                    &self.0
                }
            }

            impl From<&Services> for $handle {
                fn from(services: &Services) -> Self {
                    services.$accessor().clone()
                }
            }
        )+

        struct Handles {
            core: Arc<Core>,
            $($accessor: $handle,)+
        }

        impl Handles {
            fn new(core: Arc<Core>) -> Self {
                Self { $($accessor: core.$accessor(),)+ core }
            }
        }

        impl Services {
            $(
                $(#[$doc])+
                pub fn $accessor(&self) -> &$handle {
                    &self.0.$accessor
                }
            )+
        }

        impl Core {
            $(
                $(#[$doc])+
                pub fn $accessor(self: &Arc<Self>) -> $handle {
                    $handle(Arc::clone(self))
                }
            )+
        }
    };
}

handles! {
    /// Accounts of people: sign-up, login, passwords, second factor, addresses, sessions.
    Accounts, accounts;
    /// API keys: creation, authentication, revocation, and where and when they were used.
    ApiKeys, api_keys;
    /// Orders: preview, preflight, the provider's checkout, and the return from it.
    Checkouts, checkouts;
    /// Endpoints of tenants, to which Dues sends webhooks: settings, messages, deliveries.
    Endpoints, endpoints;
    /// Housekeeping: folds old usage and deletes old rows (`worker/housekeeping/`).
    Housekeeping, housekeeping;
    /// Requests with an idempotency key: each is processed once, and repeats get the stored response.
    Idempotency, idempotency;
    /// Keys of the installation, for the product's back end: creation, listing, revocation.
    InstallationKeys, installation_keys;
    /// Imports of customers that pay at a provider already.
    Imports, imports;
    /// Invitations to a workspace: creation, withdrawal, acceptance.
    Invitations, invitations;
    /// What operators of the installation do: tenants, overrides, enterprise requests, failing work.
    Operators, operators;
    /// Portal links and the sessions that they start.
    Portal, portal;
    /// The installation's accounts at payment providers, and the calls to them.
    Providers, providers;
    /// Secrets of tenants, sealed: change, use, rotation.
    Secrets, secrets;
    /// Subscriptions: membership, portal, invoices, cancellation, and the reconciliation with the provider.
    Subscriptions, subscriptions;
    /// Tenants, their members and their audit log.
    Tenants, tenants;
    /// Usage of limits: check, consume, events, history, alerts, corrections.
    Usage, usage;
    /// Webhooks that payment providers send.
    Webhooks, webhooks;
    /// Tenants' own accounts at payment providers: products, checkouts, customers, subscriptions.
    WhiteLabel, white_label;
}

/// The use cases. Cheap to clone: handlers get it as state, pages as context.
///
/// Returns a handle for each subject. Dereferences to [`Core`], which has the clocks, the settings and the store.
#[derive(Clone)]
pub struct Services(Arc<Handles>);

impl Services {
    /// Builds the services and puts a guard around each provider.
    pub fn new(parts: Parts) -> Result<Self, PasswordError> {
        Ok(Self(Arc::new(Handles::new(Arc::new(Core::new(parts)?)))))
    }

    /// Waits until all queued usage and webhook events are committed, and the usage is rolled up. Their callers may
    /// have disconnected.
    pub async fn drain(&self) {
        tokio::join!(self.usage_writer.drain(), self.event_writer.drain());
        self.usage().roll_up_or_warn().await;
    }
}

impl Deref for Services {
    type Target = Arc<Core>;

    fn deref(&self) -> &Self::Target {
        &self.0.core
    }
}
