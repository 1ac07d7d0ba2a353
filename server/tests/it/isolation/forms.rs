//! The forms of pages, which do what routes do: every one has a row, and does nothing for whoever may not.

use std::collections::BTreeSet;

// The pages, so that what they post to is registered.
use app as _;
use leptos::server_fn::axum::server_fn_paths;
use reqwest::Method;
use rstest::rstest;

use super::cast::Cast;
use crate::harness::{Browser, Engine};

const ME: &str = "/api/v1/auth/me";

/// For whom a form does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    /// For anybody: it signs a person in or out, names by a link whom it is about, or is about how pages look.
    Anyone,
    /// For anybody: it notes who is signed in, and in which workspace.
    Sender,
    /// For the person who sends it, about the account.
    Account,
    /// For a member of the open workspace, who leaves it.
    Members,
    /// For an owner or admin, and the workspace is then another than before.
    Admins,
    /// For an owner or admin, who is led on to the provider.
    AdminsElsewhere,
    /// For an operator; for everybody else it leads to where there is no page.
    Operators,
}

/// What the address of a form carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carried {
    Nothing,
    Person,
    PersonAndWorkspace,
}

impl For {
    const fn carried(self) -> Carried {
        match self {
            Self::Anyone => Carried::Nothing,
            Self::Account | Self::Operators => Carried::Person,
            Self::Sender | Self::Members | Self::Admins | Self::AdminsElsewhere => Carried::PersonAndWorkspace,
        }
    }
}

const FORMS: [(&str, For); 58] = [
    ("accept-invitation", For::Account),
    ("cancel-subscription", For::Admins),
    ("change-role", For::Admins),
    ("checkout", For::AdminsElsewhere),
    ("create-checkout-link", For::AdminsElsewhere),
    ("create-product", For::AdminsElsewhere),
    ("delete-secret", For::Admins),
    ("end-customer-subscription", For::AdminsElsewhere),
    ("enterprise-signup", For::Sender),
    ("forgot-password", For::Anyone),
    ("invite", For::Admins),
    ("join", For::Anyone),
    ("leave", For::Members),
    ("login", For::Anyone),
    ("logout", For::Anyone),
    ("make-key", For::Admins),
    ("open-workspace", For::Account),
    ("operator-correct", For::Operators),
    ("operator-key", For::Operators),
    ("operator-limit", For::Operators),
    ("operator-plan", For::Operators),
    ("operator-request", For::Operators),
    ("operator-sync", For::Operators),
    ("operator-try-again", For::Operators),
    ("portal", For::AdminsElsewhere),
    ("prove-address", For::Account),
    ("remove-member", For::Admins),
    ("resume-subscription", For::Admins),
    ("revoke-key", For::Admins),
    ("send-address-proof", For::Account),
    ("set-password", For::Anyone),
    ("set-secret", For::Admins),
    ("signup", For::Anyone),
    ("sync", For::AdminsElsewhere),
    ("theme", For::Anyone),
    ("try-again", For::AdminsElsewhere),
    ("withdraw-invitation", For::Admins),
    // What sends something is followed by what deletes it: a call in hand changes the workspace, too.
    ("add-webhook", For::Admins),
    ("change-webhook", For::Admins),
    ("switch-webhook", For::Admins),
    ("rotate-webhook", For::Admins),
    ("resend-webhook", For::Admins),
    ("test-webhook", For::Admins),
    ("delete-webhook", For::Admins),
    ("workspace", For::Anyone),
    ("begin-second-factor", For::Account),
    ("change-address", For::Account),
    ("change-password", For::Account),
    ("confirm", For::Account),
    ("enable-second-factor", For::Account),
    ("end-session", For::Account),
    ("end-sessions", For::Account),
    ("login-code", For::Anyone),
    ("remove-second-factor", For::Account),
    ("remove-sign-in", For::Account),
    ("renew-recovery-codes", For::Account),
    ("take-address", For::Account),
    ("withdraw-address-change", For::Account),
];

/// The paths of the forms with what their addresses carry.
pub(crate) fn forms() -> impl Iterator<Item = (String, Carried)> {
    FORMS.into_iter().map(|(form, whose)| (format!("/rpc/{form}"), whose.carried()))
}

#[test]
fn every_form_has_a_row() {
    let served: BTreeSet<_> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let rows: BTreeSet<_> = FORMS.iter().map(|(form, _)| format!("/rpc/{form}")).collect();
    assert_eq!(served, rows, "say in isolation/forms.rs for whom each form does something");
}

