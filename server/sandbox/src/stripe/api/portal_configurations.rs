//! `/v1/billing_portal/configurations`

use super::web_url;
use crate::{
    storage::Transaction,
    stripe::{
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Resource, find,
            portal_configuration::{AdjustableQuantity, AllowedProduct, Condition, Features, PortalConfiguration},
            price::Price,
            product::Product,
            referenced,
            subscription::ProrationBehavior,
        },
        params::Params,
    },
};

/// Limit of products in `features[subscription_update]` (Stripe: "The list of up to 10 products").
const MAX_PRODUCTS: usize = 10;

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut configuration = PortalConfiguration::new(tx);
    if call.params.group("features")?.is_none() {
        return Err(StripeError::missing("features"));
    }
    write(tx, &call.params, &mut configuration)?;
    let object = configuration.json(tx);
    tx.put(configuration);
    Ok(object.into())
}

pub(crate) fn update(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let mut configuration = find::<PortalConfiguration>(tx, &call.id)?;
    if let Some(active) = call.params.flag("active")? {
        configuration.active = active;
    }
    write(tx, &call.params, &mut configuration)?;
    configuration.updated = tx.now;
    let object = configuration.json(tx);
    tx.put(configuration);
    Ok(object.into())
}

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let active = call.params.flag("active")?;
    let is_default = call.params.flag("is_default")?;
    let keep = |configuration: &PortalConfiguration| {
        active.is_none_or(|active| configuration.active == active)
            && is_default.is_none_or(|wanted| configuration.is_default == wanted)
    };
    Ok(lists::page(tx, call, "/v1/billing_portal/configurations", keep)?.into())
}

/// The default configuration, created on first use with Stripe's default settings.
pub(crate) fn default(tx: &mut Transaction<'_>) -> PortalConfiguration {
    let saved =
        tx.all::<PortalConfiguration>().find(|configuration| configuration.is_default && configuration.active).cloned();
    if let Some(saved) = saved {
        return PortalConfiguration::clone(&saved);
    }
    let mut configuration = PortalConfiguration::new(tx);
    configuration.is_default = true;
    configuration.features.invoice_history = true;
    configuration.features.payment_method_update = true;
    configuration.features.cancel.enabled = true;
    tx.put(configuration.clone());
    configuration
}

fn write(tx: &Transaction<'_>, params: &Params, configuration: &mut PortalConfiguration) -> Result<(), StripeError> {
    if let Some(profile) = params.group("business_profile")? {
        profile.patch("headline", &mut configuration.headline)?;
        profile.patch("privacy_policy_url", &mut configuration.privacy_policy_url)?;
        profile.patch("terms_of_service_url", &mut configuration.terms_of_service_url)?;
    }
    params.patch("name", &mut configuration.name)?;
    params.patch("default_return_url", &mut configuration.default_return_url)?;
    configuration.default_return_url =
        configuration.default_return_url.take().map(|url| web_url("default_return_url", url)).transpose()?;
    params.metadata(&mut configuration.metadata)?;
    if let Some(features) = params.group("features")? {
        write_features(tx, &features, &mut configuration.features)?;
    }
    params.accept(&["login_page"]);
    params.finish()
}

