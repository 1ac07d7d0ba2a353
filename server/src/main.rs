//! `server`: see `server --help`.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Requests make many small allocations that other threads free, which mimalloc does faster than glibc's allocator.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    server::cli::run()
}
