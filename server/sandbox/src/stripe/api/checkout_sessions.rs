//! `/v1/checkout/sessions`

use domain::time::Timestamp;

use super::{
    customers,
    discounts::{self, Redeemable, Target},
    prices, subscriptions, web_url,
};
use crate::{
    storage::{Transaction, ids},
    stripe::{
        billing::{due, items},
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Metadata, Resource,
            checkout_session::{
                Adjustable, CheckoutSession, CustomerUpdate, Mode, SessionCoupon, SessionLine, SessionStatus,
                SubscriptionData,
            },
            coupon::CouponDuration,
            customer::Customer,
            find,
            price::Price,
            product::Product,
            referenced,
        },
        params::Params,
    },
};

const LIFE_SECS: i64 = 24 * 3600;
const SHORTEST_LIFE_SECS: i64 = 30 * 60;
const MAX_LINES: usize = 20;
const MAX_TRIAL_DAYS: i64 = 730;
const MAX_ADJUSTABLE: u64 = 999_999;

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let mode = params
        .choice("mode", &[("payment", Mode::Payment), ("subscription", Mode::Subscription)])?
        .ok_or_else(|| StripeError::missing("mode"))?;
    params.choice("ui_mode", &[("hosted", ()), ("hosted_page", ())])?;
    let customer = params.text("customer")?.map(|id| customers::referenced_customer(tx, &id)).transpose()?;
    let customer_email = params.text("customer_email")?;
    if customer.is_some() && customer_email.is_some() {
        return Err(StripeError::bad(
            "customer_email",
            "You may only specify one of these parameters: customer, customer_email.",
        ));
    }
    let lines = lines(tx, params, mode)?;
    let currency = currency(tx, params, &lines)?;
    let automatic_tax = subscriptions::automatic_tax(params)?.unwrap_or(false);
    let tax_id_collection = tax_id_collection(params)?;
    let customer_update = customer_update(params, customer.as_ref(), automatic_tax, tax_id_collection)?;
    let target = Target {
        customer: customer.as_ref().map(|customer| customer.id.as_str()),
        subscription: None,
        currency: Some(&currency),
    };
    let coupon = coupon(tx, params, target)?;
    let mut metadata = Metadata::new();
    params.metadata(&mut metadata)?;
    let session = CheckoutSession {
        id: ids::new("cs_test"),
        created: tx.now,
        expires_at: expiry(tx, params)?,
        status: SessionStatus::Open,
        mode,
        currency,
        lines,
        customer: customer.map(|customer| customer.id),
        customer_email,
        customer_creation: customer_creation(params, mode)?,
        details: None,
        client_reference_id: params.text("client_reference_id")?,
        success_url: web_url("success_url", params.require("success_url")?)?,
        cancel_url: params.text("cancel_url")?.map(|url| web_url("cancel_url", url)).transpose()?,
        allow_promotion_codes: params.flag("allow_promotion_codes")?,
        billing_address_collection: params
            .choice("billing_address_collection", &[("auto", "auto"), ("required", "required")])?
            .map(str::to_owned),
        locale: params.text("locale")?,
        payment_method_collection: params
            .choice("payment_method_collection", &[("always", "always"), ("if_required", "if_required")])?
            .map(str::to_owned),
        metadata,
        subscription_data: subscription_data(tx, params, mode)?,
        coupon,
        subscription: None,
        invoice: None,
        payment_intent: None,
        authenticating: None,
        automatic_tax,
        tax_id_collection,
        customer_update,
    };
    params.accept(&[
        "adaptive_pricing",
        "after_expiration",
        "allowed_payment_method_types",
        "consent_collection",
        "custom_fields",
        "custom_text",
        "invoice_creation",
        "payment_intent_data",
        "payment_method_options",
        "payment_method_types",
        "phone_number_collection",
        "saved_payment_method_options",
        "submit_type",
    ]);
    params.finish()?;
    let object = session.json(tx);
    tx.put(session);
    Ok(object.into())
}

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let params = &call.params;
    let customer = params.text("customer")?;
    let subscription = params.text("subscription")?;
    let intent = params.text("payment_intent")?;
    let status = params.choice("status", &SessionStatus::CHOICES)?;
    let keep = |session: &CheckoutSession| {
        (customer.is_none() || session.customer == customer)
            && (subscription.is_none() || session.subscription == subscription)
            && (intent.is_none() || session.payment_intent == intent)
            && status.is_none_or(|status| session.status == status)
    };
    Ok(lists::page(tx, call, "/v1/checkout/sessions", keep)?.into())
}

