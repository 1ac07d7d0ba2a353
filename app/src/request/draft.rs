//! Input of a form that was rejected or postponed, to prefill the form.
//!
//! The draft stays in a cookie for ten minutes, because the user may have to sign in or confirm first. A query would
//! expose it in histories and logs.
//!
//! The cookie starts with a mark: the form's name, and the user, tenant and object that the form was drawn for. Only a
//! form with the same mark is prefilled.

use domain::ids::UserId;
use url::form_urlencoded;

use crate::request::{PageRequest, cookie::PageCookie, drawn_for::DrawnFor};

const COOKIE: PageCookie = PageCookie::everywhere("draft");
/// The cookie of the sign-in form. It is separate, so that the draft of the form that led to sign-in is kept.
const SIGN_IN: PageCookie = PageCookie::under("sign_in_draft", "/login");
/// The cookies of drafts, to delete at sign-out.
pub(crate) const COOKIES: [PageCookie; 2] = [COOKIE, SIGN_IN];
const KEPT_SECS: u32 = 600;
/// Separates the mark from the encoded fields. Neither contains this character.
const AFTER_MARK: char = '~';
const MARK_PART_MAX_BYTES: usize = 64;
/// Maximum length of a cookie's value. Browsers drop a cookie above 4096 bytes.
const MAX_BYTES: usize = 3072;

/// Names and values of the form's fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Draft {
    fields: Vec<(String, String)>,
    /// The id of the object that the form is about, see [`Self::about`].
    about: Option<String>,
}

