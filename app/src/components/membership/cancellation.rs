//! The reasons of a cancellation, in words.

use std::borrow::Cow;

use domain::subscription::cancellation::CancellationFeedback;
use locales::text;

/// Returns the reason in the customer's words.
pub(crate) fn cancellation_words(feedback: CancellationFeedback) -> Cow<'static, str> {
    text!(membership_cancel_feedback, feedback = feedback.as_str())
}
