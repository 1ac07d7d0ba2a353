//! Which subscriptions checkouts of Dues created.

use domain::{
    ids::{CheckoutAttemptId, TenantId},
    subscription::{Provider, Subscription},
    time::Timestamp,
};

use crate::{
    payment::{FetchedSubscription, SubscriptionAnswer},
    store::{StoreResult, Tx, subscription::checkout_attempts::AttemptOutcome},
};

/// A fetched subscription that names a checkout.
struct Claim {
    subscription: String,
    attempt: Option<CheckoutAttemptId>,
    session: Option<String>,
    started_at: Timestamp,
}

impl Claim {
    fn of(answer: &SubscriptionAnswer) -> Option<Self> {
        let SubscriptionAnswer::Fetched(fetched) = answer else { return None };
        let FetchedSubscription { id, attempt, checkout, started_at, .. } = &**fetched;
        (attempt.is_some() || checkout.is_some()).then(|| Self {
            subscription: id.clone(),
            attempt: attempt.clone(),
            session: checkout.clone(),
            started_at: *started_at,
        })
    }

    /// Whether the subscription names this attempt, by its session or in its metadata.
    fn names(&self, outcome: &AttemptOutcome) -> bool {
        let is_session = self.session.is_some() && self.session == outcome.session;
        is_session || self.attempt.as_ref() == Some(&outcome.attempt)
    }
}

/// Which of the fetched subscriptions a tenant's checkout attempts created.
///
/// The metadata that names an attempt is not enough: a person who copies a subscription copies it, too. An attempt has
/// one subscription, the one that the provider named with the session. Where that is not known yet, it is the first to
/// start of those that name the attempt: a copy is younger.
pub(super) struct BegunByDues {
    /// Each subscription that names an attempt of the tenant, and whether the attempt created it.
    decided: Vec<(String, bool)>,
}

impl BegunByDues {
    /// Compares the answers with the tenant's attempts at the provider. Reads nothing if no answer names a checkout.
    pub(super) async fn read(
        tx: &mut Tx,
        tenant: &TenantId,
        provider: Provider,
        answers: &[SubscriptionAnswer],
    ) -> StoreResult<Self> {
        let claims: Vec<_> = answers.iter().filter_map(Claim::of).collect();
        if claims.is_empty() {
            return Ok(Self { decided: Vec::new() });
        }
        let mut outcomes = tx.connection().list_attempt_outcomes(tenant).await?;
        outcomes.retain(|outcome| outcome.provider == provider);
        Ok(Self::decide(&claims, &outcomes))
    }

    fn decide(claims: &[Claim], outcomes: &[AttemptOutcome]) -> Self {
        let mut decided: Vec<(String, bool)> = Vec::new();
        for outcome in outcomes {
            let naming = || claims.iter().filter(move |claim| claim.names(outcome));
            let first = || naming().min_by_key(|claim| (claim.started_at, &claim.subscription));
            let created = outcome.subscription.clone().or_else(|| first().map(|claim| claim.subscription.clone()));
            for claim in naming() {
                let is_begun = created.as_deref() == Some(&*claim.subscription);
                match decided.iter_mut().find(|(id, _)| *id == claim.subscription) {
                    Some((_, known)) => *known |= is_begun,
                    None => decided.push((claim.subscription.clone(), is_begun)),
                }
            }
        }
        Self { decided }
    }

    /// Whether a checkout of Dues created the subscription. If it names no attempt that is stored, what was known
    /// before still holds.
    pub(super) fn is_begun(&self, subscription: &str, before: Option<&Subscription>) -> bool {
        let decided = self.decided.iter().find(|(id, _)| id == subscription).map(|(_, is_begun)| *is_begun);
        decided.unwrap_or_else(|| before.is_some_and(|before| before.details.begun_by_dues))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(subscription: &str, attempt: Option<&str>, session: Option<&str>, started_secs: i64) -> Claim {
        Claim {
            subscription: subscription.to_owned(),
            attempt: attempt.map(|attempt| attempt.parse().unwrap()),
            session: session.map(ToOwned::to_owned),
            started_at: Timestamp::from_secs(started_secs),
        }
    }

    fn outcome(attempt: &str, session: Option<&str>, subscription: Option<&str>) -> AttemptOutcome {
        AttemptOutcome {
            attempt: attempt.parse().unwrap(),
            provider: Provider::Stripe,
            session: session.map(ToOwned::to_owned),
            subscription: subscription.map(ToOwned::to_owned),
        }
    }

    fn begun(claims: &[Claim], outcomes: &[AttemptOutcome]) -> Vec<String> {
        let found = BegunByDues::decide(claims, outcomes);
        let is_begun = |claim: &&Claim| found.is_begun(&claim.subscription, None);
        claims.iter().filter(is_begun).map(|claim| claim.subscription.clone()).collect()
    }

    #[test]
    fn a_subscription_that_names_an_attempt_of_the_tenant_is_begun_by_dues() {
        let claims = [claim("sub_1", Some("a"), None, 0), claim("sub_2", Some("unknown"), None, 0)];
        assert_eq!(begun(&claims, &[outcome("a", None, None)]), ["sub_1"]);
        assert_eq!(begun(&claims, &[]), [""; 0]);
    }

    #[test]
    fn a_session_of_the_tenant_is_enough() {
        let claims = [claim("sub_1", None, Some("co_1"), 0), claim("sub_2", None, Some("co_2"), 0)];
        assert_eq!(begun(&claims, &[outcome("a", Some("co_1"), None), outcome("b", None, None)]), ["sub_1"]);
    }

    #[test]
    fn a_copy_is_not_begun_by_dues() {
        let claims = [claim("sub_copy", Some("a"), None, 60), claim("sub_1", Some("a"), None, 0)];
        assert_eq!(begun(&claims, &[outcome("a", None, None)]), ["sub_1"]);
        // The provider named the subscription of the session.
        assert_eq!(begun(&claims, &[outcome("a", None, Some("sub_copy"))]), ["sub_copy"]);
        assert_eq!(begun(&claims, &[outcome("a", None, Some("sub_9"))]), [""; 0]);
    }

    #[test]
    fn what_was_known_holds_without_the_attempt() {
        let found = BegunByDues::decide(&[], &[]);
        let mut before =
            Subscription::sample("sub_1", "pro", domain::subscription::ProviderStatus::Active, Timestamp::from_secs(0));
        assert!(!found.is_begun("sub_1", Some(&before)));
        before.details.begun_by_dues = true;
        assert!(found.is_begun("sub_1", Some(&before)));
    }
}
