//! `server stripe import` of a whole account, by a process that is killed three times.
//!
//! The account has customers and subscriptions of every shape. Each row is as expected, nothing is changed at the
//! provider, the totals are the provider's own sums by currency, a second run changes nothing, and the memory is bounded.
//!
//! `IMPORTS` is the number of customers (`make imports`: 10,000, with 12,000 subscriptions), `IMPORTS_ON` the only
//! database (`sqlite` or `postgres`).

mod account;
mod objects;

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fs::{self, File},
    os::unix::process::ExitStatusExt,
    process::ExitStatus,
    time::Duration,
};

use domain::tenant::import::ImportOutcome;
use rand::Rng;
use rstest::rstest;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::{
    account::{PlantedCustomer, SHAPES, plant},
    objects::{AccountObjects, price_of},
};
use crate::harness::{Engine, TestApp};

/// The number of customers without `IMPORTS`.
const CUSTOMERS_IN_SUITE: usize = 300;
const KILLS: usize = 3;
/// From so many customers on the memory of the process is checked.
const LARGE: usize = 10_000;
/// The most memory that a process of the import may have used at any time.
const PEAK_MEMORY_KIB: u64 = 256 * 1024;
const POLL_INTERVAL: Duration = Duration::from_millis(2);
/// How many of the tenants exist before the import.
const EXISTING_TENANTS: usize = 10;
/// The signal that no process can handle.
const SIGKILL: i32 = 9;

/// Runs `server stripe import`.
struct Runs<'a> {
    app: &'a TestApp,
    folder: TempDir,
    /// The most that one run may take.
    patience: Duration,
    /// The most memory that a process has used.
    peak_kib: u64,
}

impl Runs<'_> {
    /// Runs the command. With `kill_after`, kills its process when it has made so many calls to the provider.
    async fn run(&mut self, kill_after: Option<usize>) -> ExitStatus {
        let (report, log) = (self.folder.path().join("report.json"), self.folder.path().join("log"));
        let command = ["stripe", "import", "--external-id-from", "metadata.org", "--report", report.to_str().unwrap()];
        let output = File::create(&log).unwrap();
        let mut command = self.app.command_to_start(&command);
        let mut process = command.stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap();
        let pid = process.id().unwrap();
        let ended = tokio::time::timeout(self.patience, async {
            loop {
                self.peak_kib = self.peak_kib.max(peak_memory_kib(pid).unwrap_or_default());
                if kill_after.is_some_and(|calls| self.app.stripe.calls.count() >= calls) {
                    process.kill().await.unwrap();
                }
                if let Some(status) = process.try_wait().unwrap() {
                    return status;
                }
                tokio::time::sleep(POLL_INTERVAL).await;
            }
        });
        let Ok(status) = ended.await else { panic!("the import does not end: {}", fs::read_to_string(log).unwrap()) };
        status
    }

    /// Runs the command to its end and returns its report.
    async fn finish(&mut self) -> Value {
        let status = self.run(None).await;
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap();
        assert!(status.success(), "{status}: {log}");
        serde_json::from_slice(&fs::read(self.folder.path().join("report.json")).unwrap()).unwrap()
    }
}

