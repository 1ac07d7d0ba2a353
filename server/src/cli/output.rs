//! Standard output of the commands.

use std::{
    fmt,
    io::{self, Write},
};

/// Writes text to standard output. Discards the text, without an error, when the reader has closed standard output, as
/// in `server openapi | head`.
pub(super) fn write(text: fmt::Arguments<'_>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    match output.write_fmt(text).and_then(|()| output.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome,
    }
}

/// Like `println!`, but a closed standard output is no error, and other errors are returned instead of a panic.
macro_rules! print_line {
    ($($text:tt)*) => {
        $crate::cli::output::write(format_args!("{}\n", format_args!($($text)*)))
    };
}

pub(super) use print_line;
