//! Puts the database of a back-up in place of another one, so that an interruption leaves the old one or the new one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use billing::store::{
    backup::{ClosedDatabase, check_sqlite, close_sqlite},
    database_lock::{DatabaseLock, folder_of, give_to_owner, resolve},
};
use color_eyre::eyre::{Context, Report, bail};
use tempfile::NamedTempFile;

use super::{
    file::{Backup, sync_folder},
    manifest::Manifest,
};

/// Suffixes of the files beside a database that `SQLite` would apply to the restored one.
const LEFTOVERS: [&str; 3] = ["-wal", "-shm", "-journal"];

/// Restores the back-up `path` to `database`. Replaces an existing one only if `force`. Returns the database's path,
/// links followed.
pub(super) async fn restore(database: &Path, path: &Path, force: bool) -> color_eyre::Result<(Manifest, PathBuf)> {
    let folder = folder_of(database);
    fs::create_dir_all(folder).wrap_err("DATABASE_URL is wrong: it expects a folder that is there or can be made")?;
    let database = resolve(database)?;
    let folder = folder_of(&database);
    // Held until the database is replaced: no server starts meanwhile.
    let Some(_lock) = DatabaseLock::take_alone(&database)? else { bail!(in_use(&database)) };
    let exists = fs::symlink_metadata(&database).is_ok();
    if exists && !force {
        bail!("{} exists: --force replaces it", database.display())
    }
    let mut backup = Backup::open(path).await?;
    let copy = copy_beside(&database, &mut backup).await?;
    let schema = check_sqlite(copy.path()).await.wrap_err_with(|| format!("{} can't be restored", path.display()))?;
    let manifest = backup.manifest;
    if schema != manifest.schema {
        bail!("the schema of the back-up is {schema}, its manifest says {}", manifest.schema)
    }
    // SQLite would apply a log that is left behind to the restored database, and the old database needs its log. So
    // first move the log into the old database, then delete it, then replace the database. Only a database that can't
    // be read loses its log before it is replaced.
    if exists && close_sqlite(&database).await? == ClosedDatabase::InUse {
        bail!(in_use(&database))
    }
    remove_leftovers(&database)?;
    sync_folder(folder)?;
    // Without an old database nothing keeps a process from making one that shares no lock.
    let placed = if exists { copy.persist(&database) } else { copy.persist_noclobber(&database) };
    placed.map_err(|failed| Report::new(failed.error).wrap_err(format!("{} can't be replaced", database.display())))?;
    sync_folder(folder)?;
    Ok((manifest, database))
}

fn in_use(database: &Path) -> String {
    format!("{} is in use: stop every server, and what else has it open", database.display())
}

/// Writes the database of a back-up to a temporary file in the folder of `database`, and to the disk.
async fn copy_beside(database: &Path, backup: &mut Backup) -> color_eyre::Result<NamedTempFile> {
    let folder = folder_of(database);
    let mut prefix = database.file_name().unwrap_or_default().to_owned();
    prefix.push(".");
    let copy = tempfile::Builder::new().prefix(&prefix).suffix(".restoring").tempfile_in(folder);
    let copy = copy.wrap_err_with(|| format!("no file can be made in {}", folder.display()))?;
    give_to_owner(copy.as_file(), database);
    backup.extract(copy.reopen()?).await?;
    Ok(copy)
}

fn remove_leftovers(database: &Path) -> color_eyre::Result<()> {
    for suffix in LEFTOVERS {
        let mut leftover = database.as_os_str().to_owned();
        leftover.push(suffix);
        match fs::remove_file(&leftover) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(error).wrap_err_with(|| format!("{} can't be deleted", Path::new(&leftover).display()));
            }
            _ => {}
        }
    }
    Ok(())
}
