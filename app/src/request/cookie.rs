//! Cookies of pages. None is readable by scripts; over https each is `Secure`.

use http::{HeaderValue, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::request::{PageRequest, services};

/// A cookie: its name without prefix, and the path that it is sent to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageCookie {
    name: &'static str,
    path: &'static str,
}

impl PageCookie {
    /// A cookie for the pages below `path`.
    pub(crate) const fn under(name: &'static str, path: &'static str) -> Self {
        Self { name, path }
    }

    /// A cookie for every page.
    pub(crate) const fn everywhere(name: &'static str) -> Self {
        Self::under(name, "/")
    }

    /// Sets the cookie for `secs`.
    pub(crate) fn keep(self, value: &str, secs: u32) {
        set(&self.line(value, secs, is_https()));
    }

    /// Deletes the cookie.
    pub(crate) fn drop(self) {
        self.keep("", 0);
    }

    /// The `Set-Cookie` line that deletes the cookie.
    pub(crate) fn deletion(self, is_https: bool) -> String {
        self.line("", 0, is_https)
    }

    pub(crate) fn value(self, req: &PageRequest) -> Option<String> {
        req.cookie(&self.name(is_https()))
    }

    /// Over https, a cookie for every page gets the `__Host-` prefix, which binds it to this host.
    fn name(self, is_https: bool) -> String {
        let prefix = if is_https && self.path == "/" { "__Host-" } else { "" };
        format!("{prefix}{}", self.name)
    }

    fn line(self, value: &str, secs: u32, is_https: bool) -> String {
        let (name, path) = (self.name(is_https), self.path);
        let secure = if is_https { "; Secure" } else { "" };
        format!("{name}={value}; Max-Age={secs}; Path={path}; SameSite=Lax; HttpOnly{secure}")
    }
}

fn is_https() -> bool {
    services().is_some_and(|services| services.settings().app_url.scheme() == "https")
}

fn set(line: &str) {
    if let (Some(response), Ok(value)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(line)) {
        response.append_header(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn over_https_a_cookie_is_secure_and_host_bound_where_possible() {
        let (all, some) = (PageCookie::everywhere("theme"), PageCookie::under("fresh_key", "/settings/keys"));
        assert_eq!(all.line("dark", 60, true), "__Host-theme=dark; Max-Age=60; Path=/; SameSite=Lax; HttpOnly; Secure");
        assert_eq!(
            some.line("x", 60, true),
            "fresh_key=x; Max-Age=60; Path=/settings/keys; SameSite=Lax; HttpOnly; Secure"
        );
        assert_eq!(all.line("dark", 60, false), "theme=dark; Max-Age=60; Path=/; SameSite=Lax; HttpOnly");
    }
}
