//! Tenants' webhook endpoints.

use domain::{ids::TenantId, tenant::webhook_event::WebhookEvent, time::Timestamp};

use crate::store::{
    Connection, StoreError, StoreResult,
    dialect::{json_rows, row_statements},
    on_backend, parse, statements,
};

statements! {
    INSERT_ENDPOINT = "INSERT INTO webhook_endpoints (tenant_id, endpoint_id, url, description, events, secret, created_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)";
    LIST_ENDPOINTS = "SELECT tenant_id, endpoint_id, url, description, events, secret, former_secret, former_until, \
         disabled_at, disabled_why, failing_since, created_at FROM webhook_endpoints \
         WHERE tenant_id = $1 ORDER BY created_at DESC, endpoint_id DESC";
    FIND_ENDPOINT = "SELECT tenant_id, endpoint_id, url, description, events, secret, former_secret, former_until, \
         disabled_at, disabled_why, failing_since, created_at FROM webhook_endpoints \
         WHERE tenant_id = $1 AND endpoint_id = $2";
    COUNT_ENDPOINTS = "SELECT count(*) FROM webhook_endpoints WHERE tenant_id = $1";
    UPDATE_ENDPOINT = "UPDATE webhook_endpoints SET url = $3, description = $4, events = $5, disabled_at = $6, \
         disabled_why = $7, failing_since = $8, pace = CASE WHEN url = $3 THEN pace ELSE 'new' END \
         WHERE tenant_id = $1 AND endpoint_id = $2";
    UPDATE_PACE = "UPDATE webhook_endpoints SET pace = $3 WHERE tenant_id = $1 AND endpoint_id = $2 AND pace <> $3";
    UPDATE_SERVED = "UPDATE webhook_endpoints SET served_at = $3 WHERE tenant_id = $1 AND endpoint_id = $2";
    UPDATE_ENDPOINT_SECRET = "UPDATE webhook_endpoints SET secret = $3, former_secret = $4, former_until = $5 \
         WHERE tenant_id = $1 AND endpoint_id = $2";
    DELETE_ENDPOINT = "DELETE FROM webhook_endpoints WHERE tenant_id = $1 AND endpoint_id = $2";
    CLEAR_FAILING = "UPDATE webhook_endpoints SET failing_since = NULL WHERE tenant_id = $1 AND endpoint_id = $2";
    UPDATE_FAILING = "UPDATE webhook_endpoints SET failing_since = COALESCE(failing_since, $3) \
         WHERE tenant_id = $1 AND endpoint_id = $2 AND disabled_at IS NULL RETURNING failing_since";
}

row_statements! {
    LIST_ENABLED = "SELECT tenant_id, endpoint_id, events FROM webhook_endpoints WHERE disabled_at IS NULL \
         AND tenant_id IN (SELECT sent.value ->> 0 FROM " ROWS ") ORDER BY tenant_id, endpoint_id";
}

/// How quickly an endpoint answered last. Decides the lane of its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// Not called yet.
    New,
    Prompt,
    /// It answered late or not at all.
    Slow,
}

domain::all_variants!(Pace { New, Prompt, Slow });

impl Pace {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Prompt => "prompt",
            Self::Slow => "slow",
        }
    }
}

/// An endpoint. Its signing secrets are sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    pub tenant: TenantId,
    pub id: String,
    pub url: String,
    pub description: String,
    /// `None` for every event, including future ones.
    pub events: Option<Vec<WebhookEvent>>,
    pub secret: String,
    /// The former secret, and until when it signs as well.
    pub former: Option<(String, Timestamp)>,
    /// When and why deliveries were stopped; `None` while the endpoint is enabled.
    pub disabled: Option<Disabled>,
    /// Since when every attempt has failed; `None` while the endpoint is not failing.
    pub failing_since: Option<Timestamp>,
    pub created_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Disabled {
    pub at: Timestamp,
    pub why: DisabledWhy,
}

/// Why an endpoint is disabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DisabledWhy {
    /// An admin disabled it.
    ByAdmin,
    /// It answered 410.
    Gone,
    /// It failed for days.
    Failing,
}

