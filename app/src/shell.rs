//! Every page with its path, and the document around each.

use std::sync::Arc;

use futures::StreamExt;
use http::request::Parts;
use hydration_context::SsrSharedContext;
use leptos::{
    prelude::*,
    tachys::{html::InertElement, ssr::StreamBuilder},
};
use locales::{Locale, text};

use crate::{
    components::{
        icon::symbols,
        page::{
            not_found::not_found,
            script::{Assets, Favicon},
            title::PageTitle,
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

/// A page: its path, and the function that renders its content.
#[derive(Clone, Copy, Debug)]
pub struct Page {
    path: &'static str,
    content: fn() -> AnyView,
}

/// All pages. If the patterns of two match a path, the first is its page.
static PAGES: &[Page] = &[
    Page::new("/", || home().into_any()),
    Page::new("/login", || login().into_any()),
    Page::new("/login/code", || login_code().into_any()),
    Page::new("/login/oidc/{id}", provider::start),
    Page::new("/login/oidc/{id}/callback", provider::callback),
    Page::new("/confirm", confirm),
    Page::new("/account/address/{token}", account_address),
    Page::new("/signup", || sign_up().into_any()),
    Page::new("/pricing", pricing),
    Page::new("/membership", membership),
    Page::new("/membership/membership-paid", paid),
    Page::new("/membership/cancel", cancel),
    Page::new("/membership/invoices", invoices),
    Page::new("/membership/seats", seats),
    Page::new("/membership/enterprise", || enterprise().into_any()),
    Page::new("/membership/provider", leave_frame),
    Page::new("/checkout", checkout),
    Page::new("/usage", usage),
    Page::new("/usage/{feature}", usage_feature),
    Page::new("/form-refused", form_refused),
    Page::new("/docs", docs::overview),
    Page::new("/docs/search", docs::search),
    Page::new("/docs/api", docs::reference),
    Page::new("/docs/api/{tag}", docs::operations),
    Page::new("/docs/{page}", docs::document),
    Page::new("/settings/account", account),
    Page::new("/settings/team", team),
    Page::new("/settings/workspace", workspace),
    Page::new("/settings/billing", billing),
    Page::new("/settings/billing/activity", activity),
    Page::new("/settings/customers", customers),
    Page::new("/settings/customers/products", products),
    Page::new("/settings/customers/subscriptions", subscriptions),
    Page::new("/settings/keys", keys),
    Page::new("/settings/secrets", secrets),
    Page::new("/settings/audit", audit),
    Page::new("/settings/webhooks", webhooks),
    Page::new("/settings/webhooks/{id}", endpoint),
    Page::new("/operator", tenants),
    Page::new("/operator/tenants/{id}", tenant),
    Page::new("/operator/tenants/{id}/invoices", tenant_invoices),
    Page::new("/operator/tenants/{id}/timeline", timeline),
    Page::new("/operator/work", work),
    Page::new("/operator/requests", requests),
    Page::new("/operator/revenue", revenue),
    Page::new("/operator/search", desk_search),
    Page::new("/operator/imports", imports),
    Page::new("/operator/imports/{id}", import_report),
    Page::new("/operator/keys", installation_keys),
    Page::new("/operator/webhooks", installation_webhooks),
    Page::new("/operator/webhooks/{id}", installation_endpoint),
    Page::new("/operator/mails", mails),
    Page::new("/operator/mails/{kind}", letter),
    Page::new("/invitations/{token}", invitation),
    Page::new("/portal/{token}", portal_link),
    Page::new("/account/prove/{token}", verify_address),
    Page::new("/unsubscribe/{token}", unsubscribe),
    Page::new("/password/forgot", forgot),
    Page::new("/password/{token}", choose),
];

/// The page of all other paths.
const NOT_FOUND: Page = Page::new("", not_found);

impl Page {
    const fn new(path: &'static str, content: fn() -> AnyView) -> Self {
        Self { path, content }
    }

    /// Iterates over all pages.
    pub fn all() -> impl Iterator<Item = Self> {
        PAGES.iter().copied()
    }

    /// Returns the page of a path; the page that says that there is none if no pattern matches. A slash at the end of
    /// the path is ignored.
    pub fn of_path(path: &str) -> Self {
        let path = path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path);
        Self::all().find(|page| page.matches(path)).unwrap_or(NOT_FOUND)
    }

    /// The pattern of the page's path, such as `/usage/{feature}`.
    pub const fn path(self) -> &'static str {
        self.path
    }

    fn matches(self, path: &str) -> bool {
        let (mut pattern, mut segments) = (self.path.split('/'), path.split('/'));
        loop {
            match (pattern.next(), segments.next()) {
                (None, None) => return true,
                (Some(wanted), Some(segment)) if is_match(wanted, segment) => {}
                _ => return false,
            }
        }
    }

    /// Renders the whole document. `provide_contexts` provides the contexts that pages need besides the request:
    /// `billing::Services`, `Arc<`[`Assets`]`>`, `ResponseOptions`, and leptos' `Nonce` if the content security policy
    /// uses one.
    pub async fn render(self, request: Parts, provide_contexts: impl FnOnce() + Send) -> String {
        let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new())));
        // A new root is the thread's current owner: while this page waits, the owner of another request on the thread would
        // become its child, and find its contexts.
        owner.clone().unset();
        let rendering = owner.with(|| {
            provide_context(PageRequest::of(request));
            provide_contexts();
            let title = PageTitle::default();
            provide_context(title.clone());
            let content = (self.content)().to_html_stream_in_order();
            ScopedFuture::new(async move {
                // The content sets the title while it is rendered.
                let content = whole(content).await;
                document(title.take(), content)
            })
        });
        let html = Sandboxed::new(rendering).await;
        owner.unset_with_forced_cleanup();
        html
    }
}

