//! Checks of the source: every file is built, a test compares every snapshot, and `bounds.md` lists all state held in
//! memory.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

const SKIPPED: [&str; 2] = ["target", "node_modules"];
const ROOTS: [&str; 3] = ["main.rs", "lib.rs", "build.rs"];
/// Beside a `Cargo.toml`, each file directly in one of these folders is a crate root.
const FOLDERS_OF_ROOTS: [&str; 4] = ["tests", "benches", "examples", "fuzz_targets"];

/// Types and calls that hold state for many callers.
const SHARED_STATE: [&str; 9] = [
    "Mutex<",
    "RwLock<",
    "DashMap<",
    "Cache<",
    "StateStore<",
    "Semaphore::new(",
    "Semaphore::const_new(",
    "mpsc::channel(",
    "sync_channel(",
];

/// Each file of the server with one of [`SHARED_STATE`]: its code and the matching words of `bounds.md`.
const ROWS: [(&str, &[(&str, &str)]); 36] = [
    (
        "server/billing/src/identity/token/key_set.rs",
        &[("keys: HashMap<String, Arc<VerifyingKey>>", "keys of ID tokens | one set of 64 KiB for each issuer")],
    ),
    (
        "server/billing/src/identity/token/provider/metadata.rs",
        &[(
            "document: Option<(Document, Instant)>",
            "what identity providers publish | one document and key set of 64 KiB each",
        )],
    ),
    (
        "server/billing/src/identity/fair_queue.rs",
        &[("clients: VecDeque<", "A lane keeps one entry for each network or account that waits")],
    ),
    (
        "server/billing/src/identity/password/threads.rs",
        &[("sync_channel(count)", "For each thread one more piece of work may be handed over")],
    ),
    (
        "server/billing/src/identity/session/ends.rs",
        &[("watch::Sender<()>", "one entry for each person who has a stream open")],
    ),
    (
        "server/billing/src/mail.rs",
        &[("const SILENCE_COOLDOWN: Duration = Duration::from_secs(30);", "one time; it is not asked for 30 seconds")],
    ),
    (
        "server/billing/src/outbound/checks.rs",
        &[
            ("const MOST_CHECKS: usize = 32;", "one number for each tenant, 32"),
            ("const MOST_CHECKS_PER_TENANT: usize = 2;", "32, 2 a tenant"),
        ],
    ),
    (
        "server/billing/src/outbound/names.rs",
        &[
            ("const THREADS: usize = 128;", "| 128, 2 a tenant, each until the system's resolver gives up"),
            ("const THREADS_PER_TENANT: usize = 2;", "| 128, 2 a tenant, each"),
            ("const MOST_REMEMBERED: u64 = 10_000;", "| 10,000 with 8 addresses each, 24 hours"),
        ],
    ),
    (
        "server/billing/src/service/base/group_commit.rs",
        &[("const MAX_QUEUED_CALLS: usize = 8192;", "calls that count usage, events of providers | 8,192 each")],
    ),
    (
        "server/billing/src/service/tenant/key/known.rs",
        &[("MAX_NETWORKS: i64 = 256;", "256 that are stored, as hashes, and 256 that were seen since")],
    ),
    (
        "server/billing/src/service/tenant/key/networks.rs",
        &[("const MAX_PENDING: usize = 1000;", "new networks of keys that are not written yet | 1,000")],
    ),
    (
        "server/billing/src/service/tenant/key/uses.rs",
        &[("const MAX_PENDING: usize = 1000;", "uses of keys that are not written yet | 1,000")],
    ),
    (
        "server/billing/src/service/subscription/provider_account/guard.rs",
        &[("checked: Mutex<Checked>", "accounts at the payment provider | one for each provider")],
    ),
    (
        "server/billing/src/service/subscription/provider_reads.rs",
        &[
            ("const MAX_TENANTS: u64 = 10_000;", "| 10,000 with 16 answers each, 2 minutes"),
            ("const MAX_ANSWERS: usize = 16;", "| 10,000 with 16 answers each, 2 minutes"),
        ],
    ),
    (
        "server/billing/src/service/base/limits/tenant_locks.rs",
        &[
            (
                "const MAX_TENANTS: u64 = 10_000;",
                "locks of checkouts and of reconciles | 10,000 tenants each, 10 minutes",
            ),
            (
                "CHECKOUTS: WaitLimits = WaitLimits { max_waiting: 4, max_wait: Duration::from_secs(10) };",
                "orders of one workspace that wait for one another | 4, 10 seconds",
            ),
            (
                "RECONCILES: WaitLimits = WaitLimits { max_waiting: 16, max_wait: Duration::from_secs(5) };",
                "reconciles of one workspace that wait for one another | 16, 5 seconds",
            ),
        ],
    ),
    (
        "server/billing/src/service/usage/by_key/sums.rs",
        &[("const MAX_PENDING: usize = 20_000;", "sums by API key that are not written yet | 20,000")],
    ),
    (
        "app/src/components/page/footer.rs",
        &[(
            "type Kind = (&'static str, Theme, Option<&'static str>);",
            "footers of pages | one for each language, theme and kind of window",
        )],
    ),
    (
        "app/src/components/page/title.rs",
        &[("PageTitle(Arc<Mutex<Option<String>>>)", "titles of pages | one for each page that is being rendered")],
    ),
    (
        "server/billing/src/service/usage/view/open_pages.rs",
        &[
            ("due: HashSet<SessionOfUser>", "one for each session that is checked with the next poll"),
            ("unchecked: HashMap<SessionOfUser, Instant>", "one for each session that is checked with the next poll"),
            (
                "const MAX_UNCHECKED: Duration = Duration::from_secs(30);",
                "live stream whose session can't be looked up | 30 seconds after the first failure",
            ),
        ],
    ),
    (
        "server/billing/src/service/usage/view/open_pages/topics.rs",
        &[("HashMap<Key, watch::Sender<Value>>", "one entry for each that has a stream open, and one")],
    ),
    (
        "server/billing/src/service/usage/view.rs",
        &[
            ("const MAX_TENANTS: usize = 50_000;", "| 50,000, 5 minutes, with their keys, 100 a tenant"),
            ("const IDLE_TTL: Duration = Duration::from_mins(5);", "| 50,000, 5 minutes"),
            ("const MAX_PERIODS: usize = 3;", "3 periods of each feature"),
            ("external_ids: DashMap<ExternalId, TenantId>", "external ids whose tenant is remembered | 50,000"),
        ],
    ),
    (
        "server/billing/src/store/direct_writer.rs",
        &[
            ("Semaphore::new(1)", "SQLite 2 writers, one of which writes at a time, 7 readers and 2 for checkpoints"),
            ("const MAX_QUEUED: usize = 16;", "transactions handed to the thread that writes usage on SQLite | 16"),
        ],
    ),
    (
        "server/billing/src/store/kept_readers.rs",
        &[("const MAX_LENT: u32 = 7;", "one of which writes at a time, 7 readers and 2 for checkpoints")],
    ),
    (
        "server/billing/src/service/webhook/coalescer.rs",
        &[("const MAX_OBJECTS: u64 = 100_000;", "objects whose events are bundled | 100,000, 12 seconds")],
    ),
    (
        "server/billing/src/worker/deliveries.rs",
        &[("const MAX_DETACHED_CALLS: usize = 256;", "calls that go on after they were moved to the slow lane | 256")],
    ),
    (
        "server/billing/src/worker/completions.rs",
        &[("const MAX_WAITING: usize = 128;", "at most 128 are waiting for that")],
    ),
    (
        "server/billing/src/worker/lane.rs",
        &[("lookout: Arc<Mutex<()>>", "One worker of a lane looks for the next job at a time")],
    ),
    (
        "server/src/http/metrics/exporter.rs",
        &[("const CACHE_TTL: Duration = Duration::from_secs(1);", "the last text, for one second")],
    ),
    (
        "server/src/http/metrics/listener.rs",
        &[
            ("const MAX_CONNECTIONS: usize = 32;", "connections of scrapers | 32, a minute each"),
            ("const CONNECTION_TTL: Duration = Duration::from_mins(1);", "connections of scrapers | 32, a minute each"),
        ],
    ),
    (
        "server/src/telemetry.rs",
        &[("const MAX_QUEUED_SPANS: usize = 8192;", "spans that wait for their export | 8,192")],
    ),
    (
        "server/src/http/request_body/memory_budget.rs",
        &[
            ("const MAX_BYTES: usize = 256 * 1024 * 1024;", "256 MiB in all, 16 MiB an IPv4 address"),
            ("const MAX_BYTES_PER_NETWORK: usize = 16 * 1024 * 1024;", "256 MiB in all, 16 MiB an IPv4 address"),
            ("by_network: HashMap<IpAddr, Reserved>", "one number for each network with a body on its way"),
        ],
    ),
    (
        "server/src/http/live/stream_slots.rs",
        &[
            ("const MAX_PER_PERSON: usize = 8;", "live streams | 8 a person, 400 a network, 4,000 in all"),
            ("const MAX_PER_NETWORK: usize = 400;", "live streams | 8 a person, 400 a network, 4,000 in all"),
            ("const MAX_TOTAL: usize = 4000;", "one number for each that has a stream open: 4,000 of each"),
        ],
    ),
    (
        "server/src/http/rate_limit.rs",
        &[
            ("const MAX_TRACKED_CALLERS: usize = 200_000;", "| 200,000 callers each"),
            ("const SHARED_BUCKETS: u64 = 4096;", "further callers share 4,096 counts"),
        ],
    ),
    (
        "server/src/http/request_context/security_events.rs",
        &[("max_capacity(10_000)", "callers whose refusal by a rate limit is in the log | 10,000, a minute each")],
    ),
    (
        "server/src/listen/activity.rs",
        &[("offered_at: Mutex<HashMap<u64, u64>>", "by request | one entry for each stream, 100")],
    ),
    (
        "server/src/listen/connection_slots.rs",
        &[
            ("const RESERVED: usize = 32;", "32 more are answered"),
            ("by_network: HashMap<IpAddr,", "connections by network | one entry for each that is open"),
        ],
    ),
];

