//! Enterprise requests and revenue at the operator desk.

use domain::catalog::Cycle;

use super::*;

#[rstest]
#[tokio::test]
async fn an_enterprise_request_changes_state_with_a_note(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let services = &env.services;
    let operators = services.operators();
    let request = NewEnterpriseRequest {
        company: "Acme".to_owned(),
        email: "a@acme.test".to_owned(),
        ..NewEnterpriseRequest::default()
    };
    let acme = env.owner("free", "ada@acme.test").await.current_membership;
    let sender = Sender { tenant: Some(acme.tenant_id.clone()), ..Sender::default() };
    let id = operators.request_enterprise(request, sender, HERE).await.unwrap();
    let names = operators.desk_requests(&operator, None, None).await.unwrap().names;
    assert_eq!(names.into_iter().collect::<Vec<_>>(), [(acme.tenant_id, acme.tenant_name)]);
    let list = async |state| operators.desk_requests(&operator, state, None).await.unwrap().requests;
    assert_eq!(list(Some(EnterpriseRequestState::New)).await.len(), 1);
    env.clock.advance(60);
    operators.desk_handle_request(&operator, &id, None, ("talking", " Called.\r\nAgain on Monday. ")).await.unwrap();
    let handled = list(None).await.remove(0).handling;
    assert_eq!((handled.state, handled.note.as_str()), (EnterpriseRequestState::Talking, "Called.\nAgain on Monday."));
    assert_eq!(handled.changed_at, Some(NOW.plus_secs(60)));
    assert_eq!(
        (list(Some(EnterpriseRequestState::New)).await.len(), list(Some(EnterpriseRequestState::Talking)).await.len()),
        (0, 1)
    );
    let long = "x".repeat(NOTE_MAX_CHARS + 1);
    for (id, state, note, code) in [
        (id.as_str(), "sold", "", "validation_error"),
        (&id, "won", &long, "validation_error"),
        (&id, "won", "\u{7}", "validation_error"),
        ("none", "won", "", "not_found"),
        ("a\0", "won", "", "not_found"),
    ] {
        let refused = operators.desk_handle_request(&operator, id, handled.changed_at, (state, note)).await;
        assert_eq!(refused.unwrap_err().code(), code);
    }
    // An operator who has not seen the note can't overwrite it.
    let blind = operators.desk_handle_request(&operator, &id, None, ("won", "")).await;
    assert_eq!(blind.unwrap_err().code(), "conflict");
    assert_eq!(list(None).await.remove(0).handling, handled);
    operators.desk_handle_request(&operator, &id, handled.changed_at, ("won", "Signed.")).await.unwrap();
    assert_eq!(list(None).await.remove(0).handling.note, "Signed.");
}

#[rstest]
#[tokio::test]
async fn revenue_is_the_sum_of_live_subscriptions(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    use ProviderStatus::{Active, Canceled, PastDue, Trialing};
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    for (at, (plan, status)) in
        [("pro", Active), ("pro", Active), ("team", Trialing), ("starter", PastDue), ("scale", Canceled)]
            .into_iter()
            .enumerate()
    {
        paying(&env, &format!("{at}@acme.test"), &subscription(&format!("sub_{at}"), plan, status)).await;
    }
    let yearly = Subscription { cycle: Cycle::Yearly, ..subscription("sub_y", "pro", Active) };
    paying(&env, "y@acme.test", &yearly).await;
    env.owner("business", "granted@acme.test").await;
    let revenue = env.services.operators().desk_revenue(&operator).await.unwrap();
    let sum = |part: domain::subscription::revenue::RevenuePart| (part.subscriptions, part.monthly.minor);
    assert_eq!(sum(revenue.active), (3, 2 * 2900 + 2417), "a year’s $290.00 is $24.17 a month");
    assert_eq!((sum(revenue.trialing), sum(revenue.past_due)), ((1, 9900), (1, 900)));
    assert_eq!(revenue.lines.len(), 4);
}
