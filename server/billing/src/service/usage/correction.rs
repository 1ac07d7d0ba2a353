//! Corrections: ledger entries that change a counter where events or consumes counted wrong.
//!
//! A correction changes the counter of the current period. The entry and its audit entry, which holds the reason, are
//! written in one transaction, once for each idempotency key.

use domain::{
    entitlement::{
        change::{COUNTER_MAX, Change},
        check::Check,
    },
    ids::TenantId,
    tenant::{
        audit::{AuditAction, AuditActor, NewAuditEntry},
        scope::Scope,
    },
};
use serde_json::json;

use super::{
    super::{
        FieldErrors, ServiceError, Usage,
        base::permission::{KeyKind, KeyPrincipal},
        operator::ConfirmedOperator,
    },
    IDEMPOTENCY_KEY_MAX_CHARS, SEVERAL,
    batch::Operation,
    require_reported,
};
use crate::store::usage::usage_events::EventId;

pub const REASON_MAX_CHARS: usize = 500;
/// The prefix of the ledger's `source` for every correction. Increases and decreases share it, so that an idempotency
/// key counts once.
const CORRECT: &str = "correct";

/// A requested correction, not validated yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionRequest {
    pub feature: String,
    /// The change of the counter, in the feature's unit; not 0.
    pub amount: i64,
    pub reason: String,
    pub idempotency_key: String,
}

/// The authority to correct usage, which only the installation has. Users and API keys of the tenant do not get it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrector {
    tenant: TenantId,
    by: AuditActor,
}

impl Corrector {
    /// The authority of an operator on the command line.
    pub const fn command_line(tenant: TenantId) -> Self {
        Self { tenant, by: AuditActor::Operator }
    }

    /// The authority of a confirmed operator on the operator's pages.
    pub fn desk(operator: &ConfirmedOperator, tenant: TenantId) -> Self {
        Self { tenant, by: operator.by() }
    }

    /// The authority of an installation key with the scope `usage` over the tenant that its request names; `None` for
    /// any other key.
    pub fn installation_key(holder: &KeyPrincipal) -> Option<Self> {
        let may_correct = holder.kind == KeyKind::Installation && holder.scopes.contains(&Scope::Usage);
        may_correct.then(|| Self { tenant: holder.tenant.clone(), by: AuditActor::from(&holder.actor()) })
    }
}

impl Usage {
    /// Changes a counter by a signed amount. Returns the feature's state after it.
    ///
    /// No limit refuses a correction. Fails with [`ServiceError::CorrectionBelowZero`], writing nothing, if the counter
    /// would fall below zero. A repeat with the same idempotency key gets the first answer and counts once.
    pub async fn correct_usage(
        &self,
        corrector: &Corrector,
        request: CorrectionRequest,
    ) -> Result<Check, ServiceError> {
        let CorrectionRequest { feature, amount, reason, idempotency_key } = validated(request)?;
        let (at, feature) = self.known_feature(&feature)?;
        require_reported(feature)?;
        if !feature.kind.is_counted() {
            let message = format!("{} is not counted: there is nothing to correct.", feature.key);
            return Err(ServiceError::field("feature", message));
        }
        let size = amount.unsigned_abs();
        let change = if amount < 0 { Change::CorrectDown(size) } else { Change::CorrectUp(size) };
        let Corrector { tenant, by } = corrector;
        let audit_entry = NewAuditEntry {
            by: by.clone(),
            action: AuditAction::UsageCorrected,
            target: feature.key.to_string(),
            details: json!({ "amount": amount, "reason": reason, "idempotencyKey": idempotency_key }),
        };
        let event = EventId { tenant: tenant.clone(), source: [CORRECT, SEVERAL].join(" "), id: idempotency_key };
        let operation = Operation {
            event,
            is_repeatable: true,
            is_compared: true,
            event_at: None,
            parts: vec![(at, change)],
            key: None,
            audit_entry: Some(audit_entry),
        };
        let answers = self.write_operation(operation).await?;
        self.jobs_written().notify_one();
        answers.into_iter().next().ok_or(ServiceError::Internal("usage writer returned no answer for a correction"))
    }
}

/// Validates a request. Reports all invalid fields at once.
fn validated(request: CorrectionRequest) -> Result<CorrectionRequest, ServiceError> {
    let mut fields = FieldErrors::new();
    let reason = request.reason.trim().to_owned();
    if request.amount == 0 || request.amount.unsigned_abs() > COUNTER_MAX {
        fields.insert(
            "amount",
            format!("amount must be a whole number from -{COUNTER_MAX} to {COUNTER_MAX}, and not 0."),
        );
    }
    if reason.is_empty() || reason.chars().count() > REASON_MAX_CHARS || reason.chars().any(char::is_control) {
        fields.insert("reason", format!("reason must have 1 to {REASON_MAX_CHARS} characters, on one line."));
    }
    if !(1..=IDEMPOTENCY_KEY_MAX_CHARS).contains(&request.idempotency_key.chars().count()) {
        let message = format!("idempotencyKey must have 1 to {IDEMPOTENCY_KEY_MAX_CHARS} characters.");
        fields.insert("idempotencyKey", message);
    }
    if fields.is_empty() { Ok(CorrectionRequest { reason, ..request }) } else { Err(ServiceError::invalid(fields)) }
}

#[cfg(test)]
mod tests;
