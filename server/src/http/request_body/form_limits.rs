//! Forms of pages, measured before they are decoded.

use std::collections::HashMap;

use crate::api::ApiError;

/// More than any form of a page has, with every box ticked.
const MAX_FIELDS: usize = 256;
/// Values of one list.
const MAX_ITEMS: u32 = 64;

/// Refuses a form with too many fields, or too many values under one name. One pass.
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

/// What stands before the brackets of a list.
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
    fn a_list_has_an_end(#[case] field: &str, #[case] most: usize) {
        assert!(check(vec![field; most].join("&").as_bytes()).is_ok());
        assert!(check(vec![field; most + 1].join("&").as_bytes()).is_err());
    }

    #[test]
    fn a_form_has_one_too() {
        let fields = |count: usize| (0..count).map(|at| format!("f{at}=x")).collect::<Vec<_>>().join("&");
        assert!(check(fields(256).as_bytes()).is_ok());
        assert!(check(fields(257).as_bytes()).is_err());
    }
}