impl Draft {
    pub(crate) fn of<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Self { fields, about: None }
    }

    /// Sets the id of the object that the form is about, in addition to the open workspace: the tenant of a desk form,
    /// or a webhook endpoint.
    pub(crate) fn about(self, id: &str) -> Self {
        Self { about: Some(id.to_owned()), ..self }
    }

    /// The value of a field; empty if absent.
    pub(crate) fn value(&self, name: &str) -> String {
        self.values(name).next().unwrap_or_default().to_owned()
    }

    /// All values of a field.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Stores the draft in the browser, to prefill the form of this request when the same user sees the form again.
    ///
    /// Drops the first field that does not fit and all fields after it.
    pub(crate) fn keep(&self) {
        let Some(req) = PageRequest::now() else { return };
        let Some(mark) = mark(req.path(), &DrawnFor::of_sent(&req), self.about.as_deref()) else { return };
        let fields = self.encoded_within(MAX_BYTES - mark.len() - AFTER_MARK.len_utf8());
        if !fields.is_empty() {
            COOKIE.keep(&format!("{mark}{AFTER_MARK}{fields}"), KEPT_SECS);
        }
    }

    /// Like [`Self::keep`], for the sign-in form. Also extends the stored draft of another form, because sign-in leads
    /// back to that form.
    pub(crate) fn keep_for_sign_in(&self) {
        let value = self.encoded();
        if !value.is_empty() {
            SIGN_IN.keep(&value, KEPT_SECS);
        }
        if let Some(req) = PageRequest::now() {
            Self::prolong(&req);
        }
    }

    /// Deletes the draft of the sign-in form after a correct password, and extends the stored draft of another form,
    /// because entering the code of the second factor may take a while.
    pub(crate) fn await_code() {
        SIGN_IN.drop();
        if let Some(req) = PageRequest::now() {
            Self::prolong(&req);
        }
    }

    /// Deletes the draft of the sign-in form, and the stored draft of another form unless it belongs to `user`, who has
    /// just signed in.
    pub(crate) fn sign_in(user: &UserId) {
        SIGN_IN.drop();
        let kept = PageRequest::now().and_then(|req| COOKIE.value(&req));
        if kept.is_some_and(|value| user_of(&value) != user.as_str()) {
            COOKIE.drop();
        }
    }

    /// Extends the stored draft, before a page that may take a while and leads back to the form.
    pub(crate) fn prolong(req: &PageRequest) {
        if let Some(value) = COOKIE.value(req) {
            COOKIE.keep(&value, KEPT_SECS);
        }
    }

    /// Returns and deletes the stored draft if it belongs to one of the page's `forms`, which are named by their paths.
    ///
    /// Empty if the draft belongs to another form, user or tenant. A draft of another user is deleted. A draft of the
    /// same user stays stored for its form.
    pub(crate) fn take(req: &PageRequest, forms: &[&str]) -> Self {
        Self::take_if(req, forms, None)
    }

    /// Like [`Self::take`], for forms about the object with this id.
    pub(crate) fn take_about(req: &PageRequest, forms: &[&str], id: &str) -> Self {
        Self::take_if(req, forms, Some(id))
    }

    fn take_if(req: &PageRequest, forms: &[&str], about: Option<&str>) -> Self {
        let Some(value) = COOKIE.value(req) else { return Self::default() };
        let (kept, fields) = value.split_once(AFTER_MARK).unwrap_or_default();
        let is_kept = |form: &&str| mark(form, &DrawnFor::of_form(form, req), about).as_deref() == Some(kept);
        if forms.iter().any(is_kept) {
            COOKIE.drop();
            return Self::decoded(fields);
        }
        if DrawnFor::user_now(req).is_some_and(|user| user_of(&value) != user) {
            COOKIE.drop();
        }
        Self::default()
    }

    /// Like [`Self::take`], for the sign-in form.
    pub(crate) fn take_for_sign_in(req: &PageRequest) -> Self {
        let Some(value) = SIGN_IN.value(req) else { return Self::default() };
        SIGN_IN.drop();
        Self::decoded(&value)
    }

    fn encoded(&self) -> String {
        self.encoded_within(MAX_BYTES)
    }

    /// Encodes the fields before the first that would exceed `max_bytes`, in one pass: a form may have any number of
    /// fields.
    fn encoded_within(&self, max_bytes: usize) -> String {
        let mut encoded = String::new();
        for (name, value) in &self.fields {
            let field = form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
            let with_separator = encoded.len() + 1 + field.len();
            if with_separator > max_bytes {
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
        // `encoded` never writes a value of this length, so Dues did not set this cookie.
        if value.len() > MAX_BYTES {
            return Self::default();
        }
        Self { fields: form_urlencoded::parse(value.as_bytes()).into_owned().collect(), about: None }
    }
}

/// The mark of a draft: form, user, tenant and object, joined by dots. `None` if a part is not an identifier, as in a
/// forged URL.
fn mark(path: &str, drawn_for: &DrawnFor, about: Option<&str>) -> Option<String> {
    let form = path.strip_prefix("/rpc/")?;
    let parts =
        [Some(form), drawn_for.user.as_deref(), drawn_for.tenant.as_deref(), about].map(Option::unwrap_or_default);
    let is_plain = |part: &&str| {
        part.len() <= MARK_PART_MAX_BYTES
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    parts.iter().all(is_plain).then(|| parts.join("."))
}

/// The user in the mark of a stored draft; empty if the mark names no user.
fn user_of(value: &str) -> &str {
    value.split('.').nth(1).unwrap_or_default()
}

/// For the fuzz target `form`: whether the encoding of a draft decodes to the same draft.
pub fn draft_round_trips(form: &str) -> bool {
    let value = Draft::decoded(form).encoded();
    value.len() <= MAX_BYTES && Draft::decoded(&value).encoded() == value
}

#[cfg(test)]
mod tests {
    use domain::account::Viewer;
    use http::Request;

    use super::*;
    use crate::fixture;

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

    fn request(by: Option<&Viewer>, draft: &str) -> PageRequest {
        let request = Request::get("/").header("cookie", format!("draft={draft}"));
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        if let Some(viewer) = by {
            parts.extensions.insert(viewer.clone());
        }
        PageRequest::of(parts)
    }

    fn viewer(user: &str, tenant: &str) -> Viewer {
        let mut viewer = fixture::view(None, fixture::TODAY, &[]).viewer.account_viewer().unwrap();
        viewer.user_id = user.parse().unwrap();
        viewer.current_membership.tenant_id = tenant.parse().unwrap();
        viewer
    }

    #[test]
    fn a_draft_prefills_its_form_for_the_same_user_tenant_and_object_alone() {
        const KEYS: &str = "/rpc/make-key";
        const DESK: &str = "/rpc/operator-key";
        let (ada, eve, elsewhere) = (viewer("ada", "acme"), viewer("eve", "acme"), viewer("ada", "zenith"));
        let draft = "make-key.ada.acme.~name=Nightly";
        let name = |by, form, about| Draft::take_if(&request(by, draft), &["/rpc/invite", form], about).value("name");
        assert_eq!(name(Some(&ada), KEYS, None), "Nightly");
        for (by, form, about) in [
            (Some(&eve), KEYS, None),
            (Some(&elsewhere), KEYS, None),
            (None, KEYS, None),
            (Some(&ada), "/rpc/set-secret", None),
            (Some(&ada), KEYS, Some("whe_1")),
        ] {
            assert_eq!(name(by, form, about), "", "{form} {about:?}");
        }
        let at_desk = "operator-key.ada..zenith~keyName=x";
        let of_desk = |id| Draft::take_about(&request(Some(&ada), at_desk), &[DESK], id).value("keyName");
        assert_eq!((&*of_desk("zenith"), &*of_desk("acme")), ("x", ""));
    }

    #[test]
    fn a_visitor_gets_back_the_draft_of_a_form_without_a_user() {
        let taken = |by| Draft::take(&request(by, "signup...~email=a"), &["/rpc/signup"]).value("email");
        assert_eq!(taken(None), "a");
        let asked = |by| {
            let forms = ["/rpc/enterprise-signup"];
            Draft::take(&request(by, "enterprise-signup...~email=a"), &forms).value("email")
        };
        assert_eq!((&*asked(None), &*asked(Some(&viewer("eve", "acme")))), ("a", ""));
    }

    #[test]
    fn a_forged_address_marks_no_draft() {
        let of = |user: &str| {
            let drawn_for = DrawnFor { user: Some(user.to_owned()), tenant: None };
            mark("/rpc/invite", &drawn_for, None)
        };
        assert_eq!(of("ada").as_deref(), Some("invite.ada.."));
        let long = "a".repeat(MARK_PART_MAX_BYTES + 1);
        for forged in ["ada.acme", "ada~x", "ada; Path=/", long.as_str()] {
            assert_eq!(of(forged), None, "{forged}");
        }
        assert_eq!(mark("/settings/keys", &DrawnFor::default(), None), None);
    }
}
