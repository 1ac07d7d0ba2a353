//! A message whose arguments are filled in often, as in dates and amounts: formatted once, then only joined.

use fluent_syntax::ast::{Expression, InlineExpression, PatternElement};

/// The texts around the arguments `{0}`, `{1}`, ….
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Argument(usize),
}

/// The first of the characters that stand for arguments while a message becomes a template.
const FIRST_ARGUMENT: u32 = 0xe010;
pub(crate) const MAX_ARGUMENTS: u32 = 8;

impl Template {
    /// The text to give as argument of this position when the message is formatted for [`Template::read`].
    pub(crate) fn placeholder(position: u32) -> String {
        char::from_u32(FIRST_ARGUMENT + position.min(MAX_ARGUMENTS - 1)).map(String::from).unwrap_or_default()
    }

    /// Reads a message that was formatted with placeholders.
    pub(crate) fn read(formatted: &str) -> Self {
        let mut pieces = vec![];
        let mut text = String::new();
        for c in formatted.chars() {
            match u32::from(c).checked_sub(FIRST_ARGUMENT).filter(|position| *position < MAX_ARGUMENTS) {
                Some(position) => {
                    if !text.is_empty() {
                        pieces.push(Piece::Text(std::mem::take(&mut text)));
                    }
                    pieces.push(Piece::Argument(position as usize));
                }
                None => text.push(c),
            }
        }
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
        Self(pieces)
    }

    pub(crate) fn fill(&self, arguments: &[&str]) -> String {
        self.write(|position, out| {
            out.push_str(arguments.get(position).copied().unwrap_or_default());
            Some(())
        })
        .unwrap_or_default()
    }

    /// Joins the texts with arguments that `argument` writes. Returns `None` if it returns `None`.
    pub(crate) fn write(&self, mut argument: impl FnMut(usize, &mut String) -> Option<()>) -> Option<String> {
        let mut out = String::with_capacity(48);
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Argument(position) => argument(*position, &mut out)?,
            }
        }
        Some(out)
    }
}

/// Whether a part of a message is the same for all arguments, or an argument as it is.
pub(crate) fn is_joined(element: &PatternElement<&str>) -> bool {
    match element {
        PatternElement::TextElement { .. } => true,
        PatternElement::Placeable { expression: Expression::Inline(inline) } => matches!(
            inline,
            InlineExpression::VariableReference { .. }
                | InlineExpression::StringLiteral { .. }
                | InlineExpression::TermReference { arguments: None, .. }
        ),
        PatternElement::Placeable { expression: Expression::Select { .. } } => false,
    }
}
