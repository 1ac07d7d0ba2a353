//! So many in a window: all of them at once, then one as each part of the window has passed (GCRA).

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

const WINDOW: Duration = Duration::from_mins(1);
const NODE_WINDOW_SECS: u32 = 4;

#[derive(Debug, Default)]
pub(super) struct Budget {
    /// When all that was spent is there again.
    whole_at: Option<Instant>,
}

impl Budget {
    /// Takes one of `per_minute`, or answers how long to wait for it. No limit takes nothing.
    pub(super) fn spend(&mut self, per_minute: Option<NonZeroU32>, now: Instant) -> Result<(), Duration> {
        per_minute.map_or(Ok(()), |most| self.spend_some(1, most, WINDOW, now))
    }

    /// Takes `count` of `most` in a window; more than `most` count as that.
    fn spend_some(&mut self, count: u32, most: NonZeroU32, window: Duration, now: Instant) -> Result<(), Duration> {
        let spent = window / most.get() * count.min(most.get());
        let whole_at = self.whole_at.filter(|at| *at > now).unwrap_or(now) + spent;
        if let Some(wait) = whole_at.duration_since(now).checked_sub(window).filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        self.whole_at = Some(whole_at);
        Ok(())
    }
}

/// What all tenants together may have the provider asked on this node. Half of it is left to those that have had a subscription:
/// accounts are made at no cost.
#[derive(Debug, Default)]
pub(super) struct NodeBudget {
    all: Budget,
    never_subscribed: Budget,
}

impl NodeBudget {
    /// Takes so many calls, or answers how long to wait for them. Seconds without calls save up for [`NODE_WINDOW_SECS`].
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
    fn a_budget_is_spent_and_comes_back_evenly() {
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
        assert_eq!((0..9).filter(|_| budget.spend(per_minute, later).is_ok()).count(), 6, "nothing is saved up");
        assert!((0..1000).all(|_| budget.spend(None, later).is_ok()));
    }

    #[test]
    fn who_never_subscribed_leaves_half_of_what_all_may_ask() {
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
