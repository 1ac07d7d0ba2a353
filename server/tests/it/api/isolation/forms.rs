//! Each form of the pages is listed in `FORMS` and changes nothing for callers outside its audience.

use std::collections::BTreeSet;

// Links the pages, so that their server functions are registered.
use app as _;
use leptos::server_fn::axum::server_fn_paths;
use reqwest::Method;
use rstest::rstest;

use super::fixture::Fixture;
use crate::harness::{Browser, Engine};

const ME: &str = "/api/v1/auth/me";

/// The callers for whom a form acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    /// Every visitor: it signs in or out, names its subject by a link, or changes how pages look.
    Anyone,
    /// Every visitor: it records the current user and workspace, if any.
    Sender,
    /// The user who sends it, for their account.
    Account,
    /// A member of the open workspace, who leaves it.
    Members,
    /// An owner or admin; it changes the workspace.
    Admins,
    /// An owner or admin, who is redirected to the provider.
    AdminsElsewhere,
    /// An owner; it changes the workspace.
    Owners,
    /// An owner, an admin or the role billing; it changes the workspace.
    Billers,
    /// An owner, an admin or the role billing, who is redirected to the provider.
    BillersElsewhere,
    /// An operator; other callers are redirected to a page that does not exist for them.
    Operators,
}

/// What the query of a form names.
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
            Self::Sender
            | Self::Members
            | Self::Admins
            | Self::AdminsElsewhere
            | Self::Owners
            | Self::Billers
            | Self::BillersElsewhere => Carried::PersonAndWorkspace,
        }
    }
}

const FORMS: [(&str, Audience); 81] = [
    ("accept-invitation", Audience::Account),
    ("cancel-subscription", Audience::Billers),
    ("change-role", Audience::Admins),
    ("change-seats", Audience::BillersElsewhere),
    ("checkout", Audience::BillersElsewhere),
    ("create-checkout-link", Audience::AdminsElsewhere),
    ("create-product", Audience::AdminsElsewhere),
    ("delete-secret", Audience::Admins),
    ("end-customer-subscription", Audience::AdminsElsewhere),
    ("enterprise-signup", Audience::Sender),
    ("forgot-password", Audience::Anyone),
    ("invite", Audience::Admins),
    ("join", Audience::Anyone),
    ("language", Audience::Anyone),
    ("leave", Audience::Members),
    ("login", Audience::Anyone),
    ("logout", Audience::Anyone),
    ("make-installation-key", Audience::Operators),
    ("mail-preferences", Audience::Billers),
    ("make-key", Audience::Admins),
    ("open-workspace", Audience::Account),
    ("operator-add-note", Audience::Operators),
    ("operator-adopt-import", Audience::Operators),
    ("operator-cancel-import", Audience::Operators),
    ("operator-correct", Audience::Operators),
    ("operator-delete-note", Audience::Operators),
    ("operator-key", Audience::Operators),
    ("operator-limit", Audience::Operators),
    ("operator-plan", Audience::Operators),
    ("operator-request", Audience::Operators),
    ("operator-send-mail", Audience::Operators),
    ("operator-start-import", Audience::Operators),
    ("operator-sync", Audience::Operators),
    ("operator-try-again", Audience::Operators),
    ("operator-upload-import", Audience::Operators),
    ("portal", Audience::BillersElsewhere),
    ("prove-address", Audience::Account),
    ("remove-member", Audience::Admins),
    ("resume-subscription", Audience::Billers),
    ("revoke-installation-key", Audience::Operators),
    ("revoke-key", Audience::Admins),
    ("send-address-proof", Audience::Account),
    ("set-limit", Audience::Admins),
    ("set-password", Audience::Anyone),
    ("set-secret", Audience::Admins),
    ("signup", Audience::Anyone),
    ("sync", Audience::BillersElsewhere),
    ("theme", Audience::Anyone),
    ("try-again", Audience::BillersElsewhere),
    ("withdraw-invitation", Audience::Admins),
    // Forms that start a delivery precede the form that deletes it: a delivery in progress writes to the workspace.
    ("add-webhook", Audience::Admins),
    ("change-webhook", Audience::Admins),
    ("switch-webhook", Audience::Admins),
    ("rotate-webhook", Audience::Admins),
    ("resend-webhook", Audience::Admins),
    ("test-webhook", Audience::Admins),
    ("delete-webhook", Audience::Admins),
    ("operator-add-webhook", Audience::Operators),
    ("operator-change-webhook", Audience::Operators),
    ("operator-switch-webhook", Audience::Operators),
    ("operator-rotate-webhook", Audience::Operators),
    ("operator-resend-webhook", Audience::Operators),
    ("operator-test-webhook", Audience::Operators),
    ("operator-delete-webhook", Audience::Operators),
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
    ("rename-workspace", Audience::Admins),
    ("delete-workspace", Audience::Owners),
    ("delete-account", Audience::Account),
];

