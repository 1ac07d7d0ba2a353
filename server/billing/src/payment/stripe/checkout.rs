//! Customers and checkout sessions.

use std::collections::HashMap;

use domain::{
    catalog::{Cycle, Plan},
    ids::PlanId,
    money::Currency,
};
use stripe_checkout::{
    CheckoutSessionMode,
    checkout_session::{
        CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionPaymentMethodCollection,
        CreateCheckoutSessionSubscriptionData, CreateCheckoutSessionSubscriptionDataTrialSettings,
        CreateCheckoutSessionSubscriptionDataTrialSettingsEndBehavior,
        CreateCheckoutSessionSubscriptionDataTrialSettingsEndBehaviorMissingPaymentMethod as MissingPaymentMethod,
        ExpireCheckoutSession, RetrieveCheckoutSession,
    },
};
use stripe_core::customer::{CreateCustomer, UpdateCustomer};
use url::Url;

use super::{
    Stripe,
    answer::{Expandable, Object, Session},
    checkout_options::{metadata, refused, with_options},
    client::{CallError, optional},
    is_object_id,
    locale::checkout_locale,
    money,
};
use crate::payment::{
    AnotherObject, Checkout, CheckoutProgress, CheckoutState, NewCheckout, NewCustomer, ProviderError,
};

/// The metadata key with the checkout attempt, on sessions and on the subscriptions that they create.
pub(super) const ATTEMPT_METADATA: &str = "attempt_id";

/// Why a checkout session can't be decoded.
#[derive(Debug, thiserror::Error)]
enum InvalidSession {
    #[error("the checkout session {0} has no URL")]
    NoUrl(String),
    #[error("Stripe returned an invalid id")]
    Id,
    #[error("the checkout URL is invalid")]
    Url(#[from] url::ParseError),
    #[error("the checkout session {id} has the unknown status {status:?}")]
    Status { id: String, status: Option<String> },
}

impl From<InvalidSession> for ProviderError {
    fn from(cause: InvalidSession) -> Self {
        Self::Decode(cause.into())
    }
}

impl Stripe {
    pub(super) async fn new_customer(&self, new: &NewCustomer) -> Result<String, ProviderError> {
        let NewCustomer { tenant, replaced_customer, name, email } = new;
        let key = match replaced_customer {
            None => format!("dues-customer-{tenant}"),
            Some(deleted) => format!("dues-customer-{tenant}-after-{deleted}"),
        };
        // Stripe rejects an idempotency key that is reused with another body. So name and email, which may change, are
        // set by a second request.
        let create = CreateCustomer::new().metadata(HashMap::from([("tenant_id".to_owned(), tenant.to_string())]));
        let Object { id } = self.call(&create, Some(key)).await?;
        let describe = UpdateCustomer::new(&*id).name(name).email(email);
        let Object { id } = self.call(&describe, None).await?;
        if is_object_id(&id) { Ok(id) } else { Err(InvalidSession::Id.into()) }
    }

    pub(super) async fn new_checkout(&self, new: &NewCheckout) -> Result<Checkout, ProviderError> {
        let NewCheckout {
            attempt,
            tenant,
            customer,
            plan,
            cycle,
            seats,
            success_url,
            cancel_url,
            trial_days,
            locale,
            options,
        } = new;
        let own =
            [("tenant_id", tenant.to_string()), (ATTEMPT_METADATA, attempt.to_string()), ("plan", plan.to_string())];
        let metadata = metadata(options, own);
        let mut subscription = CreateCheckoutSessionSubscriptionData::new();
        subscription.metadata = Some(metadata.clone());
        let is_trial = *trial_days > 0;
        if is_trial {
            subscription.trial_period_days = Some(u32::from(*trial_days));
            // A trial that ends without a card is canceled instead of billed, so that no dunning follows.
            let end = CreateCheckoutSessionSubscriptionDataTrialSettingsEndBehavior::new(MissingPaymentMethod::Cancel);
            subscription.trial_settings = Some(CreateCheckoutSessionSubscriptionDataTrialSettings::new(end));
        }
        let mut request = CreateCheckoutSession::new()
            .mode(CheckoutSessionMode::Subscription)
            .customer(customer)
            .client_reference_id(tenant.as_str())
            .line_items(self.line_items(plan, *cycle, *seats)?)
            .metadata(metadata)
            .subscription_data(subscription)
            .success_url(success_url)
            .cancel_url(cancel_url);
        if is_trial {
            request = request.payment_method_collection(CreateCheckoutSessionPaymentMethodCollection::Always);
        }
        if let Some(locale) = locale {
            request = request.locale(checkout_locale(locale));
        }
        let request = with_options(request, options);
        let session = self.call(&request, Some(format!("dues-checkout-{attempt}"))).await;
        let session: Session = session.map_err(|error| refused(error, options))?;
        if !is_object_id(&session.id) {
            return Err(InvalidSession::Id.into());
        }
        if session.customer.as_ref().is_some_and(|of| of.id() != customer) {
            return Err(AnotherObject("customer").into());
        }
        let url = session.url.ok_or_else(|| InvalidSession::NoUrl(session.id.clone()))?;
        let url: Url = url.parse().map_err(InvalidSession::from)?;
        let currency = session.currency.as_deref().and_then(|currency| currency.parse::<Currency>().ok());
        let currency = currency.unwrap_or(self.catalog.currency);
        let amount_minor = session.amount_total.map(|total| money(total, currency).minor);
        Ok(Checkout { session_id: session.id, url, amount_minor })
    }

