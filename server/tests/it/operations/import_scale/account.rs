//! An account at the provider with customers and subscriptions of every shape.

use std::collections::BTreeMap;

use sandbox::{PlantedCall, PlantedKind};
use serde_json::Value;

use crate::harness::{TestStripe, now_secs};

/// The shapes repeat after so many customers.
pub(super) const SHAPES: usize = 20;
/// How many subscriptions the customers of all shapes have.
pub(super) const SUBSCRIPTIONS_OF_SHAPES: usize = 24;
const CALLS_AT_ONCE: usize = 500;
const DAY_SECS: i64 = 86_400;
/// For how long the subscriptions exist already: long enough for an invoice to be overdue, and shorter than a week, which
/// is the shortest interval.
const AGE_SECS: i64 = 3 * DAY_SECS;

/// The currencies, and what a cent of a price in dollars becomes in the units of Stripe's API: two decimal places, two,
/// none, none that Stripe writes as two, three, and two that are rarely used.
const CURRENCIES: [(&str, i64); 6] = [("usd", 1), ("eur", 1), ("jpy", 1), ("isk", 100), ("kwd", 10), ("huf", 100)];

const SENT: &str = "&collection_method=send_invoice&days_until_due=30";
/// The invoice is overdue when the import begins.
const SENT_AND_OVERDUE: &str = "&collection_method=send_invoice&days_until_due=1";

/// A customer, with what should come of it.
pub(super) struct PlantedCustomer {
    pub(super) id: String,
    /// The external id of its tenant.
    pub(super) org: Option<String>,
    pub(super) outcome: &'static str,
    pub(super) plan: Option<&'static str>,
    /// The subscription that decides.
    pub(super) deciding: Option<String>,
    /// The price that no plan sells, where a subscription of the customer has no other.
    pub(super) unsold: Option<String>,
}

/// A price that a person has made at the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum OwnPrice {
    Agreed,
    Support,
    Tiered,
    Weekly,
    Quarterly,
    TwoYears,
}

impl OwnPrice {
    const ALL: [Self; 6] = [Self::Agreed, Self::Support, Self::Tiered, Self::Weekly, Self::Quarterly, Self::TwoYears];

    /// The form-encoded price in a currency. Its metadata name the plan that it counts as.
    fn fields(self, (code, units_per_cent): (&str, i64)) -> String {
        let (cents, unit, count, plan) = match self {
            Self::Agreed => (15_000, "month", 1, Some("pro")),
            Self::Support => (5_000, "month", 1, None),
            Self::Tiered => (1_000, "month", 1, Some("pro")),
            Self::Weekly => (700, "week", 1, Some("pro")),
            Self::Quarterly => (7_500, "month", 3, Some("team")),
            Self::TwoYears => (300_000, "year", 2, Some("team")),
        };
        let amount = cents * units_per_cent;
        let amounts = match self {
            Self::Tiered => format!(
                "billing_scheme=tiered&tiers_mode=graduated&tiers[0][up_to]=2&tiers[0][unit_amount]={amount}\
                 &tiers[1][up_to]=inf&tiers[1][unit_amount]={amount}"
            ),
            _ => format!("unit_amount={amount}"),
        };
        let plan = plan.map(|plan| format!("&metadata[dues_plan]={plan}")).unwrap_or_default();
        format!(
            "currency={code}&{amounts}&recurring[interval]={unit}&recurring[interval_count]={count}\
             &product_data[name]={self:?}{plan}"
        )
    }
}

/// What the customers pay with.
struct Offer {
    /// The prices of the catalog, in dollars.
    pro: String,
    team: String,
    own: BTreeMap<(usize, OwnPrice), String>,
    /// A fifth off.
    coupon: String,
    /// Everything off.
    free_coupon: String,
}

