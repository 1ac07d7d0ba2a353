//! Members, invitations and sign-in.

use billing::service::{
    LinkError,
    account::{
        deletion::DeletionObstacles,
        second_factor::SecondFactorState,
        settings::{ConfirmationMethods, PendingAddressChange},
    },
};
use domain::{
    account::{Account, Role},
    catalog::Limit,
    entitlement::FeatureUsage,
    subscription::seats::SeatsView,
    wire::{FailedDelivery, InvitationView, Member, PendingInvitation, TeamView, UnverifiedAddress},
};
use http::Request;
use leptos::prelude::*;

use super::{
    on_pro, rendered,
    shown::{assert_differences, assert_each_shown, assert_shown, assert_shown_with},
    sound,
};
use crate::{
    components::page::no_workspace,
    fixture::at,
    pages::{
        account::{invitation, password, verify_address},
        settings::{account, team},
    },
    request::{PageRequest, draft::Draft},
};

fn member(id: &str, email: &str, role: Role) -> Member {
    let joined_at = at("2025-10-01T00:00:00Z");
    Member { user_id: id.parse().unwrap(), email: email.parse().unwrap(), role, joined_at }
}

/// A team of Ada with `role`, the owner Bea and the member Cid, as Ada sees it.
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
    let seats = FeatureUsage { feature: "team_members".parse().unwrap(), used: 3, limit, since: None, resets_at: None };
    TeamView {
        remedy: (role.is_admin() && seats.left() == Some(0)).then(|| on_pro().remedy(&seats)),
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
        seats: Some(seats),
        sends_mail: false,
        viewer,
    }
}

/// The team without a free seat, as an owner sees it.
pub(super) fn full_team() -> TeamView {
    acme(Role::Owner, Limit::AtMost(3))
}

pub(super) fn team_page(view: &TeamView, uri: &str, fresh: Option<&str>) -> String {
    let html = rendered(uri, |req| team::page(req, view, None, fresh, &Draft::default()));
    sound(&html);
    html
}

/// The page of a workspace that can buy `more` seats.
pub(super) fn team_page_with(view: &TeamView, uri: &str, more: Option<&SeatsView>) -> String {
    let html = rendered(uri, |req| team::page(req, view, more, None, &Draft::default()));
    sound(&html);
    html
}

#[test]
fn an_owner_sees_the_team_its_limit_and_every_action() {
    let html = team_page(&acme(Role::Owner, Limit::AtMost(5)), "/settings/team", None);
    assert_shown("team/owner", &html);
    assert!(!html.contains("?remove=ada"), "no link removes the viewer: {html}");
}

#[test]
fn an_admin_cannot_change_owners_and_a_member_only_reads() {
    let admin = team_page(&acme(Role::Admin, Limit::AtMost(5)), "/settings/team", None);
    assert!(admin.contains("?remove=cid") && !admin.contains("?remove=bea"), "{admin}");
    assert!(!admin.contains("value=\"owner\""), "an admin makes no owner: {admin}");

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
    let owner = team_page(&acme(Role::Owner, Limit::AtMost(5)), "/settings/team", None);
    assert_differences("team/lower_roles", &owner, [("admin", admin), ("member", html)]);
}

#[test]
fn an_unconfirmed_address_blocks_invitations_and_offers_confirmation() {
    let mut view = acme(Role::Owner, Limit::AtMost(5));
    view.unverified =
        Some(UnverifiedAddress { email: "owner@acme.test".parse().unwrap(), sends_mail: true, undelivered: None });
    let html = team_page(&view, "/settings/team?proof=throttled", None);
    assert!(!html.contains("/rpc/invite"), "{html}");
    let confirmed = team_page(&acme(Role::Owner, Limit::AtMost(5)), "/settings/team", None);
    assert_differences("team/unconfirmed_address", &confirmed, [("unconfirmed", html)]);
}

