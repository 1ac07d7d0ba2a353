//! Budgets: a maximum number of calls per window of time. A full budget may be spent at once, and refills evenly
//! (GCRA).

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

const WINDOW: Duration = Duration::from_mins(1);
const NODE_WINDOW_SECS: u32 = 4;

#[derive(Debug, Default)]
pub(super) struct Budget {
    /// When the budget is full again.
    full_at: Option<Instant>,
}

impl Budget {
    /// Spends one of `per_minute` calls. `Err` is the time to wait if none is left. There is no limit if `per_minute`
    /// is `None`.
    pub(super) fn spend(&mut self, per_minute: Option<NonZeroU32>, now: Instant) -> Result<(), Duration> {
        per_minute.map_or(Ok(()), |max| self.spend_some(1, max, WINDOW, now))
    }

    /// Spends `count` calls of a budget of `max` per `window`. `Err` is the time to wait if too few are left. A `count`
    /// above `max` counts as `max`.
    fn spend_some(&mut self, count: u32, max: NonZeroU32, window: Duration, now: Instant) -> Result<(), Duration> {
        let spent = window / max.get() * count.min(max.get());
        let full_at = self.full_at.filter(|at| *at > now).unwrap_or(now) + spent;
        if let Some(wait) = full_at.duration_since(now).checked_sub(window).filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        self.full_at = Some(full_at);
        Ok(())
    }
}

/// The calls to providers that all tenants together may cause on this node. Half of the budget is reserved for tenants
/// that have had a subscription, as anyone can create accounts at no cost.
#[derive(Debug, Default)]
pub(super) struct NodeBudget {
    all: Budget,
    never_subscribed: Budget,
}

impl NodeBudget {
    /// Spends `calls`. `Err` is the time to wait if too few are left. Unused calls accumulate for [`NODE_WINDOW_SECS`].
    /// There is no limit if `per_sec` is `None`.
    pub(super) fn spend(
        &mut self,
        calls: u32,
        per_sec: Option<NonZeroU32>,
        has_subscribed: bool,
        now: Instant,
    ) -> Result<(), Duration> {
        let Some(per_sec) = per_sec else { return Ok(()) };
        let secs = NonZeroU32::new(NODE_WINDOW_SECS).unwrap_or(NonZeroU32::MIN);
        let window = Duration::from_secs(NODE_WINDOW_SECS.into());
        if !has_subscribed {
            let half = NonZeroU32::new(per_sec.get().div_ceil(2)).unwrap_or(per_sec).saturating_mul(secs);
            self.never_subscribed.spend_some(calls, half, window, now)?;
        }
        self.all.spend_some(calls, per_sec.saturating_mul(secs), window, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_spent_at_once_and_refills_evenly() {
        let (mut budget, begun) = (Budget::default(), Instant::now());
        let per_minute = NonZeroU32::new(6);
        for _ in 0..6 {
            budget.spend(per_minute, begun).unwrap();
        }
        assert_eq!(budget.spend(per_minute, begun), Err(Duration::from_secs(10)));
        assert_eq!(budget.spend(per_minute, begun + Duration::from_secs(9)), Err(Duration::from_secs(1)));
        budget.spend(per_minute, begun + Duration::from_secs(10)).unwrap();
        assert!(budget.spend(per_minute, begun + Duration::from_secs(10)).is_err());
        let later = begun + Duration::from_hours(1);
        assert_eq!(
            (0..9).filter(|_| budget.spend(per_minute, later).is_ok()).count(),
            6,
            "a full budget does not grow"
        );
        assert!((0..1000).all(|_| budget.spend(None, later).is_ok()));
    }

    #[test]
    fn tenants_without_a_subscription_spend_at_most_half_of_the_nodes_budget() {
        let (mut budget, begun) = (NodeBudget::default(), Instant::now());
        let per_sec = NonZeroU32::new(10);
        let mut spent =
            |has_subscribed, now| (0..99).filter(|_| budget.spend(1, per_sec, has_subscribed, now).is_ok()).count();
        assert_eq!(spent(false, begun), 20, "half of four seconds");
        assert_eq!(spent(true, begun), 20, "the other half");
        assert_eq!(spent(true, begun + Duration::from_secs(1)), 10);
        assert_eq!(spent(false, begun + Duration::from_secs(1)), 0);
        let mut small = NodeBudget::default();
        small.spend(4, NonZeroU32::new(1), true, begun).unwrap();
        assert!(small.spend(1, NonZeroU32::new(1), true, begun).is_err());
        assert!((0..999).all(|_| small.spend(4, None, false, begun).is_ok()));
    }
}
