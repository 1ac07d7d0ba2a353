//! Actions on the keys of the installation.

use ::billing::service::tenant::{
    installation::key::{InstallationAuthority, NewInstallationKey},
    key::parse_sources,
};
use domain::ids::TenantId;
use leptos::prelude::*;

use super::{at_desk, at_desk_with};
use crate::{
    actions::{
        keys::{end_of_day, words},
        once::once,
        redirect_with_error,
    },
    request::{
        PageRequest,
        draft::Draft,
        redirect,
        shown_once::{DESK_KEY, Recipient},
    },
};

pub(crate) const KEYS: &str = "/operator/keys";

/// Creates a key of the installation. The next page shows it once. The form's key makes a repeated submit idempotent.
#[server(prefix = "/rpc", endpoint = "make-installation-key")]
pub(crate) async fn make_installation_key(
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
    let Some((services, operator)) = at_desk_with(&draft) else { return Ok(()) };
    let made = async {
        let operator = operator?;
        let new_key = NewInstallationKey {
            name: name.clone(),
            scopes: words(&scopes)?,
            expires_at: end_of_day(&expires_at, "expiresAt")?,
            sources: parse_sources(from.split([',', ' ']))?,
        };
        let scopes = scopes.join(" ");
        let content = [&*name, &*scopes, &*expires_at, &*from];
        let (services, operator, installation) = (&services, &operator, &TenantId::installation());
        let work = |_| async move {
            let made = services.installation_keys().create(InstallationAuthority::Desk(operator), new_key).await;
            made.map(|made| made.key)
        };
        let by = Recipient::desk(operator.user(), installation);
        once(services, by, "make-installation-key", &key, &content, work).await
    };
    match made.await {
        Ok(made) => {
            if let Some(account) = PageRequest::now().and_then(|req| req.account()) {
                DESK_KEY.keep(Recipient::desk(&account.user_id, &TenantId::installation()), &made);
            }
            redirect(KEYS);
        }
        Err(error) => {
            draft.keep();
            redirect_with_error(KEYS, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Revokes a key of the installation. Idempotent.
#[server(prefix = "/rpc", endpoint = "revoke-installation-key")]
pub(crate) async fn revoke_installation_key(#[server(default)] id: String) -> Result<(), ServerFnError> {
    let Some((services, operator)) = at_desk() else { return Ok(()) };
    let revoked = async { services.installation_keys().revoke(InstallationAuthority::Desk(&operator?), &id).await };
    match revoked.await {
        Ok(()) => redirect("/operator/keys?code=revoked"),
        // After a confirmation with a factor, the page asks again whether to revoke this key.
        Err(error) => redirect_with_error(KEYS, vec![("revoke", id)], &error),
    }
    Ok(())
}
