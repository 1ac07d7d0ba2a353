use rstest::rstest;

use super::*;
use crate::payment::TooManyRequests;

#[rstest]
#[case(ProviderError::Unavailable("no answer".into()), "Polar does not answer.")]
#[case(ProviderError::Unavailable(TooManyRequests("429".into()).into()), "Polar takes no more requests for the moment.")]
#[case(ProviderError::Decode("no JSON".into()), "Polar answered, but its answer can't be read.")]
fn why_a_provider_can_not_be_used_is_told_apart(#[case] cause: ProviderError, #[case] told: &str) {
    let error = ServiceError::from_provider("Polar", cause);
    assert_eq!(error.code(), "provider_unavailable");
    assert_eq!(error.to_string(), format!("{told} Nothing was charged. Try again in a minute."));
    assert_eq!(error.reason(), told);
}

#[rstest]
#[case(Asked::Price, "productPriceId")]
#[case(Asked::Cursor, "cursor")]
fn what_a_caller_got_wrong_is_the_fields_mistake(#[case] asked: Asked, #[case] field: &str) {
    let error = ServiceError::from_provider("Polar", ProviderError::Mistaken { asked, reason: "No.".to_owned() });
    let ServiceError::Validation { fields, .. } = error else { panic!("{error:?}") };
    assert_eq!(fields.into_keys().collect::<Vec<_>>(), [field]);
}
