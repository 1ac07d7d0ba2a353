//! The table of replayed calls.

use std::io::Write;

use crate::harness::Engine;

/// A call by one caller.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) document: String,
    pub(super) call: String,
    pub(super) caller: String,
    /// The differences from the document; empty if there are none.
    pub(super) differences: Vec<String>,
}

/// Prints the table to the terminal. Returns `true` if every call is as documented.
///
/// Bypasses the test's captured output, which is hidden when the test passes.
pub(super) fn print(engine: Engine, rows: &[Row]) -> bool {
    let width = |of: fn(&Row) -> &str| rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default();
    let (documents, calls, callers) = (width(|row| &row.document), width(|row| &row.call), width(|row| &row.caller));
    let mut text = format!("\nWhat the documents print, on {engine:?}\n");
    for Row { document, call, caller, differences } in rows {
        let outcome = if differences.is_empty() { "as printed".to_owned() } else { differences.join("; ") };
        let line = format!("  {document:documents$}  {call:calls$}  {caller:callers$}  {outcome}\n");
        text.push_str(&line);
    }
    let wrong = rows.iter().filter(|row| !row.differences.is_empty()).count();
    let replayed = format!("  {} replayed, {wrong} not as printed.\n", rows.len());
    text.push_str(&replayed);
    std::io::stdout().write_all(text.as_bytes()).unwrap();
    wrong == 0
}
