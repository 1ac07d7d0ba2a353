//! Files that hold what is nobody else's business: the database, and what the demo keeps. They are for this user alone, new ones
//! by the umask and those of earlier versions by a change of their modes.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use color_eyre::eyre::Context;
use rustix::{fs::Mode, process::umask};

const FILE: u32 = 0o600;
const FOLDER: u32 = 0o700;
/// Beside a database's own file.
const BESIDE: [&str; 4] = ["", "-wal", "-shm", "-journal"];
/// A folder that nests deeper than anything Dues makes is none of its own.
const MAX_DEPTH: usize = 8;

/// From now on whatever this process makes is for its user alone.
pub fn for_this_user_alone() {
    umask(Mode::RWXG | Mode::RWXO);
}

/// The file of a database on SQLite.
pub fn database(url: &str) -> Option<PathBuf> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path).split('?').next()?;
    (!path.is_empty() && path != ":memory:").then(|| PathBuf::from(path))
}

/// Takes a database's files from everybody else.
pub fn close_database(file: &Path) -> color_eyre::Result<()> {
    for end in BESIDE {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        close(Path::new(&name), FILE)?;
    }
    Ok(())
}

/// Takes a folder that is Dues' own, and all that is in it, from everybody else.
pub fn close_folder(folder: &Path) -> color_eyre::Result<()> {
    close_within(folder, MAX_DEPTH)
}

fn close_within(folder: &Path, depth: usize) -> color_eyre::Result<()> {
    close(folder, FOLDER)?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            close_within(&entry.path(), depth - 1)?;
        } else if kind.is_file() {
            close(&entry.path(), FILE)?;
        }
    }
    Ok(())
}

/// What is not there needs none, and what is this strict already stays as it is: it may be another user's on purpose.
fn close(path: &Path, mode: u32) -> color_eyre::Result<()> {
    let is_open = match fs::metadata(path) {
        Ok(there) => there.permissions().mode() & 0o077 != 0,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => return Err(error.into()),
    };
    if is_open {
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
    fn the_file_of_a_database_is_found(#[case] url: &str, #[case] file: Option<&str>) {
        assert_eq!(database(url), file.map(PathBuf::from));
    }

    #[test]
    fn files_of_earlier_versions_are_taken_from_others() {
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
        close_database(&files[0]).unwrap();
        assert_eq!(files.each_ref().map(|file| mode(file)), [0o600, 0o600, 0o644]);
        close_folder(folder.path()).unwrap();
        assert_eq!((mode(&files[2]), mode(&inner), mode(folder.path())), (0o600, 0o700, 0o700));
    }
}
