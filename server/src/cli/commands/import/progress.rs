//! The progress of an import on standard error: one line that is rewritten on a terminal, else a line now and then.

use std::{
    io::{self, IsTerminal, Write},
    mem,
};

use domain::{
    money::grouped,
    tenant::import::{ImportState, ImportSummary},
};

/// The number of characters of the bar.
const BAR: u64 = 30;
/// Off a terminal, a line is written after so many rows.
const ROWS_PER_LINE: u64 = 1_000;

/// Shows the progress.
#[derive(Debug, Default)]
pub(super) struct ProgressLine {
    /// The state, the number of rows in [`ROWS_PER_LINE`] and the error of the last line.
    last: Option<(ImportState, u64, Option<String>)>,
    /// The width of the line on the terminal.
    width: usize,
    /// Whether the last step found that another process takes the import further.
    is_held: bool,
}

impl ProgressLine {
    pub(super) fn show(&mut self, summary: &ImportSummary) -> io::Result<()> {
        let decided: u64 = summary.counts.values().sum();
        let text = describe(summary, decided);
        let mut output = io::stderr();
        if output.is_terminal() {
            let width = text.chars().count();
            let rest = " ".repeat(self.width.saturating_sub(width));
            self.width = width;
            write!(output, "\r{text}{rest}")?;
            return output.flush();
        }
        let rows = if summary.state == ImportState::Reading { summary.read } else { decided };
        let now = Some((summary.state, rows / ROWS_PER_LINE, summary.error.clone()));
        if self.last != now {
            self.last = now;
            writeln!(output, "{text}")?;
        }
        Ok(())
    }

    /// Says, once, that another process takes the import further.
    pub(super) fn say_held(&mut self) -> io::Result<()> {
        if mem::replace(&mut self.is_held, true) {
            return Ok(());
        }
        self.finish()?;
        self.width = 0;
        writeln!(
            io::stderr(),
            "Another process takes the import further. Half a minute after it ends, this one goes on."
        )
    }

    /// Ends the line on a terminal.
    pub(super) fn finish(&self) -> io::Result<()> {
        if self.width > 0 { writeln!(io::stderr()) } else { Ok(()) }
    }
}

fn describe(summary: &ImportSummary, decided: u64) -> String {
    let waits = summary.error.as_ref().filter(|_| summary.state.is_running());
    if let Some(error) = waits {
        return format!("{error} Trying again.");
    }
    let (read, written) = (grouped(summary.read), grouped(summary.written));
    match summary.state {
        ImportState::Reading => format!("{read} customers read"),
        ImportState::Planning => format!("{} {} of {read} customers", bar(decided, summary.read), grouped(decided)),
        ImportState::Writing => {
            let done = grouped(decided);
            format!("{} {done} of {read} customers, {written} tenants linked", bar(decided, summary.read))
        }
        ImportState::Done | ImportState::Failed | ImportState::Canceled => {
            format!("{} of {read} customers, {written} tenants linked", grouped(decided))
        }
    }
}

fn bar(done: u64, all: u64) -> String {
    let filled = done.min(all).saturating_mul(BAR).checked_div(all).unwrap_or(BAR);
    let (filled, empty) =
        (usize::try_from(filled).unwrap_or_default(), usize::try_from(BAR - filled).unwrap_or_default());
    format!("[{}{}]", "#".repeat(filled), ".".repeat(empty))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills() {
        assert_eq!(bar(0, 10), format!("[{}]", ".".repeat(30)));
        assert_eq!(bar(5, 10), format!("[{}{}]", "#".repeat(15), ".".repeat(15)));
        assert_eq!(bar(20, 10), format!("[{}]", "#".repeat(30)));
        assert_eq!(bar(0, 0), format!("[{}]", "#".repeat(30)));
    }
}
