//! Ids and secrets in the providers' formats.

use rand::{Rng, distr::Alphanumeric};

const ID_LEN: usize = 24;
const SECRET_LEN: usize = 32;

/// An id such as `cus_Nq3…`. Its 142 random bits make it unguessable: hosted pages are reached by id alone.
pub(crate) fn new(prefix: &str) -> String {
    format!("{prefix}_{}", random(ID_LEN))
}

/// A secret such as `whsec_…`.
pub(crate) fn secret(prefix: &str) -> String {
    format!("{prefix}_{}", random(SECRET_LEN))
}

/// Random letters and digits, 5.95 bits each.
pub(crate) fn random(len: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(len).map(char::from).collect()
}

/// Formats the first sixteen bytes as a UUID, which is the format of Polar's ids.
pub(crate) fn uuid_of(bytes: &[u8]) -> String {
    let mut id = [0; 16];
    for (to, from) in id.iter_mut().zip(bytes) {
        *to = *from;
    }
    uuid::Builder::from_random_bytes(id).into_uuid().to_string()
}

/// A random UUID, which is the format of Polar's ids.
pub(crate) fn uuid() -> String {
    uuid_of(&rand::rng().random::<[u8; 16]>())
}
