//! Mail: short plain texts through the SMTP server that `SMTP_URL` names. Nothing in them tells whether they were read.
//!
//! Only the worker sends (`Task` in `store/jobs.rs`): no request waits for an SMTP server, and while it is down no mail is lost. A
//! job says what its mail is about, and never holds a secret; a link's token is made when the mail is sent.

pub(crate) mod letters;
#[cfg(feature = "testing")]
pub mod testing;

use std::{
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::account::Email;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::error::Elapsed;
use url::Url;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// For a whole mail, so that a silent server does not keep the worker. Some let a stranger wait half a minute for the first word.
const SEND_TIMEOUT: Duration = Duration::from_mins(1);
/// For so long a server that was silent is not asked again: else every mail that is due would keep a worker from other jobs.
const REST: Duration = Duration::from_secs(30);
const SUBJECT_MAX_CHARS: usize = 150;
const REASON_MAX_CHARS: usize = 300;

/// Why a mail was not sent, as far as is known. [`MailError::is_final`] tells whether another try is worth it.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the mail can't be put together")]
    Compose(#[from] lettre::error::Error),
    #[error("the SMTP server did not take the mail")]
    Smtp(#[source] lettre::transport::smtp::Error),
    /// Repeating will not help.
    #[error("the SMTP server refuses the mail")]
    Refused(#[source] lettre::transport::smtp::Error),
    #[error("the SMTP server takes no address with {0:?} before the @, as it lacks SMTPUTF8")]
    NoUnicode(String),
    #[error("the address {0} can't be mailed")]
    Address(Email),
    #[error("the SMTP server took too long")]
    TooSlow(#[from] Elapsed),
    #[error("the SMTP server took too long a moment ago")]
    Resting,
}

impl MailError {
    /// Whether every further try would end alike.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Compose(_) | Self::Refused(_) | Self::NoUnicode(_) | Self::Address(_))
    }

    /// For the people who asked for the mail: what the server said, on one line.
    pub fn reason(&self) -> String {
        let words = match self {
            Self::Smtp(error) | Self::Refused(error) => match std::error::Error::source(error) {
                Some(cause) => format!("{self}: {cause}"),
                None => format!("{self}: {error}"),
            },
            other => other.to_string(),
        };
        words.split(char::is_control).collect::<Vec<_>>().join(" ").chars().take(REASON_MAX_CHARS).collect()
    }
}

/// A setting that no mail can be sent with: which, and what it expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailSettingError {
    #[error(
        "SMTP_URL is wrong: it expects smtps://user:password@host or smtp://user:password@host:587, with ?tls=none for a server without TLS"
    )]
    Url,
    #[error("MAIL_FROM is wrong: it expects who mails are from, as Dues <no-reply@example.com>")]
    From,
}

/// Whom mails are from: `Dues <no-reply@example.com>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Mailbox);

impl FromStr for Sender {
    type Err = MailSettingError;

    fn from_str(text: &str) -> Result<Self, MailSettingError> {
        if text.chars().any(char::is_control) {
            return Err(MailSettingError::From);
        }
        text.parse().map(Self).map_err(|_| MailSettingError::From)
    }
}

impl std::fmt::Display for Sender {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(out)
    }
}

/// A mail to one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    to: Address,
    subject: String,
    text: String,
}

impl Letter {
    /// [`MailError::Address`] for an address that SMTP can't carry. Whatever is in `subject` stays in the subject: it is brought
    /// onto one line.
    pub fn new(to: &Email, subject: &str, text: impl Into<String>) -> Result<Self, MailError> {
        let subject = subject.split(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
        let subject = subject.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let to = address(to).ok_or_else(|| MailError::Address(to.clone()))?;
        Ok(Self { to, subject: subject.chars().take(SUBJECT_MAX_CHARS).collect(), text: text.into() })
    }
}

/// Whether mail can be sent there at all; whether it arrives, only mail can tell.
pub fn can_be_mailed(email: &Email) -> bool {
    address(email).is_some()
}

/// With the domain in ASCII, as every server takes it.
fn address(email: &Email) -> Option<Address> {
    let (local, domain) = email.ascii_parts()?;
    Address::new(local, domain).ok()
}

/// Sends letters. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Sender,
    patience: Duration,
    silent_since: Arc<Mutex<Option<Instant>>>,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Mailer {
    /// Connects to nothing yet. `smtp://` asks the server for TLS before it says anything of worth (STARTTLS), unless
    /// `?tls=none`; `smtps://` begins with TLS.
    pub fn new(smtp_url: &SecretString, from: Sender) -> Result<Self, MailSettingError> {
        let url = as_lettre_reads(smtp_url.expose_secret()).ok_or(MailSettingError::Url)?;
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str()).map_err(|_| MailSettingError::Url)?;
        Ok(Self {
            transport: transport.timeout(Some(CONNECT_TIMEOUT)).build(),
            from,
            patience: SEND_TIMEOUT,
            silent_since: Arc::default(),
        })
    }

    /// An error leaves open whether the mail arrives: it may have been taken by a server that could not say so any more.
    pub async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let Letter { to, subject, text } = letter;
        // Gmail and others bounce mail without these three. The id's domain is the sender's, who answers for its being unique.
        let message = Message::builder()
            .from(self.from.0.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(subject)
            .date_now()
            .message_id(Some(format!("<{}@{}>", uuid::Uuid::now_v7(), self.from.0.email.domain())))
            .header(header::MIME_VERSION_1_0)
            .header(header::ContentType::TEXT_PLAIN)
            .body(text.clone())?;
        if self.silence().is_some_and(|since| since.elapsed() < REST) {
            return Err(MailError::Resting);
        }
        let sent = tokio::time::timeout(self.patience, self.transport.send(message)).await;
        *self.silence() = sent.is_err().then(Instant::now);
        match sent? {
            Ok(_) => Ok(()),
            // Said by lettre before anything is sent: the local part is not ASCII, and the server does not take such.
            Err(error) if error.is_client() && !to.user().is_ascii() => Err(MailError::NoUnicode(to.user().to_owned())),
            Err(error) if error.is_permanent() => Err(MailError::Refused(error)),
            Err(error) => Err(MailError::Smtp(error)),
        }
    }

    fn silence(&self) -> MutexGuard<'_, Option<Instant>> {
        self.silent_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The URL in lettre's words, in which a plain `smtp://` never encrypts. `None` for one that says something else than who, where
/// and whether by TLS: a word that is misspelt must not send passwords in the clear.
fn as_lettre_reads(text: &str) -> Option<Url> {
    let mut url = Url::parse(text).ok()?;
    let plain = matches!(url.path(), "" | "/") && url.fragment().is_none() && url.host_str().is_some();
    if !plain || url.username().is_empty() != url.password().is_none() {
        return None;
    }
    let asked = url.query().map(ToOwned::to_owned);
    match (url.scheme(), asked.as_deref()) {
        ("smtps", None) => {}
        ("smtp", Some("tls=none")) => url.set_query(None),
        ("smtp", None | Some("tls=starttls" | "tls=required")) => url.set_query(Some("tls=required")),
        _ => return None,
    }
    Some(url)
}

#[cfg(test)]
mod tests;
