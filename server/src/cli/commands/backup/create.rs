//! Writes a back-up of a `SQLite` database while other processes read and write it.

use std::{
    fs::{self, OpenOptions},
    io,
    path::Path,
};

use billing::store::{
    backup::copy_sqlite,
    database_lock::{DatabaseLock, folder_of},
};
use color_eyre::eyre::{Context, Report, bail};
use domain::time::{Clock, SystemClock};
use tempfile::TempPath;
use tokio::{
    fs::File,
    io::{AsyncWriteExt, sink},
};

use super::{
    file::{copy, sync_folder},
    manifest::Manifest,
};

/// Writes a back-up of `database` to the new file `path`: to a temporary folder beside it, from which it is moved once it
/// is complete and on the disk.
pub(super) async fn create(database: &Path, path: &Path) -> color_eyre::Result<Manifest> {
    let name = path.display();
    if fs::symlink_metadata(path).is_ok() {
        bail!("{name} exists: a back-up needs a new file")
    }
    let Some(file_name) = path.file_name() else { bail!("{name} is no name of a file") };
    let folder = folder_of(path);
    let folder = folder.canonicalize().wrap_err_with(|| format!("the folder {} can't be used", folder.display()))?;
    if !database.is_file() {
        bail!("DATABASE_URL is wrong: there is no database {}", database.display())
    }
    // Keeps a restore from replacing the database meanwhile.
    let Some(_lock) = DatabaseLock::share(database)? else { bail!("{} is being restored", database.display()) };

    let mut prefix = file_name.to_owned();
    prefix.push(".");
    let partial = tempfile::Builder::new().prefix(&prefix).suffix(".partial").tempdir_in(&folder);
    let partial = partial.wrap_err_with(|| format!("no file can be made in {}", folder.display()))?;
    let copied = partial.path().join("dues.db");
    let cannot_copy = || format!("{} can't be copied to {name}", database.display());
    let cannot_write = || format!("{name} can't be written");
    let created_at = SystemClock.now();
    let schema = copy_sqlite(database, &copied).await.wrap_err_with(cannot_copy)?;
    let mut written = File::from_std(OpenOptions::new().read(true).write(true).open(&copied)?);
    let (size_bytes, sha256) = copy(&mut written, sink()).await.wrap_err_with(cannot_write)?;
    let manifest = Manifest::new(created_at, schema, size_bytes, sha256);
    // The file was read to its end, so this is appended.
    written.write_all(&manifest.to_block()?).await.wrap_err_with(cannot_write)?;
    written.flush().await.wrap_err_with(cannot_write)?;
    written.sync_all().await.wrap_err_with(cannot_write)?;
    TempPath::try_from_path(&copied)?.persist_noclobber(folder.join(file_name)).map_err(|failed| {
        match failed.error.kind() {
            io::ErrorKind::AlreadyExists => Report::msg(format!("{name} exists: a back-up needs a new file")),
            _ => Report::new(failed.error).wrap_err(cannot_write()),
        }
    })?;
    sync_folder(&folder)?;
    Ok(manifest)
}
