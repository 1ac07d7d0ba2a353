//! The footer of every page: what holds for all pages, links of the product, and the choices of theme and language.
//!
//! It is rendered once for each language and theme. Only the page that it leads back to differs.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use leptos::{prelude::*, server_fn::ServerFn, tachys::html::InertElement};
use locales::{Locale, installed, text};

use crate::{
    actions::appearance::{ChooseLanguage, ChooseTheme},
    components::{
        brand::{product_at_foot, product_links},
        window::window_of_other_site,
    },
    request::{drawn_for::form_address, services, theme::Theme},
    wording,
};

/// Most languages that are buttons. More are a list.
const MAX_LANGUAGE_BUTTONS: usize = 4;

/// Two clocks that differ by less show the same time.
const MIN_CLOCK_DIFFERENCE_SECS: i64 = 60;

/// Stands for the page that a rendered footer leads back to. No text of a footer has this character.
const HERE: char = '\u{e000}';

/// What footers of one installation differ in: language, theme, and the window in which links open.
type Kind = (&'static str, Theme, Option<&'static str>);

/// The footers of an installation, each rendered once: at most one for each language, theme and kind of window. The
/// server provides them as a context. A clone shares them.
#[derive(Clone, Debug, Default)]
pub struct Footers(Arc<Mutex<HashMap<Kind, Arc<str>>>>);

impl Footers {
    /// Returns the footer with [`HERE`] in place of the page.
    fn of(&self, theme: Theme) -> Arc<str> {
        let kind = (Locale::current().tag(), theme, window_of_other_site());
        let rendered = |footers: &HashMap<Kind, Arc<str>>| footers.get(&kind).cloned();
        if let Some(footer) = rendered(&self.0.lock().unwrap_or_else(PoisonError::into_inner)) {
            return footer;
        }
        let footer: Arc<str> = rendered_footer(theme, &HERE.to_string(), None).to_html().into();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(kind, footer.clone());
        footer
    }
}

/// Renders the footer of the page with the path and query `here`.
pub(super) fn footer(theme: Theme, here: &str) -> AnyView {
    match (moved_clock(), use_context::<Footers>()) {
        (None, Some(footers)) => {
            let escaped = here.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
            InertElement::new(footers.of(theme).replace(HERE, &escaped)).into_any()
        }
        (clock, _) => rendered_footer(theme, here, clock),
    }
}

fn rendered_footer(theme: Theme, here: &str, clock: Option<Cow<'static, str>>) -> AnyView {
    view! {
        <footer class="bottom">
            <div class="foot">
                {product_at_foot()}
                <div>
                    <p>
                        {text!(frame_footer)}" "<a href="/docs">{text!(frame_api_docs)}</a>
                        {clock.map(|words| view! { <br/>{words} })}
                    </p>
                    {product_links()}
                    {theme_choice(theme, here.to_owned()).into_any()}
                    {language_choice(here.to_owned())}
                </div>
            </div>
        </footer>
    }
    .into_any()
}

/// Says what the billing clock shows if it was moved, as a demo's may be, and which dates do not follow it.
fn moved_clock() -> Option<Cow<'static, str>> {
    let services = services()?;
    let (billing, wall) = (services.billing_now(), services.wall_now());
    let is_moved = billing.secs_since(wall).abs() >= MIN_CLOCK_DIFFERENCE_SECS;
    is_moved.then(|| text!(frame_moved_clock, at = wording::minute(billing)))
}

fn theme_choice(chosen: Theme, here: String) -> impl IntoView {
    let buttons = Theme::ALL
        .into_iter()
        .map(|theme| {
            let pressed = if theme == chosen { "true" } else { "false" };
            view! { <button name="theme" value=theme.as_str() aria-pressed=pressed>{theme.title()}</button> }
        })
        .collect_view();
    view! {
        <form class="choice" method="post" action=form_address(ChooseTheme::PATH) aria-label=text!(frame_theme)>
            <input type="hidden" name="back" value=here/>
            <span>{text!(frame_theme)}</span>
            {buttons}
        </form>
    }
}

/// The choice of a language; `None` if there is only one. Each language has its own name for itself.
fn language_choice(here: String) -> Option<AnyView> {
    let current = Locale::current();
    let languages: Vec<_> = installed().iter().collect();
    let choice = match languages.len() {
        0 | 1 => return None,
        2..=MAX_LANGUAGE_BUTTONS => languages
            .into_iter()
            .map(|language| {
                let (tag, pressed) = (language.tag(), if language == current { "true" } else { "false" });
                view! { <button name="language" value=tag lang=tag aria-pressed=pressed>{language.name()}</button> }
            })
            .collect_view()
            .into_any(),
        _ => {
            let options = languages
                .into_iter()
                .map(|language| {
                    let tag = language.tag();
                    view! { <option value=tag lang=tag selected=language == current>{language.name()}</option> }
                })
                .collect_view();
            view! {
                <select name="language" aria-label=text!(frame_language)>{options}</select>
                <button class="button small">{text!(frame_language_change)}</button>
            }
            .into_any()
        }
    };
    let form = view! {
        <form class="choice" method="post" action=form_address(ChooseLanguage::PATH) aria-label=text!(frame_language)>
            <input type="hidden" name="back" value=here/>
            <span>{text!(frame_language)}</span>
            {choice}
        </form>
    };
    Some(form.into_any())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_is_offered_by_its_own_name() {
        let html = Owner::new().with(|| language_choice("/usage".to_owned()).unwrap().to_html());
        assert!(html.contains(" lang=\"de\"") && html.contains(">Deutsch</button>"), "{html}");
        assert_eq!(html.matches(" aria-pressed=\"true\"").count(), 1, "{html}");
    }

    #[test]
    fn a_footer_that_was_rendered_once_is_the_same_for_each_page() {
        let rendered = |footers: Option<Footers>, theme, here: &str| {
            Owner::new().with(|| {
                if let Some(footers) = footers {
                    provide_context(footers);
                }
                footer(theme, here).to_html()
            })
        };
        let footers = Footers::default();
        for here in ["/usage", "/membership?cycle=yearly&a=\"<b>\"", "/usage"] {
            for theme in Theme::ALL {
                assert_eq!(rendered(Some(footers.clone()), theme, here), rendered(None, theme, here), "{here}");
            }
        }
        assert_eq!(footers.0.lock().unwrap().len(), Theme::ALL.len());
    }
}
