//! Enterprise requests and revenue at the operator desk.

use domain::{
    catalog::Cycle,
    subscription::revenue::{
        change::{RevenueChangeKind, revenue_change},
        trend::Month,
    },
};

use super::*;
use crate::{store::job::old_rows::OldRows, worker::housekeeping::tasks::HousekeepingTask};

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
    let revenue = env.services.operators().desk_revenue(&operator).await.unwrap().current.remove(0);
    let sum = |part: domain::subscription::revenue::RevenuePart| (part.subscriptions, part.monthly.minor);
    assert_eq!(sum(revenue.active), (3, 2 * 2900 + 2417), "a year’s $290.00 is $24.17 a month");
    assert_eq!((sum(revenue.trialing), sum(revenue.past_due)), ((1, 9900), (1, 900)));
    assert_eq!(revenue.lines.len(), 4);
}

#[rstest]
#[tokio::test]
async fn the_trend_agrees_with_the_present_revenue_and_keeps_past_months(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let env = TestEnv::new(engine).await;
    let operator = operator(&env).await;
    let desk = async || env.services.operators().desk_revenue(&operator).await.unwrap();
    let recurring = |found: &DeskRevenue, months_ago: usize| {
        let month = found.trends[0].months.iter().rev().nth(months_ago).unwrap();
        month.recurring.map(|sum| (sum.subscriptions, sum.monthly.minor))
    };
    assert_eq!((recurring(&desk().await, 0), desk().await.recorded_since), (Some((0, 0)), None));
    let running = subscription("sub_1", "pro", ProviderStatus::Active);
    let tenant = paying(&env, "1@acme.test", &running).await;
    let snapshot = HousekeepingTask::SnapshotRevenue;
    env.services.housekeeping().finish_housekeeping(snapshot).await;
    assert!(!env.services.housekeeping().is_housekeeping_due(snapshot).await.unwrap(), "once a day");
    paying(&env, "2@acme.test", &subscription("sub_2", "pro", ProviderStatus::Active)).await;
    let found = desk().await;
    assert_eq!(recurring(&found, 0), Some((2, 5800)), "the current month is the present, not the last snapshot");
    assert_eq!(recurring(&found, 0).unwrap().1, found.current[0].active.monthly.minor);
    assert_eq!(recurring(&found, 1), None, "not recorded");
    env.clock.advance(DAY);
    env.services.housekeeping().finish_housekeeping(snapshot).await;
    let mut tx = env.services.store().begin().await.unwrap();
    let now = env.services.billing_now();
    let ended = Subscription { status: ProviderStatus::Canceled, ended_at: Some(now), ..running.clone() };
    tx.connection().upsert_subscription(&tenant, &ended).await.unwrap();
    let change = revenue_change(env.services.catalog(), Some(&running), &ended, now).unwrap();
    tx.connection().insert_revenue_change(&tenant, &ended, &change).await.unwrap();
    tx.commit().await.unwrap();
    let found = desk().await;
    let churned = found.trends[0].months.last().unwrap().changes(RevenueChangeKind::Churned);
    assert_eq!((churned.subscriptions, churned.monthly.minor), (1, 2900));
    env.clock.advance(31 * DAY);
    let found = desk().await;
    assert_eq!((recurring(&found, 0), recurring(&found, 1)), (Some((1, 2900)), Some((2, 5800))));
    assert_eq!(found.recorded_since, Some(Month::of(NOW)));
    // A year later the change is out of the trend.
    env.clock.advance(365 * DAY);
    env.services.housekeeping().finish_housekeeping(HousekeepingTask::Delete(OldRows::RevenueChanges)).await;
    assert_eq!(env.dump("SELECT change_id FROM revenue_changes").await, "");
}
