//! So many a minute: all of them at once, then one as each part of a minute has passed (GCRA).

use std::{
    num::NonZeroU32,
    time::{Duration, Instant},
};

const WINDOW: Duration = Duration::from_mins(1);

#[derive(Debug, Default)]
pub(super) struct Budget {
    /// When all that was spent is there again.
    whole_at: Option<Instant>,
}

impl Budget {
    /// Takes one of `per_minute`, or answers how long to wait for it. No limit takes nothing.
    pub(super) fn spend(&mut self, per_minute: Option<NonZeroU32>, now: Instant) -> Result<(), Duration> {
        let Some(per_minute) = per_minute else { return Ok(()) };
        let each = WINDOW / per_minute.get();
        let whole_at = self.whole_at.filter(|at| *at > now).unwrap_or(now) + each;
        if let Some(wait) = whole_at.duration_since(now).checked_sub(WINDOW).filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        self.whole_at = Some(whole_at);
        Ok(())
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
}
