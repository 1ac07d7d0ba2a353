//! What somebody wrote into a form that was sent back, so that she need not write it again.
//!
//! It travels in a cookie for a minute: an address would show it in histories and logs.

use url::form_urlencoded;

use crate::request::{Asked, drop_cookie, keep_cookie};

const NAME: &str = "draft";
const PATH: &str = "/";
const KEPT_SECS: u32 = 60;
/// Browsers drop a cookie of more than 4096.
const MAX_BYTES: usize = 3072;

/// Names and values of the form's fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft(Vec<(String, String)>);

impl Draft {
    pub(crate) fn of<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// What was written into a field; empty when nothing was.
    pub(crate) fn value(&self, name: &str) -> String {
        self.values(name).next().unwrap_or_default().to_owned()
    }

    /// What was chosen of several.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Gives it to the browser until the form is shown again. What does not fit is left out, the last field first.
    pub(crate) fn keep(&self) {
        let value = self.fitting().encoded();
        if !value.is_empty() {
            keep_cookie(NAME, &value, PATH, KEPT_SECS);
        }
    }

    fn fitting(&self) -> Self {
        let mut fitting = self.clone();
        while fitting.encoded().len() > MAX_BYTES {
            fitting.0.pop();
        }
        fitting
    }

    /// Takes it back: the form is shown with it once.
    pub(crate) fn take(asked: &Asked) -> Self {
        let Some(value) = asked.cookie(NAME) else { return Self::default() };
        drop_cookie(NAME, PATH);
        Self::decoded(&value)
    }

    fn encoded(&self) -> String {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish()
    }

    fn decoded(value: &str) -> Self {
        Self(form_urlencoded::parse(value.as_bytes()).into_owned().collect())
    }
}

/// For the fuzz target `form`: whether what a form holds fits a cookie and comes back as it was.
pub fn draft_comes_back(form: &str) -> bool {
    let kept = Draft::decoded(form).fitting();
    let value = kept.encoded();
    value.len() <= MAX_BYTES && Draft::decoded(&value) == kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out_from_the_end() {
        let long = "é".repeat(1000);
        let draft = Draft::of([("company", "Acme"), ("notes", long.as_str()), ("more", "x")]);
        assert_eq!(draft.fitting(), Draft::of([("company", "Acme")]));
        assert_eq!(Draft::of([("notes", long.as_str())]).fitting(), Draft::default());
    }

    #[test]
    fn what_was_written_comes_back_as_it_was() {
        let draft = Draft::of([
            ("email", "ada@example.com; Path=/x"),
            ("workspace", "A & B = \"C\" é\r\n"),
            ("scopes", "read"),
            ("scopes", "usage"),
        ]);
        let value = draft.encoded();
        assert!(value.bytes().all(|byte| byte.is_ascii_graphic() && !b";,\"\\".contains(&byte)), "{value}");
        let back = Draft::decoded(&value);
        assert_eq!(back, draft);
        assert_eq!(back.value("workspace"), "A & B = \"C\" é\r\n");
        assert_eq!(back.values("scopes").collect::<Vec<_>>(), ["read", "usage"]);
        assert_eq!(Draft::decoded("%%%").value("email"), "");
    }
}
