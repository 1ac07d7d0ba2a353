//! The frame of every page: header, navigation, footer.

pub(crate) mod access;
pub(crate) mod back_from_portal;
pub(crate) mod dead_end;
pub(crate) mod entry;
pub(crate) mod failure;
pub(crate) mod live_updates;
pub(crate) mod no_workspace;
pub(crate) mod not_found;
pub(crate) mod operator_nav;
pub(crate) mod portal;
pub(crate) mod script;
pub(crate) mod settings_nav;

use std::borrow::Cow;

use domain::{
    account::{Email, Membership, Role, Viewer},
    tenant::portal::WayBack,
};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_meta::Title;
use locales::{Locale, installed, rich, text};

use crate::{
    actions::{
        account::PAGE as ACCOUNT,
        appearance::{ChooseLanguage, ChooseTheme},
        operator::HOME as DESK,
        session::{SignOut, SwitchWorkspace},
    },
    components::{
        brand::{app_name, product_at_foot, product_links, product_mark},
        icon::{Icon, icon},
        rich::rich_text,
        window::window_of_other_site,
    },
    request::{PageRequest, drawn_for::form_address, services, theme::Theme},
    wording,
};

/// The part of the main navigation that a page belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Membership,
    /// A page below membership.
    UnderMembership,
    Usage,
    /// A page below settings.
    Settings,
    Elsewhere,
}

/// Most languages that are buttons. More are a list.
const MAX_LANGUAGE_BUTTONS: usize = 4;

/// Two clocks that differ by less show the same time.
const MIN_CLOCK_DIFFERENCE_SECS: i64 = 60;

/// Renders a page in its frame. The document's title is `title · workspace · product`.
pub(crate) fn frame(
    title: impl Into<String>,
    place: Place,
    viewer: Option<Viewer>,
    content: impl IntoView + 'static,
) -> AnyView {
    let portal = PageRequest::now().and_then(|req| req.portal().cloned());
    let workspace = match (&portal, &viewer) {
        (Some(portal), _) => Some(&portal.viewer().current_membership),
        (None, Some(viewer)) => Some(&viewer.current_membership),
        (None, None) => None,
    };
    let title = document_title(&title.into(), workspace.map(|workspace| workspace.tenant_name.as_str()));
    framed(title, place, viewer, content)
}

/// Renders a page that another site shows in a frame: without header, footer and theme, because that site has its own.
pub(crate) fn embedded_frame(title: impl AsRef<str>, content: impl IntoView + 'static) -> AnyView {
    let title = document_title(title.as_ref(), None);
    view! {
        <Title text=title/>
        <div class="page">
            <main id="main" tabindex="-1">{content.into_any()}</main>
        </div>
    }
    .into_any()
}

/// Renders a page of the operator's desk, which belongs to no workspace.
pub(crate) fn desk_frame(title: impl AsRef<str>, content: impl IntoView + 'static) -> AnyView {
    let viewer = PageRequest::now().and_then(|req| req.viewer());
    framed(document_title(title.as_ref(), Some(&text!(frame_desk))), Place::Elsewhere, viewer, content)
}