/// Returns every Rust file of the repository by its path from the root.
fn sources() -> BTreeMap<PathBuf, String> {
    files("rs")
}

/// Returns every file of the repository with an extension by its path from the root.
fn files(wanted: &str) -> BTreeMap<PathBuf, String> {
    let root = root();
    let (mut folders, mut found) = (vec![root.to_owned()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let (path, name) = (entry.path(), entry.file_name().into_string().unwrap());
            if entry.file_type().unwrap().is_dir() {
                if !name.starts_with('.') && !SKIPPED.contains(&name.as_str()) {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == wanted) {
                found.insert(path.strip_prefix(root).unwrap().to_owned(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// Whether a file contains `mod name;`.
fn declares(text: &str, name: &str) -> bool {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with("//"));
    lines.filter_map(|line| line.strip_suffix(';')).any(|line| line.split_whitespace().rev().take(2).eq([name, "mod"]))
}

/// Returns the files that `#[path]` attributes of the file at `path` name.
fn named_by_path(path: &Path, text: &str) -> Vec<PathBuf> {
    let names = text.lines().filter_map(|line| line.trim().strip_prefix("#[path = \"")?.strip_suffix("\"]"));
    names.map(|name| path.with_file_name(name)).collect()
}

/// Whether the file is a crate root, which Cargo builds although no `mod` names it.
fn is_root(path: &Path) -> bool {
    let (file, folder) = (path.file_name().unwrap().to_str().unwrap(), path.parent().unwrap());
    let holds_roots = folder.file_name().is_some_and(|name| FOLDERS_OF_ROOTS.iter().any(|known| name == *known));
    ROOTS.contains(&file) || (holds_roots && root().join(folder).with_file_name("Cargo.toml").exists())
}

#[test]
fn every_source_file_is_a_module() {
    let sources = sources();
    let by_path: BTreeSet<_> = sources.iter().flat_map(|(path, text)| named_by_path(path, text)).collect();
    let is_declared = |path: &Path| {
        let (folder, name) = (path.parent().unwrap(), path.file_stem().unwrap().to_str().unwrap());
        let parents = [folder.join("lib.rs"), folder.join("main.rs"), folder.with_extension("rs")];
        parents.iter().any(|parent| sources.get(parent).is_some_and(|text| declares(text, name)))
    };
    let is_built = |path: &Path| is_root(path) || by_path.contains(path) || is_declared(path);
    let dead: Vec<_> = sources.keys().filter(|path| !is_built(path)).collect();
    assert!(dead.is_empty(), "no `mod` names {dead:?}");
}

/// Returns the folder of the tests that compare a snapshot, and the name that they give it: its path below `snapshots`,
/// without the module and the extension.
fn tests_and_name(snapshot: &Path) -> (&Path, String) {
    let folder = snapshot.ancestors().find(|folder| folder.ends_with("snapshots")).unwrap();
    let name = snapshot.strip_prefix(folder).unwrap().with_extension("");
    let name = name.to_str().unwrap();
    (folder.parent().unwrap(), name.rsplit_once("__").map_or(name, |(_, name)| name).to_owned())
}

#[test]
fn every_snapshot_is_named_by_a_test() {
    let (sources, snapshots) = (sources(), files("snap"));
    assert!(!snapshots.is_empty());
    let is_named = |snapshot: &Path| {
        let (tests, name) = tests_and_name(snapshot);
        let literal = format!("\"{name}\"");
        let mut sources = sources.iter().filter(|(path, _)| path.with_extension("").starts_with(tests));
        sources.any(|(_, text)| text.contains(&literal))
    };
    let left_over: Vec<_> = snapshots.keys().filter(|path| !is_named(path)).collect();
    assert!(left_over.is_empty(), "delete the snapshots that no test names as a literal: {left_over:?}");
}

/// Whether a file of the server holds state for many callers, tests aside.
fn has_shared_state(path: &Path, text: &str) -> bool {
    let is_of_server = ["server/src", "server/billing/src", "app/src"].iter().any(|folder| path.starts_with(folder));
    let is_test = ["testing", "tests.rs", "tests/"].iter().any(|mark| path.to_str().unwrap().contains(mark));
    let mut lines = text.lines().take_while(|line| *line != "mod tests {").map(str::trim);
    is_of_server
        && !is_test
        && lines.any(|line| {
            let is_code = !line.starts_with("//") && !line.contains("MutexGuard<");
            is_code && SHARED_STATE.iter().any(|mark| line.contains(mark))
        })
}

#[test]
fn state_held_in_memory_is_listed_in_the_bounds_document() {
    let sources = sources();
    let holders = sources.iter().filter(|(path, text)| has_shared_state(path, text));
    let holders = holders.map(|(path, _)| path.to_str().unwrap());
    let rows = ROWS.iter().map(|(path, _)| *path);
    assert_eq!(
        holders.collect::<BTreeSet<_>>(),
        rows.collect::<BTreeSet<_>>(),
        "say in sources.rs and in server/docs/bounds.md how much each file holds"
    );
    let page = include_str!("../../../docs/bounds.md").split_whitespace().collect::<Vec<_>>().join(" ");
    // An entry of a list, `**what**: bound`, counts as a row of a table.
    let page = page.replace("**: ", " | ");
    for (path, rows) in ROWS {
        for (code, words) in rows {
            assert!(sources[Path::new(path)].contains(*code), "{path} has no {code}: the page says “{words}”");
            assert!(page.contains(*words), "{path}: the page does not say “{words}”");
        }
    }
}