#[rstest]
#[tokio::test]
async fn a_form_does_something_only_for_whom_it_is(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let cast = Cast::gather(engine).await;
    for (form, whose) in FORMS.into_iter().filter(|(_, whose)| matches!(whose, For::Admins | For::AdminsElsewhere)) {
        let path = format!("/rpc/{form}");
        let made = cast.fields(form).await;
        let fields: Vec<_> = made.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = cast.app.everything_of(&cast.here).await;
        let nobody = cast.app.visitor().submit(&path, &fields).await;
        assert!(nobody.leads_to().starts_with("/login"), "{form} as nobody: {nobody:#?}");
        // Of a workspace of her own, in which she may.
        cast.stranger().submit(&path, &fields).await;
        let member = cast.member().submit(&path, &fields).await;
        assert!(member.leads_to().contains("code=admin_required"), "{form} as a member: {member:#?}");
        assert_eq!(cast.app.everything_of(&cast.here).await, before, "{form} by others has changed the workspace");

        // What was refused to others is possible at all.
        let admin = cast.admin().submit(&path, &fields).await;
        assert!(!admin.leads_to().contains("code=admin_required"), "{form} as an admin: {admin:#?}");
        if whose == For::Admins {
            assert_ne!(cast.app.everything_of(&cast.here).await, before, "{form} as an admin: {admin:#?}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_form_that_was_drawn_for_another_workspace_or_person_does_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let cast = Cast::gather(engine).await;
    let operator = cast.operator().await;
    let (here, second) = (&cast.here, cast.app.second_workspace_of(&cast.here).await);
    let for_here = here.drawn_for().await;
    let for_second = for_here.replace(here.tenant.as_str(), second.as_str());
    let others = cast.stranger().drawn_for().await;
    assert!(for_here != for_second && for_here != others, "{for_here} {for_second} {others}");
    let account = here.get(ME).await.expect(200);
    for (form, whose) in FORMS {
        let drawn = match whose {
            For::Anyone => continue,
            // Drawn before signing in, it carries nothing and is taken.
            For::Sender => vec![&*for_second, &*others],
            For::Account | For::Operators => vec!["", &*others],
            For::Members | For::Admins | For::AdminsElsewhere => vec!["", &*for_second, &*others],
        };
        let made = cast.fields(form).await;
        let fields: Vec<_> = made.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = cast.app.everything_of(here).await;
        let sender: &Browser = if whose == For::Operators { &operator } else { here };
        for carried in drawn {
            let answer = sender.submit_to(&format!("/rpc/{form}{carried}"), &fields).await;
            assert!(answer.leads_to().starts_with("/form-refused"), "{form}{carried}: {answer:#?}");
        }
        assert_eq!(cast.app.everything_of(here).await, before, "{form} for another has changed the workspace");
    }
    // The account is as it was, and so are its sessions, its password and its second factor, which there is none of.
    assert_eq!(here.get(ME).await.expect(200), account);
    cast.app.signed_in(&here.email).await;
    assert!(here.get("/settings/account").await.text.contains("/rpc/begin-second-factor"));
}

#[rstest]
#[tokio::test]
async fn a_form_of_the_desk_does_something_for_operators_alone(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let cast = Cast::gather(engine).await;
    let operator = cast.operator().await;
    for (form, _) in FORMS.into_iter().filter(|(_, whose)| *whose == For::Operators) {
        let path = format!("/rpc/{form}");
        let made = cast.fields(form).await;
        let fields: Vec<_> = made.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = cast.app.everything_of(&cast.here).await;
        let visitor = cast.app.visitor();
        let nobody = visitor.submit(&path, &fields).await;
        assert_eq!(nobody.leads_to(), "/login?code=session_over", "{form} by nobody");
        let people = [cast.stranger(), cast.member(), cast.admin(), &*cast.here];
        for (who, browser) in people.into_iter().enumerate() {
            let answer = browser.submit(&path, &fields).await;
            assert_eq!(answer.leads_to(), "/operator", "{form} by {who}");
            assert_eq!(browser.get("/operator").await.status, 404, "{form} by {who}");
        }
        for bearer in cast.bearers() {
            let request = visitor.request(Method::POST, &path).bearer_auth(bearer);
            let answer = visitor.send(request.header("accept", "text/html").form(&fields)).await;
            assert!(["/operator", "/login?code=session_over"].contains(&answer.leads_to()), "{form} with a bearer");
        }
        assert_eq!(cast.app.everything_of(&cast.here).await, before, "{form} by others has changed the workspace");

        let answer = operator.submit(&path, &fields).await;
        assert!(answer.leads_to().starts_with("/operator/"), "{form} as an operator: {answer:#?}");
        if form != "operator-try-again" {
            assert_ne!(cast.app.everything_of(&cast.here).await, before, "{form} as an operator: {answer:#?}");
        }
    }
}
