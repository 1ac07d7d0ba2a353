//! Decides what comes of the rows, a batch at a time, and has those written that an import makes real.

use std::collections::BTreeSet;

use domain::{
    subscription::{BillingInterval, Provider},
    tenant::{
        external_id::ExternalId,
        import::{
            ImportOutcome, ImportState,
            outcome::{FoundPrice, FoundSubscription, ImportConflict, RowStanding, by_subscriptions, counted},
        },
    },
    time::Timestamp,
};
use futures::future::join_all;

use super::{Imports, ServiceError, StoredImport, directory::CustomerDirectory, row::CSV};
use crate::{
    payment::{FetchedSubscription, SubscriptionAnswer, UnsoldItem},
    service::tenant::customer::{find_order_beside, find_standing},
    store::{
        subscription::customers::Customer,
        tenant::{
            import_decisions::{DecisionDetails, RowDecision, RowSubscription, UnsoldRowPrice},
            import_rows::PendingRow,
            imports::Adoption,
        },
    },
};

/// The number of rows in a step.
const BATCH: i64 = 20;
/// How many customers are read at once.
const CONCURRENT: u32 = 4;

/// A row with what the store says about it.
pub(super) struct KnownRow {
    pub(super) row: PendingRow,
    /// `None` without an external id.
    pub(super) external_id: Option<ExternalId>,
    /// `None` without an external id.
    pub(super) standing: Option<RowStanding>,
    /// The customer as it was stored before the subscriptions were read, where the tenant is linked to it.
    pub(super) customer: Option<Customer>,
    /// Another provider at which a checkout of Dues began a live subscription of the tenant. Only for a tenant without a
    /// customer.
    pub(super) order_beside: Option<Provider>,
    /// When the store was read, before the subscriptions were (wall time).
    pub(super) known_at: Timestamp,
}

impl Imports {
    /// Decides the next rows, and writes those that are to be written. Ends the import after the last row.
    pub(super) async fn decide_batch(&self, import: &mut StoredImport, holder: &str) -> Result<bool, ServiceError> {
        let takes_all = import.adopts != Some(Adoption::Selected);
        let mut reader = self.store().read().await?;
        let rows = reader.connection().list_pending_rows(&import.id, import.position, takes_all, BATCH).await?;
        drop(reader);
        let Some(last) = rows.last().map(|row| row.position) else {
            import.state = ImportState::Done;
            if import.adopts == Some(Adoption::All) {
                import.is_dry_run = false;
            }
            let tx = self.store().begin().await?;
            return self.commit_step(tx, import, holder).await;
        };
        let rows = self.known_rows(import, rows).await?;
        let directory = CustomerDirectory::of(self, import.provider)?;
        let answers = read_subscriptions(directory, &rows).await?;
        let mut decisions = Vec::with_capacity(rows.len());
        for (known, answers) in rows.iter().zip(answers) {
            let before = known.row.outcome;
            let decision = self.decide(import, directory, known, answers).await?;
            decisions.push((before, decision));
        }
        let mut tx = self.store().begin().await?;
        for (before, decision) in &decisions {
            tx.connection().update_import_decision(&import.id, decision, import.created_at).await?;
            if let Some(count) = before.and_then(|before| import.counts.get_mut(&before)) {
                *count = count.saturating_sub(1);
            }
            *import.counts.entry(decision.outcome).or_default() += 1;
            import.written += u64::from(decision.applied_at.is_some());
        }
        import.position = last;
        self.commit_step(tx, import, holder).await
    }

    /// Adds to each row what the store says about it.
    async fn known_rows(&self, import: &StoredImport, rows: Vec<PendingRow>) -> Result<Vec<KnownRow>, ServiceError> {
        let known_at = self.wall_now();
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let shared = link.list_shared_ids(&import.id, &rows).await?;
        let mut known = Vec::with_capacity(rows.len());
        for row in rows {
            let Some(text) = &row.external_id else {
                known.push(KnownRow {
                    row,
                    external_id: None,
                    standing: None,
                    customer: None,
                    order_beside: None,
                    known_at,
                });
                continue;
            };
            let external_id = text.parse::<ExternalId>().ok();
            let is_shared = shared.iter().find(|shared| shared.position == row.position);
            let conflict = match (&external_id, is_shared) {
                (None, _) => Some(ImportConflict::InvalidExternalId),
                (_, Some(shared)) if shared.external_id => Some(ImportConflict::SharedExternalId),
                (_, Some(shared)) if shared.customer => Some(ImportConflict::SharedCustomer),
                _ => None,
            };
            let (standing, customer) = match (&external_id, conflict) {
                (_, Some(conflict)) => (RowStanding::Conflict(conflict), None),
                (None, None) => (RowStanding::Conflict(ImportConflict::InvalidExternalId), None),
                (Some(id), None) => find_standing(&mut link, id, (import.provider, row.customer.as_str())).await?,
            };
            let order_beside = match &standing {
                RowStanding::Unlinked(tenant) => find_order_beside(&mut link, tenant, import.provider).await?,
                RowStanding::Free | RowStanding::Linked(_) | RowStanding::Conflict(_) => None,
            };
            known.push(KnownRow { row, external_id, standing: Some(standing), customer, order_beside, known_at });
        }
        Ok(known)
    }

