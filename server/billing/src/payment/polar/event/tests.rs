use proptest::prelude::*;
use rstest::rstest;

use super::*;

const NOW: i64 = 1_700_000_000;
const SECRET: &str = "polar_whs_of_the_tests";
/// Base64 of `a standard secret`.
const STANDARD_SECRET: &str = "whsec_YSBzdGFuZGFyZCBzZWNyZXQ=";
const BODY: &[u8] = br#"{"type":"subscription.updated","data":{"id":"0b0e7b3c-7b0e-4b3c-8b0e-0b0e7b3c7b0e"}}"#;
const ID: &str = "0b0e7b3c-7b0e-4b3c-8b0e-0b0e7b3c7b0e";

fn mac(key: &[u8], id: &str, time: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, key);
    let tag = hmac::sign(&key, &[id.as_bytes(), b".", time.as_bytes(), b".", body].concat());
    format!("v1,{}", STANDARD.encode(tag))
}

fn headers(id: &str, time: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [("webhook-id", id), ("webhook-timestamp", time), ("webhook-signature", signature)] {
        headers.insert(name, value.parse().unwrap());
    }
    headers
}

fn verified(headers: &HeaderMap, body: &[u8], secrets: &[&str]) -> Result<String, WebhookError> {
    let secrets: Vec<_> = secrets.iter().copied().map(SecretString::from).collect();
    verify(headers, body, &secrets, Timestamp::from_secs(NOW))
}

#[rstest]
#[case::raw_secret(SECRET, SECRET.as_bytes())]
#[case::base64_secret(STANDARD_SECRET, b"a standard secret")]
#[case::raw_secret_with_standard_prefix(STANDARD_SECRET, STANDARD_SECRET.as_bytes())]
fn a_signature_verifies_with_a_raw_and_with_a_base64_secret(#[case] secret: &str, #[case] key: &[u8]) {
    let time = NOW.to_string();
    let headers = headers("msg_1", &time, &mac(key, "msg_1", &time, BODY));
    assert_eq!(verified(&headers, BODY, &["polar_whs_another", secret]), Ok("msg_1".to_owned()));
    assert_eq!(verified(&headers, BODY, &["polar_whs_another"]), Err(WebhookError::Mismatch));
    assert_eq!(verified(&headers, BODY, &[]), Err(WebhookError::NotConfigured));
}

#[test]
fn the_signature_matches_a_reference_implementation() {
    // python3: base64(hmac.new(b"polar_whs_of_the_tests", b"msg_1.1700000000.{}", sha256).digest())
    assert_eq!(mac(SECRET.as_bytes(), "msg_1", "1700000000", b"{}"), "v1,CE5B1nk5afbHAh8aS83r2x7elh+D6mbkFKj9VauVGnI=");
}
#[rstest]
#[case(0, Ok(()))]
#[case(300, Ok(()))]
#[case(-300, Ok(()))]
#[case(301, Err(WebhookError::Stale))]
#[case(-301, Err(WebhookError::Stale))]
fn a_difference_of_five_minutes_is_tolerated(#[case] late: i64, #[case] expected: Result<(), WebhookError>) {
    let time = (NOW + late).to_string();
    let headers = headers("msg_1", &time, &mac(SECRET.as_bytes(), "msg_1", &time, BODY));
    assert_eq!(verified(&headers, BODY, &[SECRET]).map(drop), expected);
}

#[test]
fn one_valid_signature_of_several_is_enough() {
    let time = NOW.to_string();
    let good = mac(SECRET.as_bytes(), "msg_1", &time, BODY);
    let other = mac(b"another", "msg_1", &time, BODY);
    let headers = headers("msg_1", &time, &format!("v1a,AAAA {other} {good}"));
    assert!(verified(&headers, BODY, &[SECRET]).is_ok());
}

#[rstest]
#[case::another_id("msg_2", "1700000000")]
#[case::another_time("msg_1", "1700000001")]
fn a_signature_covers_id_and_time(#[case] id: &str, #[case] time: &str) {
    let headers = headers(id, time, &mac(SECRET.as_bytes(), "msg_1", "1700000000", BODY));
    assert_eq!(verified(&headers, BODY, &[SECRET]), Err(WebhookError::Mismatch));
}

