//! Back-ups and restores that are killed or find no room: each leaves a whole database and no half back-up.

use std::{
    fs::{self, OpenOptions},
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use billing::store::Store;

use super::{backup, beside, create, execute, fails, migrate, name, names_in, succeeds, text_of, url_of};
use crate::harness::{Disk, command, eventually};

/// How often a command is killed, at times that spread over its run.
const KILLS: u32 = 12;
/// Fills 16 MB, so that there is something to interrupt.
const BALLAST: &str = "CREATE TABLE ballast AS WITH RECURSIVE counted (number) AS \
    (SELECT 1 UNION ALL SELECT number + 1 FROM counted WHERE number < 16000) \
    SELECT number, randomblob(1000) AS bytes FROM counted";
const MARK: &str = "SELECT mark FROM marks";
const INTEGRITY: &str = "PRAGMA integrity_check";

/// Makes a large database with the mark `old`.
async fn make_database(database: &Path) {
    migrate(database).await;
    execute(database, BALLAST).await;
    execute(database, "CREATE TABLE marks (mark TEXT)").await;
    execute(database, "INSERT INTO marks VALUES ('old')").await;
}

/// Runs a command of `server backup`, and kills it with SIGKILL after `delay` unless it has ended.
async fn kill_after(delay: Duration, database: &Path, arguments: &[&str]) {
    let arguments = [&["backup"][..], arguments].concat();
    let mut command = command(&arguments);
    command.env("DATABASE_URL", url_of(database)).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    tokio::time::sleep(delay).await;
    child.kill().await.ok();
}

#[tokio::test]
async fn a_killed_back_up_leaves_no_file_of_its_name() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    make_database(&database).await;
    let begun = Instant::now();
    create(&database, &file).await;
    let duration = begun.elapsed();
    let mut incomplete = 0;
    for kill in 0..KILLS {
        fs::remove_file(&file).ok();
        kill_after(duration * kill / KILLS, &database, &["create", name(&file)]).await;
        if file.exists() {
            // It was complete before it was killed.
            succeeds(&backup(&database, &["verify", name(&file)]).await);
        } else {
            incomplete += 1;
        }
    }
    assert!(incomplete > 0, "no command was killed in time");
    // What is left behind does not hinder the next one.
    fs::remove_file(&file).ok();
    create(&database, &file).await;
    succeeds(&backup(&database, &["verify", name(&file)]).await);
}

#[tokio::test]
async fn a_killed_restore_leaves_the_old_database_or_the_new_one() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    make_database(&database).await;
    execute(&database, "UPDATE marks SET mark = 'new'").await;
    create(&database, &file).await;
    execute(&database, "UPDATE marks SET mark = 'older'").await;

    // The files of a killed process: that the mark is `old` is in the log only.
    let left = place.path().join("left");
    fs::create_dir(&left).unwrap();
    let store = Store::connect_to_file(&database).await.unwrap();
    let Store::Sqlite(sqlite) = &store else { panic!("this is SQLite") };
    sqlx::query("UPDATE marks SET mark = 'old'").execute(&sqlite.writer).await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        fs::copy(beside(&database, suffix), left.join(format!("dues.db{suffix}"))).unwrap();
    }
    store.close().await;
    let leave = || {
        for suffix in ["", "-wal", "-shm"] {
            fs::copy(left.join(format!("dues.db{suffix}")), beside(&database, suffix)).unwrap();
        }
    };

    leave();
    let begun = Instant::now();
    succeeds(&backup(&database, &["restore", name(&file), "--force"]).await);
    let duration = begun.elapsed();
    assert_eq!(text_of(&database, MARK).await, "new");
    let mut found = Vec::new();
    for kill in 0..=KILLS {
        leave();
        kill_after(duration * kill / KILLS, &database, &["restore", name(&file), "--force"]).await;
        found.push(text_of(&database, MARK).await);
        assert_eq!(text_of(&database, INTEGRITY).await, "ok");
    }
    assert!(found.iter().all(|mark| ["old", "new"].contains(&mark.as_str())), "{found:?}");
    assert_eq!(found.first().unwrap(), "old");
    // What is left behind does not hinder the next one.
    succeeds(&backup(&database, &["restore", name(&file), "--force"]).await);
    assert_eq!(text_of(&database, MARK).await, "new");
}

#[tokio::test]
async fn a_stopped_back_up_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let (file, database) = (place.path().join("dues.backup"), place.path().join("dues.db"));
    make_database(&database).await;
    let mut command = command(&["backup", "create", name(&file)]);
    let mut child =
        command.env("DATABASE_URL", url_of(&database)).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    eventually("the copy has begun", async || !temporary_names_in(place.path()).is_empty() || file.exists()).await;
    if let Some(pid) = child.id().map(|pid| pid.to_string()) {
        tokio::process::Command::new("kill").args(["-TERM", &pid]).status().await.unwrap();
    }
    let ended = child.wait().await.unwrap();
    assert_eq!(temporary_names_in(place.path()), Vec::<String>::new());
    assert_eq!(ended.success(), file.exists());
}

#[tokio::test]
async fn a_full_disk_leaves_the_database_and_no_half_back_up() {
    let test = "operations::backup::interruptions::a_full_disk_leaves_the_database_and_no_half_back_up";
    let Some(disk) = Disk::of_mebibytes(64, test) else { return };
    let (file, database) = (disk.folder.join("dues.backup"), disk.folder.join("dues.db"));
    make_database(&database).await;
    create(&database, &file).await;
    execute(&database, "UPDATE marks SET mark = 'newer'").await;
    disk.fill();
    let second = disk.folder.join("second.backup");
    // Without any room, and with room for a part.
    for room in [0, 4 << 20] {
        let ballast = OpenOptions::new().write(true).open(disk.folder.join("ballast")).unwrap();
        ballast.set_len(ballast.metadata().unwrap().len() - room).unwrap();
        fails(&backup(&database, &["create", name(&second)]).await, "can't be copied");
        fails(&backup(&database, &["restore", name(&file), "--force"]).await, "can't be copied");
        fails(&backup(&database, &["verify", name(&file)]).await, "can't be copied");
        assert!(!second.exists());
        assert_eq!(temporary_names_in(&disk.folder), Vec::<String>::new());
    }
    disk.make_room();
    assert_eq!(text_of(&database, MARK).await, "newer");
    assert_eq!(text_of(&database, INTEGRITY).await, "ok");
    succeeds(&backup(&database, &["restore", name(&file), "--force"]).await);
    assert_eq!(text_of(&database, MARK).await, "old");
}

/// Returns the names of temporary files and folders of `server backup`.
fn temporary_names_in(folder: &Path) -> Vec<String> {
    let parts = [".partial", ".restoring", "dues-verify-"];
    names_in(folder).into_iter().filter(|name| parts.iter().any(|part| name.contains(part))).collect()
}
