//! Input of a form that was rejected or postponed, to prefill the form.
//!
//! It travels in a cookie for ten minutes, because the user may have to sign in or confirm first. A query would
//! expose it in histories and logs.

use url::form_urlencoded;

use crate::{cookie::PageCookie, request::PageRequest};

const COOKIE: PageCookie = PageCookie::everywhere("draft");
/// Of the sign-in form. Separate, so that the draft of the form behind the sign-in survives.
const SIGN_IN: PageCookie = PageCookie::under("sign_in_draft", "/login");
const KEPT_SECS: u32 = 600;
/// Browsers drop a cookie above 4096 bytes.
const MAX_BYTES: usize = 3072;

/// Names and values of the form's fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft(Vec<(String, String)>);

impl Draft {
    pub(crate) fn of<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self(fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// The value of a field; empty if absent.
    pub(crate) fn value(&self, name: &str) -> String {
        self.values(name).next().unwrap_or_default().to_owned()
    }

    /// All values of a field.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Stores the draft in the browser until the form is shown. Fields are dropped from the first that does not fit.
    pub(crate) fn keep(&self) {
        self.keep_in(COOKIE);
    }

    /// Like [`Self::keep`], for the sign-in form. Extends the other draft: sign-in leads back to its form.
    pub(crate) fn keep_for_sign_in(&self) {
        self.keep_in(SIGN_IN);
        if let Some(req) = PageRequest::now() {
            Self::prolong(&req);
        }
    }

    fn keep_in(&self, cookie: PageCookie) {
        let value = self.encoded();
        if !value.is_empty() {
            cookie.keep(&value, KEPT_SECS);
        }
    }

    /// Extends the stored draft, before a page that may take a while and leads back to the form.
    pub(crate) fn prolong(req: &PageRequest) {
        if let Some(value) = COOKIE.value(req) {
            COOKIE.keep(&value, KEPT_SECS);
        }
    }

    /// Reads and deletes the stored draft: a form is prefilled once.
    pub(crate) fn take(req: &PageRequest) -> Self {
        Self::take_from(COOKIE, req)
    }

    /// Like [`Self::take`], for the sign-in form.
    pub(crate) fn take_for_sign_in(req: &PageRequest) -> Self {
        Self::take_from(SIGN_IN, req)
    }

    fn take_from(cookie: PageCookie, req: &PageRequest) -> Self {
        let Some(value) = cookie.value(req) else { return Self::default() };
        cookie.drop();
        Self::decoded(&value)
    }

    /// Encodes in one pass, because a form may have any number of fields.
    fn encoded(&self) -> String {
        let mut encoded = String::new();
        for (name, value) in &self.0 {
            let field = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
            let with_separator = encoded.len() + 1 + field.len();
            if with_separator > MAX_BYTES {
                break;
            }
            if !encoded.is_empty() {
                encoded.push('&');
            }
            encoded.push_str(&field);
        }
        encoded
    }

    fn decoded(value: &str) -> Self {
        // Longer than any draft that `encoded` writes.
        if value.len() > MAX_BYTES {
            return Self::default();
        }
        Self(form_urlencoded::parse(value.as_bytes()).into_owned().collect())
    }
}

/// For the fuzz target `form`: whether the encoding of a draft decodes to the same draft.
pub fn draft_round_trips(form: &str) -> bool {
    let value = Draft::decoded(form).encoded();
    value.len() <= MAX_BYTES && Draft::decoded(&value).encoded() == value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_beyond_the_size_limit_are_dropped_from_the_end() {
        let long = "é".repeat(1000);
        let draft = Draft::of([("company", "Acme"), ("notes", long.as_str()), ("more", "x")]);
        assert_eq!(draft.encoded(), "company=Acme");
        assert_eq!(Draft::of([("notes", long.as_str())]).encoded(), "");
    }

    #[test]
    fn a_long_list_is_encoded_in_one_pass() {
        let many = Draft::of(vec![("useCases", "a"); 1_000_000]);
        let began = std::time::Instant::now();
        assert!(many.encoded().len() <= MAX_BYTES);
        assert!(began.elapsed() < std::time::Duration::from_secs(1), "{:?}", began.elapsed());
        assert_eq!(Draft::decoded(&"a&".repeat(MAX_BYTES)), Draft::default());
    }

    #[test]
    fn a_draft_decodes_to_the_same_fields() {
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
