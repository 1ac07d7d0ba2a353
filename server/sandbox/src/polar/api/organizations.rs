//! `/v1/organizations`: the organization of the access token.

use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::{
    polar::{
        call::{Answer, Call, Reply},
        error::PolarError,
        objects::{Account, time},
    },
    storage::Transaction,
};

/// Creation time of every organization, earlier than any object in it.
const MADE: Timestamp = Timestamp::from_secs(1_700_000_000);

#[expect(clippy::unnecessary_wraps, reason = "every handler has this signature")]
pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let slug = slug(&call.account);
    let items: Vec<_> = call.filter_allows("slug", Some(&slug)).then(|| json(tx, &call.account)).into_iter().collect();
    let count = items.len();
    Ok(Reply::Found(json!({ "items": items, "pagination": { "total_count": count, "max_page": count } })))
}

pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    if call.id == call.account.organization {
        Ok(Reply::Found(json(tx, &call.account)))
    } else {
        Err(PolarError::not_found())
    }
}

fn slug(account: &Account) -> String {
    let short: String = account.organization.chars().take_while(char::is_ascii_alphanumeric).collect();
    format!("sandbox-{short}")
}

fn json(tx: &Transaction<'_>, account: &Account) -> Value {
    json!({
        "created_at": time(MADE),
        "modified_at": null,
        "id": account.organization,
        "name": tx.merchant,
        "slug": slug(account),
        "avatar_url": null,
        "proration_behavior": "prorate",
        "allow_customer_updates": true,
        "email": null,
        "website": null,
        "socials": [],
        "status": "active",
        "details_submitted_at": time(MADE),
        "sso_enforced": false,
        "default_presentment_currency": "usd",
        "default_tax_behavior": "location",
        "feature_settings": null,
        "subscription_settings": {
            "allow_multiple_subscriptions": false,
            "proration_behavior": "prorate",
            "benefit_revocation_grace_period": 0,
            "prevent_trial_abuse": false,
            "allow_customer_updates": true,
        },
        "customer_email_settings": {
            "order_confirmation": true,
            "subscription_cancellation": true,
            "subscription_confirmation": true,
            "subscription_cycled": true,
            "subscription_cycled_after_trial": true,
            "subscription_past_due": true,
            "subscription_paused": true,
            "subscription_resumed": true,
            "subscription_renewal_reminder": true,
            "subscription_revoked": true,
            "subscription_trial_conversion_reminder": true,
            "subscription_uncanceled": true,
            "subscription_updated": true,
        },
        "customer_portal_settings": {
            "usage": { "show": true },
            "subscription": { "update_seats": true, "update_plan": true },
        },
        "country": "US",
        "account_id": null,
        "payout_account_id": null,
        "capabilities": {
            "checkout_payments": true,
            "subscription_renewals": true,
            "payouts": true,
            "refunds": true,
            "api_access": true,
            "dashboard_access": true,
        },
    })
}
