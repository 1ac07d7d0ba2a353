//! `server polar setup`: brings products (one for each plan and cycle) and the webhook endpoint of a Polar account in
//! line with the catalog.

use domain::{
    catalog::{Cycle, Plan},
    money::{Currency, Money},
    subscription::Provider,
};
use http::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{
    Polar,
    answer::{List, Object, Price, Product, SeatTier, WebhookEndpoint},
    client::CallError,
    in_organization,
    subscription::{CYCLE_METADATA, PLAN_METADATA},
};
use crate::payment::{ProviderCapabilities, ProviderError, price_map::PriceMap, unchargeable};

const PAGE: &str = "100";
const MAX_PAGES: u64 = 10;

/// The webhook events that Dues acts on.
const EVENTS: [&str; 10] = [
    "checkout.updated",
    "customer.state_changed",
    "order.paid",
    "subscription.active",
    "subscription.canceled",
    "subscription.created",
    "subscription.past_due",
    "subscription.revoked",
    "subscription.uncanceled",
    "subscription.updated",
];

/// What the setup did, and the settings to store.
#[derive(Clone, Debug)]
pub struct SetupReport {
    /// One sentence for each step, printed for the operator.
    pub done: Vec<String>,
    pub products: PriceMap,
    /// `None` where Polar rejects the endpoint's URL.
    pub webhook_secret: Option<SecretString>,
}

impl SetupReport {
    /// Returns settings by name, with the webhook secret in plain text: to print for the operator, never to log.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![("POLAR_PRODUCT_MAP", self.products.to_json())];
        if let Some(secret) = &self.webhook_secret {
            settings.push(("POLAR_WEBHOOK_SECRET", secret.expose_secret().to_owned()));
        }
        settings
    }
}

/// A plan that Polar can't sell.
#[derive(Debug, thiserror::Error)]
#[error(
    "Polar sells no plan with a price of its own and seats: a product has one price. Leave the price of {0} out of the catalog, so that it is all seats, or sell it without seats."
)]
struct PriceAndSeats(String);

/// Fails for a plan with seats that has a price of its own, too.
fn require_sellable(plan: &Plan) -> Result<(), ProviderError> {
    if plan.seats.is_none() || plan.is_all_seats() {
        return Ok(());
    }
    let cause = PriceAndSeats(plan.name.clone());
    Err(ProviderError::Rejected { reason: cause.to_string(), cause: cause.into() })
}

impl Polar {
    /// Creates or updates what the catalog needs. Idempotent. A product has a price in each currency of the plan that
    /// Polar takes. Subscribers of a former price keep it.
    ///
    /// `webhook_url` is where Polar sends webhooks. An endpoint that Polar rejects, such as a local address, is noted
    /// in the report and does not fail the setup.
    pub async fn setup(&self, webhook_url: &Url) -> Result<SetupReport, ProviderError> {
        let mut report = SetupReport { done: Vec::new(), products: PriceMap::default(), webhook_secret: None };
        let known = self.known_products().await?;
        for plan in self.catalog.plans.iter().filter(|plan| plan.is_paid()) {
            require_sellable(plan)?;
            for cycle in Cycle::ALL {
                let amount = match &plan.seats {
                    Some(seats) => seats.price(cycle, self.catalog.currency),
                    None => plan.price(cycle, self.catalog.currency),
                };
                if let Some(amount) = amount {
                    let product = self.ensure_product(plan, cycle, amount, &known, &mut report.done).await?;
                    if plan.seats.is_some() {
                        report.products.insert_seat(plan.id.clone(), cycle, product);
                    } else {
                        report.products.insert(plan.id.clone(), cycle, product);
                    }
                }
            }
        }
        report.webhook_secret = self.ensure_webhook(webhook_url, &mut report.done).await?;
        Ok(report)
    }

    async fn known_products(&self) -> Result<Vec<Product>, ProviderError> {
        let mut known = Vec::new();
        for page in 1..=MAX_PAGES {
            let number = page.to_string();
            let mut query = vec![("limit", PAGE), ("page", &*number)];
            query.extend(self.organization.as_deref().map(|organization| ("organization_id", organization)));
            let List { items, pagination } = self.client.get::<List<Product>>("products/", &query).await?;
            known.extend(items);
            if page >= pagination.max_page {
                break;
            }
        }
        Ok(known)
    }

