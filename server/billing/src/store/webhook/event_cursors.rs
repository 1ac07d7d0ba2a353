//! How far each provider's own event list was read.

use domain::{subscription::Provider, time::Timestamp};

use crate::store::{Connection, StoreResult, on_backend, statements};

statements! {
    FIND_CURSOR = "SELECT newest_at FROM event_cursors WHERE provider = $1";
    // Never moves back: two nodes may read at once.
    MOVE_CURSOR = "INSERT INTO event_cursors (provider, newest_at) VALUES ($1, $2) ON CONFLICT (provider) DO UPDATE SET \
         newest_at = CASE WHEN excluded.newest_at > event_cursors.newest_at THEN excluded.newest_at ELSE event_cursors.newest_at END";
}

impl Connection<'_> {
    /// Finds when the newest event that was read was created, by the provider's clock; `None` before the first read.
    pub async fn find_event_cursor(&mut self, provider: Provider) -> StoreResult<Option<Timestamp>> {
        let at: Option<i64> = on_backend!(self, connection => sqlx::query_scalar(FIND_CURSOR)
            .bind(provider.as_str())
            .fetch_optional(&mut **connection)
            .await?);
        Ok(at.map(Timestamp::from_micros))
    }

    pub async fn move_event_cursor(&mut self, provider: Provider, newest_at: Timestamp) -> StoreResult<()> {
        on_backend!(self, connection => sqlx::query(MOVE_CURSOR)
            .bind(provider.as_str())
            .bind(newest_at.as_micros())
            .execute(&mut **connection)
            .await
            .map(drop)?);
        Ok(())
    }
}
