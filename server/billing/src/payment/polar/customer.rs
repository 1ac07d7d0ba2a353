//! Customers, found by the tenant's id, and sessions of their portal.

use domain::ids::TenantId;
use http::Method;
use serde_json::json;
use url::Url;

use super::{
    Polar, answer,
    client::{ATTEMPTS, optional},
    in_organization, is_object_id, read_id,
};
use crate::payment::{AnotherObject, NewCustomer, NewPortal, ProviderError, bounded::backoff};

impl Polar {
    /// Returns the id of the customer whose external id is the tenant's, and creates the customer if there is none.
    /// Polar releases the external id of a deleted customer, so that the same call creates its replacement.
    pub(super) async fn find_or_create_customer(&self, new: &NewCustomer) -> Result<String, ProviderError> {
        let NewCustomer { tenant, replaced_customer: _, name, email } = new;
        let mut email = email.clone();
        let mut tried = 0;
        loop {
            tried += 1;
            let found: Result<answer::Customer, _> =
                self.client.get(&format!("customers/external/{tenant}"), &[]).await;
            if let Some(found) = optional(found)? {
                if found.external_id.is_some_and(|of| of != tenant.as_str()) {
                    return Err(AnotherObject("customer").into());
                }
                return read_id(found.id);
            }
            let body = json!({
                "external_id": tenant,
                "email": email,
                "name": name,
                "metadata": { "tenant_id": tenant },
            });
            let body = in_organization(body, self.organization.as_deref());
            match self.client.create::<answer::Object>("customers/", &body).await {
                Ok(made) => return read_id(made.id),
                // A concurrent call created the customer, or an earlier response was lost: the next look-up finds it.
                Err(error) if tried < ATTEMPTS && error.is_about("external_id") => {}
                // Polar requires unique email addresses, and one user may own several workspaces.
                Err(error) if tried < ATTEMPTS && error.is_about("email") => email = sub_address(&email, tenant),
                Err(error) if tried < ATTEMPTS && error.is_retryable() => backoff(tried).await,
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(super) async fn portal(&self, new: &NewPortal) -> Result<Url, ProviderError> {
        let NewPortal { customer, flow: _, return_url, done_url: _, locale: _ } = new;
        if !is_object_id(customer) {
            return Err(unknown_customer());
        }
        let body = json!({ "customer_id": customer, "return_url": return_url });
        let session: answer::CustomerSession =
            self.client.send_idempotent(Method::POST, "customer-sessions/", &body).await?;
        session.customer_portal_url.parse().map_err(|cause: url::ParseError| ProviderError::Decode(cause.into()))
    }
}

/// Returns the error for an id without a customer.
pub(super) fn unknown_customer() -> ProviderError {
    #[derive(Debug, thiserror::Error)]
    #[error("Polar has no customer of this id")]
    struct NoCustomer;
    ProviderError::UnknownCustomer(NoCustomer.into())
}

/// Returns a subaddress such as `ada+T@acme.test`: the same mailbox, unique by tenant.
fn sub_address(email: &str, tenant: &TenantId) -> String {
    match email.split_once('@') {
        Some((name, host)) => format!("{name}+{tenant}@{host}"),
        None => email.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subaddress_keeps_the_mailbox() {
        assert_eq!(sub_address("ada@acme.test", &"t1".parse().unwrap()), "ada+t1@acme.test");
    }
}
