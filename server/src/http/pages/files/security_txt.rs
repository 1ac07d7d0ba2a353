//! `/.well-known/security.txt`: the contact for vulnerability reports (RFC 9116).

use axum::{Router, extract::State, http::header, routing::get};
use billing::Services;
use domain::time::Timestamp;
use url::Url;

use crate::config::Contact;

const PATH: &str = "/.well-known/security.txt";
/// How long a served text is valid. RFC 9116 recommends less than a year.
const VALID_SECS: i64 = 180 * SECS_PER_DAY;
const SECS_PER_DAY: i64 = 86_400;

/// Adds no route without a contact: the path is then not found.
pub(in crate::http) fn routes(contact: Option<Contact>) -> Router<Services> {
    let Some(contact) = contact else { return Router::new() };
    let serve = move |State(services): State<Services>| {
        let text = text(&contact, &services.settings().app_url, services.wall_now());
        std::future::ready(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text))
    };
    Router::new().route(PATH, get(serve))
}

fn text(contact: &Contact, app_url: &Url, now: Timestamp) -> String {
    // Rounded to the day, so that the text is stable.
    let expires = now.plus_secs(VALID_SECS - now.as_secs().rem_euclid(SECS_PER_DAY));
    let canonical = app_url.join(PATH).map(String::from).unwrap_or_default();
    format!(
        "Contact: {contact}\nExpires: {}\nPreferred-Languages: en\nCanonical: {canonical}\n",
        expires.rfc3339_secs()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_has_the_fields_of_rfc_9116() {
        let now = Timestamp::parse_rfc3339("2026-11-29T10:20:30Z").unwrap();
        let contact = "security@example.com".parse().unwrap();
        let app_url = Url::parse("https://billing.example.com/").unwrap();
        assert_eq!(
            text(&contact, &app_url, now),
            "Contact: mailto:security@example.com\nExpires: 2027-05-28T00:00:00Z\nPreferred-Languages: en\n\
             Canonical: https://billing.example.com/.well-known/security.txt\n"
        );
    }
}