pub(crate) fn expire(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let session = find::<CheckoutSession>(tx, &call.id)?;
    if session.status != SessionStatus::Open {
        return Err(StripeError::refused(format!(
            "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of {}.",
            session.status.as_str()
        )));
    }
    due::expire_session(tx, session);
    Ok(find::<CheckoutSession>(tx, &call.id)?.json(tx).into())
}

pub(crate) fn line_items(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.accept(&["limit", "starting_after", "ending_before"]);
    call.params.finish()?;
    Ok(find::<CheckoutSession>(tx, &call.id)?.line_items_json(tx).into())
}

fn expiry(tx: &Transaction<'_>, params: &Params) -> Result<Timestamp, StripeError> {
    let Some(at) = params.int("expires_at")? else { return Ok(tx.now.plus_secs(LIFE_SECS)) };
    // Billing time may differ from the client's clock by seconds, so both bounds have a tolerance of one minute.
    let life = at.saturating_sub(tx.now.as_secs());
    if (SHORTEST_LIFE_SECS - 60..=LIFE_SECS + 60).contains(&life) {
        Ok(Timestamp::from_secs(at))
    } else {
        Err(StripeError::bad(
            "expires_at",
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.",
        ))
    }
}

/// The session's discount. Stripe allows one.
fn coupon(tx: &Transaction<'_>, params: &Params, target: Target<'_>) -> Result<Option<SessionCoupon>, StripeError> {
    let groups = params.groups("discounts")?.unwrap_or_default();
    let Some(first) = groups.first() else { return Ok(None) };
    if params.text("allow_promotion_codes")?.is_some() {
        return Err(StripeError::bad(
            "discounts",
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
        ));
    }
    if groups.len() > 1 {
        return Err(StripeError::bad("discounts", "You may only specify up to 1 discount."));
    }
    let asked = discounts::redeemable(tx, first, target)?;
    let asked = asked.ok_or_else(|| StripeError::missing(&first.path_of("coupon")))?;
    Ok(Some(session_coupon(asked, target.currency)))
}

/// The coupon as a session in `currency` has it.
pub(crate) fn session_coupon(asked: Redeemable, currency: Option<&str>) -> SessionCoupon {
    let Redeemable { coupon, promotion_code } = asked;
    let lasts = coupon.duration != CouponDuration::Once;
    SessionCoupon { off: coupon.off_in(currency), id: coupon.id, lasts, promotion_code, products: coupon.products }
}

/// The session's currency: the parameter's, else the first price's own. Fails if a price is not sold in it.
fn currency(tx: &Transaction<'_>, params: &Params, lines: &[SessionLine]) -> Result<String, StripeError> {
    let prices: Vec<_> = lines.iter().filter_map(|line| tx.get::<Price>(&line.price)).collect();
    let asked = params.text("currency")?.map(|code| code.to_ascii_lowercase());
    let is_asked = asked.is_some();
    let own = || prices.first().map(|price| price.currency_code());
    let currency = asked.or_else(own).unwrap_or_else(|| "usd".to_owned());
    for price in &prices {
        if is_asked {
            items::require_sold_in(price, &currency)?;
        } else if price.currency_code() != currency {
            return Err(StripeError::bad("line_items", "All line items must have the same currency."));
        }
    }
    Ok(currency)
}

