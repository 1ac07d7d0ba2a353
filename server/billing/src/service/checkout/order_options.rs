//! The options of an order: its currency, discount, trial and metadata.

use domain::{
    catalog::Cycle,
    ids::TenantId,
    money::Currency,
    subscription::{
        Provider, Subscription,
        checkout_options::{CheckoutDiscount, CheckoutOptions, EXTERNAL_ID},
        currency::tenant_currency,
        current_subscription,
        order::{OrderError, ValidatedOrder, validate_order},
    },
    tenant::actor::Actor,
};

use crate::{
    payment::ProviderCapabilities,
    service::{Checkouts, ServiceError, base::permission::Biller},
};

impl Checkouts {
    /// Validates an order in the tenant's currency, which `wanted` may choose before the first subscription.
    pub(super) fn order_in_currency(
        &self,
        subscriptions: &[Subscription],
        plan: &str,
        cycle: Cycle,
        wanted: Option<Currency>,
    ) -> Result<ValidatedOrder<'_>, ServiceError> {
        let catalog = self.catalog();
        let currency = tenant_currency(catalog, subscriptions, wanted);
        let currency = currency.map_err(|error| ServiceError::field("currency", error.to_string()))?;
        let is_live = current_subscription(catalog, subscriptions).is_some_and(|current| current.status.is_live());
        self.order_priced_in(currency, is_live, plan, cycle).map_err(|error| match error {
            OrderError::OtherCurrency { .. } if wanted.is_some() => ServiceError::field("currency", error.to_string()),
            error => ServiceError::field("plan", error.to_string()),
        })
    }

    /// Validates an order in a currency. `is_live`: whether the tenant has a live subscription. Then a plan that is not
    /// sold in the currency has its price in the catalog's, and the change is a conflict.
    pub(super) fn order_priced_in(
        &self,
        currency: Currency,
        is_live: bool,
        plan: &str,
        cycle: Cycle,
    ) -> Result<ValidatedOrder<'_>, OrderError> {
        let catalog = self.catalog();
        match validate_order(catalog, plan, cycle, currency) {
            Err(OrderError::OtherCurrency { .. }) if is_live => validate_order(catalog, plan, cycle, catalog.currency),
            order => order,
        }
    }

    /// Returns the options that an attempt of the provider's `customer` keeps. Looks the discount up at the provider.
    pub(super) async fn options_of_attempt(
        &self,
        tenant: &TenantId,
        (name, customer): (Provider, &str),
        options: &CheckoutOptions,
        currency: Currency,
    ) -> Result<CheckoutOptions, ServiceError> {
        if !ProviderCapabilities::of(name).takes(currency) {
            let message = format!("{} takes no payments in {currency}. Choose another currency.", name.title());
            return Err(ServiceError::field("currency", message));
        }
        let CheckoutOptions { currency: _, discount, trial_days, locale, metadata, settings: _ } = options.clone();
        let discount = match discount {
            Some(discount) => {
                let provider = self.sender(name).ok_or(ServiceError::BillingNotConfigured)?;
                match provider.find_discount(&discount, customer).await {
                    Ok(found) => Some(found),
                    Err(error) => return Err(self.providers().failed_call(tenant, name, error).await),
                }
            }
            None => None,
        };
        let found = self.store().read().await?.connection().find_tenant(tenant).await?;
        let external_id = found.and_then(|found| found.external_id).map(|id| (EXTERNAL_ID.to_owned(), id.to_string()));
        let metadata = metadata.into_iter().chain(external_id).collect();
        Ok(CheckoutOptions {
            currency: Some(currency),
            discount,
            trial_days,
            locale,
            metadata,
            settings: self.settings().checkout,
        })
    }
}

/// Checks options before anything is read. Only an installation key may set the trial.
pub(super) fn check_options(biller: &Biller, options: &CheckoutOptions) -> Result<(), ServiceError> {
    options.check().map_err(|error| ServiceError::field(error.field, error.to_string()))?;
    if options.trial_days.is_some() && !matches!(biller.by(), Actor::InstallationKey(_)) {
        return Err(ServiceError::field("trialDays", "trialDays can be set with an installation key only."));
    }
    Ok(())
}

/// Refuses the options that a change of a live subscription can't have. Its metadata stays as it is.
pub(super) fn refuse_for_change(options: &CheckoutOptions) -> Result<(), ServiceError> {
    let discount = options.discount.as_ref().map(CheckoutDiscount::field);
    let trial = options.trial_days.filter(|days| *days > 0).map(|_| "trialDays");
    match discount.or(trial) {
        Some(field) => {
            let message =
                format!("{field} is for a first payment. This workspace has a subscription, which changes its plan.");
            Err(ServiceError::field(field, message))
        }
        None => Ok(()),
    }
}
