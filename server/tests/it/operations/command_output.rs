//! What commands print, also when standard output is closed.

use std::process::Stdio;

use rstest::rstest;

use crate::harness::{Engine, TestApp, command, within_staleness};

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

#[tokio::test]
async fn a_closed_standard_output_fails_no_command() {
    for arguments in [&["openapi"][..], &["config"]] {
        let mut child = command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().await.unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}

#[rstest]
#[tokio::test]
async fn an_unknown_tenant_is_reported_with_the_database(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let database = match engine {
        Engine::Sqlite => "sqlite:",
        Engine::Postgres => "postgres",
    };
    for arguments in [&["tenant", "override"][..], &["api-key", "list"], &["usage", "verify"]] {
        let output = app.command(&[arguments, &["--tenant", "unknown"]].concat()).await;
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let line = text(&output.stderr);
        let says = format!("--tenant is wrong: there is no tenant unknown in {database}");
        assert!(line.starts_with(&says) && line.lines().count() == 1, "{arguments:?}: {line}");
    }
}

#[rstest]
#[tokio::test]
async fn a_reset_without_a_second_factor_says_that_it_ends_sessions(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let output = app.command(&["second-factor", "reset", "--email", &owner.email]).await;
    let says = format!("{} had no second factor; the account is signed out everywhere.\n", owner.email);
    assert_eq!(text(&output.stdout), says);
    // The server runs in another process than the command, so it notices the change after a moment.
    let me = async || owner.get("/api/v1/auth/me").await.status;
    within_staleness("the session has ended", async || me().await == 401).await;
}

#[rstest]
#[tokio::test]
async fn log_lines_have_no_colours_outside_of_a_terminal(#[values(Engine::Sqlite)] engine: Engine) {
    let app = TestApp::start(engine).await;
    let owner = app.owner().await;
    let output = app.command(&["second-factor", "reset", "--email", &owner.email]).await;
    let log = text(&output.stderr);
    assert!(log.contains("sessions_ended") && !log.contains('\u{1b}'), "{log}");
}
