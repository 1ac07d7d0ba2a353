//! Traces: spans of requests, group commits, jobs and outgoing calls.
//!
//! Tracing is off until [`install`] is called. Then a span costs one load of a pointer and nothing is allocated.
//! Attributes of spans are kinds, routes, counts and status codes: no names, addresses and secrets of tenants.

use std::{borrow::Cow, sync::OnceLock};

use http::{HeaderMap, HeaderName, HeaderValue};
pub use opentelemetry::trace::SpanKind;
use opentelemetry::{
    Context, KeyValue, Value,
    global::{self, BoxedTracer},
    trace::{
        FutureExt, SpanBuilder, SpanContext, SpanId, Status, TraceContextExt, TraceFlags, TraceId, TraceState, Tracer,
    },
};

/// The header of W3C Trace Context.
pub const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

static TRACER: OnceLock<BoxedTracer> = OnceLock::new();

/// Turns tracing on with the tracer provider of the process, for good.
pub fn install() {
    TRACER.get_or_init(|| global::tracer("dues"));
}

/// Whether tracing is on.
pub fn is_on() -> bool {
    TRACER.get().is_some()
}

/// Returns the place in a trace at which the current task runs.
pub fn current() -> TraceContext {
    TraceContext(TRACER.get().map(|_| Context::current()))
}

/// Marks the current span as failed.
pub(crate) fn fail_current() {
    if is_on() {
        Context::current().span().set_status(Status::error(""));
    }
}

/// Lets a future that another task runs continue the current trace.
pub fn in_current<F: Future>(future: F) -> impl Future<Output = F::Output> {
    current().run(future)
}

/// A place in a trace, under which spans begin; none while tracing is off.
#[derive(Clone, Debug, Default)]
pub struct TraceContext(Option<Context>);

impl TraceContext {
    /// Parses a `traceparent` (W3C Trace Context). Anything else, and no text, begins a new trace.
    pub fn from_traceparent(text: Option<&str>) -> Self {
        let Some(remote) = text.filter(|_| is_on()).and_then(parse) else { return Self::default() };
        Self(Some(Context::new().with_remote_span_context(remote)))
    }

    pub fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// The `traceparent` of this place; `None` outside of a trace.
    pub fn traceparent(&self) -> Option<String> {
        let span = self.span_context()?;
        Some(format!("00-{}-{}-{:02x}", span.trace_id(), span.span_id(), u8::from(span.is_sampled())))
    }

    /// The id of the trace, in hex; `None` outside of a trace.
    pub fn trace_id(&self) -> Option<String> {
        self.span_context().map(|span| span.trace_id().to_string())
    }

    /// Sets the header of a request, so that its receiver continues the trace.
    pub fn inject(&self, headers: &mut HeaderMap) {
        if let Some(value) = self.traceparent().and_then(|text| HeaderValue::try_from(text).ok()) {
            headers.insert(TRACEPARENT, value);
        }
    }

    /// Runs a future at this place of the trace.
    pub async fn run<F: Future>(self, future: F) -> F::Output {
        match self.0 {
            None => future.await,
            Some(context) => future.with_context(context).await,
        }
    }

    fn span_context(&self) -> Option<SpanContext> {
        let span = self.0.as_ref()?.span().span_context().clone();
        span.is_valid().then_some(span)
    }
}

/// A span, which ends when it is dropped; none while tracing is off.
#[derive(Debug, Default)]
pub struct TraceSpan(TraceContext);

impl TraceSpan {
    /// Starts a span within the current one.
    pub fn start(kind: SpanKind, name: impl Into<Cow<'static, str>>) -> Self {
        if is_on() { Self::start_in(&current(), kind, name) } else { Self::default() }
    }

    /// Starts a span at a place in a trace, or a new trace.
    pub fn start_in(parent: &TraceContext, kind: SpanKind, name: impl Into<Cow<'static, str>>) -> Self {
        let Some(tracer) = TRACER.get() else { return Self::default() };
        let parent = parent.0.clone().unwrap_or_default();
        let span = tracer.build_with_context(SpanBuilder::from_name(name).with_kind(kind), &parent);
        Self(TraceContext(Some(parent.with_span(span))))
    }

    pub fn set(&self, name: &'static str, value: impl Into<Value>) {
        if let Some(context) = &self.0.0 {
            context.span().set_attribute(KeyValue::new(name, value));
        }
    }

    /// Links this span to another trace.
    pub(crate) fn link(&self, other: &TraceContext) {
        if let (Some(context), Some(other)) = (&self.0.0, other.span_context()) {
            context.span().add_link(other, Vec::new());
        }
    }

    pub fn fail(&self) {
        if let Some(context) = &self.0.0 {
            context.span().set_status(Status::error(""));
        }
    }

    /// The place in the trace under which the children of this span begin.
    pub fn context(&self) -> TraceContext {
        self.0.clone()
    }
}

impl Drop for TraceSpan {
    fn drop(&mut self) {
        if let Some(context) = &self.0.0 {
            context.span().end();
        }
    }
}

fn parse(text: &str) -> Option<SpanContext> {
    let mut parts = text.trim().split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    // Later versions may have more parts.
    let is_whole = version != "00" || parts.next().is_none();
    let is_valid = is_hex(version, 2) && version != "ff" && is_whole && is_hex(trace, 32) && is_hex(span, 16);
    if !is_valid || !is_hex(flags, 2) {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?) & TraceFlags::SAMPLED;
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    const SPAN: &str = "b7ad6b7169203331";

    #[rstest]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", true)]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00", false)]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-ff", true)]
    #[case("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later", true)]
    fn a_traceparent_is_read(#[case] text: &str, #[case] is_sampled: bool) {
        let context = parse(text).unwrap();
        assert_eq!((context.trace_id().to_string().as_str(), context.span_id().to_string().as_str()), (TRACE, SPAN));
        assert!(context.is_remote() && context.is_sampled() == is_sampled);
    }

    #[rstest]
    #[case("")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more")]
    #[case("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    #[case("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    #[case("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    #[case("00-0af7651916cd43dd8448eb211c80319€-b7ad6b7169203331-01")]
    #[case("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1")]
    fn anything_else_begins_a_new_trace(#[case] text: &str) {
        assert_eq!(parse(text), None);
    }

    #[test]
    fn without_a_tracer_there_are_no_spans() {
        let span = TraceSpan::start(SpanKind::Internal, "work");
        assert!(!span.context().is_some() && current().traceparent().is_none());
        assert!(!TraceContext::from_traceparent(Some(&format!("00-{TRACE}-{SPAN}-01"))).is_some());
    }
}
