//! Files that are no back-up, or that have changed since.

use std::{fs, path::Path};

use super::{backup, create, execute, fails, migrate, name, names_in, succeeds};
use crate::harness::{Engine, TestApp};

/// Verifies and restores a file, and checks that both are refused and leave nothing.
async fn assert_refused(place: &Path, file: &Path, says: &str) {
    let database = place.join("restored/dues.db");
    fails(&backup(&database, &["verify", name(file)]).await, says);
    fails(&backup(&database, &["restore", name(file)]).await, says);
    assert_eq!(names_in(&place.join("restored")), ["dues.db-lock"]);
}

#[tokio::test]
async fn a_file_that_is_no_whole_back_up_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    migrate(&database).await;
    create(&database, &file).await;
    let whole = fs::read(&file).unwrap();
    let size = whole.len();
    let noise = (0..100_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes());
    let missing = "no back-up of Dues, or its end is missing";
    let files: [(&str, Vec<u8>, &str); 11] = [
        ("nothing", Vec::new(), missing),
        ("text", b"this is a text".repeat(1000), missing),
        ("noise", noise.collect(), missing),
        ("no manifest", whole[..size - 1024].to_vec(), missing),
        ("no last byte", whole[..size - 1].to_vec(), missing),
        ("half", whole[..size / 2].to_vec(), missing),
        ("one more byte", [&whole[..], b"\n"].concat(), missing),
        ("no first page", whole[4096..].to_vec(), "its manifest says"),
        ("another header", flipped(&whole, 0), "SHA-256"),
        ("another byte", flipped(&whole, size / 2), "SHA-256"),
        ("another manifest", flipped(&whole, size - 900), "the manifest of the back-up is damaged"),
    ];
    for (what, content, says) in files {
        println!("{what}");
        fs::write(&file, content).unwrap();
        assert_refused(place.path(), &file, says).await;
    }
    fs::write(&file, whole).unwrap();
    succeeds(&backup(&database, &["verify", name(&file)]).await);
}

fn flipped(whole: &[u8], place: usize) -> Vec<u8> {
    let mut changed = whole.to_vec();
    changed[place] ^= 1;
    changed
}

#[tokio::test]
async fn a_missing_file_is_named() {
    let place = tempfile::tempdir().unwrap();
    assert_refused(place.path(), &place.path().join("none.backup"), "none.backup can't be read").await;
}

#[tokio::test]
async fn a_back_up_of_a_newer_version_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    migrate(&database).await;
    let future = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
                  VALUES (9999, 'future', TRUE, x'00', 0)";
    execute(&database, future).await;
    create(&database, &file).await;
    assert_refused(place.path(), &file, "the schema of the database is 9999").await;
}

#[tokio::test]
async fn a_back_up_whose_counters_differ_from_the_ledger_fails_its_check() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    let app = TestApp::on(Engine::Sqlite).in_a_process().start().await;
    let owner = app.owner().await;
    app.record_usage(&owner, &[("ai_tokens", 5)]).await;
    let first = place.path().join("first.backup");
    create(&app.database_file(), &first).await;
    succeeds(&backup(&database, &["restore", name(&first)]).await);
    execute(&database, "UPDATE usage_counters SET used = used + 1 WHERE feature = 'ai_tokens'").await;
    create(&database, &file).await;
    let output = backup(&database, &["verify", name(&file)]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("the counter") && report.contains("stands at 6, the ledger says 5"), "{report}");
    assert_eq!(names_in(place.path()), ["dues.backup", "dues.db", "dues.db-lock", "first.backup"]);
}
