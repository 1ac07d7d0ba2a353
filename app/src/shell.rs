//! The document around every page, and the router.

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{Route, Router, Routes},
    path,
};
use locales::{Locale, text};

use crate::{
    components::{
        icon::symbols,
        page::{
            not_found::not_found,
            script::{Assets, Favicon},
        },
    },
    pages::{
        account::{
            account_address::account_address,
            confirm::confirm,
            form_refused::form_refused,
            invitation::invitation,
            login::login,
            login_code::login_code,
            password::{choose, forgot},
            portal_link::portal_link,
            provider,
            signup::sign_up,
            unsubscribe::unsubscribe,
            verify_address::verify_address,
        },
        docs,
        home::home,
        membership::{
            cancel::cancel, checkout::checkout, enterprise::enterprise, invoices::invoices, leave_frame::leave_frame,
            membership, paid::paid, pricing::pricing, seats::seats,
        },
        operator::{
            imports::{imports, report::report as import_report},
            keys::keys as installation_keys,
            mails::{letter::letter, mails},
            requests::requests,
            revenue::revenue,
            search::search as desk_search,
            tenant::{invoices::invoices as tenant_invoices, tenant, timeline::timeline},
            tenants::tenants,
            webhooks::{endpoint::endpoint as installation_endpoint, webhooks as installation_webhooks},
            work::work,
        },
        settings::{
            account::account,
            audit::audit,
            billing::{activity::activity, billing},
            customers::{people::customers, products::products, subscriptions::subscriptions},
            keys::keys,
            secrets::secrets,
            team::team,
            webhooks::{endpoint::endpoint, webhooks},
            workspace::workspace,
        },
        usage::{feature::usage_feature, usage},
    },
    request::{PageRequest, theme::Theme},
};

/// Renders the document. Requires the contexts `billing::Services` and [`Assets`], and leptos' `Nonce` if the content
/// security policy uses one.
pub fn shell() -> impl IntoView {
    let theme = PageRequest::now().map(|req| req.theme()).filter(|theme| *theme != Theme::System);
    let language = Locale::current();
    let (css, brand_css, favicon) = match use_context::<Assets>() {
        Some(Assets { css, brand_css, favicon, script: _ }) => (Some(css), brand_css, favicon),
        None => (None, None, Favicon::default()),
    };
    // After the main style sheet, whose accent it overrides.
    let brand_css = brand_css.map(|href| view! { <link rel="stylesheet" href=href/> });
    view! {
        <!DOCTYPE html>
        <html lang=language.tag() dir=language.direction().as_str() data-theme=theme.map(Theme::as_str)>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content=theme.map_or("light dark", Theme::as_str)/>
                <link rel="icon" type=favicon.content_type href=favicon.path/>
                <link rel="stylesheet" href=css/>
                {brand_css}
                <MetaTags/>
            </head>
            <body>
                {symbols()}
                <a class="skip" href="#main">{text!(frame_skip)}</a>
                <App/>
            </body>
        </html>
    }
}

