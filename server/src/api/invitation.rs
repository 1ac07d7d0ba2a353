//! Invitations, for the invited person.

pub mod accept;
