//! A subscription's start, renewals, retries and end.

use crate::{
    billing::period::{self, Period},
    polar::objects::{
        Metadata, Resource,
        checkout::{Checkout, CheckoutStatus},
        customer::{Card, Customer},
        discount::{Discount, Duration},
        event::emit,
        order::{AppliedDiscount, BillingReason, Order, OrderItem, OrderStatus},
        product::Product,
        subscription::{Status, Subscription},
    },
    storage::{Transaction, ids},
};

/// Days from a refused renewal to each retry of its charge. If the last retry is refused, the subscription is unpaid.
const RETRY_DAYS: [i64; 4] = [2, 7, 14, 21];
pub(crate) const DECLINED: &str = "Your card was declined.";

/// Creates what was paid for: a subscription with its first order, or the order of a one-time purchase.
pub(crate) fn begin(tx: &mut Transaction<'_>, mut checkout: Checkout, card: Card, product: &Product) {
    let mut customer = find_or_create_customer(tx, &checkout);
    customer.card = Some(card);
    checkout.customer = Some(customer.id.clone());
    let body = customer.json(tx);
    tx.put(customer.clone());
    emit(tx, &checkout.account, "customer.updated", body);
    let Some(every) = product.every else { return complete_purchase(tx, checkout, customer.id, product) };
    let now = tx.now;
    let trial = checkout.trial_end(now).map(|end| Period { start: now, end });
    let mut subscription = Subscription {
        id: ids::uuid(),
        account: checkout.account.clone(),
        created: now,
        modified: None,
        customer: customer.id.clone(),
        product: product.id.clone(),
        price: checkout.price.clone(),
        amount: checkout.amount,
        currency: checkout.currency,
        every,
        status: if trial.is_some() { Status::Trialing } else { Status::Active },
        anchor: trial.map_or(now, |trial| trial.end),
        period: trial.unwrap_or(Period { start: now, end: period::end_after(now, now, every) }),
        cancel_at_period_end: false,
        canceled_at: None,
        started_at: now,
        ends_at: None,
        ended_at: None,
        past_due_at: None,
        checkout: Some(checkout.id.clone()),
        cancellation_reason: None,
        cancellation_comment: None,
        metadata: checkout.metadata.clone(),
        carried: 0,
        pending: None,
        trial,
        seats: checkout.seats,
        discount: checkout.discount(tx).map(|discount| discount.redeemed(trial.map_or(now, |trial| trial.end))),
    };
    count_redemption(tx, &checkout);
    let label = if trial.is_some() { format!("Trial period for {}", product.name) } else { product.name.clone() };
    let amount = if trial.is_some() { 0 } else { checkout.amount };
    let item = OrderItem::new(tx, label, amount, false, Some(checkout.price.clone()));
    let order = order(tx, &subscription, BillingReason::SubscriptionCreate, vec![item]);
    remove_spent(tx, &mut subscription, &order);
    checkout.status = CheckoutStatus::Succeeded;
    checkout.authenticating = None;
    checkout.save(tx, "checkout.updated");
    subscription.save(tx, &["subscription.created", "subscription.active", "subscription.updated"]);
    order.save(tx, &["order.created", "order.updated", "order.paid"]);
}

fn complete_purchase(tx: &mut Transaction<'_>, mut checkout: Checkout, customer: String, product: &Product) {
    let item = OrderItem::new(tx, product.name.clone(), checkout.amount, false, Some(checkout.price.clone()));
    let order = Order {
        id: ids::uuid(),
        account: checkout.account.clone(),
        created: tx.now,
        modified: None,
        status: OrderStatus::Paid,
        reason: BillingReason::Purchase,
        currency: checkout.currency,
        items: vec![item],
        customer,
        product: product.id.clone(),
        subscription: None,
        checkout: Some(checkout.id.clone()),
        number: next_number(tx),
        next_attempt: None,
        refunded: 0,
        metadata: checkout.metadata.clone(),
        discount: checkout
            .discount(tx)
            .map(|discount| AppliedDiscount { id: discount.id.clone(), amount: checkout.taken_off(tx) }),
        seats: checkout.seats,
    };
    count_redemption(tx, &checkout);
    checkout.status = CheckoutStatus::Succeeded;
    checkout.authenticating = None;
    checkout.save(tx, "checkout.updated");
    order.save(tx, &["order.created", "order.updated", "order.paid"]);
}

/// Increments the number of redemptions of the checkout's discount.
fn count_redemption(tx: &mut Transaction<'_>, checkout: &Checkout) {
    if let Some(discount) = checkout.discount(tx) {
        let mut discount = Discount::clone(&discount);
        discount.redemptions += 1;
        tx.put(discount);
    }
}

