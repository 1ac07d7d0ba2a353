//! The choice of the theme.

#![expect(clippy::unused_async, reason = "server functions must be async")]

use leptos::prelude::*;

use crate::request::{
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
    // The signed-out pages offer this choice too, and `local_path` rejects their paths.
    let page = back.split('?').next().unwrap_or_default();
    let back = if matches!(page, "/login" | "/signup") { page } else { local_path(&back).unwrap_or("/") };
    redirect(back);
    Ok(())
}