/// Returns the paths of the forms and what their queries name.
pub(crate) fn forms() -> impl Iterator<Item = (String, Carried)> {
    FORMS.into_iter().map(|(form, audience)| (format!("/rpc/{form}"), audience.carried()))
}

#[test]
fn every_form_has_a_row() {
    let served: BTreeSet<_> = server_fn_paths().map(|(path, _)| path.to_owned()).collect();
    let rows: BTreeSet<_> = FORMS.iter().map(|(form, _)| format!("/rpc/{form}")).collect();
    assert_eq!(served, rows, "add each form to FORMS in api/isolation/forms.rs, with its audience");
}

#[rstest]
#[tokio::test]
async fn a_form_acts_only_for_its_audience(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let fixture = Fixture::start(engine).await;
    for (form, audience) in FORMS {
        let is_for_billing = match audience {
            Audience::Admins | Audience::AdminsElsewhere => false,
            Audience::Billers | Audience::BillersElsewhere => true,
            Audience::Owners
            | Audience::Anyone
            | Audience::Sender
            | Audience::Account
            | Audience::Members
            | Audience::Operators => {
                continue;
            }
        };
        let path = format!("/rpc/{form}");
        let made = fixture.fields(form).await;
        let fields: Vec<_> = made.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = fixture.app.tenant_rows(&fixture.here).await;
        let anonymous = fixture.app.visitor().submit(&path, &fields).await;
        assert!(anonymous.leads_to().starts_with("/login"), "{form} without a session: {anonymous:#?}");
        // The stranger is an admin of another workspace, where the form may act.
        fixture.stranger().submit(&path, &fields).await;
        let member = fixture.member().submit(&path, &fields).await;
        assert!(member.leads_to().contains("code=admin_required"), "{form} as a member: {member:#?}");
        if !is_for_billing {
            let billing = fixture.billing().submit(&path, &fields).await;
            assert!(billing.leads_to().contains("code=admin_required"), "{form} as billing: {billing:#?}");
        }
        assert_eq!(fixture.app.tenant_rows(&fixture.here).await, before, "{form} by others has changed the workspace");

        // The form works for its audience.
        if is_for_billing {
            let billing = fixture.billing().submit(&path, &fields).await;
            assert!(!billing.leads_to().contains("code=admin_required"), "{form} as billing: {billing:#?}");
        }
        let admin = fixture.admin().submit(&path, &fields).await;
        assert!(!admin.leads_to().contains("code=admin_required"), "{form} as an admin: {admin:#?}");
        if matches!(audience, Audience::Admins | Audience::Billers) {
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
    for (form, audience) in FORMS {
        let drawn = match audience {
            Audience::Anyone => continue,
            // No `""`: a form that was rendered before login has no query, and is accepted.
            Audience::Sender => vec![&*for_second, &*others],
            Audience::Account | Audience::Operators => vec!["", &*others],
            Audience::Members
            | Audience::Admins
            | Audience::AdminsElsewhere
            | Audience::Owners
            | Audience::Billers
            | Audience::BillersElsewhere => vec!["", &*for_second, &*others],
        };
        let made = fixture.fields(form).await;
        let fields: Vec<_> = made.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = fixture.app.tenant_rows(here).await;
        let sender: &Browser = if audience == Audience::Operators { &operator } else { here };
        for carried in drawn {
            let answer = sender.submit_to(&format!("/rpc/{form}{carried}"), &fields).await;
            assert!(answer.leads_to().starts_with("/form-refused"), "{form}{carried}: {answer:#?}");
        }
        assert_eq!(
            fixture.app.tenant_rows(here).await,
            before,
            "{form} for another workspace or user has changed the workspace"
        );
    }
    // The account, its sessions and its password are unchanged, and it has no second factor.
    assert_eq!(here.get(ME).await.expect(200), account);
    fixture.app.signed_in(&here.email).await;
    assert!(here.get("/settings/account").await.text.contains("/rpc/begin-second-factor"));
}

#[rstest]
#[tokio::test]
async fn an_operator_form_acts_only_for_operators(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let fixture = Fixture::start(engine).await;
    let operator = fixture.operator().await;
    for (form, _) in FORMS.into_iter().filter(|(_, audience)| *audience == Audience::Operators) {
        let path = format!("/rpc/{form}");
        let made = fixture.fields(form).await;
        let fields: Vec<_> = made.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let before = fixture.app.tenant_rows(&fixture.here).await;
        let visitor = fixture.app.visitor();
        let anonymous = visitor.submit(&path, &fields).await;
        assert_eq!(anonymous.leads_to(), "/login?code=session_over", "{form} without a session");
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
        // Keys, endpoints, mails and imports of the installation do not belong to the workspace: its rows do not change.
        let is_of_installation =
            ["-installation-key", "-webhook", "-mail", "-import"].iter().any(|end| form.ends_with(end));
        if !is_of_installation && form != "operator-try-again" {
            assert_ne!(fixture.app.tenant_rows(&fixture.here).await, before, "{form} as an operator: {answer:#?}");
        }
    }
}
