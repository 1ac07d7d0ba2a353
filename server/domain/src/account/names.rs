//! Validation of names that users choose and that appear in mails to others: no addresses, no invisible characters.

/// Why a name is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    #[error("use no line breaks, invisible characters or direction marks")]
    Hidden,
    #[error("use no web or e-mail addresses")]
    Address,
}

/// Validates a name that may appear in a mail to another person.
pub fn check_name(name: &str) -> Result<(), InvalidName> {
    if has_hidden_characters(name) {
        Err(InvalidName::Hidden)
    } else if spans(name).any(|(_, is_address)| is_address) {
        Err(InvalidName::Address)
    } else {
        Ok(())
    }
}

/// Whether the text contains control or invisible characters, or characters that change the direction of writing.
pub fn has_hidden_characters(text: &str) -> bool {
    text.chars().any(is_hidden)
}

/// The name in a form that is safe in a mail: without hidden characters, links and addresses.
///
/// For names that were stored before [`check_name`] existed.
pub fn name_for_mail(name: &str) -> String {
    let visible: String =
        name.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect();
    let mut safe = String::with_capacity(visible.len());
    for (span, is_address) in spans(&visible) {
        if is_address {
            // Keep the words of the address, drop its punctuation.
            let is_separator = |c: char| !as_ascii(c).is_alphanumeric() && c != '-' && c != '\'';
            let words = span.split(is_separator).filter(|word| !word.is_empty());
            safe.push_str(&words.collect::<Vec<_>>().join(" "));
        } else {
            safe.push_str(span);
        }
    }
    safe.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The e-mail address in a form that is safe in a mail to another person.
///
/// Returned unchanged if its local part has only the usual characters and does not begin like a link. Otherwise treated
/// as in [`name_for_mail`].
pub fn address_for_mail(address: &str) -> String {
    let local = address.rsplit_once('@').map_or("", |(local, _)| local);
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '+' | '-' | '\'');
    let is_usual = !local.is_empty()
        && local.chars().all(is_plain)
        && !["www.", "http", "ftp."].iter().any(|link| local.starts_with(link));
    if is_usual { address.to_owned() } else { name_for_mail(address) }
}

/// Whether the character is a control, a format character (Unicode category Cf), a line or paragraph separator or an
/// invisible filler.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{34f}'
                | '\u{600}'..='\u{605}'
                | '\u{61c}'
                | '\u{6dd}'
                | '\u{70f}'
                | '\u{115f}'
                | '\u{1160}'
                | '\u{17b4}'
                | '\u{17b5}'
                | '\u{180b}'..='\u{180f}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{3164}'
                | '\u{feff}'
                | '\u{ffa0}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{110bd}'
                | '\u{1bca0}'..='\u{1bca3}'
                | '\u{1d173}'..='\u{1d17a}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Splits a text into words and the white space between them, in order. The flag says whether the part is an address.
fn spans(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.split_inclusive(char::is_whitespace).flat_map(|part| {
        let word = part.trim_end();
        let rest = part.get(word.len()..).unwrap_or_default();
        [(word, is_address(word)), (rest, false)]
    })
}

/// Whether a word contains a link or an address: `https://…`, `www.…`, `a@b`, `tel:…`, a numeric address or what looks
/// like a domain (`evil.example`), also within other characters.
fn is_address(word: &str) -> bool {
    let word: String = without_catalan_dots(word).chars().map(as_ascii).collect();
    word.contains("://")
        || word.contains('@')
        || has_domain(&word)
        || has_scheme(&word)
        || is_numeric_address(&word)
        || BRACKETED_DOTS.iter().any(|dot| word.contains(dot))
}

/// Common spellings of a dot that keep programs from linking an address.
const BRACKETED_DOTS: [&str; 3] = ["[.]", "(.)", "{.}"];

/// URL schemes that programs follow without a `//`.
const SCHEMES: [&str; 21] = [
    "callto",
    "cid",
    "data",
    "facetime",
    "file",
    "ftp",
    "geo",
    "http",
    "https",
    "intent",
    "javascript",
    "magnet",
    "mailto",
    "market",
    "sip",
    "skype",
    "sms",
    "tel",
    "vbscript",
    "view-source",
    "whatsapp",
];

/// Whether the word contains a URL with one of [`SCHEMES`], as in `javascript:x`, also after other characters.
///
/// `Tel: 5`, with a space after the colon, is not one.
fn has_scheme(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower.match_indices(':').any(|(at, _)| {
        let (before, after) = (lower.get(..at).unwrap_or_default(), lower.get(at + 1..).unwrap_or_default());
        let scheme = before.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '-').next().unwrap_or_default();
        !after.is_empty() && SCHEMES.contains(&scheme)
    })
}

/// Whether the word is an IPv4 or IPv6 address, with or without brackets, port and path.
fn is_numeric_address(word: &str) -> bool {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != ':');
    let host = bare.split(['/', ']', '%', '?', '#']).next().unwrap_or_default();
    let is_v4 = |text: &str| text.parse::<std::net::Ipv4Addr>().is_ok();
    host.parse::<std::net::Ipv6Addr>().is_ok() || host.split(':').any(is_v4)
}

