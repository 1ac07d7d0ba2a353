//! Members, invitations and sign-in.

use billing::service::{
    LinkError,
    account::{
        second_factor::SecondFactorState,
        settings::{ConfirmationMethods, PendingAddressChange},
    },
};
use domain::{
    account::{Account, Role, Viewer},
    catalog::Limit,
    entitlement::FeatureUsage,
    wire::{FailedDelivery, InvitationView, Member, PendingInvitation, TeamView, UnverifiedAddress},
};
use http::Request;
use leptos::prelude::*;

use super::{on_pro, rendered, sound};
use crate::{
    components::page::no_workspace,
    fixture::at,
    pages::{
        account::{invitation, password, prove_address},
        settings::{account, team},
    },
    request::{PageRequest, draft::Draft},
};

fn member(id: &str, email: &str, role: Role) -> Member {
    let joined_at = at("2025-10-01T00:00:00Z");
    Member { user_id: id.parse().unwrap(), email: email.parse().unwrap(), role, joined_at }
}

/// A team of Ada, an owner, and two others, as seen by Ada with `role`.
fn acme(role: Role, limit: Limit) -> TeamView {
    let mut viewer = on_pro().viewer;
    viewer.current_membership.role = role;
    let invitations = vec![PendingInvitation {
        id: "inv-1".parse().unwrap(),
        email: "developer@acme.test".parse().unwrap(),
        role: Role::Member,
        created_at: at("2026-01-13T00:00:00Z"),
        expires_at: at("2026-01-20T00:00:00Z"),
        undelivered: None,
    }];
    TeamView {
        catalog: on_pro().catalog,
        member_count: 3,
        unverified: None,
        keys: vec![("cid".parse().unwrap(), "Gateway".to_owned()), ("cid".parse().unwrap(), "Nightly".to_owned())],
        members: vec![
            member("ada", "owner@acme.test", role),
            member("bea", "owner2@acme.test", Role::Owner),
            member("cid", "member@acme.test", Role::Member),
        ],
        invitations: if role.is_admin() { invitations } else { Vec::new() },
        seats: Some(FeatureUsage {
            feature: "team_members".parse().unwrap(),
            used: 3,
            limit,
            since: None,
            resets_at: None,
        }),
        sends_mail: false,
        viewer,
    }
}

fn team_page(view: &TeamView, uri: &str, fresh: Option<&str>) -> String {
    let html = rendered(uri, |req| team::page(req, view, fresh, &Draft::default()));
    sound(&html);
    html
}

