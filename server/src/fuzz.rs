//! Functions that the fuzz targets in `server/fuzz` call: every parser of untrusted input. Each must return for every
//! input. It panics when the parser panics, or when the property that its comment states does not hold.
#![allow(clippy::missing_panics_doc, reason = "a fuzz target reports by a panic")]

use std::sync::{Arc, LazyLock};

use billing::payment::{
    PaymentProvider,
    polar::{Polar, PolarConfig},
    price_map::PriceMap,
    stripe::{Stripe, StripeConfig},
};
use domain::{
    catalog::file::{default_catalog, parse},
    time::Timestamp,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use crate::api::{tenant::audit::csv, usage::events::cloud_event};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOW: Timestamp = Timestamp::from_secs(1_700_000_000);

/// The providers whose signatures [`signature`] tries; `None` when a client can't be built.
static SENDERS: LazyLock<Option<(Stripe, Polar)>> = LazyLock::new(|| {
    let catalog = Arc::new(default_catalog());
    let stripe = StripeConfig {
        secret_key: "sk_test_fuzz".to_owned().into(),
        webhook_secrets: vec![SECRET.to_owned().into()],
        prices: PriceMap::default(),
        api_base: None,
        portal_configuration: None,
    };
    let polar = PolarConfig {
        api_key: "polar_oat_fuzz".to_owned().into(),
        organization: None,
        webhook_secrets: vec![SECRET.to_owned().into()],
        products: PriceMap::default(),
        api_base: None,
    };
    Some((Stripe::new(stripe, catalog.clone()).ok()?, Polar::new(polar, catalog).ok()?))
});

/// Webhook signatures: the first line is the signature header, the rest the body. No input may be accepted,
/// because none is signed with the right secret.
pub fn signature(data: &[u8]) {
    let Some((stripe, polar)) = &*SENDERS else { return };
    let (head, body) = data.iter().position(|byte| *byte == b'\n').map_or((data, &[][..]), |at| data.split_at(at));
    let Ok(value) = HeaderValue::from_bytes(head) else { return };
    let headers = |names: &[&'static str]| -> HeaderMap {
        names.iter().map(|name| (HeaderName::from_static(name), value.clone())).collect()
    };
    let of_stripe = stripe.verify_webhook(&headers(&["stripe-signature"]), body, NOW);
    let of_polar = polar.verify_webhook(&headers(&["webhook-id", "webhook-timestamp", "webhook-signature"]), body, NOW);
    assert!(of_stripe.is_err() && of_polar.is_err(), "a forged webhook was accepted");
}

/// Catalog files: a catalog is parsed and has its free plan, or is refused with an error that names a line.
pub fn catalog(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    match parse(text) {
        Ok(catalog) => assert!(catalog.plan(catalog.free.as_str()).is_some(), "a catalog without its free plan"),
        Err(errors) => assert!(errors.to_string().contains("line "), "{errors}"),
    }
}

/// Form drafts: a stored draft fits a cookie and round-trips.
pub fn form(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    assert!(app::draft_round_trips(text), "a draft came back changed");
}

/// Usage events: an event is parsed or refused; a parsed one has a source and an id.
pub fn cloud_event(data: &[u8]) {
    let events = match serde_json::from_slice(data) {
        Ok(Value::Array(events)) => events,
        Ok(event) => vec![event],
        Err(_) => return,
    };
    for event in events.iter().filter_map(Value::as_object) {
        if let Ok(event) = cloud_event::read(event) {
            assert!(!event.source.contains(char::is_whitespace) && !event.id.is_empty(), "{event:?}");
        }
    }
}

/// CSV cells: no text can end its cell early, and no cell starts as a formula.
pub fn csv(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let cell = csv::cell(&text);
    let inner = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"'));
    let is_closed = inner.is_some_and(|inner| !inner.replace("\"\"", "").contains('"'));
    let is_formula = inner.is_some_and(|inner| inner.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']));
    assert!(is_closed && !is_formula, "{cell}");
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    /// Returns pseudo-random bytes. Every run tries the same bytes, because `seed` determines them.
    fn noise(seed: u64, length: usize) -> Vec<u8> {
        let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        (0..length)
            .map(|_| {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                u8::try_from(state >> 56).unwrap()
            })
            .collect()
    }

    #[rstest]
    #[case("signature", signature)]
    #[case("catalog", catalog)]
    #[case("form", form)]
    #[case("cloud_event", cloud_event)]
    #[case("csv", csv)]
    fn fuzz_targets_hold_for_their_corpus_and_mutations_of_it(#[case] name: &str, #[case] target: fn(&[u8])) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(name);
        let mut seeds = vec![Vec::new()];
        for entry in std::fs::read_dir(folder).unwrap() {
            seeds.push(std::fs::read(entry.unwrap().path()).unwrap());
        }
        assert!(seeds.len() > 1);
        for seed in &seeds {
            target(seed);
            for number in 0..100_u64 {
                let mut near = seed.clone();
                let bytes = noise(number, 8);
                for (place, byte) in bytes.iter().enumerate() {
                    let at = usize::from(*byte).wrapping_mul(place + 1) * 31 % near.len().max(1);
                    if let Some(near) = near.get_mut(at) {
                        *near = bytes[7 - place];
                    }
                }
                target(&near);
            }
        }
        for number in 0..300_u64 {
            target(&noise(number + 1, usize::try_from(number).unwrap()));
        }
    }
}
