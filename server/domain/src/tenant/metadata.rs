//! What the product stores with a tenant.

use std::collections::BTreeMap;

/// Texts by key. Dues stores them and does not interpret them.
pub type Metadata = BTreeMap<String, String>;

/// How many keys a tenant's metadata may have.
pub const MAX_KEYS: usize = 50;
/// The maximum length of a key in characters.
pub const KEY_MAX_CHARS: usize = 40;
/// The maximum length of a value in characters.
pub const VALUE_MAX_CHARS: usize = 500;

/// The metadata exceeds a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "use at most {MAX_KEYS} keys of 1 to {KEY_MAX_CHARS} characters, with texts of at most {VALUE_MAX_CHARS} characters"
)]
pub struct InvalidMetadata;

/// Checks the limits of a tenant's metadata. Refuses NUL characters, because `PostgreSQL` can't store them.
pub fn check_metadata(metadata: &Metadata) -> Result<(), InvalidMetadata> {
    let fits = |(key, value): (&String, &String)| {
        (1..=KEY_MAX_CHARS).contains(&key.chars().count())
            && value.chars().count() <= VALUE_MAX_CHARS
            && !key.contains('\0')
            && !value.contains('\0')
    };
    if metadata.len() <= MAX_KEYS && metadata.iter().all(fits) { Ok(()) } else { Err(InvalidMetadata) }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn of(keys: usize, key_chars: usize, value_chars: usize) -> Metadata {
        let key = |number: usize| format!("{number:0>key_chars$}");
        (0..keys).map(|number| (key(number), "é".repeat(value_chars))).collect()
    }

    #[rstest]
    #[case(of(0, 1, 0), true)]
    #[case(of(50, 40, 500), true)]
    #[case(of(51, 40, 1), false)]
    #[case(of(1, 41, 1), false)]
    #[case(of(1, 40, 501), false)]
    #[case(Metadata::from([(String::new(), String::new())]), false)]
    #[case(Metadata::from([("a\0".to_owned(), String::new())]), false)]
    fn metadata_has_limits(#[case] metadata: Metadata, #[case] fits: bool) {
        assert_eq!(check_metadata(&metadata).is_ok(), fits, "{metadata:?}");
    }
}