fn framed(title: String, place: Place, viewer: Option<Viewer>, content: impl IntoView + 'static) -> AnyView {
    let req = PageRequest::now();
    let theme = req.as_ref().map_or(Theme::System, PageRequest::theme);
    let here = req.as_ref().map_or_else(|| "/".to_owned(), PageRequest::here);
    let is_operator = req.as_ref().is_some_and(|req| req.operator().is_some() || req.desk_is_closed());
    let portal = req.as_ref().and_then(|req| req.portal().map(|portal| portal.back().clone()));
    // An operator may belong to no workspace.
    let account = req.and_then(|req| req.account()).filter(|_| is_operator);
    let above = match (portal, viewer, account) {
        (Some(back), _, _) => Some((Some(navigation(place).into_any()), way_back(&back).into_any())),
        (None, Some(viewer), _) => Some((Some(navigation(place).into_any()), menu(viewer, is_operator))),
        (None, None, Some(account)) => Some((None, operators_menu(&account.email))),
        (None, None, None) => None,
    };
    view! {
        <Title text=title/>
        <div class="page">
            <header class="bar">
                <div class="top">
                    <a class="mark" href="/">{product_mark()}</a>
                    {above}
                </div>
            </header>
            <main id="main" tabindex="-1">{content.into_any()}</main>
            <footer class="bottom">
                <div class="foot">
                    {product_at_foot()}
                    <div>
                        <p>
                            {text!(frame_footer)}" "<a href="/docs">{text!(frame_api_docs)}</a>
                            {moved_clock().map(|words| view! { <br/>{words} })}
                        </p>
                        {product_links()}
                        {theme_choice(theme, here.clone()).into_any()}
                        {language_choice(here)}
                    </div>
                </div>
            </footer>
        </div>
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

/// Builds "Membership · Acme Robotics · Dues", where "Dues" is the name of the product. The text is escaped, because
/// `leptos_meta` writes titles as they are.
fn document_title(title: &str, workspace: Option<&str>) -> String {
    let app = app_name();
    let parts: Vec<&str> = [Some(title), workspace, Some(&*app)].into_iter().flatten().collect();
    parts.join(" · ").replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn navigation(place: Place) -> impl IntoView {
    let membership = match place {
        Place::Membership => Some("page"),
        Place::UnderMembership => Some("true"),
        Place::Usage | Place::Settings | Place::Elsewhere => None,
    };
    let usage = (place == Place::Usage).then_some("page");
    let settings = (place == Place::Settings).then_some("true");
    view! {
        <nav aria-label=text!(frame_nav)>
            <ul role="list">
                <li><a href="/membership" aria-current=membership>{text!(frame_membership)}</a></li>
                <li><a href="/usage" aria-current=usage>{text!(frame_usage)}</a></li>
                <li><a href="/settings/team" aria-current=settings>{text!(frame_settings)}</a></li>
            </ul>
        </nav>
    }
}

/// The role at the start of a sentence.
pub(crate) fn role_title(role: Role) -> Cow<'static, str> {
    match role {
        Role::Owner => text!(frame_role_owner),
        Role::Admin => text!(frame_role_admin),
        Role::Billing => text!(frame_role_billing),
        Role::Member => text!(frame_role_member),
    }
}

fn desk_link() -> impl IntoView {
    view! { <p><a href=DESK>{text!(frame_desk)}</a></p> }
}

fn account_link() -> impl IntoView {
    view! { <p><a href=ACCOUNT>{text!(frame_account)}</a></p> }
}

/// The link to the product that a portal session came from, in place of the menu.
fn way_back(back: &WayBack) -> impl IntoView + use<> {
    view! { <p class="way-back"><a href=back.url.clone() target=window_of_other_site()>{portal::back_label(back)}</a></p> }
}

/// Id of the account menu.
const MENU: &str = "account-menu";

/// Renders the account menu, which its button opens. `opens` says for screen readers whose menu it is, before `name`.
///
/// A popover closes on Escape, where the focus returns to the button, and on a click outside, without a script.
fn menu_of(opens: Cow<'static, str>, name: String, content: impl IntoView + 'static) -> AnyView {
    view! {
        <div class="menu">
            <button type="button" popovertarget=MENU>
                <span class="unseen">{opens}" "</span>
                <span class="cut"><bdi>{name}</bdi></span>
                " "
                {icon(Icon::More)}
            </button>
            <div id=MENU popover="auto">{content.into_any()}</div>
        </div>
    }
    .into_any()
}

fn sign_out_form() -> AnyView {
    view! {
        <form method="post" action=form_address(SignOut::PATH)>
            <button class="button small full">{text!(frame_sign_out)}</button>
        </form>
    }
    .into_any()
}

/// The menu of an operator without a workspace.
fn operators_menu(email: &Email) -> AnyView {
    let content = view! { {desk_link()} {account_link()} {sign_out_form()} };
    menu_of(text!(frame_menu_account), email.to_string(), content)
}

fn menu(viewer: Viewer, is_operator: bool) -> AnyView {
    let name = viewer.email().map(ToString::to_string).unwrap_or_default();
    let Viewer { user_id: _, identity: _, current_membership, other_memberships } = viewer;
    let role =
        text!(frame_menu_role, role = current_membership.role.as_str(), workspace = &current_membership.tenant_name);
    let catalog = services().map(|services| services.catalog().clone());
    let others = other_memberships
        .into_iter()
        .map(|Membership { tenant_id, tenant_name, role: _, plan }| {
            let plan = catalog.as_ref().and_then(|catalog| catalog.plan(plan.as_str()));
            let label = match plan {
                Some(plan) => {
                    rich!(frame_switch_with_plan, workspace = tenant_name, plan = wording::name(&plan.name))
                }
                None => rich!(frame_switch, workspace = tenant_name),
            };
            view! {
                <button class="plain" name="tenant" value=String::from(tenant_id)>{rich_text(label)}</button>
            }
        })
        .collect::<Vec<_>>();
    let others = (!others.is_empty()).then(|| {
        view! { <form class="tight" method="post" action=form_address(SwitchWorkspace::PATH)>{others}</form> }
    });
    let content = view! {
        <p class="breaking"><b><bdi>{name}</bdi></b><br/>{role}</p>
        {others}
        {is_operator.then(desk_link)}
        {account_link()}
        {sign_out_form()}
    };
    menu_of(text!(frame_menu_workspace), current_membership.tenant_name, content)
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
    fn a_name_in_the_title_is_escaped() {
        assert_eq!(document_title("Usage", Some("Acme")), "Usage · Acme · Dues");
        assert_eq!(document_title("Sign in", None), "Sign in · Dues");
        assert_eq!(
            document_title("Usage", Some("A&B</title><script>")),
            "Usage · A&amp;B&lt;/title&gt;&lt;script&gt; · Dues"
        );
    }

    #[test]
    fn each_language_is_offered_by_its_own_name() {
        let html = Owner::new().with(|| language_choice("/usage".to_owned()).unwrap().to_html());
        assert!(html.contains(" lang=\"de\"") && html.contains(">Deutsch</button>"), "{html}");
        assert_eq!(html.matches(" aria-pressed=\"true\"").count(), 1, "{html}");
    }
}
