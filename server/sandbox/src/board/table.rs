//! The tables of the board.

#![expect(clippy::needless_pass_by_value, reason = "callers build the markup in place")]

use maud::{Markup, html};

/// How many of the newest rows each table shows.
pub(super) const ROWS: usize = 20;

/// A table that is displayed as a list of cards on a phone. For screen readers it stays a table.
pub(super) fn folding(caption: &str, heads: &[&str], rows: Markup) -> Markup {
    html! {
        div.scroll tabindex="0" role="region" aria-label={ "Table of " (caption.to_lowercase()) } {
            table.ledger.fold.mid role="table" {
                caption.unseen { (caption) }
                thead role="rowgroup" { tr role="row" {
                    @for head in heads {
                        @if head.is_empty() { td role="cell" {} } @else { th scope="col" role="columnheader" { (head) } }
                    }
                } }
                tbody role="rowgroup" { (rows) }
            }
        }
    }
}

/// Why a customer canceled, as the caller of the API or the customer on a hosted page said it.
pub(super) fn given_reason(feedback: Option<&str>, comment: Option<&str>) -> Markup {
    html! {
        @if let Some(feedback) = feedback { br; "Reason: " (feedback) }
        @if let Some(comment) = comment { br; q { (comment) } }
    }
}
