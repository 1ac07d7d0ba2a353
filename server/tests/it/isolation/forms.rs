//! The forms of pages, which do what routes do: every one has a row, and does nothing for whoever may not.

use std::collections::BTreeSet;

// The pages, so that what they post to is registered.
use app as _;
use leptos::server_fn::axum::server_fn_paths;
use reqwest::Method;
use rstest::rstest;

use super::fixture::Fixture;
use crate::harness::{Browser, Engine};

const ME: &str = "/api/v1/auth/me";

/// For whom a form does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
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

impl Audience {
    const fn carried(self) -> Carried {
        match self {
            Self::Anyone => Carried::Nothing,
            Self::Account | Self::Operators => Carried::Person,
            Self::Sender | Self::Members | Self::Admins | Self::AdminsElsewhere => Carried::PersonAndWorkspace,
        }
    }
}

const FORMS: [(&str, Audience); 58] = [
    ("accept-invitation", Audience::Account),
    ("cancel-subscription", Audience::Admins),
    ("change-role", Audience::Admins),
    ("checkout", Audience::AdminsElsewhere),
    ("create-checkout-link", Audience::AdminsElsewhere),
    ("create-product", Audience::AdminsElsewhere),
    ("delete-secret", Audience::Admins),
    ("end-customer-subscription", Audience::AdminsElsewhere),
    ("enterprise-signup", Audience::Sender),
    ("forgot-password", Audience::Anyone),
    ("invite", Audience::Admins),
    ("join", Audience::Anyone),
    ("leave", Audience::Members),
    ("login", Audience::Anyone),
    ("logout", Audience::Anyone),
    ("make-key", Audience::Admins),
    ("open-workspace", Audience::Account),
    ("operator-correct", Audience::Operators),
    ("operator-key", Audience::Operators),
    ("operator-limit", Audience::Operators),
    ("operator-plan", Audience::Operators),
    ("operator-request", Audience::Operators),
    ("operator-sync", Audience::Operators),
    ("operator-try-again", Audience::Operators),
    ("portal", Audience::AdminsElsewhere),
    ("prove-address", Audience::Account),
    ("remove-member", Audience::Admins),
    ("resume-subscription", Audience::Admins),
    ("revoke-key", Audience::Admins),
    ("send-address-proof", Audience::Account),
    ("set-password", Audience::Anyone),
    ("set-secret", Audience::Admins),
    ("signup", Audience::Anyone),
    ("sync", Audience::AdminsElsewhere),
    ("theme", Audience::Anyone),
    ("try-again", Audience::AdminsElsewhere),
    ("withdraw-invitation", Audience::Admins),
    // What sends something is followed by what deletes it: a call in hand changes the workspace, too.
    ("add-webhook", Audience::Admins),
    ("change-webhook", Audience::Admins),
    ("switch-webhook", Audience::Admins),
    ("rotate-webhook", Audience::Admins),
    ("resend-webhook", Audience::Admins),
    ("test-webhook", Audience::Admins),
    ("delete-webhook", Audience::Admins),
    ("workspace", Audience::Anyone),
    ("begin-second-factor", Audience::Account),
    ("change-address", Audience::Account),
    ("change-password", Audience::Account),
    ("confirm", Audience::Account),
    ("enable-second-factor", Audience::Account),
    ("end-session", Audience::Account),
    ("end-sessions", Audience::Account),
    ("login-code", Audience::Anyone),
    ("remove-second-factor", Audience::Account),
    ("remove-sign-in", Audience::Account),
    ("renew-recovery-codes", Audience::Account),
    ("take-address", Audience::Account),
    ("withdraw-address-change", Audience::Account),
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
async fn a_form_acts_only_for_its_audience(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let fixture = Fixture::start(engine).await;
    for (form, whose) in
        FORMS.into_iter().filter(|(_, whose)| matches!(whose, Audience::Admins | Audience::AdminsElsewhere))
    {
        let path = format!("/rpc/{form}");
        let made = fixture.fields(form).await;
        let fields: Vec<_> = made.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = fixture.app.tenant_rows(&fixture.here).await;
        let nobody = fixture.app.visitor().submit(&path, &fields).await;
        assert!(nobody.leads_to().starts_with("/login"), "{form} as nobody: {nobody:#?}");
        // Of a workspace of her own, in which she may.
        fixture.stranger().submit(&path, &fields).await;
        let member = fixture.member().submit(&path, &fields).await;
        assert!(member.leads_to().contains("code=admin_required"), "{form} as a member: {member:#?}");
        assert_eq!(fixture.app.tenant_rows(&fixture.here).await, before, "{form} by others has changed the workspace");

        // What was refused to others is possible at all.
        let admin = fixture.admin().submit(&path, &fields).await;
        assert!(!admin.leads_to().contains("code=admin_required"), "{form} as an admin: {admin:#?}");
        if whose == Audience::Admins {
            assert_ne!(fixture.app.tenant_rows(&fixture.here).await, before, "{form} as an admin: {admin:#?}");
        }
    }
}

#[rstest]
#[tokio::test]
async fn a_form_rendered_for_another_workspace_or_user_does_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let fixture = Fixture::start(engine).await;
    let operator = fixture.operator().await;
    let (here, second) = (&fixture.here, fixture.app.second_workspace_of(&fixture.here).await);
    let for_here = here.drawn_for().await;
    let for_second = for_here.replace(here.tenant.as_str(), second.as_str());
    let others = fixture.stranger().drawn_for().await;
    assert!(for_here != for_second && for_here != others, "{for_here} {for_second} {others}");
    let account = here.get(ME).await.expect(200);
    for (form, whose) in FORMS {
        let drawn = match whose {
            Audience::Anyone => continue,
            // Drawn before signing in, it carries nothing and is taken.
            Audience::Sender => vec![&*for_second, &*others],
            Audience::Account | Audience::Operators => vec!["", &*others],
            Audience::Members | Audience::Admins | Audience::AdminsElsewhere => vec!["", &*for_second, &*others],
        };
        let made = fixture.fields(form).await;
        let fields: Vec<_> = made.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = fixture.app.tenant_rows(here).await;
        let sender: &Browser = if whose == Audience::Operators { &operator } else { here };
        for carried in drawn {
            let answer = sender.submit_to(&format!("/rpc/{form}{carried}"), &fields).await;
            assert!(answer.leads_to().starts_with("/form-refused"), "{form}{carried}: {answer:#?}");
        }
        assert_eq!(fixture.app.tenant_rows(here).await, before, "{form} for another has changed the workspace");
    }
    // The account is as it was, and so are its sessions, its password and its second factor, which there is none of.
    assert_eq!(here.get(ME).await.expect(200), account);
    fixture.app.signed_in(&here.email).await;
    assert!(here.get("/settings/account").await.text.contains("/rpc/begin-second-factor"));
}

