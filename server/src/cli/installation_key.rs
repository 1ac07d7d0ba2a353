//! Arguments of `server installation-key …`.

use clap::{Args, Subcommand};
use domain::{tenant::installation_scope::InstallationScope, time::Timestamp};

use super::args::time;

#[derive(Debug, Subcommand)]
pub(super) enum InstallationKeyCommand {
    /// Create a key that works for every tenant. It is shown once.
    Create(InstallationKeyCreateArgs),
    /// List the keys that are not revoked, newest first.
    List(InstallationKeyListArgs),
    /// Revoke a key, within a second on all nodes. Safe to repeat.
    Revoke(InstallationKeyRevokeArgs),
}

#[derive(Debug, Args)]
pub struct InstallationKeyCreateArgs {
    /// Name of the key.
    #[arg(long, default_value = "command line")]
    pub name: String,
    /// Scopes of the key: tenants, read, usage, billing, portal, webhooks, separated by commas.
    #[arg(long, value_delimiter = ',', required = true)]
    pub scopes: Vec<InstallationScope>,
    /// When the key expires, as 2030-01-01T00:00:00Z; without this, the key is valid until it is revoked.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub expires_at: Option<Timestamp>,
    /// Networks that may use the key, as 203.0.113.0/24, separated by commas; without this, all may.
    #[arg(long, value_name = "CIDR", value_delimiter = ',')]
    pub from: Vec<String>,
    /// Print one JSON object: {"id","name","scopes","key","createdAt","expiresAt","from"}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct InstallationKeyListArgs {
    /// Print one JSON object with the keys in "items".
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct InstallationKeyRevokeArgs {
    /// The key's id: the part between dues_ and the next _.
    #[arg(long, value_name = "KEY")]
    pub id: String,
    /// Print one JSON object: {"id","revoked"}.
    #[arg(long)]
    pub json: bool,
}