    async fn ensure_product(
        &self,
        plan: &Plan,
        cycle: Cycle,
        amount: Money,
        known: &[Product],
        done: &mut Vec<String>,
    ) -> Result<String, ProviderError> {
        let label = format!("{} by the {}, {}", plan.name, cycle.unit(), amount.exact());
        let prices = prices_of(plan, cycle, amount)?;
        let wanted: Vec<Value> = prices.iter().map(WantedPrice::body).collect();
        // Polar rejects empty texts.
        let description = Some(plan.description.as_str()).filter(|text| !text.is_empty());
        let is_it = |product: &&Product| {
            product.tag(PLAN_METADATA) == Some(plan.id.as_str())
                && product.tag(CYCLE_METADATA) == Some(cycle.as_str())
                && product.recurring_interval.as_deref() == Some(cycle.unit())
        };
        let Some(found) = known.iter().find(is_it) else {
            let body = json!({
                "name": plan.name,
                "description": description,
                "recurring_interval": cycle.unit(),
                "prices": wanted,
                "metadata": { PLAN_METADATA: plan.id, CYCLE_METADATA: cycle.as_str() },
            });
            let body = in_organization(body, self.organization.as_deref());
            let Object { id } = self.client.create("products/", &body).await?;
            done.push(format!("Made the product {id} for {label}."));
            return Ok(id);
        };
        let live = || found.prices.iter().filter(|price| !price.is_archived);
        let has_prices = prices.iter().all(|wanted| live().any(|price| wanted.is(price)));
        let fits = has_prices
            && !found.is_archived
            && found.name == plan.name
            && (description.is_none() || found.description.as_deref() == description);
        if fits {
            done.push(format!("Found the product {} for {label}.", found.id));
        } else {
            let mut body = json!({ "name": plan.name, "description": description, "is_archived": false });
            if let (false, Some(fields)) = (has_prices, body.as_object_mut()) {
                fields.insert("prices".to_owned(), json!(wanted));
            }
            let path = format!("products/{}", found.id);
            self.client.send_idempotent::<Object>(Method::PATCH, &path, &body).await?;
            done.push(format!("Changed the product {} to fit {label}.", found.id));
        }
        Ok(found.id.clone())
    }

    async fn ensure_webhook(&self, url: &Url, done: &mut Vec<String>) -> Result<Option<SecretString>, ProviderError> {
        let mut query = vec![("limit", PAGE)];
        query.extend(self.organization.as_deref().map(|organization| ("organization_id", organization)));
        let List { items, .. } = self.client.get::<List<WebhookEndpoint>>("webhooks/endpoints", &query).await?;
        if let Some(found) = items.into_iter().find(|item| item.url == url.as_str()) {
            done.push(format!("Found the webhook endpoint {url}."));
            return Ok(Some(found.secret.into()));
        }
        let body = json!({ "url": url.as_str(), "format": "raw", "events": EVENTS });
        let body = in_organization(body, self.organization.as_deref());
        match self.client.create::<WebhookEndpoint>("webhooks/endpoints", &body).await {
            Ok(made) => {
                done.push(format!("Made the webhook endpoint {url}."));
                Ok(Some(made.secret.into()))
            }
            Err(error @ CallError::Refused(_)) if error.is_about("url") => {
                done.push(format!("Polar refused a webhook endpoint at {url}."));
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// A price that a product needs.
struct WantedPrice {
    /// Polar's code of the currency.
    currency: String,
    amount: i64,
    /// `None` for a plan without seats.
    tier: Option<SeatTier>,
}

impl WantedPrice {
    fn body(&self) -> Value {
        let Self { currency, amount, tier } = self;
        match tier {
            None => json!({ "amount_type": "fixed", "price_amount": amount, "price_currency": currency }),
            Some(SeatTier { min_seats, max_seats, price_per_seat }) => json!({
                "amount_type": "seat_based",
                "price_currency": currency,
                "seat_tiers": {
                    "tiers": [{ "min_seats": min_seats, "max_seats": max_seats, "price_per_seat": price_per_seat }],
                },
            }),
        }
    }

    /// Whether a price of Polar's is this one.
    fn is(&self, found: &Price) -> bool {
        let is_amount = match (&self.tier, &found.seat_tiers) {
            (None, None) => found.amount == Some(self.amount),
            (Some(tier), Some(found)) => found.tiers.iter().eq([tier]),
            _ => false,
        };
        is_amount && found.currency.as_deref() == Some(self.currency.as_str())
    }
}

/// Returns the prices of the plan, or of its seats, in Polar's amounts: `amount` first, then those in other currencies
/// that Polar takes.
fn prices_of(plan: &Plan, cycle: Cycle, amount: Money) -> Result<Vec<WantedPrice>, ProviderError> {
    let polar = ProviderCapabilities::of(Provider::Polar);
    let others = plan.currencies().into_iter().filter(|other| *other != amount.currency && polar.takes(*other));
    let price_in = |currency: Currency| match &plan.seats {
        Some(seats) => seats.price(cycle, currency),
        None => plan.price(cycle, currency),
    };
    let prices = std::iter::once(amount).chain(others.filter_map(price_in));
    let prices = prices.map(|price| {
        let amount = price.to_provider_amount(Provider::Polar).map_err(unchargeable)?;
        let tier = plan.seats.as_ref().map(|seats| SeatTier {
            min_seats: seats.min,
            max_seats: seats.max,
            price_per_seat: amount,
        });
        Ok(WantedPrice { currency: price.currency.code().to_ascii_lowercase(), amount, tier })
    });
    prices.collect()
}
