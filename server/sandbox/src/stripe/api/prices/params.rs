//! The parameters of a price: its amount, tiers, interval and currencies.

use domain::{money::Currency, subscription::Provider};

use crate::{
    billing::interval::{Interval, Recurring},
    storage::{Transaction, ids},
    stripe::{
        error::StripeError,
        objects::{
            Metadata,
            price::{CurrencyOption, Price, Tier, Tiers, TiersMode, TransformQuantity},
            product::Product,
        },
        params::Params,
    },
};

const MAX_AMOUNT: i64 = 99_999_999;

/// A price from the fields that `/v1/prices`, `default_price_data` and `price_data` share.
pub(crate) fn from_params(tx: &Transaction<'_>, params: &Params, product: String) -> Result<Price, StripeError> {
    let currency = currency(&params.require("currency")?, &params.path_of("currency"))?;
    let tiers = tiers(params, currency)?;
    let unit_amount = if tiers.is_some() { 0 } else { unit_amount(params, currency)? };
    let (recurring, metered) = match params.group("recurring")? {
        Some(group) => (Some(recurring(&group)?), is_metered(&group)?),
        None => (None, false),
    };
    let transform_quantity = params.group("transform_quantity")?.map(|group| transform_quantity(&group)).transpose()?;
    if tiers.is_some() && transform_quantity.is_some() {
        return Err(StripeError::bad(
            &params.path_of("transform_quantity"),
            "`transform_quantity` cannot be combined with `tiers`.",
        ));
    }
    let mut metadata = Metadata::new();
    params.metadata(&mut metadata)?;
    Ok(Price {
        id: ids::new("price"),
        created: tx.now,
        active: true,
        currency,
        unit_amount,
        product,
        recurring,
        nickname: None,
        lookup_key: None,
        tax_behavior: tax_behavior(params)?.unwrap_or("unspecified").to_owned(),
        metadata,
        currency_options: currency_options(params, currency, tiers.as_ref().map(|tiers| tiers.mode))?,
        tiers,
        transform_quantity,
        metered,
    })
}

fn currency(code: &str, param: &str) -> Result<Currency, StripeError> {
    code.parse().map_err(|_| StripeError::bad(param, "Invalid currency: use a three-letter code, as usd."))
}

fn tax_behavior(params: &Params) -> Result<Option<&'static str>, StripeError> {
    params.choice(
        "tax_behavior",
        &[("inclusive", "inclusive"), ("exclusive", "exclusive"), ("unspecified", "unspecified")],
    )
}

fn unit_amount(params: &Params, currency: Currency) -> Result<i64, StripeError> {
    amount(params, "unit_amount", currency)?.ok_or_else(|| StripeError::missing(&params.path_of("unit_amount")))
}

/// An amount that can be charged in `currency`, from the parameter `name` or from `name` and `_decimal`.
fn amount(params: &Params, name: &str, currency: Currency) -> Result<Option<i64>, StripeError> {
    let decimal_name = format!("{name}_decimal");
    let amount = match (params.int(name)?, params.text(&decimal_name)?) {
        (Some(amount), _) => amount,
        (None, Some(decimal)) => decimal.parse().map_err(|_| {
            StripeError::bad(&params.path_of(&decimal_name), format!("The sandbox takes whole units of `{name}` only."))
        })?,
        (None, None) => return Ok(None),
    };
    if !(0..=MAX_AMOUNT).contains(&amount) {
        return Err(StripeError::bad_as(
            "parameter_invalid_integer",
            &params.path_of(name),
            format!("Invalid integer: must be between 0 and {MAX_AMOUNT}."),
        ));
    }
    // Stripe refuses to charge an amount that is not a multiple of the currency's step. The sandbox refuses such an
    // amount when the price is created, so that every price can be paid.
    let (code, step) = (currency.code(), currency.charge_step_at(Provider::Stripe));
    if amount % step != 0 {
        return Err(StripeError::bad_as(
            "invalid_charge_amount_no_decimal_compatible",
            &params.path_of(name),
            format!(
                "Invalid amount. Amounts in {code} must be evenly divisible by {step}. See https://stripe.com/docs/currencies#special-cases for more information."
            ),
        ));
    }
    Ok(Some(amount))
}

/// `tiers` and `tiers_mode`. `None` unless the billing scheme is `tiered`.
fn tiers(params: &Params, currency: Currency) -> Result<Option<Tiers>, StripeError> {
    let is_tiered = params.choice("billing_scheme", &[("per_unit", false), ("tiered", true)])?.unwrap_or(false);
    let mode = params.choice("tiers_mode", &TiersMode::CHOICES)?;
    let groups = params.groups("tiers")?;
    match (is_tiered, mode, groups) {
        (false, None, None) => Ok(None),
        (false, _, _) => Err(StripeError::bad(
            &params.path_of("tiers"),
            "`tiers` and `tiers_mode` are only allowed with `billing_scheme=tiered`.",
        )),
        (true, None, _) => Err(StripeError::missing(&params.path_of("tiers_mode"))),
        (true, _, None) => Err(StripeError::missing(&params.path_of("tiers"))),
        (true, Some(mode), Some(groups)) => {
            Ok(Some(Tiers { mode, tiers: read_tiers(&groups, currency, &params.path_of("tiers"))? }))
        }
    }
}

