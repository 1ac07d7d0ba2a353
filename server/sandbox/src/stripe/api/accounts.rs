//! `/v1/account`: the account of the API key (Stripe: "Accounts").

use serde_json::{Value, json};

use crate::{
    storage::{Transaction, stripe_account::StripeAccount},
    stripe::{
        call::{Answer, Call},
        error::StripeError,
    },
};

/// Creation time of every account, earlier than any object in it.
const OPENED: i64 = 1_700_000_000;

pub(crate) fn retrieve_current(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    Ok(json(tx, &current_id(tx)).into())
}

/// Fails for any account but the API key's.
pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.finish()?;
    let current = current_id(tx);
    if current == call.id { Ok(json(tx, &current).into()) } else { Err(StripeError::other_account(&call.id)) }
}

fn current_id(tx: &Transaction<'_>) -> String {
    tx.account.as_ref().map_or_else(|| StripeAccount::of_object(None).id(), StripeAccount::id)
}

fn json(tx: &Transaction<'_>, id: &str) -> Value {
    json!({
        "id": id,
        "object": "account",
        "business_profile": {
            "annual_revenue": null,
            "estimated_worker_count": null,
            "mcc": null,
            "minority_owned_business_designation": null,
            "name": tx.merchant,
            "product_description": null,
            "specified_commercial_transactions_act_url": null,
            "support_address": null,
            "support_email": null,
            "support_phone": null,
            "support_url": null,
            "url": null,
        },
        "business_type": null,
        "capabilities": { "card_payments": "active", "transfers": "active" },
        "charges_enabled": true,
        "country": "US",
        "created": OPENED,
        "default_currency": "usd",
        "details_submitted": true,
        "email": "owner@example.com",
        "external_accounts": {
            "object": "list",
            "data": [],
            "has_more": false,
            "url": format!("/v1/accounts/{id}/external_accounts"),
        },
        "metadata": {},
        "payouts_enabled": true,
        "settings": {
            "branding": { "icon": null, "logo": null, "primary_color": null, "secondary_color": null },
            "card_payments": {
                "statement_descriptor_prefix": null,
                "statement_descriptor_prefix_kana": null,
                "statement_descriptor_prefix_kanji": null,
            },
            "dashboard": { "display_name": tx.merchant, "timezone": "Etc/UTC" },
            "payments": {
                "statement_descriptor": null,
                "statement_descriptor_kana": null,
                "statement_descriptor_kanji": null,
                "statement_descriptor_prefix_kana": null,
                "statement_descriptor_prefix_kanji": null,
            },
        },
        "type": "standard",
    })
}
