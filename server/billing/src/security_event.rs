//! Security events: one structured log line each, at level `info` under the target `security`.
//!
//! The request's span around a line carries the request's id and the client's address. A line holds ids, codes and the
//! domain of an e-mail address; never a password, token, key secret, code or whole address.

use domain::{
    account::Email,
    error_code::ErrorCode,
    ids::{TenantId, UserId},
};

/// The target of every line, for log filters and log collectors.
pub const TARGET: &str = "security";

/// The `issuer` of an event about a sign-in at Firebase.
pub(crate) const FIREBASE: &str = "firebase";
/// The `issuer` of an event about a sign-in with an identity provider.
pub(crate) const IDENTITY_PROVIDER: &str = "identity_provider";

/// The kind of code that verified the second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondFactor {
    Totp,
    RecoveryCode,
}

/// A security event. [`SecurityEvent::write`] is the one place that logs it.
#[derive(Clone, Copy, Debug)]
pub enum SecurityEvent<'a> {
    /// A session began. The path in the request's span shows which endpoint started it.
    SignedIn {
        user: &'a UserId,
    },
    /// `user` is set if the address has an account; otherwise the domain of `email` is logged.
    SignInFailed {
        user: Option<&'a UserId>,
        email: Option<&'a Email>,
        reason: &'static str,
    },
    SignedOut {
        user: &'a UserId,
    },
    /// A portal link was opened. The audit log names the product's user.
    PortalSessionStarted {
        tenant: &'a TenantId,
    },
    /// A throttle or rate limit refused a request. `limit` is the error's code, such as `throttled`.
    Throttled {
        limit: &'static str,
        user: Option<&'a UserId>,
        key: Option<&'a str>,
    },
    SecondFactorPassed {
        user: &'a UserId,
        factor: SecondFactor,
    },
    SecondFactorFailed {
        user: &'a UserId,
        reason: &'static str,
    },
    SecondFactorEnabled {
        user: &'a UserId,
    },
    SecondFactorDisabled {
        user: &'a UserId,
    },
    /// A call, a form or a page that was refused for lack of credentials or rights. `reason` is the error's code.
    AuthorizationRefused {
        user: Option<&'a UserId>,
        tenant: Option<&'a TenantId>,
        key: Option<&'a str>,
        reason: &'static str,
    },
    /// A request from a page of another site that would change something was refused.
    OriginRefused {
        user: Option<&'a UserId>,
    },
    /// `by` is the user who created the key; `None` where no user did, such as on the command line.
    KeyMade {
        tenant: &'a TenantId,
        key: &'a str,
        by: Option<&'a UserId>,
    },
    KeyUsedFromNewAddress {
        tenant: &'a TenantId,
        key: &'a str,
    },
    KeyRevoked {
        tenant: &'a TenantId,
        key: &'a str,
        by: Option<&'a UserId>,
    },
    OperatorAdded {
        user: &'a UserId,
    },
    OperatorRemoved {
        user: &'a UserId,
    },
    PasswordChanged {
        user: &'a UserId,
    },
    PasswordReset {
        user: &'a UserId,
    },
    /// The command line printed a link that sets a password.
    PasswordResetLinkMade {
        user: &'a UserId,
    },
    /// The command line printed a link that verifies the account's address.
    AddressVerificationLinkMade {
        user: &'a UserId,
    },
    AddressChanged {
        user: &'a UserId,
    },
    SessionsEnded {
        user: &'a UserId,
    },
    /// The user deleted their account.
    AccountDeleted {
        user: &'a UserId,
    },
    /// A sign-in at another issuer was linked to the account.
    AccountLinked {
        user: &'a UserId,
        issuer: &'static str,
    },
    /// A sign-in at another issuer was unlinked from the account.
    AccountUnlinked {
        user: &'a UserId,
        issuer: &'static str,
    },
}

impl SecondFactor {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Totp => "totp",
            Self::RecoveryCode => "recovery_code",
        }
    }
}

/// The fields of a line. `None` is left out.
#[derive(Default)]
struct Fields<'a> {
    user: Option<&'a UserId>,
    tenant: Option<&'a TenantId>,
    key: Option<&'a str>,
    email_domain: Option<&'a str>,
    reason: Option<&'static str>,
}

