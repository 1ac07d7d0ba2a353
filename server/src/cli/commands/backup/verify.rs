//! Checks a back-up as a restore and a start of the server would use it.

use std::{path::Path, sync::Arc};

use billing::{
    service::{Clocks, usage::verify::VerifySummary},
    store::{Store, backup::check_sqlite, database_lock::folder_of},
};
use color_eyre::eyre::{Context, bail};
use domain::time::{Clock, SystemClock};

use super::{file::Backup, manifest::Manifest};
use crate::{config::Config, run};

/// Checks the back-up `path` on a copy under `scratch`: checksum, integrity, schema, migration to this version's schema,
/// and usage counters against the ledger. Returns what the counters' check found.
pub(super) async fn verify(
    config: &Config,
    path: &Path,
    scratch: Option<&Path>,
) -> color_eyre::Result<(Manifest, VerifySummary)> {
    let mut backup = Backup::open(path).await?;
    let folder = scratch.unwrap_or_else(|| folder_of(path));
    let copy = tempfile::Builder::new().prefix("dues-verify-").tempdir_in(folder);
    let copy = copy.wrap_err_with(|| {
        format!("the copy that is checked can't be made in {}: --scratch names another folder", folder.display())
    })?;
    let database = copy.path().join("dues.db");
    backup.extract(std::fs::File::create_new(&database)?).await?;
    let schema = check_sqlite(&database).await.wrap_err_with(|| format!("{} can't be restored", path.display()))?;
    let manifest = backup.manifest;
    if schema != manifest.schema {
        bail!("the schema of the back-up is {schema}, its manifest says {}", manifest.schema)
    }
    let store = Store::connect_to_file(&database).await?;
    let verified = verify_usage(config, store.clone()).await;
    store.close().await;
    Ok((manifest, verified?))
}

async fn verify_usage(config: &Config, store: Store) -> color_eyre::Result<VerifySummary> {
    store.migrate().await?;
    let wall: Arc<dyn Clock> = Arc::new(SystemClock);
    let services = run::services(config, store, Clocks { wall: wall.clone(), billing: wall }, None).await?;
    Ok(services.usage().verify_usage(None, false).await?)
}
