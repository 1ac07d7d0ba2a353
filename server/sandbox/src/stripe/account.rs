//! In whose account at Stripe something is: a key tells, as Stripe's own do.

use serde::{Deserialize, Serialize};

/// What stands between a key's kind and the rest, and begins the name of an account.
const OWN: &str = "_test_51";
/// Several keys of one account share so many characters.
const NAME_CHARS: usize = 16;

/// One of the accounts that the sandbox keeps apart; without a name, the installation's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StripeAccount(Option<String>);

/// That an object is of another account than the installation's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Belonging {
    /// The object's.
    pub(crate) id: String,
    account: String,
}

impl StripeAccount {
    /// The one that a key opens: `sk_test_51…` an account of its own, which sees nothing of the others, and any other test key
    /// the installation's.
    pub(crate) fn of_key(key: &str) -> Self {
        let own = key.split_once(OWN).map(|(_, rest)| rest.chars().take_while(char::is_ascii_alphanumeric));
        let name: Option<String> = own.map(|letters| letters.take(NAME_CHARS).collect());
        Self(name.filter(|name| !name.is_empty()))
    }

    /// The one that an object is in.
    pub(crate) fn of_object(belonging: Option<&Belonging>) -> Self {
        Self(belonging.map(|it| it.account.clone()))
    }

    pub(crate) fn has(&self, belonging: Option<&Belonging>) -> bool {
        self.0.as_deref() == belonging.map(|it| it.account.as_str())
    }

    /// What is to be noted of a new object.
    pub(crate) fn belonging(&self, object: &str) -> Option<Belonging> {
        Some(Belonging { id: object.to_owned(), account: self.0.clone()? })
    }

    /// A key of somebody's choice, which may come again in another account.
    pub(crate) fn own_key(&self, key: &str) -> String {
        self.0.as_ref().map_or_else(|| key.to_owned(), |account| format!("{account}/{key}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_one_account_open_it_and_plain_ones_the_installations() {
        let of = StripeAccount::of_key;
        assert_eq!(of("sk_test_51AcmeRobotics00KeyOne"), of("rk_test_51AcmeRobotics00KeyTwo"));
        assert_ne!(of("sk_test_51AcmeRobotics00KeyOne"), of("sk_test_51ZenithWorks000KeyOne"));
        assert_eq!(of("sk_test_51acme_old"), of("sk_test_51acme_new"));
        assert_eq!(of("sk_test_demo"), of("sk_test_51"));
        assert_eq!(of("sk_test_demo"), StripeAccount(None));
    }
}
