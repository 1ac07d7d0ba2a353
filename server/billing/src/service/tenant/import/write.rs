//! Writes a row: makes its tenant, links it to the customer, and stores the customer's subscriptions.

use domain::{
    subscription::Provider,
    tenant::{
        external_id::ExternalId,
        import::{
            ImportOutcome,
            outcome::{ImportConflict, RowStanding},
        },
    },
    time::Timestamp,
};

use super::{
    Imports, ServiceError, StoredImport, actor,
    decide::{KnownRow, set_conflict},
    directory::CustomerDirectory,
    row,
};
use crate::{
    payment::SubscriptionAnswer,
    service::tenant::customer::{find_order_beside, find_standing, lock_customer_links},
    store::{
        subscription::customers::Customer,
        tenant::{import_decisions::RowDecision, import_rows::PendingRow},
    },
};

/// Maximum number of attempts to make a tenant while other calls make the same one.
const MAX_TRIES: usize = 5;
/// By how much the clocks of nodes may differ: each stores the events that it receives with its own time.
const CLOCK_SKEW_SECS: i64 = 60;

impl Imports {
    /// Writes a row whose outcome links a tenant. If the store has changed since the outcome was decided, the decision
    /// changes with it.
    ///
    /// The tenant is made and linked in one transaction, which notes the outcome with the row. The subscriptions follow
    /// in another: if the process ends between the two, the repeated step stores them.
    pub(super) async fn write_row(
        &self,
        import: &StoredImport,
        directory: CustomerDirectory<'_>,
        (known, answers): (&KnownRow, Vec<SubscriptionAnswer>),
        decision: &mut RowDecision,
    ) -> Result<(), ServiceError> {
        let KnownRow { row, external_id, standing: _, customer, order_beside: _, known_at } = known;
        let external_id = external_id.as_ref().ok_or(ServiceError::Internal("a row without an external id"))?;
        let (customer, answers) = match customer {
            Some(customer) => (customer.clone(), answers),
            None => match self.link_row(import, row, external_id, decision.outcome).await? {
                Ok(customer) => {
                    let since = known_at.plus_secs(-CLOCK_SKEW_SECS);
                    let newer = self
                        .read_after_missed_events(directory, (import.provider, row.customer.as_str()), since)
                        .await?;
                    (customer, newer.unwrap_or(answers))
                }
                Err(RowStanding::Conflict(conflict)) => {
                    set_conflict(decision, &conflict, import.provider);
                    return Ok(());
                }
                Err(RowStanding::Linked(tenant)) => {
                    decision.tenant = Some(tenant);
                    (decision.outcome, decision.details.detail) = (ImportOutcome::Already, None);
                    return Ok(());
                }
                Err(RowStanding::Free | RowStanding::Unlinked(_)) => {
                    set_conflict(decision, &ImportConflict::SharedExternalId, import.provider);
                    return Ok(());
                }
            },
        };
        self.subscriptions().write_answers(import.provider, &customer, answers).await?;
        decision.tenant = Some(customer.tenant);
        decision.applied_at = Some(self.wall_now());
        Ok(())
    }

    /// Reads the subscriptions of a customer that was linked just now, if an event about them may have been ignored since
    /// `since`; `None` if there is no such event.
    ///
    /// An event that arrives between the read of the subscriptions and the link finds no tenant, and is ignored. It is
    /// stored before the link is. Events that arrive later find the tenant.
    async fn read_after_missed_events(
        &self,
        directory: CustomerDirectory<'_>,
        (provider, customer): (Provider, &str),
        since: Timestamp,
    ) -> Result<Option<Vec<SubscriptionAnswer>>, ServiceError> {
        let may_be_missed = self.store().read().await?.connection().has_ignored_events_since(provider, since).await?;
        if !may_be_missed {
            return Ok(None);
        }
        let (answers, ()) = tokio::join!(directory.read_subscriptions(customer), tokio::time::sleep(directory.pace(1)));
        answers
    }

    /// Makes the row's tenant, unless it exists, and links it. `Err` is what the store says by now, if that forbids it.
    async fn link_row(
        &self,
        import: &StoredImport,
        row: &PendingRow,
        external_id: &ExternalId,
        outcome: ImportOutcome,
    ) -> Result<Result<Customer, RowStanding>, ServiceError> {
        let tenants = self.tenants();
        let at_provider = (import.provider, row.customer.as_str());
        for _ in 0..MAX_TRIES {
            let mut tx = self.store().begin().await?;
            lock_customer_links(&mut tx).await?;
            let (standing, _) = find_standing(&mut tx.connection(), external_id, at_provider).await?;
            let tenant = match standing {
                RowStanding::Free => {
                    let made = tenants.make_named(&mut tx, actor(import), external_id, row::profile(row)).await?;
                    // Another call has made the tenant: the next try finds it.
                    let Some(made) = made else { continue };
                    made.id
                }
                RowStanding::Unlinked(tenant) => {
                    let order = find_order_beside(&mut tx.connection(), &tenant, import.provider).await?;
                    if let Some(other) = order.filter(|_| outcome != ImportOutcome::NoSubscription) {
                        return Ok(Err(RowStanding::Conflict(ImportConflict::OrderElsewhere(other))));
                    }
                    tenant
                }
                standing => return Ok(Err(standing)),
            };
            let customer = match tenants.link_customer(&mut tx, actor(import), &tenant, at_provider).await {
                Ok(customer) => customer,
                // A checkout has stored a customer meanwhile: the next try finds it.
                Err(ServiceError::CustomerTaken | ServiceError::Conflict(_)) => {
                    tx.rollback().await?;
                    continue;
                }
                Err(error) => return Err(error),
            };
            tx.connection().mark_import_row_linked(&import.id, row.position, &tenant, outcome).await?;
            tx.commit().await?;
            return Ok(Ok(customer));
        }
        Err(ServiceError::Conflict("The tenant is being changed by other requests."))
    }
}
