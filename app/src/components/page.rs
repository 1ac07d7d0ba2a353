//! The frame of every page: header, navigation, footer.

pub(crate) mod access;
pub(crate) mod back_from_portal;
pub(crate) mod dead_end;
pub(crate) mod entry;
pub(crate) mod failure;
mod footer;
pub(crate) mod live_updates;
pub(crate) mod no_workspace;
pub(crate) mod not_found;
pub(crate) mod operator_nav;
pub(crate) mod portal;
pub(crate) mod script;
pub(crate) mod settings_nav;
pub(crate) mod title;

use std::borrow::Cow;

use domain::{
    account::{Email, Membership, Role, Viewer},
    tenant::portal::WayBack,
};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

pub use self::footer::Footers;
use self::{footer::footer, title::set_title};
use crate::{
    actions::{
        account::PAGE as ACCOUNT,
        operator::HOME as DESK,
        session::{SignOut, SwitchWorkspace},
    },
    components::{
        brand::{app_name, product_mark},
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
    set_title(document_title(title.as_ref(), None));
    view! {
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
    set_title(title);
    view! {
        <div class="page">
            <header class="bar">
                <div class="top">
                    <a class="mark" href="/">{product_mark()}</a>
                    {above}
                </div>
            </header>
            <main id="main" tabindex="-1">{content.into_any()}</main>
            {footer(theme, &here)}
        </div>
    }
    .into_any()
}

/// Builds "Membership · Acme Robotics · Dues", where "Dues" is the name of the product.
fn document_title(title: &str, workspace: Option<&str>) -> String {
    let app = app_name();
    let parts: Vec<&str> = [Some(title), workspace, Some(&*app)].into_iter().flatten().collect();
    parts.join(" · ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_names_page_workspace_and_product() {
        assert_eq!(document_title("Usage", Some("Acme")), "Usage · Acme · Dues");
        assert_eq!(document_title("Sign in", None), "Sign in · Dues");
    }
}
