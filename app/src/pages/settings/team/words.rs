//! Texts of the page: its title, and the notice about the last action.

use domain::{entitlement::FeatureUsage, wire::TeamView};
use leptos::prelude::*;

use crate::{
    components::{
        icon::Tone,
        notice::answer::{self, Answer},
    },
    request::PageRequest,
    wording::{capital, count, minutes},
};

/// Builds "Four people, room for one more."
pub(super) fn title(members: usize, places: Option<&FeatureUsage>) -> String {
    let people = format!("{} {}", capital(&count(members)), if members == 1 { "person" } else { "people" });
    let Some(places) = places else { return format!("{people}.") };
    let figure = |figure: u64| usize::try_from(figure).map_or_else(|_| figure.to_string(), count);
    match places.left() {
        None => format!("{people}."),
        Some(0) => match places.limit {
            domain::catalog::Limit::AtMost(most) if places.used > most => {
                format!("{people}, {} more than the plan allows.", figure(places.used - most))
            }
            _ => format!("{people}, no room for more."),
        },
        Some(left) => format!("{people}, room for {} more.", figure(left)),
    }
}

/// Renders the notice about the last action.
pub(super) fn answered(req: &PageRequest, view: &TeamView) -> Option<AnyView> {
    let code = req.query("code")?;
    let wait_secs = req.query("wait").and_then(|secs| secs.parse().ok());
    let said = words(&code, &view.viewer.current_membership.tenant_name, wait_secs)?;
    Some(answer::notice(req, &code, said))
}

fn words(code: &str, workspace: &str, wait_secs: Option<i64>) -> Option<Answer> {
    let (tone, head, body) = match code {
        "role_changed" => (Tone::Ok, "The role is changed", "It holds at once.".to_owned()),
        "removed" => (Tone::Ok, "Removed", format!("Whoever it was has no access to {workspace} any more.")),
        "withdrawn" => (Tone::Ok, "The invitation is withdrawn", "Its link works no more.".to_owned()),
        "already_member" => (
            Tone::Off,
            "That person belongs already",
            format!("The address is one of a member of {workspace}. What she is can be changed in the list."),
        ),
        "limit_reached" => (
            Tone::Near,
            "Nobody was invited: every place is taken",
            "Remove somebody, or choose a plan with more places on the membership page.".to_owned(),
        ),
        "owner_required" => (
            Tone::Off,
            "That is for an owner",
            format!("Only an owner of {workspace} can make, change or remove an owner."),
        ),
        "last_owner" => (
            Tone::Off,
            "One owner has to stay",
            "The last owner can neither go nor become something else. Make somebody else an owner first.".to_owned(),
        ),
        "address_not_proven" => (
            Tone::Near,
            "Nobody was invited: your address is not confirmed",
            "Open the link that was mailed to it. This page sends it again.".to_owned(),
        ),
        "admin_required" => (
            Tone::Off,
            "That is for an owner or an admin",
            format!("Only an owner or an admin of {workspace} can change who belongs."),
        ),
        "not_found" => (Tone::Off, "That is gone", "Somebody else was faster. This is how it stands now.".to_owned()),
        "throttled" => (
            Tone::Near,
            "Too many invitations at once",
            format!("Nobody was invited. Wait {}, then go on.", minutes(wait_secs)),
        ),
        "internal" => (Tone::Stop, "Something broke on our side", "Nothing was changed.".to_owned()),
        _ => return None,
    };
    Some(Answer { tone, head: head.to_owned(), body })
}

#[cfg(test)]
mod tests {
    use domain::catalog::Limit;

    use super::*;

    fn places(used: u64, limit: Limit) -> FeatureUsage {
        FeatureUsage { feature: "team_members".parse().unwrap(), used, limit, since: None, resets_at: None }
    }

    #[test]
    fn the_title_counts_people_and_places_in_words() {
        for (used, limit, said) in [
            (4, Limit::AtMost(5), "Four people, room for one more."),
            (1, Limit::AtMost(3), "One person, room for two more."),
            (2, Limit::AtMost(2), "Two people, no room for more."),
            (3, Limit::AtMost(2), "Three people, one more than the plan allows."),
            (3, Limit::Unlimited, "Three people."),
        ] {
            assert_eq!(title(usize::try_from(used).unwrap(), Some(&places(used, limit))), said);
        }
        assert_eq!(title(2, None), "Two people.");
    }

    #[test]
    fn every_action_error_has_a_notice_and_no_other_code_has() {
        for code in [
            "role_changed",
            "removed",
            "withdrawn",
            "already_member",
            "limit_reached",
            "owner_required",
            "last_owner",
            "admin_required",
            "address_not_proven",
            "not_found",
            "throttled",
            "internal",
        ] {
            assert!(words(code, "Acme", None).is_some(), "{code}");
        }
        assert_eq!(words("<script>", "Acme", None), None);
    }
}
