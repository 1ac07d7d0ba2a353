//! `server`: see `server --help`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A request makes many small things and drops them on another thread: glibc's allocator spends a quarter of its time on that.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    server::cli::run()
}
