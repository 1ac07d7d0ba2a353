//! Validation of redirect targets: only local paths.

/// Returns a path within this site from a form or a query; `None` for any other text.
///
/// Browsers read `//host`, `/\host` and variants with tabs or line breaks as another site. `/login`, `/signup` and
/// `/rpc/…` are rejected too: the first two would loop, the last is no page.
pub(crate) fn local_path(text: &str) -> Option<&str> {
    let mut bytes = text.bytes();
    let rooted = bytes.next() == Some(b'/') && !matches!(bytes.next(), Some(b'/' | b'\\'));
    let clean = text.len() <= 512 && text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let page = text.split(['?', '#']).next().unwrap_or_default();
    (rooted && clean && !matches!(page, "/login" | "/signup") && !page.starts_with("/rpc/")).then_some(text)
}

/// The path of a mailed link's page: `folder` and the token. `None` if the token is malformed.
pub(crate) fn link_path(folder: &str, token: &str) -> Option<String> {
    let path = format!("{folder}/{token}");
    let is_token = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    local_path(&path).filter(|_| is_token).map(str::to_owned)
}

/// Builds `path?key=value&…` with escaped values.
pub(crate) fn with_query(path: &str, pairs: &[(&str, &str)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("{path}?{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_paths_are_accepted() {
        for good in ["/", "/membership", "/checkout?plan=pro&cycle=yearly", "/membership#plans"] {
            assert_eq!(local_path(good), Some(good));
        }
        let long = format!("/{}", "a".repeat(600));
        for bad in [
            "",
            "membership",
            "//evil.test",
            "/\\evil.test",
            "/a\\b",
            "https://evil.test",
            "/\t/evil.test",
            "/ /evil.test",
            "/\n/evil.test",
            "/é",
            "/login?next=/login",
            "/signup",
            "/rpc/sign_out",
            &long,
        ] {
            assert_eq!(local_path(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn only_a_token_is_part_of_an_address() {
        assert_eq!(link_path("/password", "a1B2").as_deref(), Some("/password/a1B2"));
        for bad in ["", "a/b", "a?b=c", "../login", "é", &"9".repeat(600)] {
            assert_eq!(link_path("/password", bad), None, "{bad:?}");
        }
    }

    #[test]
    fn values_are_escaped() {
        assert_eq!(with_query("/login", &[("next", "/checkout?plan=a&b")]), "/login?next=%2Fcheckout%3Fplan%3Da%26b");
        assert_eq!(with_query("/login", &[]), "/login");
    }
}
