//! `PUT /api/v1/billing/seats`.

use domain::{account::Role, tenant::scope::Scope};
use rstest::rstest;
use serde_json::json;

use super::*;
use crate::harness::becomes_true;

#[rstest]
#[tokio::test]
async fn more_seats_start_at_once_and_the_difference_is_charged(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let owner = owner_with(&app, 5).await;
    let ahead = preview(&owner, 8).await.expect(200);
    assert_eq!((&ahead["seats"], &ahead["pending"]), (&json!(8), &json!(null)));
    assert_eq!(ahead["nextPrice"], json!({ "amount": TEAM + 6 * SEAT, "currency": "USD" }));
    assert_eq!(seats(&owner).await["seats"], 5, "a preview changes nothing");
    assert_eq!(invoices(&owner).await.len(), 1);

    let after = put(&owner, 8).await.expect(200);
    assert_eq!((&after["seats"], &after["pending"]), (&json!(8), &json!(null)));
    let charged = after["dueNow"]["amount"].as_i64().unwrap();
    assert_eq!(invoices(&owner).await, [charged, TEAM + 3 * SEAT]);
    let estimated = ahead["dueNow"]["amount"].as_i64().unwrap();
    assert!((charged - estimated).abs() <= 1, "{charged} was charged, and {estimated} was said");
    assert!((3 * SEAT - charged).abs() <= 1, "the period has just begun: {charged}");
    assert_eq!(items(&app, &owner).await, sorted([(app.stripe.price("team"), 1), (app.stripe.seat_price("team"), 6)]));
    wait_for_limit(&owner, 8).await;
    assert_eq!(owner.get("/api/v1/entitlements").await.expect(200)["seats"], 8);

    let same = put(&owner, 8).await.expect(200);
    assert_eq!((&same["dueNow"]["amount"], invoices(&owner).await.len()), (&json!(0), 2), "nothing changes");
    let audit = owner.get("/api/v1/tenant/audit?action=subscription.seats_asked").await.expect(200);
    let entries = audit["items"].as_array().unwrap();
    assert_eq!(entries.len(), 1, "{audit}");
    assert_eq!((&entries[0]["details"]["from"], &entries[0]["details"]["seats"]), (&json!(5), &json!(8)));
}

#[rstest]
#[tokio::test]
async fn a_repeated_request_charges_once(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_with(&app, 5).await;
    let keyed = async |seats: u64| {
        let request = owner.request(Method::PUT, SEATS).header("idempotency-key", "k1");
        owner.send(request.json(&json!({ "seats": seats }))).await
    };
    let first = keyed(6).await.expect(200);
    put(&owner, 7).await.expect(200);
    let again = keyed(6).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(again.expect(200), first);
    assert_eq!((seats(&owner).await["seats"].clone(), invoices(&owner).await.len()), (json!(7), 3));
    keyed(9).await.refused(422, "idempotency_key_reused");
}

#[rstest]
#[tokio::test]
async fn fewer_seats_wait_for_the_next_period(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_with(&app, 8).await;
    let end = owner.get("/billing/subscription").await.expect(200)["subscription"]["currentPeriodEnd"].clone();
    let nothing = json!({ "amount": 0, "currency": "USD" });
    let ahead = preview(&owner, 4).await.expect(200);
    assert_eq!((&ahead["seats"], &ahead["dueNow"]), (&json!(8), &nothing));
    assert_eq!(ahead["pending"], json!({ "seats": 4, "at": end }));
    assert_eq!(ahead["nextPrice"]["amount"], TEAM + 2 * SEAT);

    let changed = put(&owner, 4).await.expect(200);
    assert_eq!((&changed["seats"], &changed["dueNow"]), (&json!(8), &nothing));
    assert_eq!(changed["pending"], json!({ "seats": 4, "at": end }));
    let again = preview(&owner, 4).await.expect(200);
    assert_eq!((&again["seats"], &again["pending"]), (&json!(8), &changed["pending"]));
    assert_eq!((limit(&owner).await, invoices(&owner).await.len()), (8, 1));
    let stored = app.subscriptions(&owner.tenant).await.remove(0);
    assert_eq!(stored.pending, None, "the plan stays");
    assert_eq!(stored.details.next_payment.unwrap().amount.minor, TEAM + 2 * SEAT);

    // Another decrease replaces it, the current number takes it back, and more seats do, too.
    assert_eq!(put(&owner, 5).await.expect(200)["pending"], json!({ "seats": 5, "at": end }));
    assert_eq!(put(&owner, 8).await.expect(200)["pending"], json!(null));
    assert_eq!(subscription(&app, &owner).await["schedule"], json!(null));
    assert_eq!(put(&owner, 6).await.expect(200)["pending"]["seats"], 6);
    let more = put(&owner, 9).await.expect(200);
    assert_eq!((&more["seats"], &more["pending"]), (&json!(9), &json!(null)));
    assert_eq!(subscription(&app, &owner).await["schedule"], json!(null));

    put(&owner, 4).await.expect(200);
    let end = app.subscriptions(&owner.tenant).await[0].period_end;
    app.stripe.set_clock(end.as_secs() + 60);
    wait_for_limit(&owner, 4).await;
    let renewed = seats(&owner).await;
    assert_eq!((&renewed["seats"], &renewed["pending"]), (&json!(4), &json!(null)));
    eventually("the renewal is invoiced", async || invoices(&owner).await[0] == TEAM + 2 * SEAT).await;
}

