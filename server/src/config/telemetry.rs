//! Settings of metrics and traces. Those of traces are named and read as the specification of `OpenTelemetry` says, but
//! a wrong one stops the start like any other setting.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;
use url::Url;

use super::{SettingError, Settings, setting::secrets_or_not_set};

/// The address of the metrics without `METRICS_LISTEN`.
pub const DEFAULT_METRICS_ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9464);

const METRICS_LISTEN: &str = "METRICS_LISTEN";
const ENDPOINT: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
const HEADERS: &str = "OTEL_EXPORTER_OTLP_HEADERS";
const PROTOCOL: &str = "OTEL_EXPORTER_OTLP_PROTOCOL";
const HTTP_PROTOBUF: &str = "http/protobuf";
const SERVICE_NAME: &str = "OTEL_SERVICE_NAME";
const SAMPLER: &str = "OTEL_TRACES_SAMPLER";
const SAMPLER_ARG: &str = "OTEL_TRACES_SAMPLER_ARG";
/// The samplers of the specification, the default first.
const SAMPLERS: [&str; 6] = [
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
    "always_on",
    "always_off",
    "traceidratio",
];
const EXPECTS_ENDPOINT: &str = "an http or https URL without a user, such as http://127.0.0.1:4318";
const EXPECTS_HEADERS: &str = "headers as name=value, separated by commas, values percent-encoded";
const EXPECTS_RATIO: &str = "a number from 0 to 1";
const EXPECTS_NAME: &str = "1 to 100 characters";
const MAX_NAME_CHARS: usize = 100;

/// Which traces are exported, and where to.
#[derive(Clone, Debug)]
pub struct TraceSettings {
    /// The collector's base URL; traces are posted to `v1/traces` below it. `None` for no traces.
    pub endpoint: Option<Url>,
    /// Headers of each export, marked as sensitive.
    pub headers: HeaderMap,
    pub service_name: String,
    pub sampler: TraceSampler,
}

/// Which traces are exported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceSampler {
    /// Whether the decision of the client's `traceparent` is followed.
    pub is_parent_based: bool,
    /// The share of the traces that begin here, from 0 to 1.
    pub ratio: f64,
    name: &'static str,
    /// The argument, which only samplers with a ratio use.
    argument: f64,
}

pub(super) fn metrics_listen(settings: &Settings) -> Result<Option<SocketAddr>, SettingError> {
    settings.optional(METRICS_LISTEN, "an address and port, as 127.0.0.1:9464")
}

pub(super) fn traces(settings: &Settings) -> Result<TraceSettings, SettingError> {
    settings.one_of(PROTOCOL, &[HTTP_PROTOBUF])?;
    Ok(TraceSettings {
        endpoint: endpoint(settings)?,
        headers: headers(settings)?,
        service_name: service_name(settings)?,
        sampler: sampler(settings)?,
    })
}

fn endpoint(settings: &Settings) -> Result<Option<Url>, SettingError> {
    let endpoint: Option<Url> = settings.optional(ENDPOINT, EXPECTS_ENDPOINT)?;
    let is_plain = endpoint.as_ref().is_none_or(|endpoint| {
        matches!(endpoint.scheme(), "http" | "https")
            && endpoint.username().is_empty()
            && endpoint.password().is_none()
            && endpoint.query().is_none()
            && endpoint.fragment().is_none()
    });
    if is_plain { Ok(endpoint) } else { Err(settings.wrong(ENDPOINT, EXPECTS_ENDPOINT)) }
}

fn service_name(settings: &Settings) -> Result<String, SettingError> {
    let name = settings.get(SERVICE_NAME).unwrap_or("dues");
    let is_valid = (1..=MAX_NAME_CHARS).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if is_valid { Ok(name.to_owned()) } else { Err(settings.wrong(SERVICE_NAME, EXPECTS_NAME)) }
}

fn headers(settings: &Settings) -> Result<HeaderMap, SettingError> {
    let wrong = || settings.wrong(HEADERS, EXPECTS_HEADERS);
    let mut headers = HeaderMap::new();
    let pairs = settings.get(HEADERS).unwrap_or_default().split(',').map(str::trim).filter(|pair| !pair.is_empty());
    for pair in pairs {
        let (name, value) = pair.split_once('=').ok_or_else(wrong)?;
        let value = percent_decode_str(value.trim()).decode_utf8().map_err(|_| wrong())?;
        let name = HeaderName::try_from(name.trim()).map_err(|_| wrong())?;
        let mut value = HeaderValue::try_from(&*value).map_err(|_| wrong())?;
        value.set_sensitive(true);
        headers.append(name, value);
    }
    Ok(headers)
}

