use std::net::{IpAddr, Ipv4Addr};

use domain::account::Role;
use rstest::rstest;

use super::*;
use crate::{
    mail::testing::SmtpFailure,
    service::base::test_env::{HERE, NOW, TestEnv},
    store::testing::Engine,
};

const ELSEWHERE: ClientAddress = ClientAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)));

fn request() -> NewEnterpriseRequest {
    NewEnterpriseRequest {
        company: " Acme Robotics ".to_owned(),
        contact_name: "Ada Acme".to_owned(),
        email: "Ada@Acme.test".to_owned(),
        use_cases: vec![UseCase::Sla, UseCase::DartFfi, UseCase::Sla],
        expected_scale: "2 M players a month".to_owned(),
        notes: "On our own metal.\r\n\tIn two regions.".to_owned(),
        trap: String::new(),
        form_key: String::new(),
    }
}

async fn kept(env: &TestEnv) -> Vec<EnterpriseRequest> {
    env.services.operators().list_enterprise_requests().await.unwrap()
}

#[rstest]
#[tokio::test]
async fn a_request_is_stored_and_mailed_to_sales(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let owner = env.owner("pro", "owner@acme.test").await;
    let member = env.colleague(&owner, "member@acme.test", Role::Member).await;
    let id = env.services.operators().request_enterprise(request(), member.clone().into(), HERE).await.unwrap();
    let expected = EnterpriseRequest {
        id: id.clone(),
        company: "Acme Robotics".to_owned(),
        contact_name: "Ada Acme".to_owned(),
        email: "ada@acme.test".parse().unwrap(),
        use_cases: vec![UseCase::DartFfi, UseCase::Sla],
        expected_scale: "2 M players a month".to_owned(),
        notes: "On our own metal.\n\tIn two regions.".to_owned(),
        tenant: Some(member.current_membership.tenant_id.clone()),
        user: Some(member.user_id.clone()),
        created_at: NOW,
        handling: Handling::default(),
    };
    assert_eq!(kept(&env).await, [expected]);
    env.run_due_jobs().await;
    let mails = env.smtp.received();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["sales@dues.test"]);
    assert_eq!(mails[0].header("Subject"), Some("Enterprise request from Acme Robotics"));
    let text = mails[0].text();
    let workspace = format!("Acme Robotics ({})", member.current_membership.tenant_id);
    for words in ["ada@acme.test", "Dart FFI, SLA needs", "2 M players", "In two regions.", &workspace, &id] {
        assert!(text.contains(words), "{words} in {text}");
    }
}

#[rstest]
#[tokio::test]
async fn company_and_address_suffice_without_a_session(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let bare = NewEnterpriseRequest {
        company: "Acme".to_owned(),
        email: "a@acme.test".to_owned(),
        ..NewEnterpriseRequest::default()
    };
    env.services.operators().request_enterprise(bare, Sender::default(), HERE).await.unwrap();
    let request = &kept(&env).await[0];
    assert_eq!((&request.tenant, &request.user, request.use_cases.len()), (&None, &None, 0));
    env.run_due_jobs().await;
    assert!(env.smtp.received()[0].text().contains("Workspace: none (not signed in)"));
}

#[rstest]
#[tokio::test]
async fn a_failed_mail_is_retried(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    env.smtp.fail_next([SmtpFailure::Busy]);
    env.services.operators().request_enterprise(request(), Sender::default(), HERE).await.unwrap();
    env.run_due_jobs().await;
    assert_eq!((env.smtp.received().len(), env.jobs().await), (0, 1));
    env.clock.advance(60);
    env.run_due_jobs().await;
    assert_eq!((env.smtp.received().len(), env.jobs().await), (1, 0));
}

#[rstest]
#[tokio::test]
async fn without_a_mailer_a_request_is_still_stored(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::without_mail(engine).await;
    env.services.operators().request_enterprise(request(), Sender::default(), HERE).await.unwrap();
    assert_eq!((kept(&env).await.len(), env.jobs().await), (1, 0));
}

#[rstest]
#[tokio::test]
async fn a_request_with_a_filled_honeypot_is_discarded(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    for _ in 0..9 {
        let trapped = NewEnterpriseRequest { trap: "https://spam.test".to_owned(), ..request() };
        let id = env.services.operators().request_enterprise(trapped, Sender::default(), HERE).await.unwrap();
        assert_eq!(id.len(), 36, "like any other");
    }
    assert_eq!((kept(&env).await.len(), env.jobs().await), (0, 0));
    env.services.operators().request_enterprise(request(), Sender::default(), HERE).await.unwrap();
}

