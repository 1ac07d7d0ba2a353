use domain::{account::Role, entitlement::alert::AlertKind};
use rstest::rstest;

use super::*;
use crate::{
    mail::testing::Received,
    service::base::test_env::{HERE, TestEnv, token},
    store::testing::Engine,
};

const ROOMS: &str = "websocket_connections";

fn on(preferences: &[MailPreference]) -> Vec<&'static str> {
    preferences.iter().filter(|choice| choice.is_on).map(|choice| choice.mail.as_str()).collect()
}

/// Returns the token of the link at the end of a mail.
fn token_in(mail: &Received) -> String {
    let header = mail.header("List-Unsubscribe").unwrap();
    token(header.trim_end_matches('>')).to_owned()
}

fn mails_to<'a>(all: &'a [Received], email: &str) -> Vec<&'a Received> {
    all.iter().filter(|mail| mail.to == [email]).collect()
}

#[rstest]
#[tokio::test]
async fn a_person_chooses_for_one_workspace_and_the_change_is_recorded_once(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let accounts = env.services.accounts();
    let ada = env.owner("free", "ada@mails.test").await;
    let bob = env.colleague(&ada, "bob@mails.test", Role::Admin).await;
    let guest = env.colleague(&ada, "guest@mails.test", Role::Member).await;
    assert_eq!(on(&accounts.mail_preferences(&ada).await.unwrap()), ["usage_limits", "payments"]);
    assert_eq!(accounts.mail_preferences(&guest).await.unwrap(), []);
    for _ in 0..2 {
        accounts.change_mail_preferences(&ada, &[OptionalMail::MonthlyReport]).await.unwrap();
    }
    assert_eq!(on(&accounts.mail_preferences(&ada).await.unwrap()), ["monthly_report"]);
    assert_eq!(on(&accounts.mail_preferences(&bob).await.unwrap()), ["usage_limits", "payments"], "of another person");
    let refused = accounts.change_mail_preferences(&guest, &[OptionalMail::MonthlyReport]).await;
    assert!(matches!(refused, Err(ServiceError::AdminRequired)), "{refused:?}");
    let recorded = env.dump("SELECT details FROM audit_log WHERE action = 'mail_preferences.changed'").await;
    let expected = r#"{"on":["monthly_report"],"off":["usage_limits","payments"],"by":"settings"}"#;
    assert_eq!(recorded.trim(), expected);
}

#[rstest]
#[tokio::test]
async fn the_link_of_a_mail_turns_off_this_kind_alone_for_its_person(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let accounts = env.services.accounts();
    let ada = env.owner("free", "ada@mails.test").await;
    let tenant = &ada.current_membership.tenant_id;
    let bob = env.colleague(&ada, "bob@mails.test", Role::Admin).await;
    env.run_due_jobs().await;
    env.services.usage().set_usage(tenant, ROOMS, 8, None).await.unwrap();
    env.run_due_jobs().await;
    let received = env.smtp.received();
    let of_ada = mails_to(&received, "ada@mails.test");
    let mail = of_ada.into_iter().find(|mail| mail.header("List-Unsubscribe").is_some()).unwrap();
    assert_eq!(mail.header("List-Unsubscribe-Post"), Some("List-Unsubscribe=One-Click"));
    let token = token_in(mail);

    let found = accounts.find_unsubscription(&token).await.unwrap();
    assert_eq!((found.email.as_str(), found.mail, found.is_on), ("ada@mails.test", OptionalMail::UsageLimits, true));
    assert_eq!(
        on(&accounts.mail_preferences(&ada).await.unwrap()),
        ["usage_limits", "payments"],
        "looking is no change"
    );
    for node in [&env.services, &env.another_node().await, &env.services] {
        node.accounts().unsubscribe(&token, HERE).await.unwrap();
    }
    assert!(!accounts.find_unsubscription(&token).await.unwrap().is_on);
    assert_eq!(on(&accounts.mail_preferences(&ada).await.unwrap()), ["payments"]);
    assert_eq!(on(&accounts.mail_preferences(&bob).await.unwrap()), ["usage_limits", "payments"]);
    let recorded = env.dump("SELECT details FROM audit_log WHERE action = 'mail_preferences.changed'").await;
    assert_eq!(recorded.trim(), r#"{"on":[],"off":["usage_limits"],"by":"link"}"#, "repeats are not recorded");

    let before = env.smtp.received().len();
    env.clock.advance(1);
    env.services.usage().set_usage(tenant, ROOMS, 10, None).await.unwrap();
    env.run_due_jobs().await;
    let received = env.smtp.received();
    assert_eq!(env.services.usage().alerts(tenant).await.unwrap()[0].kind, AlertKind::Reached);
    assert_eq!(mails_to(&received[before..], "ada@mails.test").len(), 0, "{received:#?}");
    assert_eq!(mails_to(&received[before..], "bob@mails.test").len(), 1, "{received:#?}");
}

#[rstest]
#[tokio::test]
async fn an_altered_link_and_one_of_a_person_who_left_change_nothing(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let accounts = env.services.accounts();
    let ada = env.owner("free", "ada@mails.test").await;
    let tenant = &ada.current_membership.tenant_id;
    let bob = env.colleague(&ada, "bob@mails.test", Role::Admin).await;
    let key = accounts.unsubscribe_key().await.unwrap();
    let of = |user: &UserId| {
        let (tenant, user) = (tenant.clone(), user.clone());
        key.token(&MailSubscription { tenant, user, mail: OptionalMail::Payments })
    };
    let good = of(&bob.user_id);
    let altered = format!("{}{}", &good[..good.len() - 1], if good.ends_with('A') { 'Q' } else { 'A' });
    let foreign = UnsubscribeKey::from_bytes(&[9; 32]).token(&MailSubscription {
        tenant: tenant.clone(),
        user: bob.user_id.clone(),
        mail: OptionalMail::Payments,
    });
    let unknown = of(&"unknown".parse().unwrap());
    for bad in ["", "x", &good[1..], &altered, &foreign, &unknown] {
        let refused = accounts.unsubscribe(bad, HERE).await;
        assert!(matches!(refused, Err(ServiceError::InvalidLink(LinkError::Unknown))), "{bad}: {refused:?}");
    }
    assert_eq!(on(&accounts.mail_preferences(&bob).await.unwrap()), ["usage_limits", "payments"]);
    accounts.unsubscribe(&good, HERE).await.unwrap();
    env.run("DELETE FROM memberships WHERE user_id IN (SELECT user_id FROM users WHERE email = 'bob@mails.test')")
        .await;
    assert_eq!(env.dump("SELECT kind FROM mail_preferences").await, "", "choices go with the membership");
    assert!(accounts.find_unsubscription(&good).await.is_err());
    accounts.unsubscribe(&good, HERE).await.unwrap_err();
}
