//! Pseudo-languages made from the English messages: they show which texts are not translated, and how pages look with
//! longer texts and from right to left.

use fluent_syntax::{
    ast::{Entry, Expression, InlineExpression, Pattern, PatternElement, Resource},
    parser::parse,
    serializer::serialize,
};

/// A pseudo-language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pseudo {
    /// `en-XA`: accented and a third longer, in brackets.
    Accented,
    /// `ar-XB`: from right to left.
    RightToLeft,
}

const RIGHT_TO_LEFT_OVERRIDE: char = '\u{202e}';
const POP_DIRECTION: char = '\u{202c}';

impl Pseudo {
    pub(crate) fn of(tag: &str) -> Option<Self> {
        match tag {
            "en-XA" => Some(Self::Accented),
            "ar-XB" => Some(Self::RightToLeft),
            _ => None,
        }
    }
}

/// Transforms the texts of a file of messages. Arguments, tags and the file's structure stay.
pub(crate) fn transform(text: &str, pseudo: Pseudo) -> String {
    let (Ok(mut resource) | Err((mut resource, _))) = parse(text.to_owned());
    transform_resource(&mut resource, pseudo);
    serialize(&resource)
}

fn transform_resource(resource: &mut Resource<String>, pseudo: Pseudo) {
    for entry in &mut resource.body {
        let Entry::Message(message) = entry else { continue };
        // Formats are read as templates, and the direction is a keyword.
        if message.id.name.starts_with("format-") || message.id.name.starts_with("language-") {
            continue;
        }
        if let Some(pattern) = &mut message.value {
            transform_pattern(pattern, pseudo);
        }
    }
}

fn transform_pattern(pattern: &mut Pattern<String>, pseudo: Pseudo) {
    for element in &mut pattern.elements {
        match element {
            PatternElement::TextElement { value } => *value = words(value, pseudo),
            PatternElement::Placeable { expression: Expression::Select { variants, .. } } => {
                for variant in variants {
                    transform_pattern(&mut variant.value, pseudo);
                }
            }
            PatternElement::Placeable {
                expression: Expression::Inline(InlineExpression::StringLiteral { .. } | _),
            } => {}
        }
    }
}

/// Transforms words, and leaves tags as they are.
fn words(text: &str, pseudo: Pseudo) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while !rest.is_empty() {
        let (words, after) = rest.split_at(rest.find('<').unwrap_or(rest.len()));
        out.push_str(&plain_words(words, pseudo));
        let (tag, after) = after.split_at(after.find('>').map_or(after.len(), |end| end + 1));
        out.push_str(tag);
        rest = after;
    }
    out
}

fn plain_words(text: &str, pseudo: Pseudo) -> String {
    if text.trim().is_empty() {
        return text.to_owned();
    }
    match pseudo {
        Pseudo::Accented => {
            let accented: String = text.chars().map(accented).collect();
            format!("[{accented}{}]", " ~".repeat(text.chars().count() / 6))
        }
        Pseudo::RightToLeft => format!("{RIGHT_TO_LEFT_OVERRIDE}{text}{POP_DIRECTION}"),
    }
}

const fn accented(c: char) -> char {
    match c {
        'a' => 'á',
        'e' => 'é',
        'i' => 'í',
        'o' => 'ó',
        'u' => 'ú',
        'y' => 'ý',
        'n' => 'ñ',
        'c' => 'ç',
        'A' => 'Á',
        'E' => 'É',
        'I' => 'Í',
        'O' => 'Ó',
        'U' => 'Ú',
        other => other,
    }
}
