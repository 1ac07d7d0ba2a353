//! `server secrets …`: rotates `SECRETS_KEY`.

use std::process::ExitCode;

use billing::service::tenant::secret::Rotated;
use color_eyre::eyre::bail;
use serde::Serialize;

use super::open_services;
use crate::{
    cli::{SecretsRotateArgs, output::print_line},
    config::Config,
};

#[derive(Debug, Serialize)]
struct Line {
    column: &'static str,
    sealed: u64,
    anew: u64,
    unopened: u64,
}

/// Seals everything under the first key. Exits with 1 when a value opens with none of the keys, except in
/// columns whose values expire soon.
pub async fn rotate(config: &Config, args: SecretsRotateArgs) -> color_eyre::Result<ExitCode> {
    let SecretsRotateArgs { json } = args;
    if config.secrets_key.is_none() {
        bail!("SECRETS_KEY is missing: it expects the new key and the old one, separated by a comma");
    }
    let services = open_services(config).await?;
    let rotated = services.secrets().rotate_secrets().await;
    services.store().close().await;
    let mut is_whole = true;
    let mut lines = Vec::new();
    for Rotated { column, sealed, anew, unopened } in rotated? {
        is_whole &= unopened == 0 || !column.is_lasting;
        lines.push(Line { column: column.name, sealed, anew, unopened });
    }
    if json {
        print_line!("{}", serde_json::json!({ "columns": lines }))?;
    } else {
        for Line { column, sealed, anew, unopened } in lines {
            let lost =
                if unopened == 0 { String::new() } else { format!(", {unopened} that no key of SECRETS_KEY opens") };
            print_line!("{column}: {sealed} under the first key, {anew} of them anew{lost}")?;
        }
    }
    Ok(if is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
