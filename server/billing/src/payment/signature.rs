//! Stripe's webhook signatures (Stripe: "Verify webhook signatures manually"): HMAC-SHA256 over `{t}.{raw body}`.

use aws_lc_rs::{constant_time, hmac};
use domain::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::WebhookError;

/// How far a signature's time may be from now, before and after.
const TOLERANCE_SECS: i64 = 300;
/// Enough digits for every second of the next thirty thousand years, and few enough never to overflow.
const MAX_TIME_DIGITS: usize = 12;
const MAC_BYTES: usize = 32;

/// A `Stripe-Signature` header: `t=1700000000,v1=…,v1=…`. Other schemes (`v0`) are passed over.
struct Header<'a> {
    /// As written: it is part of what is signed.
    time: &'a str,
    secs: i64,
    macs: Vec<[u8; MAC_BYTES]>,
}

/// Checks that one of `secrets` signed `body` within five minutes of `now` (wall time). Every secret is used whole, with
/// its prefix.
pub(super) fn verify(header: &str, body: &[u8], secrets: &[SecretString], now: Timestamp) -> Result<(), WebhookError> {
    if secrets.is_empty() {
        return Err(WebhookError::NotConfigured);
    }
    let header = read(header)?;
    let matches = secrets.iter().any(|secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
        let mut context = hmac::Context::with_key(&key);
        context.update(header.time.as_bytes());
        context.update(b".");
        context.update(body);
        // Reckoned once a secret, so that a header full of signatures costs a sender more than it costs us.
        let expected = context.sign();
        header.macs.iter().any(|mac| constant_time::verify_slices_are_equal(expected.as_ref(), mac).is_ok())
    });
    if !matches {
        return Err(WebhookError::Mismatch);
    }
    if header.secs.abs_diff(now.as_secs()) > TOLERANCE_SECS.unsigned_abs() {
        return Err(WebhookError::Stale);
    }
    Ok(())
}

fn read(header: &str) -> Result<Header<'_>, WebhookError> {
    let mut time = None;
    let mut macs = Vec::new();
    for item in header.split(',') {
        let (name, value) = item.trim().split_once('=').ok_or(WebhookError::Malformed)?;
        match name {
            "t" if time.is_some() => return Err(WebhookError::Malformed),
            "t" => time = Some(value),
            "v1" => {
                let mut mac = [0; MAC_BYTES];
                hex::decode_to_slice(value, &mut mac).map_err(|_| WebhookError::Malformed)?;
                macs.push(mac);
            }
            _ => {}
        }
    }
    let time = time.ok_or(WebhookError::Malformed)?;
    let plain = (1..=MAX_TIME_DIGITS).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit());
    if !plain || macs.is_empty() {
        return Err(WebhookError::Malformed);
    }
    let secs = time.parse().map_err(|_| WebhookError::Malformed)?;
    Ok(Header { time, secs, macs })
}
