//! Corrections: entries of the ledger that set a counter right where events or consumes have counted wrong.
//!
//! A correction changes the counter of the period that runs now. It is written with its reason in the tenant's audit log, in
//! one transaction with the ledger, and once for each idempotency key.

use domain::{
    audit::{AuditAction, AuditActor, NewAuditEntry},
    entitlement::{
        change::{COUNTER_MAX, Change},
        check::Check,
    },
    ids::TenantId,
};
use serde_json::json;

use super::{
    super::{FieldErrors, ServiceError, Services, operator::ConfirmedOperator},
    IDEMPOTENCY_KEY_MAX_CHARS, SEVERAL, is_theirs,
    writer::Operation,
};
use crate::store::usage_events::EventId;

pub const REASON_MAX_CHARS: usize = 500;
/// What the ledger's source of every correction begins with, whichever way it goes: a key counts once for all of them.
const CORRECT: &str = "correct";

/// A correction as it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionRequest {
    pub feature: String,
    /// What the counter changes by, in the feature's own unit; not 0.
    pub amount: i64,
    pub reason: String,
    pub idempotency_key: String,
}

/// Who corrects: the installation. Neither a person of the tenant nor a key of it is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Corrector {
    tenant: TenantId,
    by: AuditActor,
}

impl Corrector {
    /// The person who runs the installation, on the command line.
    pub const fn command_line(tenant: TenantId) -> Self {
        Self { tenant, by: AuditActor::Operator }
    }

    /// The same at the operator's desk.
    pub fn desk(operator: &ConfirmedOperator, tenant: TenantId) -> Self {
        Self { tenant, by: operator.by() }
    }
}

impl Services {
    /// Changes a counter by a signed amount, and answers how the feature stands with it.
    ///
    /// No limit refuses a correction. [`ServiceError::CorrectionBelowZero`] when it takes off more than was counted: nothing is
    /// written then. The same idempotency key again gets the same answer and counts once.
    pub async fn correct_usage(
        &self,
        corrector: &Corrector,
        request: CorrectionRequest,
    ) -> Result<Check, ServiceError> {
        let CorrectionRequest { feature, amount, reason, idempotency_key } = checked(request)?;
        let (at, feature) = self.known_feature(&feature)?;
        is_theirs(feature)?;
        if !feature.kind.is_counted() {
            let message = format!("{} is not counted: there is nothing to correct.", feature.key);
            return Err(ServiceError::field("feature", message));
        }
        let size = amount.unsigned_abs();
        let change = if amount < 0 { Change::CorrectDown(size) } else { Change::CorrectUp(size) };
        let Corrector { tenant, by } = corrector;
        let deed = NewAuditEntry {
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
            deed: Some(deed),
        };
        let answers = self.settle_one(operation).await?;
        self.jobs_written().notify_one();
        answers.into_iter().next().ok_or(ServiceError::Internal("one change has one answer"))
    }
}

/// Checks a request, every field at once.
fn checked(request: CorrectionRequest) -> Result<CorrectionRequest, ServiceError> {
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