macro_rules! names {
    ($($event:ident = $name:literal,)+) => {
        /// Every value of the log field `event`.
        pub const NAMES: [&str; [$($name),+].len()] = [$($name),+];

        impl SecurityEvent<'_> {
            /// The value of the log field `event`. It does not change between versions.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$event { .. } => $name,)+
                }
            }
        }
    };
}

names! {
    SignedIn = "sign_in",
    SignInFailed = "sign_in_failed",
    SignedOut = "sign_out",
    PortalSessionStarted = "portal_session_started",
    Throttled = "throttled",
    SecondFactorPassed = "second_factor_passed",
    SecondFactorFailed = "second_factor_failed",
    SecondFactorEnabled = "second_factor_enabled",
    SecondFactorDisabled = "second_factor_disabled",
    AuthorizationRefused = "authorization_refused",
    OriginRefused = "origin_refused",
    KeyMade = "key_made",
    KeyUsedFromNewAddress = "key_used_from_new_address",
    KeyRevoked = "key_revoked",
    OperatorAdded = "operator_added",
    OperatorRemoved = "operator_removed",
    PasswordChanged = "password_changed",
    PasswordReset = "password_reset",
    PasswordResetLinkMade = "password_reset_link_made",
    AddressVerificationLinkMade = "address_proof_link_made",
    AddressChanged = "address_changed",
    SessionsEnded = "sessions_ended",
    AccountDeleted = "account_deleted",
    AccountLinked = "account_linked",
    AccountUnlinked = "account_unlinked",
}

impl SecurityEvent<'_> {
    /// Writes the event's line.
    pub fn write(&self) {
        let Fields { user, tenant, key, email_domain, reason } = self.fields();
        tracing::info!(
            target: TARGET,
            event = self.name(),
            user = user.map(UserId::as_str),
            tenant = tenant.map(TenantId::as_str),
            key,
            email_domain,
            reason,
            "security event"
        );
    }

    fn fields(&self) -> Fields<'_> {
        match *self {
            Self::AccountLinked { user, issuer } | Self::AccountUnlinked { user, issuer } => {
                Fields { user: Some(user), reason: Some(issuer), ..Fields::default() }
            }
            Self::SignInFailed { user, email, reason } => Fields {
                user,
                email_domain: email.filter(|_| user.is_none()).map(Email::domain),
                reason: Some(reason),
                ..Fields::default()
            },
            Self::Throttled { limit, user, key } => Fields { user, key, reason: Some(limit), ..Fields::default() },
            Self::SecondFactorPassed { user, factor } => {
                Fields { user: Some(user), reason: Some(factor.as_str()), ..Fields::default() }
            }
            Self::SecondFactorFailed { user, reason } => {
                Fields { user: Some(user), reason: Some(reason), ..Fields::default() }
            }
            Self::AuthorizationRefused { user, tenant, key, reason } => {
                Fields { user, tenant, key, email_domain: None, reason: Some(reason) }
            }
            Self::OriginRefused { user } => {
                Fields { user, reason: Some(ErrorCode::CrossSiteRequest.as_str()), ..Fields::default() }
            }
            Self::KeyMade { tenant, key, by } | Self::KeyRevoked { tenant, key, by } => {
                Fields { user: by, tenant: Some(tenant), key: Some(key), ..Fields::default() }
            }
            Self::KeyUsedFromNewAddress { tenant, key } => {
                Fields { tenant: Some(tenant), key: Some(key), ..Fields::default() }
            }
            Self::PortalSessionStarted { tenant } => Fields { tenant: Some(tenant), ..Fields::default() },
            Self::SignedIn { user }
            | Self::SignedOut { user }
            | Self::SecondFactorEnabled { user }
            | Self::SecondFactorDisabled { user }
            | Self::OperatorAdded { user }
            | Self::OperatorRemoved { user }
            | Self::PasswordChanged { user }
            | Self::PasswordReset { user }
            | Self::PasswordResetLinkMade { user }
            | Self::AddressVerificationLinkMade { user }
            | Self::AddressChanged { user }
            | Self::SessionsEnded { user }
            | Self::AccountDeleted { user } => Fields { user: Some(user), ..Fields::default() },
        }
    }
}
