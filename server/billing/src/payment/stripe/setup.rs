//! `server stripe setup`: brings products, prices, the portal's configuration and the webhook endpoint of a Stripe
//! account in line with the catalog.

mod part;
mod price;

use domain::catalog::{Cycle, Plan};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use stripe_billing::billing_portal_configuration::ListBillingPortalConfiguration;
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_misc::webhook_endpoint::ListWebhookEndpoint;
use stripe_product::product::{CreateProduct, RetrieveProduct, UpdateProduct};
use url::Url;

use self::{
    part::{key_of, metadata_of, name_of},
    price::other_currencies,
};
use super::{
    Stripe,
    answer::{List, Object, PortalConfiguration, Product, WebhookEndpoint},
    client::optional,
};
use crate::payment::{
    ProviderError,
    price_map::{PriceMap, PricePart, SoldPrice},
};

/// Maximum number of products in a portal configuration (Stripe: "Configure the customer portal").
const MAX_PORTAL_PRODUCTS: usize = 10;
/// The metadata key by which the portal configuration is found again.
const PORTAL_METADATA: &str = "dues";
const PORTAL_ROLE: &str = "portal";
const PAGE: i64 = 100;
/// Condition of Stripe's `schedule_at_period_end`: a change to a lower price waits for the end of the period.
const DECREASING: &str = "decreasing_item_amount";
/// Condition of Stripe's `schedule_at_period_end`: a change to a shorter cycle waits for the end of the period.
const SHORTENING: &str = "shortening_interval";

/// The webhook events that Dues acts on.
const EVENTS: [&str; 25] = [
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "customer.discount.created",
    "customer.discount.deleted",
    "customer.discount.updated",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.pending_update_applied",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    // The invoice of a new period is a draft for an hour. Only then is one that is sent owed.
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.voided",
    "subscription_schedule.canceled",
    "subscription_schedule.completed",
    "subscription_schedule.created",
    "subscription_schedule.released",
    "subscription_schedule.updated",
];

/// What the setup did, and the settings to store.
#[derive(Clone, Debug)]
pub struct SetupReport {
    /// One sentence for each step, printed for the operator.
    pub done: Vec<String>,
    pub prices: PriceMap,
    pub portal_configuration: String,
    /// Returned by Stripe only when the endpoint is created: `None` on later runs, and where Stripe rejects the URL.
    pub webhook_secret: Option<SecretString>,
}

impl SetupReport {
    /// Returns settings by name, with the webhook secret in plain text: to print for the operator, never to log.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("STRIPE_PRICE_MAP", self.prices.to_json()),
            ("STRIPE_PORTAL_CONFIGURATION", self.portal_configuration.clone()),
        ];
        if let Some(secret) = &self.webhook_secret {
            settings.push(("STRIPE_WEBHOOK_SECRET", secret.expose_secret().to_owned()));
        }
        settings
    }
}

/// A POST with a form. One form creates and updates; async-stripe would need two sets of types.
struct Post<'a, F> {
    path: String,
    form: &'a F,
}

impl<F: Serialize> StripeRequest for Post<'_, F> {
    type Output = ();

    fn build(&self) -> RequestBuilder {
        RequestBuilder::new(StripeMethod::Post, self.path.as_str()).form(self.form)
    }
}

#[derive(Serialize)]
struct PortalProduct {
    product: String,
    prices: Vec<String>,
}

