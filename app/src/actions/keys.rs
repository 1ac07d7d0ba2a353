//! Actions on the workspace's API keys.

use ::billing::service::{
    ServiceError,
    tenant::key::{KeyAuthority, NewApiKey, parse_sources},
};
use domain::{tenant::portal::PortalPermission, time::Timestamp};
use leptos::prelude::*;

use crate::{
    actions::{Keeper, keeper_with, once::once, redirect_with_error},
    request::{draft::Draft, redirect, shown_once::KEY},
};

const PAGE: &str = "/settings/keys";

const fn authority(keeper: &Keeper) -> KeyAuthority<'_> {
    match keeper {
        Keeper::Account(viewer) => KeyAuthority::Person(viewer),
        Keeper::Portal(_, grant) => KeyAuthority::Portal(grant),
    }
}

/// Creates a key. The next page shows it once. The form's key makes a repeated submit idempotent.
#[server(prefix = "/rpc", endpoint = "make-key")]
pub(crate) async fn make_key(
    #[server(default)] name: String,
    #[server(default)] scopes: Vec<String>,
    #[server(default)]
    #[server(rename = "expiresAt")]
    expires_at: String,
    #[server(default)] from: String,
    #[server(default)] key: String,
) -> Result<(), ServerFnError> {
    let draft = [("name", name.as_str()), ("expiresAt", expires_at.as_str()), ("from", from.as_str())];
    let draft = Draft::of(draft.into_iter().chain(scopes.iter().map(|scope| ("scopes", scope.as_str()))));
    let Some((services, keeper)) = keeper_with(PortalPermission::Keys, &draft) else { return Ok(()) };
    let made = async {
        let new_key = NewApiKey {
            name: name.clone(),
            scopes: words(&scopes)?,
            expires_at: end_of_day(&expires_at, "expiresAt")?,
            sources: parse_sources(from.split([',', ' ']))?,
        };
        let confirmed = keeper.confirmed(&services)?;
        let scopes = scopes.join(" ");
        let content = [&*name, &*scopes, &*expires_at, &*from];
        let (services, by, confirmed) = (&services, authority(&keeper), &confirmed);
        let work = |_| async move { services.api_keys().create_key(by, confirmed, new_key).await.map(|made| made.key) };
        once(services, keeper.recipient(), "make-key", &key, &content, work).await
    };
    match made.await {
        Ok(made) => {
            KEY.keep(keeper.recipient(), &made);
            redirect(PAGE);
        }
        Err(error) => {
            draft.keep();
            redirect_with_error(PAGE, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Revokes a key. Idempotent.
#[server(prefix = "/rpc", endpoint = "revoke-key")]
pub(crate) async fn revoke_key(#[server(default)] id: String) -> Result<(), ServerFnError> {
    let Some((services, keeper)) = keeper_with(PortalPermission::Keys, &Draft::default()) else { return Ok(()) };
    match services.api_keys().revoke_key(authority(&keeper), &id).await {
        Ok(()) => redirect("/settings/keys?code=revoked"),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}

pub(crate) fn words<T: std::str::FromStr>(words: &[String]) -> Result<Vec<T>, ServiceError> {
    let read = words.iter().map(|word| word.parse().ok());
    read.collect::<Option<_>>().ok_or_else(|| ServiceError::field("scopes", "There is no such scope."))
}

/// Returns the last second in UTC of `date`, such as `2030-01-31`; `None` if `date` is empty. An error names `field`.
pub(crate) fn end_of_day(date: &str, field: &'static str) -> Result<Option<Timestamp>, ServiceError> {
    let date = date.trim();
    if date.is_empty() {
        return Ok(None);
    }
    match Timestamp::parse_rfc3339(&format!("{date}T23:59:59Z")) {
        Some(end) => Ok(Some(end)),
        None => Err(ServiceError::field(field, "Write a date as 2030-01-31.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_parses_to_its_last_second_and_other_text_is_rejected() {
        let end = Timestamp::parse_rfc3339("2030-01-31T23:59:59Z");
        assert_eq!(end_of_day(" 2030-01-31 ", "until").unwrap(), end);
        assert_eq!(end_of_day("", "until").unwrap(), None);
        for bad in ["tomorrow", "31/01/2030", "2030-02-30", "2030-01-31T00:00:00Z", "2030-1-1"] {
            assert!(end_of_day(bad, "until").is_err(), "{bad}");
        }
    }
}
