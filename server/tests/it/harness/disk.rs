//! A small file system that a test can fill.

use std::{
    env,
    fs::{self, File},
    io::{ErrorKind, Write},
    path::PathBuf,
    process::Command,
};

/// The environment variable that names the mounted folder in the test's second process.
const PLACE: &str = "SMALL_DISK";

pub(crate) struct Disk {
    pub(crate) folder: PathBuf,
}

impl Disk {
    /// Runs the test `test` again in a second process, whose mount namespace has a file system of this size.
    ///
    /// Returns `Some` in the second process. Returns `None` in the first process after the second has passed: the
    /// caller then has nothing left to do.
    pub(crate) fn of_mebibytes(size: u32, test: &str) -> Option<Self> {
        if let Some(folder) = env::var_os(PLACE) {
            return Some(Self { folder: folder.into() });
        }
        let place = tempfile::tempdir().unwrap();
        let mount = r#"mount -t tmpfs -o "size=$1m" tmpfs "$SMALL_DISK" && shift && exec "$@""#;
        let ran = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", mount, "sh", &size.to_string()])
            .arg(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(PLACE, place.path())
            .output()
            .unwrap_or_else(|error| panic!("unshare can't be run, install the package util-linux: {error}"));
        let said = [ran.stdout, ran.stderr].map(|said| String::from_utf8_lossy(&said).into_owned()).concat();
        assert!(
            ran.status.success(),
            "on a separate disk (which needs root, or unprivileged user namespaces):\n{said}"
        );
        assert!(said.contains("1 passed"), "no test is called {test}:\n{said}");
        None
    }

    /// Fills the remaining space.
    pub(crate) fn fill(&self) {
        let mut ballast = File::create(self.ballast()).unwrap();
        let error = loop {
            if let Err(error) = ballast.write_all(&[0; 4096]) {
                break error;
            }
        };
        assert_eq!(error.kind(), ErrorKind::StorageFull);
    }

    pub(crate) fn make_room(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.folder.join("ballast")
    }
}
