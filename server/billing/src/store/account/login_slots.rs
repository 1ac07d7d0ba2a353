//! Slots for login attempts after too many failures: consecutive, shared by all nodes.

use domain::time::Timestamp;

use super::login_failures::kept_as;
use crate::store::{Connection, StoreResult, on_backend, statements};

statements! {
    TAKE_SLOT = "INSERT INTO login_slots (subject, free_at) VALUES ($1, CAST($2 AS BIGINT) + CAST($3 AS BIGINT)) \
         ON CONFLICT (subject) DO UPDATE SET \
         free_at = CASE WHEN login_slots.free_at > $2 THEN login_slots.free_at ELSE $2 END + CAST($3 AS BIGINT) \
         WHERE login_slots.free_at <= $4 RETURNING free_at";
    FIND_SLOT = "SELECT free_at FROM login_slots WHERE subject = $1";
}

/// The result of [`Connection::take_login_slot`]: a slot, or that every slot until `latest` is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginSlot {
    At(Timestamp),
    /// When the next slot is free.
    NoneBefore(Timestamp),
}

impl Connection<'_> {
    /// Claims the next slot of `subject` that begins at `latest` or before. Slots are `every_secs` apart.
    pub async fn take_login_slot(
        &mut self,
        subject: &str,
        every_secs: i64,
        now: Timestamp,
        latest: Timestamp,
    ) -> StoreResult<LoginSlot> {
        let apart = Timestamp::from_secs(every_secs).as_micros();
        let taken: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(TAKE_SLOT)
            .bind(kept_as(subject))
            .bind(now.as_micros())
            .bind(apart)
            .bind(latest.as_micros())
            .fetch_optional(&mut **connection)
            .await?);
        if let Some(free_at) = taken {
            return Ok(LoginSlot::At(Timestamp::from_micros(free_at.saturating_sub(apart))));
        }
        let free_at: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_SLOT)
            .bind(kept_as(subject))
            .fetch_optional(&mut **connection)
            .await?);
        Ok(LoginSlot::NoneBefore(free_at.map_or(now, Timestamp::from_micros)))
    }
}
