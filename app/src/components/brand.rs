//! The product's brand in the frame of a page: its logo or name, and the links at the foot.

use billing::service::Brand;
use leptos::prelude::*;
use locales::text;

use crate::{
    components::{icon::mark, window::window_of_other_site},
    request::{PageRequest, services, theme::Theme},
};

/// Returns what the page calls the product. Without services, as in tests of single pages, it is the default name.
pub(crate) fn app_name() -> String {
    services().map_or_else(|| text!(brand_name).into_owned(), |services| services.settings().brand.app_name.clone())
}

/// Renders the product's logo for the theme of the page, or its name if it has no logo. The mark of Dues stands beside
/// the name of Dues alone.
pub(crate) fn product_mark() -> AnyView {
    let name = app_name();
    let services = services();
    let brand = services.as_ref().map(|services| &services.settings().brand);
    let Some(logo) = brand.and_then(|brand| brand.logo.clone()) else {
        let mark = (name == Brand::DEFAULT_NAME).then(mark);
        return view! { {mark}{name} }.into_any();
    };
    let theme = PageRequest::now().map_or(Theme::System, |req| req.theme());
    match (brand.and_then(|brand| brand.logo_dark.clone()), theme) {
        (None, _) | (Some(_), Theme::Light) => view! { <img src=logo alt=name/> }.into_any(),
        (Some(dark), Theme::Dark) => view! { <img src=dark alt=name/> }.into_any(),
        (Some(dark), Theme::System) => view! {
            <picture><source media="(prefers-color-scheme: dark)" srcset=dark/><img src=logo alt=name/></picture>
        }
        .into_any(),
    }
}

/// Renders the name at the foot of a page, and that another product than Dues is powered by it, unless that is off.
pub(crate) fn product_at_foot() -> AnyView {
    let name = app_name();
    let is_powered_by = services().is_none_or(|services| services.settings().brand.powered_by);
    let powered_by = (is_powered_by && name != Brand::DEFAULT_NAME).then(|| view! { <br/>{text!(brand_powered_by)} });
    view! { <p>{name}{powered_by}</p> }.into_any()
}

/// Renders the links to pages of the product. Without any it renders nothing.
pub(crate) fn product_links() -> Option<AnyView> {
    let services = services()?;
    let brand = &services.settings().brand;
    let links = [
        (&brand.terms_url, text!(brand_terms)),
        (&brand.privacy_url, text!(brand_privacy)),
        (&brand.support_url, text!(brand_support)),
        (&brand.status_url, text!(brand_status)),
    ];
    let links: Vec<_> = links
        .into_iter()
        .filter_map(|(url, text)| Some((url.as_ref()?.to_string(), text)))
        .map(|(url, text)| view! { <li><a href=url target=window_of_other_site()>{text}</a></li> })
        .collect();
    (!links.is_empty()).then(|| view! { <ul role="list">{links}</ul> }.into_any())
}
