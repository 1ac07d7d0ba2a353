//! What the payer enters besides the card: quantities, a promotion code, an address and a tax id.

use crate::{
    page::input::Input,
    storage::Transaction,
    stripe::{
        api::{
            checkout_sessions::session_coupon,
            discounts::{self, Target},
        },
        objects::{
            Resource,
            checkout_session::{CheckoutSession, Details},
            customer::{Address, Customer, TaxId},
            event::emit_change,
        },
    },
};

/// The kinds of tax ids on the page.
pub(super) const TAX_ID_KINDS: [&str; 5] = ["eu_vat", "gb_vat", "ch_vat", "us_ein", "in_gst"];
/// Maximum number of tax ids of a customer.
const MAX_TAX_IDS: usize = 5;

/// Whether the page asks for an address: if the session requires it, or if tax needs one that is not known.
pub(super) fn asks_address(tx: &Transaction<'_>, session: &CheckoutSession) -> bool {
    let known = session.customer.as_deref().and_then(|id| tx.get::<Customer>(id));
    let has_country =
        known.and_then(|customer| customer.address.clone()).is_some_and(|address| address.country.is_some());
    session.billing_address_collection.as_deref() == Some("required") || (session.automatic_tax && !has_country)
}

/// Applies the quantities and the promotion code. An empty code removes the current one. Fails with a message for the
/// payer, and then changes nothing that is stored.
pub(super) fn choose(tx: &Transaction<'_>, session: &mut CheckoutSession, input: &Input) -> Result<(), String> {
    for line in &mut session.lines {
        let Some(bounds) = line.adjustable else { continue };
        let Some(typed) = input.text(&format!("quantity-{}", line.id)) else { continue };
        let quantity =
            typed.trim().parse::<u64>().ok().filter(|typed| (bounds.minimum..=bounds.maximum).contains(typed));
        line.quantity =
            quantity.ok_or_else(|| format!("The quantity must be from {} to {}.", bounds.minimum, bounds.maximum))?;
    }
    let Some(code) = input.text("promotion_code").filter(|_| session.allow_promotion_codes == Some(true)) else {
        return Ok(());
    };
    session.coupon = None;
    if code.trim().is_empty() {
        return Ok(());
    }
    let target =
        Target { customer: session.customer.as_deref(), subscription: None, currency: Some(&session.currency) };
    let amount = session.sums(tx).subtotal;
    let entered = discounts::entered(tx, code.trim(), target, amount).map_err(|refused| refused.message)?;
    session.coupon = Some(session_coupon(entered, Some(&session.currency)));
    Ok(())
}

/// The address and the tax id from the form, where the session asks for them. A form without the fields has the values
/// that the page fills in.
pub(super) fn read_details(tx: &Transaction<'_>, session: &CheckoutSession, input: &Input, details: &mut Details) {
    let text = |name: &str, fallback: &str| {
        let typed = input.text(name).map_or(fallback, str::trim);
        Some(typed.chars().take(200).collect::<String>()).filter(|typed| !typed.is_empty())
    };
    if asks_address(tx, session) {
        details.address = Some(Address {
            city: text("city", "Berlin"),
            country: text("country", "DE").map(|country| country.to_ascii_uppercase()),
            line1: text("line1", "1 Test Street"),
            line2: None,
            postal_code: text("postal_code", "10115"),
            state: None,
        });
    }
    if session.tax_id_collection {
        let kind = input.text("tax_id_type").filter(|kind| TAX_ID_KINDS.contains(kind)).unwrap_or("eu_vat");
        details.tax_id = text("tax_id", "").map(|value| (kind.to_owned(), value));
    }
}

/// Stores what the payer entered on their customer: all of it on a new one, on an existing one what `customer_update`
/// allows. A tax id is always stored.
pub(super) fn keep_on_customer(tx: &mut Transaction<'_>, session: &CheckoutSession, id: &str, is_new: bool) {
    let (Some(details), Some(customer)) = (&session.details, tx.get::<Customer>(id)) else { return };
    let before = customer.json(tx);
    let mut customer = Customer::clone(&customer);
    if is_new || session.customer_update.address {
        customer.address = details.address.clone().or(customer.address);
    }
    if session.customer_update.name {
        customer.name = details.name.clone().or(customer.name);
    }
    if let Some((kind, value)) = &details.tax_id
        && customer.tax_ids.len() < MAX_TAX_IDS
    {
        customer.tax_ids.push(TaxId::new(tx, kind.clone(), value.clone()));
    }
    let after = customer.json(tx);
    tx.put(customer);
    emit_change(tx, "customer.updated", &before, after);
}
