//! Ids and secrets as Stripe writes them: a prefix that names the kind, then random letters and digits.

use rand::{Rng, distr::Alphanumeric};

const ID_LEN: usize = 24;
const SECRET_LEN: usize = 32;

/// `cus_Nq3…`: unguessable (142 bits), as sessions are reached by their id alone.
pub(crate) fn new(prefix: &str) -> String {
    format!("{prefix}_{}", random(ID_LEN))
}

/// What follows `whsec_` and the like.
pub(crate) fn secret(prefix: &str) -> String {
    format!("{prefix}_{}", random(SECRET_LEN))
}

/// Letters and digits, 5.95 bits each.
pub(crate) fn random(len: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(len).map(char::from).collect()
}
