//! `/`: redirects.

use leptos::prelude::*;

use crate::request::{Asked, redirect};

pub(crate) fn home() -> impl IntoView {
    let signed_in = Asked::now().is_some_and(|asked| asked.account().is_some());
    redirect(if signed_in { "/membership" } else { "/login" });
}
