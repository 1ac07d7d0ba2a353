//! Which tokens are accepted.

use domain::time::Clock;
use rstest::rstest;

use super::Stand;
use crate::identity::firebase::{
    IdToken, IdTokenError, LEEWAY_SECS, MAX_TOKEN_BYTES,
    testing::{KEY, Lure, OTHER_KEY, SPOILT},
};

#[tokio::test]
async fn a_token_as_firebase_makes_it_is_believed() {
    let stand = Stand::start().await;
    let believed = stand.verifier.verify(&stand.draft().signed()).await.unwrap();
    let email = Some("ada@example.com".to_owned());
    let signed_in_at = believed.signed_in_at;
    assert_eq!(believed, IdToken { subject: "uid-1".to_owned(), email, email_verified: true, signed_in_at });
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

#[tokio::test]
async fn no_token_is_believed_that_is_spoilt() {
    let stand = Stand::start().await;
    for (name, why, spoil) in SPOILT {
        match stand.verifier.verify(&spoil(stand.draft())).await {
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
    assert_eq!(stand.source.fetches(), 0);
}

#[tokio::test]
async fn an_oversized_token_is_refused_unread() {
    let stand = Stand::start().await;
    for token in ["x".repeat(MAX_TOKEN_BYTES + 1), stand.draft().signed() + &"A".repeat(MAX_TOKEN_BYTES)] {
        let refused = stand.verifier.verify(&token).await;
        assert!(matches!(refused, Err(IdTokenError::Refused(refusal)) if format!("{refusal:?}") == "Oversized"));
    }
    assert_eq!(stand.source.fetches(), 0);
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
