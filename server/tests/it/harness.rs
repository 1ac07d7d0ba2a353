//! Test harness: a running Dues, its users, and stand-ins for Stripe, Polar and Firebase that tests can break.

mod app;
mod broken_tables;
mod browser;
mod builder;
mod contents;
mod disk;
mod event_stream;
mod factor;
mod faults;
mod firebase;
mod openapi;
mod people;
mod polar;
mod postgres_proxy;
mod server;
mod services;
mod stripe;

use std::time::{Duration, Instant};

pub(crate) use self::server::{Host, LOG_EVERYTHING, Server, command};
pub(crate) use app::{APP_URL, PASSWORD, SECRETS_KEY, TestApp};
pub(crate) use billing::{
    mail::testing::{Received, SmtpFailure, TestSmtp},
    outbound::testing::{Receiver, Taken},
    store::testing::{Cluster, Engine, TestDatabase},
};
pub(crate) use browser::{Answer, Browser};
pub(crate) use builder::TestAppBuilder;
pub(crate) use contents::rows_of_file;
pub(crate) use disk::Disk;
pub(crate) use event_stream::EventStream;
pub(crate) use factor::Factor;
pub(crate) use faults::{CommitStep, Faults};
pub(crate) use firebase::id_token;
pub(crate) use openapi::{DOCUMENT, DocumentedOperation, examples, operation, operations, validator};
pub(crate) use people::{Colleague, Owner, Product};
pub(crate) use polar::{TestPolar, standard_headers};
pub(crate) use postgres_proxy::{CutAt, PostgresProxy};
pub(crate) use stripe::{TestStripe, now_secs, pay, signature};

/// How long a test waits for a condition: far longer than any condition takes, even on a busy machine. The slowest is
/// the job that expires a superseded checkout, which comes after 30 s.
const PATIENCE: Duration = Duration::from_mins(2);
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long a change may take to reach other processes.
pub(crate) const STALENESS: Duration = Duration::from_secs(1);

/// Waits until `holds` returns true; panics after [`PATIENCE`].
pub(crate) async fn eventually(what: &str, holds: impl AsyncFnMut() -> bool) {
    assert!(becomes_true(holds).await, "timed out waiting until {what}");
}

/// Waits until `holds` returns true; panics after [`STALENESS`].
pub(crate) async fn within_staleness(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < STALENESS, "not within {STALENESS:?}: {what}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Waits for a mail to `to` and returns its link to a page under `path`.
pub(crate) async fn mailed_link(smtp: &TestSmtp, to: &str, path: &str) -> String {
    let found = || {
        let mails = smtp.received().into_iter().filter(|mail| mail.to == [to]);
        mails.filter_map(|mail| mail.link()).find(|link| link.contains(path))
    };
    eventually(&format!("a link to {path} has come to {to}"), async || found().is_some()).await;
    found().unwrap()
}

/// Whether `holds` returns true within [`PATIENCE`].
pub(crate) async fn becomes_true(mut holds: impl AsyncFnMut() -> bool) -> bool {
    let came = async {
        while !holds().await {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    tokio::time::timeout(PATIENCE, came).await.is_ok()
}
