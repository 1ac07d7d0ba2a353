//! An SMTP server for tests: stores the mails it receives, and fails on request.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that has no server can only stop")]

use std::{
    collections::VecDeque,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::SecretString;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use super::{Mailer, Sender};

/// A mail as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub from: String,
    pub to: Vec<String>,
    /// Headers and body, with dot-stuffing and line ends undone.
    pub raw: String,
}

impl Received {
    /// A header's value, without decoding.
    pub fn header(&self, name: &str) -> Option<&str> {
        let (head, _) = self.raw.split_once("\r\n\r\n")?;
        head.split("\r\n").find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The plain text, decoded.
    pub fn text(&self) -> String {
        self.part("text/plain")
    }

    /// The HTML, decoded.
    pub fn html(&self) -> String {
        self.part("text/html")
    }

    /// Decodes the part of this content type.
    fn part(&self, content_type: &str) -> String {
        let kind = format!("Content-Type: {content_type}");
        let (_, part) = self.raw.split_once(&kind).expect("a mail has a part of each type");
        let (head, body) = part.split_once("\r\n\r\n").expect("a part has a head and a body");
        let body = body.split_once("\r\n--").map_or(body, |(body, _)| body);
        if head.contains("Content-Transfer-Encoding: base64") {
            let joined = body.replace("\r\n", "");
            let bytes = BASE64_STANDARD.decode(joined).expect("a body in base64");
            return String::from_utf8(bytes).expect("a text in UTF-8");
        }
        if !head.contains("Content-Transfer-Encoding: quoted-printable") {
            return body.to_owned();
        }
        let joined = body.replace("=\r\n", "");
        let mut bytes = Vec::new();
        let mut rest = joined.as_str();
        while let Some((plain, coded)) = rest.split_once('=') {
            bytes.extend_from_slice(plain.as_bytes());
            let (pair, after) = coded.split_at(2);
            bytes.push(u8::from_str_radix(pair, 16).expect("two hexadecimal digits"));
            rest = after;
        }
        bytes.extend_from_slice(rest.as_bytes());
        String::from_utf8(bytes).expect("a text in UTF-8")
    }

    /// The first URL in the text.
    pub fn link(&self) -> Option<String> {
        self.text().lines().find(|line| line.starts_with("http")).map(|line| line.trim_end().to_owned())
    }
}

/// How the server fails on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpFailure {
    /// Rejects with 421 at once: try again later.
    Busy,
    /// Rejects every recipient with 550: unknown.
    Unknown,
    /// Rejects every recipient with 550 and a text in Latin-1.
    Latin1,
    /// Accepts the connection and never answers.
    Silent,
    /// Never answers the command that names a recipient.
    HangsAtRecipient,
    /// Accepts the mail and closes the connection before confirming.
    HangsUp,
}

#[derive(Debug, Default)]
struct State {
    received: Vec<Received>,
    moods: VecDeque<SmtpFailure>,
    connections: usize,
}

/// An SMTP server that listens until it is dropped.
#[derive(Debug)]
pub struct TestSmtp {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    listening: JoinHandle<()>,
}

impl TestSmtp {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = Arc::<Mutex<State>>::default();
        let shared = state.clone();
        let listening = tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let mood = {
                    let mut state = lock(&shared);
                    state.connections += 1;
                    state.moods.pop_front()
                };
                tokio::spawn(serve(connection, mood, shared.clone()));
            }
        });
        Self { address, state, listening }
    }

    /// The server's URL, for `SMTP_URL`.
    pub fn url(&self) -> String {
        format!("smtp://{}?tls=none", self.address)
    }

    pub fn mailer(&self) -> Mailer {
        let from: Sender = "Dues <no-reply@dues.test>".parse().expect("a sender");
        Mailer::new(&SecretString::from(self.url()), from).expect("a mailer")
    }

    /// A mailer with another time-out for a mail.
    pub fn mailer_with_timeout(&self, send_timeout: Duration) -> Mailer {
        Mailer { send_timeout, ..self.mailer() }
    }

    /// Makes the next connections fail, one for each of `moods`. Later connections succeed.
    pub fn fail_next(&self, moods: impl IntoIterator<Item = SmtpFailure>) {
        lock(&self.state).moods.extend(moods);
    }

    pub fn received(&self) -> Vec<Received> {
        lock(&self.state).received.clone()
    }

    pub fn connections(&self) -> usize {
        lock(&self.state).connections
    }
}

impl Drop for TestSmtp {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().expect("no thread panicked while holding the lock")
}

async fn serve(connection: TcpStream, mood: Option<SmtpFailure>, state: Arc<Mutex<State>>) {
    // A client that disconnects is no error of the server.
    converse(connection, mood, &state).await.ok();
}

async fn converse(mut connection: TcpStream, mood: Option<SmtpFailure>, state: &Mutex<State>) -> std::io::Result<()> {
    let (read, mut write) = connection.split();
    let mut lines = BufReader::new(read);
    match mood {
        Some(SmtpFailure::Silent) => return std::future::pending().await,
        Some(SmtpFailure::Busy) => return write.write_all(b"421 not now\r\n").await,
        _ => write.write_all(b"220 test.invalid ESMTP\r\n").await?,
    }
    let mut mail = Received { from: String::new(), to: Vec::new(), raw: String::new() };
    let mut line = String::new();
    loop {
        line.clear();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let command = line.trim_end().to_ascii_uppercase();
        let answer = if command.starts_with("EHLO") {
            "250-test.invalid\r\n250 8BITMIME"
        } else if command.starts_with("MAIL FROM") {
            mail = Received { from: in_angles(&line), to: Vec::new(), raw: String::new() };
            "250 go on"
        } else if command.starts_with("RCPT TO") && mood == Some(SmtpFailure::Unknown) {
            "550 no such user here"
        } else if command.starts_with("RCPT TO") && mood == Some(SmtpFailure::Latin1) {
            write.write_all(b"550 Empf\xe4nger unbekannt\r\n").await?;
            continue;
        } else if command.starts_with("RCPT TO") && mood == Some(SmtpFailure::HangsAtRecipient) {
            return std::future::pending().await;
        } else if command.starts_with("RCPT TO") {
            mail.to.push(in_angles(&line));
            "250 go on"
        } else if command == "DATA" {
            write.write_all(b"354 end with a dot\r\n").await?;
            loop {
                line.clear();
                if lines.read_line(&mut line).await? == 0 {
                    return Ok(());
                }
                if line == ".\r\n" {
                    break;
                }
                mail.raw.push_str(line.strip_prefix('.').unwrap_or(&line));
            }
            lock(state).received.push(mail.clone());
            if mood == Some(SmtpFailure::HangsUp) {
                return Ok(());
            }
            "250 taken"
        } else if command == "QUIT" {
            return write.write_all(b"221 bye\r\n").await;
        } else {
            "250 fine"
        };
        write.write_all(answer.as_bytes()).await?;
        write.write_all(b"\r\n").await?;
    }
}

fn in_angles(line: &str) -> String {
    line.split_once('<')
        .and_then(|(_, rest)| rest.split_once('>'))
        .map_or_else(String::new, |(inner, _)| inner.to_owned())
}
