//! Messages of an endpoint, for its admins: a ping, the log of deliveries, and sending again.

use domain::ids::TenantId;
use serde_json::json;

use super::{
    DISABLED, Deliveries, EndpointAuthority, MAX_DELIVERIES_PER_PAGE,
    announce::{self, PING},
    not_found,
};
use crate::{
    identity::throttle::Throttle,
    service::{Endpoints, ServiceError},
    store::webhook::webhook_messages::{Delivery, NewMessage},
};

/// Maximum number of pings of an endpoint that wait to be sent.
const MAX_WAITING_PINGS: u64 = 5;

impl Endpoints {
    /// Enqueues a `ping` to an endpoint. It is sent once, without retries.
    pub async fn ping_endpoint<'a>(
        &self,
        authority: impl Into<EndpointAuthority<'a>>,
        id: &str,
    ) -> Result<Delivery, ServiceError> {
        let authority = authority.into();
        authority.require()?;
        let tenant = &*authority.owner();
        self.endpoint(tenant, id).await?;
        self.throttle_action(&Throttle::of_messages(tenant)).await?;
        let now = self.wall_now();
        let mut tx = self.store().begin().await?;
        authority.lock(&mut tx).await?;
        let endpoint = tx.connection().find_endpoint(tenant, id).await?.ok_or_else(not_found)?;
        if endpoint.disabled.is_some() {
            return Err(DISABLED);
        }
        if tx.connection().count_waiting(tenant, id, PING).await? >= MAX_WAITING_PINGS {
            return Err(ServiceError::Conflict(
                "Pings are waiting to be sent already. Try again when they have been sent.",
            ));
        }
        let data = json!({ "tenantId": tenant, "endpointId": id });
        let message = NewMessage {
            tenant: tenant.clone(),
            id: announce::message_id(),
            endpoint: id.to_owned(),
            event: PING,
            body: announce::body(PING, now, &data),
            about: None,
        };
        tx.connection().insert_messages(std::slice::from_ref(&message), now).await?;
        let delivery = tx.connection().find_delivery(tenant, id, &message.id).await?;
        tx.commit().await?;
        self.messages_written().notify_one();
        delivery.ok_or(ServiceError::Internal("the inserted webhook ping is missing"))
    }

    /// Returns an endpoint's deliveries, newest first: at most `most`, from the cursor of the previous page.
    pub async fn deliveries(
        &self,
        tenant: &TenantId,
        id: &str,
        cursor: Option<&str>,
        most: u64,
    ) -> Result<Deliveries, ServiceError> {
        let most = most.clamp(1, MAX_DELIVERIES_PER_PAGE);
        let mut reader = self.store().read().await?;
        reader.connection().find_endpoint(tenant, id).await?.ok_or_else(not_found)?;
        let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
        // A cursor that can't be an id is ignored.
        let cursor = cursor.filter(|cursor| cursor.bytes().all(|byte| byte.is_ascii_graphic()));
        let mut items = reader.connection().list_deliveries(tenant, id, cursor, limit).await?;
        let has_more = u64::try_from(items.len()).is_ok_and(|found| found > most);
        items.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        let next = items.last().filter(|_| has_more).map(|last| last.id.clone());
        Ok(Deliveries { items, next })
    }

    /// Enqueues a message again under the same id, even if it was delivered before.
    pub async fn resend_message<'a>(
        &self,
        authority: impl Into<EndpointAuthority<'a>>,
        id: &str,
        message: &str,
    ) -> Result<Delivery, ServiceError> {
        let authority = authority.into();
        authority.require()?;
        let tenant = &*authority.owner();
        self.endpoint(tenant, id).await?;
        self.throttle_action(&Throttle::of_messages(tenant)).await?;
        let mut tx = self.store().begin().await?;
        authority.lock(&mut tx).await?;
        let endpoint = tx.connection().find_endpoint(tenant, id).await?.ok_or_else(not_found)?;
        if endpoint.disabled.is_some() {
            return Err(DISABLED);
        }
        if !tx.connection().send_message_again(tenant, id, message, self.wall_now()).await? {
            return Err(ServiceError::NotFound("delivery"));
        }
        let again = tx.connection().find_delivery(tenant, id, message).await?;
        tx.commit().await?;
        self.messages_written().notify_one();
        again.ok_or(ServiceError::NotFound("delivery"))
    }
}