/// Whether a segment of a pattern matches that of a path. A parameter matches every segment that is not empty.
fn is_match(wanted: &str, segment: &str) -> bool {
    if wanted.starts_with('{') { !segment.is_empty() } else { wanted == segment }
}

/// Waits for all parts of the content that load data.
async fn whole(mut parts: StreamBuilder) -> String {
    let mut html = parts.next().await.unwrap_or_default();
    while let Some(part) = parts.next().await {
        html.push_str(&part);
    }
    html
}

fn document(title: Option<String>, content: String) -> String {
    let theme = PageRequest::now().map(|req| req.theme()).filter(|theme| *theme != Theme::System);
    let language = Locale::current();
    let (css, brand_css, favicon) = match use_context::<Arc<Assets>>() {
        Some(assets) => (Some(assets.css.clone()), assets.brand_css.clone(), assets.favicon.clone()),
        None => (None, None, Favicon::default()),
    };
    // After the main style sheet, whose accent it overrides.
    let brand_css = brand_css.map(|href| view! { <link rel="stylesheet" href=href/> });
    let title = title.map(|title| view! { <title>{title}</title> });
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
                {title}
            </head>
            <body>
                {symbols()}
                <a class="skip" href="#main">{text!(frame_skip)}</a>
                {InertElement::new(content).into_any()}
            </body>
        </html>
    }
    .to_html()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str) -> Parts {
        http::Request::get(uri).body(()).unwrap().into_parts().0
    }

    #[test]
    fn a_path_has_the_first_page_whose_pattern_matches() {
        for (path, pattern) in [
            ("/", "/"),
            ("/usage", "/usage"),
            ("/usage/", "/usage"),
            ("/usage/ai_tokens", "/usage/{feature}"),
            ("/password/forgot", "/password/forgot"),
            ("/password/0123", "/password/{token}"),
            ("/docs/api", "/docs/api"),
            ("/login/oidc/acme/callback", "/login/oidc/{id}/callback"),
            ("/usage/ai_tokens/more", ""),
            ("/usages", ""),
            ("", ""),
            ("*", ""),
        ] {
            assert_eq!(Page::of_path(path).path(), pattern, "{path}");
        }
        let mut paths: Vec<_> = Page::all().map(Page::path).collect();
        let all = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), all);
    }

    #[test]
    fn the_title_is_escaped_and_stands_in_the_head() {
        Owner::new_root(Some(Arc::new(SsrSharedContext::new()))).with(|| {
            provide_context(PageRequest::of(request("/usage")));
            let html = document(Some("A&B</title><script>".to_owned()), "<main>Content</main>".to_owned());
            let (head, body) = html.split_once("</head>").unwrap();
            assert!(head.contains("<title>A&amp;B&lt;/title&gt;&lt;script&gt;</title>"), "{html}");
            assert!(body.contains("<main>Content</main>"), "{html}");
            assert!(!document(None, String::new()).contains("<title>"));
        });
    }
}
