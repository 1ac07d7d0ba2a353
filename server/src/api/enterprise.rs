//! What the workspace document calls its Enterprise API.

pub mod signup;
