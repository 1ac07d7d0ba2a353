//! `docs/reliability.md` names tests for every fault, and each of them exists.

use std::{fs, path::Path};

const PAGE: &str = include_str!("../../../docs/reliability.md");
/// The words of an item before its tests.
const BEFORE_TESTS: &str = "Held by";
const LEAST_FAULTS: usize = 37;

/// A test by its file, from `server/`, and its name.
type NamedTest = (&'static str, &'static str);

/// Returns the tests that an item names: a file, then its tests, each in backticks.
fn named_tests(item: &'static str) -> Vec<NamedTest> {
    let (_, held_by) = item.split_once(BEFORE_TESTS).unwrap_or_else(|| panic!("no test is named: {item}"));
    let (mut file, mut tests) = (None, Vec::new());
    for name in held_by.split('`').skip(1).step_by(2) {
        if Path::new(name).extension().is_some_and(|extension| extension == "rs") {
            file = Some(name);
        } else {
            tests.push((file.unwrap_or_else(|| panic!("{name} has no file")), name));
        }
    }
    assert!(!tests.is_empty(), "no test is named: {item}");
    tests
}

/// Returns the faults of the page, each with its tests.
fn faults() -> Vec<Vec<NamedTest>> {
    let items = PAGE.split("\n- **").skip(1);
    items.map(|item| named_tests(item.split("\n\n").next().unwrap())).collect()
}

#[test]
fn every_fault_has_a_test_and_every_named_test_exists() {
    let faults = faults();
    assert!(faults.len() >= LEAST_FAULTS, "{}", faults.len());
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (file, name) in faults.into_iter().flatten() {
        let text = fs::read_to_string(root.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (head, _) = text.split_once(&format!("fn {name}(")).unwrap_or_else(|| panic!("{file} has no {name}"));
        // The attributes stand between the item before and the function.
        let attributes = head.rsplit("\n\n").next().unwrap();
        assert!(attributes.contains("test]"), "{name} in {file} is no test");
    }
}
