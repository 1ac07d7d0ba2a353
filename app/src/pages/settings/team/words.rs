//! Texts of the page: its title, and the notice about the last action.

use std::borrow::Cow;

use domain::{
    catalog::Limit, entitlement::FeatureUsage, error_code::ErrorCode, subscription::seats::SeatsView, wire::TeamView,
};
use leptos::prelude::*;
use locales::text;

use super::invitations::remedy;
use crate::{
    components::{
        icon::Tone,
        notice::{
            alert,
            answer::{self, Answer},
        },
    },
    request::{Outcome, PageRequest},
    wording::minutes,
};

/// Builds "4 people, room for 1 more"
pub(super) fn title(members: usize, seats: Option<&FeatureUsage>) -> Cow<'static, str> {
    let Some(seats) = seats else { return text!(team_title, people = members) };
    match seats.left() {
        None => text!(team_title, people = members),
        Some(0) => match seats.limit {
            Limit::AtMost(most) if seats.used > most => {
                text!(team_title_over, people = members, over = seats.used - most)
            }
            _ => text!(team_title_full, people = members),
        },
        Some(left) => text!(team_title_room, people = members, left = left),
    }
}

/// Renders the notice about the last action.
pub(super) fn answered(req: &PageRequest, view: &TeamView, more: Option<&SeatsView>) -> Option<AnyView> {
    let code = req.query("code")?;
    let wait_secs = req.query("wait").and_then(|secs| secs.parse().ok());
    let said = words(&code, &view.viewer.current_membership.tenant_name, wait_secs)?;
    if Outcome::of(&code) == Outcome::Refused(ErrorCode::LimitReached) {
        let Answer { tone, head, body } = said;
        // Where more seats can be bought, removing a member is one of two ways.
        let body = more.is_none().then(|| view! { <p>{body}</p> });
        return Some(alert(tone, head, view! { {body}{remedy(view, more)} }));
    }
    Some(answer::notice(req, &code, said))
}

fn words(code: &str, workspace: &str, wait_secs: Option<i64>) -> Option<Answer> {
    use Outcome::{Done, Refused};

    let (tone, head, body) = match Outcome::of(code) {
        Done("role_changed") => (Tone::Ok, text!(team_role_changed), text!(team_role_changed_means)),
        Done("removed") => (Tone::Ok, text!(team_removed), text!(team_removed_means, workspace = workspace)),
        Done("withdrawn") => (Tone::Ok, text!(team_withdrawn), text!(team_withdrawn_means)),
        Refused(ErrorCode::AlreadyMember) => {
            (Tone::Off, text!(team_already_member), text!(team_already_member_means, workspace = workspace))
        }
        Refused(ErrorCode::LimitReached) => (Tone::Near, text!(team_no_seat), text!(team_no_seat_means)),
        Refused(ErrorCode::OwnerRequired) => {
            (Tone::Off, text!(team_owner_required), text!(team_owner_required_means, workspace = workspace))
        }
        Refused(ErrorCode::LastOwner) => (Tone::Off, text!(team_last_owner), text!(team_last_owner_means)),
        Refused(ErrorCode::AddressNotVerified) => {
            (Tone::Near, text!(team_not_verified), text!(team_not_verified_means))
        }
        Refused(ErrorCode::AdminRequired) => {
            (Tone::Off, text!(team_admin_required), text!(team_admin_required_means, workspace = workspace))
        }
        Refused(ErrorCode::NotFound) => (Tone::Off, text!(team_gone), text!(team_gone_means)),
        Refused(ErrorCode::Throttled) => {
            (Tone::Near, text!(team_throttled), text!(team_throttled_means, wait = minutes(wait_secs)))
        }
        Refused(ErrorCode::Internal) => (Tone::Stop, text!(team_internal), text!(team_nothing_changed)),
        Refused(code) => return answer::default_answer(code),
        Done(_) => return None,
    };
    Some(Answer { tone, head, body })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::notice::answer::assert_answers;

    fn seats(used: u64, limit: Limit) -> FeatureUsage {
        FeatureUsage { feature: "team_members".parse().unwrap(), used, limit, since: None, resets_at: None }
    }

    #[test]
    fn the_title_counts_people_and_seats() {
        for (used, limit, said) in [
            (0, Limit::AtMost(2), "No members yet, room for 2 more"),
            (4, Limit::AtMost(5), "4 people, room for 1 more"),
            (1, Limit::AtMost(3), "1 person, room for 2 more"),
            (2, Limit::AtMost(2), "2 people, all seats taken"),
            (3, Limit::AtMost(2), "3 people, 1 more than the plan allows"),
            (3, Limit::Unlimited, "3 people"),
        ] {
            assert_eq!(title(usize::try_from(used).unwrap(), Some(&seats(used, limit))), said);
        }
        assert_eq!(title(2, None), "2 people");
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
