//! Separate Stripe accounts. As at Stripe, the account's name is part of the API key.

use serde::{Deserialize, Serialize};

/// Prefixes of keys that name a separate account. The account's name follows.
const ACCOUNT_PREFIXES: [&str; 2] = ["sk_test_51", "rk_test_51"];
/// Id of the installation's account. Ids of separate accounts begin with `acct_1`, as Stripe's do, and never equal it.
const INSTALLATION: &str = "acct_0SandboxMain000";
/// Length of an account's name in a key. Keys of one account share these characters.
const NAME_CHARS: usize = 16;

/// A Stripe account. `None` is the installation's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StripeAccount(Option<String>);

/// Maps an object to the separate account that owns it. Objects of the installation's account have no such row.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ObjectOwner {
    /// The object's id.
    pub(crate) id: String,
    account: String,
}

impl StripeAccount {
    /// The account of an API key. `sk_test_51…` names a separate account, which is isolated from the others.
    /// Any other test key belongs to the installation's account.
    pub(crate) fn of_key(key: &str) -> Self {
        let rest = ACCOUNT_PREFIXES.iter().find_map(|prefix| key.strip_prefix(prefix));
        let rest = rest.map(|rest| rest.chars().take_while(char::is_ascii_alphanumeric));
        let name: Option<String> = rest.map(|letters| letters.take(NAME_CHARS).collect());
        Self(name.filter(|name| !name.is_empty()))
    }

    /// The account's id in the API.
    pub(crate) fn id(&self) -> String {
        self.0.as_ref().map_or_else(|| INSTALLATION.to_owned(), |name| format!("acct_1{name}"))
    }

    /// The account that owns an object, given its `owner` row. Without a row, it is the installation's account.
    pub(crate) fn of_object(owner: Option<&ObjectOwner>) -> Self {
        Self(owner.map(|owner| owner.account.clone()))
    }

    pub(crate) fn owns(&self, owner: Option<&ObjectOwner>) -> bool {
        self.0.as_deref() == owner.map(|owner| owner.account.as_str())
    }

    /// The row that records the owner of a new object. `None` for the installation's account.
    pub(crate) fn owner_row(&self, object: &str) -> Option<ObjectOwner> {
        Some(ObjectOwner { id: object.to_owned(), account: self.0.clone()? })
    }

    /// A caller's idempotency key, made unique across accounts.
    pub(crate) fn scoped_key(&self, key: &str) -> String {
        self.0.as_ref().map_or_else(|| key.to_owned(), |account| format!("{account}/{key}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_keys_select_their_account() {
        let of = StripeAccount::of_key;
        assert_eq!(of("sk_test_51AcmeRobotics00KeyOne"), of("rk_test_51AcmeRobotics00KeyTwo"));
        assert_ne!(of("sk_test_51AcmeRobotics00KeyOne"), of("sk_test_51ZenithWorks000KeyOne"));
        assert_eq!(of("sk_test_51acme_old"), of("sk_test_51acme_new"));
        assert_eq!(of("sk_test_demo"), of("sk_test_51"));
        assert_eq!(of("sk_test_demo"), StripeAccount(None));
        assert_eq!(of("sk_test_x_test_51acme"), StripeAccount(None));
    }

    #[test]
    fn accounts_have_distinct_ids() {
        let id = |key: &str| StripeAccount::of_key(key).id();
        assert_eq!(id("sk_test_one"), id("rk_test_two"));
        assert_eq!(id("sk_test_51AcmeRobotics00KeyOne"), "acct_1AcmeRobotics00Ke");
        assert_ne!(id("sk_test_51AcmeRobotics00KeyOne"), id("sk_test_51ZenithWorks000KeyOne"));
        assert_ne!(id("sk_test_510SandboxMain000"), id("sk_test_one"));
    }
}
