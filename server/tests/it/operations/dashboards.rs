//! The dashboard and the alert rules in `server/ops` name only metrics that exist, and the guide lists all of them.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;

const PREFIXES: [&str; 3] = ["dues_", "http_", "housekeeping_"];
/// Constants that begin like a metric and are none: cookies, and fields at providers.
const NO_METRICS: [&str; 7] =
    ["dues_", "dues_attempt", "dues_cycle", "dues_device", "dues_part", "dues_plan", "dues_session"];
/// The macros that record a metric.
const MACROS: [&str; 3] = ["counter!(", "gauge!(", "histogram!("];
/// Labels that Prometheus adds to each series that it scrapes.
const OF_PROMETHEUS: [&str; 2] = ["instance", "job"];
/// What Prometheus adds to the name of a histogram.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources_in(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.flat_map(|path| if path.is_dir() { sources_in(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "rs")).collect()
}

fn is_metric(name: &str) -> bool {
    PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// Returns the names of metrics in a text: words that begin like one.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').filter(|word| is_metric(word)).collect()
}

/// Returns the lines of the code.
fn lines() -> Vec<String> {
    let files = ["src", "billing/src"].iter().flat_map(|folder| sources_in(&package().join(folder)));
    let texts = files.map(|file| fs::read_to_string(file).unwrap());
    texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Returns the metrics that the code names: constants that begin like one.
fn known() -> BTreeSet<String> {
    let lines = lines();
    let constants = lines.iter().filter(|line| line.contains("const ") && line.contains(": &str = \""));
    let names = constants.filter_map(|line| line.split('"').nth(1).map(str::to_owned));
    names.filter(|name| is_metric(name) && !NO_METRICS.contains(&name.as_str())).collect()
}

/// Returns the labels that the code gives to metrics.
fn labels() -> BTreeSet<String> {
    let mut labels = BTreeSet::new();
    for line in lines().iter().filter(|line| MACROS.iter().any(|name| line.contains(name))) {
        let (names, _) = line.rsplit_once("\" =>").unwrap_or_default();
        labels.extend(names.split("\" =>").filter_map(|before| before.rsplit('"').next()).map(str::to_owned));
    }
    labels.remove("");
    labels
}

/// Returns each expression of the dashboard and of the rules.
fn expressions() -> Vec<String> {
    fn collect(value: &Value, into: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, field) in fields {
                    match field {
                        Value::String(text) if name == "expr" => into.push(text.clone()),
                        field => collect(field, into),
                    }
                }
            }
            Value::Array(items) => {
                for item in items {
                    collect(item, into);
                }
            }
            _ => {}
        }
    }
    let dashboard = fs::read_to_string(package().join("ops/grafana-dashboard.json")).unwrap();
    let mut all = Vec::new();
    collect(&serde_json::from_str(&dashboard).unwrap(), &mut all);
    assert!(all.len() > 10, "{all:?}");
    let rules = fs::read_to_string(package().join("ops/prometheus-rules.yml")).unwrap();
    let of_rules: Vec<_> = rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")).collect();
    assert_eq!(of_rules.len(), rules.matches("- alert: ").count(), "write each expression on one line");
    all.extend(of_rules.into_iter().map(str::to_owned));
    all
}

#[test]
fn queries_name_only_metrics_that_exist() {
    let known = known();
    assert!(known.len() > 15, "{known:?}");
    for expression in expressions() {
        for name in metrics_in(&expression) {
            let base = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
            assert!(known.contains(name) || known.contains(base), "{name} of {expression} is no metric");
        }
    }
}

#[test]
fn queries_group_by_labels_that_exist() {
    let labels = labels();
    assert!(labels.len() > 5, "{labels:?}");
    for name in OF_PROMETHEUS {
        assert!(!labels.contains(name), "Prometheus renames the label {name}, because it adds one of that name");
    }
    for expression in expressions() {
        for group in expression.split("by (").skip(1) {
            let (names, _) = group.split_once(')').unwrap();
            for name in names.split(", ") {
                let is_added = OF_PROMETHEUS.contains(&name) || name == "le";
                assert!(is_added || labels.contains(name), "{name} of {expression} is no label");
            }
        }
    }
}

#[test]
fn the_guide_lists_every_metric() {
    let guide = fs::read_to_string(package().join("docs/telemetry.md")).unwrap();
    let known = known();
    for name in &known {
        assert!(guide.contains(&format!("`{name}`")), "docs/telemetry.md lacks {name}");
    }
    for name in metrics_in(&guide) {
        assert!(known.contains(name), "docs/telemetry.md names {name}, which is no metric");
    }
}

#[test]
fn each_alert_says_what_to_do() {
    let rules = fs::read_to_string(package().join("ops/prometheus-rules.yml")).unwrap();
    let alerts = rules.matches("- alert: ").count();
    for field in ["severity: ", "summary: ", "description: "] {
        assert_eq!(rules.matches(field).count(), alerts, "{field}");
    }
    let guide = fs::read_to_string(package().join("docs/telemetry.md")).unwrap();
    for name in rules.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")) {
        assert!(guide.contains(&format!("`{name}`")), "docs/telemetry.md lacks {name}");
    }
}
