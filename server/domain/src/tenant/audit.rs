//! The audit log of a workspace: which actor did what, and when.

use serde_json::Value;

use crate::{
    account::token_user::TokenUser,
    ids::UserId,
    subscription::Provider,
    tenant::{actor::Actor, external_id::ExternalId},
    time::Timestamp,
};

/// The actor of an audit entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditActor {
    User(UserId),
    /// The id of an API key.
    Key(String),
    /// A person without an account, whom an issuer's token names.
    TokenUser(TokenUser),
    /// The product's id of the user of a portal session.
    PortalUser(ExternalId),
    /// The id of an installation key.
    InstallationKey(String),
    /// A payment provider reported the change.
    Provider(Provider),
    /// The operator of the installation, on the command line.
    Operator,
    /// An operator on the operator pages, by their user id. Their name is not disclosed to the workspace.
    OperatorUser(UserId),
    /// Dues itself, without a request.
    System,
}

impl AuditActor {
    /// The stored name of the kind of actor.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Key(_) => "api_key",
            Self::TokenUser(_) => "token_user",
            Self::PortalUser(_) => "portal_user",
            Self::InstallationKey(_) => "installation_key",
            Self::Provider(_) => "provider",
            Self::Operator | Self::OperatorUser(_) => "operator",
            Self::System => "dues",
        }
    }

    /// The id of the actor among actors of its kind; `None` for a kind that has only one actor.
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::User(user) | Self::OperatorUser(user) => Some(user.as_str()),
            Self::PortalUser(user) => Some(user.as_str()),
            Self::Key(key) | Self::InstallationKey(key) => Some(key),
            Self::TokenUser(user) => Some(user.subject()),
            Self::Provider(provider) => Some(provider.as_str()),
            Self::Operator | Self::System => None,
        }
    }

    /// The name to store with the entry. For a token user it is the issuer, because the user's id is unique only there.
    ///
    /// `None` for other actors: the store looks up their names, if they have any.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::TokenUser(user) => Some(user.issuer()),
            _ => None,
        }
    }
}

impl From<&Actor> for AuditActor {
    fn from(actor: &Actor) -> Self {
        match actor {
            Actor::User(user) => Self::User(user.clone()),
            Actor::Key(key) => Self::Key(key.clone()),
            Actor::TokenUser(user) => Self::TokenUser(user.clone()),
            Actor::PortalUser(user) => Self::PortalUser(user.clone()),
            Actor::InstallationKey(key) => Self::InstallationKey(key.clone()),
        }
    }
}