#[rstest]
#[tokio::test]
async fn seats_in_use_are_kept(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_with(&app, 8).await;
    for _ in 0..4 {
        app.absent_member_id(&owner).await;
    }
    let refused = put(&owner, 4).await.refused(409, "seats_in_use");
    assert!(refused["message"].as_str().unwrap().starts_with("5 seats are in use."), "{refused}");
    preview(&owner, 4).await.refused(409, "seats_in_use");
    assert_eq!(put(&owner, 5).await.expect(200)["pending"]["seats"], 5);
    // Until the period ends, all that are paid for can be used.
    assert_eq!((limit(&owner).await, seats(&owner).await["inUse"].clone()), (8, json!(5)));
}

#[rstest]
#[tokio::test]
async fn a_declined_card_changes_nothing(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_with(&app, 8).await;
    put(&owner, 5).await.expect(200);
    let before = (seats(&owner).await, items(&app, &owner).await, invoices(&owner).await);
    app.stripe.set_payments_fail(true).await;
    let refused = put(&owner, 12).await.refused(502, "provider_rejected");
    assert!(refused["message"].as_str().unwrap().contains("declined"), "{refused}");
    assert_eq!((seats(&owner).await, items(&app, &owner).await, invoices(&owner).await), before);
    assert_eq!(owner.status().await["status"], "active");
    // Fewer seats cost nothing now.
    assert_eq!(put(&owner, 6).await.expect(200)["pending"]["seats"], 6);
}

#[rstest]
#[tokio::test]
async fn a_trial_goes_on_with_other_seats(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let catalog = catalog().replace("[plan.team]\n", "[plan.team]\ntrial_days = 14\n");
    let app = TestApp::on(engine).selling(catalog).start().await;
    let owner = owner_with(&app, 4).await;
    let trial = owner.get("/billing/subscription").await.expect(200)["subscription"]["trialEnd"].clone();
    assert!(trial.is_string());
    for (wanted, nothing) in [(6, 0), (5, 0)] {
        let changed = put(&owner, wanted).await.expect(200);
        assert_eq!((&changed["seats"], &changed["pending"]), (&json!(wanted), &json!(null)));
        assert_eq!(changed["dueNow"]["amount"], nothing);
    }
    let shown = owner.get("/billing/subscription").await.expect(200)["subscription"].clone();
    assert_eq!(shown["trialEnd"], trial);
    assert_eq!(invoices(&owner).await, [0]);
    assert_eq!(limit(&owner).await, 5);
}

#[rstest]
#[tokio::test]
async fn seats_that_are_not_sold_are_refused(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_with(&app, 5).await;
    for wrong in [2, 21, 0, 1_000_001] {
        put(&owner, wrong).await.refused_field("seats");
    }
    let send = async |body: Value| owner.send(owner.request(Method::PUT, SEATS).json(&body)).await;
    for body in [json!({}), json!({ "seats": null }), json!({ "seats": "5" }), json!({ "seats": 5.5 })] {
        send(body).await.refused_field("seats");
    }
    put_to(&owner, &format!("{SEATS}?preview=perhaps"), 6).await.refused_field("preview");
    assert_eq!(seats(&owner).await["seats"], 5);

    let pro = app.owner_on("pro").await;
    put(&pro, 5).await.refused_field("seats");
    pro.get(SEATS).await.refused_field("seats");
    let free = app.owner().await;
    put(&free, 5).await.refused(400, "no_subscription");
    free.get(SEATS).await.refused(400, "no_subscription");
}

#[rstest]
#[tokio::test]
async fn those_who_pay_change_the_seats(#[values(Engine::Sqlite, Engine::Postgres)] engine: Engine) {
    let app = start(engine).await;
    let owner = owner_with(&app, 6).await;
    let member = app.member_of(&owner).await;
    for answer in [member.get(SEATS).await, put(&member, 7).await, preview(&member, 7).await] {
        answer.refused(403, "admin_required");
    }
    let reader = app.key_named(&owner, "reader", &[Scope::Read]).await;
    put(&reader, 7).await.refused(403, "scope_required");
    app.visitor().get(SEATS).await.refused(401, "unauthenticated");

    let colleague = app.colleague_of(&owner, Role::Billing).await.browser;
    assert_eq!(put(&colleague, 7).await.expect(200)["seats"], 7);
    let key = app.key_named(&owner, "biller", &[Scope::Billing]).await;
    assert_eq!(put(&key, 8).await.expect(200)["seats"], 8);
    assert_eq!(key.get(SEATS).await.expect(200)["seats"], 8);
}

#[rstest]
#[tokio::test]
async fn a_subscription_that_ends_keeps_its_seats_until_then(
    #[values(Engine::Sqlite, Engine::Postgres)] engine: Engine,
) {
    let app = start(engine).await;
    let owner = owner_with(&app, 6).await;
    put(&owner, 4).await.expect(200);
    owner.post("/api/v1/billing/cancel", &json!({})).await.expect(200);
    assert_eq!(seats(&owner).await["pending"], json!(null), "the end replaces the decrease");
    put(&owner, 4).await.refused(409, "conflict");
    assert_eq!(put(&owner, 7).await.expect(200)["seats"], 7);
    owner.post("/api/v1/billing/resume", &json!({})).await.expect(200);
    assert_eq!(put(&owner, 4).await.expect(200)["pending"]["seats"], 4);
    owner.post("/api/v1/billing/resume", &json!({})).await.expect(200);
    let taken_back = becomes_true(async || seats(&owner).await["pending"].is_null()).await;
    assert!(taken_back, "resuming takes a decrease back");
}