#[test]
fn the_account_page_shows_the_pending_address_and_undelivered_mails() {
    let page = |undelivered: Option<FailedDelivery>, is_verified: bool| {
        let Account { user_id, email } = on_pro().viewer.account().cloned().unwrap();
        let view = account::view::AccountView {
            account: Account { user_id, email: email.clone() },
            unverified: (!is_verified).then(|| UnverifiedAddress {
                email,
                sends_mail: true,
                undelivered: undelivered.clone(),
            }),
            waiting: Some(PendingAddressChange {
                email: "new@acme.test".parse().unwrap(),
                until: at("2026-01-15T21:40:00Z"),
                undelivered,
            }),
            confirmation_methods: ConfirmationMethods { has_password: true, has_second_factor: false },
            second_factor: SecondFactorState::Off,
            sessions: Vec::new(),
            linked: Vec::new(),
            identities: Vec::new(),
            has_passwords: true,
            here: None,
            sends_mail: true,
            can_store_secrets: true,
            obstacles: DeletionObstacles::default(),
            mails: None,
            recovery_codes: None,
        };
        let uri = "/settings/account?code=address_link_sent&proof=sent";
        let html = rendered(uri, |req| account::page(req, &view, &Draft::default()));
        sound(&html);
        assert!(html.contains("/rpc/withdraw-address-change"), "{html}");
        html
    };
    let sent = page(None, false);
    let undelivered = FailedDelivery { reason: "no such user here".to_owned(), next_try: None };
    // Only a verified address gets a notice of the change.
    let verified = page(None, true);
    assert_eq!([&sent, &verified].map(|html| html.contains("and a notice to")), [false, true]);
    assert_shown_with(
        "account/pending_address",
        &sent,
        [("undelivered", page(Some(undelivered), false)), ("the present address is proven", verified)],
    );
}

#[test]
fn the_last_owner_reads_why_leaving_is_impossible() {
    let mut view = acme(Role::Owner, Limit::AtMost(5));
    view.members.retain(|member| member.user_id.as_str() != "bea");
    let html = team_page(&view, "/settings/team", None);
    assert!(!html.contains("?leave=1"), "{html}");
    let two_owners = team_page(&acme(Role::Owner, Limit::AtMost(5)), "/settings/team", None);
    assert_differences("team/last_owner", &two_owners, [("the last owner", html)]);
}

#[test]
fn at_the_member_limit_the_reason_replaces_the_form() {
    let html = team_page(&acme(Role::Owner, Limit::AtMost(3)), "/settings/team?code=limit_reached", None);
    assert!(!html.contains("/rpc/invite"), "{html}");
    let with_room = team_page(&acme(Role::Owner, Limit::AtMost(5)), "/settings/team", None);
    assert_differences("team/limit_reached", &with_room, [("an invitation was refused", html)]);
}

#[test]
fn removing_and_leaving_ask_for_confirmation() {
    let view = acme(Role::Owner, Limit::AtMost(5));
    let page = |query: &str| team_page(&view, &format!("/settings/team{query}"), None);
    let gone = page("?remove=dan");
    assert!(!gone.contains("/rpc/remove-member"), "{gone}");
    assert_differences(
        "team/confirmations",
        &page(""),
        [("remove", page("?remove=cid")), ("remove an unknown member", gone), ("leave", page("?leave=1"))],
    );
}

#[test]
fn a_removed_or_demoted_member_loses_their_keys_unless_taken_over() {
    let view = acme(Role::Owner, Limit::AtMost(5));
    let html = team_page(&view, "/settings/team?remove=cid", None);
    for words in ["Gateway, Nightly", "name=\"takeOverKeys\""] {
        assert!(html.contains(words), "{words}: {html}");
    }
    let html = team_page(&view, "/settings/team", None);
    assert_eq!(html.matches("name=\"takeOverKeys\"").count(), 1, "only where there are keys: {html}");
}

