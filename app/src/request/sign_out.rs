//! Cookies of a person, which the browser deletes when the person signs out.

use crate::request::{cookie::PageCookie, draft, language::ACCOUNT_LANGUAGE, shown_once};

fn cookies() -> impl Iterator<Item = PageCookie> {
    draft::COOKIES.into_iter().chain(shown_once::COOKIES).chain([ACCOUNT_LANGUAGE])
}

/// Deletes the cookies, in the response to a page's form.
pub(crate) fn delete_cookies() {
    cookies().for_each(PageCookie::drop);
}

/// The `Set-Cookie` lines that delete the cookies.
pub fn deletions(is_https: bool) -> Vec<String> {
    cookies().map(|cookie| cookie.deletion(is_https)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cookie_of_the_person_is_deleted() {
        let lines = deletions(true);
        for name in [
            "__Host-draft",
            "sign_in_draft",
            "fresh_key",
            "fresh_desk_key",
            "fresh_invitation",
            "fresh_webhook_secret",
            "fresh_desk_webhook_secret",
            "fresh_codes",
            "provider_page",
            "__Host-account_language",
        ] {
            let wanted = format!("{name}=; Max-Age=0; Path=/");
            assert!(lines.iter().any(|line| line.starts_with(&wanted)), "{name} in {lines:?}");
        }
        assert_eq!(lines.len(), 10);
    }
}
