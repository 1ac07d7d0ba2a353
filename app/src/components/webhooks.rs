//! Webhook endpoints of a workspace or the installation: their list, one endpoint with its deliveries, and the forms
//! that change them.

pub(crate) mod deliveries;
pub(crate) mod endpoint;
pub(crate) mod form;
pub(crate) mod list;
pub(crate) mod owner;
pub(crate) mod words;
