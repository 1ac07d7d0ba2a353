//! `/operator/tenants/{id}/timeline`: what happened to a tenant, newest first.

use std::borrow::Cow;

use billing::service::operator::{
    Place as ListPlace,
    timeline::{DunningNotice, TimelineEntry, TimelineEvent, TimelineKind, TimelinePage},
};
use domain::{
    catalog::Catalog,
    entitlement::alert::{Alert, AlertKind},
    ids::TenantId,
    subscription::lifecycle::DunningKind,
};
use leptos::prelude::*;
use locales::text;

use crate::{
    actions::operator::{page_of, timeline_of},
    components::{
        audit::words::{actor, description},
        desk::page_links,
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            not_found,
            operator_nav::{DeskPage, operator_nav},
        },
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, local_path::with_query},
    wording::{minute, most, name, used},
};

pub(crate) fn timeline() -> AnyView {
    desk_page(|services, operator, req| async move {
        let Ok(id) = req.segment_before_last().parse::<TenantId>() else { return Ok(not_found::not_found()) };
        let after = req.query("after").and_then(|place| place.parse().ok());
        let found = services.operators().desk_timeline(&operator, &id, wanted(&req), after.as_ref()).await?;
        Ok(page(&req, services.catalog(), &found))
    })
}

fn wanted(req: &PageRequest) -> Option<TimelineKind> {
    req.query("show").and_then(|kind| kind.parse().ok())
}

pub(in crate::pages) fn page(req: &PageRequest, catalog: &Catalog, found: &TimelinePage) -> AnyView {
    let TimelinePage { tenant, entries, next } = found;
    let wanted = wanted(req);
    let is_first = req.query("after").is_none();
    let address = |kind: Option<TimelineKind>, after: Option<&ListPlace>| {
        let after = after.map(ToString::to_string);
        let kind = kind.map(|kind| ("show", kind.as_str()));
        let pairs: Vec<_> = kind.into_iter().chain(after.as_deref().map(|after| ("after", after))).collect();
        with_query(&timeline_of(&tenant.id), &pairs)
    };
    let choices = std::iter::once(None)
        .chain(TimelineKind::ALL.map(Some))
        .map(|kind| {
            let current = (kind == wanted).then_some("true");
            let title = kind.map_or_else(|| text!(desk_timeline_all), kind_title);
            view! { <a href=address(kind, None) aria-current=current>{title}</a> }
        })
        .collect_view();
    let body = view! {
        <div class="stack">
            <h1>{text!(desk_timeline_title, tenant = &tenant.name)}</h1>
            <p class="lead"><a href=page_of(&tenant.id)>{text!(desk_timeline_back)}</a></p>
        </div>
        <nav class="choice" aria-label=text!(desk_timeline_filter)>{choices}</nav>
    };
    let first = (!is_first).then(|| (address(wanted, None), text!(desk_timeline_newest)));
    let older = next.as_ref().map(|next| (address(wanted, Some(next)), text!(desk_timeline_older)));
    let links = page_links(text!(desk_timeline_pages), first, older);
    let list = if entries.is_empty() {
        view! { <p>{text!(desk_timeline_none)}</p> }.into_any()
    } else {
        let rows = entries.iter().map(|entry| row(catalog, entry)).collect_view();
        record_table(
            RowAlign::Baseline,
            text!(desk_timeline_table, tenant = &tenant.name),
            [
                Column::Text(text!(desk_timeline_time)),
                Column::Text(text!(desk_timeline_kind)),
                Column::Text(text!(desk_timeline_event)),
            ],
            rows,
        )
    };
    let note = text!(desk_timeline_note).into_any();
    desk_frame(
        text!(desk_timeline_title, tenant = &tenant.name),
        view! {
            {opening_beside(operator_nav(DeskPage::Tenant), body)}
            {entry("timeline", text!(desk_timeline), Some(note), view! { {list}{links} })}
        },
    )
}

fn row(catalog: &Catalog, TimelineEntry { at, event }: &TimelineEntry) -> impl IntoView + use<> {
    let kind = event.kind().map_or_else(|| text!(desk_timeline_other), kind_title);
    let (what, by) = match event {
        TimelineEvent::Audit(entry) => (description(entry, catalog), actor(entry)),
        TimelineEvent::Provider(event) => {
            (text!(desk_timeline_received, event = &event.kind, id = &event.id), event.provider.title().into())
        }
        TimelineEvent::Alert(alert) => (alert_words(catalog, alert), text!(desk_timeline_by_system)),
        TimelineEvent::Notice(notice) => (notice_words(notice), text!(desk_timeline_by_system)),
        TimelineEvent::Drift(drift) => {
            let provider = drift.provider.title();
            let words = text!(desk_timeline_corrected, subscription = &drift.external_id, provider = provider);
            (words, text!(desk_timeline_by_system))
        }
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="nowrap">{minute(*at)}</th>
            <td role="cell" data-label=text!(desk_timeline_kind)>{kind}</td>
            <td role="cell" class="breaking" data-label="">{what}<br/><span class="note breaking">{by}</span></td>
        </tr>
    }
}

fn kind_title(kind: TimelineKind) -> Cow<'static, str> {
    match kind {
        TimelineKind::Plan => text!(desk_timeline_plan),
        TimelineKind::ProviderEvents => text!(desk_timeline_events),
        TimelineKind::Notices => text!(desk_timeline_notices),
        TimelineKind::Overrides => text!(desk_timeline_overrides),
        TimelineKind::Members => text!(desk_timeline_members),
        TimelineKind::Access => text!(desk_timeline_access),
        TimelineKind::Workspace => text!(desk_timeline_workspace),
    }
}

fn alert_words(catalog: &Catalog, alert: &Alert) -> Cow<'static, str> {
    let Some(feature) = catalog.feature(alert.feature.as_str()) else { return alert.feature.to_string().into() };
    let title = name(&feature.title);
    let (used, limit) = (used(feature, alert.used), most(feature, alert.limit));
    match alert.kind {
        AlertKind::Warning | AlertKind::SecondWarning | AlertKind::ThirdWarning => {
            text!(desk_timeline_limit_near, feature = title, used = used, limit = limit)
        }
        AlertKind::Reached => text!(desk_timeline_limit_reached, feature = title, used = used, limit = limit),
        AlertKind::Cleared => text!(desk_timeline_limit_cleared, feature = title, used = used, limit = limit),
    }
}

fn notice_words(notice: &DunningNotice) -> Cow<'static, str> {
    let subscription = &notice.external_id;
    match notice.kind {
        DunningKind::PaymentFailed => text!(desk_timeline_payment_failed, subscription = subscription),
        DunningKind::GraceEnds => text!(desk_timeline_grace_ends, subscription = subscription),
        DunningKind::PlanSuspended => text!(desk_timeline_plan_suspended, subscription = subscription),
        DunningKind::Recovered => text!(desk_timeline_recovered, subscription = subscription),
        DunningKind::TrialEnds => text!(desk_timeline_trial_ends, subscription = subscription),
    }
}
