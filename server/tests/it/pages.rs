//! Pages in a browser: forms, cookies, tabs and live updates.

mod brand;
mod browsers;
mod docs;
mod element_ids;
mod languages;
mod limit_pages;
mod live;
mod member_pages;
mod on_https;
mod own_limits;
mod page_cookies;
mod page_forms;
mod pricing;
mod roles;
pub(crate) mod seats;
mod two_tabs;
