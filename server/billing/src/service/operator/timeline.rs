//! A tenant's timeline on the operator desk: what happened when, from all logs.
//!
//! All times are wall time. Alerts, notices and corrections are stored with billing time, which differs only after the
//! clock of the demo or the sandbox was moved; they are shifted by the present difference.

use std::cmp::{Ordering, Reverse};

use domain::{
    entitlement::alert::Alert,
    ids::TenantId,
    subscription::lifecycle::Drift,
    tenant::audit::{AuditAction, AuditEntry},
    time::Timestamp,
};

use super::{
    super::{Operators, ServiceError, subscription::activity::ReceivedEvent},
    OPERATOR_PAGE_ROWS, Operator, Place,
};
pub use crate::store::subscription::dunning_notices::DunningNotice;
use crate::store::{Connection, StoreResult, tenant::tenants::Tenant};

/// What an entry of the timeline is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimelineKind {
    /// Plan, subscription, orders and corrections.
    Plan,
    /// Events received from a payment provider.
    ProviderEvents,
    /// Alerts about limits and mails about payments.
    Notices,
    /// What operators changed.
    Overrides,
    Members,
    /// API keys, secrets, webhook endpoints and portal sessions.
    Access,
    /// The tenant itself and its own business.
    Workspace,
}

domain::all_variants!(TimelineKind { Plan, ProviderEvents, Notices, Overrides, Members, Access, Workspace });

impl TimelineKind {
    /// The name in URLs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::ProviderEvents => "events",
            Self::Notices => "notices",
            Self::Overrides => "overrides",
            Self::Members => "members",
            Self::Access => "access",
            Self::Workspace => "workspace",
        }
    }

    /// The kind of an audit entry.
    pub const fn of_action(action: AuditAction) -> Self {
        match action {
            AuditAction::SubscriptionChanged
            | AuditAction::CancelRequested
            | AuditAction::ResumeRequested
            | AuditAction::SeatsRequested
            | AuditAction::ChangeRequested
            | AuditAction::CheckoutStarted
            | AuditAction::PortalOpened
            | AuditAction::CustomerLinked => Self::Plan,
            AuditAction::PlanGranted
            | AuditAction::OverridesChanged
            | AuditAction::UsageCorrected
            | AuditAction::SyncRequested
            | AuditAction::JobRescheduled
            | AuditAction::NoteAdded
            | AuditAction::NoteDeleted
            | AuditAction::MailSampleSent => Self::Overrides,
            AuditAction::MemberInvited
            | AuditAction::InvitationWithdrawn
            | AuditAction::MemberJoined
            | AuditAction::MemberRoleChanged
            | AuditAction::MemberRemoved
            | AuditAction::MemberLeft
            | AuditAction::MailPreferencesChanged => Self::Members,
            AuditAction::ApiKeyCreated
            | AuditAction::ApiKeyRevoked
            | AuditAction::ApiKeyTakenOver
            | AuditAction::InstallationKeyCreated
            | AuditAction::InstallationKeyRevoked
            | AuditAction::SecretSet
            | AuditAction::SecretDeleted
            | AuditAction::SecretUsed
            | AuditAction::SecretsResealed
            | AuditAction::EndpointCreated
            | AuditAction::EndpointChanged
            | AuditAction::EndpointDeleted
            | AuditAction::EndpointSecretRotated
            | AuditAction::PortalLinkCreated
            | AuditAction::PortalSessionStarted
            | AuditAction::PortalSessionsEnded => Self::Access,
            AuditAction::OwnLimitSet
            | AuditAction::ProductCreated
            | AuditAction::CustomerCheckoutStarted
            | AuditAction::CustomerSubscriptionEnded
            | AuditAction::TenantCreated
            | AuditAction::TenantChanged
            | AuditAction::TenantDeleted
            | AuditAction::TenantRestored
            | AuditAction::TenantErased => Self::Workspace,
        }
    }
}

/// The text is not a kind of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of entry")]
pub struct UnknownTimelineKind;

impl std::str::FromStr for TimelineKind {
    type Err = UnknownTimelineKind;

