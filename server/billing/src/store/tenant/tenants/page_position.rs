//! Positions in lists that are ordered by time: where a page ended and the next begins.

use domain::time::Timestamp;

const ID_MAX_BYTES: usize = 255;

/// A position in a list, written as `MICROS.ID`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PagePosition {
    pub at: Timestamp,
    pub id: String,
}

/// A text that is not a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a position in the list")]
pub struct InvalidPosition;

impl PagePosition {
    /// The position to read after in a list from the oldest to the newest. Without `after`, a position before all rows.
    pub(in crate::store) fn or_first(after: Option<&Self>) -> (i64, &str) {
        after.map_or((i64::MIN, ""), |place| (place.at.as_micros(), &place.id))
    }

    /// The position to read after in a list from the newest to the oldest. Without `after`, a position before all rows.
    pub(in crate::store) fn or_last(after: Option<&Self>) -> (i64, &str) {
        after.map_or((i64::MAX, ""), |place| (place.at.as_micros(), &place.id))
    }

    /// Truncates `rows` to `most` and returns the position to continue from; `None` if there are no more rows.
    pub(crate) fn truncate_page<T>(rows: &mut Vec<T>, most: usize, place: impl Fn(&T) -> Self) -> Option<Self> {
        let has_more = rows.len() > most;
        rows.truncate(most);
        rows.last().filter(|_| has_more).map(place)
    }
}

impl std::fmt::Display for PagePosition {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}.{}", self.at.as_micros(), self.id)
    }
}

impl std::str::FromStr for PagePosition {
    type Err = InvalidPosition;

    fn from_str(text: &str) -> Result<Self, InvalidPosition> {
        let (at, id) = text.split_once('.').ok_or(InvalidPosition)?;
        let at = Timestamp::from_micros(at.parse().map_err(|_| InvalidPosition)?);
        let is_id = (1..=ID_MAX_BYTES).contains(&id.len()) && !id.chars().any(char::is_control);
        if is_id { Ok(Self { at, id: id.to_owned() }) } else { Err(InvalidPosition) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_round_trips_and_other_texts_are_refused() {
        let place = PagePosition { at: Timestamp::from_secs(7), id: "stripe subscription sub_1.x".to_owned() };
        assert_eq!(place.to_string().parse(), Ok(place));
        for bad in ["", "1", "x.1", "1.", "1.a\nb", "99999999999999999999.a", &format!("1.{}", "a".repeat(256))] {
            assert_eq!(bad.parse::<PagePosition>(), Err(InvalidPosition), "{bad:?}");
        }
    }
}
