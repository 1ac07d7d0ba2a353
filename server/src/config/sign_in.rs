//! Settings of sign-in: Firebase, issuers of bearer tokens, identity providers, and whether people may use passwords.

mod json;

use billing::identity::{
    firebase::FirebaseConfig,
    token::{
        issuer::{IssuerConfig, TenantIs},
        provider::ProviderConfig,
    },
};
use serde::Deserialize;
use url::Url;

use self::json::list;
use super::{SettingError, Settings, firebase, secrets_or_not_set};

const ISSUERS: &str = "TOKEN_ISSUERS";
const PROVIDERS: &str = "OIDC_PROVIDERS";
const PASSWORDS: &str = "PASSWORD_LOGIN";
/// Limit of a provider's id, which is part of URL paths.
const ID_MAX_BYTES: usize = 32;
const NAME_MAX_CHARS: usize = 40;
/// The scopes of an entry without `scopes`. With `email`, a provider sends the person's e-mail address.
const DEFAULT_SCOPES: [&str; 1] = ["email"];

/// The settings of sign-in.
#[derive(Clone, Debug)]
pub struct SignInConfig {
    /// The Firebase project whose ID tokens are accepted.
    pub firebase: Option<FirebaseConfig>,
    pub issuers: Vec<IssuerConfig>,
    pub providers: Vec<ProviderConfig>,
    /// Whether people sign in and sign up with passwords.
    pub has_passwords: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct IssuerEntry {
    issuer: String,
    audience: String,
    jwks_url: Option<String>,
    tenant_claim: String,
    tenant_is: String,
    role_claim: Option<String>,
    #[serde(default)]
    admin_roles: Vec<String>,
    #[serde(default)]
    billing_roles: Vec<String>,
    subject_claim: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ProviderEntry {
    id: String,
    name: String,
    issuer: String,
    client_id: String,
    client_secret: String,
    scopes: Option<Vec<String>>,
    #[serde(default)]
    trusts_email: bool,
}

pub(super) fn read(settings: &Settings) -> Result<SignInConfig, SettingError> {
    let allows_http = settings.get("ALLOW_SANDBOX") == Some("1");
    let issuers = list(settings, ISSUERS, |entry| issuer(entry, allows_http))?;
    if has_twins(&issuers, |one, other| one.issuer == other.issuer && one.audience == other.audience) {
        return Err(settings.wrong(ISSUERS, "each issuer once for an audience"));
    }
    let providers = list(settings, PROVIDERS, |entry| provider(entry, allows_http))?;
    if has_twins(&providers, |one, other| one.id == other.id || one.issuer == other.issuer) {
        return Err(settings.wrong(PROVIDERS, "each id and each issuer once"));
    }
    let has_passwords = settings.one_of(PASSWORDS, &["1", "0"])? == "1";
    if !has_passwords && providers.is_empty() {
        return Err(settings.wrong(PROVIDERS, "an identity provider, as PASSWORD_LOGIN is 0"));
    }
    Ok(SignInConfig { firebase: firebase::read(settings)?, issuers, providers, has_passwords })
}

fn issuer(entry: IssuerEntry, allows_http: bool) -> Result<IssuerConfig, &'static str> {
    let IssuerEntry {
        issuer,
        audience,
        jwks_url,
        tenant_claim,
        tenant_is,
        role_claim,
        admin_roles,
        billing_roles,
        subject_claim,
    } = entry;
    check_issuer(&issuer, allows_http)?;
    let jwks_url = match jwks_url {
        Some(url) => Some(safe_url(&url, allows_http).ok_or("an https address in jwksUrl")?),
        None => None,
    };
    if audience.is_empty() || tenant_claim.is_empty() {
        return Err("an audience and a tenantClaim");
    }
    if admin_roles.iter().any(String::is_empty) || (role_claim.is_none() && !admin_roles.is_empty()) {
        return Err("a roleClaim with its adminRoles");
    }
    if billing_roles.iter().any(String::is_empty) || (role_claim.is_none() && !billing_roles.is_empty()) {
        return Err("a roleClaim with its billingRoles");
    }
    let tenant_is = TenantIs::ALL.into_iter().find(|is| is.as_str() == tenant_is);
    Ok(IssuerConfig {
        issuer,
        audience,
        jwks_url,
        tenant_claim,
        tenant_is: tenant_is.ok_or("external or id in tenantIs")?,
        role_claim: role_claim.filter(|claim| !claim.is_empty()),
        admin_roles,
        billing_roles,
        subject_claim: subject_claim.filter(|claim| !claim.is_empty()).unwrap_or_else(|| "sub".to_owned()),
        allows_http,
    })
}

fn provider(entry: ProviderEntry, allows_http: bool) -> Result<ProviderConfig, &'static str> {
    let ProviderEntry { id, name, issuer, client_id, client_secret, scopes, trusts_email } = entry;
    let is_id = (1..=ID_MAX_BYTES).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if !is_id {
        return Err("an id of at most 32 lower-case letters, digits and -");
    }
    if name.trim().is_empty() || name.chars().count() > NAME_MAX_CHARS || name.chars().any(char::is_control) {
        return Err("a name of at most 40 characters");
    }
    check_issuer(&issuer, allows_http)?;
    if client_id.is_empty() || client_secret.is_empty() {
        return Err("a clientId and a clientSecret");
    }
    let scopes = scopes.unwrap_or_else(|| DEFAULT_SCOPES.map(str::to_owned).to_vec());
    if scopes.iter().any(|scope| scope.is_empty() || scope.contains(char::is_whitespace)) {
        return Err("scopes as a list of words");
    }
    // The OpenID Connect library adds `openid`.
    let scopes = scopes.into_iter().filter(|scope| scope != "openid").collect();
    Ok(ProviderConfig {
        id,
        name,
        issuer,
        client_id,
        client_secret: client_secret.into(),
        scopes,
        trusts_email,
        allows_http,
    })
}