    fn from_str(text: &str) -> Result<Self, UnknownTimelineKind> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or(UnknownTimelineKind)
    }
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum TimelineEvent {
    Audit(AuditEntry),
    Provider(ReceivedEvent),
    Alert(Alert),
    Notice(DunningNotice),
    Drift(Drift),
}

impl TimelineEvent {
    /// The kind of the entry; `None` for an audit entry of a later version.
    pub fn kind(&self) -> Option<TimelineKind> {
        match self {
            Self::Audit(entry) => entry.action.parse().ok().map(TimelineKind::of_action),
            Self::Provider(_) => Some(TimelineKind::ProviderEvents),
            Self::Alert(_) | Self::Notice(_) => Some(TimelineKind::Notices),
            Self::Drift(_) => Some(TimelineKind::Plan),
        }
    }
}

/// An entry of the timeline.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineEntry {
    /// Wall time.
    pub at: Timestamp,
    pub event: TimelineEvent,
}

/// A page of a tenant's timeline.
#[derive(Clone, Debug)]
pub struct TimelinePage {
    pub tenant: Tenant,
    /// The newest first.
    pub entries: Vec<TimelineEntry>,
    /// Cursor of the next page; `None` on the last.
    pub next: Option<Place>,
}

/// A log that the timeline reads. Entries of the same instant are in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Audit,
    Provider,
    Alerts,
    Notices,
    Drift,
}

domain::all_variants!(Source { Audit, Provider, Alerts, Notices, Drift });

impl Source {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Provider => "provider",
            Self::Alerts => "alerts",
            Self::Notices => "notices",
            Self::Drift => "drift",
        }
    }

    /// Whether the log may have entries of a kind.
    const fn has(self, kind: Option<TimelineKind>) -> bool {
        let Some(kind) = kind else { return true };
        match self {
            Self::Audit => !matches!(kind, TimelineKind::ProviderEvents | TimelineKind::Notices),
            Self::Provider => matches!(kind, TimelineKind::ProviderEvents),
            Self::Alerts | Self::Notices => matches!(kind, TimelineKind::Notices),
            Self::Drift => matches!(kind, TimelineKind::Plan),
        }
    }

    /// Whether the log's times are billing time.
    const fn is_in_billing_time(self) -> bool {
        matches!(self, Self::Alerts | Self::Notices | Self::Drift)
    }

    /// The position in this log from which a page reads on after `cursor`, in wall time.
    fn position(self, cursor: Option<&Cursor>) -> Place {
        let Some(Cursor { at, source, id }) = cursor else {
            return Place { at: Timestamp::from_micros(i64::MAX), id: String::new() };
        };
        match self.cmp(source) {
            // Entries of the same instant were on the page before.
            Ordering::Less => Place { at: *at, id: String::new() },
            Ordering::Equal => Place { at: *at, id: id.clone() },
            Ordering::Greater => {
                Place { at: Timestamp::from_micros(at.as_micros().saturating_add(1)), id: String::new() }
            }
        }
    }
}

/// Where a page ended, in wall time.
struct Cursor {
    at: Timestamp,
    source: Source,
    /// The id within the log.
    id: String,
}

impl Cursor {
    /// Parses a cursor of an earlier page; `None` for any other position.
    fn parse(place: &Place) -> Option<Self> {
        let (source, id) = place.id.split_once('.')?;
        let source = Source::ALL.into_iter().find(|known| known.as_str() == source)?;
        Some(Self { at: place.at, source, id: id.to_owned() })
    }
}

/// A row of a log, with its id there.
struct Row {
    at: Timestamp,
    source: Source,
    id: String,
    event: TimelineEvent,
}

