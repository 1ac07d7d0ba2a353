//! Files beside the pages: assets that are compiled into the binary, the brand of the installation, `security.txt`.

pub(in crate::http) mod assets;
pub(in crate::http) mod brand;
pub(in crate::http) mod security_txt;

use axum::http::HeaderValue;

/// `Cache-Control` of files whose names carry a hash of their content: browsers may keep these files for good.
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");
