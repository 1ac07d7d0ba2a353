//! Arguments of `server backup …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(super) enum BackupCommand {
    /// Write a back-up of the database to a new file, while servers run.
    ///
    /// The file holds everything that was acknowledged before the command started. It is there only once it is complete
    /// and on the disk. SECRETS_KEY is not in it.
    Create(BackupCreateArgs),
    /// Check a back-up: its checksum, the database in it, its schema, and its usage counters against the ledger.
    ///
    /// Works on a copy, which needs as much room as the back-up, beside it or under --scratch.
    Verify(BackupVerifyArgs),
    /// Put the database of a back-up in place of DATABASE_URL. Stop all servers first.
    ///
    /// Interrupted at any point, it leaves the old database or the new one.
    Restore(BackupRestoreArgs),
}

#[derive(Debug, Args)]
pub struct BackupCreateArgs {
    /// The file to make. Its folder must exist.
    pub file: PathBuf,
    /// Print one JSON object: {"file","createdAt","dues","schema","sizeBytes","sha256"}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BackupVerifyArgs {
    /// The back-up.
    pub file: PathBuf,
    /// Folder of the copy that is checked, which is deleted in the end; without it, the folder of the back-up.
    #[arg(long, value_name = "DIR")]
    pub scratch: Option<PathBuf>,
    /// Print one JSON object:
    /// {"file","createdAt","dues","schema","sizeBytes","sha256","tenants","counters","discrepancies"}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct BackupRestoreArgs {
    /// The back-up.
    pub file: PathBuf,
    /// Replace an existing database.
    #[arg(long)]
    pub force: bool,
    /// Print one JSON object: {"file","createdAt","dues","schema","sizeBytes","sha256","database"}.
    #[arg(long)]
    pub json: bool,
}
