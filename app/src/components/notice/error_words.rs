//! Error codes in the language of the request, for notices. The API's texts are those of [`ErrorCode`].

use std::borrow::Cow;

use domain::error_code::ErrorCode;
use locales::text;

/// Returns a short title without a period, and the explanation in whole sentences. Codes that only requests of programs
/// get have the same general text.
#[expect(clippy::too_many_lines, reason = "one line for each code")]
pub(crate) fn error_words(code: ErrorCode) -> (Cow<'static, str>, Cow<'static, str>) {
    match code {
        ErrorCode::ValidationError => (text!(error_validation_error_title), text!(error_validation_error_body)),
        ErrorCode::NotFound => (text!(error_not_found_title), text!(error_not_found_body)),
        ErrorCode::Conflict => (text!(error_conflict_title), text!(error_conflict_body)),
        ErrorCode::CrossSiteRequest => (text!(error_cross_site_request_title), text!(error_cross_site_request_body)),
        ErrorCode::Unauthenticated => (text!(error_unauthenticated_title), text!(error_unauthenticated_body)),
        ErrorCode::InvalidCredentials => {
            (text!(error_invalid_credentials_title), text!(error_invalid_credentials_body))
        }
        ErrorCode::SecondFactorRequired => {
            (text!(error_second_factor_required_title), text!(error_second_factor_required_body))
        }
        ErrorCode::InvalidCode => (text!(error_invalid_code_title), text!(error_invalid_code_body)),
        ErrorCode::ConfirmationRequired => {
            (text!(error_confirmation_required_title), text!(error_confirmation_required_body))
        }
        ErrorCode::SignInAgain => (text!(error_sign_in_again_title), text!(error_sign_in_again_body)),
        ErrorCode::AddressTaken => (text!(error_address_taken_title), text!(error_address_taken_body)),
        ErrorCode::ProviderWithoutAddress => {
            (text!(error_provider_without_address_title), text!(error_provider_without_address_body))
        }
        ErrorCode::ProviderSignInFailed => {
            (text!(error_provider_sign_in_failed_title), text!(error_provider_sign_in_failed_body))
        }
        ErrorCode::LastSignIn => (text!(error_last_sign_in_title), text!(error_last_sign_in_body)),
        ErrorCode::PasswordsOff => (text!(error_passwords_off_title), text!(error_passwords_off_body)),
        ErrorCode::AddressNotVerified => (text!(error_address_not_proven_title), text!(error_address_not_proven_body)),
        ErrorCode::Throttled => (text!(error_throttled_title), text!(error_throttled_body)),
        ErrorCode::AdminRequired => (text!(error_admin_required_title), text!(error_admin_required_body)),
        ErrorCode::OwnerRequired => (text!(error_owner_required_title), text!(error_owner_required_body)),
        ErrorCode::OtherAddress => (text!(error_other_address_title), text!(error_other_address_body)),
        ErrorCode::TenantNotFound => (text!(error_tenant_not_found_title), text!(error_tenant_not_found_body)),
        ErrorCode::TenantDeleted => (text!(error_tenant_deleted_title), text!(error_tenant_deleted_body)),
        ErrorCode::ExternalIdTaken => (text!(error_external_id_taken_title), text!(error_external_id_taken_body)),
        ErrorCode::CustomerTaken => (text!(error_customer_taken_title), text!(error_customer_taken_body)),
        ErrorCode::SubscriptionLive => (text!(error_subscription_live_title), text!(error_subscription_live_body)),
        ErrorCode::LastOwner => (text!(error_last_owner_title), text!(error_last_owner_body)),
        ErrorCode::AlreadyMember => (text!(error_already_member_title), text!(error_already_member_body)),
        ErrorCode::LinkUnknown => (text!(error_link_unknown_title), text!(error_link_unknown_body)),
        ErrorCode::LinkOver => (text!(error_link_over_title), text!(error_link_over_body)),
        ErrorCode::TooManyKeys => (text!(error_too_many_keys_title), text!(error_too_many_keys_body)),
        ErrorCode::TooManyWebhookEndpoints => {
            (text!(error_too_many_webhook_endpoints_title), text!(error_too_many_webhook_endpoints_body))
        }
        ErrorCode::LimitReached => (text!(error_limit_reached_title), text!(error_limit_reached_body)),
        ErrorCode::FeatureNotIncluded => {
            (text!(error_feature_not_included_title), text!(error_feature_not_included_body))
        }
        ErrorCode::SubscriptionInactive => {
            (text!(error_subscription_inactive_title), text!(error_subscription_inactive_body))
        }
        ErrorCode::UnknownFeature => (text!(error_unknown_feature_title), text!(error_unknown_feature_body)),
        ErrorCode::NotAnUpgrade => (text!(error_not_an_upgrade_title), text!(error_not_an_upgrade_body)),
        ErrorCode::SeatsInUse => (text!(error_seats_in_use_title), text!(error_seats_in_use_body)),
        ErrorCode::NoCustomer => (text!(error_no_customer_title), text!(error_no_customer_body)),
        ErrorCode::NoSubscription => (text!(error_no_subscription_title), text!(error_no_subscription_body)),
        ErrorCode::UnknownAtProvider => (text!(error_unknown_at_provider_title), text!(error_unknown_at_provider_body)),
        ErrorCode::ProviderRejected => (text!(error_provider_rejected_title), text!(error_provider_rejected_body)),
        ErrorCode::ProviderUnavailable => {
            (text!(error_provider_unavailable_title), text!(error_provider_unavailable_body))
        }
        ErrorCode::ProviderAccountChanged => {
            (text!(error_provider_account_changed_title), text!(error_provider_account_changed_body))
        }
        ErrorCode::BillingNotConfigured => {
            (text!(error_billing_not_configured_title), text!(error_billing_not_configured_body))
        }
        ErrorCode::TenantBillingNotConfigured => {
            (text!(error_tenant_billing_not_configured_title), text!(error_tenant_billing_not_configured_body))
        }
        ErrorCode::MailNotConfigured => (text!(error_mail_not_configured_title), text!(error_mail_not_configured_body)),
        ErrorCode::SecretsNotConfigured => {
            (text!(error_secrets_not_configured_title), text!(error_secrets_not_configured_body))
        }
        ErrorCode::SecretsKeyLost => (text!(error_secrets_key_lost_title), text!(error_secrets_key_lost_body)),
        ErrorCode::RateLimited => (text!(error_rate_limited_title), text!(error_rate_limited_body)),
        ErrorCode::Busy => (text!(error_busy_title), text!(error_busy_body)),
        ErrorCode::Overloaded => (text!(error_overloaded_title), text!(error_overloaded_body)),
        ErrorCode::StoreUnavailable => (text!(error_store_unavailable_title), text!(error_store_unavailable_body)),
        ErrorCode::IssuerUnavailable => (text!(error_issuer_unavailable_title), text!(error_issuer_unavailable_body)),
        ErrorCode::Internal => (text!(error_internal_title), text!(error_internal_body)),
        ErrorCode::BadRequest
        | ErrorCode::InvalidJson
        | ErrorCode::InvalidForm
        | ErrorCode::UnreadableBody
        | ErrorCode::UnsupportedMediaType
        | ErrorCode::PayloadTooLarge
        | ErrorCode::UriTooLong
        | ErrorCode::HeadersTooLarge
        | ErrorCode::MethodNotAllowed
        | ErrorCode::EmailNotVerified
        | ErrorCode::SessionRequired
        | ErrorCode::ScopeRequired
        | ErrorCode::InstallationKeyRequired
        | ErrorCode::TenantRequired
        | ErrorCode::NotAGauge
        | ErrorCode::CountedByDues
        | ErrorCode::CorrectionBelowZero
        | ErrorCode::InvalidEvent
        | ErrorCode::InvalidEvents
        | ErrorCode::UsageUnavailable
        | ErrorCode::OutcomeUnknown
        | ErrorCode::InvalidSignature
        | ErrorCode::IdempotencyKeyReused
        | ErrorCode::IdempotencyInProgress
        | ErrorCode::IdempotencyAnswerLost
        | ErrorCode::FirebaseNotConfigured
        | ErrorCode::TooManyStreams
        | ErrorCode::FirebaseUnavailable
        | ErrorCode::NotReady => (text!(error_general_title), text!(error_general_body)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_has_no_period_and_an_explanation_has() {
        for code in ErrorCode::ALL {
            let (title, body) = error_words(*code);
            assert!(title.starts_with(char::is_uppercase) && !title.ends_with('.'), "{code}: {title}");
            assert!(body.starts_with(char::is_uppercase) && body.ends_with('.'), "{code}: {body}");
        }
    }
}
