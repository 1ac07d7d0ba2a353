//! Makes the database and the demo's data readable by this user only. The umask restricts new files; the mode of
//! existing files is changed.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use color_eyre::eyre::Context;
use rustix::{fs::Mode, process::umask};

const FILE: u32 = 0o600;
const FOLDER: u32 = 0o700;
/// Suffixes of a database's files.
const BESIDE: [&str; 5] = ["", "-wal", "-shm", "-journal", "-lock"];
/// How many levels of subfolders are restricted. Dues creates no deeper ones.
const MAX_DEPTH: usize = 8;

/// Sets the umask, so that files which this process creates are private to its user.
pub fn restrict_new_files() {
    umask(Mode::RWXG | Mode::RWXO);
}

/// Returns the path of a SQLite database; `None` for an in-memory database or another engine.
pub fn database(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path).split('?').next()?;
    (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path))
}

/// Restricts a database's files to this user.
pub fn restrict_database(file: &Path) -> color_eyre::Result<()> {
    for end in BESIDE {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        restrict(Path::new(&name), FILE)?;
    }
    Ok(())
}

/// Restricts a folder of Dues and its content to this user.
pub fn restrict_folder(folder: &Path) -> color_eyre::Result<()> {
    restrict_within(folder, MAX_DEPTH)
}

fn restrict_within(folder: &Path, depth: usize) -> color_eyre::Result<()> {
    restrict(folder, FOLDER)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            restrict_within(&entry.path(), depth - 1)?;
        } else if kind.is_file() {
            restrict(&entry.path(), FILE)?;
        }
    }
    Ok(())
}

/// Restricts one path to `mode`. Skips a missing path. Also skips a path that is private already, because it may belong
/// to another user on purpose.
fn restrict(path: &Path, mode: u32) -> color_eyre::Result<()> {
    let is_accessible = match fs::metadata(path) {
        Ok(there) => there.permissions().mode() & 0o077 != 0,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error.into()),
    };
    if is_accessible {
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
            .wrap_err_with(|| format!("{} is open to other users, and its mode can't be changed", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("sqlite://data/dues.db", Some("data/dues.db"))]
    #[case("sqlite:///var/lib/dues/dues.db?mode=rwc", Some("/var/lib/dues/dues.db"))]
    #[case("sqlite:dues.db", Some("dues.db"))]
    #[case("sqlite::memory:", None)]
    #[case("postgres://127.0.0.1/dues", None)]
    fn sqlite_file_is_read_from_the_url(#[case] url: &str, #[case] file: Option<&str>) {
        assert_eq!(database(url), file.map(PathBuf::from));
    }

    #[test]
    fn files_of_earlier_versions_are_restricted() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("sandbox");
        fs::create_dir(&inner).unwrap();
        let files = ["dues.db", "dues.db-wal", "sandbox/log"].map(|name| folder.path().join(name));
        for file in &files {
            fs::write(file, "x").unwrap();
            fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        }
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o755)).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        restrict_database(&files[0]).unwrap();
        assert_eq!(files.each_ref().map(|file| mode(file)), [0o600, 0o600, 0o644]);
        restrict_folder(folder.path()).unwrap();
        assert_eq!((mode(&files[2]), mode(&inner), mode(folder.path())), (0o600, 0o700, 0o700));
    }
}
