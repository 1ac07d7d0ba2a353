//! `/brand/…`: logo, favicon and accent of the installation, under names with a hash of their content.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use billing::Services;

use super::IMMUTABLE;
use crate::{
    api::ApiError,
    config::{BrandConfig, BrandFile, FileKind},
    encoded::Encoded,
};

/// An SVG that is opened by itself may contain scripts. It runs none and loads nothing.
const SVG_POLICY: HeaderValue = HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; sandbox");

/// A file of the brand, ready to be served.
pub(super) struct BrandAsset {
    name: String,
    kind: FileKind,
    encoded: Encoded,
}

impl BrandAsset {
    pub(super) fn new(file: &BrandFile) -> Self {
        let BrandFile { name, kind, content } = file.clone();
        Self { name, kind, encoded: Encoded::new(kind.content_type(), content) }
    }

    pub(super) fn response(&self, mut request: HeaderMap, cache: HeaderValue) -> Response {
        if matches!(self.kind, FileKind::Png | FileKind::Ico) {
            // These are compressed already.
            request.remove(header::ACCEPT_ENCODING);
        }
        let mut response = self.encoded.response(&request, cache);
        let headers = response.headers_mut();
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.kind == FileKind::Svg {
            headers.insert(header::CONTENT_SECURITY_POLICY, SVG_POLICY);
        }
        response
    }
}

/// Adds no route without files of a brand.
pub(in crate::http) fn routes(brand: &BrandConfig) -> Router<Services> {
    let files: Arc<[BrandAsset]> = brand.files().map(BrandAsset::new).collect();
    if files.is_empty() {
        return Router::new();
    }
    let serve = move |name: Result<Path<String>, PathRejection>, headers: HeaderMap| {
        let found = name.ok().and_then(|Path(name)| files.iter().find(|file| file.name == name));
        std::future::ready(match found {
            Some(file) => file.response(headers, IMMUTABLE),
            None => ApiError::not_found().into_response(),
        })
    };
    Router::new().route("/brand/{name}", get(serve))
}
