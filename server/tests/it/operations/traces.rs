//! Traces: a collector that decodes OTLP receives one trace from a request through the group commit and the job to the
//! provider's call. Nothing in it is private, and a collector that is down delays no request.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::any_value::Value,
    trace::v1::{Span, status::StatusCode as SpanStatus},
};
use prost::Message;
use reqwest::Method;
use rstest::rstest;
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle};

use crate::harness::{Engine, Owner, PASSWORD, Receiver, TestApp, eventually, now_secs, signature};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const NOT_SAMPLED: &str = "1af7651916cd43dd8448eb211c80319c";
const CLIENT_SPAN: &str = "b7ad6b7169203331";
const WEBHOOK: &str = "/webhooks/billing/stripe";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";

/// An export: the headers and the spans of a call.
type Export = (HeaderMap, ExportTraceServiceRequest);

/// Receives OTLP on this machine until it is dropped.
struct Collector {
    address: SocketAddr,
    exports: Arc<Mutex<Vec<Export>>>,
    serving: JoinHandle<()>,
}

impl Collector {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let exports = Arc::<Mutex<Vec<Export>>>::default();
        let router = Router::new().route("/v1/traces", post(collect)).with_state(exports.clone());
        let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { address, exports, serving }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn exports(&self) -> Vec<Export> {
        self.exports.lock().unwrap().clone()
    }

    fn spans(&self) -> Vec<Span> {
        let resources = self.exports().into_iter().flat_map(|(_, export)| export.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    fn spans_of(&self, trace: &str) -> Vec<Span> {
        self.spans().into_iter().filter(|span| hex::encode(&span.trace_id) == trace).collect()
    }

    /// Finds a span of [`TRACE`] by its name.
    fn find(&self, name: &str) -> Option<Span> {
        self.spans_of(TRACE).into_iter().find(|span| span.name == name)
    }

    /// Finds the call of [`TRACE`] that reads a subscription at the provider.
    fn find_call(&self) -> Option<Span> {
        self.spans_of(TRACE)
            .into_iter()
            .find(|span| span.name == "provider_call" && text(span, "dues.resource") == Some("subscriptions"))
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn collect(State(exports): State<Arc<Mutex<Vec<Export>>>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    assert_eq!(headers["content-type"], "application/x-protobuf");
    exports.lock().unwrap().push((headers, ExportTraceServiceRequest::decode(body).unwrap()));
    StatusCode::OK
}

fn text<'a>(span: &'a Span, name: &str) -> Option<&'a str> {
    let attribute = span.attributes.iter().find(|attribute| attribute.key == name)?;
    match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text.as_str()),
        _ => None,
    }
}

fn is_failed(span: &Span) -> bool {
    span.status.as_ref().is_some_and(|status| status.code() == SpanStatus::Error)
}

/// Starts a server that exports to `collector` and delivers webhooks to this machine.
async fn start_delivering(engine: Engine, collector: &Collector) -> TestApp {
    let app = TestApp::on(engine).in_a_process().with(ENDPOINT, &collector.url());
    app.with("WEBHOOKS_ALLOW_PRIVATE", "1").start().await
}

/// Adds the receiver's endpoint, and requests a message to it in [`TRACE`].
async fn request_ping(owner: &Owner, receiver: &Receiver) {
    let endpoints = "/api/v1/tenant/webhook-endpoints";
    let endpoint = owner.post(endpoints, &json!({ "url": receiver.url() })).await.expect(201);
    let ping = format!("{endpoints}/{}/test", endpoint["id"].as_str().unwrap());
    let request = owner.request(Method::POST, &ping).json(&json!({}));
    owner.send(request.header("traceparent", format!("00-{TRACE}-{CLIENT_SPAN}-01"))).await.expect(202);
}

#[rstest]
#[tokio::test]
async fn one_trace_leads_from_a_request_through_the_commit_and_the_job_to_the_providers_call(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let collector = Collector::start().await;
    let app = TestApp::on(engine).in_a_process().with(ENDPOINT, &collector.url()).start().await;
    let event = json!({
        "id": "evt_traced",
        "type": "customer.subscription.updated",
        "data": { "object": { "id": "sub_traced" } }
    })
    .to_string();
    let visitor = app.visitor();
    let request = visitor
        .request(Method::POST, WEBHOOK)
        .header("stripe-signature", signature(&app.stripe.webhook_secret, now_secs(), event.as_bytes()))
        .header("traceparent", format!("00-{TRACE}-{CLIENT_SPAN}-01"))
        .body(event);
    visitor.send(request).await.expect(200);

    let route = format!("POST {WEBHOOK}");
    let names = [route.as_str(), "group_commit", "write_batch", "job"];
    eventually("the whole trace is exported", async || {
        names.iter().all(|name| collector.find(name).is_some()) && collector.find_call().is_some()
    })
    .await;
    let [request, commit, write, job] = names.map(|name| collector.find(name).unwrap());
    let call = collector.find_call().unwrap();
    assert_eq!(hex::encode(&request.parent_span_id), CLIENT_SPAN);
    assert_eq!(text(&request, "http.route"), Some(WEBHOOK));
    assert_eq!(commit.parent_span_id, request.span_id);
    assert_eq!(text(&commit, "dues.writer"), Some("webhooks"));
    assert_eq!(write.parent_span_id, commit.span_id);
    assert_eq!(job.parent_span_id, request.span_id);
    assert_eq!(text(&job, "dues.lane"), Some("stripe"));
    assert_eq!(call.parent_span_id, job.span_id);
    assert_eq!(text(&call, "dues.provider"), Some("stripe"));
    let sent = format!("00-{TRACE}-{}-01", hex::encode(&call.span_id));
    assert!(app.stripe.calls.traceparents().contains(&sent), "{sent} is not at the provider");
}

