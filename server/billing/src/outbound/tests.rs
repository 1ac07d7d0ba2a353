use rstest::rstest;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::*;

fn courier(plain: bool, private: bool) -> EndpointClient {
    EndpointClient::new(AllowedTargets { plain, private }).unwrap()
}

#[rstest]
#[case("https://example.com/hook", None)]
#[case("https://example.com:8443/hook?a=b", None)]
#[case("https://[2606:4700:4700::1111]/", None)]
#[case("http://example.com/hook", Some(AddressError::Scheme))]
#[case("ftp://example.com/hook", Some(AddressError::Scheme))]
#[case("file:///etc/passwd", Some(AddressError::Scheme))]
#[case("https://", Some(AddressError::NoUrl))]
#[case("example.com/hook", Some(AddressError::NoUrl))]
#[case("", Some(AddressError::NoUrl))]
#[case("https://exa mple.com/", Some(AddressError::NoUrl))]
#[case("https://example.com/\n", Some(AddressError::NoUrl))]
#[case("https://ada@example.com/", Some(AddressError::Userinfo))]
#[case("https://ada:secret@example.com/", Some(AddressError::Userinfo))]
#[case("https://example.com/#part", Some(AddressError::Fragment))]
#[case("https://example.com:25/", Some(AddressError::Port))]
#[case("https://example.com:22/", Some(AddressError::Port))]
#[case("https://127.0.0.1/", Some(AddressError::Private))]
#[case("https://127.1/", Some(AddressError::Private))]
#[case("https://2130706433/", Some(AddressError::Private))]
#[case("https://0x7f.0.0.1/", Some(AddressError::Private))]
#[case("https://0177.0.0.1/", Some(AddressError::Private))]
#[case("https://169.254.169.254/latest/meta-data", Some(AddressError::Private))]
#[case("https://[::1]/", Some(AddressError::Private))]
#[case("https://[::ffff:10.0.0.1]/", Some(AddressError::Private))]
#[case("https://[64:ff9b::a00:1]/", Some(AddressError::Private))]
fn a_url_is_checked_by_its_parts(#[case] text: &str, #[case] wrong: Option<AddressError>) {
    assert_eq!(courier(false, false).read(text).err(), wrong, "{text}");
}

#[test]
fn plain_and_private_targets_are_called_if_allowed() {
    assert!(courier(true, true).read("http://127.0.0.1:3999/hook").is_ok());
    assert_eq!(courier(true, false).read("http://127.0.0.1:3999/hook"), Err(AddressError::Private));
    assert_eq!(courier(false, true).read("http://127.0.0.1:3999/hook"), Err(AddressError::Scheme));
    let long = format!("https://example.com/{}", "x".repeat(URL_MAX_CHARS));
    assert_eq!(courier(true, true).read(&long), Err(AddressError::NoUrl));
}

/// Starts a server that sends `answer` for each request and then closes the connection. Returns its URL.
async fn receiver(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            let mut read = [0; 4096];
            assert!(connection.read(&mut read).await.unwrap() > 0);
            connection.write_all(answer).await.ok();
        }
    });
    format!("http://localhost:{port}/hook")
}

fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

async fn post(courier: &EndpointClient, url: &str) -> Result<Answer, CallError> {
    courier.post(&tenant(), url, HeaderMap::new(), "{}".to_owned()).await
}

#[tokio::test]
async fn a_name_of_a_private_address_is_neither_called_nor_accepted() {
    let url = receiver(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
    let public = courier(true, false);
    assert_eq!(public.check(&tenant(), &url).await.unwrap_err(), CheckError::Address(AddressError::Private));
    assert!(matches!(post(&public, &url).await, Err(CallError::Address(AddressError::Private))));
    let anywhere = courier(true, true);
    assert!(anywhere.check(&tenant(), &url).await.is_ok());
    assert_eq!(post(&anywhere, &url).await.unwrap(), Answer { status: 200, excerpt: "ok".to_owned() });
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let url = receiver(b"HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n").await;
    assert_eq!(post(&courier(true, true), &url).await.unwrap().status, 307);
}

#[tokio::test]
async fn only_the_beginning_of_a_long_response_is_kept() {
    static LONG: [u8; 100_000] = {
        let mut long = [b'x'; 100_000];
        let head = b"HTTP/1.1 500 Broken\r\ncontent-length: 9000000\r\n\r\n\0\x1b\xffok\n";
        let mut at = 0;
        while at < head.len() {
            long[at] = head[at];
            at += 1;
        }
        long
    };
    let answer = post(&courier(true, true), &receiver(&LONG).await).await.unwrap();
    assert_eq!(answer.status, 500);
    assert!(answer.excerpt.starts_with("\u{fffd}\u{fffd}\u{fffd}ok\nxxx"), "{}", answer.excerpt);
    assert!(answer.excerpt.chars().count() <= EXCERPT_BYTES);
}

#[tokio::test]
async fn unknown_hosts_and_refused_connections_differ() {
    let courier = courier(true, true);
    assert!(matches!(post(&courier, "http://127.0.0.1:1025/").await, Err(CallError::NoConnection(_))));
    assert!(matches!(post(&courier, "http://unknown.invalid/").await, Err(CallError::UnknownHost(_))));
    assert!(courier.check(&tenant(), "http://unknown.invalid/").await.is_ok(), "it may be there later");
    assert!(matches!(post(&courier, &receiver(b"").await).await, Err(CallError::BrokeOff(_))));
}

/// Starts a server that sends `head` for each request, then `chunk` repeatedly, as fast as the client reads. Returns
/// its URL.
async fn endless(head: &'static [u8], chunk: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut read = [0; 4096];
                assert!(connection.read(&mut read).await.unwrap() > 0);
                let mut sent = connection.write_all(head).await;
                let many = chunk.repeat(4096);
                while sent.is_ok() {
                    sent = connection.write_all(&many).await;
                }
            });
        }
    });
    format!("http://localhost:{port}/hook")
}

#[rstest]
#[case::informational_answers(b"", b"HTTP/1.1 100 Continue\r\n\r\n")]
#[case::early_hints(b"", b"HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n")]
#[case::a_head(b"HTTP/1.1 200 OK\r\nx: ", b"x")]
#[case::headers(b"HTTP/1.1 200 OK\r\n", b"x: y\r\n")]
#[tokio::test]
async fn a_response_that_never_begins_is_cut_off(#[case] head: &'static [u8], #[case] part: &'static [u8]) {
    let url = endless(head, part).await;
    let begun = std::time::Instant::now();
    let answer = post(&courier(true, true), &url).await;
    assert!(matches!(answer, Err(CallError::TooLong | CallError::BrokeOff(_))), "{answer:?}");
    assert!(begun.elapsed() < TOTAL_TIMEOUT / 3, "{:?}", begun.elapsed());
}

#[rstest]
#[case::trailers(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n", b"x: y\r\n")]
#[case::chunk_extensions(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n1;", b"x")]
#[tokio::test]
async fn a_response_that_never_ends_is_cut_off(#[case] head: &'static [u8], #[case] part: &'static [u8]) {
    let url = endless(head, part).await;
    let begun = std::time::Instant::now();
    assert_eq!(post(&courier(true, true), &url).await.unwrap(), Answer { status: 200, excerpt: "ok".to_owned() });
    assert!(begun.elapsed() < TOTAL_TIMEOUT / 3, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn informational_responses_are_skipped() {
    let url =
        receiver(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n").await;
    assert_eq!(post(&courier(true, true), &url).await.unwrap().status, 204);
}