#[test]
fn a_new_link_is_shown_only_for_an_invitation_of_this_workspace() {
    let mut view = acme(Role::Owner, Limit::AtMost(5));
    let handed_over = team_page(&view, "/settings/team", Some("inv-1.0123abcd"));
    assert!(handed_over.contains("/invitations/0123abcd"), "{handed_over}");
    for other in ["inv-2.0123abcd", "0123abcd", "", "inv-1. evil", "inv-1.\u{e9}"] {
        let html = team_page(&view, "/settings/team", Some(other));
        assert!(!html.contains("/invitations/"), "{other}: {html}");
    }
    let without = team_page(&view, "/settings/team", None);
    view.sends_mail = true;
    let mailed = team_page(&view, "/settings/team", Some("inv-1.0123abcd"));
    assert_differences("team/new_invitation", &without, [("no mail is sent", handed_over), ("mailed", mailed)]);
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

/// Renders a page for a signed-in user with this address and without a workspace; with `None`, for a visitor who is
/// not signed in.
fn seen_by(email: Option<&str>, page: impl FnOnce(&PageRequest) -> AnyView) -> String {
    rendered("/invitations/0123abcd", |_| {
        let (mut parts, ()) = Request::get("/invitations/0123abcd").body(()).unwrap().into_parts();
        let account = |email: &str| Account { user_id: "ada".parse().unwrap(), email: email.parse().unwrap() };
        if let Some(email) = email {
            parts.extensions.insert(account(email));
        }
        provide_context(PageRequest::of(parts));
        page(&PageRequest::now().unwrap())
    })
}

#[test]
fn an_invitation_offers_the_matching_action_to_each_visitor() {
    let doors = ["/rpc/join", "/login?next=%2Finvitations%2F0123abcd", "/rpc/accept-invitation", "/rpc/logout"];
    let mut pages = Vec::new();
    for (email, open) in [
        // A visitor who is not signed in sees the same page whether or not the invited address has an account.
        (None, &doors[..2]),
        (Some("ada@example.com"), &doors[2..3]),
        (Some("eve@evil.test"), &doors[3..]),
    ] {
        let html = seen_by(email, |req| invitation::page(req, &invited(), "0123abcd"));
        sound(&html);
        assert!(!html.contains("<b>Acme"), "a name is text, not markup: {html}");
        let found: Vec<_> = doors.into_iter().filter(|door| html.contains(door)).collect();
        assert_eq!(found, open, "{html}");
        pages.push((email.unwrap_or("signed out"), html));
    }
    assert_each_shown("account/invitation", pages);
}

#[test]
fn confirming_an_address_requires_its_account_and_a_submit() {
    let account = Account { user_id: "ada".parse().unwrap(), email: "ada@example.com".parse().unwrap() };
    let doors = ["/rpc/prove-address", "/login?next=%2Faccount%2Fprove%2F0123abcd", "/rpc/logout"];
    let mut eve = account.clone();
    eve.user_id = "eve".parse().unwrap();
    let mut pages = Vec::new();
    for (label, of, email, open) in [
        ("signed in", &account, Some("ada@example.com"), "/rpc/prove-address"),
        ("signed in as another user", &eve, Some("ada@example.com"), "/rpc/logout"),
        ("signed out", &account, None, "/login?next=%2Faccount%2Fprove%2F0123abcd"),
    ] {
        let html = seen_by(email, |req| verify_address::page(req, of, "0123abcd"));
        sound(&html);
        let found: Vec<_> = doors.into_iter().filter(|door| html.contains(door)).collect();
        assert_eq!(found, [open], "{html}");
        pages.push((label, html));
    }
    assert_each_shown("account/prove_address", pages);
}

/// Renders `page` for each reason why a link can fail. Returns labels and HTML.
fn for_each_reason(uri: &str, page: impl Fn(&PageRequest, LinkError) -> AnyView) -> Vec<(String, String)> {
    LinkError::ALL
        .into_iter()
        .map(|reason| {
            let label = format!("{uri}: {reason:?}");
            let html = rendered(uri, |req| page(req, reason));
            sound(&html);
            (label, html)
        })
        .collect()
}

#[test]
fn an_invalid_link_states_its_reason() {
    assert_each_shown(
        "account/invalid_links",
        [
            for_each_reason("/invitations/0123abcd", invitation::invalid_link),
            for_each_reason("/password/0123abcd", password::invalid_link),
            for_each_reason("/account/prove/0123abcd", verify_address::invalid_link),
        ]
        .concat(),
    );
}

#[test]
fn the_password_reset_pages_explain_each_step() {
    let forgot = |uri, sends_mail| {
        let html = rendered(uri, |req| password::forgot_page(req, sends_mail, &Draft::default()));
        sound(&html);
        html
    };
    let no_mail = forgot("/password/forgot", false);
    assert!(!no_mail.contains("/rpc/forgot-password"), "{no_mail}");
    assert_each_shown(
        "account/forgot_password",
        [
            ("the form", forgot("/password/forgot", true)),
            ("sent", forgot("/password/forgot?code=sent", true)),
            ("too many tries", forgot("/password/forgot?code=throttled&wait=60", true)),
            ("no mail is sent", no_mail),
        ],
    );

    let email = "ada@example.com".parse().unwrap();
    let html = rendered("/password/0123abcd?wrong=password", |req| password::choose_page(req, &email, "0123abcd"));
    sound(&html);
    assert_shown("account/choose_password", &html);
}

#[test]
fn a_user_without_a_workspace_can_create_one() {
    let account = on_pro().viewer.account().cloned().unwrap();
    let html = rendered("/membership?code=left", |req| no_workspace::page(req, &account, &Draft::default()));
    sound(&html);
    assert_shown("account/no_workspace", &html);
}
