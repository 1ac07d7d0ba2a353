//! Names that people choose and that stand in mails to strangers: they hold no addresses and nothing that can't be seen.

/// What is wrong with a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameMistake {
    #[error("use no line breaks, invisible characters or direction marks")]
    Hidden,
    #[error("use no web or e-mail addresses")]
    Address,
}

/// Checks a name that may stand in a mail to a stranger.
pub fn check_name(name: &str) -> Result<(), NameMistake> {
    if has_hidden_characters(name) {
        Err(NameMistake::Hidden)
    } else if spans(name).any(|(_, is_address)| is_address) {
        Err(NameMistake::Address)
    } else {
        Ok(())
    }
}

/// Whether a text has control characters, or characters that show nothing or change the direction of writing.
pub fn has_hidden_characters(text: &str) -> bool {
    text.chars().any(is_hidden)
}

/// A name as a mail may say it, whenever it was chosen: hidden characters are gone, and no mail program makes a link of what is left.
pub fn name_for_mail(name: &str) -> String {
    let seen: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_hidden(*c)).collect();
    let mut told = String::with_capacity(seen.len());
    for (span, is_address) in spans(&seen) {
        if is_address {
            // Its words alone.
            let words =
                span.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'').filter(|word| !word.is_empty());
            told.push_str(&words.collect::<Vec<_>>().join(" "));
        } else {
            told.push_str(span);
        }
    }
    told.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Unicode's format characters (category Cf), its line and paragraph separators, and fillers that show nothing.
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

/// The words of a text and the spaces between them, in order: each with whether it is an address.
fn spans(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.split_inclusive(char::is_whitespace).flat_map(|part| {
        let word = part.trim_end();
        let rest = part.get(word.len()..).unwrap_or_default();
        [(word, is_address(word)), (rest, false)]
    })
}

/// `https://…`, `www.…`, `a@b`, and what looks like a domain: `evil.example`, also inside of other characters.
fn is_address(word: &str) -> bool {
    let word: String = word.chars().map(as_ascii).collect();
    word.contains("://") || word.contains('@') || has_domain(&word)
}

/// The dots, slashes and at-signs that mail programs and browsers read as the ASCII ones.
const fn as_ascii(c: char) -> char {
    match c {
        '\u{3002}' | '\u{ff0e}' | '\u{ff61}' | '\u{2024}' | '\u{fe52}' => '.',
        '\u{ff20}' | '\u{fe6b}' => '@',
        '\u{ff1a}' | '\u{fe55}' | '\u{a789}' => ':',
        '\u{ff0f}' | '\u{2044}' | '\u{2215}' => '/',
        other => other,
    }
}

/// A dot between a letter or digit and a label of two letters or more: `3.14`, `v2.0`, `Inc.` and `A.B` have none.
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
    fn names_of_people_and_firms_are_names() {
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
            "and/or",
            "Dr. No",
            "🚀 Labs",
        ] {
            assert_eq!(check_name(name), Ok(()), "{name}");
            assert_eq!(name_for_mail(name), name);
        }
    }

    #[test]
    fn an_address_in_a_name_is_refused_and_is_no_link_in_a_mail() {
        for (name, told) in [
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
        ] {
            assert_eq!(check_name(name), Err(NameMistake::Address), "{name}");
            assert_eq!(name_for_mail(name), told);
            assert_eq!(check_name(&name_for_mail(name)), Ok(()), "{name}");
        }
    }

    #[test]
    fn what_can_not_be_seen_is_refused_and_is_gone_in_a_mail() {
        for c in
            ['\n', '\u{0}', '\u{7f}', '\u{ad}', '\u{200b}', '\u{202e}', '\u{2028}', '\u{2066}', '\u{feff}', '\u{e0041}']
        {
            let name = format!("Ac{c}me");
            assert_eq!(check_name(&name), Err(NameMistake::Hidden), "{c:?}");
            assert_eq!(name_for_mail(&name).replace(' ', ""), "Acme", "{c:?}");
        }
        // Nor does it hide an address.
        assert_eq!(name_for_mail("evil\u{200b}.example"), "evil example");
    }
}
