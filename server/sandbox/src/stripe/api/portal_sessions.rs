//! `/v1/billing_portal/sessions`

use super::{customers, portal_configurations, web_url};
use crate::{
    storage::{Transaction, ids},
    stripe::{
        billing::schedule,
        call::{Answer, Call},
        error::StripeError,
        objects::{
            Resource,
            portal_configuration::PortalConfiguration,
            portal_session::{AfterCompletion, Flow, FlowKind, PortalSession},
            price::Price,
            referenced,
            subscription::Subscription,
        },
        params::Params,
    },
};

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let customer = customers::referenced_customer(tx, &params.require("customer")?)?;
    let configuration = match params.text("configuration")? {
        Some(id) => PortalConfiguration::clone(&*referenced::<PortalConfiguration>(tx, &id, "configuration")?),
        None => portal_configurations::default(tx),
    };
    if !configuration.active {
        return Err(StripeError::bad("configuration", "The portal configuration is not active."));
    }
    let return_url = params.text("return_url")?.map(|url| web_url("return_url", url)).transpose()?;
    let flow = params.group("flow_data")?.map(|data| flow(tx, &data, &customer.id, &configuration)).transpose()?;
    let session = PortalSession {
        id: ids::new("bps"),
        created: tx.now,
        customer: customer.id,
        return_url: return_url.or_else(|| configuration.default_return_url.clone()),
        configuration: configuration.id,
        locale: params.text("locale")?,
        flow,
        flow_done: false,
        page: ids::secret("test"),
    };
    params.accept(&["on_behalf_of"]);
    params.finish()?;
    let object = session.json(tx);
    tx.put(session);
    Ok(object.into())
}

fn flow(tx: &Transaction<'_>, params: &Params, customer: &str, of: &PortalConfiguration) -> Result<Flow, StripeError> {
    let kind = params.require("type")?;
    let features = &of.features;
    let disabled = |what: &str| {
        StripeError::bad(
            "flow_data[type]",
            format!("This flow cannot be used because {what} is disabled in the portal configuration {}.", of.id),
        )
    };
    let kind = match kind.as_str() {
        "payment_method_update" if !features.payment_method_update => return Err(disabled("updating payment methods")),
        "payment_method_update" => FlowKind::PaymentMethodUpdate,
        "subscription_cancel" if !features.cancel.enabled => return Err(disabled("canceling subscriptions")),
        "subscription_cancel" => {
            let about = about(params, "subscription_cancel")?;
            about.accept(&["retention"]);
            FlowKind::SubscriptionCancel { subscription: live_subscription(tx, &about, customer)?.id }
        }
        "subscription_update" | "subscription_update_confirm" if !features.update.enabled => {
            return Err(disabled("updating subscriptions"));
        }
        "subscription_update" => {
            let about = about(params, "subscription_update")?;
            FlowKind::SubscriptionUpdate { subscription: live_subscription(tx, &about, customer)?.id }
        }
        "subscription_update_confirm" => {
            update_confirm(tx, &about(params, "subscription_update_confirm")?, customer, of)?
        }
        _ => {
            return Err(StripeError::bad(
                "flow_data[type]",
                "Invalid flow_data[type]: must be one of payment_method_update, subscription_cancel, subscription_update, or subscription_update_confirm",
            ));
        }
    };
    let after = params.group("after_completion")?.map(|after| after_completion(&after)).transpose()?;
    Ok(Flow { kind, after: after.unwrap_or(AfterCompletion::PortalHomepage) })
}

fn about(params: &Params, name: &str) -> Result<Params, StripeError> {
    params.group(name)?.ok_or_else(|| StripeError::missing(&params.path_of(name)))
}

fn live_subscription(tx: &Transaction<'_>, about: &Params, customer: &str) -> Result<Subscription, StripeError> {
    let param = about.path_of("subscription");
    let subscription = referenced::<Subscription>(tx, &about.require("subscription")?, &param)?;
    if subscription.customer != customer {
        return Err(StripeError::bad(&param, "The subscription does not belong to the customer."));
    }
    if !subscription.status.is_live() {
        return Err(StripeError::bad(
            &param,
            format!("The subscription cannot be changed because its status is {}.", subscription.status.as_str()),
        ));
    }
    if schedule::pending_phase(tx, &subscription).is_some() {
        return Err(StripeError::bad(&param, "The subscription cannot be changed because it has an update scheduled."));
    }
    Ok(Subscription::clone(&subscription))
}

fn update_confirm(
    tx: &Transaction<'_>,
    about: &Params,
    customer: &str,
    of: &PortalConfiguration,
) -> Result<FlowKind, StripeError> {
    let subscription = live_subscription(tx, about, customer)?;
    let items = about.groups("items")?.unwrap_or_default();
    let [item] = items.as_slice() else {
        return Err(StripeError::bad(&about.path_of("items"), "Exactly one item must be given."));
    };
    let id = item.require("id")?;
    let Some(current) = subscription.items.iter().find(|item| item.id == id) else {
        return Err(StripeError::no_such("subscription item", &id, &item.path_of("id")));
    };
    let price = item.text("price")?.unwrap_or_else(|| current.price.clone());
    referenced::<Price>(tx, &price, &item.path_of("price"))?;
    if price != current.price && !of.allows_price(&price) {
        return Err(StripeError::bad(
            &item.path_of("price"),
            format!(
                "The price {price} is not included in the portal configuration {}: add it to `features[subscription_update][products]`.",
                of.id
            ),
        ));
    }
    let quantity = match item.int("quantity")? {
        None => current.quantity,
        Some(quantity) => u64::try_from(quantity)
            .ok()
            .filter(|quantity| (1..=1_000_000).contains(quantity))
            .ok_or_else(|| StripeError::bad(&item.path_of("quantity"), "Invalid quantity."))?,
    };
    if price == current.price && quantity == current.quantity {
        return Err(StripeError::bad(
            &about.path_of("items"),
            "The subscription is on this price and quantity already: there is nothing to confirm.",
        ));
    }
    about.accept(&["discounts"]);
    Ok(FlowKind::SubscriptionUpdateConfirm { subscription: subscription.id, item: id, price, quantity })
}

fn after_completion(params: &Params) -> Result<AfterCompletion, StripeError> {
    match params.require("type")?.as_str() {
        "portal_homepage" => Ok(AfterCompletion::PortalHomepage),
        "redirect" => {
            let redirect = about(params, "redirect")?;
            let return_url = web_url(&redirect.path_of("return_url"), redirect.require("return_url")?)?;
            Ok(AfterCompletion::Redirect { return_url })
        }
        "hosted_confirmation" => {
            let confirmation = params.group("hosted_confirmation")?;
            let message = confirmation.map(|confirmation| confirmation.text("custom_message")).transpose()?.flatten();
            Ok(AfterCompletion::HostedConfirmation { message })
        }
        _ => Err(StripeError::bad(
            &params.path_of("type"),
            "Invalid flow_data[after_completion][type]: must be one of hosted_confirmation, portal_homepage, or redirect",
        )),
    }
}
