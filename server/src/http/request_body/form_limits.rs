//! Limits of page forms, checked before they are decoded.

use std::collections::HashMap;

use crate::api::ApiError;

/// Limit of the fields of a form. No page form has as many, even with every box ticked.
const MAX_FIELDS: usize = 256;
/// Limit of the values under one field name.
const MAX_ITEMS: u32 = 64;

/// Refuses a form with too many fields, or too many values under one name. Runs in one pass.
pub(super) fn check(body: &[u8]) -> Result<(), ApiError> {
    let mut items: HashMap<&[u8], u32> = HashMap::new();
    for (at, field) in body.split(|byte| *byte == b'&').enumerate() {
        let items = items.entry(name(field)).or_default();
        *items += 1;
        if at >= MAX_FIELDS || *items > MAX_ITEMS {
            return Err(ApiError::too_many_fields(MAX_FIELDS, MAX_ITEMS));
        }
    }
    Ok(())
}

/// The field name without list brackets.
fn name(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| matches!(byte, b'=' | b'[' | b'%')).unwrap_or(field.len());
    field.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("useCases[]=a", 64)]
    #[case("useCases%5B%5D=a", 64)]
    #[case("useCases[0]=a", 64)]
    #[case("useCases", 64)]
    #[case("", 64)]
    fn values_of_one_name_are_limited(#[case] field: &str, #[case] most: usize) {
        assert!(check(vec![field; most].join("&").as_bytes()).is_ok());
        assert!(check(vec![field; most + 1].join("&").as_bytes()).is_err());
    }

    #[test]
    fn fields_of_a_form_are_limited() {
        let fields = |count: usize| (0..count).map(|at| format!("f{at}=x")).collect::<Vec<_>>().join("&");
        assert!(check(fields(256).as_bytes()).is_ok());
        assert!(check(fields(257).as_bytes()).is_err());
    }
}
