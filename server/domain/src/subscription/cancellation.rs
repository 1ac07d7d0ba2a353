//! Why a customer cancels: a choice that Stripe and Polar both know, and a comment.

use serde::{Deserialize, Serialize};

/// Limit of a comment. A longer one is cut: a cancellation is never refused for its reason.
pub const COMMENT_MAX_CHARS: usize = 500;

/// The reason that the customer chose. The names are those of Stripe (`cancellation_details[feedback]`) and Polar
/// (`customer_cancellation_reason`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancellationFeedback {
    TooExpensive,
    MissingFeatures,
    SwitchedService,
    Unused,
    TooComplex,
    LowQuality,
    CustomerService,
    Other,
}

impl CancellationFeedback {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TooExpensive => "too_expensive",
            Self::MissingFeatures => "missing_features",
            Self::SwitchedService => "switched_service",
            Self::Unused => "unused",
            Self::TooComplex => "too_complex",
            Self::LowQuality => "low_quality",
            Self::CustomerService => "customer_service",
            Self::Other => "other",
        }
    }
}

crate::all_variants!(
    /// In display order.
    CancellationFeedback {
        TooExpensive,
        MissingFeatures,
        SwitchedService,
        Unused,
        TooComplex,
        LowQuality,
        CustomerService,
        Other,
    }
);

/// The text is not the name of a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no such reason of a cancellation")]
pub struct UnknownFeedback;

impl std::str::FromStr for CancellationFeedback {
    type Err = UnknownFeedback;

    fn from_str(text: &str) -> Result<Self, UnknownFeedback> {
        Self::ALL.into_iter().find(|feedback| feedback.as_str() == text).ok_or(UnknownFeedback)
    }
}

/// Why a customer cancels. Both parts are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CancellationReason {
    pub feedback: Option<CancellationFeedback>,
    comment: Option<String>,
}

impl CancellationReason {
    /// Reads what a form sends. An unknown choice counts as none, and a comment is cut to its limit.
    pub fn read(feedback: &str, comment: &str) -> Self {
        let comment: String = comment
            .replace("\r\n", "\n")
            .chars()
            .filter(|char| *char == '\n' || !char.is_control())
            .collect::<String>()
            .trim()
            .chars()
            .take(COMMENT_MAX_CHARS)
            .collect();
        Self { feedback: feedback.parse().ok(), comment: Some(comment).filter(|comment| !comment.is_empty()) }
    }

    pub fn comment(&self) -> Option<&str> {
        self.comment.as_deref()
    }

    pub const fn is_empty(&self) -> bool {
        self.feedback.is_none() && self.comment.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_form_sends_is_bounded_and_never_refused() {
        let reason = CancellationReason::read("too_expensive", "  One.\r\nTwo.\u{0} ");
        assert_eq!((reason.feedback, reason.comment()), (Some(CancellationFeedback::TooExpensive), Some("One.\nTwo.")));
        assert!(CancellationReason::read("nonsense", " \n ").is_empty());
        let long = CancellationReason::read("", &"ä".repeat(600));
        assert_eq!(long.comment().map(|comment| comment.chars().count()), Some(COMMENT_MAX_CHARS));
        assert!(CancellationFeedback::ALL.into_iter().all(|feedback| feedback.as_str().parse() == Ok(feedback)));
    }
}
