//! Every kind of row that the sandbox stores, with its name in the journal.

use crate::{
    firebase::{account::Account, refresh_token::RefreshToken, signing_key::SigningKey},
    polar::objects as polar,
    storage::{Record, Scope, Settings, Tables, deliveries::Delivery, stripe_account::ObjectOwner},
    stripe::{
        idempotency::Replay,
        objects::{
            checkout_session::CheckoutSession, coupon::Coupon, customer::Customer, event::Event, invoice::Invoice,
            payment_intent::PaymentIntent, payment_method::PaymentMethod, portal_configuration::PortalConfiguration,
            portal_session::PortalSession, price::Price, product::Product, refund::Refund, subscription::Subscription,
            subscription_schedule::SubscriptionSchedule, webhook_endpoint::WebhookEndpoint,
        },
    },
};

/// Makes each type a [`Record`] and adds its table. A name never changes: journals on disk contain it.
macro_rules! records {
    ($($row:ty = $kind:literal in $scope:ident,)*) => {
        $(impl Record for $row {
            const KIND: &'static str = $kind;
            const SCOPE: Scope = Scope::$scope;

            fn id(&self) -> &str {
                &self.id
            }
        })*

        /// An empty table for each kind.
        pub(crate) fn tables() -> Tables {
            Tables::default()$(.with::<$row>())*
        }
    };
}

records! {
    Settings = "settings" in Sandbox,
    Delivery = "delivery" in Sandbox,
    ObjectOwner = "stripe_belonging" in Sandbox,
    Replay = "idempotency_key" in StripeAccount,
    Customer = "customer" in StripeAccount,
    Coupon = "coupon" in StripeAccount,
    Product = "product" in StripeAccount,
    Price = "price" in StripeAccount,
    PaymentMethod = "payment_method" in StripeAccount,
    PaymentIntent = "payment_intent" in StripeAccount,
    Refund = "refund" in StripeAccount,
    Subscription = "subscription" in StripeAccount,
    SubscriptionSchedule = "subscription_schedule" in StripeAccount,
    Invoice = "invoice" in StripeAccount,
    CheckoutSession = "checkout_session" in StripeAccount,
    PortalConfiguration = "portal_configuration" in StripeAccount,
    PortalSession = "portal_session" in StripeAccount,
    WebhookEndpoint = "webhook_endpoint" in StripeAccount,
    Event = "event" in StripeAccount,
    polar::access_token::AccessToken = "polar_access_token" in Sandbox,
    polar::product::Product = "polar_product" in Sandbox,
    polar::customer::Customer = "polar_customer" in Sandbox,
    polar::customer_session::CustomerSession = "polar_customer_session" in Sandbox,
    polar::checkout::Checkout = "polar_checkout" in Sandbox,
    polar::subscription::Subscription = "polar_subscription" in Sandbox,
    polar::order::Order = "polar_order" in Sandbox,
    polar::refund::Refund = "polar_refund" in Sandbox,
    polar::webhook_endpoint::WebhookEndpoint = "polar_webhook_endpoint" in Sandbox,
    polar::event::Event = "polar_event" in Sandbox,
    Account = "firebase_account" in Sandbox,
    RefreshToken = "firebase_refresh_token" in Sandbox,
    SigningKey = "firebase_signing_key" in Sandbox,
}
