//! What was billed in each currency, what is owed, and what was refunded.

use std::collections::BTreeMap;

use domain::{
    subscription::{Provider, ProviderStatus, Subscription},
    time::Timestamp,
};
use serde_json::Value;

use super::DoneByDues;
use crate::{
    lives::{
        life::Life,
        money::Amount,
        snapshot::{list_at_polar, list_at_stripe},
    },
    test_env::{TestEnv, biller},
};

/// The number of invoices and their sum, by currency and status.
type Totals = BTreeMap<(String, String), (usize, i64)>;

fn add(totals: &mut Totals, amount: &Amount, status: &str) {
    let (count, sum) = totals.entry((amount.currency.clone(), status.to_owned())).or_default();
    *count += 1;
    *sum += amount.minor;
}

fn is_of(invoice: &Value, subscription: &str) -> bool {
    invoice["parent"]["subscription_details"]["subscription"] == subscription
}

/// Asserts that the invoices that Dues tells are the provider's, by currency; that what is owed is; and that nothing was
/// refunded that a person began.
pub(super) async fn assert_payments(
    life: &Life,
    env: &TestEnv,
    stored: &BTreeMap<String, Subscription>,
    done: &DoneByDues,
) {
    let mut told = Totals::new();
    let all = env.services.subscriptions().all_invoices(&biller(&life.owner)).await.unwrap();
    assert!(!all.is_cut, "{life}: more invoices than one reads");
    for invoice in &all.invoices {
        add(&mut told, &Amount::of(invoice.total), invoice.status.as_str());
    }
    let reported = match env.provider_name() {
        Provider::Stripe => {
            let path = format!("/v1/invoices?customer={}&expand[]=data.payments&", life.customer);
            let invoices = list_at_stripe(env, &path, None).await;
            for held in stored.values() {
                assert_owed(life, held, &invoices);
            }
            assert_none_refunded_at_stripe(life, &invoices, done);
            totals_at_stripe(&invoices)
        }
        Provider::Polar => {
            let orders = list_at_polar(env, &format!("orders/?customer_id={}&", life.customer)).await;
            for one in life.subscriptions.iter().filter(|one| life.is_by_hand(one)) {
                assert_not_refunded(life, one["id"].as_str().unwrap(), done);
            }
            totals_at_polar(&orders)
        }
    };
    assert_eq!(told, reported, "{life}: what was billed");
}

fn totals_at_stripe(invoices: &[Value]) -> Totals {
    let mut totals = Totals::new();
    for invoice in invoices.iter().filter(|invoice| invoice["status"] != "draft") {
        let total = invoice["total"].as_i64().unwrap();
        let amount = Amount::of_provider(total, invoice["currency"].as_str().unwrap());
        add(&mut totals, &amount, invoice["status"].as_str().unwrap());
    }
    totals
}

fn totals_at_polar(orders: &[Value]) -> Totals {
    let mut totals = Totals::new();
    for order in orders {
        let total = order["total_amount"].as_i64().unwrap();
        let status = match order["status"].as_str().unwrap() {
            "pending" => "open",
            "void" => "void",
            _ => "paid",
        };
        add(&mut totals, &Amount::of_provider(total, order["currency"].as_str().unwrap()), status);
    }
    totals
}

/// What is owed on sent invoices, and the first date at which it is due.
fn assert_owed(life: &Life, held: &Subscription, invoices: &[Value]) {
    let is_owed = |invoice: &&Value| {
        let is_open = invoice["status"] == "open" && invoice["amount_remaining"].as_i64() > Some(0);
        is_open && is_of(invoice, &held.external_id)
    };
    let owed: Vec<&Value> = invoices.iter().filter(is_owed).collect();
    let is_told = held.details.is_invoiced && held.status == ProviderStatus::Active;
    let expected = owed.first().filter(|_| is_told).map(|newest| {
        let units = owed.iter().filter_map(|invoice| invoice["amount_remaining"].as_i64()).sum();
        let due = owed.iter().filter_map(|invoice| invoice["due_date"].as_i64()).min();
        (Amount::of_provider(units, newest["currency"].as_str().unwrap()), due)
    });
    let open = held.details.open_invoices.map(|open| (Amount::of(open.amount), open.due_at.map(Timestamp::as_secs)));
    assert_eq!(open, expected, "{life}: {}, what is owed", held.external_id);
}

fn assert_none_refunded_at_stripe(life: &Life, invoices: &[Value], done: &DoneByDues) {
    let by_hand = life.subscriptions.iter().filter(|one| life.is_by_hand(one));
    for id in by_hand.map(|one| one["id"].as_str().unwrap()) {
        for invoice in invoices.iter().filter(|invoice| is_of(invoice, id)) {
            for payment in invoice["payments"]["data"].as_array().unwrap() {
                if let Some(intent) = payment["payment"]["payment_intent"].as_str() {
                    assert_not_refunded(life, intent, done);
                }
            }
        }
    }
}

fn assert_not_refunded(life: &Life, paid: &str, done: &DoneByDues) {
    assert!(!done.refunded.contains(paid), "{life}: Dues has refunded {paid}, which a person began");
}
