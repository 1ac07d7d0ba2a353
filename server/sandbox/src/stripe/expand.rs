//! `expand[]` ("Expanding responses" in Stripe's API reference): replaces ids along a path with their objects.

use serde_json::{Value, json};

use super::{
    error::StripeError,
    objects::{
        Resource,
        checkout_session::CheckoutSession,
        coupon::{Coupon, Discount},
        customer::Customer,
        invoice::Invoice,
        payment_intent::{PaymentIntent, charge_json},
        payment_method::PaymentMethod,
        portal_configuration::PortalConfiguration,
        price::Price,
        product::Product,
        promotion_code::PromotionCode,
        subscription::Subscription,
        subscription_schedule::SubscriptionSchedule,
    },
};
use crate::{storage::Transaction, stripe::json_parts::whole_list};

const MAX_DEPTH: usize = 4;

/// Expands one path within `value`, such as `data.latest_invoice.payments`.
pub(crate) fn expand_path(tx: &Transaction<'_>, value: &mut Value, path: &str) -> Result<(), StripeError> {
    let steps: Vec<&str> = path.split('.').collect();
    let depth = steps.len() - usize::from(steps.first() == Some(&"data"));
    if depth > MAX_DEPTH {
        return Err(StripeError::bad(
            "expand",
            format!("You cannot expand more than {MAX_DEPTH} levels of a property."),
        ));
    }
    step(tx, value, &steps, path)
}

fn step(tx: &Transaction<'_>, value: &mut Value, steps: &[&str], path: &str) -> Result<(), StripeError> {
    let Some((name, rest)) = steps.split_first() else { return Ok(()) };
    if let Value::Array(all) = value {
        return all.iter_mut().try_for_each(|one| step(tx, one, steps, path));
    }
    if steps == ["features", "subscription_update", "products"]
        && let Some(configuration) = tx.get::<PortalConfiguration>(value["id"].as_str().unwrap_or_default())
        && let Some(update) = value.pointer_mut("/features/subscription_update")
    {
        update["products"] = configuration.products_json();
        return Ok(());
    }
    if steps == ["restrictions", "currency_options"]
        && let Some(code) = tx.get::<PromotionCode>(value["id"].as_str().unwrap_or_default())
        && let Some(restrictions) = value.get_mut("restrictions")
    {
        restrictions["currency_options"] = code.currency_options_json();
        return Ok(());
    }
    // A price has tiers only if its billing scheme says so.
    if *name == "tiers" && value["object"] == "price" && value["billing_scheme"] != "tiered" {
        return Ok(());
    }
    if value.get(*name).is_none_or(Value::is_null)
        && let Some(hidden) = expandable_field(tx, value, name)
    {
        value[*name] = hidden;
    }
    let refused = || {
        StripeError::bad(
            "expand",
            format!("This property cannot be expanded ({name}). You may want to try expanding '{path}' elsewhere."),
        )
    };
    let is_deleted = value.get("deleted").is_some();
    let parent = value["id"].as_str().unwrap_or_default().to_owned();
    match value.get_mut(*name) {
        None if is_deleted => Ok(()),
        None => Err(refused()),
        Some(Value::Null) => Ok(()),
        Some(found) => {
            if let Some(id) = found.as_str() {
                *found = by_id(tx, name, id, &parent).ok_or_else(refused)?;
            } else if let Some(ids) = found.as_array_mut().filter(|all| all.iter().all(Value::is_string)) {
                for id in ids {
                    *id = by_id(tx, name, id.as_str().unwrap_or_default(), &parent).ok_or_else(refused)?;
                }
            } else if rest.is_empty() && !found.is_object() && !found.is_array() {
                return Err(refused());
            }
            step(tx, found, rest, path)
        }
    }
}

