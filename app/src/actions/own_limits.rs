//! The action on what the admins of a workspace set for a limit: thresholds of alerts and a cap.

use ::billing::service::{
    ServiceError,
    usage::own_limits::{CAP_FIELD, OwnLimitChange, THRESHOLD_FIELDS},
};
use domain::catalog::{Feature, Unit, WarnAt};
use leptos::prelude::*;

use crate::{
    actions::{
        in_workspace,
        operator::limit::{figure_text, parse_figure},
        redirect_with_error,
    },
    request::{draft::Draft, redirect},
};

/// The part of the page of a limit with the form.
pub(crate) const SECTION: &str = "own";

/// Parses a threshold: `80%`, or a figure in the unit. `None` if the text is empty.
fn threshold(field: &'static str, text: &str, unit: Unit) -> Result<Option<WarnAt>, ServiceError> {
    let wrong = || ServiceError::field(field, "Write a percentage or a figure in the limit’s unit.");
    match text.trim() {
        "" => Ok(None),
        text => match text.strip_suffix('%') {
            Some(percent) => percent.trim().parse().map(WarnAt::Percent).map(Some).map_err(|_| wrong()),
            None => parse_figure(text, unit).map(WarnAt::Amount).map(Some).ok_or_else(wrong),
        },
    }
}

/// Parses a cap: a figure in the unit. `None` if the text is empty.
fn cap(text: &str, unit: Unit) -> Result<Option<u64>, ServiceError> {
    let wrong = || ServiceError::field(CAP_FIELD, "Write a figure in the limit’s unit.");
    match text.trim() {
        "" => Ok(None),
        text => parse_figure(text, unit).map(Some).ok_or_else(wrong),
    }
}

/// Writes a threshold for its input.
pub(crate) fn threshold_text(feature: &Feature, threshold: WarnAt) -> String {
    match threshold {
        WarnAt::Percent(percent) => format!("{percent}%"),
        WarnAt::Amount(amount) => figure_text(amount, feature.unit),
    }
}

#[server(prefix = "/rpc", endpoint = "set-limit")]
pub(crate) async fn set_limit(
    #[server(default)] feature: String,
    #[server(default)] first: String,
    #[server(default)] second: String,
    #[server(default)] third: String,
    #[server(default)]
    #[server(rename = "cap")]
    stops_at: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    // An unknown feature has no page to lead back to.
    let known = services.catalog().feature(&feature);
    let page = known.map_or_else(|| "/usage".to_owned(), |feature| format!("/usage/{}", feature.key));
    let unit = known.map_or(Unit::Count, |feature| feature.unit);
    let texts = [&first, &second, &third];
    let outcome = async {
        let mut warn_at = [None; THRESHOLD_FIELDS.len()];
        for ((to, field), text) in warn_at.iter_mut().zip(THRESHOLD_FIELDS).zip(texts) {
            *to = threshold(field, text, unit)?;
        }
        let change = OwnLimitChange { feature: feature.clone(), warn_at, cap: cap(&stops_at, unit)? };
        services.usage().set_own_limit(&viewer, &change).await
    };
    match outcome.await {
        Ok(()) => redirect(&format!("{page}?code=limit_set")),
        Err(error) => {
            let fields = [("first", &first), ("second", &second), ("third", &third), (CAP_FIELD, &stops_at)];
            let draft = Draft::of(fields.map(|(name, value)| (name, value.as_str())));
            draft.about(&feature).keep();
            redirect_with_error(&page, Vec::new(), &error);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds_are_percentages_or_figures() {
        let read = |text| threshold("first", text, Unit::Count).ok();
        assert_eq!(read(" 80 % "), Some(Some(WarnAt::Percent(80))));
        assert_eq!(read("1,000"), Some(Some(WarnAt::Amount(1000))));
        assert_eq!(read(" "), Some(None));
        for wrong in ["-1%", "300%", "80.5%", "most", "%"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        assert_eq!(cap("5 GB", Unit::Bytes).ok(), Some(Some(5 << 30)));
        assert_eq!(cap("", Unit::Bytes).ok(), Some(None));
        assert!(cap("5 GB", Unit::Count).is_err());
    }
}
