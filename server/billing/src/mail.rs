//! Mail through the SMTP server of `SMTP_URL`: HTML with a text beside it. Mails load nothing and contain no tracking.
//!
//! Only the worker sends (`Task` in `store/job/jobs.rs`): no request waits for an SMTP server, and no mail is lost
//! while the server is down. A job says what its mail is about and holds no secret. A link's token is made when the
//! mail is sent.

pub mod content;
pub mod kind;
pub(crate) mod letters;
pub mod look;
#[cfg(feature = "testing")]
pub mod testing;
mod unsubscribe;

use std::{
    str::FromStr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use domain::account::Email;
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Attachment, Mailbox, MultiPart, SinglePart, header::ContentType},
};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::error::Elapsed;
use url::Url;

use self::{
    content::MailContent,
    look::{LOGO_ID, MailLook, Medium},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Time-out for a whole mail, so that a silent server does not block the worker. Some servers delay their greeting by
/// half a minute.
const SEND_TIMEOUT: Duration = Duration::from_mins(1);
/// How long no mail is sent after the server did not answer. Otherwise every due mail would occupy a worker for
/// [`SEND_TIMEOUT`].
const SILENCE_COOLDOWN: Duration = Duration::from_secs(30);
const SUBJECT_MAX_CHARS: usize = 150;
const REASON_MAX_CHARS: usize = 300;

/// Why sending a mail failed. The mail may still arrive. [`MailError::is_final`] says whether a retry can succeed.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the mail can't be put together")]
    Compose(#[from] lettre::error::Error),
    #[error("the SMTP server did not take the mail")]
    Smtp(#[source] lettre::transport::smtp::Error),
    /// The server rejected the mail for good: a permanent SMTP error.
    #[error("the SMTP server refuses the mail")]
    Refused(#[source] lettre::transport::smtp::Error),
    #[error("the SMTP server takes no address with {0:?} before the @, as it lacks SMTPUTF8")]
    NoUnicode(String),
    #[error("the address {0} can't be mailed")]
    Address(Email),
    #[error("the connection to the SMTP server failed")]
    Unreachable(#[source] lettre::transport::smtp::Error),
    /// The SMTP server's response is not UTF-8. lettre drops it, with its status code.
    #[error("the SMTP server's answer can't be read")]
    Unreadable(#[source] lettre::transport::smtp::Error),
    /// The server answers, but it took too long with this mail.
    #[error("the SMTP server took too long with this mail")]
    TooSlow(#[source] Elapsed),
    #[error("the connection to the SMTP server failed: it does not answer")]
    Silent(#[source] Elapsed),
    #[error("the connection to the SMTP server failed a moment ago")]
    Resting,
}

/// The beginning of [`MailError::reason`] for every error of a server that was not reached.
const UNREACHABLE: &str = "the connection to the SMTP server failed";

impl MailError {
    /// Whether the mail may arrive in spite of the error: the server may have taken it before the answer was lost.
    pub(crate) fn may_have_arrived(&self) -> bool {
        match self {
            // A transient refusal is an answer: the server did not take the mail.
            Self::Smtp(error) => !error.is_transient(),
            Self::Unreadable(_) | Self::TooSlow(_) => true,
            Self::Compose(_)
            | Self::Refused(_)
            | Self::NoUnicode(_)
            | Self::Address(_)
            | Self::Unreachable(_)
            | Self::Silent(_)
            | Self::Resting => false,
        }
    }

    /// Whether every retry would fail in the same way.
    pub const fn is_final(&self) -> bool {
        matches!(self, Self::Compose(_) | Self::Refused(_) | Self::NoUnicode(_) | Self::Address(_))
    }

    /// Returns why the mail failed, with the SMTP server's response, on one line: for the user who requested the mail.
    pub fn reason(&self) -> String {
        let words = match self {
            Self::Smtp(error) | Self::Refused(error) | Self::Unreachable(error) => {
                match std::error::Error::source(error) {
                    Some(cause) => format!("{self}: {cause}"),
                    None => format!("{self}: {error}"),
                }
            }
            other => other.to_string(),
        };
        words.split(char::is_control).collect::<Vec<_>>().join(" ").chars().take(REASON_MAX_CHARS).collect()
    }
}

/// Converts a stored [`MailError::reason`] to one without the SMTP server's response, for a user whose address is not
/// verified.
pub(crate) fn public_reason(reason: &str, is_final: bool) -> &'static str {
    if is_final {
        "the address was refused"
    } else if reason.starts_with(UNREACHABLE) {
        "the mail server could not be reached"
    } else {
        "the mail was not taken yet"
    }
}

/// A mail setting that is wrong: which one, and what it expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailSettingError {
    #[error(
        "SMTP_URL is wrong: it expects smtps://user:password@host or smtp://user:password@host:587, with ?tls=none for a server without TLS"
    )]
    Url,
    #[error("MAIL_FROM is wrong: it expects who mails are from, as Dues <no-reply@example.com>")]
    From,
}

/// The sender of all mails: `Dues <no-reply@example.com>`.
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

/// A mail to one recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    to: Address,
    subject: String,
    content: MailContent,
}

impl Letter {
    /// Returns a letter. Fails with [`MailError::Address`] for an address that SMTP can't carry. Reduces the subject to
    /// one line, so that nothing in it becomes a header.
    pub fn new(to: &Email, content: &MailContent) -> Result<Self, MailError> {
        // A no-break space, as in dates, would make the header an encoded word.
        let subject = content.subject.replace('\u{a0}', " ");
        let subject = subject.split(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
        let subject = subject.filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        let to = address(to).ok_or_else(|| MailError::Address(to.clone()))?;
        Ok(Self { to, subject: subject.chars().take(SUBJECT_MAX_CHARS).collect(), content: content.clone() })
    }
}

/// Whether SMTP can carry this address. Says nothing about whether mail arrives.
pub fn can_be_mailed(email: &Email) -> bool {
    address(email).is_some()
}

/// Returns the address with its domain in ASCII, which every SMTP server accepts; `None` if SMTP can't carry it.
fn address(email: &Email) -> Option<Address> {
    let (local, domain) = email.ascii_parts()?;
    Address::new(local, domain).ok()
}

/// Sends letters. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Sender,
    look: Arc<MailLook>,
    send_timeout: Duration,
    silent_since: Arc<Mutex<Option<Instant>>>,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Mailer").field("from", &self.from).finish_non_exhaustive()
    }
}

impl Mailer {
    /// Makes a mailer without connecting. `smtp://` requires TLS by STARTTLS, unless `?tls=none`; `smtps://` begins
    /// with TLS.
    pub fn new(smtp_url: &SecretString, from: Sender) -> Result<Self, MailSettingError> {
        let url = lettre_url(smtp_url.expose_secret()).ok_or(MailSettingError::Url)?;
        let transport =
            AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str()).map_err(|_| MailSettingError::Url)?;
        Ok(Self {
            transport: transport.timeout(Some(CONNECT_TIMEOUT)).build(),
            from,
            look: Arc::default(),
            send_timeout: SEND_TIMEOUT,
            silent_since: Arc::default(),
        })
    }

    /// Makes mails look like those of the product.
    #[must_use]
    pub(crate) fn with_look(self, look: MailLook) -> Self {
        Self { look: Arc::new(look), ..self }
    }

    /// Returns the sender of all mails.
    pub const fn sender(&self) -> &Sender {
        &self.from
    }

    /// Sends a letter. On an error the mail may still arrive: the server may have accepted it before the connection
    /// broke.
    pub async fn send(&self, letter: &Letter) -> Result<(), MailError> {
        let Letter { to, subject, content } = letter;
        // Gmail and others bounce mail without a date and a message id. The id ends with the sender's domain.
        let builder = Message::builder()
            .from(self.from.0.clone())
            .to(Mailbox::new(None, to.clone()))
            .subject(subject)
            .date_now()
            .message_id(Some(format!("<{}@{}>", uuid::Uuid::now_v7(), self.from.0.email.domain())));
        let builder = match content.unsubscribe_url() {
            Some(url) => unsubscribe::with_headers(builder, url),
            None => builder,
        };
        let message = builder.multipart(self.body(content))?;
        if self.silent_since().is_some_and(|since| since.elapsed() < SILENCE_COOLDOWN) {
            return Err(MailError::Resting);
        }
        let sent = match tokio::time::timeout(self.send_timeout, self.transport.send(message)).await {
            Ok(sent) => sent,
            Err(elapsed) => return Err(self.classify_timeout(elapsed).await),
        };
        *self.silent_since() = None;
        match sent {
            Ok(_) => Ok(()),
            // lettre reports this before it sends anything: the local part is not ASCII, and the server lacks SMTPUTF8.
            Err(error) if error.is_client() && !to.user().is_ascii() => Err(MailError::NoUnicode(to.user().to_owned())),
            Err(error) if error.is_permanent() => Err(MailError::Refused(error)),
            Err(error) if is_unreadable(&error) => Err(MailError::Unreadable(error)),
            Err(error) if error.is_transient() || error.is_response() || error.is_client() => {
                Err(MailError::Smtp(error))
            }
            Err(error) => Err(MailError::Unreachable(error)),
        }
    }

    /// Renders the parts of a mail. A logo is a part beside the HTML.
    fn body(&self, content: &MailContent) -> MultiPart {
        let (text, html) = (content.text(&self.look), content.html(&self.look, Medium::Mail));
        match self.look.logo.as_ref().zip(ContentType::parse("image/png").ok()) {
            None => MultiPart::alternative_plain_html(text, html),
            Some((logo, content_type)) => {
                let logo = Attachment::new_inline(LOGO_ID.to_owned()).body(logo.png.to_vec(), content_type);
                MultiPart::alternative()
                    .singlepart(SinglePart::plain(text))
                    .multipart(MultiPart::related().singlepart(SinglePart::html(html)).singlepart(logo))
            }
        }
    }

    /// Returns the error for a time-out: [`MailError::TooSlow`] if the server still answers, else
    /// [`MailError::Silent`].
    ///
    /// Some servers delay only the mail to one recipient. lettre does not report the stage of a time-out, so this
    /// connects once more, without a mail.
    async fn classify_timeout(&self, elapsed: Elapsed) -> MailError {
        let probe = tokio::time::timeout(self.send_timeout / 2, self.transport.test_connection()).await;
        let does_answer = matches!(probe, Ok(Ok(true)));
        *self.silent_since() = (!does_answer).then(Instant::now);
        if does_answer { MailError::TooSlow(elapsed) } else { MailError::Silent(elapsed) }
    }

    fn silent_since(&self) -> MutexGuard<'_, Option<Instant>> {
        self.silent_since.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether lettre could not decode a response. TLS errors have the same kind, so the text is checked, too.
fn is_unreadable(error: &lettre::transport::smtp::Error) -> bool {
    let cause = std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<std::io::Error>());
    cause.is_some_and(|cause| cause.kind() == std::io::ErrorKind::InvalidData && cause.to_string().contains("UTF-8"))
}

/// Translates the URL for lettre, which never encrypts a plain `smtp://`. `None` for a URL with anything beyond
/// credentials, host and TLS mode: a misspelt option must not send passwords in the clear.
fn lettre_url(text: &str) -> Option<Url> {
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
