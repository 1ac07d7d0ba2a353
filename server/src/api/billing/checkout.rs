//! `POST /api/v1/billing/checkout`, in the dialects of the console and of the workspace document.

use axum::{Json, extract::State};
use billing::{
    Services,
    service::{ServiceError, checkout::CheckoutWish},
};
use serde::Serialize;

use crate::api::{ApiError, body::Fields, principal::TenantAdmin};

const CYCLES: &str = "monthly, yearly or annual";

/// In the words of whoever asked.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum CheckoutResponse {
    Console {
        url: String,
    },
    Workspace {
        #[serde(rename = "checkoutUrl")]
        checkout_url: String,
        r#type: &'static str,
        /// `portal` where a live subscription is changed.
        #[serde(skip_serializing_if = "Option::is_none")]
        flow: Option<&'static str>,
    },
}

/// Each call is a new attempt, which closes the hosted page of the one before.
///
/// Errors: 400 `validation_error` (unknown, free or custom-priced plan, foreign URL), 403 `admin_required`, 501
/// `billing_not_configured`, 502 `provider_rejected`, 503 `provider_unavailable`.
pub async fn check_out(
    State(services): State<Services>,
    TenantAdmin(viewer): TenantAdmin,
    mut fields: Fields,
) -> Result<Json<CheckoutResponse>, ApiError> {
    let is_console = !fields.has("planId") && !fields.has("type");
    if !is_console && fields.text("type") != "subscription" {
        return Err(ServiceError::field("type", "type must be \"subscription\".").into());
    }
    let wish = CheckoutWish {
        plan: fields.text(if is_console { "plan" } else { "planId" }),
        cycle: fields.optional_word("billingCycle", CYCLES).unwrap_or_default(),
        success_url: fields.optional_text("successUrl"),
        cancel_url: fields.optional_text("cancelUrl"),
    };
    fields.check()?;
    let started = services.start_checkout(&viewer, wish).await?;
    Ok(Json(if is_console {
        CheckoutResponse::Console { url: started.url }
    } else {
        let flow = started.is_portal.then_some("portal");
        CheckoutResponse::Workspace { checkout_url: started.url, r#type: "subscription", flow }
    }))
}
