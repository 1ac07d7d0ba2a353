//! Reads request bodies whole before a handler runs, within a time-out and the route's size limit.

mod content_encoding;
mod form_limits;
mod memory_budget;
mod multipart;

use std::{net::IpAddr, time::Duration};

use axum::{
    body::Body,
    extract::{DefaultBodyLimit, Request},
    http::{HeaderMap, header},
};
use billing::{
    identity::ClientAddress,
    payment::WebhookError,
    service::{ServiceError, operator::Operator},
};
use domain::tenant::import::CSV_MAX_BYTES;
use http_body_util::BodyExt;

use self::memory_budget::{MemoryBudget, SMALL_BYTES};
use super::mutation_guards::is_safe;
use crate::api::{self, ApiError};

/// Limit of a form: fits the longest secret with every byte percent-encoded.
const MAX_FORM_BYTES: usize = 64 * 1024;
const MAX_JSON_BYTES: usize = 256 * 1024;
/// Limit of a batch of events, and of a webhook.
const MAX_BATCH_BYTES: usize = 1024 * 1024;
/// Limit of a form of an operator with a file: the largest file, and the other fields.
const MAX_UPLOAD_BYTES: usize = CSV_MAX_BYTES + MAX_FORM_BYTES;
/// How much of a body that is too large is read and discarded, so that the client can read the response.
const MAX_DRAINED_BYTES: usize = 17 * 1024 * 1024;
/// Initial capacity for a body without `Content-Length`.
const FIRST_BYTES: usize = 1024;
/// Signature headers of the providers' webhooks.
const SIGNATURES: [&str; 2] = ["stripe-signature", "webhook-signature"];
/// Reading a body fails when no byte arrives for the time-out divided by this number.
const STALL_FRACTION: u32 = 2;
const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

/// Reads bodies. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct BodyReader {
    timeout: Duration,
    budget: MemoryBudget,
}

/// The size limit of one body.
#[derive(Clone, Copy, Debug)]
struct ReadLimit {
    declared: usize,
    most: usize,
    /// Whether the request is a webhook without a signature. Such a body is not read beyond [`SMALL_BYTES`].
    is_unsigned: bool,
}

impl BodyReader {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, budget: MemoryBudget::default() }
    }

    /// Returns the request with its whole body, decompressed, or the API's error.
    ///
    /// A webhook's body stays as sent, because its signature covers those bytes; a compressed webhook is refused. A
    /// page form of another media type is refused here, because the framework would answer 500. A form with too many
    /// fields is refused, too. A form with a file is rewritten as a form without.
    pub(super) async fn read_whole(&self, request: Request) -> Result<Request, ApiError> {
        if is_safe(request.method()) {
            return Ok(request);
        }
        let path = request.uri().path();
        let (is_page_form, is_webhook, takes_file) =
            (api::is_page_form(path), api::is_webhook(path), api::takes_file(path));
        let is_upload = takes_file && request.extensions().get::<Operator>().is_some();
        let most = if is_upload { MAX_UPLOAD_BYTES } else { max_bytes(path) };
        let is_form = is_of_type(request.headers(), FORM);
        let is_multipart = takes_file && is_of_type(request.headers(), MULTIPART);
        let is_unsigned = is_webhook && !SIGNATURES.iter().any(|name| request.headers().contains_key(*name));
        // An operator's file may take more than the share of their network.
        let network = request.extensions().get::<ClientAddress>().filter(|_| !is_upload);
        let network = network.map(|address| address.network());
        let (mut parts, body) = request.into_parts();
        let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let limit = ReadLimit { declared: declared.unwrap_or_default(), most, is_unsigned };
        let reading = self.read(body, limit, network);
        let sent = match tokio::time::timeout(self.timeout, reading).await {
            Ok(sent) => sent?,
            Err(_) => return Err(ApiError::unreadable_body()),
        };
        if is_webhook && !content_encoding::is_uncompressed(&parts.headers) {
            return Err(ApiError::compressed_webhook());
        }
        let body = if is_webhook { sent } else { content_encoding::decode(&mut parts.headers, sent, most)? };
        let body = if is_multipart { multipart::to_form(&mut parts.headers, body).await? } else { body };
        if is_page_form {
            if !is_form && !is_multipart {
                return Err(ApiError::unsupported_media_type(FORM));
            }
            form_limits::check(&body)?;
        }
        let mut request = Request::from_parts(parts, Body::from(body));
        if takes_file {
            // The framework has a lower limit of its own.
            DefaultBodyLimit::disable().apply(&mut request);
        }
        Ok(request)
    }

    async fn read(&self, mut body: Body, limit: ReadLimit, network: Option<IpAddr>) -> Result<Vec<u8>, ApiError> {
        let ReadLimit { declared, most, is_unsigned } = limit;
        let mut held = self.budget.reserve(network);
        let mut kept = Vec::new();
        let mut seen = 0;
        while declared.max(seen) <= MAX_DRAINED_BYTES {
            if is_unsigned && (SMALL_BYTES + 1..=most).contains(&declared.max(seen)) {
                return Err(ServiceError::InvalidSignature(WebhookError::Malformed).into());
            }
            let frame = tokio::time::timeout(self.timeout / STALL_FRACTION, body.frame()).await;
            let Some(frame) = frame.map_err(|_| ApiError::unreadable_body())? else { break };
            let frame = frame.map_err(|_| ApiError::unreadable_body())?;
            let Some(data) = frame.data_ref() else { continue };
            seen += data.len();
            if seen <= most {
                if seen > kept.capacity() {
                    let expected = if declared > 0 { declared.min(most) } else { most };
                    let capacity = seen.max(kept.capacity() * 2).max(FIRST_BYTES).min(expected.max(seen));
                    // The reservation counts allocated memory, not the bytes received so far.
                    if !held.grow(capacity) {
                        return Err(ApiError::too_many_connections());
                    }
                    kept.reserve_exact(capacity - kept.len());
                }
                kept.extend_from_slice(data);
            }
        }
        if declared.max(seen) > most { Err(ApiError::payload_too_large(most)) } else { Ok(kept) }
    }
}

fn max_bytes(path: &str) -> usize {
    if api::is_page_form(path) {
        MAX_FORM_BYTES
    } else if api::takes_batches(path) {
        MAX_BATCH_BYTES
    } else {
        MAX_JSON_BYTES
    }
}

fn is_of_type(headers: &HeaderMap, media_type: &str) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(media_type))
}

#[cfg(test)]
mod tests;
