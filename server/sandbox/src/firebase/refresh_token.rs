//! Refresh tokens: they let a client get new ID tokens without signing in again.

use std::sync::Arc;

use aws_lc_rs::digest;
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::account::Account;
use crate::storage::{Transaction, ids};

const CHARS: usize = 120;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct RefreshToken {
    /// The hash of the token. The token itself is not stored, so a reader of the data folder can't use it.
    pub(crate) id: String,
    pub(super) account: String,
    /// When the user signed in.
    pub(super) auth_time: Timestamp,
}

impl RefreshToken {
    pub(super) fn issue(tx: &mut Transaction<'_>, account: &Account) -> String {
        let token = ids::random(CHARS);
        tx.put(Self { id: hash(&token), account: account.id.clone(), auth_time: account.last_login });
        token
    }

    pub(super) fn find(tx: &Transaction<'_>, token: &str) -> Option<Arc<Self>> {
        tx.get::<Self>(&hash(token))
    }
}

fn hash(token: &str) -> String {
    hex::encode(digest::digest(&digest::SHA256, token.as_bytes()))
}
