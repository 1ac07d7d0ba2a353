//! Parts of pages that several pages share.

pub(crate) mod address_notice;
pub(crate) mod chart;
pub(crate) mod code_field;
pub(crate) mod compare_table;
pub(crate) mod entry;
pub(crate) mod facts;
pub(crate) mod field;
pub(crate) mod icon;
pub(crate) mod meter;
pub(crate) mod mistakes;
pub(crate) mod new_password;
pub(crate) mod notice;
pub(crate) mod operator_nav;
pub(crate) mod page;
pub(crate) mod plan_card;
pub(crate) mod provider_form;
pub(crate) mod settings_nav;
pub(crate) mod shown_secret;
pub(crate) mod ticks;
pub(crate) mod trend;
pub(crate) mod unmanaged;
