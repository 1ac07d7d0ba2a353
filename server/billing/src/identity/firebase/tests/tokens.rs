//! Which tokens are believed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use domain::time::Clock;
use rstest::rstest;
use serde_json::json;

use super::stand::{Answer, Draft, KEY, Lure, OTHER_KEY, Stand};
use crate::identity::firebase::{IdToken, IdTokenError, LEEWAY_SECS, MAX_TOKEN_BYTES};

#[tokio::test]
async fn a_token_as_firebase_makes_it_is_believed() {
    let stand = Stand::start().await;
    let believed = stand.verifier.verify(&stand.draft().signed()).await.unwrap();
    let email = Some("ada@example.com".to_owned());
    assert_eq!(believed, IdToken { subject: "uid-1".to_owned(), email, email_verified: true });
}

#[tokio::test]
async fn an_account_may_have_no_address_and_an_address_may_be_unverified() {
    let stand = Stand::start().await;
    let nameless = stand.draft().without("email").signed();
    let believed = stand.verifier.verify(&nameless).await.unwrap();
    assert_eq!((believed.email, believed.email_verified), (None, false));
    for draft in [stand.draft().claim("email_verified", false), stand.draft().without("email_verified")] {
        let believed = stand.verifier.verify(&draft.signed()).await.unwrap();
        assert_eq!((believed.email.as_deref(), believed.email_verified), (Some("ada@example.com"), false));
    }
}

#[rstest]
#[case::without_a_signature("Unbelievable", |it: Draft| it.header("alg", "none").finished(|_| Vec::new()))]
#[case::none_in_capitals("Unbelievable", |it: Draft| it.header("alg", "NONE").signed())]
#[case::with_its_signature_cut_off("Unbelievable", |it: Draft| it.finished(|_| Vec::new()))]
#[case::hs256_keyed_with_the_public_pem("Algorithm", |it: Draft| it.header("alg", "HS256").hashed_with(&KEY.public_pem()))]
#[case::hs256_keyed_with_the_public_der("Algorithm", |it: Draft| it.header("alg", "HS256").hashed_with(&KEY.public_der()))]
#[case::hashed_but_called_rs256("Unbelievable", |it: Draft| it.hashed_with(&KEY.public_der()))]
#[case::rs512("Algorithm", |it: Draft| it.header("alg", "RS512").signed())]
#[case::by_another_key_under_the_name_of_ours("Unbelievable", |it: Draft| it.signed_by(&OTHER_KEY))]
#[case::for_another_project("Audience", |it: Draft| it.claim("aud", "demo-other").signed())]
#[case::for_ours_among_others("Unbelievable", |it: Draft| it.claim("aud", json!(["demo-dues", "demo-other"])).signed())]
#[case::for_nobody("Unbelievable", |it: Draft| it.without("aud").signed())]
#[case::by_another_issuer("Issuer", |it: Draft| it.claim("iss", "https://securetoken.google.com/demo-other").signed())]
#[case::by_a_lookalike("Issuer", |it: Draft| it.claim("iss", "https://securetoken.google.com/demo-dues/").signed())]
#[case::by_no_issuer("Unbelievable", |it: Draft| it.without("iss").signed())]
#[case::without_an_end("Unbelievable", |it: Draft| it.without("exp").signed())]
#[case::with_an_end_that_is_no_number("Unbelievable", |it: Draft| it.claim("exp", "never").signed())]
#[case::without_a_beginning("Unbelievable", |it: Draft| it.without("iat").signed())]
#[case::without_a_login("Unbelievable", |it: Draft| it.without("auth_time").signed())]
#[case::with_an_empty_subject("Subject", |it: Draft| it.claim("sub", "").signed())]
#[case::without_a_subject("Unbelievable", |it: Draft| it.without("sub").signed())]
#[case::with_a_number_for_a_subject("Unbelievable", |it: Draft| it.claim("sub", 7).signed())]
#[case::with_a_subject_too_long("Subject", |it: Draft| it.claim("sub", "u".repeat(129)).signed())]
#[case::with_an_address_that_is_no_text("Unbelievable", |it: Draft| it.claim("email", json!(["a@b.c"])).signed())]
#[case::of_a_key_that_nobody_has("UnknownKey", |it: Draft| it.header("kid", "key-9").signed())]
#[case::of_no_key("KeyNotNamed", |it: Draft| it.header("kid", "").signed())]
#[case::with_a_header_that_must_be_understood("CriticalHeader", |it: Draft| it.header("crit", json!(["b64"])).signed())]
#[case::oversized("Oversized", |it: Draft| it.claim("more", "x".repeat(MAX_TOKEN_BYTES)).signed())]
#[case::tampered_with("Unbelievable", |it: Draft| {
    let token = it.signed();
    let parts: Vec<_> = token.split('.').collect();
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap().replace("uid-1", "uid-2");
    format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(claims), parts[2])
})]
#[tokio::test]
async fn no_token_is_believed_that_is(#[case] why: &str, #[case] spoil: fn(Draft) -> String) {
    let stand = Stand::start().await;
    let token = spoil(stand.draft());
    match stand.verifier.verify(&token).await {
        Err(IdTokenError::Refused(refusal)) => assert!(format!("{refusal:?}").starts_with(why), "{refusal:?}"),
        other => panic!("{other:?}"),
    }
}

