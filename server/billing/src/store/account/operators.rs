//! The operators of this installation. Global: an operator need not be a member of any tenant.

use domain::{account::Email, ids::UserId, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, parse, statements};

statements! {
    INSERT_OPERATOR = "INSERT INTO operators (user_id, created_at) VALUES ($1, $2) ON CONFLICT (user_id) DO NOTHING";
    DELETE_OPERATOR = "DELETE FROM operators WHERE user_id = $1";
    COUNT_OPERATOR = "SELECT count(*) FROM operators WHERE user_id = $1";
    // A user whose workspaces are all deleted has none.
    FIND_OPERATOR_WITHOUT_WORKSPACE = "SELECT CAST(1 AS BIGINT) FROM operators WHERE user_id = $1 AND NOT EXISTS \
         (SELECT 1 FROM memberships JOIN tenants ON tenants.tenant_id = memberships.tenant_id \
         WHERE memberships.user_id = $1 AND tenants.deleted_at IS NULL)";
    LIST_OPERATORS = "SELECT operators.user_id, users.email, operators.created_at FROM operators \
         JOIN users ON users.user_id = operators.user_id ORDER BY operators.created_at, operators.user_id";
}

/// An operator, as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedOperator {
    pub user: UserId,
    pub email: Email,
    /// Wall time.
    pub since: Timestamp,
}

impl Connection<'_> {
    /// Adds an operator. `false` if the user is one already.
    pub async fn insert_operator(&mut self, user: &UserId, now: Timestamp) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(INSERT_OPERATOR)
            .bind(user.as_str())
            .bind(now.as_micros())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Removes an operator. `false` if the user is not one.
    pub async fn delete_operator(&mut self, user: &UserId) -> StoreResult<bool> {
        let rows = on_backend!(self, connection => sqlx::query(DELETE_OPERATOR)
            .bind(user.as_str())
            .execute(&mut **connection)
            .await?
            .rows_affected());
        Ok(rows > 0)
    }

    /// Whether the user is an operator who belongs to no workspace.
    pub async fn is_operator_without_workspace(&mut self, user: &UserId) -> StoreResult<bool> {
        let found: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_OPERATOR_WITHOUT_WORKSPACE)
            .bind(user.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(found.is_some())
    }

    pub async fn is_operator(&mut self, user: &UserId) -> StoreResult<bool> {
        let count: i64 = on_backend!(self, connection => sqlx::query_scalar(COUNT_OPERATOR)
            .bind(user.as_str())
            .fetch_one(&mut **connection)
            .await?);
        Ok(count > 0)
    }

    /// Lists operators in the order in which they were added.
    pub async fn list_operators(&mut self) -> StoreResult<Vec<ListedOperator>> {
        let rows: Vec<(String, String, i64)> = on_backend!(self, connection => sqlx::query_as(LIST_OPERATORS)
            .fetch_all(&mut **connection)
            .await?);
        let read = |(user, email, since): (String, String, i64)| {
            Ok(ListedOperator {
                user: parse(&user, "operators.user_id")?,
                email: Email::from_stored(email),
                since: Timestamp::from_micros(since),
            })
        };
        rows.into_iter().map(read).collect()
    }
}
