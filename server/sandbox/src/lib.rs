//! Stand-ins for Stripe, Polar and Firebase, so that the product runs and is tested without keys or network.
//!
//! Each stand-in serves the provider's API, hosted pages and webhooks, close enough to the real one that the official
//! SDKs and command line work with it. State survives `kill -9`. The billing clock can be moved forward on demand.

// Stripe's objects have many fields, and `json!` recurses once per field.
#![recursion_limit = "256"]

/// Defines `CHOICES`, every variant of an enum with its name in the API. A variant that is missing does not compile.
macro_rules! choices {
    ($enum:ident { $($variant:ident = $name:literal),+ $(,)? }) => {
        impl $enum {
            pub(crate) const CHOICES: [(&'static str, Self); [$($name),+].len()] = [$(($name, Self::$variant)),+];
        }

        const _: fn(&$enum) = |value| match value {
            $($enum::$variant)|+ => {}
        };
    };
}

mod billing;
mod board;
mod firebase;
mod page;
mod polar;
mod storage;
mod stripe;
mod webhooks;

use std::sync::Arc;

use axum::{Router, middleware};
use domain::time::Timestamp;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

pub use storage::{DEFAULT_MERCHANT, JournalError as SandboxError, SandboxConfig};
pub use stripe::planting::{PlantedCall, PlantedKind};

use board::clock;
use firebase::{account::Account, refresh_token::RefreshToken, signing_key::SigningKey};
use page::same_site;
use storage::{Record, Scope, Settings, Tables, Transaction, World, deliveries::Delivery, stripe_account::ObjectOwner};
use stripe::{
    idempotency::Replay,
    objects::{
        checkout_session::CheckoutSession, coupon::Coupon, customer::Customer, event::Event, invoice::Invoice,
        payment_intent::PaymentIntent, payment_method::PaymentMethod, portal_configuration::PortalConfiguration,
        portal_session::PortalSession, price::Price, product::Product, promotion_code::PromotionCode, refund::Refund,
        subscription::Subscription, subscription_schedule::SubscriptionSchedule, webhook_endpoint::WebhookEndpoint,
    },
};

/// The default Firebase project. Firebase's tools never contact Google for a project whose id begins with `demo-`.
pub const DEFAULT_FIREBASE_PROJECT: &str = "demo-dues";

/// A running sandbox: [`Sandbox::router`] answers requests, [`Sandbox::run`] delivers webhooks.
#[derive(Clone)]
pub struct Sandbox {
    world: Arc<World>,
}

impl Sandbox {
    /// Opens the sandbox and restores the state in the data folder. Fails if another sandbox uses the folder.
    pub fn open(config: SandboxConfig) -> Result<Self, SandboxError> {
        let world = World::open(config, tables(), process_due)?;
        Ok(Self { world: Arc::new(world) })
    }

    /// All routes: `/v1`, `/polar/v1`, the hosted pages, Firebase's calls, `/clock`, and the board at `/`.
    pub fn router(&self) -> Router {
        let page_routes = Router::new()
            .merge(board::routes())
            .merge(clock::routes())
            .merge(stripe::hosted::routes())
            .merge(polar::hosted::routes())
            .merge(firebase::verify::routes())
            .layer(middleware::from_fn(same_site::refuse_other_sites));
        Router::new()
            .merge(page_routes)
            .merge(stripe::routes())
            .merge(polar::routes())
            .merge(firebase::routes())
            .merge(page::style_route())
            .fallback(page::not_found)
            .with_state(Arc::clone(&self.world))
    }

    /// Makes calls of Stripe's API in the account of `key`, in one transaction, and returns the responses. They cause no
    /// events and no webhooks.
    ///
    /// If one is refused, none is made; the error is Stripe's message.
    pub async fn plant(&self, key: &str, calls: Vec<PlantedCall>) -> Result<Vec<Value>, String> {
        let key = key.to_owned();
        let planted = self.world.transact(move |tx| stripe::planting::plant(tx, &key, calls));
        planted.await.map_err(|refused| refused.message)
    }

    /// Delivers webhooks and renews subscriptions as they become due, until `shutdown` is cancelled. Deliveries that
    /// have no answer at that time are sent again after the next start.
    pub async fn run(&self, shutdown: CancellationToken) {
        webhooks::run(Arc::clone(&self.world), shutdown).await;
    }
}

/// Processes what is due by `until` at each provider. The providers' state is independent.
fn process_due(tx: &mut Transaction<'_>, until: Timestamp) {
    stripe::billing::due::process_due(tx, until);
    polar::billing::due::process_due(tx, until);
}

/// Makes each type a [`Record`] and adds its table. A name never changes: journals on disk contain it. `by` names the
/// field with the owner's id, `due` the function that says when scheduled billing looks at the row.
macro_rules! records {
    ($($row:ty = $kind:literal in $scope:ident $(by $owner:ident)? $(due $due:path)?,)*) => {
        $(impl Record for $row {
            const KIND: &'static str = $kind;
            const SCOPE: Scope = Scope::$scope;

            fn id(&self) -> &str {
                &self.id
            }

            $(fn owner(&self) -> Option<&str> {
                Some(&self.$owner)
            })?

            $(fn due_at(&self) -> Option<Timestamp> {
                $due(self)
            })?
        })*

        /// An empty table for each kind.
        fn tables() -> Tables {
            Tables::default()$(.with::<$row>())*
        }
    };
}

records! {
    Settings = "settings" in Sandbox,
    Delivery = "delivery" in Sandbox by event due Delivery::next_attempt,
    ObjectOwner = "stripe_belonging" in Sandbox,
    Replay = "idempotency_key" in StripeAccount,
    Customer = "customer" in StripeAccount,
    Coupon = "coupon" in StripeAccount,
    PromotionCode = "promotion_code" in StripeAccount,
    Product = "product" in StripeAccount,
    Price = "price" in StripeAccount,
    PaymentMethod = "payment_method" in StripeAccount,
    PaymentIntent = "payment_intent" in StripeAccount,
    Refund = "refund" in StripeAccount,
    Subscription = "subscription" in StripeAccount by customer due stripe::billing::due::subscription_due_at,
    SubscriptionSchedule = "subscription_schedule" in StripeAccount by customer due SubscriptionSchedule::next_step_at,
    Invoice = "invoice" in StripeAccount by customer due Invoice::next_step_at,
    CheckoutSession = "checkout_session" in StripeAccount due CheckoutSession::closes_at,
    PortalConfiguration = "portal_configuration" in StripeAccount,
    PortalSession = "portal_session" in StripeAccount,
    WebhookEndpoint = "webhook_endpoint" in StripeAccount,
    Event = "event" in StripeAccount,
    polar::objects::access_token::AccessToken = "polar_access_token" in Sandbox,
    polar::objects::product::Product = "polar_product" in Sandbox,
    polar::objects::customer::Customer = "polar_customer" in Sandbox,
    polar::objects::discount::Discount = "polar_discount" in Sandbox,
    polar::objects::customer_session::CustomerSession = "polar_customer_session" in Sandbox,
    polar::objects::checkout::Checkout = "polar_checkout" in Sandbox due polar::objects::checkout::Checkout::closes_at,
    polar::objects::subscription::Subscription = "polar_subscription" in Sandbox by customer due polar::objects::subscription::Subscription::next_step_at,
    polar::objects::order::Order = "polar_order" in Sandbox by customer due polar::objects::order::Order::next_charge_at,
    polar::objects::refund::Refund = "polar_refund" in Sandbox,
    polar::objects::webhook_endpoint::WebhookEndpoint = "polar_webhook_endpoint" in Sandbox,
    polar::objects::event::Event = "polar_event" in Sandbox,
    Account = "firebase_account" in Sandbox,
    RefreshToken = "firebase_refresh_token" in Sandbox,
    SigningKey = "firebase_signing_key" in Sandbox,
}
