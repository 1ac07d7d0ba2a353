//! Measures JSON without decoding it.

use domain::error_code::ErrorCode;

use crate::api::ApiError;

/// Maximum number of values in a body: more than any endpoint needs, except for a batch of events.
const MAX_VALUES: usize = 8192;
/// Maximum depth of a body: more than any endpoint needs, with room for additional fields, which Dues ignores.
const MAX_DEPTH: usize = 32;
/// Maximum number of values per event of a batch, with its extensions and data, on average.
const MAX_VALUES_AN_ITEM: usize = 64;

/// The number of values and the depth of a JSON text. Meaningless for invalid JSON, which the decoder refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::api) struct Extent {
    values: usize,
    depth: usize,
    /// The number of items if the text is a list; otherwise 0.
    pub(in crate::api) items: usize,
}

impl Extent {
    /// Measures a text in one pass, without allocating.
    pub(in crate::api) fn of(text: &[u8]) -> Self {
        let mut extent = Self::default();
        let (mut depth, mut is_text, mut is_escaped, mut is_list, mut is_empty) = (0_usize, false, false, false, true);
        for byte in text {
            if is_text {
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => is_escaped = true,
                    b'"' => is_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => is_text = true,
                b'[' | b'{' => {
                    is_list |= depth == 0 && *byte == b'[';
                    depth += 1;
                    extent.values += 1;
                    extent.depth = extent.depth.max(depth);
                }
                b']' | b'}' => depth = depth.saturating_sub(1),
                b',' => {
                    extent.values += 1;
                    extent.items += usize::from(depth == 1);
                }
                _ => {}
            }
            is_empty &= depth < 1 || byte.is_ascii_whitespace() || (depth == 1 && *byte == b'[');
        }
        extent.items = if is_list && !is_empty { extent.items + 1 } else { 0 };
        extent
    }

    /// Refuses a text with more values or a greater depth than any body may have, except a batch of events.
    pub(in crate::api) fn check(self) -> Result<(), ApiError> {
        self.check_values(MAX_VALUES)
    }

    /// Refuses a list that is too deep, or has more values than `most_items` events may have together.
    pub(in crate::api) fn check_list(self, most_items: usize) -> Result<(), ApiError> {
        self.check_values(most_items * MAX_VALUES_AN_ITEM)
    }

    fn check_values(self, most: usize) -> Result<(), ApiError> {
        if self.values > most || self.depth > MAX_DEPTH { Err(oversized_json(most)) } else { Ok(()) }
    }
}

/// Returns the error for JSON that has more than `most_values` values or is nested too deep.
fn oversized_json(most_values: usize) -> ApiError {
    let message = format!(
        "The body holds more than any endpoint accepts: at most {most_values} values, nested {MAX_DEPTH} deep."
    );
    ApiError::new(ErrorCode::InvalidJson, message)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("", 0, 0)]
    #[case("7", 0, 0)]
    #[case("{}", 1, 0)]
    #[case("[]", 1, 0)]
    #[case(" [ ] ", 1, 0)]
    #[case("[1]", 1, 1)]
    #[case("[\"a,b\",{\"c\":[1,2]}]", 2, 2)]
    #[case("[[],[]]", 2, 2)]
    #[case("{\"a\":[1,2,3],\"b\":1}", 2, 0)]
    #[case("[\"\\\"[,{\",1]", 1, 2)]
    fn extent_matches_the_decoded_text(#[case] text: &str, #[case] depth: usize, #[case] items: usize) {
        let extent = Extent::of(text.as_bytes());
        let items_in = serde_json::from_str::<Vec<serde_json::Value>>(text).map_or(0, |list| list.len());
        assert_eq!((extent.items, items), (items, items_in), "{text}");
        assert!(extent.depth <= 3 && extent.depth >= depth.min(1), "{text}: {extent:?}");
    }

    #[test]
    fn oversized_json_is_refused_before_decoding() {
        assert!(Extent::of(format!("[{}1]", "1,".repeat(8000)).as_bytes()).check().is_ok());
        assert!(Extent::of(format!("[{}1]", "1,".repeat(9000)).as_bytes()).check().is_err());
        assert!(Extent::of("[[[[[[[[".repeat(5).as_bytes()).check().is_err());
        assert!(Extent::of(format!("{{\"a\":\"{}\"}}", "[,{".repeat(9000)).as_bytes()).check().is_ok());
    }
}
