//! The audit log's filter.

use billing::service::tenant::audit::{AuditFilter, AuditPosition};
use domain::{tenant::audit::AuditAction, time::Timestamp};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{
        audit::kind::title,
        form::{field::Field, mistakes::Mistakes},
    },
    request::{PageRequest, local_path::with_query},
};

const PATH: &str = "/settings/audit";

const SECS_PER_DAY: i64 = 86_400;
const CSV: &str = "/api/v1/tenant/audit.csv";

/// The filter in the query. Invalid values are left out; `mistakes` reports the invalid days.
pub(super) struct Filter {
    pub(super) wanted: AuditFilter,
    pub(super) mistakes: Mistakes,
    from: String,
    to: String,
}

impl Filter {
    pub(super) fn from_request(req: &PageRequest) -> Self {
        let value = |name| req.query(name).unwrap_or_default();
        let (from, to) = (value("from"), value("to"));
        let mut wrong = Vec::new();
        let mut day = |name, text: &str| {
            let day = Timestamp::parse_iso_day(text);
            if day.is_none() && !text.is_empty() {
                wrong.push((name, text!(audit_filter_bad_day)));
            }
            day
        };
        let (first, last) = (day("from", &from), day("to", &to));
        let wanted = AuditFilter {
            action: value("action").parse().ok(),
            from: first,
            // `to` is exclusive, and the last day belongs to the range.
            to: last.map(|last| last.plus_secs(SECS_PER_DAY)),
        };
        // A date input can only show a valid date.
        let (from, to) = (first.map_or_else(String::new, |_| from), last.map_or_else(String::new, |_| to));
        Self { wanted, mistakes: Mistakes::new(wrong), from, to }
    }

    /// Whether the filter shows every entry.
    pub(super) fn is_open(&self) -> bool {
        self.wanted == AuditFilter::default()
    }

    /// URL of the page with this filter that begins after a cursor; `None` for the page with the newest entries.
    pub(super) fn address(&self, after: Option<&AuditPosition>) -> String {
        let after = after.map(ToString::to_string);
        let mut pairs = self.action();
        pairs.extend([("from", self.from.as_str()), ("to", self.to.as_str())]);
        pairs.extend(after.as_deref().map(|after| ("after", after)));
        pairs.retain(|(_, value)| !value.is_empty());
        with_query(PATH, &pairs)
    }

    /// URL of the filtered entries as CSV.
    pub(super) fn csv(&self) -> String {
        let AuditFilter { action: _, from, to } = &self.wanted;
        let (from, to) = (from.map(Timestamp::iso_day), to.map(Timestamp::iso_day));
        let mut pairs = self.action();
        pairs.extend(from.as_deref().map(|from| ("from", from)));
        pairs.extend(to.as_deref().map(|to| ("to", to)));
        with_query(CSV, &pairs)
    }

    fn action(&self) -> Vec<(&'static str, &str)> {
        self.wanted.action.map(|action| ("action", action.as_str())).into_iter().collect()
    }

    pub(super) fn form(&self) -> AnyView {
        let options = AuditAction::ALL
            .iter()
            .map(|action| {
                let chosen = self.wanted.action == Some(*action);
                view! { <option value=action.as_str() selected=chosen>{title(*action)}</option> }
            })
            .collect_view();
        let field = |name, label, value: &str| {
            let (wrong, value) = (self.mistakes.of(name), value.to_owned());
            Field { name, label, kind: "date", autocomplete: "off", wrong, value, optional: true, ..Field::default() }
                .view()
        };
        view! {
            <form class="between" action=PATH aria-label=text!(audit_filter)>
                <div class="field">
                    <label for="action">{text!(audit_filter_action)}</label>
                    <select id="action" name="action" autocomplete="off">
                        <option value="">{text!(audit_filter_all)}</option>
                        {options}
                    </select>
                </div>
                {field("from", text!(audit_filter_from), &self.from)}
                {field("to", text!(audit_filter_to), &self.to)}
                <button class="button">{text!(audit_filter_apply)}</button>
            </form>
        }
        .into_any()
    }
}