fn sampler(settings: &Settings) -> Result<TraceSampler, SettingError> {
    let chosen = settings.one_of(SAMPLER, &SAMPLERS)?;
    let name = SAMPLERS.into_iter().find(|name| *name == chosen).unwrap_or_default();
    let argument = settings.parsed::<f64>(SAMPLER_ARG, "1", EXPECTS_RATIO)?;
    if !(0.0..=1.0).contains(&argument) {
        return Err(settings.wrong(SAMPLER_ARG, EXPECTS_RATIO));
    }
    let kind = name.strip_prefix("parentbased_");
    let ratio = match kind.unwrap_or(name) {
        "always_off" => 0.0,
        "traceidratio" => argument,
        _ => 1.0,
    };
    Ok(TraceSampler { is_parent_based: kind.is_some(), ratio, name, argument })
}

/// The settings as `server config` prints them.
pub(super) fn lines(metrics: Option<SocketAddr>, traces: &TraceSettings) -> [(&'static str, String); 7] {
    let TraceSettings { endpoint, headers, service_name, sampler } = traces;
    [
        (METRICS_LISTEN, metrics.unwrap_or(DEFAULT_METRICS_ADDRESS).to_string()),
        (ENDPOINT, endpoint.as_ref().map_or_else(|| "(not set)".to_owned(), ToString::to_string)),
        (HEADERS, secrets_or_not_set(!headers.is_empty())),
        (PROTOCOL, HTTP_PROTOBUF.to_owned()),
        (SERVICE_NAME, service_name.clone()),
        (SAMPLER, sampler.name.to_owned()),
        (SAMPLER_ARG, sampler.argument.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const COLLECTOR: (&str, &str) = (ENDPOINT, "http://127.0.0.1:4318");

    #[test]
    fn without_an_endpoint_there_are_no_traces() {
        assert!(traces(&Settings::of(&[])).unwrap().endpoint.is_none());
    }

    #[rstest]
    #[case(&[], true, 1.0)]
    #[case(&[(SAMPLER, "always_off")], false, 0.0)]
    #[case(&[(SAMPLER, "traceidratio"), (SAMPLER_ARG, "0.25")], false, 0.25)]
    #[case(&[(SAMPLER, "parentbased_traceidratio"), (SAMPLER_ARG, "0.01")], true, 0.01)]
    #[case(&[(SAMPLER, "parentbased_traceidratio")], true, 1.0)]
    fn samplers_are_those_of_the_specification(
        #[case] pairs: &[(&str, &str)],
        #[case] is_parent_based: bool,
        #[case] ratio: f64,
    ) {
        let read = traces(&Settings::of(&[pairs, &[COLLECTOR]].concat())).unwrap().sampler;
        assert_eq!(read.is_parent_based, is_parent_based);
        assert!((read.ratio - ratio).abs() < f64::EPSILON);
    }

    #[test]
    fn headers_are_decoded_and_never_printed() {
        let pairs = [COLLECTOR, (HEADERS, "x-team=dues, authorization=Bearer%20hush")];
        let read = traces(&Settings::of(&pairs)).unwrap();
        assert_eq!(read.headers["authorization"], "Bearer hush");
        assert!(!format!("{read:?}").contains("hush"), "{read:?}");
        assert!(!format!("{:?}", lines(None, &read)).contains("hush"));
    }

    #[rstest]
    #[case(ENDPOINT, "collector")]
    #[case(ENDPOINT, "http://user:secret@collector")]
    #[case(HEADERS, "authorization")]
    #[case(PROTOCOL, "grpc")]
    #[case(SAMPLER, "xray")]
    #[case(SAMPLER_ARG, "2")]
    #[case(METRICS_LISTEN, "9464")]
    fn a_wrong_setting_is_named(#[case] name: &str, #[case] value: &str) {
        let settings = Settings::of(&[(name, value)]);
        let error = traces(&settings).map(drop).and(metrics_listen(&settings).map(drop)).unwrap_err().to_string();
        assert!(error.starts_with(name) && !error.contains("secret"), "{error}");
    }
}
