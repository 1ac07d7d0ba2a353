//! A QR code as inline SVG, so that its content reaches no other server.

use std::fmt::Write as _;

use leptos::prelude::*;
use locales::text;
use qrcodegen::{QrCode, QrCodeEcc};

/// Width of the quiet zone that scanners need, in modules.
const QUIET: i32 = 4;

/// Renders the code; `None` for a text that is too long.
pub(super) fn qr(text: &str) -> Option<AnyView> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for (y, x) in (0..size).flat_map(|y| (0..size).map(move |x| (y, x))).filter(|(y, x)| code.get_module(*x, *y)) {
        // Writing to a `String` does not fail.
        let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
    }
    let width = size + 2 * QUIET;
    // Black on white in both themes: scanners expect it.
    Some(
        view! {
            <svg class="qr" role="img" aria-label=text!(profile_qr_code) viewBox=format!("0 0 {width} {width}") width="200" height="200">
                <path d=format!("M0 0h{width}v{width}h-{width}z") fill="#fff"/>
                <path d=path fill="#000"/>
            </svg>
        }
        .into_any(),
    )
}
