//! Texts of the page: its title, and the notice about the last action.

use domain::{entitlement::FeatureUsage, error_code::ErrorCode, wire::TeamView};
use leptos::prelude::*;

use crate::{
    components::{
        icon::Tone,
        notice::answer::{self, Answer},
    },
    request::{Outcome, PageRequest},
    wording::{capital, count, minutes},
};

/// Builds "Four people, room for one more."
pub(super) fn title(members: usize, places: Option<&FeatureUsage>) -> String {
    let people = match members {
        0 => "No people yet".to_owned(),
        1 => "One person".to_owned(),
        _ => format!("{} people", capital(&count(members))),
    };
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
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("role_changed") => (Tone::Ok, "The role is changed", "It holds at once.".to_owned()),
        Done("removed") => (Tone::Ok, "Removed", format!("Whoever it was has no access to {workspace} any more.")),
        Done("withdrawn") => (Tone::Ok, "The invitation is withdrawn", "Its link works no more.".to_owned()),
        Refused(ErrorCode::AlreadyMember) => (
            Tone::Off,
            "That person belongs already",
            format!("The address is one of a member of {workspace}. Their role can be changed in the list."),
        ),
        Refused(ErrorCode::LimitReached) => (
            Tone::Near,
            "Nobody was invited: every place is taken",
            "Remove somebody, or choose a plan with more places on the membership page.".to_owned(),
        ),
        Refused(ErrorCode::OwnerRequired) => (
            Tone::Off,
            "That is for an owner",
            format!("Only an owner of {workspace} can make, change or remove an owner."),
        ),
        Refused(ErrorCode::LastOwner) => (
            Tone::Off,
            "One owner has to stay",
            "The last owner can neither go nor become something else. Make somebody else an owner first.".to_owned(),
        ),
        Refused(ErrorCode::AddressNotVerified) => (
            Tone::Near,
            "Nobody was invited: your address is not confirmed",
            "Open the link that was mailed to it. This page sends it again.".to_owned(),
        ),
        Refused(ErrorCode::AdminRequired) => (
            Tone::Off,
            "That is for an owner or an admin",
            format!("Only an owner or an admin of {workspace} can change who belongs."),
        ),
        Refused(ErrorCode::NotFound) => {
            (Tone::Off, "That is gone", "Somebody else was faster. This is how it stands now.".to_owned())
        }
        Refused(ErrorCode::Throttled) => (
            Tone::Near,
            "Too many invitations at once",
            format!("Nobody was invited. Wait {}, then go on.", minutes(wait_secs)),
        ),
        Refused(ErrorCode::Internal) => (Tone::Stop, "Something broke on our side", "Nothing was changed.".to_owned()),
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head: head.to_owned(), body })
}

#[cfg(test)]
mod tests {
    use domain::catalog::Limit;

    use super::*;
    use crate::components::notice::answer::assert_answers;

    fn places(used: u64, limit: Limit) -> FeatureUsage {
        FeatureUsage { feature: "team_members".parse().unwrap(), used, limit, since: None, resets_at: None }
    }

    #[test]
    fn the_title_counts_people_and_places_in_words() {
        for (used, limit, said) in [
            (0, Limit::AtMost(2), "No people yet, room for two more."),
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
    fn every_outcome_has_a_notice_and_no_unknown_code_has() {
        let own = [
            ErrorCode::AlreadyMember,
            ErrorCode::LimitReached,
            ErrorCode::OwnerRequired,
            ErrorCode::LastOwner,
            ErrorCode::AdminRequired,
            ErrorCode::AddressNotVerified,
            ErrorCode::NotFound,
            ErrorCode::Throttled,
            ErrorCode::Internal,
        ];
        assert_answers(&["role_changed", "removed", "withdrawn"], &own, |code| words(code, "Acme", None));
    }
}