/// The value of a field that a response includes only if expanded. `None` if `of` has no such field.
fn expandable_field(tx: &Transaction<'_>, of: &Value, name: &str) -> Option<Value> {
    let id = of["id"].as_str().unwrap_or_default();
    match (of["object"].as_str(), name) {
        (Some("checkout.session"), "line_items") => Some(tx.get::<CheckoutSession>(id)?.line_items_json(tx)),
        (Some("invoice"), "payments") => Some(tx.get::<Invoice>(id)?.payments_json(tx)),
        (Some("customer"), "subscriptions") => {
            let live = tx.owned::<Subscription>(id).rev().filter(|subscription| subscription.status.is_live());
            Some(whole_list(
                live.map(|subscription| subscription.json(tx)).collect(),
                format!("/v1/customers/{id}/subscriptions"),
            ))
        }
        (Some("price"), "tiers") => tx.get::<Price>(id)?.tiers_json(),
        (Some("price"), "currency_options") => Some(tx.get::<Price>(id)?.currency_options_json()),
        (Some("coupon"), "currency_options") => Some(tx.get::<Coupon>(id)?.currency_options_json()),
        (Some("coupon"), "applies_to") => Some(json!({ "products": tx.get::<Coupon>(id)?.products })),
        (Some("customer"), "tax_ids") => Some(tx.get::<Customer>(id)?.tax_ids_json()),
        (Some("customer"), "sources") => Some(whole_list(Vec::new(), format!("/v1/customers/{id}/sources"))),
        _ => None,
    }
}

/// The discount with this id. It is looked up in the object that contains it first.
fn discount(tx: &Transaction<'_>, id: &str, parent: &str) -> Option<Value> {
    let is_it = |discount: &&Discount| discount.id == id;
    let of_parent = || match parent.split_once('_')?.0 {
        "sub" => tx.get::<Subscription>(parent)?.discounts.iter().find(is_it).map(Discount::json),
        "in" => tx.get::<Invoice>(parent)?.redeemed.iter().find(is_it).map(Discount::json),
        _ => None,
    };
    of_parent().or_else(|| any_discount(tx, id))
}

fn any_discount(tx: &Transaction<'_>, id: &str) -> Option<Value> {
    let of_subscriptions = tx.all::<Subscription>().flat_map(|subscription| &subscription.discounts);
    let of_customers = tx.all::<Customer>().filter_map(|customer| customer.discount.as_ref());
    let of_invoices = tx.all::<Invoice>().flat_map(|invoice| &invoice.redeemed);
    of_subscriptions.chain(of_customers).chain(of_invoices).find(|discount| discount.id == id).map(Discount::json)
}

fn by_id(tx: &Transaction<'_>, name: &str, id: &str, parent: &str) -> Option<Value> {
    // Merchants choose the ids of products and coupons, so the prefix of the id does not identify the kind.
    match name {
        "product" => return tx.get::<Product>(id).map(|product| product.json(tx)),
        // A discount may outlive its coupon.
        "coupon" => return Some(tx.get::<Coupon>(id).map_or_else(|| id.into(), |coupon| coupon.json(tx))),
        _ => {}
    }
    let (prefix, _) = id.split_once('_')?;
    match prefix {
        "cus" => tx.get::<Customer>(id).map(|customer| customer.json(tx)),
        "price" => tx.get::<Price>(id).map(|price| price.json(tx)),
        "pm" => tx.get::<PaymentMethod>(id).map(|method| method.json(tx)),
        "pi" => tx.get::<PaymentIntent>(id).map(|intent| intent.json(tx)),
        "ch" => charge_json(tx, id),
        "in" => tx.get::<Invoice>(id).map(|invoice| invoice.json(tx)),
        "sub" if name == "schedule" => tx.get::<SubscriptionSchedule>(id).map(|schedule| schedule.json(tx)),
        "sub" => tx.get::<Subscription>(id).map(|subscription| subscription.json(tx)),
        "cs" => tx.get::<CheckoutSession>(id).map(|session| session.json(tx)),
        "di" => discount(tx, id, parent),
        "promo" => tx.get::<PromotionCode>(id).map(|code| code.json(tx)),
        "bpc" => tx.get::<PortalConfiguration>(id).map(|configuration| configuration.json(tx)),
        _ => None,
    }
}