impl Offer {
    async fn plant(stripe: &TestStripe) -> Self {
        let all: Vec<_> = (0..CURRENCIES.len()).flat_map(|at| OwnPrice::ALL.map(|own| (at, own))).collect();
        let fields = all.iter().map(|(at, own)| own.fields(CURRENCIES[*at]));
        let made = stripe.plant(fields.map(|fields| call(PlantedKind::Price, "", fields)).collect()).await;
        let own = all.into_iter().zip(made.iter().map(id_of)).collect();
        let coupons = ["percent_off=20&duration=forever", "percent_off=100&duration=forever"];
        let coupons = coupons.map(|fields| call(PlantedKind::Coupon, "", fields.to_owned()));
        let coupons = stripe.plant(coupons.into()).await;
        Self {
            pro: stripe.price("pro"),
            team: stripe.price("team"),
            own,
            coupon: id_of(&coupons[0]),
            free_coupon: id_of(&coupons[1]),
        }
    }

    /// The price in the currency of all customers of one round of shapes.
    fn own(&self, number: usize, own: OwnPrice) -> &str {
        &self.own[&(number / SHAPES % CURRENCIES.len(), own)]
    }
}

/// What happens to a subscription after it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    Nothing,
    Pause,
    End,
}

struct Shape {
    has_org: bool,
    outcome: &'static str,
    plan: Option<&'static str>,
    /// The parameters of each subscription, without the customer. The first decides, unless the outcome is
    /// `no_subscription`.
    subscriptions: Vec<(String, Then)>,
    unsold: Option<String>,
}

impl Shape {
    fn of(number: usize, offer: &Offer) -> Self {
        let own = |own| offer.own(number, own);
        let on = |price: &str, more: &str| format!("&items[0][price]={price}{more}");
        let sent = |price: &str, more: &str| on(price, &format!("{SENT}{more}"));
        let agreed = |more: &str| sent(own(OwnPrice::Agreed), more);
        let (pro, team, support) = (&*offer.pro, &*offer.team, own(OwnPrice::Support));
        let adopt = |plan, fields: String| Self {
            has_org: true,
            outcome: "adopt",
            plan: Some(plan),
            subscriptions: vec![(fields, Then::Nothing)],
            unsold: None,
        };
        let and_then = |then, mut shape: Self| {
            shape.subscriptions[0].1 = then;
            shape
        };
        match number % SHAPES {
            0 => adopt("pro", sent(pro, "")),
            1 => adopt("pro", sent(pro, "&items[0][quantity]=5")),
            2 => {
                let support = &offer.own[&(0, OwnPrice::Support)];
                adopt("pro", sent(pro, &format!("&items[1][price]={support}&items[1][quantity]=2")))
            }
            3 => adopt("pro", agreed(&format!("&discounts[0][coupon]={}", offer.coupon))),
            4 => and_then(Then::Pause, adopt("pro", agreed(""))),
            5 => adopt("pro", agreed(&format!("&cancel_at={}", now_secs() + 100 * DAY_SECS))),
            6 => adopt("team", sent(own(OwnPrice::Quarterly), "&cancel_at_period_end=true")),
            7 => adopt("pro", sent(own(OwnPrice::Tiered), "&items[0][quantity]=3")),
            8 => {
                let discount = format!("&discounts[0][coupon]={}", offer.free_coupon);
                adopt("pro", on(own(OwnPrice::Weekly), &discount))
            }
            9 => adopt("team", sent(own(OwnPrice::TwoYears), "")),
            10 => adopt("pro", on(own(OwnPrice::Agreed), "&trial_period_days=30")),
            11 => adopt("pro", on(own(OwnPrice::Agreed), SENT_AND_OVERDUE)),
            12 => {
                let ended = and_then(Then::End, adopt("pro", agreed("")));
                Self { outcome: "no_subscription", plan: None, ..ended }
            }
            13 => {
                Self { outcome: "no_subscription", plan: None, subscriptions: Vec::new(), ..adopt("", String::new()) }
            }
            14 => Self {
                outcome: "unmapped_price",
                plan: None,
                unsold: Some(support.to_owned()),
                ..adopt("", sent(support, ""))
            },
            15 => {
                let several = [(team, Then::Nothing), (pro, Then::Nothing), (pro, Then::End)];
                let subscriptions = several.map(|(price, then)| (sent(price, ""), then)).into();
                Self { outcome: "several_subscriptions", plan: Some("team"), subscriptions, ..adopt("", String::new()) }
            }
            16 => {
                let price = own(OwnPrice::Agreed);
                let several =
                    [(price, Then::Nothing), (support, Then::Nothing), (support, Then::End), (price, Then::End)];
                Self {
                    outcome: "several_subscriptions",
                    plan: Some("pro"),
                    subscriptions: several.map(|(price, then)| (sent(price, ""), then)).into(),
                    unsold: Some(support.to_owned()),
                    ..adopt("", String::new())
                }
            }
            17 => Self { has_org: false, outcome: "no_external_id", ..adopt("pro", agreed("")) },
            // Both have the external id of the first.
            _ => Self { outcome: "conflict", ..adopt("pro", agreed("")) },
        }
    }
}

