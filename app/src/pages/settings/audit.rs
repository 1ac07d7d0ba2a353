//! `/settings/audit`: the workspace's audit log.

mod filter;

use billing::service::tenant::audit::AuditPage;
use domain::{account::Viewer, catalog::Catalog, tenant::audit::AuditEntry};
use leptos::prelude::*;
use locales::text;

use self::filter::Filter;
use crate::{
    components::{
        audit::words::{actor, description},
        page::{
            Place,
            access::signed_in_page,
            entry::{entry, opening_beside},
            frame,
            settings_nav::{SettingsPage, settings_nav},
        },
        table::{Column, RowAlign, record_table},
    },
    request::PageRequest,
    wording::minute,
};

const ENTRIES: u32 = 50;

pub(crate) fn audit() -> AnyView {
    signed_in_page(|services, viewer, req| async move {
        if !viewer.current_membership.role.is_admin() {
            return Ok(page(&req, services.catalog(), viewer, None));
        }
        let filter = Filter::from_request(&req);
        let after = req.query("after").and_then(|place| place.parse().ok());
        let found = services
            .tenants()
            .audit(&viewer.current_membership.tenant_id, &filter.wanted, after.as_ref(), ENTRIES)
            .await?;
        Ok(page(&req, services.catalog(), viewer, Some(&found)))
    })
}

/// Renders the page. `found` is `None` for members, who may not see the log.
pub(in crate::pages) fn page(
    req: &PageRequest,
    catalog: &Catalog,
    viewer: Viewer,
    found: Option<&AuditPage>,
) -> AnyView {
    let workspace = viewer.current_membership.tenant_name.clone();
    let filter = Filter::from_request(req);
    let role = viewer.current_membership.role.as_str();
    let reason = found
        .is_none()
        .then(|| view! { <p class="note">{text!(audit_admins_only, workspace = &workspace, role = role)}</p> });
    let body = view! {
        {filter.mistakes.summary()}
        <div class="stack">
            <h1>{text!(audit_title)}</h1>
            <p class="lead">{text!(audit_lead, workspace = &workspace)}</p>
            {reason}
        </div>
        {found.map(|_| filter.form())}
    };
    let entries = found.map(|found| {
        let csv = filter.csv();
        let note = view! {
            {text!(audit_entries_note)}
            " "
            <a href=csv download="audit.csv">{text!(audit_csv)}</a>
        }
        .into_any();
        let list = list(found, catalog, &filter, req.query("after").is_some(), &workspace);
        entry("entries", text!(audit_entries), Some(note), list)
    });
    frame(
        text!(audit_title),
        Place::Settings,
        Some(viewer),
        view! {
            {opening_beside(settings_nav(SettingsPage::Audit), body)}
            {entries}
        },
    )
}

/// Renders the entries. `is_later`: whether this is not the first page.
fn list(found: &AuditPage, catalog: &Catalog, filter: &Filter, is_later: bool, workspace: &str) -> AnyView {
    let AuditPage { entries, next } = found;
    let newest = is_later.then(|| view! { <a href=filter.address(None)>{text!(audit_newest)}</a> });
    if entries.is_empty() {
        let words = if filter.is_open() && !is_later { text!(audit_none) } else { text!(audit_none_found) };
        return view! {
            <div class="empty"><p>{words}</p>{newest}</div>
        }
        .into_any();
    }
    let older = next.as_ref().map(|next| view! { <a href=filter.address(Some(next))>{text!(audit_older)}</a> });
    let ways = (newest.is_some() || older.is_some())
        .then(|| view! { <nav class="actions" aria-label=text!(audit_pages)>{newest}{older}</nav> });
    let table = record_table(
        RowAlign::Baseline,
        text!(audit_table, workspace = workspace),
        [
            Column::Text(text!(audit_column_time)),
            Column::Text(text!(audit_column_actor)),
            Column::Text(text!(audit_column_action)),
        ],
        entries.iter().map(|entry| row(entry, catalog)).collect_view(),
    );
    view! {
        {table}
        {ways}
    }
    .into_any()
}

fn row(entry: &AuditEntry, catalog: &Catalog) -> impl IntoView + use<> {
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="nowrap">{minute(entry.at)}</th>
            <td role="cell" class="breaking who" data-label=text!(audit_by)><bdi>{actor(entry)}</bdi></td>
            <td role="cell" class="breaking" data-label="">{description(entry, catalog)}</td>
        </tr>
    }
}