fn tax_id_collection(params: &Params) -> Result<bool, StripeError> {
    let Some(group) = params.group("tax_id_collection")? else { return Ok(false) };
    group.accept(&["required"]);
    group.flag("enabled")?.ok_or_else(|| StripeError::missing(&group.path_of("enabled")))
}

/// `customer_update`. Fails if an existing customer lacks what tax needs, and the page may not store it.
fn customer_update(
    params: &Params,
    customer: Option<&Customer>,
    automatic_tax: bool,
    tax_id_collection: bool,
) -> Result<CustomerUpdate, StripeError> {
    let choices = [("auto", true), ("never", false)];
    let update = match params.group("customer_update")? {
        None => CustomerUpdate::default(),
        Some(_) if customer.is_none() => {
            return Err(StripeError::bad("customer_update", "`customer_update` can only be used with `customer`."));
        }
        Some(group) => {
            group.accept(&["shipping"]);
            CustomerUpdate {
                name: group.choice("name", &choices)?.unwrap_or(false),
                address: group.choice("address", &choices)?.unwrap_or(false),
            }
        }
    };
    let Some(customer) = customer else { return Ok(update) };
    let has_country = customer.address.as_ref().is_some_and(|address| address.country.is_some());
    if automatic_tax && !has_country && !update.address {
        return Err(StripeError::bad_as(
            "customer_tax_location_invalid",
            "automatic_tax[enabled]",
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto' to save the address entered in Checkout to the Customer.",
        ));
    }
    if tax_id_collection && !update.name {
        return Err(StripeError::bad(
            "tax_id_collection[enabled]",
            "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an existing customer, please set `customer_update[name]` to `auto`.",
        ));
    }
    Ok(update)
}

fn customer_creation(params: &Params, mode: Mode) -> Result<Option<String>, StripeError> {
    let choice = params.choice("customer_creation", &[("always", "always"), ("if_required", "if_required")])?;
    if choice.is_some() && mode != Mode::Payment {
        return Err(StripeError::bad("customer_creation", "`customer_creation` can only be used in `payment` mode."));
    }
    Ok(choice.map(str::to_owned))
}

fn lines(tx: &mut Transaction<'_>, params: &Params, mode: Mode) -> Result<Vec<SessionLine>, StripeError> {
    let groups = params.groups("line_items")?.filter(|lines| !lines.is_empty());
    let groups = groups.ok_or_else(|| StripeError::missing("line_items"))?;
    if groups.len() > MAX_LINES {
        return Err(StripeError::bad("line_items", format!("You may only specify up to {MAX_LINES} line items.")));
    }
    let mut lines = Vec::new();
    for group in &groups {
        let price = line_price(tx, group)?;
        if mode == Mode::Payment && price.recurring.is_some() {
            return Err(StripeError::bad(
                "line_items",
                "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices.",
            ));
        }
        // Only a metered price has no quantity.
        let quantity = group.int("quantity")?.or(price.metered.then_some(1));
        let quantity = quantity.ok_or_else(|| StripeError::missing(&group.path_of("quantity")))?;
        let quantity = u64::try_from(quantity).ok().filter(|quantity| (1..=1_000_000).contains(quantity));
        let quantity = quantity.ok_or_else(|| {
            StripeError::bad(&group.path_of("quantity"), "Invalid quantity: must be between 1 and 1000000.")
        })?;
        let adjustable = group.group("adjustable_quantity")?.map(|group| adjustable(&group)).transpose()?.flatten();
        group.accept(&["dynamic_tax_rates", "tax_rates"]);
        lines.push(SessionLine { id: ids::new("li"), price: price.id.clone(), quantity, adjustable });
    }
    let recurs = |line: &SessionLine| tx.get::<Price>(&line.price).is_some_and(|price| price.recurring.is_some());
    if mode == Mode::Subscription && !lines.iter().any(recurs) {
        return Err(StripeError::bad(
            "line_items",
            "You must provide at least one recurring price in `subscription` mode.",
        ));
    }
    if mode == Mode::Subscription && !lines.iter().all(recurs) {
        return Err(StripeError::bad("line_items", "The sandbox takes only recurring prices in `subscription` mode."));
    }
    Ok(lines)
}

