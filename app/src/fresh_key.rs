//! A key that was just made, on its way from the form's answer to the page that shows it.
//!
//! It travels in a cookie that only that page is sent, that no script can read, and that is gone with the showing or after a
//! minute: so it stands in no address, log or database.

use crate::request::{Asked, drop_cookie, keep_cookie};

const NAME: &str = "fresh_key";
const PATH: &str = "/settings/keys";
const KEPT_SECS: u32 = 60;

pub(crate) fn keep(key: &str) {
    keep_cookie(NAME, key, PATH, KEPT_SECS);
}

pub(crate) fn take(asked: &Asked) -> Option<String> {
    let key = asked.cookie(NAME)?;
    drop_cookie(NAME, PATH);
    Some(key)
}
