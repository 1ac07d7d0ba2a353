//! Verification against a key server that really listens, with keys that really sign.

mod cache;
mod stand;
mod tokens;
