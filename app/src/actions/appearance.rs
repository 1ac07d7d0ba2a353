//! The choices of theme and language.

#![expect(clippy::unused_async, reason = "server functions must be async")]

use leptos::prelude::*;
use locales::{Locale, installed};

use crate::{
    actions::log,
    request::{
        PageRequest,
        language::LANGUAGE,
        local_path::{local_path, with_query},
        redirect, services,
        theme::{THEME, Theme},
    },
};

pub(super) const YEAR_SECS: u32 = 365 * 86_400;

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

/// Stores the language in a cookie and for the signed-in user, and redirects back to the page.
#[server(prefix = "/rpc", endpoint = "language")]
pub(crate) async fn choose_language(
    #[server(default)] language: String,
    #[server(default)] back: String,
) -> Result<(), ServerFnError> {
    if let Some(language) = installed().get(&language) {
        LANGUAGE.keep(language.tag(), YEAR_SECS);
        keep_for_account(language).await;
    }
    redirect_back(&back);
    Ok(())
}

/// Makes the language that of the signed-in user's mails, too. A failure is logged: the page is in the language anyway.
async fn keep_for_account(language: Locale) {
    let Some(req) = PageRequest::now() else { return };
    let (Some(account), Some(services)) = (req.account(), services()) else { return };
    if let Err(error) = services.accounts().choose_language(&account.user_id, language).await {
        log(&error.into(), req.id().as_deref());
    }
}

/// Query parameters of the signed-out pages that a choice keeps.
const KEPT: [&str; 3] = ["next", "plan", "cycle"];

/// Redirects to the page of the form. The signed-out pages have these forms too, and `local_path` rejects their paths.
fn redirect_back(back: &str) {
    let (page, query) = back.split_once('?').unwrap_or((back, ""));
    if !matches!(page, "/login" | "/signup") {
        return redirect(local_path(back).unwrap_or("/"));
    }
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, value)| KEPT.contains(&&**name) && (name != "next" || local_path(value).is_some()))
        .collect();
    let pairs: Vec<_> = pairs.iter().map(|(name, value)| (&**name, &**value)).collect();
    redirect(&with_query(page, &pairs));
}