#[rstest]
#[tokio::test]
async fn a_form_that_is_sent_twice_is_stored_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let send = async |form_key: &str, notes: &str| {
        let form = NewEnterpriseRequest { form_key: form_key.to_owned(), notes: notes.to_owned(), ..request() };
        env.services.operators().request_enterprise(form, Sender::default(), HERE).await.unwrap()
    };
    let first = send("key-1", "One server.").await;
    for _ in 0..9 {
        assert_eq!(send("key-1", "One server.").await, first, "a repeat is not throttled either");
    }
    assert_eq!((kept(&env).await.len(), env.jobs().await), (1, 1));
    assert_ne!(send("key-1", "Two servers.").await, first, "an edited form is a new request");
    assert_ne!(send("key-2", "One server.").await, first);
    assert_eq!(kept(&env).await.len(), 3);
}

#[rstest]
#[tokio::test]
async fn a_client_may_store_five_requests_an_hour(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    for _ in 0..9 {
        let wrong = NewEnterpriseRequest { email: "unknown".to_owned(), ..request() };
        assert!(env.services.operators().request_enterprise(wrong, Sender::default(), HERE).await.is_err());
    }
    let all = futures::future::join_all(
        (0..9).map(|_| env.services.operators().request_enterprise(request(), Sender::default(), HERE)),
    )
    .await;
    let refused: Vec<_> = all.into_iter().filter_map(Result::err).collect();
    assert_eq!((kept(&env).await.len(), refused.len()), (5, 4), "also when all come at once");
    for error in refused {
        assert!(matches!(error, ServiceError::Throttled { retry_after_secs: 3600 }), "{error:?}");
    }
    env.services.operators().request_enterprise(request(), Sender::default(), ELSEWHERE).await.unwrap();
    env.clock.advance(3599);
    let early = env.services.operators().request_enterprise(request(), Sender::default(), HERE).await;
    assert!(matches!(early, Err(ServiceError::Throttled { retry_after_secs: 1 })), "{early:?}");
    env.clock.advance(1);
    env.services.operators().request_enterprise(request(), Sender::default(), HERE).await.unwrap();
}

#[rstest]
#[case(NewEnterpriseRequest { company: "  ".to_owned(), email: String::new(), ..request() }, &["company", "email"])]
#[case(NewEnterpriseRequest { company: "x".repeat(201), notes: "x".repeat(2001), ..request() }, &["company", "notes"])]
#[case(NewEnterpriseRequest { contact_name: "a\nb".to_owned(), expected_scale: "\u{1b}[2J".to_owned(), ..request() }, &["contactName", "expectedScale"])]
#[case::would_paint_on_a_terminal(NewEnterpriseRequest { notes: "\u{9b}2J".to_owned(), ..request() }, &["notes"])]
#[tokio::test]
async fn all_mistakes_are_reported_together_and_nothing_is_stored(
    #[case] request: NewEnterpriseRequest,
    #[case] wrong: &[&str],
) {
    let env = TestEnv::new(Engine::Sqlite).await;
    let refused = env.services.operators().request_enterprise(request, Sender::default(), HERE).await;
    let Err(ServiceError::Validation { fields, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!(fields.into_keys().collect::<Vec<_>>(), wrong);
    assert!(kept(&env).await.is_empty());
}

#[rstest]
#[tokio::test]
async fn a_flood_is_written_with_limited_concurrency_and_rejected_beyond(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let from = |number: u8| ClientAddress(IpAddr::V4(Ipv4Addr::new(192, 0, 2, number)));
    let held = (
        env.services.anonymous_writes.permit(HERE).await.unwrap(),
        env.services.anonymous_writes.permit(HERE).await.unwrap(),
    );
    let flood = (0..64).map(|number| {
        let services = env.services.clone();
        tokio::spawn(async move {
            services.operators().request_enterprise(request(), Sender::default(), from(number)).await
        })
    });
    let flood: Vec<_> = flood.collect();
    // Let each task be polled, so that it waits in the queue for a permit.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    let asked = env.services.operators().request_enterprise(request(), Sender::default(), from(200));
    let refused = tokio::time::timeout(std::time::Duration::from_secs(5), asked).await.unwrap().unwrap_err();
    assert!(matches!(refused, ServiceError::Busy { retry_after_secs: 1.. }), "{refused:?}");
    assert!(kept(&env).await.is_empty(), "nothing is written meanwhile");
    drop(held);
    for asked in flood {
        asked.await.unwrap().unwrap();
    }
    assert_eq!(kept(&env).await.len(), 64);
}
