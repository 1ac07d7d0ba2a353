//! The projection in the chart: a dashed line from now to the end of the period.

use domain::{
    entitlement::history::{Step, projection::Projection},
    time::Timestamp,
};
use leptos::prelude::*;
use locales::text;

use super::scale::{TOTAL, figure, height, steps, viewbox_height};
use crate::components::usage::pace::soon;

/// Part of the chart's width. The end of a period is labeled only if it is farther than this from now, so that the
/// dates don't overlap.
const MIN_LABELED_SHARE: f64 = 0.22;

/// The projected line: positions in steps from the left, values in the feature's unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ahead {
    from: (f64, u64),
    pub(super) to: (f64, u64),
    /// Where the line meets the limit, and when.
    meets: Option<(f64, Timestamp)>,
    /// The end of the period; `None` if it is beyond the chart.
    ends: Option<Timestamp>,
}

/// Returns how far the chart looks ahead, as a share of the time that it shows up to now.
const fn max_share(step: Step) -> f64 {
    match step {
        // The labels of hours are long. The rest of a month would leave a day no room.
        Step::Hour => 0.5,
        Step::Day | Step::Month => 1.0,
    }
}

impl Ahead {
    /// `now` is the position of now, and `count` the number of steps up to now.
    pub(super) fn of(
        projection: &Projection,
        used: u64,
        (first, step): (Timestamp, Step),
        (now, count): (f64, f64),
    ) -> Self {
        let position = |at| steps(first, at, step).max(now);
        let (until, edge) = (position(projection.until), now + (count * max_share(step)).max(1.0));
        let is_whole = until <= edge;
        let to = if is_whole {
            (until, projection.used)
        } else {
            (edge, between(used, projection.used, (edge - now) / (until - now)))
        };
        let meets = projection.reached_at.map(|at| (position(at), at)).filter(|(x, _)| *x <= to.0);
        Self { from: (now, used), to, meets, ends: is_whole.then_some(projection.until) }
    }

    /// The highest value that the scale needs for the line. A line that crosses the limit leaves the chart above it.
    pub(super) const fn highest(&self) -> u64 {
        match self.meets {
            Some(_) => 0,
            None => self.to.1,
        }
    }

    /// The line's path in the total's view box.
    pub(super) fn path(&self, top: f64) -> String {
        let Self { from, to, .. } = self;
        let (low, high) = (viewbox_height(from.1, top), viewbox_height(to.1, top));
        format!("M{:.2} {low:.1}L{:.2} {high:.1}", from.0, to.0)
    }

    /// Renders the point at the limit with its date, and the end of the period. `along` is the chart's width in steps.
    pub(super) fn marks(&self, limit: Option<u64>, now: Timestamp, top: f64, along: f64) -> AnyView {
        let percent = |at: f64| format!("{:.2}%", at * 100.0 / along);
        let meets = self.meets.zip(limit).map(|((x, at), limit)| {
            let (x, y) = (percent(x), height(limit, top));
            view! {
                <circle class="meets" cx=x.clone() cy=format!("{y:.1}") r="4.5"/>
                <text class="strong halo" x=x dx="6" y=format!("{:.1}", y - 9.0) text-anchor="end">
                    {text!(chart_reached_about, at = soon(now, at))}
                </text>
            }
        });
        let ends = self.ends.map(|at| {
            let is_labeled = (self.to.0 - self.from.0) / along >= MIN_LABELED_SHARE;
            let x = percent(self.to.0);
            let label = is_labeled.then(|| {
                view! { <text class="halo" x=x.clone() y="294" text-anchor="end">{soon(now, at)}</text> }
            });
            view! {
                <line class="period" x1=x.clone() x2=x.clone() y1=TOTAL.0.to_string() y2=TOTAL.1.to_string()/>
                {label}
            }
        });
        view! {
            {ends}
            {meets}
        }
        .into_any()
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a difference of two values is between zero and the difference"
)]
fn between(from: u64, to: u64, share: f64) -> u64 {
    from.saturating_add((figure(to.saturating_sub(from)) * share) as u64)
}

#[cfg(test)]
mod tests {
    use domain::entitlement::history::projection::Pace;

    use super::*;
    use crate::fixture::at;

    const FIRST: &str = "2025-12-16T00:00:00Z";

    fn ahead(step: Step, count: f64, reached_at: Option<&str>) -> Ahead {
        let until = at("2026-02-01T00:00:00Z");
        let projection = Projection { until, used: 100, reached_at: reached_at.map(at), pace: Pace::Days(7) };
        Ahead::of(&projection, 40, (at(FIRST), step), (count, count))
    }

    #[test]
    fn the_line_leads_to_the_end_of_the_period() {
        let found = ahead(Step::Day, 30.0, Some("2026-01-22T00:00:00Z"));
        assert_eq!((found.from, found.to), ((30.0, 40), (47.0, 100)));
        assert_eq!(found.meets, Some((37.0, at("2026-01-22T00:00:00Z"))));
        assert_eq!((found.ends.is_some(), found.highest()), (true, 0));
        assert_eq!(found.path(120.0), "M30.00 666.7L47.00 166.7");
        assert_eq!(ahead(Step::Day, 30.0, None).highest(), 100);
    }

    #[test]
    fn a_line_that_is_too_long_ends_at_the_edge() {
        let found = ahead(Step::Day, 10.0, Some("2026-01-22T00:00:00Z"));
        assert_eq!((found.to, found.meets, found.ends), ((20.0, 56), None, None));
        assert_eq!(found.highest(), 56);
    }
}
