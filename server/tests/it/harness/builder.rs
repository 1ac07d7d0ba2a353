//! A server's settings before it starts.

use billing::store::testing::{Engine, TestDatabase};
use domain::catalog::file::{default_catalog, parse};
use tempfile::NamedTempFile;

use super::{
    Faults, TestApp, TestStripe,
    server::{Host, LOG_EVERYTHING, Setting},
};

/// Settings of a server that has not started yet.
pub(crate) struct TestAppBuilder {
    engine: Engine,
    host: Host,
    pub(crate) settings: Vec<Setting>,
    /// The text of another catalog than the built-in one.
    catalog: Option<String>,
}

impl TestAppBuilder {
    pub(super) const fn new(engine: Engine) -> Self {
        Self { engine, host: Host::TestProcess, settings: Vec::new(), catalog: None }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.settings.push((name, value.to_owned()));
        self
    }

    /// Sells the plans of another catalog than the built-in one, for which the account at Stripe is set up.
    pub(crate) fn selling(mut self, catalog: String) -> Self {
        self.catalog = Some(catalog);
        self
    }

    /// Runs the server as a process of its own.
    pub(crate) fn in_a_process(mut self) -> Self {
        self.host = Host::OwnProcess;
        self
    }

    /// Runs the server as a process of its own that has these faults.
    pub(crate) fn under(mut self, faults: &Faults) -> Self {
        self.settings.extend(faults.settings());
        self.in_a_process()
    }

    /// Runs the server as a process of its own, with every line of this repository's crates in its log.
    pub(crate) fn logging_everything(self) -> Self {
        self.in_a_process().with("RUST_LOG", LOG_EVERYTHING)
    }

    pub(crate) async fn start(self) -> TestApp {
        let Self { engine, host, mut settings, catalog: text } = self;
        let catalog = text.as_deref().map_or_else(default_catalog, |text| parse(text).unwrap());
        let stripe = TestStripe::start_selling(catalog.clone());
        let (database, stripe) = tokio::join!(TestDatabase::new(engine), stripe);
        let file = text.map(|text| {
            let file = NamedTempFile::new().unwrap();
            std::fs::write(&file, text).unwrap();
            settings.push(("CATALOG", file.path().to_str().unwrap().to_owned()));
            file
        });
        TestApp::over(host, database, stripe, settings).await.selling(catalog, file)
    }
}
