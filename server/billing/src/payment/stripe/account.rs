//! The account that the key opens (Stripe: "Accounts"), and the state of its customers.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::customer::RetrieveCustomer;

use super::{Stripe, client::optional, is_object_id, read_id};
use crate::payment::{
    AnotherObject, ProviderError,
    account::{CustomerState, Mode, ProviderAccount},
};

/// Retrieves the account of the key, without an id in the path.
struct RetrieveAccount;

impl StripeRequest for RetrieveAccount {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Get, "/account")
    }
}

#[derive(Deserialize)]
struct Account {
    id: String,
    /// Not documented by Stripe; used where it is present.
    livemode: Option<bool>,
}

/// The fields of a customer that are read. For a deleted customer, Stripe returns little more than the id.
#[derive(Deserialize)]
struct Customer {
    id: String,
    #[serde(default)]
    deleted: bool,
}

/// Returns live mode for a key that begins with `sk_live_` or `rk_live_`, else test mode.
pub(super) fn mode_of(key: &SecretString) -> Mode {
    if key.expose_secret().split('_').nth(1) == Some("live") { Mode::Live } else { Mode::Test }
}

impl Stripe {
    /// Returns the account of the key. A restricted key needs the permission `rak_accounts_kyc_basic_read`.
    pub(super) async fn account(&self) -> Result<ProviderAccount, ProviderError> {
        let Account { id, livemode } = self.call(&RetrieveAccount, None).await?;
        let id = read_id(id)?;
        let mode = match livemode {
            Some(true) => Mode::Live,
            Some(false) => Mode::Test,
            None => self.mode,
        };
        Ok(ProviderAccount { id, mode })
    }

    pub(super) async fn customer(&self, id: &str) -> Result<CustomerState, ProviderError> {
        if !is_object_id(id) {
            return Ok(CustomerState::Unknown);
        }
        let found: Option<Customer> = optional(self.call(&RetrieveCustomer::new(id), None).await)?;
        Ok(match found {
            Some(Customer { id: of, .. }) if of != id => return Err(AnotherObject("customer").into()),
            Some(Customer { deleted: true, .. }) => CustomerState::Deleted,
            Some(Customer { deleted: false, .. }) => CustomerState::Present,
            None => CustomerState::Unknown,
        })
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("sk_live_51abc", Mode::Live)]
    #[case("rk_live_51abc", Mode::Live)]
    #[case("sk_test_51abc", Mode::Test)]
    #[case("rk_test_live_abc", Mode::Test)]
    #[case("live", Mode::Test)]
    fn the_mode_is_read_from_the_key(#[case] key: &str, #[case] mode: Mode) {
        assert_eq!(mode_of(&key.to_owned().into()), mode);
    }
}
