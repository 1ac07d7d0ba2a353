//! The use cases. A page and a JSON endpoint for the same use case call the same method.
//!
//! Each subject has a handle, which [`Services`] returns: `services.usage().consume(…)`. A caller takes only the
//! handles that it uses. All handles share one [`Core`].

pub mod account;
pub mod base;
pub mod checkout;
pub mod operator;
pub mod subscription;
pub mod tenant;
pub mod usage;
pub mod webhook;

pub use base::{
    core::{Brand, BrandIcon, BrowserAccess, Clocks, Core, DemoAccount, Parts, Settings},
    error::{FieldErrors, LinkError, PageFailure, ServiceError},
    handles::{
        Accounts, ApiKeys, Checkouts, Endpoints, Housekeeping, Idempotency, Imports, InstallationKeys, Invitations,
        Operators, Portal, Providers, Secrets, Services, Subscriptions, Tenants, Usage, Webhooks, WhiteLabel,
    },
    limits::{Lanes, Limits, Retention, RetrySchedule, WorkerSettings},
};
pub(crate) use subscription::lifecycle::Cause;
pub use subscription::{
    lifecycle::describe_counts,
    provider_account::{AccountState, AccountWarning, AdoptOutcome, FoundAccount},
};
