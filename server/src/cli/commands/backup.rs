//! `server backup …`: back-ups of a `SQLite` database.

mod create;
mod file;
mod manifest;
mod restore;
mod verify;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use billing::{service::usage::verify::VerifySummary, store::database_lock::sqlite_file};
use color_eyre::eyre::bail;
use serde::Serialize;

use self::manifest::Manifest;
use super::usage::Listed;
use crate::{
    cli::{BackupCreateArgs, BackupRestoreArgs, BackupVerifyArgs, output::print_line},
    config::Config,
    run,
};

/// The exit code of a command that the database's engine has no use for.
const NOT_FOR_THIS_ENGINE: u8 = 2;

/// What all commands print about a back-up.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Described {
    file: PathBuf,
    created_at: String,
    dues: String,
    schema: i64,
    size_bytes: u64,
    sha256: String,
}

impl Described {
    fn new(file: PathBuf, manifest: Manifest) -> Self {
        let Manifest { format: _, created_at, dues, schema, size_bytes, sha256 } = manifest;
        Self { file, created_at, dues, schema, size_bytes, sha256 }
    }
}

#[derive(Debug, Serialize)]
struct Verified {
    #[serde(flatten)]
    backup: Described,
    tenants: u64,
    counters: u64,
    discrepancies: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Restored {
    #[serde(flatten)]
    backup: Described,
    database: PathBuf,
}

/// Writes a back-up to a new file.
pub async fn create(config: &Config, args: BackupCreateArgs) -> color_eyre::Result<ExitCode> {
    let BackupCreateArgs { file, json } = args;
    let Some(database) = database_file(config)? else { return refuse_engine() };
    let manifest = unless_stopped(create::create(&database, &file)).await?;
    let backup = Described::new(file, manifest);
    if json {
        print_line!("{}", serde_json::to_string(&backup)?)?;
    } else {
        let Described { file, created_at, dues: _, schema, size_bytes, sha256 } = &backup;
        print_line!("{}: {created_at}, schema {schema}, {size_bytes} bytes, SHA-256 {sha256}", file.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Checks a back-up. Exits with 1 when it can't be restored or its usage counters differ from the ledger.
pub async fn verify(config: &Config, args: BackupVerifyArgs) -> color_eyre::Result<ExitCode> {
    let BackupVerifyArgs { file, scratch, json } = args;
    if database_file(config)?.is_none() {
        return refuse_engine();
    }
    let checked = Box::pin(verify::verify(config, &file, scratch.as_deref()));
    let (manifest, VerifySummary { tenants, counters, discrepancies }) = unless_stopped(checked).await?;
    let discrepancies: Vec<_> = discrepancies.into_iter().map(Listed::from).collect();
    let is_right = discrepancies.is_empty();
    let verified = Verified { backup: Described::new(file, manifest), tenants, counters, discrepancies };
    if json {
        print_line!("{}", serde_json::to_string(&verified)?)?;
    } else {
        for listed in &verified.discrepancies {
            print_line!("{}", listed.line())?;
        }
        let Described { file, created_at, dues, schema, .. } = &verified.backup;
        let usage = match verified.discrepancies.len() {
            0 => "as the ledger says".to_owned(),
            wrong => format!("{wrong} numbers differ from the ledger"),
        };
        print_line!(
            "{}: made by Dues {dues} at {created_at}, schema {schema}, intact; {counters} counters of {tenants} tenants: {usage}",
            file.display()
        )?;
    }
    Ok(if is_right { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Puts the database of a back-up in place of that of `DATABASE_URL`.
pub async fn restore(config: &Config, args: BackupRestoreArgs) -> color_eyre::Result<ExitCode> {
    let BackupRestoreArgs { file, force, json } = args;
    let Some(database) = database_file(config)? else { return refuse_engine() };
    let (manifest, database) = unless_stopped(restore::restore(&database, &file, force)).await?;
    let restored = Restored { backup: Described::new(file, manifest), database };
    if json {
        print_line!("{}", serde_json::to_string(&restored)?)?;
    } else {
        let Restored { backup: Described { created_at, schema, .. }, database } = &restored;
        print_line!("{} is as it was at {created_at}, schema {schema}.", database.display())?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the file of the database; `None` on PostgreSQL.
fn database_file(config: &Config) -> color_eyre::Result<Option<PathBuf>> {
    if !config.database_url.starts_with("sqlite:") {
        return Ok(None);
    }
    match sqlite_file(&config.database_url)? {
        Some(file) => Ok(Some(file)),
        None => bail!("DATABASE_URL is wrong: it expects the file of a database"),
    }
}

fn refuse_engine() -> color_eyre::Result<ExitCode> {
    let line = "`server backup` is for SQLite: on PostgreSQL use pg_dump or point-in-time recovery, see /docs/backup.";
    writeln!(io::stderr(), "{line}")?;
    Ok(ExitCode::from(NOT_FOR_THIS_ENGINE))
}

/// Runs until SIGTERM or SIGINT, which drop the work, and with it its temporary files.
async fn unless_stopped<T>(work: impl Future<Output = color_eyre::Result<T>>) -> color_eyre::Result<T> {
    let stop = run::stop_signal()?;
    tokio::select! {
        biased;
        done = work => done,
        () = stop.cancelled() => bail!("stopped: nothing is changed"),
    }
}
