//! [`ErrorCode`]: the registry of errors that callers of the API and forms of the pages can get.

use serde::{Serialize, Serializer};

/// The registry's entry for a code.
struct Row {
    code: &'static str,
    status: u16,
    title: &'static str,
    message: &'static str,
}

/// Each row: variant, stable code, HTTP status, title, message.
///
/// The crate `server` turns the status into a response. The status is a number and not an enum of kinds: some statuses
/// (413, 414, 415, 431) mean nothing outside of HTTP, so an enum would repeat HTTP's list under other names.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident($code:literal, $status:literal, $title:literal, $message:literal),)+) => {
        /// The stable code of an error. Clients, logs and the addresses of pages carry it, so it never changes.
        ///
        /// [`ErrorCode::message`] names no header, path or setting, because pages show it too. An error with the code
        /// may have a more specific message.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum ErrorCode {
            $($(#[$doc])* $name,)+
        }

        impl ErrorCode {
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$name => Row { code: $code, status: $status, title: $title, message: $message },)+
                }
            }
        }
    };
}

error_codes! {
    // Input.
    ValidationError("validation_error", 400, "Validation failed", "Some fields are invalid. Correct them and send them again. Nothing was changed."),
    BadRequest("bad_request", 400, "Bad request", "This request can't be processed. Check its path, query, headers and body."),
    InvalidJson("invalid_json", 400, "Invalid JSON", "The body is not valid JSON, or it holds more values than any endpoint accepts."),
    InvalidForm("invalid_form", 400, "Invalid form", "The form can't be read. Send each of its fields once, as UTF-8."),
    UnreadableBody("unreadable_body", 400, "Unreadable body", "The body ended early or could not be read. Send it again."),
    UnsupportedMediaType("unsupported_media_type", 415, "Unsupported media type", "The body has a type or an encoding that this endpoint does not accept."),
    PayloadTooLarge("payload_too_large", 413, "Payload too large", "The body is too large. Send less at once."),
    UriTooLong("uri_too_long", 414, "Address too long", "The address is too long. Shorten its path or query."),
    HeadersTooLarge("headers_too_large", 431, "Headers too large", "The headers, cookies included, are too large. Send fewer or shorter ones."),
    MethodNotAllowed("method_not_allowed", 405, "Method not allowed", "This address does not accept this method."),
    NotFound("not_found", 404, "Not found", "The object does not exist, or belongs to another workspace."),
    Conflict("conflict", 409, "Conflict", "Another change was made at the same time. Look at the current state, then try again."),
    CrossSiteRequest("cross_site_request", 403, "Cross-site request", "A browser sent this from another site. Start it from a page of this one."),

    // Authentication.
    Unauthenticated("unauthenticated", 401, "Not authenticated", "The request has no valid session, API key or ID token. Sign in, or send one."),
    InvalidCredentials("invalid_credentials", 401, "Invalid credentials", "The e-mail address or the password is wrong."),
    SecondFactorRequired("second_factor_required", 401, "Second factor required", "This account has a second factor. Send the authenticator's code or a recovery code as well."),
    InvalidCode("invalid_code", 401, "Invalid code", "The code is wrong or was used already. Wait for the next one, or use a recovery code."),
    ConfirmationRequired("confirmation_required", 403, "Confirmation required", "Confirm your identity with the password or a code first. Nothing was changed."),
    /// The account has neither a password nor a second factor, so only a new sign-in confirms it.
    SignInAgain("sign_in_again", 409, "Nothing to confirm with", "This account has neither a password nor a second factor to confirm with. Sign in again."),
    EmailNotVerified("email_not_verified", 409, "E-mail not verified", "The address has an account already. Verify it at Firebase and sign up again with a new ID token, or sign in with the password."),
    /// A sign-in with an identity provider states the address of an account that the sign-in may not open.
    AddressTaken("address_taken", 409, "Address has an account", "The address has an account that this sign-in does not open. Sign in to it with its password, or ask the operator of this installation."),
    ProviderWithoutAddress("provider_without_address", 409, "No e-mail address", "The identity provider states no e-mail address, and an account needs one. Allow the address at the provider, then sign in again."),
    ProviderSignInFailed("provider_sign_in_failed", 401, "Sign-in not completed", "The sign-in with the identity provider was not completed, or took too long. Sign in again."),
    LastSignIn("last_sign_in", 409, "Last sign-in", "Nothing else opens this account. Add another way to sign in first. Nothing was changed."),
    PasswordsOff("passwords_off", 404, "No passwords", "This installation has no passwords. Sign in with an identity provider."),
    AddressNotVerified("address_not_proven", 403, "Address not verified", "The account's e-mail address is not verified yet. Open the link that was mailed to it; the pages of the team and of API keys send it again."),
    Throttled("throttled", 429, "Too many attempts", "Too many attempts. Wait a while before the next one."),

    // Authorization.
    SessionRequired("session_required", 403, "Session required", "An API key can't do this. Sign in as a member of the workspace."),
    ScopeRequired("scope_required", 403, "Scope required", "The API key lacks the scope that this needs."),
    InstallationKeyRequired("installation_key_required", 403, "Installation key required", "Only the product's back end can do this, with a key of the installation."),
    AdminRequired("admin_required", 403, "Admin required", "Only an owner or admin of the workspace can do this."),
    OwnerRequired("owner_required", 403, "Owner required", "Only an owner of the workspace can add, change or remove an owner."),
    OtherAddress("other_address", 403, "Other address", "The link is for another e-mail address. Sign in with the address that it was sent to."),

    // Workspaces and their members.
    TenantRequired("tenant_required", 400, "Workspace required", "The request does not name the workspace that it is about."),
    TenantNotFound("tenant_not_found", 404, "Workspace not found", "The workspace does not exist, or you are not a member of it."),
    /// The tenant is deleted but not yet erased. It can be restored for 30 days.
    TenantDeleted("tenant_deleted", 409, "Workspace deleted", "The workspace was deleted. Restore it, or have it erased to use its external id for a new one."),
    ExternalIdTaken("external_id_taken", 409, "External id taken", "Another workspace has this external id. Give that one another id first, or choose a different one."),
    /// The provider's customer belongs to another tenant.
    CustomerTaken("customer_taken", 409, "Customer taken", "Another workspace is linked to this customer of the payment provider. Name the customer of this workspace."),
    SubscriptionLive("subscription_live", 409, "Subscription is live", "The workspace has a subscription that the payment provider bills or may bill. End it at the provider first."),
    LastOwner("last_owner", 409, "Last owner", "The last owner can't leave or get another role. Make another member an owner first."),
    AlreadyMember("already_member", 409, "Already a member", "The address belongs to a member of this workspace already."),
    LinkUnknown("link_unknown", 404, "Unknown link", "The link is unknown. Check that it was copied completely."),
    /// The link was used, withdrawn or replaced, or has expired.
    LinkOver("link_over", 410, "Link no longer valid", "The link was used, withdrawn or replaced, or has expired. Ask for a new one."),
    TooManyKeys("too_many_keys", 409, "Too many API keys", "The workspace has the maximum number of API keys. Revoke one that is not needed."),
    TooManyWebhookEndpoints("too_many_webhook_endpoints", 409, "Too many webhook endpoints", "The workspace has the maximum number of webhook endpoints. Delete one that is not needed."),

    // Limits and usage.
    LimitReached("limit_reached", 402, "Usage limit exceeded", "The plan's limit is reached. Choose a larger plan, or use less."),
    FeatureNotIncluded("feature_not_included", 402, "Usage limit exceeded", "The plan does not include this feature. Choose a plan that does."),
    SubscriptionInactive("subscription_inactive", 402, "Usage limit exceeded", "A payment is overdue, and the plan is suspended until it is paid."),
    UnknownFeature("unknown_feature", 404, "Unknown feature", "The catalog has no such feature. Check the spelling of its key."),
    NotAGauge("not_a_gauge", 400, "Not a gauge", "Only a gauge can be released or set. This feature's count only goes up."),
    /// Dues derives the usage from its own data, such as members.
    CountedByDues("counted_by_dues", 400, "Counted by Dues", "Dues counts this feature itself. Add or remove what is counted instead."),
    CorrectionBelowZero("correction_below_zero", 409, "Correction below zero", "The correction takes off more than was counted in this period. Nothing was changed. Send a smaller amount."),
    InvalidEvent("invalid_event", 400, "Invalid event", "The event can't be read. Send it as its specification says."),
    InvalidEvents("invalid_events", 400, "Invalid events", "Every event was rejected and nothing was counted. Correct each one and send it again."),
    UsageUnavailable("usage_unavailable", 503, "Usage unavailable", "Usage can't be counted now. Nothing was counted. Try again in a moment."),
    OutcomeUnknown("outcome_unknown", 503, "Outcome unknown", "It is not known whether this was counted. Send it again with the same idempotency key: it then counts once."),

    // Plans and payment.
    NotAnUpgrade("not_an_upgrade", 400, "Not an upgrade", "The plan is not larger than the current one. Choose a larger plan."),
    SeatsInUse("seats_in_use", 409, "Seats in use", "More seats are in use than that. Nothing was changed. Free some first, or take at least as many as are in use."),
    NoCustomer("no_customer", 400, "Nothing to manage", "This workspace has not paid for a plan yet, so there is nothing to manage. Start a checkout first."),
    NoSubscription("no_subscription", 400, "No subscription", "This workspace has no paid subscription. Choose a plan first."),
    InvalidSignature("invalid_signature", 400, "Invalid signature", "The signature does not match. Check the webhook secret."),
    UnknownAtProvider("unknown_at_provider", 409, "Unknown at the provider", "The payment provider does not know this workspace's customer or subscription. Nothing was changed or charged. The operator of this installation has to resolve it."),
    ProviderRejected("provider_rejected", 502, "Provider refused", "The payment provider refused the request. Nothing was charged."),
    ProviderUnavailable("provider_unavailable", 503, "Provider unavailable", "The payment provider does not answer. Nothing was charged. Try again in a minute."),
    ProviderAccountChanged("provider_account_changed", 503, "Provider account changed", "The payment provider's key does not open the account that this installation uses. Nothing was changed or charged. Try again when the operator has set the right key."),

    // Repeated requests.
    IdempotencyKeyReused("idempotency_key_reused", 422, "Idempotency key reused", "This idempotency key was sent with another request. Use a new key for a new request."),
    IdempotencyInProgress("idempotency_in_progress", 409, "Still in progress", "The first request with this idempotency key is still being processed. Send it again in a moment."),
    IdempotencyAnswerLost("idempotency_answer_lost", 409, "Answer lost", "This request has succeeded already, but its answer can't be shown again. Look at what exists before you use a new key."),

    // Settings of the installation.
    BillingNotConfigured("billing_not_configured", 501, "Billing not configured", "No payment provider is configured on this installation."),
    TenantBillingNotConfigured("tenant_billing_not_configured", 409, "Tenant billing not configured", "This workspace has no account of its own at a payment provider yet. Store the account's key as a secret first."),
    FirebaseNotConfigured("firebase_not_configured", 501, "Firebase not configured", "Firebase is not configured on this installation."),
    MailNotConfigured("mail_not_configured", 501, "Mail not configured", "This installation sends no mail."),
    SecretsNotConfigured("secrets_not_configured", 501, "Secrets not configured", "This installation stores no secrets: it has no key to seal them."),
    SecretsKeyLost("secrets_key_lost", 501, "Secrets key lost", "The workspace's secrets are sealed under a key that this installation no longer has."),

    // Load and outages.
    RateLimited("rate_limited", 429, "Too many requests", "Too many requests. Wait before the next one."),
    Busy("busy", 503, "Busy", "Too many requests of this kind are waiting. Nothing was changed. Try again in a few seconds."),
    Overloaded("overloaded", 503, "Overloaded", "The server is processing too many requests. Wait a few seconds, then try again."),
    TooManyStreams("too_many_streams", 503, "Too many streams", "You have the maximum number of live pages open. Close one, or load this one again."),
    StoreUnavailable("store_unavailable", 503, "Database unavailable", "The database can't be reached or has no room. Nothing was changed. Try again in a moment."),
    FirebaseUnavailable("firebase_unavailable", 503, "Firebase unavailable", "Firebase's keys can't be fetched, so the ID token can't be verified. Try again in a minute."),
    IssuerUnavailable("issuer_unavailable", 503, "Issuer unavailable", "The keys of the issuer or identity provider can't be fetched now. Try again in a minute."),
    NotReady("not_ready", 503, "Not ready", "The server can't serve requests yet."),
    Internal("internal", 500, "Internal error", "Something failed on our side. Try again. If it happens again, report the number of the request."),
}