#[rstest]
#[case::no_time("msg_1", "now", "v1,AAAA")]
#[case::negative_time("msg_1", "-1", "v1,AAAA")]
#[case::time_too_large("msg_1", "9999999999999", "v1,AAAA")]
#[case::no_signature("msg_1", "1700000000", "")]
#[case::only_another_scheme("msg_1", "1700000000", "v2,AAAA")]
#[case::no_base64("msg_1", "1700000000", "v1,not base64")]
#[case::no_id("", "1700000000", "v1,AAAA")]
fn an_unparsable_header_is_malformed(#[case] id: &str, #[case] time: &str, #[case] signature: &str) {
    assert_eq!(verified(&headers(id, time, signature), BODY, &[SECRET]), Err(WebhookError::Malformed));
}

#[test]
fn a_missing_or_repeated_header_is_malformed() {
    let time = NOW.to_string();
    let whole = headers("msg_1", &time, &mac(SECRET.as_bytes(), "msg_1", &time, BODY));
    for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
        let mut less = whole.clone();
        less.remove(name);
        assert_eq!(verified(&less, BODY, &[SECRET]), Err(WebhookError::Malformed), "{name}");
        let mut more = whole.clone();
        more.append(name, "x".parse().unwrap());
        assert_eq!(verified(&more, BODY, &[SECRET]), Err(WebhookError::Malformed), "{name}");
    }
}

#[rstest]
#[case("subscription.revoked", "id", EventSubject::Subscription { id: ID.to_owned() })]
#[case("order.paid", "subscription_id", EventSubject::Subscription { id: ID.to_owned() })]
#[case("checkout.updated", "id", EventSubject::CheckoutSession { id: ID.to_owned() })]
#[case("customer.state_changed", "id", EventSubject::Customer { id: ID.to_owned() })]
#[case("order.created", "id", EventSubject::Other)]
#[case("benefit_grant.created", "id", EventSubject::Other)]
fn an_event_names_the_object_to_fetch(#[case] kind: &str, #[case] field: &str, #[case] subject: EventSubject) {
    let body = format!(r#"{{"type":"{kind}","data":{{"{field}":"{ID}"}}}}"#);
    let event = read("msg_1".to_owned(), body.as_bytes()).unwrap();
    assert_eq!((event.id.as_str(), event.kind.as_str(), event.subject), ("msg_1", kind, subject));
}

#[test]
fn an_event_names_its_customer() {
    let read = |data: &str| read("msg_1".to_owned(), format!(r#"{{"type":"order.paid","data":{data}}}"#).as_bytes());
    assert_eq!(read(&format!(r#"{{"customer_id":"{ID}"}}"#)).unwrap().customer.as_deref(), Some(ID));
    assert_eq!(read(r#"{"customer_id":"../x"}"#).unwrap().customer, None);
    assert_eq!(read("{}").unwrap().customer, None);
}

#[rstest]
#[case(r#"{"type":"subscription.updated","data":{"id":"../customers"}}"#)]
#[case(r#"{"type":"subscription.updated","data":{"id":7}}"#)]
#[case(r#"{"type":"subscription.updated"}"#)]
#[case(r#"{"type":"order.paid","data":{"subscription_id":null}}"#)]
fn an_event_without_a_valid_object_id_is_ignored(#[case] body: &str) {
    assert_eq!(read("msg_1".to_owned(), body.as_bytes()).unwrap().subject, EventSubject::Other);
}

#[rstest]
#[case("")]
#[case("[]")]
#[case("{}")]
#[case(r#"{"type":""}"#)]
#[case(r#"{"type":"a\nb"}"#)]
fn an_event_without_type_is_rejected(#[case] body: &str) {
    assert_eq!(read("msg_1".to_owned(), body.as_bytes()), Err(WebhookError::NotAnEvent));
}

proptest! {
    #[test]
    fn no_random_signature_verifies(signature in "[ -~]{0,200}", body in proptest::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(verified(&headers("msg_1", &NOW.to_string(), &signature), &body, &[SECRET]).is_err());
    }
}
