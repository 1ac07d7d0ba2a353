//! Arguments of `server operator …`, `server password-reset` and `server prove-address`.

use clap::{Args, Subcommand};
use domain::ids::UserId;

/// Arguments of a command that prints a link for an account.
#[derive(Debug, Args)]
pub struct AccountLinkArgs {
    /// The account's e-mail address.
    #[arg(long)]
    pub email: String,
    /// Print one JSON object: {"email","url","expiresAt"}.
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum OperatorCommand {
    /// Make the owner of an account an operator, who sees all tenants at /operator. The account's address must be
    /// verified. Safe to repeat. Prints the account's id, its address and when it was created.
    Add(OperatorOneArgs),
    /// Remove an operator. Takes effect with their next request.
    Remove(OperatorOneArgs),
    /// List the operators.
    List(OperatorListArgs),
}

#[derive(Debug, Args)]
pub struct OperatorOneArgs {
    /// The account's e-mail address.
    #[arg(long, required_unless_present = "user", conflicts_with = "user")]
    pub email: Option<String>,
    /// The account's id.
    #[arg(long, value_name = "ID")]
    pub user: Option<UserId>,
    /// Print one JSON object: {"id","email","accountMadeAt","operator"}; for `remove` the given name and "operator".
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct OperatorListArgs {
    /// Print one JSON object: {"items":[{"userId","email","since"}]}.
    #[arg(long)]
    pub json: bool,
}