impl Stripe {
    /// Creates or updates what the catalog needs. Idempotent. A price is in the catalog's currency, with the plan's other
    /// currencies as `currency_options`. A price of which an amount changed is replaced, and its subscribers keep the
    /// old one; a currency that is new is added to the price.
    ///
    /// The portal links back to the page `membership` below `app_url`. `webhook_url` is where Stripe sends webhooks. An
    /// endpoint that Stripe rejects, such as a local address, is noted in the report and does not fail the setup.
    pub async fn setup(&self, app_url: &Url, webhook_url: &Url) -> Result<SetupReport, ProviderError> {
        let mut report = SetupReport {
            done: Vec::new(),
            prices: PriceMap::default(),
            portal_configuration: String::new(),
            webhook_secret: None,
        };
        let mut portal = Vec::new();
        for plan in self.catalog.plans.iter().filter(|plan| plan.is_paid()) {
            if let Some(seats) = &plan.seats {
                let product = self.ensure_product(plan, PricePart::Seat, &mut report.done).await?;
                for cycle in Cycle::ALL {
                    if let Some(amount) = seats.price(cycle, self.catalog.currency) {
                        let sold = SoldPrice { plan: plan.id.clone(), cycle, part: PricePart::Seat };
                        let others = other_currencies(plan, amount, |currency| seats.price(cycle, currency))?;
                        let price =
                            self.ensure_price(plan, &product, &sold, (amount, others), &mut report.done).await?;
                        report.prices.insert_seat(sold.plan, cycle, price);
                    }
                }
            }
            if plan.is_all_seats() {
                continue;
            }
            let product = self.ensure_product(plan, PricePart::Plan, &mut report.done).await?;
            let mut prices = Vec::new();
            for cycle in Cycle::ALL {
                if let Some(amount) = plan.price(cycle, self.catalog.currency) {
                    let sold = SoldPrice { plan: plan.id.clone(), cycle, part: PricePart::Plan };
                    let others = other_currencies(plan, amount, |currency| plan.price(cycle, currency))?;
                    let price = self.ensure_price(plan, &product, &sold, (amount, others), &mut report.done).await?;
                    report.prices.insert(sold.plan, cycle, price.clone());
                    prices.push(price);
                }
            }
            // The portal changes no subscription with several items: Dues changes plans with seats itself.
            if plan.listed && plan.seats.is_none() && !prices.is_empty() {
                portal.push(PortalProduct { product, prices });
            }
        }
        if portal.len() > MAX_PORTAL_PRODUCTS {
            let left_out = portal.len() - MAX_PORTAL_PRODUCTS;
            report.done.push(format!(
                "Stripe's portal offers {MAX_PORTAL_PRODUCTS} products at most: the {left_out} highest plans can't be changed to there."
            ));
            portal.truncate(MAX_PORTAL_PRODUCTS);
        }
        report.portal_configuration = self.ensure_portal(portal, app_url, &mut report.done).await?;
        report.webhook_secret = self.ensure_webhook(webhook_url, &mut report.done).await?;
        Ok(report)
    }

    async fn ensure_product(
        &self,
        plan: &Plan,
        part: PricePart,
        done: &mut Vec<String>,
    ) -> Result<String, ProviderError> {
        let id = format!("{}_{}", key_of(part), plan.id);
        let name = name_of(plan, part);
        // Stripe rejects empty texts.
        let description = Some(plan.description.as_str()).filter(|text| !text.is_empty());
        let Some(found) = optional::<Product>(self.call(&RetrieveProduct::new(&*id), None).await)? else {
            let mut create = CreateProduct::new(&name).id(&id).metadata(metadata_of(&plan.id, part));
            if let Some(description) = description {
                create = create.description(description);
            }
            let Object { id } = self.call(&create, None).await?;
            done.push(format!("Made the product {id} for {name}."));
            return Ok(id);
        };
        let fits = found.active
            && found.name == name
            && (description.is_none() || found.description.as_deref() == description);
        if fits {
            done.push(format!("Found the product {id} for {name}."));
        } else {
            let mut update = UpdateProduct::new(&*id).active(true).name(&name).metadata(metadata_of(&plan.id, part));
            if let Some(description) = description {
                update = update.description(description);
            }
            self.call::<Object>(&update, None).await?;
            done.push(format!("Changed the product {id} to fit {name}."));
        }
        Ok(found.id)
    }

