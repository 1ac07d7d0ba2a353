//! `/operator/mails/{kind}/html`: the HTML of a sample of a mail, for the frame on the page of the mail.

use app::MAILS_PATH;
use axum::{
    Router,
    extract::{
        FromRequestParts, Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{HeaderValue, header, request::Parts},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use billing::{
    Services,
    service::{
        PageFailure, ServiceError,
        operator::{MailPreview, Operator},
    },
};
use locales::{Locale, installed};
use serde::Deserialize;

use crate::api::ApiError;

/// The frame has the origin of its page.
const SAME_ORIGIN: HeaderValue = HeaderValue::from_static("SAMEORIGIN");

pub(super) fn routes() -> Router<Services> {
    Router::new().route(&format!("{MAILS_PATH}/{{kind}}/html"), get(html))
}

/// The operator whose session sent the request. For all other callers the path is not found.
struct AtDesk(Operator);

impl<S: Send + Sync> FromRequestParts<S> for AtDesk {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        if parts.extensions.get::<PageFailure>().is_some() {
            return Err(ServiceError::Unavailable.into());
        }
        parts.extensions.get::<Operator>().cloned().map(Self).ok_or_else(ApiError::not_found)
    }
}

#[derive(Deserialize)]
struct Shown {
    language: Option<String>,
}

async fn html(
    State(services): State<Services>,
    AtDesk(operator): AtDesk,
    kind: Result<Path<String>, PathRejection>,
    shown: Result<Query<Shown>, QueryRejection>,
) -> Response {
    let language = shown.ok().and_then(|Query(Shown { language })| installed().get(&language?));
    let language = language.unwrap_or_else(Locale::current);
    let kind = kind.ok().and_then(|Path(kind)| kind.parse().ok());
    match kind.and_then(|kind| services.operators().preview_mail(&operator, kind, language)) {
        Some(preview) => framed(preview),
        None => ApiError::not_found().into_response(),
    }
}

/// Returns the document under a policy that allows its own style and its logo, and nothing else.
fn framed(preview: MailPreview) -> Response {
    let MailPreview { html, style_source, has_logo, .. } = preview;
    let images = if has_logo { "img-src data:; " } else { "" };
    let policy = format!(
        "default-src 'none'; style-src {style_source}; {images}form-action 'none'; base-uri 'none'; sandbox; \
         frame-ancestors 'self'"
    );
    let Ok(policy) = HeaderValue::from_str(&policy) else {
        return ApiError::from(ServiceError::Internal("policy of a mail is no header value")).into_response();
    };
    ([(header::CONTENT_SECURITY_POLICY, policy), (header::X_FRAME_OPTIONS, SAME_ORIGIN)], Html(html)).into_response()
}