/// Replaces the Catalan `l·l` by `ll`, because its middle dot is part of a letter and separates no labels of a domain.
fn without_catalan_dots(word: &str) -> String {
    word.replace("l\u{b7}l", "ll").replace("L\u{b7}L", "LL")
}

/// Maps a look-alike of an ASCII dot, colon, slash or at-sign to the ASCII character. Returns others unchanged.
const fn as_ascii(c: char) -> char {
    match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' | '\u{fe52}' | '\u{a4f8}' | '\u{701}' | '\u{702}'
        | '\u{b7}' | '\u{387}' | '\u{2027}' | '\u{2219}' | '\u{22c5}' => '.',
        '\u{ff20}' | '\u{fe6b}' => '@',
        '\u{ff1a}' | '\u{fe55}' | '\u{a789}' => ':',
        '\u{ff0f}' | '\u{2044}' | '\u{2215}' => '/',
        other => other,
    }
}

/// Whether the word has a dot between a letter or digit and a label of two letters or more.
///
/// `3.14`, `v2.0`, `Inc.` and `A.B` have none.
fn has_domain(word: &str) -> bool {
    let mut before = None;
    let mut rest = word.chars();
    while let Some(c) = rest.next() {
        if c == '.' && before.is_some_and(char::is_alphanumeric) {
            let label = rest.clone().take_while(|c| c.is_alphabetic()).take(2).count();
            if label == 2 {
                return true;
            }
        }
        before = Some(c);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_people_and_companies_are_accepted() {
        for name in [
            "Acme Robotics",
            "O'Neill & Söhne, Inc.",
            "株式会社 日本",
            "Studio 3.14",
            "v2.0",
            "U.S. Steel",
            "A.B. Volvo",
            "Ada's workspace",
            "10:30 club",
            "Col·lecció",
            "Re:Work",
            "ジョン・スミス",
            "Version 2.0.1",
            "Data: the firm",
            "and/or",
            "Dr. No",
            "🚀 Labs",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
            assert_eq!(name_for_mail(name), name);
        }
    }

    #[test]
    fn an_address_in_a_name_is_refused_and_never_a_link_in_a_mail() {
        for (name, safe) in [
            ("Your bank. Act now: https://evil.example/login", "Your bank. Act now: https evil example login"),
            ("evil.example", "evil example"),
            ("Call www.evil.test today", "Call www evil test today"),
            ("mail ada@evil.test", "mail ada evil test"),
            ("(evil.example)", "evil example"),
            ("evil。example", "evil example"),
            ("evil．example", "evil example"),
            ("ada＠evil", "ada evil"),
            ("xn--evil-1.example", "xn--evil-1 example"),
            ("javascript://x", "javascript x"),
            ("1.2.3.4.example", "1 2 3 4 example"),
            ("192.0.2.7", "192 0 2 7"),
            ("pay at 1.2.3.4:8080/x now", "pay at 1 2 3 4 8080 x now"),
            ("[2001:db8::7]", "2001 db8 7"),
            ("[::1]", "1"),
            ("evil[.]example", "evil example"),
            ("javascript:alert(1)", "javascript alert 1"),
            ("call tel:123", "call tel 123"),
            ("http:evil", "http evil"),
            ("evil\u{a4f8}com", "evil com"),
            ("evil\u{701}com", "evil com"),
            ("evil\u{b7}com", "evil com"),
            ("evil\u{2027}com", "evil com"),
        ] {
            assert_eq!(check_name(name), Err(InvalidName::Address), "{name}");
            assert_eq!(name_for_mail(name), safe);
            assert_eq!(check_name(&name_for_mail(name)), Ok(()), "{name}");
        }
    }

    #[test]
    fn an_address_is_unchanged_in_a_mail_unless_it_reads_as_a_link() {
        for usual in ["ada@example.com", "ada.lovelace+dues@example.com", "josé@exämple.de", "o'neill_1@x.test"] {
            assert_eq!(address_for_mail(usual), usual);
        }
        for (odd, safe) in [
            ("www.evil-bank.example@x.test", "www evil-bank example x test"),
            ("pay/now@x.test", "pay now x test"),
            ("click!here@x.test", "click here x test"),
        ] {
            assert_eq!(address_for_mail(odd), safe);
        }
    }

    #[test]
    fn hidden_characters_are_refused_in_names_and_removed_in_mails() {
        for c in
            ['\n', '\u{0}', '\u{7f}', '\u{ad}', '\u{200b}', '\u{202e}', '\u{2028}', '\u{2066}', '\u{feff}', '\u{e0041}']
        {
            let name = format!("Ac{c}me");
            assert_eq!(check_name(&name), Err(InvalidName::Hidden), "{c:?}");
            assert_eq!(name_for_mail(&name).replace(' ', ""), "Acme", "{c:?}");
        }
        // A hidden character does not hide an address.
        assert_eq!(name_for_mail("evil\u{200b}.example"), "evil example");
    }
}
