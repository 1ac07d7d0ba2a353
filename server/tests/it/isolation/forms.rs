//! The forms of pages, which do what routes do: every one has a row, and does nothing for whoever may not.

use std::collections::BTreeSet;

// The pages, so that what they post to is registered.
use app as _;
use leptos::server_fn::axum::server_fn_paths;
use reqwest::Method;
use rstest::rstest;

use super::cast::Cast;
use crate::harness::Engine;

/// For whom a form does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum For {
    /// About whoever sends it, or anybody: no workspace is named.
    Oneself,
    /// For an owner or admin, and the workspace is then another than before.
    Admins,
    /// For an owner or admin, who is led on to the provider.
    AdminsElsewhere,
    /// For an operator; for everybody else it leads to where there is no page.
    Operators,
}

const FORMS: [(&str, For); 58] = [
    ("accept-invitation", For::Oneself),
    ("cancel-subscription", For::Admins),
    ("change-role", For::Admins),
    ("checkout", For::AdminsElsewhere),
    ("create-checkout-link", For::AdminsElsewhere),
    ("create-product", For::AdminsElsewhere),
    ("delete-secret", For::Admins),
    ("end-customer-subscription", For::AdminsElsewhere),
    ("enterprise-signup", For::Oneself),
    ("forgot-password", For::Oneself),
    ("invite", For::Admins),
    ("join", For::Oneself),
    ("leave", For::Oneself),
    ("login", For::Oneself),
    ("logout", For::Oneself),
    ("make-key", For::Admins),
    ("open-workspace", For::Oneself),
    ("operator-correct", For::Operators),
    ("operator-key", For::Operators),
    ("operator-limit", For::Operators),
    ("operator-plan", For::Operators),
    ("operator-request", For::Operators),
    ("operator-sync", For::Operators),
    ("operator-try-again", For::Operators),
    ("portal", For::AdminsElsewhere),
    ("prove-address", For::Oneself),
    ("remove-member", For::Admins),
    ("resume-subscription", For::Admins),
    ("revoke-key", For::Admins),
    ("send-address-proof", For::Oneself),
    ("set-password", For::Oneself),
    ("set-secret", For::Admins),
    ("signup", For::Oneself),
    ("sync", For::AdminsElsewhere),
    ("theme", For::Oneself),
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
    ("workspace", For::Oneself),
    ("begin-second-factor", For::Oneself),
    ("change-address", For::Oneself),
    ("change-password", For::Oneself),
    ("confirm", For::Oneself),
    ("enable-second-factor", For::Oneself),
    ("end-session", For::Oneself),
    ("end-sessions", For::Oneself),
    ("login-code", For::Oneself),
    ("remove-second-factor", For::Oneself),
    ("remove-sign-in", For::Oneself),
    ("renew-recovery-codes", For::Oneself),
    ("take-address", For::Oneself),
    ("withdraw-address-change", For::Oneself),
];

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
    for (form, whose) in FORMS.into_iter().filter(|(_, whose)| !matches!(whose, For::Oneself | For::Operators)) {
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
    for (form, whose) in FORMS.into_iter().filter(|(_, whose)| *whose != For::Oneself) {
        let made = cast.fields(form).await;
        let fields: Vec<_> = made.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = cast.app.everything_of(here).await;
        let (sender, drawn) = match whose {
            For::Operators => (&*operator, vec!["", &*others]),
            _ => (&**here, vec!["", &*for_second, &*others]),
        };
        for carried in drawn {
            let answer = sender.submit_to(&format!("/rpc/{form}{carried}"), &fields).await;
            assert!(answer.leads_to().starts_with("/form-refused"), "{form}{carried}: {answer:#?}");
        }
        assert_eq!(cast.app.everything_of(here).await, before, "{form} for another has changed the workspace");
    }
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
