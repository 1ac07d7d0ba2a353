//! The links between accounts and users of providers.

use rstest::rstest;

use super::{
    ADA, me,
    stand_in::{StandIn, dues_with, prepared, sign_in},
};
use crate::harness::{Engine, TestSmtp, mailed_link};

const REMOVE: &str = "/rpc/remove-sign-in";
const REMOVED: &str = "/settings/account?code=sign_in_removed";
const LAST: &str = "/settings/account?code=last_sign_in";

#[rstest]
#[tokio::test]
async fn the_last_sign_in_of_an_account_stays(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme) = dues_with(engine, true).await;
    let ada = app.visitor();
    sign_in(&ada, &acme, "ada-1", ADA).await;
    let first = me(&ada).await;
    let form = |subject: &'static str| [("issuer", acme.keys.issuer.as_str()), ("subject", subject)];
    let refused = ada.submit(REMOVE, &form("ada-1")).await;
    assert_eq!(refused.leads_to(), LAST);
    let page = ada.get(refused.leads_to()).await.text;
    assert!(page.contains("This is your only way to sign in") && page.contains(REMOVE), "{page}");
    // A second user of the provider with the same address is linked too, so one of the two links may be removed.
    sign_in(&app.visitor(), &acme, "ada-2", ADA).await;
    assert_eq!(ada.submit(REMOVE, &form("ada-1")).await.leads_to(), REMOVED);
    assert_eq!(ada.submit(REMOVE, &form("ada-2")).await.leads_to(), LAST);
    let again = app.visitor();
    sign_in(&again, &acme, "ada-2", ADA).await;
    assert_eq!(me(&again).await["userId"], first["userId"]);
}

#[rstest]
#[tokio::test]
async fn a_removed_link_opens_the_account_no_more(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (app, acme) = dues_with(engine, true).await;
    let owner = app.owner().await;
    sign_in(&app.visitor(), &acme, "o-1", &owner.email).await;
    let form = [("issuer", acme.keys.issuer.as_str()), ("subject", "o-1")];
    // The account has a password, so its only link may be removed. A repeat is no error.
    assert_eq!(owner.submit(REMOVE, &form).await.leads_to(), REMOVED);
    assert_eq!(owner.submit(REMOVE, &form).await.leads_to(), REMOVED);
    let other = app.visitor();
    sign_in(&other, &acme, "o-1", "countess@example.com").await;
    assert_ne!(me(&other).await["userId"], me(&owner).await["userId"]);
}

#[rstest]
#[tokio::test]
async fn without_passwords_a_new_address_ends_no_link(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let (acme, smtp) = (StandIn::start().await, TestSmtp::start().await);
    let app = prepared(engine, &acme, true).with("SMTP_URL", &smtp.url()).with("PASSWORD_LOGIN", "0").start().await;
    let ada = app.visitor();
    sign_in(&ada, &acme, "ada-1", ADA).await;
    let first = me(&ada).await;
    let asked = ada.submit("/rpc/change-address", &[("email", "countess@example.com")]).await;
    assert_eq!(asked.leads_to(), "/settings/account?code=address_link_sent");
    let link = mailed_link(&smtp, "countess@example.com", "/account/address/").await;
    let taken = ada.submit("/rpc/take-address", &[("token", link.rsplit('/').next().unwrap())]).await;
    assert_eq!(taken.leads_to(), "/settings/account?code=address_changed");
    let again = app.visitor();
    sign_in(&again, &acme, "ada-1", ADA).await;
    let found = me(&again).await;
    assert_eq!((&found["userId"], found["email"].as_str()), (&first["userId"], Some("countess@example.com")));
}