#[rstest]
#[case::expired("exp", -LEEWAY_SECS, "Expired")]
#[case::issued_in_the_future("iat", LEEWAY_SECS + 1, "IssuedInFuture")]
#[case::logged_in_in_the_future("auth_time", LEEWAY_SECS + 1, "LoggedInInFuture")]
#[tokio::test]
async fn clocks_may_disagree_a_little_and_no_more(#[case] claim: &str, #[case] off: i64, #[case] why: &str) {
    let stand = Stand::start().await;
    let now = stand.clock.now().as_secs();
    let towards_now = -off.signum();
    let just_in = stand.draft().claim(claim, now + off + towards_now).signed();
    stand.verifier.verify(&just_in).await.unwrap();
    let just_out = stand.draft().claim(claim, now + off).signed();
    let refused = stand.verifier.verify(&just_out).await;
    assert!(matches!(&refused, Err(IdTokenError::Refused(refusal)) if format!("{refusal:?}") == why), "{refused:?}");
}

#[rstest]
#[case("")]
#[case(".")]
#[case("..")]
#[case("a.b.c")]
#[case("eyJhbGciOiJSUzI1NiJ9")]
#[case("eyJhbGciOiJSUzI1NiJ9..")]
#[case("not a token at all")]
#[case("\u{0}\u{fffd}é.é.é")]
#[tokio::test]
async fn garbage_is_refused_and_fetches_nothing(#[case] garbage: &str) {
    let stand = Stand::start().await;
    assert!(matches!(stand.verifier.verify(garbage).await, Err(IdTokenError::Refused(_))));
    assert_eq!(stand.fetches(), 0);
}

#[tokio::test]
async fn an_oversized_token_is_refused_unread() {
    let stand = Stand::start().await;
    for token in ["x".repeat(MAX_TOKEN_BYTES + 1), stand.draft().signed() + &"A".repeat(MAX_TOKEN_BYTES)] {
        let refused = stand.verifier.verify(&token).await;
        assert!(matches!(refused, Err(IdTokenError::Refused(refusal)) if format!("{refusal:?}") == "Oversized"));
    }
    assert_eq!(stand.fetches(), 0);
}

#[rstest]
#[case("jku")]
#[case("x5u")]
#[tokio::test]
async fn an_address_in_a_token_is_never_gone_to(#[case] header: &str) {
    let (stand, lure) = (Stand::start().await, Lure::start().await);
    for kid in [KEY.kid, OTHER_KEY.kid] {
        let token = stand.draft().header("kid", kid).header(header, lure.url.clone()).signed_by(&OTHER_KEY);
        assert!(matches!(stand.verifier.verify(&token).await, Err(IdTokenError::Refused(_))));
    }
    assert_eq!(lure.visits().await, 0);
}

#[tokio::test]
async fn a_key_in_a_token_is_not_taken() {
    let stand = Stand::start().await;
    let set: serde_json::Value = serde_json::from_str(&Answer::keys(&[&OTHER_KEY]).body).unwrap();
    let token = stand.draft().header("jwk", set["keys"][0].clone()).signed_by(&OTHER_KEY);
    assert!(matches!(stand.verifier.verify(&token).await, Err(IdTokenError::Refused(_))));
}
