//! How long a key set is cached and when it is fetched again.

use std::time::Duration;

use axum::http::StatusCode;
use futures::future::join_all;
use rstest::rstest;

use super::Stand;
use crate::identity::firebase::{
    IdToken, IdTokenError, Refusal,
    keys::{MAX_STALE_SECS, REST_SECS},
    testing::{Answer, KEY, Lure, MAX_AGE_SECS, OTHER_KEY},
};

impl Stand {
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
async fn a_set_is_kept_for_its_max_age_and_no_longer() {
    let stand = Stand::start().await;
    for _ in 0..3 {
        stand.tried().await.unwrap();
    }
    stand.clock.advance(MAX_AGE_SECS - 1);
    stand.tried().await.unwrap();
    assert_eq!(stand.source.fetches(), 1);
    stand.clock.advance(1);
    stand.tried().await.unwrap();
    stand.tried().await.unwrap();
    stand.has_fetched(2).await;
}

#[tokio::test]
async fn all_who_come_at_once_share_one_fetch() {
    let stand = Stand::start().await;
    stand.source.answers(Answer { after: Duration::from_millis(200), ..Answer::keys(&[&KEY]) });
    let all = join_all((0..50).map(|_| stand.tried())).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(stand.source.fetches(), 1);
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_take_the_others_fetch_along() {
    let stand = Stand::start().await;
    stand.source.answers(Answer { after: Duration::from_millis(200), ..Answer::keys(&[&KEY]) });
    let impatient = tokio::time::timeout(Duration::from_millis(50), stand.tried()).await;
    assert!(impatient.is_err());
    stand.tried().await.unwrap();
    assert_eq!(stand.source.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_fetched_when_the_first_token_names_it() {
    let stand = Stand::start().await;
    stand.tried().await.unwrap();
    stand.source.answers(Answer::keys(&[&KEY, &OTHER_KEY]));
    stand.tried_with_the_other_key().await.unwrap();
    stand.tried().await.unwrap();
    assert_eq!(stand.source.fetches(), 2);
}

#[tokio::test]
async fn a_key_that_was_taken_out_of_the_set_signs_no_more() {
    let stand = Stand::start().await;
    stand.tried().await.unwrap();
    stand.source.answers(Answer::keys(&[&OTHER_KEY]));
    stand.tried_with_the_other_key().await.unwrap();
    assert!(is_unknown(&stand.tried().await));
}

#[tokio::test]
async fn a_flood_of_made_up_key_names_makes_one_fetch_a_while() {
    let stand = Stand::start().await;
    stand.tried().await.unwrap();
    let made_up: Vec<_> = (0..200).map(|n| stand.draft().header("kid", format!("made-up-{n}")).signed()).collect();
    let all = join_all(made_up.iter().map(|token| stand.verifier.verify(token))).await;
    assert!(all.iter().all(is_unknown));
    assert_eq!(stand.source.fetches(), 2);
    stand.tried().await.unwrap();

    stand.clock.advance(REST_SECS);
    join_all(made_up.iter().map(|token| stand.verifier.verify(token))).await;
    assert_eq!(stand.source.fetches(), 3);
}

#[tokio::test]
async fn a_flood_of_made_up_key_names_at_the_very_start_makes_one_fetch() {
    let stand = Stand::start().await;
    let made_up: Vec<_> = (0..50).map(|n| stand.draft().header("kid", format!("made-up-{n}")).signed()).collect();
    let all = join_all(made_up.iter().map(|token| stand.verifier.verify(token))).await;
    assert!(all.iter().all(is_unknown));
    assert_eq!(stand.source.fetches(), 1);
}

#[tokio::test]
async fn a_new_key_is_found_soon_after_a_flood() {
    let stand = Stand::start().await;
    stand.tried().await.unwrap();
    stand.verifier.verify(&stand.draft().header("kid", "made-up").signed()).await.unwrap_err();
    stand.source.answers(Answer::keys(&[&KEY, &OTHER_KEY]));
    assert!(is_unknown(&stand.tried_with_the_other_key().await));
    stand.clock.advance(REST_SECS);
    stand.tried_with_the_other_key().await.unwrap();
}

#[tokio::test]
async fn while_the_source_is_down_a_set_outlives_its_time_by_a_day() {
    let stand = Stand::start().await;
    stand.tried().await.unwrap();
    stand.source.answers(Answer::broken());
    stand.clock.advance(MAX_AGE_SECS);
    stand.tried().await.unwrap();
    // The source may have a new key since: this call waits for the fetch.
    assert!(is_unavailable(&stand.tried_with_the_other_key().await));
    stand.tried().await.unwrap();
    assert_eq!(stand.source.fetches(), 2);

    stand.clock.advance(MAX_STALE_SECS - 1);
    stand.tried().await.unwrap();
    stand.clock.advance(1);
    assert!(is_unavailable(&stand.tried().await));

    stand.source.answers(Answer::keys(&[&KEY]));
    stand.clock.advance(REST_SECS);
    stand.tried().await.unwrap();
}

#[tokio::test]
async fn without_any_set_a_token_cannot_be_judged_and_the_source_has_its_rest() {
    let stand = Stand::start().await;
    stand.source.answers(Answer::broken());
    let all = join_all((0..20).map(|_| stand.tried())).await;
    assert!(all.iter().all(is_unavailable));
    assert_eq!(stand.source.fetches(), 1);
    stand.source.answers(Answer::keys(&[&KEY]));
    assert!(is_unavailable(&stand.tried().await));
    stand.clock.advance(REST_SECS);
    stand.tried().await.unwrap();
    assert_eq!(stand.source.fetches(), 2);
}

#[tokio::test]
async fn a_set_in_its_time_judges_while_the_source_is_down() {
    let stand = Stand::start().await;
    stand.tried().await.unwrap();
    stand.source.answers(Answer::broken());
    assert!(is_unknown(&stand.tried_with_the_other_key().await));
    assert!(is_unknown(&stand.tried_with_the_other_key().await));
    stand.tried().await.unwrap();
    assert_eq!(stand.source.fetches(), 2);
}

#[rstest]
#[case::a_page("<html>out of order</html>".to_owned())]
#[case::no_keys(r#"{"keys":[]}"#.to_owned())]
#[case::too_long(format!(r#"{{"keys":[],"more":"{}"}}"#, "x".repeat(100_000)))]
#[tokio::test]
async fn an_answer_that_is_no_key_set_does_not_replace_one(#[case] body: String) {
    let stand = Stand::start().await;
    stand.tried().await.unwrap();
    stand.source.answers(Answer { body, ..Answer::keys(&[]) });
    stand.clock.advance(MAX_AGE_SECS);
    stand.tried().await.unwrap();
    assert!(is_unavailable(&stand.tried_with_the_other_key().await));
    stand.tried().await.unwrap();
    assert_eq!(stand.source.fetches(), 2);
}

#[tokio::test]
async fn a_source_that_hangs_holds_up_nobody_whose_key_is_there() {
    let stand = Stand::start().await;
    stand.tried().await.unwrap();
    stand.source.answers(Answer { after: Duration::from_mins(5), ..Answer::keys(&[&KEY]) });
    stand.clock.advance(MAX_AGE_SECS);
    let many = join_all((0..20).map(|_| stand.tried()));
    let many = tokio::time::timeout(Duration::from_secs(2), many).await.unwrap();
    assert!(many.iter().all(Result::is_ok));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (stand, lure) = (Stand::start().await, Lure::start().await);
    stand.source.answers(Answer {
        status: StatusCode::FOUND,
        location: Some(lure.url.clone()),
        ..Answer::keys(&[&KEY])
    });
    assert!(is_unavailable(&stand.tried().await));
    assert_eq!(lure.visits().await, 0);
}

#[tokio::test]
async fn a_source_that_hangs_is_given_up() {
    let stand = Stand::start().await;
    stand.source.answers(Answer { after: Duration::from_mins(5), ..Answer::keys(&[&KEY]) });
    let patience = tokio::time::timeout(Duration::from_secs(20), stand.tried());
    assert!(is_unavailable(&patience.await.expect("it gives up")));
}

#[tokio::test]
async fn a_source_that_says_never_to_keep_its_answer_is_not_asked_at_every_token() {
    let stand = Stand::start().await;
    stand.source.answers(Answer { cache_control: "no-store".to_owned(), ..Answer::keys(&[&KEY]) });
    join_all((0..20).map(|_| stand.tried())).await;
    assert_eq!(stand.source.fetches(), 1);
    stand.clock.advance(1);
    stand.tried().await.unwrap();
    stand.has_fetched(2).await;
}
