//! `server`: see `server --help`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Requests make many small allocations and free them on other threads, which costs glibc's allocator a quarter of its
/// time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    server::cli::run()
}
