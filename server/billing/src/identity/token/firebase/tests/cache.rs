//! How long a key set is cached and when it is fetched again.

use std::time::Duration;

use axum::http::StatusCode;
use futures::future::join_all;
use rstest::rstest;

use super::TestBed;
use crate::identity::{
    firebase::{
        IdToken, IdTokenError, Refusal,
        testing::{Answer, KEY, MAX_AGE_SECS, OTHER_KEY, UncalledServer},
    },
    token::key_set::{MAX_STALE_SECS, REST_SECS},
};

impl TestBed {
    async fn tried(&self) -> Result<IdToken, IdTokenError> {
        self.verifier.verify(&self.draft().signed()).await
    }

    /// Waits until the server has had `times` requests, background fetches included.
    async fn has_fetched(&self, times: usize) {
        let fetched = async {
            while self.source.fetches() < times {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), fetched).await.unwrap();
        assert_eq!(self.source.fetches(), times);
    }

    /// Verifies a token of the key that the source lacks at first.
    async fn tried_with_the_other_key(&self) -> Result<IdToken, IdTokenError> {
        self.verifier.verify(&self.draft().header("kid", OTHER_KEY.kid).signed_by(&OTHER_KEY)).await
    }
}

fn is_unknown(tried: &Result<IdToken, IdTokenError>) -> bool {
    matches!(tried, Err(IdTokenError::Refused(Refusal::UnknownKey)))
}

fn is_unavailable(tried: &Result<IdToken, IdTokenError>) -> bool {
    matches!(tried, Err(IdTokenError::Unavailable))
}

#[tokio::test]
async fn a_key_set_is_cached_for_its_max_age() {
    let bed = TestBed::start().await;
    for _ in 0..3 {
        bed.tried().await.unwrap();
    }
    bed.clock.advance(MAX_AGE_SECS - 1);
    bed.tried().await.unwrap();
    assert_eq!(bed.source.fetches(), 1);
    bed.clock.advance(1);
    bed.tried().await.unwrap();
    bed.tried().await.unwrap();
    bed.has_fetched(2).await;
}

