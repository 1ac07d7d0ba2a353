//! Fetches the subscriptions of a customer, with a bound on the reads of single ones.

use domain::subscription::Provider;

use super::{payment::FetchedPayment, state::RecentlyUnknown};
use crate::{
    payment::{PaymentProvider, ProviderError, SubscriptionAnswer, account::CustomerState},
    service::{ServiceError, Subscriptions},
    store::subscription::{customers::Customer, unknown_objects::ObjectKind},
};

/// Maximum number of subscriptions that one fetch reads by their ids.
const MAX_READS: usize = 20;
/// A subscription that the provider did not know is read again after this time, or after the reconciliation's interval
/// if that is shorter.
const READ_AGAIN_SECS: i64 = 60;

/// The state of a customer's subscriptions at the provider.
#[derive(Default)]
pub(super) struct FetchedState {
    pub(super) answers: Vec<SubscriptionAnswer>,
    /// The invoice of a payment that the answers show without one.
    pub(super) payment: Option<FetchedPayment>,
    /// Subscriptions that are stored as live and whose customer the provider reports as deleted: they ended with their
    /// customer.
    pub(super) ended: Vec<String>,
    /// Objects that were seen before and that the provider does not know now. Their stored state stays.
    pub(super) unknown: Vec<(ObjectKind, String)>,
    /// Subscriptions that are stored as live, each with the other customer to which the provider assigns it.
    pub(super) foreign: Vec<(String, String)>,
}

impl Subscriptions {
    /// Fetches all subscriptions of a customer: lists them, and reads by id each subscription that is stored as live
    /// and not listed. Skips a subscription that was unknown a moment ago, and all after [`MAX_READS`] reads. A skipped
    /// subscription keeps its stored state.
    ///
    /// A subscription that the provider does not know counts as ended only if the provider reports its customer as
    /// deleted.
    pub(super) async fn fetch_subscriptions(
        &self,
        provider: &dyn PaymentProvider,
        name: Provider,
        customer: &Customer,
        recent: &mut RecentlyUnknown,
    ) -> Result<FetchedState, ServiceError> {
        let failed = |error| ServiceError::from_provider(name.title(), error);
        let listed = match provider.list_subscriptions(&customer.external_id).await {
            Ok(listed) => Some(listed),
            Err(ProviderError::UnknownCustomer(_)) => None,
            Err(error) => return Err(failed(error)),
        };
        let is_listed = listed.is_some();
        let mut fetched = FetchedState { answers: listed.unwrap_or_default(), ..FetchedState::default() };
        let known = self.store().read().await?.connection().list_subscriptions(&customer.tenant).await?;
        let live = known.into_iter().filter(|stored| stored.provider == name && stored.status.is_live());
        let mut missing: Vec<_> =
            live.filter(|stored| fetched.answers.iter().all(|answer| answer.id() != stored.external_id)).collect();
        if is_listed && missing.is_empty() {
            return Ok(fetched);
        }
        let state = provider.fetch_customer(&customer.external_id).await.map_err(failed)?;
        if state == CustomerState::Unknown {
            fetched.unknown.push((ObjectKind::Customer, customer.external_id.clone()));
        }
        let noted = self.store().read().await?.connection().list_unknown(&customer.tenant).await?;
        let is_noted = |id: &str| {
            let mut noted =
                noted.iter().filter(|noted| noted.provider == name && noted.kind == ObjectKind::Subscription);
            noted.any(|noted| noted.external_id == id)
        };
        // Read subscriptions without a note first: those that are unknown get a note, so the next fetch reads others.
        missing.sort_by_key(|stored| is_noted(&stored.external_id));
        let now = self.wall_now();
        let again_secs =
            self.settings().reconcile_every_secs.map_or(READ_AGAIN_SECS, |every| every.min(READ_AGAIN_SECS));
        recent.retain_since(now.plus_secs(-again_secs));
        let mut reads_left = MAX_READS;
        for stored in missing {
            let id = stored.external_id;
            // If the customer is deleted, read a subscription even if it was unknown a moment ago: one that is still
            // unknown has ended.
            let is_recent = state != CustomerState::Deleted && recent.contains(name, &id);
            if is_recent || reads_left == 0 {
                if is_recent || is_noted(&id) {
                    fetched.unknown.push((ObjectKind::Subscription, id));
                }
                continue;
            }
            reads_left -= 1;
            match provider.fetch_subscription(&id).await.map_err(failed)? {
                Some(answer) => match answer.customer() {
                    Some(of) if of != customer.external_id => {
                        let (tenant, provider) = (&customer.tenant, name.as_str());
                        tracing::error!(%tenant, provider, found_customer = of, subscription = id, "found a subscription of another customer");
                        fetched.foreign.push((id, of.to_owned()));
                    }
                    _ => fetched.answers.push(answer),
                },
                None if state == CustomerState::Deleted => fetched.ended.push(id),
                None => {
                    recent.insert(name, &id, now);
                    fetched.unknown.push((ObjectKind::Subscription, id));
                }
            }
        }
        if !fetched.foreign.is_empty() {
            self.providers().check_account(name).await.map_err(failed)?;
        }
        Ok(fetched)
    }
}
