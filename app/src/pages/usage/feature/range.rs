//! The range of the chart: one of three presets that end now, or days from a form.

use std::borrow::Cow;

use billing::service::usage::history::MAX_POINTS;
use domain::{entitlement::history::Step, time::Timestamp};
use leptos::prelude::*;
use locales::text;

use crate::{
    components::form::{field::Field, mistakes::Mistakes},
    request::PageRequest,
    wording::day,
};

const SECS_PER_DAY: i64 = 86_400;
/// Up to this many days show hourly steps.
const MOST_DAYS_BY_HOUR: i64 = 3;
/// Up to this many days show daily steps; more show whole months.
const MOST_DAYS_BY_DAY: i64 = 92;

/// A preset range that ends now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Latest {
    Day,
    Month,
    Year,
}

domain::all_variants!(Latest { Day, Month, Year });

impl Latest {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Month => "month",
            Self::Year => "year",
        }
    }

    fn title(self) -> Cow<'static, str> {
        match self {
            Self::Day => text!(usage_range_day),
            Self::Month => text!(usage_range_month),
            Self::Year => text!(usage_range_year),
        }
    }

    fn range(self, now: Timestamp) -> Range {
        let (step, back) = match self {
            Self::Day => (Step::Hour, 23),
            Self::Month => (Step::Day, 29),
            Self::Year => (Step::Month, 11),
        };
        Range { latest: Some(self), step, from: step.back(now, back), to: None }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    latest: Option<Latest>,
    pub(super) step: Step,
    /// Start of the first step.
    pub(super) from: Timestamp,
    /// End of the last step; `None` for now.
    pub(super) to: Option<Timestamp>,
}

/// A range with the form's input.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) range: Range,
    pub(super) mistakes: Mistakes,
    from: String,
    to: String,
    today: Timestamp,
}

impl Choice {
    /// Parses the range from the query. An invalid one yields the last 30 days and the errors.
    pub(super) fn from_request(req: &PageRequest, now: Timestamp) -> Self {
        let (from, to) = (req.query("from"), req.query("to"));
        if from.is_none() && to.is_none() {
            let wanted = req.query("range").unwrap_or_default();
            let latest = Latest::ALL.into_iter().find(|latest| latest.as_str() == wanted).unwrap_or(Latest::Month);
            return Self::of(latest.range(now), now);
        }
        let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
        match days(from.trim(), to.trim(), now) {
            Ok(range) => Self::of(range, now),
            Err(wrong) => {
                Self { range: Latest::Month.range(now), mistakes: Mistakes::new(wrong), from, to, today: now }
            }
        }
    }

    fn of(range: Range, now: Timestamp) -> Self {
        let last = range.to.map_or(now, |to| to.plus_secs(-1));
        Self { range, mistakes: Mistakes::default(), from: range.from.iso_day(), to: last.iso_day(), today: now }
    }

    pub(super) fn view(&self, path: &str) -> AnyView {
        let latest = Latest::ALL
            .into_iter()
            .map(|latest| {
                let current = (self.range.latest == Some(latest)).then_some("true");
                view! { <a href=format!("{path}?range={}", latest.as_str()) aria-current=current>{latest.title()}</a> }
            })
            .collect_view();
        let field = |name, label, value: &str| {
            let (wrong, value) = (self.mistakes.of(name), value.to_owned());
            let latest = Some(self.today.iso_day());
            Field { name, label, kind: "date", autocomplete: "off", wrong, value, latest, ..Field::default() }.view()
        };
        view! {
            <div class="ranges">
                <nav class="choice" aria-label=text!(usage_range)>{latest}</nav>
                <form class="between" action=path.to_owned() aria-label=text!(usage_range_form)>
                    {field("from", text!(usage_range_from), &self.from)}
                    {field("to", text!(usage_range_to), &self.to)}
                    <button class="button">{text!(usage_range_show)}</button>
                </form>
            </div>
        }
        .into_any()
    }
}

/// Returns the range from one day to another, both included. `Err` holds the fields that are wrong and their messages.
fn days(from: &str, to: &str, now: Timestamp) -> Result<Range, Vec<(&'static str, Cow<'static, str>)>> {
    let today = Step::Day.floor(now);
    let read = |name, text| {
        let at = Timestamp::parse_iso_day(text).ok_or_else(|| (name, text!(usage_range_invalid)))?;
        if at > today {
            return Err((name, text!(usage_range_future, today = day(today))));
        }
        Ok(at)
    };
    let (from, last) = match (read("from", from), read("to", to)) {
        (Ok(from), Ok(last)) => (from, last),
        (from, last) => return Err([from.err(), last.err()].into_iter().flatten().collect()),
    };
    let count = last.secs_since(from) / SECS_PER_DAY + 1;
    if from > last {
        return Err(vec![("from", text!(usage_range_reversed))]);
    }
    if count > i64::from(MAX_POINTS) {
        return Err(vec![("from", text!(usage_range_too_long, most = MAX_POINTS, days = count))]);
    }
    let step = if count <= MOST_DAYS_BY_HOUR {
        Step::Hour
    } else if count <= MOST_DAYS_BY_DAY {
        Step::Day
    } else {
        Step::Month
    };
    let to = (last < today).then(|| last.plus_secs(SECS_PER_DAY));
    Ok(Range { latest: None, step, from, to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{TODAY, at};

    fn choice(from: &str, to: &str) -> Result<(Step, String, Option<String>), Vec<String>> {
        let found = days(from, to, at(TODAY)).map_err(|wrong| {
            wrong
                .into_iter()
                .map(|(field, words)| format!("{field}: {words}").replace('\u{a0}', " "))
                .collect::<Vec<_>>()
        })?;
        Ok((found.step, found.from.iso_day(), found.to.map(Timestamp::rfc3339_secs)))
    }

    #[test]
    fn a_few_days_are_shown_by_the_hour_and_a_long_range_by_the_month() {
        let until = |day: &str| Some(format!("{day}T00:00:00Z"));
        assert_eq!(choice("2026-01-01", "2026-01-03"), Ok((Step::Hour, "2026-01-01".to_owned(), until("2026-01-04"))));
        assert_eq!(choice("2025-12-01", "2026-01-03"), Ok((Step::Day, "2025-12-01".to_owned(), until("2026-01-04"))));
        assert_eq!(choice("2026-01-14", "2026-01-14"), Ok((Step::Hour, "2026-01-14".to_owned(), None)));
        assert_eq!(choice("2025-10-15", "2026-01-14"), Ok((Step::Day, "2025-10-15".to_owned(), None)));
        assert_eq!(choice("2025-10-14", "2026-01-14"), Ok((Step::Month, "2025-10-14".to_owned(), None)));
        let year = Latest::Year.range(at(TODAY));
        assert_eq!((year.step, year.from.iso_day()), (Step::Month, "2025-02-01".to_owned()));
    }

    #[test]
    fn an_invalid_range_is_reported_at_its_field() {
        for (from, to, words) in [
            ("2026-01-03", "2026-01-02", "from: Choose a start date on or before the end date"),
            ("2026-01-03", "2026-01-15", "to: Choose a date no later than today, 14 Jan 2026"),
            ("2020-01-01", "2026-01-14", "from: Choose a range of up to 800 days, not 2,206"),
            ("1 Jan", "2026-01-14", "from: Enter a date such as 2026-01-31"),
        ] {
            assert_eq!(choice(from, to), Err(vec![words.to_owned()]));
        }
        assert_eq!(choice("", "").map_err(|wrong| wrong.len()), Err(2));
    }
}
