//! `/`: redirects.

use leptos::prelude::*;

use crate::request::{PageRequest, redirect};

pub(crate) fn home() -> impl IntoView {
    let landing = PageRequest::now().and_then(|req| {
        let has_page = req.account().is_some() || req.portal().is_some() || req.ended_portal().is_some();
        has_page.then(|| req.landing())
    });
    redirect(landing.unwrap_or("/login"));
}
