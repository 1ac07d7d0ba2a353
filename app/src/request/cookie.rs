//! Cookies of pages. None is readable by scripts; over https each is `Secure`.
//!
//! Browsers do not send `SameSite=Lax` cookies to a frame on another site. Where `EMBED_ORIGINS` allows frames, cookies
//! of portal sessions are therefore `SameSite=None` and `Partitioned`: each site around a frame has separate cookies.

use http::{HeaderMap, HeaderValue, header};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

use crate::request::{PageRequest, services};

/// A cookie: its name without prefix, and the path that it is sent to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PageCookie {
    name: &'static str,
    path: &'static str,
    /// Whether it belongs to a portal session and to no account.
    is_of_portal: bool,
}

/// Where the browser sends a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    /// To this site, also over http.
    Http,
    /// To this site, only over https.
    Https,
    /// Over https, also to a frame on another site. Each site around a frame has separate cookies.
    Frames,
}

impl PageCookie {
    /// A cookie for the pages below `path`.
    pub(crate) const fn under(name: &'static str, path: &'static str) -> Self {
        Self { name, path, is_of_portal: false }
    }

    /// A cookie for every page.
    pub(crate) const fn everywhere(name: &'static str) -> Self {
        Self::under(name, "/")
    }

    /// A cookie of a portal session, for every page.
    pub(crate) const fn in_frames(name: &'static str) -> Self {
        Self { is_of_portal: true, ..Self::everywhere(name) }
    }

    /// Sets the cookie for `secs`.
    pub(crate) fn keep(self, value: &str, secs: u32) {
        set(&self.line(value, secs, self.reach()));
    }

    /// Deletes the cookie.
    pub(crate) fn drop(self) {
        self.keep("", 0);
    }

    /// The `Set-Cookie` line that deletes the cookie.
    pub(crate) fn deletion(self, is_https: bool) -> String {
        self.line("", 0, if is_https { Reach::Https } else { Reach::Http })
    }

    pub(crate) fn value(self, req: &PageRequest) -> Option<String> {
        req.cookie(&self.name(is_https()))
    }

    /// Returns the full name. Over https, the prefix `__Host-` binds a cookie for every page to this host.
    pub(super) fn name(self, is_https: bool) -> String {
        let prefix = if is_https && self.path == "/" { "__Host-" } else { "" };
        format!("{prefix}{}", self.name)
    }

    /// The reach of the cookie in the current response.
    fn reach(self) -> Reach {
        let allows_frames = services().is_some_and(|services| services.settings().browser_access.allows_embedding());
        let is_of_portal = self.is_of_portal || PageRequest::now().is_some_and(|req| req.portal().is_some());
        if !is_https() {
            Reach::Http
        } else if allows_frames && is_of_portal {
            Reach::Frames
        } else {
            Reach::Https
        }
    }

    fn line(self, value: &str, secs: u32, reach: Reach) -> String {
        let (name, path) = (self.name(reach != Reach::Http), self.path);
        let reach = match reach {
            Reach::Http => "SameSite=Lax; HttpOnly",
            Reach::Https => "SameSite=Lax; HttpOnly; Secure",
            Reach::Frames => "SameSite=None; HttpOnly; Secure; Partitioned",
        };
        format!("{name}={value}; Max-Age={secs}; Path={path}; {reach}")
    }
}

/// Returns the value of a cookie, by its full name.
pub(super) fn cookie_in(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.to_owned())
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
        let line = all.line("dark", 60, Reach::Https);
        assert_eq!(line, "__Host-theme=dark; Max-Age=60; Path=/; SameSite=Lax; HttpOnly; Secure");
        assert_eq!(
            some.line("x", 60, Reach::Https),
            "fresh_key=x; Max-Age=60; Path=/settings/keys; SameSite=Lax; HttpOnly; Secure"
        );
        assert_eq!(all.line("dark", 60, Reach::Http), "theme=dark; Max-Age=60; Path=/; SameSite=Lax; HttpOnly");
    }

    #[test]
    fn a_cookie_for_frames_is_kept_for_each_site_around_them() {
        assert_eq!(
            PageCookie::in_frames("dues_portal").line("x", 60, Reach::Frames),
            "__Host-dues_portal=x; Max-Age=60; Path=/; SameSite=None; HttpOnly; Secure; Partitioned"
        );
    }
}
