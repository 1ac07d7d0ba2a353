//! Orders in a currency: those of Dues, and checkouts of Dues whose session it does not know.

use billing::{
    payment::NewCheckout,
    service::{
        ServiceError,
        checkout::{CheckoutOrder, CheckoutStarted},
    },
    store::subscription::checkout_attempts::Attempt,
};
use domain::{
    account::Viewer,
    catalog::Cycle,
    money::Currency,
    subscription::{checkout_options::CheckoutOptions, order::AttemptState},
    tenant::actor::Actor,
    time::Clock,
};

use super::{TestEnv, biller};

/// What a checkout of Dues sells.
pub(crate) struct Sale<'a> {
    pub(crate) plan: &'a str,
    pub(crate) cycle: Cycle,
    pub(crate) trial_days: u16,
    pub(crate) currency: Currency,
}

impl TestEnv {
    /// Starts a checkout in a currency; `None` for the tenant's.
    pub(crate) async fn order_in(
        &self,
        owner: &Viewer,
        plan: &str,
        cycle: Cycle,
        currency: Option<Currency>,
    ) -> Result<CheckoutStarted, ServiceError> {
        self.order_with(owner, plan, cycle, CheckoutOptions { currency, ..CheckoutOptions::default() }).await
    }

    pub(crate) async fn order_with(
        &self,
        owner: &Viewer,
        plan: &str,
        cycle: Cycle,
        options: CheckoutOptions,
    ) -> Result<CheckoutStarted, ServiceError> {
        let request = CheckoutOrder {
            plan: plan.to_owned(),
            cycle,
            success_url: None,
            cancel_url: None,
            upgrade_only: false,
            seats: None,
            is_confirmed: false,
            language: None,
            options,
        };
        self.services.checkouts().start_checkout(&biller(owner), request).await
    }

    /// Creates a checkout of Dues whose session Dues does not know, as after a lost response, and returns its hosted
    /// page.
    pub(crate) async fn create_unknown_checkout_of(&self, owner: &Viewer, attempt: &str, sale: &Sale<'_>) -> String {
        let tenant = &owner.current_membership.tenant_id;
        let new = NewCheckout {
            attempt: attempt.parse().unwrap(),
            tenant: tenant.clone(),
            customer: self.customer(tenant).await,
            plan: sale.plan.parse().unwrap(),
            cycle: sale.cycle,
            seats: None,
            success_url: "http://dues.test/paid".to_owned(),
            cancel_url: "http://dues.test/".to_owned(),
            trial_days: sale.trial_days,
            locale: None,
            options: CheckoutOptions { currency: Some(sale.currency), ..CheckoutOptions::default() },
        };
        let stored = Attempt {
            id: new.attempt.clone(),
            provider: self.provider_name(),
            plan: new.plan.clone(),
            cycle: new.cycle,
            state: AttemptState::Superseded,
            success_url: new.success_url.clone(),
            cancel_url: new.cancel_url.clone(),
            session_id: None,
            trial_days: new.trial_days,
            locale: None,
            seats: None,
            options: new.options.clone(),
            created_by: Actor::User(owner.user_id.clone()),
            created_at: self.wall.now(),
        };
        let mut tx = self.database.store.begin().await.unwrap();
        tx.connection().insert_attempt(tenant, &stored).await.unwrap();
        tx.commit().await.unwrap();
        self.provider.create_checkout(&new).await.unwrap().url.into()
    }
}
