//! Large forms whose senders disconnect.

use std::time::Duration;

use rstest::rstest;
use serde_json::json;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use super::{FORM, MAX_CPU_PER_REQUEST, app, fields::fields, repeated};
use crate::harness::{Engine, PASSWORD, TestApp, eventually};

const ABORTED_FORMS: u32 = 200;
const FORM_BYTES: usize = 60 * 1024;
/// Forms that end the session that the next form needs.
const SIGNING_OUT: [&str; 3] = ["/rpc/logout", "/rpc/end-session", "/rpc/end-sessions"];
const SECOND: Duration = Duration::from_secs(1);
/// How much more processor time in a second an idle server may use after the test than before.
const IDLE_MARGIN: Duration = Duration::from_millis(100);

/// Returns the processor time that the server uses within a second.
async fn cpu_in_a_second(app: &TestApp) -> Duration {
    let before = app.server.cpu();
    tokio::time::sleep(SECOND).await;
    app.server.cpu().saturating_sub(before)
}

#[rstest]
#[tokio::test]
async fn work_for_a_form_ends_when_its_sender_disconnects(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = app(engine).await;
    let owner = app.owner().await;
    let cookie = format!("dues_session={}", owner.cookie("dues_session").unwrap());
    let drawn = owner.drawn_for().await;
    let forms: Vec<_> = fields()
        .into_iter()
        .filter(|(path, _)| !SIGNING_OUT.contains(&path.as_str()))
        .map(|(path, fields)| {
            let large = fields.last().map_or("x", String::as_str).to_owned();
            let list = format!("{}&", repeated(&format!("{large}="), "a", "", 900)).repeat(60);
            let text = repeated(&format!("{large}="), "%C3%BC", "", FORM_BYTES);
            (path, if large.ends_with("[]") { list } else { text })
        })
        .collect();
    let idle = cpu_in_a_second(&app).await;

    let before = app.server.cpu();
    for (number, (path, form)) in (0..ABORTED_FORMS).zip(forms.iter().cycle()) {
        let head = format!(
            "POST {path}{drawn} HTTP/1.1\r\nhost: dues.test\r\ncookie: {cookie}\r\naccept: text/html\r\n\
             content-type: {FORM}\r\ncontent-length: {}\r\n\r\n",
            form.len()
        );
        // Every second sender disconnects in the middle of the form.
        let sent = if number % 2 == 0 { form.as_str() } else { &form[..form.len() / 2] };
        let mut connection = TcpStream::connect(app.server.address).await.unwrap();
        connection.write_all(&[head.as_bytes(), sent.as_bytes()].concat()).await.ok();
    }
    eventually("the work has ended", async || cpu_in_a_second(&app).await <= idle + IDLE_MARGIN).await;
    let cost = app.server.cpu().saturating_sub(before) / ABORTED_FORMS;
    assert!(cost < MAX_CPU_PER_REQUEST, "{cost:?} a form");

    let credentials = json!({ "email": owner.email, "password": PASSWORD });
    app.visitor().post("/api/v1/auth/login", &credentials).await.expect(200);
}
