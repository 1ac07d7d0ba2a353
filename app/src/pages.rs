//! Pages: one file per page, by subject. No page imports another.

pub(crate) mod account;
pub(crate) mod docs;
pub(crate) mod home;
pub(crate) mod membership;
pub(crate) mod operator;
pub(crate) mod settings;
pub(crate) mod usage;

#[cfg(test)]
#[path = "pages/render_tests.rs"]
mod tests;
