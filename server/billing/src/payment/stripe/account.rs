//! The account that the key opens (Stripe: "Accounts"), and how a customer of it is shown.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::customer::RetrieveCustomer;

use super::{Stripe, client::if_known, is_object_id, read_id};
use crate::payment::{
    AnotherObject, ProviderError,
    account::{CustomerState, Mode, ProviderAccount},
};

/// Stripe names the account without an id: the key's own.
struct RetrieveOwnAccount;

impl StripeRequest for RetrieveOwnAccount {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Get, "/account")
    }
}

#[derive(Deserialize)]
struct Account {
    id: String,
    /// Not among the fields that Stripe documents; believed where it is there.
    livemode: Option<bool>,
}

/// A deleted customer keeps its id and little else.
#[derive(Deserialize)]
struct Customer {
    id: String,
    #[serde(default)]
    deleted: bool,
}

/// Live keys begin with `sk_live_` or `rk_live_`; whatever else is none opens a test mode.
pub(super) fn mode_of(key: &SecretString) -> Mode {
    if key.expose_secret().split('_').nth(1) == Some("live") { Mode::Live } else { Mode::Test }
}

impl Stripe {
    /// A restricted key needs the right to read the account (`rak_accounts_kyc_basic_read`).
    pub(super) async fn account(&self) -> Result<ProviderAccount, ProviderError> {
        let Account { id, livemode } = self.ask(&RetrieveOwnAccount, None).await?;
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
        let found: Option<Customer> = if_known(self.ask(&RetrieveCustomer::new(id), None).await)?;
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
    fn a_key_says_its_mode(#[case] key: &str, #[case] mode: Mode) {
        assert_eq!(mode_of(&key.to_owned().into()), mode);
    }
}