macro_rules! actions {
    ($($(#[$doc:meta])* $action:ident = $name:literal,)+) => {
        /// The action of an audit entry. Its names never change: they are stored and logged.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum AuditAction {
            $($(#[$doc])* $action,)+
        }

        impl AuditAction {
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
    /// A person turned mails about the workspace on or off, for themselves.
    MailPreferencesChanged = "mail_preferences.changed",
    ApiKeyCreated = "api_key.made",
    ApiKeyRevoked = "api_key.revoked",
    InstallationKeyCreated = "installation_key.made",
    InstallationKeyRevoked = "installation_key.revoked",
    SecretSet = "secret.set",
    SecretDeleted = "secret.deleted",
    SecretUsed = "secret.used",
    /// The secrets of the workspace were encrypted again, under another sealing key.
    SecretsResealed = "secret.resealed",
    ApiKeyTakenOver = "api_key.taken_over",
    EndpointCreated = "webhook_endpoint.made",
    EndpointChanged = "webhook_endpoint.changed",
    EndpointDeleted = "webhook_endpoint.deleted",
    EndpointSecretRotated = "webhook_endpoint.secret_rotated",
    /// Cancellation at the end of the period was requested. The provider's result follows as `subscription.changed`.
    CancelRequested = "subscription.cancel_asked",
    /// Taking back the cancellation was requested.
    ResumeRequested = "subscription.resume_asked",
    /// More or fewer seats were requested. The provider's result follows as `subscription.changed`.
    SeatsRequested = "subscription.seats_asked",
    /// A change of plan was requested that Dues makes at the provider. The result follows as `subscription.changed`.
    ChangeRequested = "subscription.change_asked",
    /// The actor was redirected to the provider's page, to buy a plan or to confirm a change.
    CheckoutStarted = "checkout.started",
    /// The actor was redirected to the provider's portal.
    PortalOpened = "portal.opened",
    /// The product made a link into the portal for one of its users, who is the target.
    PortalLinkCreated = "portal_link.made",
    /// A user of the product opened their link.
    PortalSessionStarted = "portal_session.begun",
    /// The product ended the sessions and links of one of its users.
    PortalSessionsEnded = "portal_session.ended",
    SubscriptionChanged = "subscription.changed",
    PlanGranted = "plan.granted",
    /// An operator changed the overrides of the workspace.
    OverridesChanged = "overrides.changed",
    /// An admin set alert thresholds or a cap of a limit. The target is the feature.
    OwnLimitSet = "limit.set",
    /// An operator corrected a counter, with a reason that is stored in the ledger.
    UsageCorrected = "usage.corrected",
    /// An operator requested a sync with the provider.
    SyncRequested = "subscription.sync_asked",
    /// An operator scheduled a failed job to run at once.
    JobRescheduled = "job.hastened",
    /// An operator added a note about a tenant. In the log of the installation: the tenant does not see it.
    NoteAdded = "tenant_note.added",
    NoteDeleted = "tenant_note.deleted",
    /// An operator mailed themselves a sample of a mail.
    MailSampleSent = "mail_sample.sent",
    /// White-label: the workspace created a product in its own provider account.
    ProductCreated = "product.made",
    CustomerCheckoutStarted = "customer_checkout.started",
    CustomerSubscriptionEnded = "customer_subscription.ended",
    /// The tenant was linked to a customer that pays at a provider already: by an import, or by the product. The target is
    /// the provider's id of the customer.
    CustomerLinked = "customer.linked",
    /// The product made the tenant with its installation key.
    TenantCreated = "tenant.created",
    /// The product changed the tenant's profile. The details name the fields, not their values.
    TenantChanged = "tenant.changed",
    /// The tenant was deleted: requests no longer find it. It is erased later.
    TenantDeleted = "tenant.deleted",
    TenantRestored = "tenant.restored",
    /// Names, addresses and secrets of the tenant were erased, including those in this log.
    TenantErased = "tenant.erased",
}

/// Which texts of an audit entry may be, or contain, a name that a person chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedTexts {
    pub target: bool,
    pub details: bool,
}

impl AuditAction {
    /// Returns which texts of this action's entries are removed when the tenant is erased. The other texts hold ids,
    /// plans, roles and times.
    pub const fn named_texts(self) -> NamedTexts {
        let (target, details) = match self {
            Self::MemberInvited
            | Self::InvitationWithdrawn
            | Self::MemberJoined
            | Self::MemberRoleChanged
            | Self::MemberRemoved
            | Self::MemberLeft
            | Self::PortalLinkCreated
            | Self::PortalSessionStarted
            | Self::PortalSessionsEnded
            | Self::OverridesChanged
            | Self::SyncRequested => (true, false),
            Self::ApiKeyCreated
            | Self::ApiKeyRevoked
            | Self::InstallationKeyCreated
            | Self::InstallationKeyRevoked
            | Self::ApiKeyTakenOver
            | Self::EndpointCreated
            | Self::EndpointChanged
            | Self::EndpointDeleted
            | Self::EndpointSecretRotated
            | Self::UsageCorrected
            | Self::JobRescheduled => (false, true),
            Self::SecretSet
            | Self::SecretDeleted
            | Self::SecretUsed
            | Self::SecretsResealed
            | Self::ProductCreated
            | Self::CustomerCheckoutStarted
            | Self::CustomerSubscriptionEnded => (true, true),
            Self::MailPreferencesChanged
            | Self::CancelRequested
            | Self::ResumeRequested
            | Self::SeatsRequested
            | Self::ChangeRequested
            | Self::CheckoutStarted
            | Self::PortalOpened
            | Self::SubscriptionChanged
            | Self::OwnLimitSet
            | Self::PlanGranted
            | Self::NoteAdded
            | Self::NoteDeleted
            | Self::MailSampleSent
            | Self::CustomerLinked
            | Self::TenantCreated
            | Self::TenantChanged
            | Self::TenantDeleted
            | Self::TenantRestored
            | Self::TenantErased => (false, false),
        };
        NamedTexts { target, details }
    }
}

/// The text is not the name of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such action")]
pub struct UnknownAction;

impl std::str::FromStr for AuditAction {
    type Err = UnknownAction;

    fn from_str(text: &str) -> Result<Self, UnknownAction> {
        Self::ALL.iter().copied().find(|action| action.as_str() == text).ok_or(UnknownAction)
    }
}

/// An audit entry to insert, in the transaction of the change that it records.
#[derive(Clone, Debug, PartialEq)]
pub struct NewAuditEntry {
    pub by: AuditActor,
    pub action: AuditAction,
    /// The object of the action as users know it: an address, a secret's name, an id.
    pub target: String,
    /// A small JSON object without secrets.
    pub details: Value,
}

/// An audit entry read from the database. Kind and action are strings, because a later version may have
/// stored values that this version does not know.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditEntry {
    pub id: String,
    /// Wall time.
    pub at: Timestamp,
    pub actor_kind: String,
    pub actor_id: Option<String>,
    /// The actor's name when it acted: a user's address, a key's name or the issuer of a token user.
    pub actor_name: Option<String>,
    pub action: String,
    pub target: String,
    pub details: Value,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_names_are_unique_and_have_a_subject_and_a_verb() {
        for (at, action) in AuditAction::ALL.iter().enumerate() {
            assert_eq!(action.as_str().parse(), Ok(*action));
            assert!(AuditAction::ALL.iter().skip(at + 1).all(|other| other.as_str() != action.as_str()), "{action:?}");
            assert_eq!(action.as_str().split('.').count(), 2, "{action:?}");
        }
        assert_eq!("secret.read".parse::<AuditAction>(), Err(UnknownAction));
    }
}
