//! What tests are told with: a Dues that runs, the people who use it, and a Stripe that can be paid at and broken.

mod app;
mod broken_tables;
mod browser;
mod contents;
mod disk;
mod event_stream;
mod factor;
mod firebase;
mod gate;
mod openapi;
mod people;
mod polar;
mod process;
mod services;
mod signature;
mod stripe;

use std::time::Duration;

pub(crate) use app::{APP_URL, PASSWORD, SECRETS_KEY, TestApp};
pub(crate) use billing::{
    mail::testing::{Mood, Received, TestSmtp},
    outbound::testing::{Receiver, Taken},
    store::testing::{Cluster, Engine, TestDatabase},
};
pub(crate) use browser::{Answer, Browser};
pub(crate) use disk::Disk;
pub(crate) use event_stream::EventStream;
pub(crate) use factor::Factor;
pub(crate) use firebase::id_token;
pub(crate) use openapi::{DOCUMENT, DocumentedOperation, examples, operation, operations, validator};
pub(crate) use people::{Colleague, Owner};
pub(crate) use polar::{TestPolar, standard_headers};
pub(crate) use process::{Server, command};
pub(crate) use signature::{now_secs, signature};
pub(crate) use stripe::{TestStripe, pay};

/// Far more than anything here takes, also on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(30);
const POLL_INTERVAL: Duration = Duration::from_millis(50);

/// Waits until something comes true, and fails when it never does.
pub(crate) async fn eventually(what: &str, holds: impl AsyncFnMut() -> bool) {
    assert!(becomes_true(holds).await, "never came true: {what}");
}

/// The link in the mail that has come to an address, to a page under `path`.
pub(crate) async fn mailed_link(smtp: &TestSmtp, to: &str, path: &str) -> String {
    let found = || {
        let mails = smtp.received().into_iter().filter(|mail| mail.to == [to]);
        mails.filter_map(|mail| mail.link()).find(|link| link.contains(path))
    };
    eventually(&format!("a link to {path} has come to {to}"), async || found().is_some()).await;
    found().unwrap()
}

/// Whether something comes true in the end.
pub(crate) async fn becomes_true(mut holds: impl AsyncFnMut() -> bool) -> bool {
    let came = async {
        while !holds().await {
            tokio::time::sleep(POLL_INTERVAL).await;
        }
    };
    tokio::time::timeout(PATIENCE, came).await.is_ok()
}
