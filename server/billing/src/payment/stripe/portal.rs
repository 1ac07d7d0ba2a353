//! Sessions of the billing portal, on its home page or on one flow.

use stripe_billing::billing_portal_session::{
    CreateBillingPortalSession, CreateBillingPortalSessionFlowData, CreateBillingPortalSessionFlowDataAfterCompletion,
    CreateBillingPortalSessionFlowDataAfterCompletionRedirect, CreateBillingPortalSessionFlowDataAfterCompletionType,
    CreateBillingPortalSessionFlowDataSubscriptionCancel, CreateBillingPortalSessionFlowDataSubscriptionUpdateConfirm,
    CreateBillingPortalSessionFlowDataSubscriptionUpdateConfirmItems, CreateBillingPortalSessionFlowDataType,
};
use url::Url;

use super::{Stripe, answer::PortalSession, locale::portal_locale, unknown_subscription};
use crate::payment::{AnotherObject, NewPortal, PortalFlow, ProviderError};

impl Stripe {
    pub(super) async fn new_portal(&self, new: &NewPortal) -> Result<Url, ProviderError> {
        let NewPortal { customer, flow, return_url, done_url, locale } = new;
        let mut request = CreateBillingPortalSession::new().customer(customer).return_url(return_url);
        if let Some(locale) = locale {
            request = request.locale(portal_locale(locale));
        }
        if let Some(configuration) = &self.portal_configuration {
            request = request.configuration(configuration);
        }
        if let Some(mut flow) = self.flow(flow, customer).await? {
            let mut after = CreateBillingPortalSessionFlowDataAfterCompletion::new(
                CreateBillingPortalSessionFlowDataAfterCompletionType::Redirect,
            );
            after.redirect = Some(CreateBillingPortalSessionFlowDataAfterCompletionRedirect::new(done_url));
            flow.after_completion = Some(after);
            request = request.flow_data(flow);
        }
        let session: PortalSession = self.call(&request, None).await?;
        session.url.parse().map_err(|cause: url::ParseError| ProviderError::Decode(cause.into()))
    }

    async fn flow(
        &self,
        flow: &PortalFlow,
        customer: &str,
    ) -> Result<Option<CreateBillingPortalSessionFlowData>, ProviderError> {
        use CreateBillingPortalSessionFlowDataType as Kind;
        Ok(match flow {
            PortalFlow::Home => None,
            PortalFlow::UpdateCard => Some(CreateBillingPortalSessionFlowData::new(Kind::PaymentMethodUpdate)),
            PortalFlow::Cancel { subscription } => {
                let mut flow = CreateBillingPortalSessionFlowData::new(Kind::SubscriptionCancel);
                flow.subscription_cancel =
                    Some(CreateBillingPortalSessionFlowDataSubscriptionCancel::new(subscription));
                Some(flow)
            }
            PortalFlow::ConfirmChange { subscription, plan, cycle } => {
                let price = self.price(plan, *cycle)?.to_owned();
                // The flow needs the id of the subscription item that changes.
                let current =
                    self.subscription(subscription).await?.ok_or_else(|| unknown_subscription(subscription))?;
                if current.customer.id() != customer {
                    return Err(AnotherObject("customer").into());
                }
                let products = self.products_beside_plan(&current).await?;
                let current_item = self.classify_items(&current, &products)?.plan_item;
                let mut item = CreateBillingPortalSessionFlowDataSubscriptionUpdateConfirmItems::new(&current_item.id);
                item.price = Some(price);
                item.quantity = current_item.quantity;
                let mut flow = CreateBillingPortalSessionFlowData::new(Kind::SubscriptionUpdateConfirm);
                flow.subscription_update_confirm =
                    Some(CreateBillingPortalSessionFlowDataSubscriptionUpdateConfirm::new(vec![item], subscription));
                Some(flow)
            }
        })
    }
}
