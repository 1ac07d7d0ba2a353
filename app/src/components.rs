//! Parts of pages that several pages share, by subject. None imports a page.

pub(crate) mod audit;
pub(crate) mod brand;
pub(crate) mod copy;
pub(crate) mod desk;
pub(crate) mod facts;
pub(crate) mod form;
pub(crate) mod icon;
pub(crate) mod key_table;
pub(crate) mod markup;
pub(crate) mod membership;
pub(crate) mod notice;
pub(crate) mod page;
pub(crate) mod provider;
pub(crate) mod receipt;
pub(crate) mod rich;
pub(crate) mod table;
pub(crate) mod usage;
pub(crate) mod webhooks;
pub(crate) mod window;
