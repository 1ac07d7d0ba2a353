//! Bodies of requests: read whole before a handler runs, with a time-out, and no larger than their route takes.

mod coding;
mod form;

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    http::{HeaderMap, header},
};
use http_body_util::BodyExt;

use super::guard::is_safe;
use crate::api::{self, ApiError};

/// A form with the longest secret in it, each byte percent-encoded, fits in.
const MAX_FORM_BYTES: usize = 64 * 1024;
const MAX_JSON_BYTES: usize = 256 * 1024;
/// For batches of events, and for what providers send.
const MAX_BATCH_BYTES: usize = 1024 * 1024;
/// What is taken in and thrown away of a body that is too large: a client that is still sending when the connection closes
/// sees that it broke, and not what was answered.
const MAX_DRAINED_BYTES: usize = 16 * 1024 * 1024;
/// Bodies that have not arrived whole yet, all together.
const MAX_HELD_BYTES: usize = 256 * 1024 * 1024;
/// A body that stands still for this part of its time-out is given up.
const STALLED_AFTER: u32 = 2;
const FORM: &str = "application/x-www-form-urlencoded";

/// Reads bodies. Cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Bodies {
    timeout: Duration,
    held_bytes: Arc<AtomicUsize>,
}

impl Bodies {
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, held_bytes: Arc::default() }
    }

    /// The request with its whole body, decompressed; or why not, in the contract's words wherever it was sent.
    ///
    /// A webhook's body stays as it was sent: its signature is over those bytes, and a compressed one is refused. Forms of pages are asked for by their type here,
    /// as the framework would answer 500 to anything else, and are held to a number of fields before they are decoded.
    pub(super) async fn whole(&self, request: Request) -> Result<Request, ApiError> {
        if is_safe(request.method()) {
            return Ok(request);
        }
        let path = request.uri().path();
        let (is_page_form, is_webhook, most) = (api::is_page_form(path), api::is_webhook(path), most_bytes(path));
        let is_form = is_form(request.headers());
        let (mut parts, body) = request.into_parts();
        let declared = parts.headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let reading = self.read(body, declared.unwrap_or_default(), most);
        let sent = match tokio::time::timeout(self.timeout, reading).await {
            Ok(sent) => sent?,
            Err(_) => return Err(ApiError::unreadable_body()),
        };
        if is_webhook && !coding::is_plain(&parts.headers) {
            return Err(ApiError::compressed_webhook());
        }
        let body = if is_webhook { sent } else { coding::plain(&mut parts.headers, sent, most)? };
        if is_page_form {
            if !is_form {
                return Err(ApiError::unsupported_media_type(FORM));
            }
            form::check(&body)?;
        }
        Ok(Request::from_parts(parts, Body::from(body)))
    }

    async fn read(&self, mut body: Body, declared_bytes: usize, most: usize) -> Result<Vec<u8>, ApiError> {
        let mut held = Held { all: &self.held_bytes, bytes: 0 };
        let mut kept = Vec::new();
        let mut seen_bytes = 0;
        while declared_bytes.max(seen_bytes) <= MAX_DRAINED_BYTES {
            let frame = tokio::time::timeout(self.timeout / STALLED_AFTER, body.frame()).await;
            let Some(frame) = frame.map_err(|_| ApiError::unreadable_body())? else { break };
            let frame = frame.map_err(|_| ApiError::unreadable_body())?;
            let Some(data) = frame.data_ref() else { continue };
            seen_bytes += data.len();
            if seen_bytes <= most {
                held.add(data.len())?;
                kept.extend_from_slice(data);
            }
        }
        if declared_bytes.max(seen_bytes) > most { Err(ApiError::payload_too_large(most)) } else { Ok(kept) }
    }
}

/// What one body takes of the memory for all.
struct Held<'a> {
    all: &'a AtomicUsize,
    bytes: usize,
}

impl Held<'_> {
    fn add(&mut self, bytes: usize) -> Result<(), ApiError> {
        self.bytes += bytes;
        let all = self.all.fetch_add(bytes, Relaxed) + bytes;
        if all > MAX_HELD_BYTES { Err(ApiError::too_many_connections()) } else { Ok(()) }
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.all.fetch_sub(self.bytes, Relaxed);
    }
}

fn most_bytes(path: &str) -> usize {
    if api::is_page_form(path) {
        MAX_FORM_BYTES
    } else if api::takes_batches(path) {
        MAX_BATCH_BYTES
    } else {
        MAX_JSON_BYTES
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().is_some_and(|essence| essence.trim().eq_ignore_ascii_case(FORM))
}
