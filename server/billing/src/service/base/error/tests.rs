use rstest::rstest;

use super::*;
use crate::payment::TooManyRequests;

#[rstest]
#[case(ProviderError::Unavailable("no answer".into()), "Polar does not answer.")]
#[case(ProviderError::Unavailable(TooManyRequests { cause: "429".into(), retry_after_secs: None }.into()), "Polar takes no more requests for the moment.")]
#[case(ProviderError::Decode("no JSON".into()), "Polar answered, but its answer can't be read.")]
fn messages_distinguish_the_causes_of_an_unavailable_provider(#[case] cause: ProviderError, #[case] message: &str) {
    let error = ServiceError::from_provider("Polar", cause);
    assert_eq!(error.code(), "provider_unavailable");
    assert_eq!(error.to_string(), format!("{message} Nothing was charged. Try again in a minute."));
    assert_eq!(error.reason(), message);
}

#[rstest]
#[case(InvalidInputField::Price, "productPriceId")]
#[case(InvalidInputField::Cursor, "cursor")]
#[case(InvalidInputField::Coupon, "coupon")]
#[case(InvalidInputField::PromotionCode, "promotionCode")]
fn a_providers_rejection_of_a_parameter_names_the_callers_field(#[case] asked: InvalidInputField, #[case] field: &str) {
    let error =
        ServiceError::from_provider("Polar", ProviderError::InvalidInput { field: asked, reason: "No.".to_owned() });
    let ServiceError::Validation { fields, .. } = error else { panic!("{error:?}") };
    assert_eq!(fields.into_keys().collect::<Vec<_>>(), [field]);
}