    /// Returns the lines of a checkout: the plan, unless it is all seats, and the seats beyond those included.
    fn line_items(
        &self,
        plan: &PlanId,
        cycle: Cycle,
        seats: Option<u64>,
    ) -> Result<Vec<CreateCheckoutSessionLineItems>, ProviderError> {
        let line = |price: &str, quantity: u64| {
            let mut item = CreateCheckoutSessionLineItems::new();
            item.price = Some(price.to_owned());
            item.quantity = Some(quantity);
            item
        };
        let known = self.catalog.plan(plan.as_str());
        let mut lines = Vec::new();
        if !known.is_some_and(Plan::is_all_seats) {
            lines.push(line(self.price(plan, cycle)?, 1));
        }
        let sold = known.and_then(|plan| plan.seats.as_ref());
        let further = sold.zip(seats).map_or(0, |(sold, seats)| sold.extra(seats));
        if further > 0 {
            lines.push(line(self.seat_price(plan, cycle)?, further));
        }
        Ok(lines)
    }

    pub(super) async fn checkout(&self, id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        let session = optional(self.call(&RetrieveCheckoutSession::new(id), None).await)?;
        session.map(|session| state_of(id, session)).transpose()
    }

    pub(super) async fn expire(&self, id: &str) -> Result<Option<CheckoutState>, ProviderError> {
        if !is_object_id(id) {
            return Ok(None);
        }
        match self.call(&ExpireCheckoutSession::new(id), None).await {
            // Stripe expires only open sessions. This session is complete or expired: return its state.
            Err(CallError::Refused(refusal)) if refusal.status == 400 => self.checkout(id).await,
            answer => optional(answer)?.map(|session| state_of(id, session)).transpose(),
        }
    }
}

/// Returns the state of a session, which must be the requested one.
fn state_of(id: &str, session: Session) -> Result<CheckoutState, ProviderError> {
    if session.id != id {
        return Err(AnotherObject("checkout session").into());
    }
    Ok(state(session)?)
}

fn state(session: Session) -> Result<CheckoutState, InvalidSession> {
    let progress = match (session.status.as_deref(), session.payment_status.as_deref()) {
        (Some("open"), _) => CheckoutProgress::Open,
        (Some("expired"), _) => CheckoutProgress::Expired,
        (Some("complete"), Some("paid" | "no_payment_required")) => CheckoutProgress::Paid,
        (Some("complete"), _) => CheckoutProgress::Processing,
        _ => return Err(InvalidSession::Status { id: session.id, status: session.status }),
    };
    let id =
        |field: Option<Expandable<Object>>| field.map(|object| object.id().to_owned()).filter(|id| is_object_id(id));
    Ok(CheckoutState {
        session_id: session.id,
        progress,
        customer: id(session.customer),
        subscription: id(session.subscription),
    })
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(r#"{"id":"cs_1","status":"open","payment_status":"unpaid"}"#, CheckoutProgress::Open, None)]
    #[case(r#"{"id":"cs_1","status":"expired","payment_status":"unpaid"}"#, CheckoutProgress::Expired, None)]
    #[case(
        r#"{"id":"cs_1","status":"complete","payment_status":"paid","subscription":"sub_1"}"#,
        CheckoutProgress::Paid,
        Some("sub_1")
    )]
    #[case(r#"{"id":"cs_1","status":"complete","payment_status":"no_payment_required","subscription":{"id":"sub_1","object":"subscription"}}"#, CheckoutProgress::Paid, Some("sub_1"))]
    #[case(
        r#"{"id":"cs_1","status":"complete","payment_status":"unpaid","subscription":"sub_1"}"#,
        CheckoutProgress::Processing,
        Some("sub_1")
    )]
    fn a_session_counts_as_paid_only_after_the_payment(
        #[case] session: &str,
        #[case] progress: CheckoutProgress,
        #[case] subscription: Option<&str>,
    ) {
        let state = state(serde_json::from_str(session).unwrap()).unwrap();
        assert_eq!((state.progress, state.subscription.as_deref()), (progress, subscription));
    }

    #[test]
    fn a_session_with_an_unknown_status_is_an_error() {
        let session = serde_json::from_str(r#"{"id":"cs_1","status":"dreaming"}"#).unwrap();
        assert!(matches!(state(session), Err(InvalidSession::Status { .. })));
    }
}
