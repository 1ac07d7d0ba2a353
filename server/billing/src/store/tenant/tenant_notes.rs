//! Operators' notes about tenants. Times are wall time.

use domain::{
    account::Email,
    ids::{TenantId, UserId},
    time::Timestamp,
};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_NOTE = "INSERT INTO tenant_notes (tenant_id, note_id, body, author_id, created_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, note_id) DO NOTHING";
    COUNT_NOTES = "SELECT count(*) FROM tenant_notes WHERE tenant_id = $1";
    LIST_NOTES = "SELECT tenant_notes.note_id, tenant_notes.body, users.email, tenant_notes.created_at FROM tenant_notes \
         LEFT JOIN users ON users.user_id = tenant_notes.author_id WHERE tenant_notes.tenant_id = $1 \
         ORDER BY tenant_notes.created_at DESC, tenant_notes.note_id DESC LIMIT 50";
    DELETE_NOTE = "DELETE FROM tenant_notes WHERE tenant_id = $1 AND note_id = $2";
}

/// The maximum number of notes about a tenant.
pub const MAX_NOTES: usize = 50;

/// An operator's note about a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantNote {
    pub id: String,
    pub text: String,
    /// The author's current address; `None` if the account is gone.
    pub author: Option<Email>,
    pub created_at: Timestamp,
}

impl Connection<'_> {
    /// Inserts a note. `false` if the tenant has a note with this id.
    pub async fn insert_tenant_note(
        &mut self,
        tenant: &TenantId,
        (id, text): (&str, &str),
        author: &UserId,
        now: Timestamp,
    ) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(INSERT_NOTE)
            .bind(tenant.as_str())
            .bind(id)
            .bind(text)
            .bind(author.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    pub async fn count_tenant_notes(&mut self, tenant: &TenantId) -> StoreResult<u64> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_NOTES)
            .bind(tenant.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count.unsigned_abs())
    }

    /// Lists the notes about a tenant, newest first, at most [`MAX_NOTES`].
    pub async fn list_tenant_notes(&mut self, tenant: &TenantId) -> StoreResult<Vec<TenantNote>> {
        type Row = (String, String, Option<String>, i64);
        let rows: Vec<Row> = on_backend!(self, connection => sqlx::query_as(LIST_NOTES)
            .bind(tenant.as_str())
            .fetch_all(&mut **connection)
            .await?);
        let read = |(id, text, author, created_at): Row| {
            Ok(TenantNote {
                id,
                text,
                author: author.map(|email| parse(&email, "users.email")).transpose()?,
                created_at: Timestamp::from_micros(created_at),
            })
        };
        rows.into_iter().map(read).collect()
    }

    /// Deletes a note about a tenant. `false` if there is none.
    pub async fn delete_tenant_note(&mut self, tenant: &TenantId, id: &str) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(DELETE_NOTE)
            .bind(tenant.as_str())
            .bind(id)
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }
}
