//! The choices of theme and language.

#![expect(clippy::unused_async, reason = "server functions must be async")]

use leptos::prelude::*;
use locales::installed;

use crate::request::{
    language::LANGUAGE,
    local_path::local_path,
    redirect,
    theme::{THEME, Theme},
};

const YEAR_SECS: u32 = 365 * 86_400;

/// Stores the theme in a cookie and redirects back to the page.
#[server(prefix = "/rpc", endpoint = "theme")]
pub(crate) async fn choose_theme(
    #[server(default)] theme: String,
    #[server(default)] back: String,
) -> Result<(), ServerFnError> {
    match Theme::named(&theme) {
        Some(Theme::System) => THEME.drop(),
        Some(theme) => THEME.keep(theme.as_str(), YEAR_SECS),
        None => {}
    }
    redirect_back(&back);
    Ok(())
}

/// Stores the language in a cookie and redirects back to the page.
#[server(prefix = "/rpc", endpoint = "language")]
pub(crate) async fn choose_language(
    #[server(default)] language: String,
    #[server(default)] back: String,
) -> Result<(), ServerFnError> {
    if let Some(language) = installed().get(&language) {
        LANGUAGE.keep(language.tag(), YEAR_SECS);
    }
    redirect_back(&back);
    Ok(())
}

/// Redirects to the page of the form. The signed-out pages have these forms too, and `local_path` rejects their paths.
fn redirect_back(back: &str) {
    let page = back.split('?').next().unwrap_or_default();
    redirect(if matches!(page, "/login" | "/signup") { page } else { local_path(back).unwrap_or("/") });
}
