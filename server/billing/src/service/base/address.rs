//! URLs that callers send, in the ASCII form that providers, headers and browsers agree on.

use url::{Position, Url};

/// Parses a URL and returns it in ASCII. `None` for an invalid URL, or one with spaces, control characters or
/// backslashes, which parsers read differently.
///
/// Non-ASCII characters in the host are converted by IDNA, and all others are percent-encoded. ASCII characters in path
/// and query stay unchanged, such as `{CHECKOUT_SESSION_ID}`.
pub(in crate::service) fn ascii_url(text: &str) -> Option<(String, Url)> {
    let is_plain = |c: char| !c.is_ascii() || (c.is_ascii_graphic() && c != '\\');
    if !text.chars().all(is_plain) {
        return None;
    }
    let url = Url::parse(text).ok().filter(Url::has_host)?;
    if text.is_ascii() {
        return Some((text.to_owned(), url));
    }
    let (_, rest) = text.split_once("://")?;
    let path = rest.find(['/', '?', '#']).and_then(|at| rest.get(at..)).unwrap_or_default();
    let path = percent_encoding::utf8_percent_encode(path, &percent_encoding::AsciiSet::EMPTY);
    let ascii = format!("{}{path}", &url[..Position::BeforePath]);
    let url = Url::parse(&ascii).ok()?;
    Some((ascii, url))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("https://a.test/x?y={CHECKOUT_SESSION_ID}", Some("https://a.test/x?y={CHECKOUT_SESSION_ID}"))]
    #[case(
        "https://a.test/zurück?für={CHECKOUT_SESSION_ID}#ü",
        Some("https://a.test/zur%C3%BCck?f%C3%BCr={CHECKOUT_SESSION_ID}#%C3%BC")
    )]
    #[case("https://a.test/%C3%BC?x=ü", Some("https://a.test/%C3%BC?x=%C3%BC"))]
    #[case("https://bücher.test:8443/ü", Some("https://xn--bcher-kva.test:8443/%C3%BC"))]
    #[case("https://bücher.test", Some("https://xn--bcher-kva.test"))]
    #[case("https://a.test/日本", Some("https://a.test/%E6%97%A5%E6%9C%AC"))]
    #[case("https://a.test/a b", None)]
    #[case("https://a.test/a\u{0}", None)]
    #[case("https://a.test\\@evil.test/ü", None)]
    #[case("https:/a.test/ü", None)]
    #[case("/ü", None)]
    #[case("mailto:ü@a.test", None)]
    fn urls_are_converted_to_ascii(#[case] text: &str, #[case] ascii: Option<&str>) {
        assert_eq!(ascii_url(text).map(|(ascii, _)| ascii).as_deref(), ascii);
    }
}