    async fn ensure_portal(
        &self,
        products: Vec<PortalProduct>,
        app_url: &Url,
        done: &mut Vec<String>,
    ) -> Result<String, ProviderError> {
        let list = ListBillingPortalConfiguration::new().active(true).limit(PAGE);
        let found: List<PortalConfiguration> = self.call(&list, None).await?;
        let found = found.data.into_iter().find(|one| {
            one.metadata
                .as_ref()
                .and_then(|metadata| metadata.get(PORTAL_METADATA))
                .is_some_and(|role| role == PORTAL_ROLE)
        });
        let form = portal_form(&products, &app_url.join("membership").unwrap_or_else(|_| app_url.clone()));
        let path = match &found {
            Some(configuration) => format!("/billing_portal/configurations/{}", configuration.id),
            None => "/billing_portal/configurations".to_owned(),
        };
        let Object { id } = self.call(&Post { path, form: &form }, None).await?;
        let verb = if found.is_some() { "Refreshed" } else { "Made" };
        done.push(format!("{verb} the portal's configuration {id} with {} plans to change between.", products.len()));
        Ok(id)
    }

    async fn ensure_webhook(&self, url: &Url, done: &mut Vec<String>) -> Result<Option<SecretString>, ProviderError> {
        let found: List<WebhookEndpoint> = self.call(&ListWebhookEndpoint::new().limit(PAGE), None).await?;
        let Some(found) = found.data.into_iter().find(|endpoint| endpoint.url == url.as_str()) else {
            return self.create_webhook(url, done).await;
        };
        let is_enabled = |event: &&str| found.enabled_events.iter().any(|enabled| enabled == "*" || enabled == event);
        if found.status == "enabled" && EVENTS.iter().all(is_enabled) {
            done.push(format!("Found the webhook endpoint {} at {url}.", found.id));
        } else {
            let form = serde_json::json!({ "enabled_events": EVENTS, "disabled": false });
            let path = format!("/webhook_endpoints/{}", found.id);
            self.call::<Object>(&Post { path, form: &form }, None).await?;
            done.push(format!("Changed the webhook endpoint {} at {url} to send what Dues acts on.", found.id));
        }
        if self.webhook_secrets.is_empty() {
            done.push("Its secret is shown in Stripe's dashboard only: put it into STRIPE_WEBHOOK_SECRET.".to_owned());
        }
        Ok(None)
    }

    async fn create_webhook(&self, url: &Url, done: &mut Vec<String>) -> Result<Option<SecretString>, ProviderError> {
        let form = serde_json::json!({
            "url": url.as_str(),
            "enabled_events": EVENTS,
            "description": "Dues",
        });
        let path = "/webhook_endpoints".to_owned();
        match self.call::<WebhookEndpoint>(&Post { path, form: &form }, None).await.map_err(ProviderError::from) {
            Ok(made) => {
                done.push(format!("Made the webhook endpoint {} at {url}.", made.id));
                Ok(made.secret.map(SecretString::from))
            }
            Err(ProviderError::Rejected { reason, .. }) => {
                done.push(format!(
                    "Stripe refused a webhook endpoint at {url}: {reason} For a local address, `stripe listen` forwards events."
                ));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Returns the form of the portal configuration. Upgrades are invoiced immediately, so that Stripe charges the amount
/// that Dues previewed. Downgrades and cancellations wait for the end of the period, as in
/// `domain::subscription::plan_change`.
fn portal_form(products: &[PortalProduct], return_url: &Url) -> serde_json::Value {
    let mut change = serde_json::json!({ "enabled": !products.is_empty() });
    if let (Some(change), false) = (change.as_object_mut(), products.is_empty()) {
        change.insert("default_allowed_updates".to_owned(), serde_json::json!(["price"]));
        change.insert("proration_behavior".to_owned(), serde_json::json!("always_invoice"));
        change.insert("products".to_owned(), serde_json::json!(products));
        let to_less = [DECREASING, SHORTENING].map(|condition| serde_json::json!({ "type": condition }));
        change.insert("schedule_at_period_end".to_owned(), serde_json::json!({ "conditions": to_less }));
    }
    serde_json::json!({
        "default_return_url": return_url.as_str(),
        "metadata": { PORTAL_METADATA: PORTAL_ROLE },
        "features": {
            "customer_update": { "enabled": true, "allowed_updates": ["address", "tax_id"] },
            "invoice_history": { "enabled": true },
            "payment_method_update": { "enabled": true },
            "subscription_cancel": { "enabled": true, "mode": "at_period_end" },
            "subscription_update": change,
        },
    })
}