/// Returns the most memory that a process has used so far; `None` if it has ended.
fn peak_memory_kib(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

fn links_tenant(outcome: &str) -> bool {
    outcome.parse::<ImportOutcome>().unwrap().links_tenant()
}

/// Returns the rows of a report by customer.
fn rows_of(report: &Value) -> BTreeMap<&str, &Value> {
    report["rows"].as_array().unwrap().iter().map(|row| (row["customer"].as_str().unwrap(), row)).collect()
}

/// Asserts each row of the first run, and what is stored for its tenant.
async fn assert_imported(app: &TestApp, planted: &[PlantedCustomer], objects: &AccountObjects, report: &Value) {
    let rows = rows_of(report);
    assert_eq!((rows.len(), report["rows"].as_array().unwrap().len()), (planted.len(), planted.len()));
    let mut tenants = BTreeSet::new();
    for customer in planted {
        let PlantedCustomer { id, org, outcome, plan, deciding, unsold: _ } = customer;
        let row = rows[id.as_str()];
        assert_eq!((&row["outcome"], &row["externalId"]), (&json!(outcome), &json!(org)), "{row}");
        assert_eq!(row["plan"], json!(plan), "{row}");
        if let Some(deciding) = deciding {
            let subscription = objects.subscription(deciding);
            let item = &subscription["items"]["data"][0];
            assert_eq!((&row["status"], &row["seats"]), (&subscription["status"], &item["quantity"]), "{row}");
            assert_eq!(row["price"], price_of(&subscription), "{row}");
        } else {
            assert_eq!((&row["status"], &row["price"]), (&Value::Null, &Value::Null), "{row}");
        }
        assert_eq!(row["tenantId"].is_string(), links_tenant(outcome), "{row}");
        let Some(tenant) = row["tenantId"].as_str() else { continue };
        assert!(tenants.insert(tenant), "{tenant} has two customers");
        let mut stored = app.subscriptions(&tenant.parse().unwrap()).await;
        stored.retain(|subscription| subscription.status.is_live());
        match plan {
            None => assert!(stored.is_empty(), "{row}: {stored:?}"),
            Some(plan) => {
                let of = stored.iter().find(|stored| Some(&stored.external_id) == deciding.as_ref()).unwrap();
                assert_eq!(of.plan.as_str(), *plan, "{row}");
                assert!(!of.details.begun_by_dues, "{row}");
            }
        }
    }
}

/// Asserts that the report lists each price that no plan sells, with how many customers pay it.
fn assert_unsold_prices(planted: &[PlantedCustomer], report: &Value) {
    let mut expected: BTreeMap<&str, u64> = BTreeMap::new();
    for price in planted.iter().filter_map(|customer| customer.unsold.as_deref()) {
        *expected.entry(price).or_default() += 1;
    }
    let prices = report["prices"].as_array().unwrap().iter();
    let reported: BTreeMap<_, _> =
        prices.map(|price| (price["price"].as_str().unwrap(), price["customers"].as_u64().unwrap())).collect();
    assert_eq!(reported, expected);
}

#[rstest]
#[tokio::test]
async fn a_whole_account_is_imported_although_the_process_is_killed(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let database = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    if env::var("IMPORTS_ON").is_ok_and(|only| only != database) {
        return;
    }
    let customers = env::var("IMPORTS").map_or(CUSTOMERS_IN_SUITE, |text| text.parse().unwrap());
    let customers = customers.next_multiple_of(SHAPES);
    let mut app = TestApp::on(engine).with("IMPORT_CUSTOMERS_PER_SEC", "100000").start().await;
    // The command line alone takes the import further.
    app.server.terminate().await;
    app.stripe.drop_webhooks().await;
    let planted = plant(&app.stripe, customers).await;
    for customer in &planted[..EXISTING_TENANTS] {
        app.product_tenant(customer.org.as_ref().unwrap(), None).await;
    }
    let before = AccountObjects::read(&app.stripe).await;
    println!("{} customers, {} subscriptions on {database}", before.customers.len(), before.subscriptions.len());
    app.stripe.calls.take();

    let patience = Duration::from_mins(2) + Duration::from_millis(200) * u32::try_from(customers).unwrap();
    let mut runs = Runs { app: &app, folder: tempfile::tempdir().unwrap(), patience, peak_kib: 0 };
    for part in 0..KILLS {
        let calls = customers * part / (KILLS + 1) + rand::rng().random_range(customers / 40..=customers * 9 / 40);
        let status = runs.run(Some(calls)).await;
        assert_eq!(status.signal(), Some(SIGKILL), "killed after {calls} calls: {status}");
        app.expire_import_claims().await;
    }
    let report = runs.finish().await;
    assert_imported(&app, &planted, &before, &report).await;
    assert_unsold_prices(&planted, &report);
    assert_eq!(report["totals"], before.totals());

    let rows = app.rows_of_tenants().await;
    let again = runs.finish().await;
    assert_eq!(again["totals"], report["totals"]);
    let later = rows_of(&again);
    for PlantedCustomer { id, outcome, .. } in &planted {
        let expected = if links_tenant(outcome) { "already" } else { *outcome };
        assert_eq!(later[id.as_str()]["outcome"], expected, "{id}");
    }
    for (table, after) in app.rows_of_tenants().await {
        assert!(rows[&table] == after, "the second run has changed {table}");
    }

    let calls = app.stripe.calls.take();
    assert!(
        calls.iter().all(|call| call.starts_with("GET ")),
        "{:?}",
        calls.iter().find(|call| !call.starts_with("GET "))
    );
    assert!(AccountObjects::read(&app.stripe).await == before, "objects of the provider have changed");
    println!("the import used at most {} MiB, and made {} calls", runs.peak_kib / 1024, calls.len());
    if customers >= LARGE {
        assert!(runs.peak_kib <= PEAK_MEMORY_KIB, "{} KiB", runs.peak_kib);
    }
}