#[tokio::test]
async fn concurrent_callers_share_one_fetch() {
    let bed = TestBed::start().await;
    bed.source.answers(Answer { after: Duration::from_millis(200), ..Answer::keys(&[&KEY]) });
    let all = join_all((0..50).map(|_| bed.tried())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(bed.source.fetches(), 1);
}

#[tokio::test]
async fn a_caller_that_disconnects_does_not_cancel_a_shared_fetch() {
    let bed = TestBed::start().await;
    bed.source.answers(Answer { after: Duration::from_millis(200), ..Answer::keys(&[&KEY]) });
    let impatient = tokio::time::timeout(Duration::from_millis(50), bed.tried()).await;
    assert!(impatient.is_err());
    bed.tried().await.unwrap();
    assert_eq!(bed.source.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_fetched_when_the_first_token_names_it() {
    let bed = TestBed::start().await;
    bed.tried().await.unwrap();
    bed.source.answers(Answer::keys(&[&KEY, &OTHER_KEY]));
    bed.tried_with_the_other_key().await.unwrap();
    bed.tried().await.unwrap();
    assert_eq!(bed.source.fetches(), 2);
}

#[tokio::test]
async fn a_key_removed_from_the_set_is_no_longer_accepted() {
    let bed = TestBed::start().await;
    bed.tried().await.unwrap();
    bed.source.answers(Answer::keys(&[&OTHER_KEY]));
    bed.tried_with_the_other_key().await.unwrap();
    assert!(is_unknown(&bed.tried().await));
}

#[tokio::test]
async fn invented_key_ids_cause_one_fetch_per_interval() {
    let bed = TestBed::start().await;
    bed.tried().await.unwrap();
    let made_up: Vec<_> = (0..200).map(|n| bed.draft().header("kid", format!("made-up-{n}")).signed()).collect();
    let all = join_all(made_up.iter().map(|token| bed.verifier.verify(token))).await;
    assert!(all.iter().all(is_unknown));
    assert_eq!(bed.source.fetches(), 2);
    bed.tried().await.unwrap();

    bed.clock.advance(REST_SECS);
    join_all(made_up.iter().map(|token| bed.verifier.verify(token))).await;
    assert_eq!(bed.source.fetches(), 3);
}

#[tokio::test]
async fn invented_key_ids_at_startup_cause_one_fetch() {
    let bed = TestBed::start().await;
    let made_up: Vec<_> = (0..50).map(|n| bed.draft().header("kid", format!("made-up-{n}")).signed()).collect();
    let all = join_all(made_up.iter().map(|token| bed.verifier.verify(token))).await;
    assert!(all.iter().all(is_unknown));
    assert_eq!(bed.source.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_soon_after_a_flood() {
    let bed = TestBed::start().await;
    bed.tried().await.unwrap();
    bed.verifier.verify(&bed.draft().header("kid", "made-up").signed()).await.unwrap_err();
    bed.source.answers(Answer::keys(&[&KEY, &OTHER_KEY]));
    assert!(is_unknown(&bed.tried_with_the_other_key().await));
    bed.clock.advance(REST_SECS);
    bed.tried_with_the_other_key().await.unwrap();
}

#[tokio::test]
async fn an_expired_set_is_used_for_a_day_while_the_source_is_down() {
    let bed = TestBed::start().await;
    bed.tried().await.unwrap();
    bed.source.answers(Answer::broken());
    bed.clock.advance(MAX_AGE_SECS);
    bed.tried().await.unwrap();
    // The source may have added the key by now, so this call waits for the fetch.
    assert!(is_unavailable(&bed.tried_with_the_other_key().await));
    bed.tried().await.unwrap();
    assert_eq!(bed.source.fetches(), 2);

    bed.clock.advance(MAX_STALE_SECS - 1);
    bed.tried().await.unwrap();
    bed.clock.advance(1);
    assert!(is_unavailable(&bed.tried().await));

    bed.source.answers(Answer::keys(&[&KEY]));
    bed.clock.advance(REST_SECS);
    bed.tried().await.unwrap();
}

#[tokio::test]
async fn without_a_set_no_token_is_verified_and_fetches_are_limited() {
    let bed = TestBed::start().await;
    bed.source.answers(Answer::broken());
    let all = join_all((0..20).map(|_| bed.tried())).await;
    assert!(all.iter().all(is_unavailable));
    assert_eq!(bed.source.fetches(), 1);
    bed.source.answers(Answer::keys(&[&KEY]));
    assert!(is_unavailable(&bed.tried().await));
    bed.clock.advance(REST_SECS);
    bed.tried().await.unwrap();
    assert_eq!(bed.source.fetches(), 2);
}

#[tokio::test]
async fn a_valid_set_is_used_while_the_source_is_down() {
    let bed = TestBed::start().await;
    bed.tried().await.unwrap();
    bed.source.answers(Answer::broken());
    assert!(is_unknown(&bed.tried_with_the_other_key().await));
    assert!(is_unknown(&bed.tried_with_the_other_key().await));
    bed.tried().await.unwrap();
    assert_eq!(bed.source.fetches(), 2);
}

#[rstest]
#[case::a_page("<html>out of order</html>".to_owned())]
#[case::no_keys(r#"{"keys":[]}"#.to_owned())]
#[case::too_long(format!(r#"{{"keys":[],"more":"{}"}}"#, "x".repeat(100_000)))]
#[tokio::test]
async fn an_invalid_response_does_not_replace_a_key_set(#[case] body: String) {
    let bed = TestBed::start().await;
    bed.tried().await.unwrap();
    bed.source.answers(Answer { body, ..Answer::keys(&[]) });
    bed.clock.advance(MAX_AGE_SECS);
    bed.tried().await.unwrap();
    assert!(is_unavailable(&bed.tried_with_the_other_key().await));
    bed.tried().await.unwrap();
    assert_eq!(bed.source.fetches(), 2);
}

#[tokio::test]
async fn a_hanging_source_does_not_delay_callers_whose_key_is_cached() {
    let bed = TestBed::start().await;
    bed.tried().await.unwrap();
    bed.source.answers(Answer { after: Duration::from_mins(5), ..Answer::keys(&[&KEY]) });
    bed.clock.advance(MAX_AGE_SECS);
    let many = join_all((0..20).map(|_| bed.tried()));
    let many = tokio::time::timeout(Duration::from_secs(2), many).await.unwrap();
    assert!(many.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (bed, uncalled) = (TestBed::start().await, UncalledServer::start().await);
    bed.source.answers(Answer {
        status: StatusCode::FOUND,
        location: Some(uncalled.url.clone()),
        ..Answer::keys(&[&KEY])
    });
    assert!(is_unavailable(&bed.tried().await));
    assert_eq!(uncalled.visits().await, 0);
}

#[tokio::test]
async fn a_hanging_fetch_times_out() {
    let bed = TestBed::start().await;
    bed.source.answers(Answer { after: Duration::from_mins(5), ..Answer::keys(&[&KEY]) });
    let patience = tokio::time::timeout(Duration::from_secs(20), bed.tried());
    assert!(is_unavailable(&patience.await.expect("it gives up")));
}

#[tokio::test]
async fn a_no_store_source_is_not_fetched_for_every_token() {
    let bed = TestBed::start().await;
    bed.source.answers(Answer { cache_control: "no-store".to_owned(), ..Answer::keys(&[&KEY]) });
    join_all((0..20).map(|_| bed.tried())).await;
    assert_eq!(bed.source.fetches(), 1);
    bed.clock.advance(1);
    bed.tried().await.unwrap();
    bed.has_fetched(2).await;
}
