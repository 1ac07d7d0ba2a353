//! Connection limits: a connection that a client only holds open is closed after a time-out and delays no other client.

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpSocket, TcpStream},
};

use crate::harness::{Engine, PASSWORD, TestApp, eventually};

/// Longer than a time-out of one second takes on a busy machine, and shorter than the default time-outs.
const SOON: Duration = Duration::from_secs(8);
const HALF_A_HEAD: &[u8] = b"GET /healthz HTTP/1.1\r\nhost: dues.te";
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const GOAWAY: u8 = 7;
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Connects from the loopback address that ends with `last`.
async fn connect_from(last: u8, to: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((Ipv4Addr::new(127, 0, 0, last), 0).into()).unwrap();
    socket.connect(to).await.unwrap()
}

async fn send(connection: &mut TcpStream, bytes: &[u8]) {
    connection.write_all(bytes).await.unwrap();
}

/// Waits until the server closes the connection and returns what it sent.
async fn wait_for_close(mut connection: TcpStream) -> Vec<u8> {
    let mut answer = Vec::new();
    let read = tokio::time::timeout(SOON, connection.read_to_end(&mut answer)).await;
    // A reset counts as a close.
    assert!(read.is_ok(), "still open, after {:?}", String::from_utf8_lossy(&answer));
    answer
}

async fn assert_answers(app: &TestApp, email: &str) {
    let began = Instant::now();
    app.visitor().get("/healthz").await.expect(200);
    let credentials = json!({ "email": email, "password": PASSWORD });
    app.visitor().post("/api/v1/auth/login", &credentials).await.expect(200);
    assert!(began.elapsed() < SOON, "answered after {:?}", began.elapsed());
}

