//! Sign-in with an identity provider (OpenID Connect Core 1.0): authorization code with PKCE, state and nonce.
//!
//! The crate `openidconnect` builds the requests and verifies the ID token; [`http`] sends the requests, bounded in
//! time and size. The discovery document and keys of each provider are cached separately ([`metadata`]), so that a
//! provider that is down or slow does not delay sign-ins with another.

mod error;
mod http;
mod metadata;

use std::sync::Arc;

use domain::account::Email;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, RequestTokenError, Scope, SignatureVerificationError, TokenResponse, UserInfoError,
    core::{
        CoreAuthenticationFlow, CoreClient, CoreIdTokenClaims, CoreJwsSigningAlgorithm, CoreProviderMetadata,
        CoreTokenResponse, CoreUserInfoClaims,
    },
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub(crate) use self::error::ProviderError;
use self::{http::ProviderHttp, metadata::Metadata};

/// The accepted signature algorithms of ID tokens. HMAC is left out: its key would be the client's secret.
const ACCEPTED: [CoreJwsSigningAlgorithm; 4] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// OpenID Connect Core, section 2: a subject has at most 255 ASCII characters.
const MAX_SUBJECT_BYTES: usize = 255;

type Client =
    CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointMaybeSet, EndpointMaybeSet>;

/// An identity provider that people sign in with.
#[derive(Clone, Debug)]
pub struct ProviderConfig {
    /// Identifies the provider in the paths of the sign-in.
    pub id: String,
    /// The provider's name on the sign-in button.
    pub name: String,
    /// The issuer exactly as ID tokens state it.
    pub issuer: String,
    pub client_id: String,
    pub client_secret: SecretString,
    /// The scopes to request besides `openid`.
    pub scopes: Vec<String>,
    /// Whether an address that the provider states as verified proves that its user receives mail there.
    pub trusts_email: bool,
    /// Whether the provider may be at http addresses, too.
    pub allows_http: bool,
}

/// Where a browser is sent to sign in, and what the callback needs.
#[derive(Clone, Debug)]
pub(crate) struct Authorization {
    pub(crate) url: Url,
    pub(crate) state: String,
    pub(crate) nonce: String,
    pub(crate) pkce_verifier: String,
}

/// The user of a completed sign-in, as the provider states them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProviderIdentity {
    pub(crate) subject: String,
    pub(crate) email: Option<Email>,
    /// Whether the provider has verified that the user receives mail at `email`.
    pub(crate) email_verified: bool,
}

/// The configured identity providers. Shared by all requests: each caches its discovery document and keys.
#[derive(Clone, Debug, Default)]
pub struct SignInProviders(Vec<Arc<SignInProvider>>);

pub(crate) struct SignInProvider {
    config: ProviderConfig,
    http: ProviderHttp,
    metadata: Metadata,
}

impl std::fmt::Debug for SignInProvider {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SignInProvider").field("config", &self.config).finish_non_exhaustive()
    }
}

impl SignInProviders {
    /// Makes the providers. Fetches nothing: the first sign-in fetches the discovery document.
    pub fn new(configs: Vec<ProviderConfig>) -> Result<Self, reqwest::Error> {
        let provider = |config: ProviderConfig| -> Result<Arc<SignInProvider>, reqwest::Error> {
            let http = ProviderHttp::new(config.allows_http)?;
            Ok(Arc::new(SignInProvider { config, http, metadata: Metadata::default() }))
        };
        configs.into_iter().map(provider).collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn find(&self, id: &str) -> Option<&SignInProvider> {
        self.0.iter().find(|provider| provider.config.id == id).map(AsRef::as_ref)
    }

    pub(crate) fn configs(&self) -> impl Iterator<Item = &ProviderConfig> {
        self.0.iter().map(|provider| &provider.config)
    }
}

impl SignInProvider {
    pub(crate) const fn config(&self) -> &ProviderConfig {
        &self.config
    }

    /// Begins a sign-in that returns to `callback`.
    pub(crate) async fn authorize(&self, callback: &str) -> Result<Authorization, ProviderError> {
        let metadata = self.metadata.current(&self.config.issuer, &self.http).await?;
        let client = self.client(&metadata, callback)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, CsrfToken::new_random, Nonce::new_random)
            .add_scopes(self.config.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge)
            .url();
        if !self.http.may_call(url.scheme()) {
            tracing::warn!(provider = self.config.id, "failed to begin a sign-in: the provider's page is not at https");
            return Err(ProviderError::Unavailable);
        }
        Ok(Authorization {
            url,
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            pkce_verifier: verifier.secret().clone(),
        })
    }

