//! Names of the actions, for the filter's list.

use std::borrow::Cow;

use domain::tenant::audit::AuditAction;
use locales::text;

/// Returns an action's title for the filter's list.
pub(crate) fn title(action: AuditAction) -> Cow<'static, str> {
    match action {
        AuditAction::MemberInvited => text!(audit_kind_member_invited),
        AuditAction::InvitationWithdrawn => text!(audit_kind_invitation_withdrawn),
        AuditAction::MemberJoined => text!(audit_kind_member_joined),
        AuditAction::MemberRoleChanged => text!(audit_kind_member_role_changed),
        AuditAction::MemberRemoved => text!(audit_kind_member_removed),
        AuditAction::MailPreferencesChanged => text!(audit_kind_mail_preferences_changed),
        AuditAction::MemberLeft => text!(audit_kind_member_left),
        AuditAction::ApiKeyCreated => text!(audit_kind_api_key_created),
        AuditAction::ApiKeyRevoked => text!(audit_kind_api_key_revoked),
        AuditAction::InstallationKeyCreated => text!(audit_kind_installation_key_created),
        AuditAction::InstallationKeyRevoked => text!(audit_kind_installation_key_revoked),
        AuditAction::SecretSet => text!(audit_kind_secret_set),
        AuditAction::SecretDeleted => text!(audit_kind_secret_deleted),
        AuditAction::SecretUsed => text!(audit_kind_secret_used),
        AuditAction::SecretsResealed => text!(audit_kind_secrets_resealed),
        AuditAction::ApiKeyTakenOver => text!(audit_kind_api_key_taken_over),
        AuditAction::EndpointCreated => text!(audit_kind_endpoint_created),
        AuditAction::EndpointChanged => text!(audit_kind_endpoint_changed),
        AuditAction::EndpointDeleted => text!(audit_kind_endpoint_deleted),
        AuditAction::EndpointSecretRotated => text!(audit_kind_endpoint_secret_rotated),
        AuditAction::CancelRequested => text!(audit_kind_cancel_requested),
        AuditAction::ResumeRequested => text!(audit_kind_resume_requested),
        AuditAction::SeatsRequested => text!(audit_kind_seats_requested),
        AuditAction::ChangeRequested => text!(audit_kind_change_requested),
        AuditAction::CheckoutStarted => text!(audit_kind_checkout_started),
        AuditAction::PortalOpened => text!(audit_kind_portal_opened),
        AuditAction::PortalLinkCreated => text!(audit_kind_portal_link_created),
        AuditAction::PortalSessionStarted => text!(audit_kind_portal_session_started),
        AuditAction::PortalSessionsEnded => text!(audit_kind_portal_sessions_ended),
        AuditAction::SubscriptionChanged => text!(audit_kind_subscription_changed),
        AuditAction::PlanGranted => text!(audit_kind_plan_granted),
        AuditAction::OverridesChanged => text!(audit_kind_overrides_changed),
        AuditAction::OwnLimitSet => text!(audit_kind_own_limit_set),
        AuditAction::UsageCorrected => text!(audit_kind_usage_corrected),
        AuditAction::SyncRequested => text!(audit_kind_sync_requested),
        AuditAction::JobRescheduled => text!(audit_kind_job_rescheduled),
        AuditAction::NoteAdded => text!(audit_kind_note_added),
        AuditAction::NoteDeleted => text!(audit_kind_note_deleted),
        AuditAction::MailSampleSent => text!(audit_kind_mail_sample_sent),
        AuditAction::ProductCreated => text!(audit_kind_product_created),
        AuditAction::CustomerCheckoutStarted => text!(audit_kind_customer_checkout_started),
        AuditAction::CustomerSubscriptionEnded => text!(audit_kind_customer_subscription_ended),
        AuditAction::CustomerLinked => text!(audit_kind_customer_linked),
        AuditAction::TenantCreated => text!(audit_kind_tenant_created),
        AuditAction::TenantChanged => text!(audit_kind_tenant_changed),
        AuditAction::TenantDeleted => text!(audit_kind_tenant_deleted),
        AuditAction::TenantRestored => text!(audit_kind_tenant_restored),
        AuditAction::TenantErased => text!(audit_kind_tenant_erased),
    }
}