async fn app(settings: &[(&'static str, &str)]) -> TestApp {
    let plan =
        settings.iter().fold(TestApp::on(Engine::Sqlite).in_a_process(), |plan, (name, value)| plan.with(name, value));
    plan.with("RATE_LIMIT_ADDRESS", "0").start().await
}

#[tokio::test]
async fn half_sent_requests_do_not_delay_other_clients() {
    let app = app(&[]).await;
    let owner = app.owner().await;
    for addresses in [1, 6] {
        let mut held = Vec::new();
        for number in 0..600_u16 {
            let from = u8::try_from(number % addresses).unwrap() + 1;
            let mut connection = connect_from(from, app.server.address).await;
            connection.write_all(HALF_A_HEAD).await.ok();
            held.push(connection);
            if number % 100 == 99 {
                assert_answers(&app, &owner.email).await;
            }
        }
    }
}

#[tokio::test]
async fn an_unfinished_request_is_closed_after_its_timeout() {
    let app = app(&[("HEADER_TIMEOUT_SECS", "1"), ("KEEP_ALIVE_SECS", "1"), ("BODY_TIMEOUT_SECS", "1")]).await;
    let long = format!("GET /healthz HTTP/1.1\r\nx: {}", "x".repeat(4000));
    let beginnings: [&[u8]; 8] = [
        b"",
        b"G",
        HALF_A_HEAD,
        long.as_bytes(),
        &PREFACE[..10],
        PREFACE,
        b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
        b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\nGET /he",
    ];
    let mut connections = Vec::new();
    for beginning in beginnings {
        let mut connection = TcpStream::connect(app.server.address).await.unwrap();
        send(&mut connection, beginning).await;
        connections.push(connection);
    }
    for (connection, beginning) in connections.into_iter().zip(beginnings) {
        let answer = String::from_utf8_lossy(&wait_for_close(connection).await).into_owned();
        let is_whole = beginning.starts_with(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n");
        assert_eq!(answer.starts_with("HTTP/1.1 200"), is_whole, "{beginning:?}: {answer}");
    }
}

#[tokio::test]
async fn a_slowly_sent_head_gets_no_extra_time() {
    let app = app(&[("HEADER_TIMEOUT_SECS", "2")]).await;
    let (mut reader, mut writer) = TcpStream::connect(app.server.address).await.unwrap().into_split();
    let dripping = async {
        loop {
            if writer.write_all(b"G").await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    let mut answer = Vec::new();
    tokio::select! {
        () = dripping => {}
        _ = reader.read_to_end(&mut answer) => {}
        () = tokio::time::sleep(SOON) => panic!("still open"),
    }
}

#[tokio::test]
async fn a_body_must_arrive_within_its_timeout() {
    let app = app(&[("BODY_TIMEOUT_SECS", "2")]).await;
    for path in ["/api/v1/auth/login", "/rpc/login", "/webhooks/billing/stripe", "/api/v1/usage/events"] {
        let mut connection = TcpStream::connect(app.server.address).await.unwrap();
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: dues.test\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{{"
        );
        send(&mut connection, head.as_bytes()).await;
        let mut begun = [0; 12];
        tokio::time::timeout(SOON, connection.read_exact(&mut begun)).await.unwrap().unwrap();
        assert_eq!(&begun, b"HTTP/1.1 400", "{path}");
        wait_for_close(connection).await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_the_response_is_disconnected() {
    let app = app(&[("WRITE_TIMEOUT_SECS", "1"), ("KEEP_ALIVE_SECS", "2")]).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut connection = socket.connect(app.server.address).await.unwrap();
    // The responses are larger than the socket buffers of both ends.
    let request = "GET /openapi.json HTTP/1.1\r\nhost: dues.test\r\n\r\n".repeat(20);
    connection.write_all(request.as_bytes()).await.ok();
    eventually("the connection is closed by the server", async || {
        let metrics = app.metrics().await;
        metrics.contains("http_connections_closed_total{reason=\"write_timeout\"} 1")
    })
    .await;
}

#[tokio::test]
async fn the_send_buffer_of_an_unread_response_is_bounded() {
    let app = app(&[]).await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut connection = socket.connect(app.server.address).await.unwrap();
    let request = "GET /openapi.json HTTP/1.1\r\nhost: dues.test\r\n\r\n".repeat(20);
    send(&mut connection, request.as_bytes()).await;
    let client = connection.local_addr().unwrap();
    let mut kept = 0;
    eventually("the server waits for the client", async || {
        let before = std::mem::replace(&mut kept, queued_bytes(app.server.address, client));
        kept > 0 && kept == before
    })
    .await;
    // Linux doubles the 64 KiB of `SO_SNDBUF`. The rest of the bound is tolerance.
    assert!(kept <= 256 * 1024, "{kept} bytes");
}

/// Returns the bytes in the kernel's send queue of a connection (Linux: proc(5), `/proc/net/tcp`).
fn queued_bytes(from: SocketAddr, to: SocketAddr) -> u64 {
    let ends = [from, to].map(|end| format!(":{:04X}", end.port()));
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let mut rows = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let row = rows.find(|row| row[1].ends_with(&ends[0]) && row[2].ends_with(&ends[1])).unwrap();
    let (unsent, _unread) = row[4].split_once(':').unwrap();
    u64::from_str_radix(unsent, 16).unwrap()
}

#[tokio::test]
async fn connections_beyond_the_caps_do_not_fail_other_requests() {
    let app = app(&[("MAX_CONNECTIONS", "20"), ("MAX_CONNECTIONS_PER_ADDRESS", "8"), ("BODY_TIMEOUT_SECS", "3")]).await;
    let owner = app.owner().await;
    // Every slot is taken by a request whose body never arrives.
    let mut stalled = Vec::new();
    let head = b"POST /api/v1/auth/login HTTP/1.1\r\nhost: dues.test\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
    for number in 0..20 {
        let mut connection = connect_from(10 + number % 5, app.server.address).await;
        send(&mut connection, head).await;
        stalled.push(connection);
    }
    app.visitor().get("/healthz").await.expect(200);
    eventually("waiting requests are answered once the bodies time out", async || {
        let credentials = json!({ "email": owner.email, "password": PASSWORD });
        app.visitor().post("/api/v1/auth/login", &credentials).await.status == 200
    })
    .await;
}

#[tokio::test]
async fn http2_is_served_and_its_floods_are_closed() {
    let app = app(&[("KEEP_ALIVE_SECS", "3")]).await;
    let owner = app.owner().await;
    let mut connection = TcpStream::connect(app.server.address).await.unwrap();
    send(&mut connection, &[PREFACE, &frame(4, 0, 0, &[]), &frame(1, 0x5, 1, GET_HEALTH)].concat()).await;
    loop {
        let (kind, payload) = next_frame(&mut connection).await.unwrap();
        if kind == HEADERS {
            // 0x88 is `:status 200` in HPACK's static table. An update of the dynamic table's size may precede it.
            assert!(payload.iter().take(5).any(|byte| *byte == 0x88), "{payload:?}");
            break;
        }
    }

    // Opens and at once resets more streams than may be pending ("rapid reset").
    let mut connection = TcpStream::connect(app.server.address).await.unwrap();
    let mut flood = [PREFACE, &frame(4, 0, 0, &[])].concat();
    for stream in (1..20_001_u32).step_by(2) {
        flood.extend(frame(1, 0x5, stream, GET_HEALTH));
        flood.extend(frame(3, 0, stream, &8_u32.to_be_bytes()));
    }
    connection.write_all(&flood).await.ok();
    let before = app.server.cpu();
    wait_for_close(connection).await;
    assert!(app.server.cpu().saturating_sub(before) < SOON);

    // Opens more concurrent streams than are allowed, and sends no body on any of them.
    let mut connection = TcpStream::connect(app.server.address).await.unwrap();
    let mut many = [PREFACE, &frame(4, 0, 0, &[])].concat();
    for stream in (1..401_u32).step_by(2) {
        many.extend(frame(1, 0x4, stream, POST_LOGIN));
    }
    connection.write_all(&many).await.ok();
    let (refused, is_over) = refused_streams(&mut connection).await;
    assert!(refused == 100 || is_over, "{refused} of 200 streams were refused");
    assert_answers(&app, &owner.email).await;
}

#[tokio::test]
async fn an_http2_client_that_opens_no_window_is_disconnected() {
    let app = app(&[("WRITE_TIMEOUT_SECS", "1")]).await;
    let mut connection = TcpStream::connect(app.server.address).await.unwrap();
    // SETTINGS_INITIAL_WINDOW_SIZE is 0: a response may send its head but no body.
    let no_window = frame(4, 0, 0, &[0, 4, 0, 0, 0, 0]);
    send(&mut connection, &[PREFACE, &no_window, &frame(1, 0x5, 1, GET_HEALTH)].concat()).await;
    wait_for_close(connection).await;
}

#[tokio::test]
async fn an_http2_client_that_reads_only_some_responses_is_disconnected() {
    let app = app(&[("WRITE_TIMEOUT_SECS", "1")]).await;
    let mut connection = TcpStream::connect(app.server.address).await.unwrap();
    // Windows of one byte: the rest of each response waits for the client.
    let small_window = frame(4, 0, 0, &[0, 4, 0, 0, 0, 1]);
    send(&mut connection, &[PREFACE, &small_window].concat()).await;
    let began = Instant::now();
    let mut stream = 1;
    for _ in 0..20 {
        connection.write_all(&frame(1, 0x5, stream, GET_DOCUMENT)).await.unwrap();
        stream += 2;
    }
    // Every half second the client requests a further response and reads it completely.
    loop {
        let asked = frame(1, 0x5, stream, GET_HEALTH);
        let opened = frame(8, 0, stream, &1_000_000_u32.to_be_bytes());
        stream += 2;
        if connection.write_all(&[asked, opened].concat()).await.is_err() {
            break;
        }
        let mut read = vec![0; 65_536];
        match tokio::time::timeout(Duration::from_millis(500), connection.read(&mut read)).await {
            Ok(Ok(0) | Err(_)) => break,
            Ok(Ok(_)) => tokio::time::sleep(Duration::from_millis(500)).await,
            Err(_) => {}
        }
        assert!(began.elapsed() < 2 * SOON, "still open");
    }
    assert!(began.elapsed() > Duration::from_secs(2), "others excuse a stream for a while: {:?}", began.elapsed());
}

/// `:method GET`, `:scheme http`, `:path /openapi.json`, by HPACK's static table.
const GET_DOCUMENT: &[u8] = b"\x82\x86\x04\x0d/openapi.json\x01\x09dues.test";
/// `:method GET`, `:scheme http`, `:path /healthz`, by HPACK's static table.
const GET_HEALTH: &[u8] = b"\x82\x86\x04\x08/healthz\x01\x09dues.test";
/// `:method POST`, to a route that waits for a body.
const POST_LOGIN: &[u8] = b"\x83\x86\x04\x12/api/v1/auth/login\x01\x09dues.test";

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Returns the kind and payload of the next frame; `None` if the connection ends or no frame comes in three seconds.
async fn next_frame(connection: &mut TcpStream) -> Option<(u8, Vec<u8>)> {
    let mut head = [0; 9];
    let read = tokio::time::timeout(Duration::from_secs(3), connection.read_exact(&mut head)).await;
    read.ok()?.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    connection.read_exact(&mut payload).await.ok()?;
    Some((head[3], payload))
}

/// Returns the number of refused streams, and whether the connection was closed.
async fn refused_streams(connection: &mut TcpStream) -> (usize, bool) {
    let (mut refused, mut is_over) = (0, false);
    while let Some((kind, payload)) = next_frame(connection).await {
        // The error code 7 is REFUSED_STREAM.
        refused += usize::from(kind == RST_STREAM && payload == 7_u32.to_be_bytes());
        is_over |= kind == GOAWAY;
    }
    (refused, is_over)
}

#[tokio::test]
async fn shutdown_waits_only_for_requests_in_flight() {
    let mut app = app(&[]).await;
    let owner = app.owner().await;
    let mut idle = TcpStream::connect(app.server.address).await.unwrap();
    send(&mut idle, HALF_A_HEAD).await;
    let mut busy = TcpStream::connect(app.server.address).await.unwrap();
    let body = json!({ "email": owner.email, "password": PASSWORD }).to_string();
    let head = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nhost: dues.test\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    send(&mut busy, head.as_bytes()).await;
    // When this call is answered, the server has read the head: the login request is in flight.
    app.visitor().get("/healthz").await.expect(200);
    let ending = tokio::spawn(async move {
        let status = app.server.terminate().await;
        (app, status)
    });
    // The server is shutting down meanwhile, and must not close the connection of the request.
    tokio::time::sleep(Duration::from_millis(300)).await;
    send(&mut busy, body.as_bytes()).await;
    let answer = String::from_utf8_lossy(&wait_for_close(busy).await).into_owned();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let (app, status) = ending.await.unwrap();
    assert_eq!(status.code(), Some(0));
    assert!(!app.server.whole_log().contains("at the end of the drain"), "{}", app.server.log());
}

#[tokio::test]
async fn a_file_limit_below_the_connection_cap_is_logged_at_start() {
    let app = app(&[("MAX_CONNECTIONS", "1000000")]).await;
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files")).unwrap();
    let hard: u64 = line.split_whitespace().nth(4).unwrap().parse().unwrap_or(u64::MAX);
    app.visitor().get("/healthz").await.expect(200);
    let is_logged = || app.server.log().contains("limit of open files is too low for MAX_CONNECTIONS");
    eventually("the warning is logged", async || is_logged() == (hard < 1_000_512)).await;
    assert_eq!(app.server.open_files_limit(), hard, "the limit is raised to the system's maximum");
}