fn call(kind: PlantedKind, id: &str, fields: String) -> PlantedCall {
    PlantedCall { kind, id: id.to_owned(), fields }
}

fn id_of(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

/// Makes the calls, some at once.
async fn plant_all(stripe: &TestStripe, mut calls: Vec<PlantedCall>) -> Vec<Value> {
    let mut made = Vec::with_capacity(calls.len());
    while !calls.is_empty() {
        let rest = calls.split_off(calls.len().min(CALLS_AT_ONCE));
        made.extend(stripe.plant(calls).await);
        calls = rest;
    }
    made
}

/// The external id of the tenant of a customer: the last two shapes share one.
fn org_of(number: usize) -> String {
    let is_shared = number % SHAPES == SHAPES - 1;
    format!("org-{}", if is_shared { number - 1 } else { number })
}

/// Plants so many customers with their subscriptions, in the past. Afterwards the provider's time is the present.
pub(super) async fn plant(stripe: &TestStripe, customers: usize) -> Vec<PlantedCustomer> {
    stripe.set_clock(now_secs() - AGE_SECS);
    let offer = Offer::plant(stripe).await;
    let shapes: Vec<_> = (0..customers).map(|number| Shape::of(number, &offer)).collect();
    let calls = shapes.iter().enumerate().map(|(number, shape)| {
        let org = if shape.has_org { format!("&metadata[org]={}", org_of(number)) } else { String::new() };
        let fields = format!("name=Customer+{number}&email=customer{number}@moving.test{org}");
        call(PlantedKind::Customer, "", fields)
    });
    let ids: Vec<_> = plant_all(stripe, calls.collect()).await.iter().map(id_of).collect();

    let begun = shapes.iter().zip(&ids).flat_map(|(shape, customer)| {
        let fields = shape.subscriptions.iter().map(move |(fields, _)| format!("customer={customer}{fields}"));
        fields.map(|fields| call(PlantedKind::Subscription, "", fields))
    });
    let begun: Vec<_> = plant_all(stripe, begun.collect()).await.iter().map(id_of).collect();
    assert_eq!(begun.len() * SHAPES, customers * SUBSCRIPTIONS_OF_SHAPES);
    let then = shapes.iter().flat_map(|shape| shape.subscriptions.iter().map(|(_, then)| *then));
    let changes = then.zip(&begun).filter_map(|(then, id)| match then {
        Then::Nothing => None,
        Then::Pause => {
            let fields = "pause_collection[behavior]=void".to_owned();
            Some(call(PlantedKind::SubscriptionChange, id, fields))
        }
        Then::End => Some(call(PlantedKind::SubscriptionEnd, id, String::new())),
    });
    plant_all(stripe, changes.collect()).await;
    stripe.set_clock(now_secs());

    let mut begun = begun.into_iter();
    let planted = shapes.into_iter().zip(ids).enumerate().map(|(number, (shape, id))| {
        let Shape { has_org, outcome, plan, subscriptions, unsold } = shape;
        let own: Vec<_> = begun.by_ref().take(subscriptions.len()).collect();
        let deciding = own.into_iter().next().filter(|_| outcome != "no_subscription");
        PlantedCustomer { id, org: has_org.then(|| org_of(number)), outcome, plan, deciding, unsold }
    });
    planted.collect()
}