fn read_tiers(groups: &[Params], currency: Currency, param: &str) -> Result<Vec<Tier>, StripeError> {
    let mut tiers: Vec<Tier> = Vec::new();
    for group in groups {
        let up_to = match group.require("up_to")?.as_str() {
            "inf" => None,
            _ => group.int("up_to")?.and_then(|up_to| u64::try_from(up_to).ok()),
        };
        let tier = Tier {
            up_to,
            unit_amount: amount(group, "unit_amount", currency)?,
            flat_amount: amount(group, "flat_amount", currency)?,
        };
        if tier.unit_amount.is_none() && tier.flat_amount.is_none() {
            return Err(StripeError::missing(&group.path_of("unit_amount")));
        }
        tiers.push(tier);
    }
    let ends_grow = tiers
        .iter()
        .zip(tiers.iter().skip(1))
        .all(|(one, next)| one.up_to.is_some_and(|end| next.up_to.is_none_or(|later| later > end)));
    let last_is_open = tiers.last().is_some_and(|last| last.up_to.is_none());
    if ends_grow && last_is_open {
        Ok(tiers)
    } else {
        Err(StripeError::bad(
            param,
            "The `up_to` values of `tiers` must grow, and the last tier must have `up_to` set to `inf`.",
        ))
    }
}

fn transform_quantity(params: &Params) -> Result<TransformQuantity, StripeError> {
    let divide_by = params.int("divide_by")?.and_then(|by| u64::try_from(by).ok()).filter(|by| *by > 0);
    let round_up = params.choice("round", &[("up", true), ("down", false)])?;
    Ok(TransformQuantity {
        divide_by: divide_by.ok_or_else(|| StripeError::missing(&params.path_of("divide_by")))?,
        round_up: round_up.ok_or_else(|| StripeError::missing(&params.path_of("round")))?,
    })
}

/// `currency_options`: the price in other currencies than its own.
pub(super) fn currency_options(
    params: &Params,
    own: Currency,
    mode: Option<TiersMode>,
) -> Result<Vec<CurrencyOption>, StripeError> {
    let Some(group) = params.group("currency_options")? else { return Ok(Vec::new()) };
    let mut options = Vec::new();
    for code in group.names() {
        let currency = currency(&code, &group.path_of(&code))?;
        let option = group.group(&code)?.unwrap_or_default();
        let tiers = match (mode, option.groups("tiers")?) {
            (Some(mode), Some(groups)) => {
                Some(Tiers { mode, tiers: read_tiers(&groups, currency, &option.path_of("tiers"))? })
            }
            (Some(_), None) => return Err(StripeError::missing(&option.path_of("tiers"))),
            (None, Some(_)) => {
                return Err(StripeError::bad(
                    &option.path_of("tiers"),
                    "`tiers` is only allowed with `billing_scheme=tiered`.",
                ));
            }
            (None, None) => None,
        };
        let unit_amount = if tiers.is_some() { 0 } else { unit_amount(&option, currency)? };
        let tax_behavior = tax_behavior(&option)?.unwrap_or("unspecified").to_owned();
        // An option in the price's own currency only repeats it.
        if currency != own {
            options.push(CurrencyOption { currency, unit_amount, tiers, tax_behavior });
        }
    }
    Ok(options)
}

fn is_metered(params: &Params) -> Result<bool, StripeError> {
    params.accept(&["meter"]);
    Ok(params.choice("usage_type", &[("licensed", false), ("metered", true)])?.unwrap_or(false))
}

fn recurring(params: &Params) -> Result<Recurring, StripeError> {
    let interval = params.choice("interval", &Interval::CHOICES)?;
    let interval = interval.ok_or_else(|| StripeError::missing(&params.path_of("interval")))?;
    let count = params.int("interval_count")?.unwrap_or(1);
    // The longest interval that Stripe allows: "up to three years".
    let longest = match interval {
        Interval::Day => 1095,
        Interval::Week => 156,
        Interval::Month => 36,
        Interval::Year => 3,
    };
    params.accept(&["trial_period_days"]);
    match u32::try_from(count).ok().filter(|_| (1..=longest).contains(&count)) {
        Some(count) => Ok(Recurring { interval, count }),
        None => Err(StripeError::bad(
            &params.path_of("interval_count"),
            format!("Invalid interval_count: must be between 1 and {longest}."),
        )),
    }
}

/// A product from a price's `product_data`.
pub(crate) fn inline_product(tx: &Transaction<'_>, data: &Params) -> Result<Product, StripeError> {
    let mut metadata = Metadata::new();
    data.metadata(&mut metadata)?;
    let mut description = None;
    data.patch("description", &mut description)?;
    data.accept(&["images", "statement_descriptor", "tax_code", "unit_label"]);
    Ok(Product {
        id: data.text("id")?.unwrap_or_else(|| ids::new("prod")),
        created: tx.now,
        updated: tx.now,
        active: data.flag("active")?.unwrap_or(true),
        name: data.require("name")?,
        description,
        default_price: None,
        images: Vec::new(),
        metadata,
        statement_descriptor: None,
        tax_code: None,
        unit_label: None,
        url: None,
    })
}
