//! `/v1/refunds`

use crate::{
    polar::{
        call::{Answer, Call, Reply},
        error::PolarError,
        lists,
        objects::{
            Metadata, Resource,
            event::emit,
            order::{Order, OrderStatus},
            referenced,
            refund::Refund,
        },
    },
    storage::{Transaction, ids},
};

const REASONS: [&str; 6] =
    ["duplicate", "fraudulent", "customer_request", "service_disruption", "satisfaction_guarantee", "other"];

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    lists::page::<Refund>(tx, call, |refund| {
        let order = tx.get::<Order>(&refund.order);
        call.filter_allows("id", Some(&refund.id))
            && call.filter_allows("order_id", Some(&refund.order))
            && call.filter_allows("subscription_id", order.as_ref().and_then(|order| order.subscription.as_deref()))
            && call.filter_allows("customer_id", order.as_ref().map(|order| order.customer.as_str()))
    })
}

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let order: Order = referenced(tx, &call.account, "order_id", &call.require("order_id")?)?;
    let reason = call.require("reason")?;
    if !REASONS.contains(&reason.as_str()) {
        return Err(PolarError::field(
            "reason",
            "enum",
            format!("Input should be one of {}", REASONS.join(", ")),
            reason,
        ));
    }
    let given = call.field("amount").ok_or_else(|| PolarError::missing("amount"))?;
    let amount = given.as_i64().filter(|amount| *amount >= 1).ok_or_else(|| {
        PolarError::field("amount", "greater_than_equal", "Input should be greater than or equal to 1", given.clone())
    })?;
    if order.status != OrderStatus::Paid {
        return Err(PolarError::field("order_id", "value_error", "The order is not paid.", order.id));
    }
    if order.refundable() == 0 {
        return Err(PolarError::refunded_already());
    }
    if amount > order.refundable() {
        let message = format!("Refund amount exceeds remaining order balance: {}", order.refundable());
        return Err(PolarError::field("amount", "value_error", message, amount));
    }
    let refund = Refund {
        id: ids::uuid(),
        account: call.account.clone(),
        created: tx.now,
        order: order.id.clone(),
        reason,
        amount,
        metadata: call.metadata("metadata")?.unwrap_or_else(Metadata::new),
    };
    let body = refund.json(tx);
    tx.put(refund);
    let refunded = order.refunded.saturating_add(amount);
    Order { refunded, ..order }.save(tx, &["order.updated", "order.refunded"]);
    emit(tx, &call.account, "refund.created", body.clone());
    Ok(Reply::Made(body))
}
