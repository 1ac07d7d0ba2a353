//! Bearer tokens of configured issuers, such as Auth0, Clerk, Supabase, Keycloak, Cognito or the product itself.
//!
//! One claim names the tenant that the token is for; another may name the bearer's role. The bearer has no account
//! in Dues.

#[cfg(feature = "testing")]
pub mod testing;

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::{
    account::{Email, Role, token_user::TokenUser},
    tenant::external_id::TenantRef,
    time::{Clock, Timestamp},
};
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::{
    IdTokenError, LEEWAY_SECS, Refusal,
    fetch::{Place, Source},
    key_set::Keys,
    signed_claims,
};

/// The accepted signature algorithms. HMAC is left out: its key would be a secret that Dues and the issuer share.
const ACCEPTED: &[Algorithm] = &[Algorithm::RS256, Algorithm::PS256, Algorithm::ES256, Algorithm::EdDSA];

/// How a token names its tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenantIs {
    /// By the id that the product has for the tenant.
    External,
    /// By the id that Dues has for the tenant.
    Id,
}

domain::all_variants!(TenantIs { External, Id });

impl TenantIs {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::External => "external",
            Self::Id => "id",
        }
    }
}

/// An issuer whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuerConfig {
    /// The issuer exactly as tokens state it.
    pub issuer: String,
    pub audience: String,
    /// The address of the public keys; `None` to find it by discovery.
    pub jwks_url: Option<Url>,
    pub tenant_claim: String,
    pub tenant_is: TenantIs,
    /// The claim with the role or a list of roles; if `None`, all bearers are members.
    pub role_claim: Option<String>,
    /// The roles that make the bearer an admin in Dues, compared exactly.
    pub admin_roles: Vec<String>,
    /// The roles that give the bearer the role billing, compared exactly. A role among `admin_roles` wins.
    pub billing_roles: Vec<String>,
    /// The claim with the id of the bearer.
    pub subject_claim: String,
    /// Whether discovery may name a key set at an http address.
    pub allows_http: bool,
}

/// The claims of an accepted token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedToken {
    pub user: TokenUser,
    /// The e-mail address, if the token states one. Dues treats it as not verified.
    pub email: Option<Email>,
    /// The tenant; `None` if the claim is missing or can't be a tenant's id.
    pub tenant: Option<TenantRef>,
    pub role: Role,
    /// When the bearer signed in at the issuer, if the token states it.
    pub signed_in_at: Option<Timestamp>,
}

/// Verifies the tokens of all configured issuers. Shared by all requests: it caches their key sets.
#[derive(Debug, Default)]
pub struct TokenIssuers(Vec<IssuerVerifier>);

struct IssuerVerifier {
    config: IssuerConfig,
    keys: Keys,
    wall: Arc<dyn Clock>,
}

impl std::fmt::Debug for IssuerVerifier {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("IssuerVerifier").field("issuer", &self.config.issuer).finish_non_exhaustive()
    }
}

/// The one claim that is read before verification: it selects the issuer's keys.
#[derive(Deserialize)]
struct StatedIssuer {
    iss: String,
}

impl TokenIssuers {
    /// Makes the verifiers. Fetches nothing: the first token of an issuer causes the fetch of its keys.
    pub fn new(configs: Vec<IssuerConfig>, wall: &Arc<dyn Clock>) -> Result<Self, reqwest::Error> {
        let verifier = |config: IssuerConfig| -> Result<IssuerVerifier, reqwest::Error> {
            let place = match &config.jwks_url {
                Some(url) => Place::KeySet(url.clone()),
                None => Place::Issuer { issuer: config.issuer.clone(), allows_http: config.allows_http },
            };
            let keys = Keys::new(Source::new(place, ACCEPTED)?, wall.clone());
            Ok(IssuerVerifier { config, keys, wall: wall.clone() })
        };
        configs.into_iter().map(verifier).collect::<Result<_, _>>().map(Self)
    }

    /// Verifies a token; `None` if it states no issuer or an issuer that is not configured. Waits only for fetches of
    /// that issuer's keys.
    pub async fn verify(&self, token: &str) -> Option<Result<IssuedToken, IdTokenError>> {
        let issuer = stated_issuer(token)?;
        let mut verified = None;
        // An issuer is configured once for each audience.
        for verifier in self.0.iter().filter(|verifier| verifier.config.issuer == issuer) {
            verified = Some(verifier.verify(token).await);
            if !matches!(verified, Some(Err(IdTokenError::Refused(Refusal::Audience)))) {
                break;
            }
        }
        verified
    }
}

