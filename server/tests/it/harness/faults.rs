//! Faults of the system for a server in a process of its own: a failed fsync, death at a step of a commit, a wall clock
//! that is set. `faults.c`, which the process preloads, has the calls of the system that fail.

use std::{
    fs::File,
    os::unix::fs::FileExt,
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::server::Setting;

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/harness/faults.c");
/// Positions of the numbers in the shared file, as in `struct faults` of `faults.c`.
const CLOCK_OFFSET_SECS: u64 = 0;
const FAILS_SYNC: u64 = 1;
const SYNCS_AFTER_FAILURE: u64 = 2;
const DIES_AT: u64 = 3;
/// The size of the shared file: a page.
const FILE_BYTES: u64 = 4096;
const NUMBER_BYTES: u64 = 8;

/// A step of a commit on `SQLite`, about its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CommitStep {
    BeforeWrite = 1,
    MidWrite = 2,
    BeforeSync = 3,
    AfterSync = 4,
}

/// The faults of a process. None is active at first.
pub(crate) struct Faults {
    folder: TempDir,
    shared: File,
}

impl Faults {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("faults.so");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .arg(output)
            .arg(SOURCE)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("cc can't be run, install the package gcc: {error}"));
        assert!(compiled.status.success(), "{}", String::from_utf8_lossy(&compiled.stderr));
        let shared =
            File::options().read(true).write(true).create_new(true).open(folder.path().join("shared")).unwrap();
        shared.set_len(FILE_BYTES).unwrap();
        Self { folder, shared }
    }

    /// The settings of the process.
    pub(super) fn settings(&self) -> [Setting; 2] {
        let path = |name: &str| self.folder.path().join(name).to_str().unwrap().to_owned();
        [("LD_PRELOAD", path("faults.so")), ("FAULTS_FILE", path("shared"))]
    }

    /// Makes the next fsync of the database's log fail. Later ones succeed, as on Linux.
    pub(crate) fn fail_next_sync(&self) {
        self.set(SYNCS_AFTER_FAILURE, 0);
        self.set(FAILS_SYNC, 1);
    }

    /// How many times the process synced the database after the failure.
    pub(crate) fn syncs_after_failure(&self) -> i64 {
        let mut bytes = [0; 8];
        self.shared.read_exact_at(&mut bytes, SYNCS_AFTER_FAILURE * NUMBER_BYTES).unwrap();
        i64::from_ne_bytes(bytes)
    }

    /// Lets the process die, as by SIGKILL, when it comes to this step. `None`: at no step.
    pub(crate) fn die_at(&self, step: Option<CommitStep>) {
        self.set(DIES_AT, step.map_or(0, |step| step as i64));
    }

    /// Sets the wall clock of the process so many seconds ahead of the system's, or behind it if negative.
    pub(crate) fn set_clock_ahead(&self, secs: i64) {
        self.set(CLOCK_OFFSET_SECS, secs);
    }

    fn set(&self, place: u64, value: i64) {
        self.shared.write_all_at(&value.to_ne_bytes(), place * NUMBER_BYTES).unwrap();
    }
}