impl ErrorCode {
    pub const fn as_str(self) -> &'static str {
        self.row().code
    }

    /// The HTTP status of a response with this code.
    pub const fn status(self) -> u16 {
        self.row().status
    }

    /// A short title, without a period.
    pub const fn title(self) -> &'static str {
        self.row().title
    }

    /// What is wrong and what to do, in whole sentences. Used where an error has no more specific message.
    pub const fn message(self) -> &'static str {
        self.row().message
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Compares with the code that clients see.
impl PartialEq<&str> for ErrorCode {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

/// The text is not a code of the registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown error code")]
pub struct UnknownErrorCode;

impl std::str::FromStr for ErrorCode {
    type Err = UnknownErrorCode;

    fn from_str(text: &str) -> Result<Self, UnknownErrorCode> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(UnknownErrorCode)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn each_code_is_unique_and_parses() {
        let codes: BTreeSet<_> = ErrorCode::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(codes.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            let is_snake_case = code.as_str().bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(is_snake_case, "{code}");
            assert_eq!(code.as_str().parse::<ErrorCode>(), Ok(*code));
        }
        assert_eq!("<script>".parse::<ErrorCode>(), Err(UnknownErrorCode));
    }

    #[test]
    fn each_code_has_a_title_a_message_and_an_error_status() {
        for code in ErrorCode::ALL {
            let (title, message) = (code.title(), code.message());
            assert!(title.starts_with(char::is_uppercase) && !title.ends_with('.'), "{code}: {title}");
            assert!(message.starts_with(char::is_uppercase) && message.ends_with('.'), "{code}: {message}");
            assert!((400..600).contains(&code.status()), "{code}: {}", code.status());
        }
    }

    /// Pages show these messages to people who send no requests themselves.
    #[test]
    fn messages_name_no_header_path_or_setting() {
        for code in ErrorCode::ALL {
            assert!(!code.message().contains(['/', '_', '`']), "{code}: {}", code.message());
            assert!(!code.message().contains("X-"), "{code}: {}", code.message());
        }
    }

    #[test]
    fn a_code_is_serialized_as_its_text() {
        assert_eq!(serde_json::to_value(ErrorCode::LimitReached).unwrap(), "limit_reached");
        assert_eq!(ErrorCode::LimitReached, "limit_reached");
    }
}
