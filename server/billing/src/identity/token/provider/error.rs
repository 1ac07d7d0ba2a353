//! Why a sign-in with an identity provider is not completed.

#[derive(Debug, thiserror::Error)]
pub(crate) enum ProviderError {
    /// The provider can't be reached, or its response is not valid OpenID Connect. The log has the cause.
    #[error("the identity provider is not available")]
    Unavailable,
    /// The provider refused the code, or its ID token is not valid.
    #[error("the sign-in is refused")]
    Refused(#[source] Box<dyn std::error::Error + Send + Sync>),
}
