//! Signatures of Stripe's webhooks (Stripe: "Verify webhook signatures manually").

use aws_lc_rs::hmac;
use domain::time::{Clock, SystemClock};

pub(crate) fn now_secs() -> i64 {
    SystemClock.now().as_secs()
}

/// Returns the `Stripe-Signature` header of `body`, signed at `secs` in Unix time.
pub(crate) fn signature(secret: &str, secs: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let mac = hmac::sign(&key, &[secs.to_string().as_bytes(), b".", body].concat());
    format!("t={secs},v1={}", hex::encode(mac))
}
