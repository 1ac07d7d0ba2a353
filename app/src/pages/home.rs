//! `/`: redirects.

use leptos::prelude::*;

use crate::request::{PageRequest, redirect};

pub(crate) fn home() -> impl IntoView {
    let signed_in = PageRequest::now()
        .is_some_and(|req| req.account().is_some() || req.portal().is_some() || req.ended_portal().is_some());
    redirect(if signed_in { "/membership" } else { "/login" });
}