/// `adjustable_quantity`. `None` if it is not enabled.
fn adjustable(params: &Params) -> Result<Option<Adjustable>, StripeError> {
    let enabled = params.flag("enabled")?.ok_or_else(|| StripeError::missing(&params.path_of("enabled")))?;
    let bound = |name: &str, fallback: u64| -> Result<u64, StripeError> {
        let Some(given) = params.int(name)? else { return Ok(fallback) };
        let given = u64::try_from(given).ok().filter(|given| *given <= MAX_ADJUSTABLE);
        given.ok_or_else(|| StripeError::bad(&params.path_of(name), format!("Must be at most {MAX_ADJUSTABLE}.")))
    };
    let (minimum, maximum) = (bound("minimum", 0)?, bound("maximum", 99)?);
    Ok(enabled.then_some(Adjustable { minimum: minimum.max(1), maximum }))
}

fn line_price(tx: &mut Transaction<'_>, line: &Params) -> Result<Price, StripeError> {
    if let Some(id) = line.text("price")? {
        let price = referenced::<Price>(tx, &id, &line.path_of("price"))?;
        if !price.active {
            return Err(StripeError::bad(
                &line.path_of("price"),
                format!("The price specified is inactive. This field only accepts active prices: {id}"),
            ));
        }
        return Ok(Price::clone(&price));
    }
    let data = line.group("price_data")?.ok_or_else(|| StripeError::missing(&line.path_of("price")))?;
    let product = match (data.text("product")?, data.group("product_data")?) {
        (Some(id), _) => referenced::<Product>(tx, &id, &data.path_of("product"))?.id.clone(),
        (None, Some(described)) => {
            let product = prices::inline_product(tx, &described)?;
            let id = product.id.clone();
            tx.put(product);
            id
        }
        (None, None) => return Err(StripeError::missing(&data.path_of("product"))),
    };
    let mut price = prices::from_params(tx, &data, product)?;
    price.active = false;
    tx.put(price.clone());
    Ok(price)
}

fn subscription_data(tx: &Transaction<'_>, params: &Params, mode: Mode) -> Result<SubscriptionData, StripeError> {
    let mut data = SubscriptionData::default();
    let Some(group) = params.group("subscription_data")? else { return Ok(data) };
    if mode != Mode::Subscription {
        return Err(StripeError::bad("subscription_data", "You can not pass `subscription_data` in `payment` mode."));
    }
    group.patch("description", &mut data.description)?;
    group.metadata(&mut data.metadata)?;
    if let Some(days) = group.int("trial_period_days")? {
        data.trial_days = u32::try_from(days).ok().filter(|_| (1..=MAX_TRIAL_DAYS).contains(&days));
        if data.trial_days.is_none() {
            return Err(StripeError::bad(
                "subscription_data[trial_period_days]",
                format!("Invalid trial_period_days: must be between 1 and {MAX_TRIAL_DAYS}."),
            ));
        }
    }
    if let Some(end) = group.int("trial_end")? {
        if end < tx.now.as_secs() + 48 * 3600 {
            return Err(StripeError::bad(
                "subscription_data[trial_end]",
                "The `trial_end` date has to be at least 2 days in the future.",
            ));
        }
        data.trial_end = Some(Timestamp::from_secs(end.min(tx.now.as_secs() + MAX_TRIAL_DAYS * 86_400)));
    }
    data.without_card = subscriptions::without_card(&group)?;
    group.accept(&["billing_mode", "default_tax_rates", "invoice_settings", "proration_behavior"]);
    Ok(data)
}