fn next_number(tx: &Transaction<'_>) -> String {
    format!("SANDBOX-{:04}", tx.count::<Order>() + 1)
}

/// Returns the checkout's customer, else the customer with the checkout's e-mail address, else a new customer.
fn find_or_create_customer(tx: &mut Transaction<'_>, checkout: &Checkout) -> Customer {
    let known = checkout.customer.as_deref().and_then(|id| tx.get::<Customer>(id));
    if let Some(known) = known.filter(|customer| !customer.is_deleted()) {
        return Customer::clone(&known);
    }
    let email = checkout.customer_email.clone().unwrap_or_default();
    let same = |customer: &Customer| {
        customer.account.key == checkout.account.key && !customer.is_deleted() && customer.email == email
    };
    if let Some(known) = tx.all::<Customer>().find(|customer| same(customer)) {
        return Customer::clone(known);
    }
    let mut customer = Customer::new(tx, &checkout.account, email);
    customer.name.clone_from(&checkout.customer_name);
    customer.external_id.clone_from(&checkout.external_customer);
    customer.metadata.clone_from(&checkout.customer_metadata);
    let body = customer.json(tx);
    emit(tx, &checkout.account, "customer.created", body);
    customer
}

/// The subscription's discount on what `items` charge for whole periods. Prorations are computed from discounted amounts
/// already. `None` if it takes nothing off.
fn applied_discount(tx: &Transaction<'_>, subscription: &Subscription, items: &[OrderItem]) -> Option<AppliedDiscount> {
    let whole: i64 = items.iter().filter(|item| !item.proration).map(|item| item.amount).sum();
    let discount = subscription.discount_at(tx, subscription.period.start)?;
    let amount = discount.taken_off(whole, subscription.currency);
    (amount > 0).then(|| AppliedDiscount { id: discount.id.clone(), amount })
}

/// Removes a one-time discount that the order used, and a discount that has ended.
fn remove_spent(tx: &Transaction<'_>, subscription: &mut Subscription, order: &Order) {
    let Some(redeemed) = &subscription.discount else { return };
    let is_once = tx.get::<Discount>(&redeemed.id).is_some_and(|discount| discount.duration == Duration::Once);
    let has_ended = redeemed.until.is_some_and(|until| until <= subscription.period.start);
    if has_ended || (is_once && order.discount.is_some()) {
        subscription.discount = None;
    }
}

/// Builds an order of the subscription with the status `Paid`. The caller stores it.
pub(crate) fn order(
    tx: &Transaction<'_>,
    subscription: &Subscription,
    reason: BillingReason,
    items: Vec<OrderItem>,
) -> Order {
    Order {
        id: ids::uuid(),
        account: subscription.account.clone(),
        created: tx.now,
        modified: None,
        status: OrderStatus::Paid,
        reason,
        currency: subscription.currency,
        discount: applied_discount(tx, subscription, &items),
        seats: subscription.seats,
        items,
        customer: subscription.customer.clone(),
        product: subscription.product.clone(),
        subscription: Some(subscription.id.clone()),
        checkout: subscription.checkout.clone().filter(|_| reason == BillingReason::SubscriptionCreate),
        number: next_number(tx),
        next_attempt: None,
        refunded: 0,
        metadata: Metadata::new(),
    }
}

/// Starts and charges the next period. A refused charge leaves the subscription past due.
pub(crate) fn renew(tx: &mut Transaction<'_>, mut subscription: Subscription) {
    if let Some(pending) = subscription.pending.take() {
        if let Some(product) = pending.product.as_deref().and_then(|id| tx.get::<Product>(id)) {
            subscription.set_product(&product);
        }
        if let (Some(seats), Some(price)) = (pending.seats, subscription.own_price(tx)) {
            subscription.set_price(&price, Some(seats));
        }
    }
    let start = subscription.period.end;
    subscription.period = Period { start, end: period::end_after(subscription.anchor, start, subscription.every) };
    let name = tx.get::<Product>(&subscription.product).map(|product| product.name.clone()).unwrap_or_default();
    let mut items = vec![OrderItem::new(tx, name, subscription.amount, false, Some(subscription.price.clone()))];
    let carried = std::mem::take(&mut subscription.carried);
    if carried != 0 {
        items.push(OrderItem::new(tx, "Changes of the former period".to_owned(), carried, true, None));
    }
    let mut order = order(tx, &subscription, BillingReason::SubscriptionCycle, items);
    if carried != 0 {
        // Unused credit is carried to the next period.
        let off = order.discount.as_ref().map_or(0, |discount| discount.amount);
        subscription.carried = (subscription.amount - off + carried).min(0);
    }
    remove_spent(tx, &mut subscription, &order);
    let refused = order.total() > 0 && is_refused(tx, &subscription);
    let was_in_trial = subscription.status == Status::Trialing;
    if was_in_trial {
        subscription.status = Status::Active;
    }
    if refused {
        order.status = OrderStatus::Pending;
        order.next_attempt = RETRY_DAYS.first().map(|days| tx.now.plus_secs(days * 86_400));
        if subscription.status == Status::Active {
            subscription.status = Status::PastDue;
            subscription.past_due_at = Some(tx.now);
        }
        subscription.save(tx, &["subscription.updated", "subscription.past_due"]);
        order.save(tx, &["order.created"]);
    } else {
        let kinds: &[&str] =
            if was_in_trial { &["subscription.updated", "subscription.active"] } else { &["subscription.updated"] };
        subscription.save(tx, kinds);
        order.save(tx, &["order.created", "order.updated", "order.paid"]);
    }
}

