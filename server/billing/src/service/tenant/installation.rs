//! What belongs to the installation: the keys of the product's back end, and its links into the portal.

pub mod key;
pub mod portal;
