//! `/v1/subscription_items`

use serde_json::json;

use super::subscriptions::{new_item, proration_date, read_item};
use crate::{
    storage::Transaction,
    stripe::{
        billing::change,
        call::{Answer, Call},
        error::StripeError,
        json_parts::whole_list,
        objects::{
            find, referenced,
            subscription::{Item, PaymentBehavior, ProrationBehavior, Subscription},
        },
        params::Params,
    },
};

const WHAT: &str = "subscription item";
/// Stripe's parameters that are accepted and ignored.
const WITHOUT_EFFECT: [&str; 3] = ["billing_thresholds", "off_session", "tax_rates"];

/// Lists a subscription's items. They always fit on one page.
pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let id = call.params.require("subscription")?;
    let of = referenced::<Subscription>(tx, &id, "subscription")?;
    call.params.accept(&["limit", "starting_after", "ending_before"]);
    call.params.finish()?;
    let items = of.items.iter().map(|item| item.json(tx, &of)).collect();
    Ok(whole_list(items, "/v1/subscription_items".to_owned()).into())
}

pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let of = find_subscription(tx, &call.id)?;
    item_response(tx, &of.id, &call.id)
}

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let of = Subscription::clone(&*referenced::<Subscription>(tx, &params.require("subscription")?, "subscription")?);
    let item = new_item(tx, params)?;
    let id = item.id.clone();
    let mut items = of.items.clone();
    items.push(item);
    change_items(tx, params, &of, items)?;
    item_response(tx, &of.id, &id)
}

pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let of = find_subscription(tx, &call.id)?;
    let mut items = of.items.clone();
    for item in items.iter_mut().filter(|item| item.id == call.id) {
        read_item(tx, params, item)?;
    }
    change_items(tx, params, &of, items)?;
    item_response(tx, &of.id, &call.id)
}

pub(crate) fn delete(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let of = find_subscription(tx, &call.id)?;
    let mut items = of.items.clone();
    items.retain(|item| item.id != call.id);
    if items.is_empty() {
        return Err(StripeError::refused(
            "A subscription must have at least one active plan. To cancel a subscription, please use the cancel API endpoint on /v1/subscriptions.",
        ));
    }
    params.accept(&["clear_usage"]);
    change_items(tx, params, &of, items)?;
    Ok(json!({ "id": call.id, "object": "subscription_item", "deleted": true }).into())
}

/// The subscription that has the item.
fn find_subscription(tx: &Transaction<'_>, id: &str) -> Result<Subscription, StripeError> {
    let found = tx.all::<Subscription>().find(|of| of.items.iter().any(|item| item.id == id));
    found.map(|of| Subscription::clone(of)).ok_or_else(|| StripeError::not_found(WHAT, id))
}

fn change_items(
    tx: &mut Transaction<'_>,
    params: &Params,
    of: &Subscription,
    items: Vec<Item>,
) -> Result<(), StripeError> {
    let behavior = params.choice("proration_behavior", &ProrationBehavior::CHOICES)?;
    let payment_behavior = params.choice("payment_behavior", &PaymentBehavior::CHOICES)?.unwrap_or_default();
    let at = proration_date(params, tx.now, of.period)?;
    params.accept(&WITHOUT_EFFECT);
    params.finish()?;
    if of.status.is_over() {
        return Err(StripeError::refused("A canceled subscription can not be changed."));
    }
    let behavior = behavior.unwrap_or(ProrationBehavior::CreateProrations);
    let change = change::plan(tx, of, items, None, behavior, at)?;
    change::make(tx, of, change, payment_behavior)
}

fn item_response(tx: &Transaction<'_>, of: &str, id: &str) -> Answer {
    let of = find::<Subscription>(tx, of)?;
    let item = of.items.iter().find(|item| item.id == id).ok_or_else(|| StripeError::not_found(WHAT, id))?;
    Ok(item.json(tx, &of).into())
}