#[rstest]
#[tokio::test]
async fn an_operator_form_acts_only_for_operators(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let fixture = Fixture::start(engine).await;
    let operator = fixture.operator().await;
    for (form, _) in FORMS.into_iter().filter(|(_, whose)| *whose == Audience::Operators) {
        let path = format!("/rpc/{form}");
        let made = fixture.fields(form).await;
        let fields: Vec<_> = made.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = fixture.app.tenant_rows(&fixture.here).await;
        let visitor = fixture.app.visitor();
        let nobody = visitor.submit(&path, &fields).await;
        assert_eq!(nobody.leads_to(), "/login?code=session_over", "{form} by nobody");
        let people = [fixture.stranger(), fixture.member(), fixture.admin(), &*fixture.here];
        for (who, browser) in people.into_iter().enumerate() {
            let answer = browser.submit(&path, &fields).await;
            assert_eq!(answer.leads_to(), "/operator", "{form} by {who}");
            assert_eq!(browser.get("/operator").await.status, 404, "{form} by {who}");
        }
        for bearer in fixture.bearers() {
            let request = visitor.request(Method::POST, &path).bearer_auth(bearer);
            let answer = visitor.send(request.header("accept", "text/html").form(&fields)).await;
            assert!(["/operator", "/login?code=session_over"].contains(&answer.leads_to()), "{form} with a bearer");
        }
        assert_eq!(fixture.app.tenant_rows(&fixture.here).await, before, "{form} by others has changed the workspace");

        let answer = operator.submit(&path, &fields).await;
        assert!(answer.leads_to().starts_with("/operator/"), "{form} as an operator: {answer:#?}");
        if form != "operator-try-again" {
            assert_ne!(fixture.app.tenant_rows(&fixture.here).await, before, "{form} as an operator: {answer:#?}");
        }
    }
}