fn check_issuer(issuer: &str, allows_http: bool) -> Result<(), &'static str> {
    // Dues writes an issuer and a subject as one text, separated by a space, so an issuer must not contain one. The URL
    // parser accepts spaces.
    let is_one_word = !issuer.chars().any(|char| char.is_whitespace() || char.is_control());
    let url = safe_url(issuer, allows_http);
    let url = url.filter(|url| is_one_word && url.query().is_none() && url.fragment().is_none());
    url.map(drop).ok_or("issuers at https addresses")
}

/// Parses an address that keys are fetched from. `None` if it has a user or password, or is not https; `allows_http`
/// accepts http, too. Over http, an attacker who can replace keys in transit can impersonate any person.
fn safe_url(text: &str, allows_http: bool) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_safe = url.scheme() == "https" || (allows_http && url.scheme() == "http");
    (is_safe && url.username().is_empty() && url.password().is_none()).then_some(url)
}

fn has_twins<T>(items: &[T], are_twins: impl Fn(&T, &T) -> bool) -> bool {
    items.iter().enumerate().any(|(at, one)| items.iter().skip(at + 1).any(|other| are_twins(one, other)))
}

pub(super) fn lines(sign_in: &SignInConfig) -> Vec<(&'static str, String)> {
    let or_not_set = |text: Option<String>| text.unwrap_or_else(|| "(not set)".to_owned());
    let SignInConfig { firebase, issuers, providers, has_passwords } = sign_in;
    let issuers = issuers.iter().map(|issuer| issuer.issuer.as_str()).collect::<Vec<_>>().join(", ");
    let providers = providers
        .iter()
        .map(|ProviderConfig { id, issuer, .. }| format!("{id} at {issuer}, secret {}", secrets_or_not_set(true)));
    let providers = providers.collect::<Vec<_>>().join(", ");
    vec![
        ("FIREBASE_PROJECT_ID", or_not_set(firebase.as_ref().map(|firebase| firebase.project_id.clone()))),
        ("FIREBASE_JWKS_URL", or_not_set(firebase.as_ref().map(|firebase| firebase.jwks_url.to_string()))),
        (ISSUERS, or_not_set(Some(issuers).filter(|issuers| !issuers.is_empty()))),
        (PROVIDERS, or_not_set(Some(providers).filter(|providers| !providers.is_empty()))),
        (PASSWORDS, if *has_passwords { "1" } else { "0" }.to_owned()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ISSUER: &str =
        r#"{"issuer":"https://id.example.com/","audience":"dues","tenantClaim":"org","tenantIs":"external"}"#;
    const PROVIDER: &str =
        r#"{"id":"acme","name":"Acme","issuer":"https://id.example.com","clientId":"dues","clientSecret":"hidden"}"#;

    fn read_pairs(pairs: &[(&str, &str)]) -> Result<SignInConfig, String> {
        read(&Settings::of(pairs)).map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_left_out_has_its_usual_value() {
        let config = read_pairs(&[(ISSUERS, &format!("[{ISSUER}]")), (PROVIDERS, &format!("[{PROVIDER}]"))]).unwrap();
        let [issuer] = &config.issuers[..] else { panic!("{config:?}") };
        assert_eq!((issuer.subject_claim.as_str(), &issuer.role_claim, &issuer.jwks_url), ("sub", &None, &None));
        let [provider] = &config.providers[..] else { panic!("{config:?}") };
        assert_eq!((provider.scopes.as_slice(), provider.trusts_email), (&["email".to_owned()][..], false));
        assert!(config.has_passwords);
        let shown = format!("{:?} {config:?}", lines(&config));
        assert!(shown.contains("acme at https://id.example.com") && !shown.contains("hidden"), "{shown}");
        let none = read_pairs(&[]).unwrap();
        assert!(none.issuers.is_empty() && none.providers.is_empty() && none.has_passwords);
    }

    #[test]
    fn an_issuer_is_at_https_unless_the_sandbox_is_allowed() {
        let http = format!("[{}]", ISSUER.replace("https", "http"));
        assert!(read_pairs(&[(ISSUERS, &http)]).unwrap_err().contains("issuers at https addresses"));
        assert!(read_pairs(&[(ISSUERS, &http), ("ALLOW_SANDBOX", "1")]).is_ok());
    }

    #[test]
    fn a_wrong_entry_names_its_place_and_what_it_expects() {
        let with = |text: &str, from: &str, to: &str| format!("[{ISSUER},{}]", text.replace(from, to));
        for (wrong, expects) in [
            (with(ISSUER, "external", "both"), "external or id in tenantIs"),
            (with(ISSUER, "example.com/", "example.com/a b"), "issuers at https addresses"),
            (with(ISSUER, "example.com/", "example.com/ "), "issuers at https addresses"),
            (with(ISSUER, "\"org\"", "\"\""), "a tenantClaim"),
            (with(ISSUER, "}", r#","adminRoles":["admin"]}"#), "a roleClaim"),
            (with(ISSUER, "}", r#","billingRoles":["finance"]}"#), "a roleClaim with its billingRoles"),
            (with(ISSUER, "}", r#","jwksUrl":"http://id.example.com/keys"}"#), "https address in jwksUrl"),
            (with(ISSUER, "tenantIs", "tenant_is"), "unknown field"),
            (with(ISSUER, "", ""), "each issuer once"),
        ] {
            let error = read_pairs(&[(ISSUERS, &wrong)]).unwrap_err();
            assert!(error.starts_with("TOKEN_ISSUERS is wrong: it expects ") && error.contains(expects), "{error}");
        }
        for wrong in ["{}", "[", "[7]", r#"[{"id":"acme"}]"#] {
            assert!(read_pairs(&[(PROVIDERS, wrong)]).unwrap_err().starts_with("OIDC_PROVIDERS is wrong"), "{wrong}");
        }
        let secret = format!("[{}]", PROVIDER.replace("\"acme\"", "\"Acme Inc\""));
        let error = read_pairs(&[(PROVIDERS, &secret)]).unwrap_err();
        assert!(error.contains("lower-case") && !error.contains("hidden"), "{error}");
    }

    #[test]
    fn without_passwords_there_must_be_a_provider() {
        assert!(read_pairs(&[(PASSWORDS, "0")]).unwrap_err().contains("as PASSWORD_LOGIN is 0"));
        let config = read_pairs(&[(PASSWORDS, "0"), (PROVIDERS, &format!("[{PROVIDER}]"))]).unwrap();
        assert!(!config.has_passwords);
    }
}