/// Returns the issuer that a token states, unverified.
fn stated_issuer(token: &str) -> Option<String> {
    // Oversized tokens are decoded too, and refused later. Here, the limit of a request's head bounds their size.
    let payload = token.split('.').nth(1)?;
    let StatedIssuer { iss } = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()?;
    Some(iss)
}

impl IssuerVerifier {
    async fn verify(&self, token: &str) -> Result<IssuedToken, IdTokenError> {
        let claims: Map<String, Value> = signed_claims(token, &self.keys, ACCEPTED).await?;
        Ok(self.judge(&claims, self.wall.now())?)
    }

    fn judge(&self, claims: &Map<String, Value>, now: Timestamp) -> Result<IssuedToken, Refusal> {
        let config = &self.config;
        let (earliest, latest) = (now.plus_secs(-LEEWAY_SECS).as_secs(), now.plus_secs(LEEWAY_SECS).as_secs());
        if text(claims.get("iss")) != Some(config.issuer.as_str()) {
            return Err(Refusal::Issuer);
        }
        if !contains(claims.get("aud").ok_or(Refusal::Claim("aud"))?, &config.audience) {
            return Err(Refusal::Audience);
        }
        if seconds(claims, "exp")?.ok_or(Refusal::Claim("exp"))? <= earliest {
            return Err(Refusal::Expired);
        }
        if seconds(claims, "nbf")?.is_some_and(|from| from > latest) {
            return Err(Refusal::NotYetValid);
        }
        if seconds(claims, "iat")?.ok_or(Refusal::Claim("iat"))? > latest {
            return Err(Refusal::IssuedInFuture);
        }
        let signed_in_at = seconds(claims, "auth_time")?;
        if signed_in_at.is_some_and(|at| at > latest) {
            return Err(Refusal::LoggedInInFuture);
        }
        // `sub` is required even where another claim names the bearer.
        let subject = text(claims.get("sub")).and(text(find(claims, &config.subject_claim)));
        let user = subject.and_then(|subject| TokenUser::new(&config.issuer, subject).ok()).ok_or(Refusal::Subject)?;
        Ok(IssuedToken {
            user,
            email: text(claims.get("email")).and_then(|email| email.parse().ok()),
            tenant: text(find(claims, &config.tenant_claim)).and_then(|tenant| self.tenant(tenant)),
            role: self.role(claims),
            signed_in_at: signed_in_at.map(Timestamp::from_secs),
        })
    }

    fn tenant(&self, named: &str) -> Option<TenantRef> {
        match self.config.tenant_is {
            TenantIs::External => named.parse().ok().map(TenantRef::External),
            TenantIs::Id => TenantRef::parse_id(named).ok().map(TenantRef::Id),
        }
    }

    fn role(&self, claims: &Map<String, Value>) -> Role {
        let stated = self.config.role_claim.as_deref().and_then(|claim| find(claims, claim));
        let has_one_of =
            |roles: &[String]| stated.is_some_and(|stated| roles.iter().any(|role| contains(stated, role)));
        if has_one_of(&self.config.admin_roles) {
            Role::Admin
        } else if has_one_of(&self.config.billing_roles) {
            Role::Billing
        } else {
            Role::Member
        }
    }
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

/// Whether a claim is the text `wanted`, or a list that contains it.
fn contains(claim: &Value, wanted: &str) -> bool {
    match claim {
        Value::String(text) => text == wanted,
        Value::Array(items) => items.iter().any(|item| item.as_str() == Some(wanted)),
        _ => false,
    }
}

/// Returns a time claim in whole seconds since 1970; `None` if it is missing. The claim is a `NumericDate` of RFC 7519,
/// which may have a fraction.
fn seconds(claims: &Map<String, Value>, name: &'static str) -> Result<Option<i64>, Refusal> {
    #[expect(clippy::cast_possible_truncation, reason = "the fraction is dropped, and times out of range saturate")]
    let whole = |value: &Value| value.as_i64().or_else(|| value.as_f64().map(|secs| secs.floor() as i64));
    match claims.get(name) {
        None => Ok(None),
        Some(value) => whole(value).map(Some).ok_or(Refusal::Claim(name)),
    }
}

/// Finds a claim by its exact name, else by the name as a path with dots. The exact name comes first, because names of
/// claims may contain dots: Auth0's are URLs.
fn find<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let mut parts = name.split('.');
    let first = claims.get(parts.next()?)?;
    parts.try_fold(first, |value, part| value.get(part))
}

#[cfg(test)]
mod tests;
