//! Who did what in a workspace, for those who answer for it.

use serde_json::Value;

use crate::{actor::Actor, ids::UserId, subscription::Provider, time::Timestamp};

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    User(UserId),
    /// An API key, by its id.
    Key(String),
    /// A payment provider told of it.
    Provider(Provider),
    /// Whoever runs this installation, on the command line.
    Operator,
    /// The same, at the operator's desk: by her own account, which the workspace is not told the name of.
    Desk(UserId),
    /// Nobody asked for it.
    Dues,
}

impl By {
    /// The word for its kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Key(_) => "api_key",
            Self::Provider(_) => "provider",
            Self::Operator | Self::Desk(_) => "operator",
            Self::Dues => "dues",
        }
    }

    /// What tells it from others of its kind.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::User(user) | Self::Desk(user) => Some(user.as_str()),
            Self::Key(key) => Some(key),
            Self::Provider(provider) => Some(provider.as_str()),
            Self::Operator | Self::Dues => None,
        }
    }
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::User(user) => Self::User(user.clone()),
            Actor::Key(key) => Self::Key(key.clone()),
        }
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident = $name:literal,)+) => {
        /// What was done. Names are for ever: they stand in logs.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Action {
            $($(#[$doc])* $action,)+
        }

        impl Action {
            pub const ALL: &'static [Self] = &[$(Self::$action,)+];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$action => $name,)+
                }
            }
        }
    };
}

actions! {
    MemberInvited = "member.invited",
    InvitationWithdrawn = "invitation.withdrawn",
    MemberJoined = "member.joined",
    MemberRoleChanged = "member.role_changed",
    MemberRemoved = "member.removed",
    MemberLeft = "member.left",
    ApiKeyMade = "api_key.made",
    ApiKeyRevoked = "api_key.revoked",
    SecretSet = "secret.set",
    SecretDeleted = "secret.deleted",
    SecretUsed = "secret.used",
    /// What is sealed for the workspace was sealed anew under another `SECRETS_KEY`.
    SecretsResealed = "secret.resealed",
    ApiKeyTakenOver = "api_key.taken_over",
    EndpointMade = "webhook_endpoint.made",
    EndpointChanged = "webhook_endpoint.changed",
    EndpointDeleted = "webhook_endpoint.deleted",
    EndpointSecretRotated = "webhook_endpoint.secret_rotated",
    /// A subscription is to end with its period. What came of it the provider tells, by `subscription.changed`.
    CancelAsked = "subscription.cancel_asked",
    /// It is to go on as it is after all.
    ResumeAsked = "subscription.resume_asked",
    /// Somebody was led to the provider's page, to buy a plan or to confirm a change.
    CheckoutStarted = "checkout.started",
    /// The same, to the provider's portal.
    PortalOpened = "portal.opened",
    SubscriptionChanged = "subscription.changed",
    PlanGranted = "plan.granted",
    /// What an operator settles beside what is paid for.
    OverridesChanged = "overrides.changed",
    /// A counter was set right, in the ledger and with a reason.
    UsageCorrected = "usage.corrected",
    /// An operator has the provider asked.
    SyncAsked = "subscription.sync_asked",
    /// An operator has a job that failed done at once.
    JobHastened = "job.hastened",
    /// White-label: what the workspace does at the account of its own.
    ProductMade = "product.made",
    CustomerCheckoutStarted = "customer_checkout.started",
    CustomerSubscriptionEnded = "customer_subscription.ended",
}

/// A text that names no action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such action")]
pub struct UnknownAction;

impl std::str::FromStr for Action {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text).ok_or(UnknownAction)
    }
}

/// Something that is done now, to be written down with it.
#[derive(Clone, Debug, PartialEq)]
pub struct Deed {
    pub by: By,
    pub action: Action,
    /// What it was done to, as people call it: an address, a secret's name, an id.
    pub target: String,
    /// A small object without secrets.
    pub details: Value,
}

/// The same, read back. It may be of a later version, which knows other actions.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    pub id: String,
    /// Wall time.
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    /// A person's address or a key's name as of then.
    pub actor_name: Option<String>,
    pub action: String,
    pub target: String,
    pub details: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_action_has_a_name_of_its_own_that_says_what_it_is_about() {
        for (at, action) in Action::ALL.iter().enumerate() {
            assert_eq!(action.as_str().parse(), Ok(*action));
            assert!(Action::ALL.iter().skip(at + 1).all(|other| other.as_str() != action.as_str()), "{action:?}");
            assert_eq!(action.as_str().split('.').count(), 2, "{action:?}");
        }
        assert_eq!("secret.read".parse::<Action>(), Err(UnknownAction));
    }
}