    /// Decides a row and, in a real import, writes it. `answers` is `None` for a customer that the account does not know.
    async fn decide(
        &self,
        import: &StoredImport,
        directory: CustomerDirectory<'_>,
        known: &KnownRow,
        answers: Option<Vec<SubscriptionAnswer>>,
    ) -> Result<RowDecision, ServiceError> {
        let is_listed = answers.is_some();
        let answers = answers.unwrap_or_default();
        let found: Vec<FoundSubscription> = answers.iter().filter_map(found_subscription).collect();
        let (by_subscriptions, best) = by_subscriptions(self.catalog(), &found);
        // A deleted customer has no live subscription. The account's own list has no deleted customers.
        let may_be_deleted = import.source == CSV && by_subscriptions == ImportOutcome::NoSubscription;
        let is_known = is_listed && (!may_be_deleted || directory.is_present(&known.row.customer).await?);
        let has_unreadable = answers.iter().any(|answer| matches!(answer, SubscriptionAnswer::Unreadable(_)));
        let mut decision = RowDecision {
            position: known.row.position,
            outcome: by_subscriptions,
            tenant: None,
            details: best.map(details).unwrap_or_default(),
            applied_at: None,
            subscriptions: counted(&found).into_iter().map(row_subscription).collect(),
        };
        decision.details.detail = detail(by_subscriptions, &found, best, has_unreadable);
        let Some(standing) = known.standing.clone() else {
            decision.outcome = ImportOutcome::NoExternalId;
            decision.details.detail = Some(no_external_id(&import.source));
            return Ok(decision);
        };
        match standing {
            RowStanding::Conflict(conflict) => set_conflict(&mut decision, &conflict, import.provider),
            _ if !is_known => set_conflict(&mut decision, &ImportConflict::UnknownCustomer, import.provider),
            RowStanding::Linked(tenant) => {
                decision.tenant = Some(tenant);
                // An interrupted step may have linked the tenant.
                if let Some(outcome) = known.row.linked_outcome.filter(|_| import.state == ImportState::Writing) {
                    decision.outcome = outcome;
                } else {
                    (decision.outcome, decision.details.detail) = (ImportOutcome::Already, None);
                }
            }
            RowStanding::Unlinked(tenant) => {
                let order = known.order_beside.filter(|_| by_subscriptions != ImportOutcome::NoSubscription);
                if let Some(other) = order {
                    set_conflict(&mut decision, &ImportConflict::OrderElsewhere(other), import.provider);
                } else {
                    decision.tenant = Some(tenant);
                }
            }
            RowStanding::Free => {}
        }
        if import.state == ImportState::Writing && decision.outcome.links_tenant() {
            self.write_row(import, directory, (known, answers), &mut decision).await?;
        }
        Ok(decision)
    }
}

/// Reads the subscriptions of the rows' customers, at a bounded pace. `None` for a customer that the account does not
/// know.
async fn read_subscriptions(
    directory: CustomerDirectory<'_>,
    rows: &[KnownRow],
) -> Result<Vec<Option<Vec<SubscriptionAnswer>>>, ServiceError> {
    let mut all = Vec::with_capacity(rows.len());
    for part in rows.chunks(CONCURRENT as usize) {
        let calls: Vec<_> = part.iter().map(|known| directory.read_subscriptions(&known.row.customer)).collect();
        let (answers, ()) = tokio::join!(join_all(calls), tokio::time::sleep(directory.pace(CONCURRENT)));
        let answers = answers.into_iter().collect::<Result<Vec<_>, _>>()?;
        tokio::time::sleep(directory.pace(further_calls(&answers))).await;
        all.extend(answers);
    }
    Ok(all)
}

