//! Invitations, by whoever is invited.

pub mod accept;
