//! Actions at the provider: its dashboard and its webhooks.

use aws_lc_rs::hmac;
use axum::http::{HeaderMap, Method};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use domain::{subscription::Provider, time::Clock};
use serde_json::{Value, json};

use super::{KEY, POLAR_KEY, TestEnv, WEBHOOK_SECRET};

impl TestEnv {
    /// Returns the provider.
    pub(crate) const fn provider_name(&self) -> Provider {
        self.name
    }

    /// Returns the key of the right account.
    pub(crate) const fn key(&self) -> &'static str {
        match self.name {
            Provider::Stripe => KEY,
            Provider::Polar => POLAR_KEY,
        }
    }

    /// Sends a request to Stripe, as its dashboard does.
    pub(crate) async fn call_stripe(&self, method: Method, path: &str) -> Value {
        self.try_call_stripe(method, path).await.unwrap_or_else(|refusal| panic!("{path}: {refusal}"))
    }

    /// Sends a request to Stripe. Returns the body of an error response as the `Err`.
    pub(crate) async fn try_call_stripe(&self, method: Method, path: &str) -> Result<Value, String> {
        let (path, fields) = path.split_once('?').filter(|_| method == Method::POST).unwrap_or((path, ""));
        let request = self.client.request(method, self.base.join(path).unwrap()).bearer_auth(KEY);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(fields.to_owned());
        let answer = request.send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        if status.is_success() { Ok(serde_json::from_str(&body).unwrap()) } else { Err(body) }
    }

    /// Fetches a list from Stripe's API.
    pub(crate) async fn list(&self, path: &str) -> Vec<Value> {
        let mut list = self.call_stripe(Method::GET, path).await;
        serde_json::from_value(list["data"].take()).unwrap()
    }

    /// Sends a POST to Polar, as its dashboard does.
    pub(crate) async fn post_to_polar(&self, path: &str, body: &Value) -> Value {
        self.try_call_polar(Method::POST, path, body).await.unwrap_or_else(|refusal| panic!("{path}: {refusal}"))
    }

    /// Sends a request to Polar; `Value::Null` is no body. Returns the body of an error response as the `Err`.
    pub(crate) async fn try_call_polar(&self, method: Method, path: &str, body: &Value) -> Result<Value, String> {
        let url = self.base.join(&format!("/polar/v1/{path}")).unwrap();
        let request = self.client.request(method, url).bearer_auth(POLAR_KEY);
        let request = if body.is_null() { request } else { request.json(body) };
        let answer = request.send().await.unwrap();
        let (status, body) = (answer.status(), answer.text().await.unwrap());
        if !status.is_success() {
            return Err(body);
        }
        Ok(if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() })
    }

    /// Lists all subscriptions at the provider, ended ones included.
    pub(crate) async fn provider_subscriptions(&self) -> Vec<Value> {
        match self.name {
            Provider::Stripe => self.list("/v1/subscriptions?status=all&limit=100").await,
            Provider::Polar => self.list_at_polar("subscriptions").await,
        }
    }

    /// Lists all customers at the provider that are not deleted.
    pub(crate) async fn customers(&self) -> Vec<Value> {
        match self.name {
            Provider::Stripe => self.list("/v1/customers?limit=100").await,
            Provider::Polar => self.list_at_polar("customers").await,
        }
    }

    async fn list_at_polar(&self, what: &str) -> Vec<Value> {
        let url = self.base.join(&format!("/polar/v1/{what}/?limit=100")).unwrap();
        let answer = self.client.get(url).bearer_auth(POLAR_KEY).send().await.unwrap();
        let mut list: Value = answer.json().await.unwrap();
        serde_json::from_value(list["items"].take()).unwrap()
    }

    /// Ends a subscription immediately, without a webhook.
    pub(crate) async fn end_at_provider(&self, subscription: &str) {
        self.delete_at_provider("subscriptions", subscription).await;
    }

    /// Deletes a customer, without a webhook.
    pub(crate) async fn delete_customer(&self, customer: &str) {
        self.delete_at_provider("customers", customer).await;
    }

    async fn delete_at_provider(&self, kind: &str, id: &str) {
        let path = match self.name {
            Provider::Stripe => format!("/v1/{kind}/{id}"),
            Provider::Polar => format!("/polar/v1/{kind}/{id}"),
        };
        let url = self.base.join(&path).unwrap();
        let status = self.client.delete(url).bearer_auth(self.key()).send().await.unwrap().status();
        assert!(status.is_success(), "{path}: {status}");
    }

    /// Returns an event that reports the end of a subscription.
    pub(crate) fn subscription_ended_event(&self, id: &str, subscription: &str) -> Value {
        match self.name {
            Provider::Stripe => {
                json!({ "id": id, "type": "customer.subscription.deleted", "data": { "object": { "id": subscription } } })
            }
            Provider::Polar => json!({ "id": id, "type": "subscription.revoked", "data": { "id": subscription } }),
        }
    }

    /// Delivers an event as a signed webhook.
    pub(crate) async fn send_webhook(&self, event: &Value) {
        let (body, secs) = (event.to_string(), self.wall.now().as_secs());
        let key = hmac::Key::new(hmac::HMAC_SHA256, WEBHOOK_SECRET.as_bytes());
        let mut headers = HeaderMap::new();
        match self.name {
            Provider::Stripe => {
                let mac = hmac::sign(&key, format!("{secs}.{body}").as_bytes());
                headers.insert("stripe-signature", format!("t={secs},v1={}", hex::encode(mac)).parse().unwrap());
            }
            Provider::Polar => {
                let id = event["id"].as_str().unwrap();
                let mac = hmac::sign(&key, format!("{id}.{secs}.{body}").as_bytes());
                let signature = format!("v1,{}", BASE64_STANDARD.encode(mac));
                headers.insert("webhook-id", id.parse().unwrap());
                headers.insert("webhook-timestamp", secs.to_string().parse().unwrap());
                headers.insert("webhook-signature", signature.parse().unwrap());
            }
        }
        self.services.webhooks().receive_webhook(self.name, &headers, body.as_bytes()).await.unwrap();
    }
}