/// Returns how many calls the answers took beside one for each customer: two for an overdue subscription, and one for
/// one with items that no plan sells.
fn further_calls(answers: &[Option<Vec<SubscriptionAnswer>>]) -> u32 {
    let calls = |answer: &SubscriptionAnswer| match answer {
        SubscriptionAnswer::Fetched(fetched) => {
            2 * u32::from(fetched.status.is_due()) + u32::from(!fetched.unsold.is_empty())
        }
        SubscriptionAnswer::Unreadable(_) => 0,
    };
    answers.iter().flatten().flatten().map(calls).sum()
}

/// Returns an answer as the rules take it; `None` if it can't be read.
pub(super) fn found_subscription(answer: &SubscriptionAnswer) -> Option<FoundSubscription> {
    let SubscriptionAnswer::Fetched(fetched) = answer else { return None };
    let fetched: &FetchedSubscription = fetched;
    // Where no plan is sold, the first of these items is the one that stands for the plan.
    let further = fetched.details.included_items.iter().skip(usize::from(fetched.bought.is_none()));
    Some(FoundSubscription {
        id: fetched.id.clone(),
        plan: fetched.bought.clone(),
        status: fetched.status,
        started_at: fetched.started_at,
        period_end: fetched.period_end,
        interval: fetched.details.interval,
        seats: fetched.details.seats.unwrap_or(fetched.details.quantity),
        price: fetched.price,
        further: further.filter_map(|item| Some((item.price?, item.every))).collect(),
        unsold: if fetched.bought.is_none() { unsold_prices(&fetched.unsold) } else { Vec::new() },
    })
}

/// Returns each price once.
fn unsold_prices(items: &[UnsoldItem]) -> Vec<FoundPrice> {
    let mut known = BTreeSet::new();
    let prices = items.iter().filter(|unsold| known.insert(unsold.price.as_str()));
    let price = |UnsoldItem { price, item, cycle }: &UnsoldItem| FoundPrice {
        id: price.clone(),
        described: item.of_one_unit().to_string(),
        cycle: *cycle,
    };
    prices.map(price).collect()
}

/// Returns the details of the subscription that decides.
pub(super) fn details(best: &FoundSubscription) -> DecisionDetails {
    let cycle = best.plan.as_ref().map(|(_, cycle)| *cycle);
    DecisionDetails {
        plan: best.plan.as_ref().map(|(plan, _)| plan.clone()),
        cycle,
        interval: best.interval.filter(|interval| cycle.map(BillingInterval::of) != Some(*interval)),
        seats: Some(best.seats),
        price: best.price,
        status: Some(best.status),
        period_end: Some(best.period_end),
        detail: None,
    }
}

fn row_subscription(found: &FoundSubscription) -> RowSubscription {
    let price = |FoundPrice { id, described, cycle }: &FoundPrice| UnsoldRowPrice {
        price: id.clone(),
        described: described.clone(),
        cycle: cycle.unwrap_or_else(|| found.nearest_cycle()),
    };
    let unsold = found.unsold.iter().map(price).collect();
    RowSubscription { id: found.id.clone(), yearly: found.yearly(), unsold }
}

pub(super) fn set_conflict(decision: &mut RowDecision, conflict: &ImportConflict, provider: Provider) {
    decision.outcome = ImportOutcome::Conflict;
    decision.details.detail = Some(conflict.sentence(provider));
}

/// Returns what an operator should know about a row that is imported.
fn detail(
    outcome: ImportOutcome,
    found: &[FoundSubscription],
    best: Option<&FoundSubscription>,
    has_unreadable: bool,
) -> Option<String> {
    match outcome {
        ImportOutcome::SeveralSubscriptions => {
            let live = counted(found).len();
            Some(format!("It has {live} live subscriptions. The best plan counts, and Dues ends none of them."))
        }
        ImportOutcome::UnmappedPrice => {
            let prices = best.into_iter().flat_map(|best| &best.unsold).map(|price| price.described.as_str());
            let described = prices.collect::<Vec<_>>().join(" or ");
            let described = if described.is_empty() { "its price" } else { described.as_str() };
            Some(format!("No plan sells {described}. Map the price in the catalog; the next sync then finds the plan."))
        }
        ImportOutcome::NoSubscription if has_unreadable => {
            Some("A subscription can't be read, and counts for nothing. Look at it at the provider.".to_owned())
        }
        _ => None,
    }
}

fn no_external_id(source: &str) -> String {
    match source {
        CSV => "The row has no external id. Add it, or leave the row out.".to_owned(),
        source => format!("The customer has no {source}. Add it at the provider, or import the customer from a CSV."),
    }
}