/// The router: every page and its path.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=not_found>
                <Route path=path!("/") view=home ssr=SsrMode::Async/>
                <Route path=path!("/login") view=login ssr=SsrMode::Async/>
                <Route path=path!("/login/code") view=login_code ssr=SsrMode::Async/>
                <Route path=path!("/login/oidc/:id") view=provider::start ssr=SsrMode::Async/>
                <Route path=path!("/login/oidc/:id/callback") view=provider::callback ssr=SsrMode::Async/>
                <Route path=path!("/confirm") view=confirm ssr=SsrMode::Async/>
                <Route path=path!("/account/address/:token") view=account_address ssr=SsrMode::Async/>
                <Route path=path!("/signup") view=sign_up ssr=SsrMode::Async/>
                <Route path=path!("/pricing") view=pricing ssr=SsrMode::Async/>
                <Route path=path!("/membership") view=membership ssr=SsrMode::Async/>
                <Route path=path!("/membership/membership-paid") view=paid ssr=SsrMode::Async/>
                <Route path=path!("/membership/cancel") view=cancel ssr=SsrMode::Async/>
                <Route path=path!("/membership/invoices") view=invoices ssr=SsrMode::Async/>
                <Route path=path!("/membership/seats") view=seats ssr=SsrMode::Async/>
                <Route path=path!("/membership/enterprise") view=enterprise ssr=SsrMode::Async/>
                <Route path=path!("/membership/provider") view=leave_frame ssr=SsrMode::Async/>
                <Route path=path!("/checkout") view=checkout ssr=SsrMode::Async/>
                <Route path=path!("/usage") view=usage ssr=SsrMode::Async/>
                <Route path=path!("/usage/:feature") view=usage_feature ssr=SsrMode::Async/>
                <Route path=path!("/form-refused") view=form_refused ssr=SsrMode::Async/>
                <Route path=path!("/docs") view=docs::overview ssr=SsrMode::Async/>
                <Route path=path!("/docs/search") view=docs::search ssr=SsrMode::Async/>
                <Route path=path!("/docs/api") view=docs::reference ssr=SsrMode::Async/>
                <Route path=path!("/docs/api/:tag") view=docs::operations ssr=SsrMode::Async/>
                <Route path=path!("/docs/:page") view=docs::document ssr=SsrMode::Async/>
                <Route path=path!("/settings/account") view=account ssr=SsrMode::Async/>
                <Route path=path!("/settings/team") view=team ssr=SsrMode::Async/>
                <Route path=path!("/settings/workspace") view=workspace ssr=SsrMode::Async/>
                <Route path=path!("/settings/billing") view=billing ssr=SsrMode::Async/>
                <Route path=path!("/settings/billing/activity") view=activity ssr=SsrMode::Async/>
                <Route path=path!("/settings/customers") view=customers ssr=SsrMode::Async/>
                <Route path=path!("/settings/customers/products") view=products ssr=SsrMode::Async/>
                <Route path=path!("/settings/customers/subscriptions") view=subscriptions ssr=SsrMode::Async/>
                <Route path=path!("/settings/keys") view=keys ssr=SsrMode::Async/>
                <Route path=path!("/settings/secrets") view=secrets ssr=SsrMode::Async/>
                <Route path=path!("/settings/audit") view=audit ssr=SsrMode::Async/>
                <Route path=path!("/settings/webhooks") view=webhooks ssr=SsrMode::Async/>
                <Route path=path!("/settings/webhooks/:id") view=endpoint ssr=SsrMode::Async/>
                <Route path=path!("/operator") view=tenants ssr=SsrMode::Async/>
                <Route path=path!("/operator/tenants/:id") view=tenant ssr=SsrMode::Async/>
                <Route path=path!("/operator/tenants/:id/invoices") view=tenant_invoices ssr=SsrMode::Async/>
                <Route path=path!("/operator/tenants/:id/timeline") view=timeline ssr=SsrMode::Async/>
                <Route path=path!("/operator/work") view=work ssr=SsrMode::Async/>
                <Route path=path!("/operator/requests") view=requests ssr=SsrMode::Async/>
                <Route path=path!("/operator/revenue") view=revenue ssr=SsrMode::Async/>
                <Route path=path!("/operator/search") view=desk_search ssr=SsrMode::Async/>
                <Route path=path!("/operator/imports") view=imports ssr=SsrMode::Async/>
                <Route path=path!("/operator/imports/:id") view=import_report ssr=SsrMode::Async/>
                <Route path=path!("/operator/keys") view=installation_keys ssr=SsrMode::Async/>
                <Route path=path!("/operator/webhooks") view=installation_webhooks ssr=SsrMode::Async/>
                <Route path=path!("/operator/webhooks/:id") view=installation_endpoint ssr=SsrMode::Async/>
                <Route path=path!("/operator/mails") view=mails ssr=SsrMode::Async/>
                <Route path=path!("/operator/mails/:kind") view=letter ssr=SsrMode::Async/>
                <Route path=path!("/invitations/:token") view=invitation ssr=SsrMode::Async/>
                <Route path=path!("/portal/:token") view=portal_link ssr=SsrMode::Async/>
                <Route path=path!("/account/prove/:token") view=verify_address ssr=SsrMode::Async/>
                <Route path=path!("/unsubscribe/:token") view=unsubscribe ssr=SsrMode::Async/>
                <Route path=path!("/password/forgot") view=forgot ssr=SsrMode::Async/>
                <Route path=path!("/password/:token") view=choose ssr=SsrMode::Async/>
            </Routes>
        </Router>
    }
}