domain::all_variants!(DisabledWhy { ByAdmin, Gone, Failing });

impl DisabledWhy {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ByAdmin => "by_admin",
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

impl std::str::FromStr for DisabledWhy {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let known = Self::ALL.into_iter().find(|why| why.as_str() == text);
        known.ok_or(StoreError::Corrupt("webhook_endpoints.disabled_why"))
    }
}

#[derive(sqlx::FromRow)]
struct EndpointRow {
    tenant_id: String,
    endpoint_id: String,
    url: String,
    description: String,
    events: String,
    secret: String,
    former_secret: Option<String>,
    former_until: Option<i64>,
    disabled_at: Option<i64>,
    disabled_why: Option<String>,
    failing_since: Option<i64>,
    created_at: i64,
}

impl EndpointRow {
    fn read(self) -> StoreResult<Endpoint> {
        let Self {
            tenant_id,
            endpoint_id,
            url,
            description,
            events,
            secret,
            former_secret,
            former_until,
            disabled_at,
            disabled_why,
            failing_since,
            created_at,
        } = self;
        let disabled = disabled_at.map(|at| {
            let why = parse(&disabled_why.unwrap_or_default(), "webhook_endpoints.disabled_why")?;
            Ok::<_, StoreError>(Disabled { at: Timestamp::from_micros(at), why })
        });
        Ok(Endpoint {
            tenant: parse(&tenant_id, "webhook_endpoints.tenant_id")?,
            id: endpoint_id,
            url,
            description,
            events: read_events(&events)?,
            secret,
            former: former_secret.zip(former_until.map(Timestamp::from_micros)),
            disabled: disabled.transpose()?,
            failing_since: failing_since.map(Timestamp::from_micros),
            created_at: Timestamp::from_micros(created_at),
        })
    }
}

fn read_events(column: &str) -> StoreResult<Option<Vec<WebhookEvent>>> {
    if column.is_empty() {
        return Ok(None);
    }
    column.split(',').map(|event| parse(event, "webhook_endpoints.events")).collect::<StoreResult<_>>().map(Some)
}

fn write_events(events: Option<&[WebhookEvent]>) -> String {
    events.unwrap_or_default().iter().map(|event| event.as_str()).collect::<Vec<_>>().join(",")
}

/// An enabled endpoint and the events that it is subscribed to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnabledEndpoint {
    pub tenant: TenantId,
    pub endpoint: String,
    events: Option<Vec<WebhookEvent>>,
}

impl EnabledEndpoint {
    pub fn wants(&self, event: WebhookEvent) -> bool {
        self.events.as_ref().is_none_or(|events| events.contains(&event))
    }
}

