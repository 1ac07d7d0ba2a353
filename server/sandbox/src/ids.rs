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

/// Sixteen bytes as Polar writes its ids.
pub(crate) fn uuid_of(bytes: &[u8]) -> String {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(bytes) {
        *to = *from;
    }
    uuid::Builder::from_random_bytes(id).into_uuid().to_string()
}

/// A new id as Polar's are: a random UUID.
pub(crate) fn uuid() -> String {
    uuid_of(&rand::rng().random::<[u8; 16]>())
}
