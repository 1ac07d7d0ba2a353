//! Counts statements to the database.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tracing::{
    Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

/// Begins the statement of a new connection. When the pool opens one is left to chance, so it is not counted.
const PREPARES_CONNECTION: &str = "SELECT set_config('idle_in_transaction_session_timeout'";

/// A tracing subscriber that counts the database statements of the thread that it is set on.
#[derive(Clone, Default)]
pub(in crate::service) struct StatementCounter(Arc<AtomicUsize>);

impl StatementCounter {
    pub(in crate::service) fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Subscriber for StatementCounter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "sqlx::query"
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut statement = Statement::default();
        event.record(&mut statement);
        if !statement.prepares_connection {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Statement {
    prepares_connection: bool,
}

impl Visit for Statement {
    fn record_str(&mut self, _: &Field, value: &str) {
        self.prepares_connection |= value.trim_start().starts_with(PREPARES_CONNECTION);
    }
    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}