/// Whether a text has the form of an id. Other texts match no row, and a database may refuse to take them.
pub(in crate::store) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Connection<'_> {
    pub async fn insert_endpoint(&mut self, endpoint: &Endpoint) -> StoreResult<()> {
        let Endpoint {
            tenant,
            id,
            url,
            description,
            events,
            secret,
            former: _,
            disabled: _,
            failing_since: _,
            created_at,
        } = endpoint;
        on_backend!(self, connection => sqlx::query(INSERT_ENDPOINT)
            .bind(tenant.as_str())
            .bind(id)
            .bind(url)
            .bind(description)
            .bind(write_events(events.as_deref()))
            .bind(secret)
            .bind(created_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Lists a tenant's endpoints, newest first.
    pub async fn list_endpoints(&mut self, tenant: &TenantId) -> StoreResult<Vec<Endpoint>> {
        let rows: Vec<EndpointRow> = on_backend!(self, connection => sqlx::query_as(LIST_ENDPOINTS)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        rows.into_iter().map(EndpointRow::read).collect()
    }

    pub async fn find_endpoint(&mut self, tenant: &TenantId, id: &str) -> StoreResult<Option<Endpoint>> {
        if !is_id(id) {
            return Ok(None);
        }
        let row: Option<EndpointRow> = on_backend!(self, connection => sqlx::query_as(FIND_ENDPOINT)
            .bind(tenant.as_str())
            .bind(id)
            .fetch_optional(&mut **connection)
            .await?);
        row.map(EndpointRow::read).transpose()
    }

    pub async fn count_endpoints(&mut self, tenant: &TenantId) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_ENDPOINTS)
            .bind(tenant.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }

    /// Lists the enabled endpoints of these tenants.
    pub async fn list_enabled_endpoints(&mut self, tenants: &[TenantId]) -> StoreResult<Vec<EnabledEndpoint>> {
        let statement = self.row_statement(LIST_ENABLED);
        let rows: Vec<(String, String, String)> = on_backend!(self, connection => sqlx::query_as(statement)
            .bind(json_rows(tenants.iter().map(|tenant| (tenant.as_str(),)))?)
            .fetch_all(&mut **connection)
            .await?);
        let endpoints = rows.into_iter().map(|(tenant, endpoint, events)| {
            let (tenant, events) = (parse(&tenant, "webhook_endpoints.tenant_id")?, read_events(&events)?);
            Ok(EnabledEndpoint { tenant, endpoint, events })
        });
        endpoints.collect()
    }

    /// Updates everything but the secrets.
    pub async fn update_endpoint(&mut self, endpoint: &Endpoint) -> StoreResult<()> {
        let Endpoint {
            tenant,
            id,
            url,
            description,
            events,
            secret: _,
            former: _,
            disabled,
            failing_since,
            created_at: _,
        } = endpoint;
        on_backend!(self, connection => sqlx::query(UPDATE_ENDPOINT)
            .bind(tenant.as_str())
            .bind(id)
            .bind(url)
            .bind(description)
            .bind(write_events(events.as_deref()))
            .bind(disabled.map(|disabled| disabled.at.as_micros()))
            .bind(disabled.map(|disabled| disabled.why.as_str()))
            .bind(failing_since.map(Timestamp::as_micros))
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Sets a new secret. `former` is the replaced secret, and until when it signs as well.
    pub async fn update_endpoint_secret(
        &mut self,
        tenant: &TenantId,
        id: &str,
        secret: &str,
        former: (&str, Timestamp),
    ) -> StoreResult<()> {
        let (former, until) = former;
        on_backend!(self, connection => sqlx::query(UPDATE_ENDPOINT_SECRET)
            .bind(tenant.as_str())
            .bind(id)
            .bind(secret)
            .bind(former)
            .bind(until.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Deletes an endpoint and its messages. Returns whether there was one.
    pub async fn delete_endpoint(&mut self, tenant: &TenantId, id: &str) -> StoreResult<bool> {
        if !is_id(id) {
            return Ok(false);
        }
        let rows = on_backend!(self, connection => sqlx::query(DELETE_ENDPOINT)
            .bind(tenant.as_str())
            .bind(id)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Stores how quickly the endpoint answered. Returns whether its pace has changed.
    pub async fn update_endpoint_pace(&mut self, tenant: &TenantId, id: &str, pace: Pace) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(UPDATE_PACE)
            .bind(tenant.as_str())
            .bind(id)
            .bind(pace.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Stores when one of the endpoint's messages was last claimed.
    pub async fn update_endpoint_served(&mut self, tenant: &TenantId, id: &str, at: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(UPDATE_SERVED)
            .bind(tenant.as_str())
            .bind(id)
            .bind(at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Marks the endpoint as not failing.
    pub async fn clear_endpoint_failing(&mut self, tenant: &TenantId, id: &str) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(CLEAR_FAILING)
            .bind(tenant.as_str())
            .bind(id)
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }

    /// Marks the endpoint as failing. Returns since when it fails; `None` if it is disabled or deleted.
    pub async fn mark_endpoint_failing(
        &mut self,
        tenant: &TenantId,
        id: &str,
        now: Timestamp,
    ) -> StoreResult<Option<Timestamp>> {
        let since: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(UPDATE_FAILING)
            .bind(tenant.as_str())
            .bind(id)
            .bind(now.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(since.map(Timestamp::from_micros))
    }
}