pub(crate) fn is_refused(tx: &Transaction<'_>, subscription: &Subscription) -> bool {
    tx.get::<Customer>(&subscription.customer).is_none_or(|customer| customer.is_refused())
}

/// Retries the charge of a pending order. If the last retry is refused, the subscription is unpaid.
pub(crate) fn retry(tx: &mut Transaction<'_>, mut order: Order) {
    let Some(subscription) = order.subscription.as_deref().and_then(|id| tx.get::<Subscription>(id)) else { return };
    let mut subscription = Subscription::clone(&subscription);
    if is_refused(tx, &subscription) {
        let retries = RETRY_DAYS.map(|days| order.created.plus_secs(days * 86_400));
        order.next_attempt = retries.into_iter().find(|at| *at > tx.now);
        let is_last = order.next_attempt.is_none();
        order.save(tx, &["order.updated"]);
        if is_last && subscription.status == Status::PastDue {
            subscription.status = Status::Unpaid;
            subscription.save(tx, &["subscription.updated", "subscription.revoked"]);
        }
        return;
    }
    order.status = OrderStatus::Paid;
    order.next_attempt = None;
    order.save(tx, &["order.updated", "order.paid"]);
    let owes = tx
        .owned::<Order>(&subscription.customer)
        .any(|order| order.subscription.as_ref() == Some(&subscription.id) && order.status == OrderStatus::Pending);
    if !owes && matches!(subscription.status, Status::PastDue | Status::Unpaid) {
        subscription.status = Status::Active;
        subscription.past_due_at = None;
        subscription.save(tx, &["subscription.updated", "subscription.active"]);
    }
}

/// Schedules cancellation at the period's end, or withdraws it if `cancel` is false.
pub(crate) fn cancel_at_period_end(tx: &mut Transaction<'_>, mut subscription: Subscription, cancel: bool) {
    subscription.cancel_at_period_end = cancel;
    subscription.canceled_at = cancel.then_some(tx.now);
    subscription.ends_at = cancel.then_some(subscription.period.end);
    let kind = if cancel { "subscription.canceled" } else { "subscription.uncanceled" };
    if !cancel {
        subscription.cancellation_reason = None;
        subscription.cancellation_comment = None;
    }
    subscription.save(tx, &["subscription.updated", kind]);
}

/// Withdraws the pending update. No-op if there is none.
pub(crate) fn clear_pending(tx: &mut Transaction<'_>, mut subscription: Subscription) {
    if subscription.pending.take().is_some() {
        subscription.save(tx, &["subscription.updated"]);
    }
}

/// Ends a subscription now and voids its pending orders.
pub(crate) fn end(tx: &mut Transaction<'_>, mut subscription: Subscription) {
    let open: Vec<Order> = tx
        .owned::<Order>(&subscription.customer)
        .filter(|order| order.subscription.as_ref() == Some(&subscription.id) && order.status == OrderStatus::Pending)
        .map(|order| Order::clone(order))
        .collect();
    for mut order in open {
        order.status = OrderStatus::Void;
        order.next_attempt = None;
        order.save(tx, &["order.updated"]);
    }
    let was_canceled = subscription.canceled_at.is_some();
    subscription.status = Status::Canceled;
    subscription.canceled_at = subscription.canceled_at.or(Some(tx.now));
    subscription.ends_at = subscription.ends_at.or(Some(tx.now));
    subscription.ended_at = Some(tx.now);
    subscription.pending = None;
    if was_canceled {
        subscription.save(tx, &["subscription.updated", "subscription.revoked"]);
    } else {
        subscription.save(tx, &["subscription.updated", "subscription.canceled", "subscription.revoked"]);
    }
}
