//! The lock of a `SQLite` database, which keeps a restore from replacing a database in use.
//!
//! Each process that opens a database shares its lock with others; a restore holds the lock alone. The kernel releases
//! the lock when its process ends, also when it is killed, so that a file which is left behind locks nothing.

use std::{
    fs::{File, OpenOptions, TryLockError, metadata, symlink_metadata},
    io,
    os::unix::fs::{MetadataExt, OpenOptionsExt, fchown},
    path::{Path, PathBuf},
    str::FromStr,
};

use sqlx::sqlite::SqliteConnectOptions;

/// The suffix of the file that is locked. It is never deleted: a process that has opened it could lock a file without a
/// name. The database's own file can't be locked: closing it drops the locks that `SQLite` holds on it in this process.
const SUFFIX: &str = "-lock";
const PRIVATE: u32 = 0o600;

/// The lock of one database. Dropping it releases it.
#[derive(Debug)]
pub struct DatabaseLock(File);

impl DatabaseLock {
    /// Shares the lock of a database with others. `None` while a process holds it alone. Does not wait.
    pub fn share(database: &Path) -> io::Result<Option<Self>> {
        let file = open(database)?;
        let locked = file.try_lock_shared();
        taken(file, locked)
    }

    /// Takes the lock of a database alone. `None` while a process holds or shares it. Does not wait.
    pub fn take_alone(database: &Path) -> io::Result<Option<Self>> {
        let file = open(database)?;
        let locked = file.try_lock();
        taken(file, locked)
    }

    /// Releases the lock. Repeatable.
    pub(super) fn release(&self) {
        // Fails only if the file is not locked.
        self.0.unlock().ok();
    }
}

fn taken(file: File, locked: Result<(), TryLockError>) -> io::Result<Option<DatabaseLock>> {
    match locked {
        Ok(()) => Ok(Some(DatabaseLock(file))),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Opens the file that is locked. Creates a missing one. Refuses a link: through it, the owner of the folder could be
/// given a file of another place, if root runs a command.
fn open(database: &Path) -> io::Result<File> {
    let database = resolve(database)?;
    let mut path = database.clone().into_os_string();
    path.push(SUFFIX);
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(PRIVATE).open(&path)?;
    let (opened, named) = (file.metadata()?, symlink_metadata(&path)?);
    if (opened.dev(), opened.ino()) != (named.dev(), named.ino()) {
        return Err(io::Error::other(format!("{} is a link: delete it", Path::new(&path).display())));
    }
    give_to_owner(&file, &database);
    Ok(file)
}

/// Gives a file to the owner of the database beside it, or of the folder if there is no database. A command that root
/// runs would otherwise lock the server's user out. No-op for other users, who can't give files away.
pub fn give_to_owner(file: &File, database: &Path) {
    let beside = metadata(database).or_else(|_| metadata(folder_of(database)));
    let (Ok(beside), Ok(made)) = (beside, file.metadata()) else { return };
    if (made.uid(), made.gid()) != (beside.uid(), beside.gid()) {
        fchown(file, Some(beside.uid()), Some(beside.gid())).ok();
    }
}

/// Returns the absolute path of a database's file, links followed. The file may be missing, its folder may not.
pub fn resolve(database: &Path) -> io::Result<PathBuf> {
    match database.canonicalize() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let name = database.file_name().ok_or(error)?;
            Ok(folder_of(database).canonicalize()?.join(name))
        }
        outcome => outcome,
    }
}

/// Returns the folder of a file: `.` for a name alone.
pub fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Returns the file of a `SQLite` database by its URL; `None` for a database in memory or on another engine.
pub fn sqlite_file(url: &str) -> Result<Option<PathBuf>, sqlx::Error> {
    let is_in_memory = url.contains(":memory:") || url.contains("mode=memory");
    if !url.starts_with("sqlite:") || is_in_memory {
        return Ok(None);
    }
    Ok(Some(SqliteConnectOptions::from_str(url)?.get_filename().to_owned()))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[test]
    fn a_lock_is_shared_or_held_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("dues.db");
        let first = DatabaseLock::share(&database).unwrap().unwrap();
        let second = DatabaseLock::share(&database).unwrap().unwrap();
        assert!(DatabaseLock::take_alone(&database).unwrap().is_none());
        first.release();
        drop(second);
        let alone = DatabaseLock::take_alone(&database).unwrap().unwrap();
        assert!(DatabaseLock::share(&database).unwrap().is_none());
        assert!(DatabaseLock::take_alone(&database).unwrap().is_none());
        drop(alone);
        // The file that is left behind locks nothing.
        assert!(folder.path().join("dues.db-lock").exists());
        assert!(DatabaseLock::share(&database).unwrap().is_some());
    }

    #[test]
    fn a_link_to_a_database_has_the_lock_of_the_database() {
        let folder = tempfile::tempdir().unwrap();
        let (database, link) = (folder.path().join("dues.db"), folder.path().join("link.db"));
        std::fs::write(&database, "").unwrap();
        std::os::unix::fs::symlink(&database, &link).unwrap();
        let _shared = DatabaseLock::share(&link).unwrap().unwrap();
        assert!(DatabaseLock::take_alone(&database).unwrap().is_none());
    }

    #[test]
    fn a_link_in_the_place_of_the_lock_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (database, other) = (folder.path().join("dues.db"), folder.path().join("other"));
        std::fs::write(&other, "of another place").unwrap();
        std::os::unix::fs::symlink(&other, folder.path().join("dues.db-lock")).unwrap();
        assert!(DatabaseLock::share(&database).unwrap_err().to_string().contains("dues.db-lock is a link"));
        assert!(DatabaseLock::take_alone(&database).is_err());
        assert_eq!(std::fs::read_to_string(&other).unwrap(), "of another place");
    }

    #[rstest]
    #[case("sqlite://data/dues.db", Some("data/dues.db"))]
    #[case("sqlite:///var/lib/dues/due%3Fs.db?mode=rwc", Some("/var/lib/dues/due?s.db"))]
    #[case("sqlite:dues.db", Some("dues.db"))]
    #[case("sqlite::memory:", None)]
    #[case("postgres://127.0.0.1/dues", None)]
    fn the_file_is_read_from_the_url(#[case] url: &str, #[case] file: Option<&str>) {
        assert_eq!(sqlite_file(url).unwrap(), file.map(PathBuf::from));
    }
}
