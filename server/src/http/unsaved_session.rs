//! Responses whose session could not be saved, because the database failed after the handler had run.

use axum::{
    extract::Request,
    http::{StatusCode, header},
    middleware::Next,
    response::Response,
};

/// Extension of a marked response.
#[derive(Clone, Copy, Debug)]
struct UnsavedSession;

/// Middleware around the sessions: turns the 500 without content that their library answers into a 503, and marks it
/// for [`super::request_context`], which writes its content. All other errors have a content type.
pub(super) async fn mark(request: Request, next: Next) -> Response {
    marked(next.run(request).await)
}

fn marked(mut response: Response) -> Response {
    let is_bare = !response.headers().contains_key(header::CONTENT_TYPE);
    if is_bare && response.status() == StatusCode::INTERNAL_SERVER_ERROR {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
        response.extensions_mut().insert(UnsavedSession);
    }
    response
}

pub(super) fn is_marked(response: &Response) -> bool {
    response.extensions().get::<UnsavedSession>().is_some()
}

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse;

    use super::*;
    use crate::api::ApiError;

    #[test]
    fn only_an_error_without_content_is_marked() {
        let bare = marked(StatusCode::INTERNAL_SERVER_ERROR.into_response());
        assert!(is_marked(&bare));
        assert_eq!(bare.status(), StatusCode::SERVICE_UNAVAILABLE);
        for other in [ApiError::internal().into_response(), StatusCode::NO_CONTENT.into_response()] {
            let status = other.status();
            let kept = marked(other);
            assert!(!is_marked(&kept));
            assert_eq!(kept.status(), status);
        }
    }
}
