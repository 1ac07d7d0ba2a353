//! Files of Dues are readable only by its user.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use crate::harness::{Engine, TestApp, command, eventually};

/// Returns a folder and everything in it: the path, whether it is a folder, and its mode.
fn modes(folder: &Path) -> Vec<(PathBuf, bool, u32)> {
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let mut all = vec![(folder.to_owned(), true, mode(folder))];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(modes(&path));
        } else {
            all.push((path.clone(), false, mode(&path)));
        }
    }
    all
}

fn assert_private(folder: &Path) {
    for (path, is_folder, mode) in modes(folder) {
        assert_eq!(mode, if is_folder { 0o700 } else { 0o600 }, "{} is {mode:o}", path.display());
    }
}

#[tokio::test]
async fn every_file_of_the_demo_is_private_under_any_umask() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    // An earlier version of Dues created these folders with the mode 755.
    fs::create_dir_all(data.join("sandbox")).unwrap();
    fs::set_permissions(&data, fs::Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(data.join("sandbox"), fs::Permissions::from_mode(0o755)).unwrap();
    let file = data.join("demo.json");
    let settings = [("LISTEN", "127.0.0.1:0"), ("SANDBOX_LISTEN", "127.0.0.1:0")];
    let mut demo = command(&["demo", "--data", data.to_str().unwrap()]);
    let _child = demo.envs(settings).stdout(std::process::Stdio::null()).spawn().unwrap();
    eventually("the demo writes its address", async || file.exists()).await;
    let names: Vec<_> = modes(&data).into_iter().map(|(path, ..)| path.to_string_lossy().into_owned()).collect();
    for name in ["dues.db", "dues.db-wal", "demo.json", "demo-settings.json"] {
        assert!(names.iter().any(|path| path.ends_with(name)), "{name} is not among {names:?}");
    }
    assert_private(&data);
}

#[tokio::test]
async fn a_database_of_an_earlier_version_becomes_private() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("kept").join("dues.db");
    let url = format!("sqlite://{}", database.display());
    let migrate = async || {
        let done = command(&["migrate"]).env("DATABASE_URL", &url).output().await.unwrap();
        assert!(done.status.success(), "{done:?}");
    };
    migrate().await;
    assert_private(&folder.path().join("kept"));
    fs::set_permissions(&database, fs::Permissions::from_mode(0o644)).unwrap();
    migrate().await;
    assert_private(&folder.path().join("kept"));
}

#[tokio::test]
async fn a_test_key_is_logged_at_start() {
    let app = TestApp::start(Engine::Sqlite).await;
    assert!(app.server.log().contains("STRIPE_SECRET_KEY is a test key"), "{}", app.server.log());
}