impl Operators {
    /// Returns a page of a tenant's timeline with entries of `kind`, or of all kinds. Runs a constant number of
    /// statements, each of which reads at most a page. An invalid cursor returns the first page.
    pub async fn desk_timeline(
        &self,
        _: &Operator,
        tenant: &TenantId,
        kind: Option<TimelineKind>,
        after: Option<&Place>,
    ) -> Result<TimelinePage, ServiceError> {
        // The wall clock is read first, so that the difference is not below 0 by the time between both reads.
        let wall_now = self.wall_now();
        let offset_micros = self.billing_now().secs_since(wall_now).saturating_mul(1_000_000);
        let cursor = after.and_then(Cursor::parse);
        let subjects = self.subscriptions().subjects(tenant).await?;
        let mut reader = self.store().read().await?;
        let mut link = reader.connection();
        let found = link.find_tenant(tenant).await?.ok_or(ServiceError::TenantNotFound)?;
        let mut rows = Vec::new();
        for source in Source::ALL.into_iter().filter(|source| source.has(kind)) {
            let shift = if source.is_in_billing_time() { offset_micros } else { 0 };
            let mut before = source.position(cursor.as_ref());
            before.at = Timestamp::from_micros(before.at.as_micros().saturating_add(shift));
            let read = match source {
                Source::Audit => audit_rows(&mut link, tenant, kind, &before).await?,
                Source::Provider => {
                    let events = link.list_events_before(&subjects, &before).await?;
                    let row =
                        |event: ReceivedEvent| (event.received_at, event.id.clone(), TimelineEvent::Provider(event));
                    events.into_iter().map(row).collect()
                }
                Source::Alerts => {
                    let alerts = link.list_alerts_before(tenant, &before).await?;
                    alerts.into_iter().map(|(id, alert)| (alert.sent_at, id, TimelineEvent::Alert(alert))).collect()
                }
                Source::Notices => {
                    let notices = link.list_dunning_notices_before(tenant, &before).await?;
                    notices
                        .into_iter()
                        .map(|(id, notice)| (notice.sent_at, id, TimelineEvent::Notice(notice)))
                        .collect()
                }
                Source::Drift => {
                    let drift = link.list_drift_before(tenant, &before).await?;
                    let id = |drift: &Drift| format!("{}:{}", drift.provider.as_str(), drift.external_id);
                    drift.into_iter().map(|drift| (drift.found_at, id(&drift), TimelineEvent::Drift(drift))).collect()
                }
            };
            rows.extend(read.into_iter().map(|(at, id, event): (Timestamp, String, TimelineEvent)| {
                let at = Timestamp::from_micros(at.as_micros().saturating_sub(shift));
                Row { at, source, id, event }
            }));
        }
        // Stable: within a log the rows keep their order.
        rows.sort_by_key(|row| (Reverse(row.at), row.source));
        let next = Place::truncate_page(&mut rows, OPERATOR_PAGE_ROWS, |last| Place {
            at: last.at,
            id: format!("{}.{}", last.source.as_str(), last.id),
        });
        let entries = rows.into_iter().map(|Row { at, event, .. }| TimelineEntry { at, event }).collect();
        Ok(TimelinePage { tenant: found, entries, next })
    }
}

async fn audit_rows(
    link: &mut Connection<'_>,
    tenant: &TenantId,
    kind: Option<TimelineKind>,
    before: &Place,
) -> StoreResult<Vec<(Timestamp, String, TimelineEvent)>> {
    let of_kind = |kind| -> Vec<_> {
        AuditAction::ALL.iter().copied().filter(|action| TimelineKind::of_action(*action) == kind).collect()
    };
    let actions = kind.map(of_kind);
    let entries = link.list_audit_of_actions(tenant, actions.as_deref(), before).await?;
    Ok(entries.into_iter().map(|entry| (entry.at, entry.id.clone(), TimelineEvent::Audit(entry))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_log_reads_on_where_the_page_ended() {
        let place: Place = "7000000.alerts.tokens:warning:0".parse().unwrap();
        let cursor = Cursor::parse(&place).unwrap();
        let position = |source: Source| {
            let Place { at, id } = source.position(Some(&cursor));
            (at.as_micros(), id)
        };
        assert_eq!(position(Source::Provider), (7_000_000, String::new()));
        assert_eq!(position(Source::Alerts), (7_000_000, "tokens:warning:0".to_owned()));
        assert_eq!(position(Source::Notices), (7_000_001, String::new()));
        assert!(Cursor::parse(&"7.other.x".parse().unwrap()).is_none());
        assert_eq!(Source::Audit.position(None).at.as_micros(), i64::MAX);
    }

    #[test]
    fn every_kind_is_found_in_a_log_and_read_as_written() {
        for kind in TimelineKind::ALL {
            assert!(Source::ALL.into_iter().any(|source| source.has(Some(kind))), "{kind:?}");
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }
}