    /// Completes a sign-in with the code that the browser sent. The ID token must be for this client, contain the nonce
    /// and be signed by a key of the provider. If the cached keys lack that key, they are fetched again once.
    pub(crate) async fn complete(
        &self,
        callback: &str,
        code: String,
        nonce: String,
        pkce_verifier: String,
    ) -> Result<ProviderIdentity, ProviderError> {
        let metadata = self.metadata.current(&self.config.issuer, &self.http).await?;
        let client = self.client(&metadata, callback)?;
        let http = self.http.clone();
        let send = move |request: HttpRequest| http.clone().send(request);
        let exchange = client.exchange_code(AuthorizationCode::new(code)).map_err(refused)?;
        let tokens = exchange.set_pkce_verifier(PkceCodeVerifier::new(pkce_verifier)).request_async(&send).await;
        let tokens = tokens.map_err(|error| match error {
            RequestTokenError::Request(error) => self.unavailable(&error),
            error => refused(error),
        })?;
        let nonce = Nonce::new(nonce);
        let (client, claims) = match claims(&client, &tokens, &nonce) {
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                let metadata = self.metadata.fetch_newer(&metadata, &self.config.issuer, &self.http).await?;
                let client = self.client(&metadata, callback)?;
                let claims = claims(&client, &tokens, &nonce).map_err(refused)?;
                (client, claims)
            }
            claims => {
                let claims = claims.map_err(refused)?;
                (client, claims)
            }
        };
        let subject = claims.subject().as_str().to_owned();
        if subject.is_empty() || subject.len() > MAX_SUBJECT_BYTES || subject.chars().any(char::is_control) {
            return Err(ProviderError::Refused("the subject is not valid".into()));
        }
        let (mut email, mut verified) = (claims.email().cloned(), claims.email_verified());
        if email.is_none() && client.user_info_url().is_some() {
            let expected = Some(claims.subject().clone());
            let request = client.user_info(tokens.access_token().clone(), expected).map_err(refused)?;
            let info: CoreUserInfoClaims = request.request_async(&send).await.map_err(|error| match error {
                UserInfoError::Request(error) => self.unavailable(&error),
                error => refused(error),
            })?;
            (email, verified) = (info.email().cloned(), info.email_verified());
        }
        let email = email.and_then(|email| email.as_str().parse::<Email>().ok());
        Ok(ProviderIdentity { subject, email_verified: verified == Some(true) && email.is_some(), email })
    }

    fn client(&self, metadata: &CoreProviderMetadata, callback: &str) -> Result<Client, ProviderError> {
        let callback = RedirectUrl::new(callback.to_owned()).map_err(refused)?;
        let secret = ClientSecret::new(self.config.client_secret.expose_secret().to_owned());
        let id = ClientId::new(self.config.client_id.clone());
        Ok(CoreClient::from_provider_metadata(metadata.clone(), id, Some(secret)).set_redirect_uri(callback))
    }

    fn unavailable(&self, error: &(dyn std::error::Error + 'static)) -> ProviderError {
        tracing::warn!(provider = self.config.id, error, "failed to call an identity provider");
        ProviderError::Unavailable
    }
}

/// Returns the claims of the ID token, verified.
fn claims(
    client: &Client,
    tokens: &CoreTokenResponse,
    nonce: &Nonce,
) -> Result<CoreIdTokenClaims, ClaimsVerificationError> {
    let verifier = client.id_token_verifier().set_allowed_algs(ACCEPTED);
    let token = tokens.id_token().ok_or_else(|| ClaimsVerificationError::Other("no ID token".to_owned()))?;
    let claims = token.claims(&verifier, nonce)?.clone();
    if let Some(expected) = claims.access_token_hash() {
        let other = |error: String| ClaimsVerificationError::Other(error);
        let algorithm = token.signing_alg().map_err(ClaimsVerificationError::SignatureVerification)?;
        let key = token.signing_key(&verifier).map_err(ClaimsVerificationError::SignatureVerification)?;
        let found = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
        if found.map_err(|error| other(error.to_string()))? != *expected {
            return Err(other("the access token is not the one that the ID token is for".to_owned()));
        }
    }
    Ok(claims)
}

fn refused(error: impl std::error::Error + Send + Sync + 'static) -> ProviderError {
    ProviderError::Refused(Box::new(error))
}