#[rstest]
#[tokio::test]
async fn a_webhook_is_delivered_in_the_trace_of_its_event(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let collector = Collector::start().await;
    let app = start_delivering(engine, &collector).await;
    let (owner, receiver) = (app.owner().await, Receiver::start().await);
    request_ping(&owner, &receiver).await;

    eventually("the delivery is exported", async || collector.find("deliver_webhook").is_some()).await;
    let request = collector.find("POST /api/v1/tenant/webhook-endpoints/{id}/test").unwrap();
    let delivery = collector.find("deliver_webhook").unwrap();
    assert_eq!(delivery.parent_span_id, request.span_id);
    assert!(!is_failed(&delivery), "{delivery:?}");
    let sent = format!("00-{TRACE}-{}-01", hex::encode(&delivery.span_id));
    let taken = receiver.taken();
    assert!(taken.iter().any(|taken| taken.header("traceparent") == sent), "{taken:?}");
}

#[rstest]
#[tokio::test]
async fn a_refused_delivery_is_a_failed_span(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let collector = Collector::start().await;
    let app = start_delivering(engine, &collector).await;
    let (owner, receiver) = (app.owner().await, Receiver::start().await);
    receiver.answers(500);
    request_ping(&owner, &receiver).await;
    eventually("the delivery is exported", async || collector.find("deliver_webhook").is_some()).await;
    assert!(is_failed(&collector.find("deliver_webhook").unwrap()));
}

#[tokio::test]
async fn spans_hold_nothing_private() {
    let collector = Collector::start().await;
    let app = TestApp::on(Engine::Sqlite)
        .in_a_process()
        .with(ENDPOINT, &collector.url())
        .with("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20hush")
        .with("OTEL_SERVICE_NAME", "dues-eu")
        .start()
        .await;
    let owner = app.owner_on("pro").await;
    let has = |name: &str| collector.spans().iter().any(|span| span.name == name);
    let route = "POST /api/v1/billing/checkout";
    eventually("the checkout and jobs are exported", async || has(route) && has("job") && has("provider_call")).await;
    let exports = collector.exports();
    assert!(exports.iter().all(|(headers, _)| headers["authorization"] == "Bearer hush"));
    let all: Vec<_> = exports.into_iter().map(|(_, export)| format!("{export:?}")).collect();
    let all = all.concat();
    assert!(all.contains("dues-eu"));
    for private in [owner.email.as_str(), owner.tenant.as_str(), PASSWORD, "Acme", "hush", "sk_test", "cus_", "sub_"] {
        assert!(!all.contains(private), "{private} is in the spans");
    }
}

#[tokio::test]
async fn a_collector_that_is_down_costs_a_count_and_one_log_line() {
    let app = TestApp::on(Engine::Sqlite).in_a_process().with(ENDPOINT, "http://127.0.0.1:1").start().await;
    for _ in 0..20 {
        app.visitor().get("/healthz").await.expect(200);
    }
    let lost = async || {
        let metrics = app.metrics().await;
        let line = metrics.lines().find(|line| line.starts_with("dues_trace_spans_failed_total ")).unwrap();
        line.rsplit(' ').next().unwrap().parse::<u64>().unwrap()
    };
    eventually("the spans are counted", async || lost().await >= 20).await;
    let before = lost().await;
    app.visitor().get("/healthz").await.expect(200);
    eventually("the next ones, too", async || lost().await > before).await;
    assert_eq!(app.server.log().matches("failed to export spans").count(), 1);
}

#[tokio::test]
async fn a_trace_that_its_client_did_not_sample_is_not_exported() {
    let collector = Collector::start().await;
    let app = TestApp::on(Engine::Sqlite).in_a_process().with(ENDPOINT, &collector.url()).start().await;
    let visitor = app.visitor();
    for (trace, flags) in [(NOT_SAMPLED, "00"), (TRACE, "01")] {
        let request = visitor.request(Method::GET, "/healthz");
        visitor.send(request.header("traceparent", format!("00-{trace}-{CLIENT_SPAN}-{flags}"))).await.expect(200);
    }
    eventually("the sampled one is exported", async || collector.find("GET /healthz").is_some()).await;
    assert!(collector.spans_of(NOT_SAMPLED).is_empty());
}
