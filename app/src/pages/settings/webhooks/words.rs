//! What the pages of webhooks say about the last action.

use billing::service::webhook_endpoint::MOST_ENDPOINTS;
use leptos::prelude::*;

use crate::{
    components::icon::Tone,
    pages::answer::{self, Answer},
    request::Asked,
};

/// What the code in the address says.
pub(super) fn answered(asked: &Asked, workspace: &str) -> Option<AnyView> {
    let code = asked.query("code")?;
    Some(answer::notice(asked, &code, words(&code, workspace)?))
}

fn words(code: &str, workspace: &str) -> Option<Answer> {
    let (tone, head, body) = match code {
        "changed" => (Tone::Ok, "The endpoint is changed", "What happens from now on goes there so.".to_owned()),
        "enabled" => (Tone::Ok, "The endpoint is enabled", "It is told what happens from now on.".to_owned()),
        "disabled" => (
            Tone::Off,
            "The endpoint is disabled",
            "It is told nothing more, and what it had not taken is given up. Each message can be sent again later."
                .to_owned(),
        ),
        "deleted" => (Tone::Ok, "The endpoint is deleted", "Nothing is sent there any more.".to_owned()),
        "pinged" => (
            Tone::Ok,
            "A ping is on its way",
            "How it went stands first among the deliveries. Load the page again in a moment.".to_owned(),
        ),
        "resent" => (
            Tone::Ok,
            "The message is on its way again",
            "It goes under the same id. Load the page again in a moment.".to_owned(),
        ),
        "not_found" => (Tone::Off, "That is not one of this workspace’s", "Nothing was changed.".to_owned()),
        "conflict" => (
            Tone::Near,
            "Nothing was sent",
            "The endpoint is disabled, or has pings waiting. Enable it, or wait a moment.".to_owned(),
        ),
        "too_many_webhook_endpoints" => (
            Tone::Near,
            "No endpoint was made",
            format!(
                "{workspace} has {MOST_ENDPOINTS} endpoints, as many as there may be. Delete one that is not needed."
            ),
        ),
        "secrets_not_configured" => (
            Tone::Off,
            "No secret can be kept here",
            "The person who runs this installation can set SECRETS_KEY.".to_owned(),
        ),
        "admin_required" => (
            Tone::Off,
            "That is for an owner or an admin",
            format!("Only an owner or an admin of {workspace} can change its endpoints."),
        ),
        "internal" => (Tone::Stop, "Something broke on our side", "Nothing was changed.".to_owned()),
        _ => return None,
    };
    Some(Answer { tone, head: head.to_owned(), body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_the_actions_has_words_and_no_other_code_has() {
        let codes = [
            "changed",
            "enabled",
            "disabled",
            "deleted",
            "pinged",
            "resent",
            "not_found",
            "conflict",
            "too_many_webhook_endpoints",
            "secrets_not_configured",
            "admin_required",
            "internal",
        ];
        for code in codes {
            assert!(words(code, "Acme").is_some(), "{code}");
        }
        assert_eq!(words("<script>", "Acme"), None);
    }
}
