//! Arguments of `server api-key …`.

use clap::{Args, Subcommand};
use domain::{ids::TenantId, tenant::scope::Scope, time::Timestamp};

use super::args::time;

#[derive(Debug, Subcommand)]
pub(super) enum ApiKeyCommand {
    /// Create a key for a tenant. It is shown once.
    Create(ApiKeyCreateArgs),
    /// List a tenant's keys that are not revoked, newest first.
    List(ApiKeyListArgs),
    /// Revoke a key, within a second on all nodes. Safe to repeat.
    Revoke(ApiKeyRevokeArgs),
}

#[derive(Debug, Args)]
pub struct ApiKeyCreateArgs {
    /// The tenant's id.
    #[arg(long, value_name = "ID")]
    pub tenant: TenantId,
    /// Scopes of the key: read, usage, billing, secrets, separated by commas.
    #[arg(long, value_delimiter = ',', required = true)]
    pub scopes: Vec<Scope>,
    /// Name of the key.
    #[arg(long, default_value = "command line")]
    pub name: String,
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
pub struct ApiKeyListArgs {
    /// The tenant's id.
    #[arg(long, value_name = "ID")]
    pub tenant: TenantId,
    /// Print one JSON object, as GET /api/v1/tenant/api-keys does.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ApiKeyRevokeArgs {
    /// The tenant's id.
    #[arg(long, value_name = "ID")]
    pub tenant: TenantId,
    /// The key's id: the part between dues_ and the next _.
    #[arg(long, value_name = "KEY")]
    pub id: String,
    /// Print one JSON object: {"id","revoked"}.
    #[arg(long)]
    pub json: bool,
}