#[test]
fn an_owner_sees_the_team_its_limit_and_every_action() {
    let html = team_page(&acme(Role::Owner, Limit::AtMost(5)), "/settings/team", None);
    for words in ["Three people, room for two more.", "(you)", "Role of member@acme.test", "Make a new link", " of 5"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    for door in
        ["/rpc/invite", "/rpc/withdraw-invitation", "/rpc/change-role", "?remove=cid", "?remove=bea", "?leave=1"]
    {
        assert!(html.contains(door), "{door}: {html}");
    }
    assert!(!html.contains("?remove=ada"), "no link removes the viewer: {html}");
}

#[test]
fn an_admin_cannot_change_owners_and_a_member_only_reads() {
    let html = team_page(&acme(Role::Admin, Limit::AtMost(5)), "/settings/team", None);
    assert!(html.contains("?remove=cid") && !html.contains("?remove=bea"), "{html}");
    assert!(!html.contains("value=\"owner\""), "an admin makes no owner: {html}");

    let html = team_page(&acme(Role::Member, Limit::AtMost(5)), "/settings/team?remove=cid", None);
    let doors = [
        "/rpc/invite",
        "/rpc/withdraw-invitation",
        "/rpc/change-role",
        "href=\"/settings/team?remove=",
        "/rpc/remove-member",
    ];
    for door in doors {
        assert!(!html.contains(door), "{door}: {html}");
    }
    assert!(html.contains("You are a member.") && html.contains("?leave=1"), "{html}");
}

#[test]
fn an_unconfirmed_address_blocks_invitations_and_offers_confirmation() {
    let mut view = acme(Role::Owner, Limit::AtMost(5));
    view.unverified =
        Some(UnverifiedAddress { email: "owner@acme.test".parse().unwrap(), sends_mail: true, undelivered: None });
    let html = team_page(&view, "/settings/team?proof=throttled", None);
    for words in ["/rpc/send-address-proof", "Confirm it to invite people.", "Enough mails were sent for now."] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(!html.contains("/rpc/invite"), "{html}");
}

#[test]
fn the_account_page_shows_the_pending_address_and_undelivered_mails() {
    let page = |undelivered: Option<FailedDelivery>, is_proven: bool| {
        let Viewer { user_id, email, .. } = on_pro().viewer;
        let view = account::view::AccountView {
            account: Account { user_id, email: email.clone() },
            unproven: (!is_proven).then(|| UnverifiedAddress {
                email,
                sends_mail: true,
                undelivered: undelivered.clone(),
            }),
            waiting: Some(PendingAddressChange {
                email: "new@acme.test".parse().unwrap(),
                until: at("2026-01-15T21:40:00Z"),
                undelivered,
            }),
            proofs: ConfirmationMethods { has_password: true, has_second_factor: false },
            second_factor: SecondFactorState::Off,
            sessions: Vec::new(),
            linked: Vec::new(),
            here: None,
            sends_mail: true,
            can_store_secrets: true,
            recovery_codes: None,
        };
        let uri = "/settings/account?code=address_link_sent&proof=sent";
        let html = rendered(uri, |req| account::page(req, &view, &Draft::default()));
        sound(&html);
        assert!(html.contains("/rpc/withdraw-address-change"), "{html}");
        html
    };
    let sent = [
        "Link sent",
        "Waiting for confirmation from new@acme.test until 15\u{a0}Jan\u{a0}2026, 21:40 UTC.",
        "A mail is on its way to owner@acme.test.",
    ];
    let refused = [
        "The mail to new@acme.test could not be delivered: no such user here. It is not tried again.",
        "The mail to owner@acme.test could not be delivered: no such user here. It is not tried again.",
    ];
    let undelivered = FailedDelivery { reason: "no such user here".to_owned(), next_try: None };
    for (html, present, absent) in
        [(page(None, false), &sent[..], &refused[..]), (page(Some(undelivered), false), &refused[..], &sent[..])]
    {
        for words in present {
            assert!(html.contains(words), "{words}: {html}");
        }
        for words in absent {
            assert!(!html.contains(words), "{words}: {html}");
        }
    }
    // Only a proven address gets a notice of the change.
    for is_proven in [true, false] {
        let html = page(None, is_proven);
        assert!(html.contains("your address stays owner@acme.test"), "{html}");
        assert_eq!(html.contains("which gets a notice"), is_proven, "{html}");
    }
}

#[test]
fn the_last_owner_reads_why_leaving_is_impossible() {
    let mut view = acme(Role::Owner, Limit::AtMost(5));
    view.members.retain(|member| member.user_id.as_str() != "bea");
    let html = team_page(&view, "/settings/team", None);
    assert!(!html.contains("?leave=1") && html.contains("You are the only owner of Acme Robotics."), "{html}");
}

#[test]
fn at_the_member_limit_the_reason_replaces_the_form() {
    let html = team_page(&acme(Role::Owner, Limit::AtMost(3)), "/settings/team?code=limit_reached", None);
    assert!(!html.contains("/rpc/invite"), "{html}");
    for words in ["Three people, no room for more.", "Pro has places for three people.", "Nobody was invited"] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn removing_and_leaving_ask_for_confirmation() {
    let view = acme(Role::Owner, Limit::AtMost(5));
    let html = team_page(&view, "/settings/team?remove=cid", None);
    assert!(
        html.contains("Remove member@acme.test from Acme Robotics?") && html.contains("/rpc/remove-member"),
        "{html}"
    );
    let html = team_page(&view, "/settings/team?remove=nobody", None);
    assert!(html.contains("does not belong any more") && !html.contains("/rpc/remove-member"), "{html}");
    let html = team_page(&view, "/settings/team?leave=1", None);
    assert!(html.contains("Leave Acme Robotics?") && html.contains("/rpc/leave"), "{html}");
}

#[test]
fn a_removed_or_demoted_member_loses_their_keys_unless_taken_over() {
    let view = acme(Role::Owner, Limit::AtMost(5));
    let html = team_page(&view, "/settings/team?remove=cid", None);
    for words in ["Gateway, Nightly", "name=\"takeOverKeys\"", "in my name"] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let html = team_page(&view, "/settings/team", None);
    assert_eq!(html.matches("name=\"takeOverKeys\"").count(), 1, "only where there are keys: {html}");
}

#[test]
fn a_new_link_is_shown_only_for_an_invitation_of_this_workspace() {
    let mut view = acme(Role::Owner, Limit::AtMost(5));
    let html = team_page(&view, "/settings/team", Some("inv-1.0123abcd"));
    assert!(html.contains("/invitations/0123abcd") && html.contains("No mail is sent"), "{html}");
    for other in ["inv-2.0123abcd", "0123abcd", "", "inv-1. evil", "inv-1.\u{e9}"] {
        let html = team_page(&view, "/settings/team", Some(other));
        assert!(!html.contains("/invitations/"), "{other}: {html}");
    }
    view.sends_mail = true;
    let html = team_page(&view, "/settings/team", Some("inv-1.0123abcd"));
    assert!(html.contains("The mail is on its way.") && html.contains("Send again"), "{html}");
}

fn invited() -> InvitationView {
    InvitationView {
        tenant_name: "<b>Acme</b>".to_owned(),
        invited_by: Some("owner@acme.test".parse().unwrap()),
        email: "ada@example.com".parse().unwrap(),
        role: Role::Admin,
        expires_at: at("2026-01-20T21:40:00Z"),
    }
}

/// Renders a page for a user without a workspace, or for a visitor who is not signed in.
fn seen_by(email: Option<&str>, page: impl FnOnce(&PageRequest) -> AnyView) -> String {
    rendered("/invitations/0123abcd", |_| {
        let (mut parts, ()) = Request::get("/invitations/0123abcd").body(()).unwrap().into_parts();
        let account = |email: &str| Account { user_id: "ada".parse().unwrap(), email: email.parse().unwrap() };
        if let Some(email) = email {
            parts.extensions.insert(account(email));
        }
        provide_context(parts);
        page(&PageRequest::now().unwrap())
    })
}

#[test]
fn an_invitation_offers_the_matching_action_to_each_visitor() {
    let doors = ["/rpc/join", "/login?next=%2Finvitations%2F0123abcd", "/rpc/accept-invitation", "/rpc/logout"];
    for (email, says, open) in [
        // The same whether the address has an account or not.
        (None, "If ada@example.com has an account at Dues", &doors[..2]),
        (Some("ada@example.com"), "Join", &doors[2..3]),
        (Some("eve@evil.test"), "You are signed in as eve@evil.test", &doors[3..]),
    ] {
        let html = seen_by(email, |req| invitation::page(req, &invited(), "0123abcd"));
        sound(&html);
        for words in [says, "as an admin", "20\u{a0}Jan\u{a0}2026, 21:40 UTC"] {
            assert!(html.contains(words), "{words}: {html}");
        }
        assert!(!html.contains("<b>Acme"), "a name is text, not markup: {html}");
        let found: Vec<_> = doors.into_iter().filter(|door| html.contains(door)).collect();
        assert_eq!(found, open, "{html}");
    }
}

#[test]
fn confirming_an_address_requires_its_account_and_a_submit() {
    let account = Account { user_id: "ada".parse().unwrap(), email: "ada@example.com".parse().unwrap() };
    let doors = ["/rpc/prove-address", "/login?next=%2Faccount%2Fprove%2F0123abcd", "/rpc/logout"];
    let mut eve = account.clone();
    eve.user_id = "eve".parse().unwrap();
    for (of, email, open) in [
        (&account, Some("ada@example.com"), "/rpc/prove-address"),
        (&eve, Some("ada@example.com"), "/rpc/logout"),
        (&account, None, "/login?next=%2Faccount%2Fprove%2F0123abcd"),
    ] {
        let html = seen_by(email, |req| prove_address::page(req, of, "0123abcd"));
        sound(&html);
        let found: Vec<_> = doors.into_iter().filter(|door| html.contains(door)).collect();
        assert_eq!(found, [open], "{html}");
    }
    for (end, words) in
        [(LinkError::Unknown, "This link no longer works."), (LinkError::Expired, "This link has expired.")]
    {
        let html = rendered("/account/prove/0123abcd", |req| prove_address::invalid_link(req, end));
        sound(&html);
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn an_invalid_link_states_its_reason() {
    for (end, words) in [
        (LinkError::Unknown, "There is no such invitation."),
        (LinkError::Used, "This invitation was accepted."),
        (LinkError::Withdrawn, "This invitation was withdrawn."),
        (LinkError::Replaced, "There is a newer invitation."),
        (LinkError::Expired, "This invitation has expired."),
    ] {
        let html = rendered("/invitations/0123abcd", |req| invitation::invalid_link(req, end));
        sound(&html);
        assert!(html.contains(words), "{words}: {html}");
    }
    for (end, words) in
        [(LinkError::Unknown, "This link sets no password."), (LinkError::Expired, "This link has expired.")]
    {
        let html = rendered("/password/0123abcd", |req| password::invalid_link(req, end));
        sound(&html);
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn the_password_reset_pages_explain_each_step() {
    let forgot = |uri, sends_mail| {
        let html = rendered(uri, |req| password::forgot_page(req, sends_mail, &Draft::default()));
        sound(&html);
        html
    };
    assert!(forgot("/password/forgot", true).contains("/rpc/forgot-password"));
    assert!(forgot("/password/forgot?code=sent", true).contains("Look into your mail"));
    assert!(forgot("/password/forgot?code=throttled&wait=60", true).contains("Too many tries"));
    let no_mail = forgot("/password/forgot", false);
    assert!(no_mail.contains("No mail is sent") && !no_mail.contains("/rpc/forgot-password"), "{no_mail}");

    let email = "ada@example.com".parse().unwrap();
    let html = rendered("/password/0123abcd?wrong=password", |req| password::choose_page(req, &email, "0123abcd"));
    sound(&html);
    for words in ["ada@example.com", "readonly", "/rpc/set-password", "One thing to put right"] {
        assert!(html.contains(words), "{words}: {html}");
    }
}

#[test]
fn a_user_without_a_workspace_can_create_one() {
    let Viewer { user_id, email, .. } = on_pro().viewer;
    let account = Account { user_id, email };
    let html = rendered("/membership?code=left", |req| no_workspace::page(req, &account, &Draft::default()));
    sound(&html);
    for words in
        ["You belong to no workspace.", "owner@acme.test", "/rpc/open-workspace", "/rpc/logout", "You have left"]
    {
        assert!(html.contains(words), "{words}: {html}");
    }
}
