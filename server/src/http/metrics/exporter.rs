//! Renders this node's metrics in the text format of Prometheus.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::body::Bytes;
use billing::{Services, service::ServiceError, store::job::jobs::Lane};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::sync::Mutex;

pub(super) const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";
const JOBS: &str = "dues_jobs_waiting";
const OLDEST_DUE: &str = "dues_jobs_oldest_due_seconds";
const MESSAGES: &str = "dues_webhook_messages_waiting";
const CACHE_TTL: Duration = Duration::from_secs(1);
/// How long the depths of queues may take to read: less than the ten seconds that Prometheus waits by default.
const READ_TIMEOUT: Duration = Duration::from_secs(3);
const MICROS_PER_SEC: f64 = 1_000_000.0;

pub(super) fn describe() {
    metrics::describe_gauge!(JOBS, "Jobs that are not done yet, of all nodes, by lane.");
    metrics::describe_gauge!(
        OLDEST_DUE,
        metrics::Unit::Seconds,
        "How long the longest due job has waited for a worker, by lane."
    );
    metrics::describe_gauge!(MESSAGES, "Webhook messages that are not delivered yet, of all nodes.");
}

/// Renders the metrics at most once a second, because each rendering reads the depths of queues in the database. While
/// the database does not answer, these are `NaN`, and all other metrics are rendered.
#[derive(Clone)]
pub struct Exporter {
    recorder: PrometheusHandle,
    services: Services,
    last: Arc<Mutex<Option<(Instant, Bytes)>>>,
}

impl Exporter {
    pub fn new(recorder: PrometheusHandle, services: Services) -> Self {
        Self { recorder, services, last: Arc::default() }
    }

    pub(super) async fn text(&self) -> Bytes {
        let mut last = self.last.lock().await;
        if let Some((at, text)) = &*last
            && at.elapsed() < CACHE_TTL
        {
            return text.clone();
        }
        let read = tokio::time::timeout(READ_TIMEOUT, self.read_queues()).await;
        if let Err(error) = read.unwrap_or(Err(ServiceError::Unavailable)) {
            tracing::warn!(error = &error as &dyn std::error::Error, "failed to read the depths of queues");
            set_queues_unknown();
        }
        let text = Bytes::from(self.recorder.render());
        *last = Some((Instant::now(), text.clone()));
        text
    }

    async fn read_queues(&self) -> Result<(), ServiceError> {
        let now = self.services.wall_now();
        let mut reader = self.services.store().read().await?;
        let mut connection = reader.connection();
        let waiting = connection.count_jobs_by_lane().await?;
        for lane in Lane::ALL {
            let count = waiting.iter().find(|(name, _)| name == lane.as_str()).map_or(0, |(_, count)| *count);
            metrics::gauge!(JOBS, "lane" => lane.as_str()).set(as_float(count));
            let due = connection.find_next_run(lane).await?.filter(|due| *due < now);
            let waited = due.map_or(0, |due| now.as_micros().abs_diff(due.as_micros()));
            metrics::gauge!(OLDEST_DUE, "lane" => lane.as_str()).set(as_float(waited) / MICROS_PER_SEC);
        }
        metrics::gauge!(MESSAGES).set(as_float(connection.count_waiting_messages().await?));
        Ok(())
    }
}

fn set_queues_unknown() {
    for lane in Lane::ALL {
        metrics::gauge!(JOBS, "lane" => lane.as_str()).set(f64::NAN);
        metrics::gauge!(OLDEST_DUE, "lane" => lane.as_str()).set(f64::NAN);
    }
    metrics::gauge!(MESSAGES).set(f64::NAN);
}

#[expect(clippy::cast_precision_loss, reason = "a gauge is displayed only")]
fn as_float(number: u64) -> f64 {
    number as f64
}
