//! Which tokens are accepted.

use domain::time::Clock;
use rstest::rstest;

use super::TestBed;
use crate::identity::firebase::{
    IdToken, IdTokenError, LEEWAY_SECS, MAX_TOKEN_BYTES,
    testing::{KEY, OTHER_KEY, SPOILT, UncalledServer},
};

#[tokio::test]
async fn a_valid_firebase_token_is_accepted() {
    let bed = TestBed::start().await;
    let accepted = bed.verifier.verify(&bed.draft().signed()).await.unwrap();
    let email = Some("ada@example.com".to_owned());
    let signed_in_at = accepted.signed_in_at;
    assert_eq!(accepted, IdToken { subject: "uid-1".to_owned(), email, email_verified: true, signed_in_at });
}

#[tokio::test]
async fn an_account_may_have_no_address_and_an_address_may_be_unverified() {
    let bed = TestBed::start().await;
    let nameless = bed.draft().without("email").signed();
    let accepted = bed.verifier.verify(&nameless).await.unwrap();
    assert_eq!((accepted.email, accepted.email_verified), (None, false));
    for draft in [bed.draft().claim("email_verified", false), bed.draft().without("email_verified")] {
        let accepted = bed.verifier.verify(&draft.signed()).await.unwrap();
        assert_eq!((accepted.email.as_deref(), accepted.email_verified), (Some("ada@example.com"), false));
    }
}

#[tokio::test]
async fn every_corrupted_token_is_refused() {
    let bed = TestBed::start().await;
    for (name, why, spoil) in SPOILT {
        match bed.verifier.verify(&spoil(bed.draft())).await {
            Err(IdTokenError::Refused(refusal)) => {
                assert!(format!("{refusal:?}").starts_with(why), "{name}: {refusal:?}");
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[rstest]
#[case::expired("exp", -LEEWAY_SECS, "Expired")]
#[case::issued_in_the_future("iat", LEEWAY_SECS + 1, "IssuedInFuture")]
#[case::logged_in_in_the_future("auth_time", LEEWAY_SECS + 1, "LoggedInInFuture")]
#[tokio::test]
async fn clock_skew_is_accepted_up_to_the_leeway(#[case] claim: &str, #[case] off: i64, #[case] why: &str) {
    let bed = TestBed::start().await;
    let now = bed.clock.now().as_secs();
    let towards_now = -off.signum();
    let just_in = bed.draft().claim(claim, now + off + towards_now).signed();
    bed.verifier.verify(&just_in).await.unwrap();
    let just_out = bed.draft().claim(claim, now + off).signed();
    let refused = bed.verifier.verify(&just_out).await;
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
    let bed = TestBed::start().await;
    assert!(matches!(bed.verifier.verify(garbage).await, Err(IdTokenError::Refused(_))));
    assert_eq!(bed.source.fetches(), 0);
}

#[tokio::test]
async fn an_oversized_token_is_refused_unread() {
    let bed = TestBed::start().await;
    for token in ["x".repeat(MAX_TOKEN_BYTES + 1), bed.draft().signed() + &"A".repeat(MAX_TOKEN_BYTES)] {
        let refused = bed.verifier.verify(&token).await;
        assert!(matches!(refused, Err(IdTokenError::Refused(refusal)) if format!("{refusal:?}") == "Oversized"));
    }
    assert_eq!(bed.source.fetches(), 0);
}

#[rstest]
#[case("jku")]
#[case("x5u")]
#[tokio::test]
async fn a_url_in_a_token_is_never_fetched(#[case] header: &str) {
    let (bed, uncalled) = (TestBed::start().await, UncalledServer::start().await);
    for kid in [KEY.kid, OTHER_KEY.kid] {
        let token = bed.draft().header("kid", kid).header(header, uncalled.url.clone()).signed_by(&OTHER_KEY);
        assert!(matches!(bed.verifier.verify(&token).await, Err(IdTokenError::Refused(_))));
    }
    assert_eq!(uncalled.visits().await, 0);
}
