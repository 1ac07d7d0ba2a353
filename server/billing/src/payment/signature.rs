//! Stripe's webhook signatures (Stripe: "Verify webhook signatures manually"): HMAC-SHA256 over `{t}.{raw body}`.

use aws_lc_rs::{constant_time, hmac};
use domain::time::Timestamp;
use secrecy::{ExposeSecret, SecretString};

use super::WebhookError;

/// Largest difference between a signature's time and now, in either direction.
const TOLERANCE_SECS: i64 = 300;
/// Enough digits for thirty thousand years, too few to overflow an `i64`.
const MAX_TIME_DIGITS: usize = 12;
const MAC_BYTES: usize = 32;

/// A `Stripe-Signature` header: `t=1700000000,v1=…,v1=…`. Other schemes (`v0`) and malformed `v1` values are ignored.
struct Header<'a> {
    /// The time as written, which is part of the signed payload.
    time: &'a str,
    secs: i64,
    macs: Vec<[u8; MAC_BYTES]>,
}

/// Verifies that one of `secrets` signed `body` within five minutes of `now` (wall time). The whole secret is the key,
/// including its prefix `whsec_`.
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
        // Computed once for each secret, so that a header with many signatures costs no extra HMACs.
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
                if hex::decode_to_slice(value, &mut mac).is_ok() {
                    macs.push(mac);
                }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rstest::rstest;

    use super::*;

    const NOW: i64 = 1_700_000_000;
    const SECRET: &str = "whsec_test_secret";
    const BODY: &[u8] = b"{ \"id\" : \"evt_1\",\n  \"type\":\"invoice.paid\" }";
    /// Computed with Python's `hmac` over `1700000000.` and the body.
    const MAC: &str = "505a9f0242288c34d0ba266e361ea285d65b07c5c510818f070576c5df60da5a";

    fn secrets(secrets: &[&str]) -> Vec<SecretString> {
        secrets.iter().copied().map(SecretString::from).collect()
    }

    fn mac(secret: &str, time: &str, body: &[u8]) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        hex::encode(hmac::sign(&key, &[time.as_bytes(), b".", body].concat()))
    }

    fn verified(header: &str) -> Result<(), WebhookError> {
        verify(header, BODY, &secrets(&[SECRET]), Timestamp::from_secs(NOW))
    }

    #[rstest]
    #[case::alone(format!("t={NOW},v1={MAC}"))]
    #[case::beside_a_signature_of_another_secret(format!("t={NOW},v1={},v1={MAC}", "0".repeat(64)))]
    #[case::after_a_malformed_signature(format!("t={NOW},v1=00,v1=,v1={MAC}"))]
    #[case::before_a_malformed_signature(format!("t={NOW},v1={MAC},v1=zz"))]
    #[case::beside_another_scheme(format!("v0=whatever,t={NOW},v1={MAC}"))]
    #[case::with_spaces(format!("t={NOW}, v1={MAC}"))]
    #[case::five_minutes_old(format!("t={},v1={}", NOW - 300, mac(SECRET, &(NOW - 300).to_string(), BODY)))]
    #[case::five_minutes_ahead(format!("t={},v1={}", NOW + 300, mac(SECRET, &(NOW + 300).to_string(), BODY)))]
    fn a_valid_signature_verifies(#[case] header: String) {
        assert_eq!(verified(&header), Ok(()), "{header}");
    }

    #[rstest]
    #[case::nothing("", WebhookError::Malformed)]
    #[case::no_time(&format!("v1={MAC}"), WebhookError::Malformed)]
    #[case::no_signature(&format!("t={NOW}"), WebhookError::Malformed)]
    #[case::only_another_scheme(&format!("t={NOW},v0={MAC}"), WebhookError::Malformed)]
    #[case::two_times(&format!("t={NOW},t={NOW},v1={MAC}"), WebhookError::Malformed)]
    #[case::negative_time(&format!("t=-1,v1={MAC}"), WebhookError::Malformed)]
    #[case::signed_time(&format!("t=+{NOW},v1={MAC}"), WebhookError::Malformed)]
    #[case::spaced_time(&format!("t= {NOW},v1={MAC}"), WebhookError::Malformed)]
    #[case::time_in_words(&format!("t=now,v1={MAC}"), WebhookError::Malformed)]
    #[case::empty_time(&format!("t=,v1={MAC}"), WebhookError::Malformed)]
    #[case::time_too_large(&format!("t={},v1={MAC}", "9".repeat(40)), WebhookError::Malformed)]
    #[case::short_signature(&format!("t={NOW},v1=abcd"), WebhookError::Malformed)]
    #[case::no_hex(&format!("t={NOW},v1={}", "zz".repeat(32)), WebhookError::Malformed)]
    #[case::no_pairs("nonsense", WebhookError::Malformed)]
    #[case::another_secrets(&format!("t={NOW},v1={}", mac("whsec_other", &NOW.to_string(), BODY)), WebhookError::Mismatch)]
    #[case::another_time(&format!("t={},v1={MAC}", NOW + 1), WebhookError::Mismatch)]
    #[case::without_the_prefix(&format!("t={NOW},v1={}", mac("test_secret", &NOW.to_string(), BODY)), WebhookError::Mismatch)]
    #[case::too_old(&format!("t={},v1={}", NOW - 301, mac(SECRET, &(NOW - 301).to_string(), BODY)), WebhookError::Stale)]
    #[case::too_early(&format!("t={},v1={}", NOW + 301, mac(SECRET, &(NOW + 301).to_string(), BODY)), WebhookError::Stale)]
    fn an_invalid_signature_is_rejected(#[case] header: &str, #[case] why: WebhookError) {
        assert_eq!(verified(header), Err(why), "{header}");
    }

    #[test]
    fn a_body_changed_by_one_byte_is_rejected() {
        let header = format!("t={NOW},v1={MAC}");
        let changed = [BODY, b" "].concat();
        let now = Timestamp::from_secs(NOW);
        assert_eq!(verify(&header, &changed, &secrets(&[SECRET]), now), Err(WebhookError::Mismatch));
    }

    #[test]
    fn each_configured_secret_verifies_during_a_rotation() {
        let header = format!("t={NOW},v1={MAC}");
        let now = Timestamp::from_secs(NOW);
        assert_eq!(verify(&header, BODY, &secrets(&["whsec_new", SECRET]), now), Ok(()));
        assert_eq!(verify(&header, BODY, &secrets(&[SECRET, "whsec_new"]), now), Ok(()));
        assert_eq!(verify(&header, BODY, &secrets(&["whsec_new"]), now), Err(WebhookError::Mismatch));
        assert_eq!(verify(&header, BODY, &[], now), Err(WebhookError::NotConfigured));
    }

    proptest! {
        #[test]
        fn no_random_header_verifies(header in "[ -~]{0,200}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(verify(&header, &body, &secrets(&[SECRET]), Timestamp::from_secs(NOW)).is_err());
        }

        #[test]
        fn a_signed_body_verifies_within_the_tolerance(body in proptest::collection::vec(any::<u8>(), 0..200), late in -300_i64..=300) {
            let time = (NOW + late).to_string();
            let header = format!("t={time},v1={}", mac(SECRET, &time, &body));
            prop_assert_eq!(verify(&header, &body, &secrets(&[SECRET]), Timestamp::from_secs(NOW)), Ok(()));
        }
    }

    #[test]
    fn the_signature_matches_a_reference_implementation() {
        assert_eq!(mac(SECRET, &NOW.to_string(), BODY), MAC);
    }
}