fn write_features(tx: &Transaction<'_>, params: &Params, features: &mut Features) -> Result<(), StripeError> {
    let enabled = |group: &Params, now: bool| Ok::<_, StripeError>(group.flag("enabled")?.unwrap_or(now));
    if let Some(group) = params.group("customer_update")? {
        let allowed = group.texts("allowed_updates")?.or_else(|| features.customer_update.clone()).unwrap_or_default();
        features.customer_update = enabled(&group, features.customer_update.is_some())?.then_some(allowed);
    }
    if let Some(group) = params.group("invoice_history")? {
        features.invoice_history = enabled(&group, features.invoice_history)?;
    }
    if let Some(group) = params.group("payment_method_update")? {
        features.payment_method_update = enabled(&group, features.payment_method_update)?;
        group.accept(&["payment_method_configuration"]);
    }
    if let Some(group) = params.group("subscription_cancel")? {
        features.cancel.enabled = enabled(&group, features.cancel.enabled)?;
        if let Some(immediately) = group.choice("mode", &[("at_period_end", false), ("immediately", true)])? {
            features.cancel.immediately = immediately;
        }
        if let Some(behavior) = group.choice("proration_behavior", &ProrationBehavior::CHOICES)? {
            features.cancel.proration = behavior;
        }
        if let Some(reason) = group.group("cancellation_reason")? {
            let options = reason.texts("options")?.or_else(|| features.cancel.reasons.clone()).unwrap_or_default();
            features.cancel.reasons = enabled(&reason, features.cancel.reasons.is_some())?.then_some(options);
        }
    }
    if let Some(group) = params.group("subscription_update")? {
        features.update.enabled = enabled(&group, features.update.enabled)?;
        if let Some(allowed) = group.texts("default_allowed_updates")? {
            features.update.allowed = allowed;
        }
        if let Some(behavior) = group.choice("proration_behavior", &ProrationBehavior::CHOICES)? {
            features.update.proration = behavior;
        }
        if let Some(products) = group.groups("products")? {
            features.update.products = allowed_products(tx, &products)?;
        }
        if let Some(waits) = group.group("schedule_at_period_end")? {
            let conditions = waits.groups("conditions")?.unwrap_or_default();
            features.update.waits_if = conditions.iter().map(condition).collect::<Result<_, _>>()?;
        }
        group.accept(&["billing_cycle_anchor", "trial_update_behavior"]);
        if features.update.enabled && features.update.products.is_empty() {
            return Err(StripeError::missing("features[subscription_update][products]"));
        }
        if features.update.enabled && features.update.allowed.is_empty() {
            return Err(StripeError::missing("features[subscription_update][default_allowed_updates]"));
        }
    }
    Ok(())
}

fn condition(params: &Params) -> Result<Condition, StripeError> {
    params.choice("type", &Condition::CHOICES)?.ok_or_else(|| StripeError::missing(&params.path_of("type")))
}

/// `adjustable_quantity`. `None` if it is not enabled.
fn adjustable(params: &Params) -> Result<Option<AdjustableQuantity>, StripeError> {
    let bound = |name: &str| -> Result<Option<u64>, StripeError> {
        Ok(params.int(name)?.and_then(|bound| u64::try_from(bound).ok()))
    };
    let enabled = params.flag("enabled")?.ok_or_else(|| StripeError::missing(&params.path_of("enabled")))?;
    let (minimum, maximum) = (bound("minimum")?.unwrap_or(1), bound("maximum")?);
    Ok(enabled.then_some(AdjustableQuantity { minimum, maximum }))
}

fn allowed_products(tx: &Transaction<'_>, groups: &[Params]) -> Result<Vec<AllowedProduct>, StripeError> {
    if groups.len() > MAX_PRODUCTS {
        return Err(StripeError::bad(
            "features[subscription_update][products]",
            format!("You may only specify up to {MAX_PRODUCTS} products."),
        ));
    }
    let mut all: Vec<AllowedProduct> = Vec::new();
    for group in groups {
        let product = referenced::<Product>(tx, &group.require("product")?, &group.path_of("product"))?;
        let prices = group.texts("prices")?.unwrap_or_default();
        if prices.is_empty() {
            return Err(StripeError::missing(&group.path_of("prices")));
        }
        for id in &prices {
            let price = referenced::<Price>(tx, id, &group.path_of("prices"))?;
            if price.product != product.id || price.recurring.is_none() {
                return Err(StripeError::bad(
                    &group.path_of("prices"),
                    format!("The price {id} is not a recurring price of the product {}.", product.id),
                ));
            }
        }
        let adjustable = group.group("adjustable_quantity")?.map(|group| adjustable(&group)).transpose()?.flatten();
        all.push(AllowedProduct { product: product.id.clone(), prices, adjustable });
    }
    Ok(all)
}
