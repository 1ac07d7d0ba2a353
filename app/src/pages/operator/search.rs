//! `/operator/search`: tenants and people that match a text.

use billing::service::operator::{
    OPERATOR_PAGE_ROWS,
    search::{FoundMembership, FoundPerson, SearchMatches, SearchResult},
};
use domain::catalog::Catalog;
use leptos::prelude::*;
use locales::text;

use crate::{
    actions::operator::page_of,
    components::{
        desk::tenant_list::list,
        page::{
            access::desk_page,
            desk_frame,
            entry::{entry, opening_beside},
            operator_nav::{DeskPage, operator_nav},
            role_title,
        },
        table::{Column, RowAlign, record_table},
    },
    request::redirect,
};

pub(crate) fn search() -> AnyView {
    desk_page(|services, operator, req| async move {
        let text = req.query("q").unwrap_or_default();
        match services.operators().desk_search(&operator, &text).await? {
            SearchResult::Tenant(tenant) => {
                redirect(&page_of(&tenant));
                Ok(().into_any())
            }
            SearchResult::Matches(found) => Ok(page(services.catalog(), &found)),
        }
    })
}

pub(in crate::pages) fn page(catalog: &Catalog, found: &SearchMatches) -> AnyView {
    let SearchMatches { query, tenants, people, has_more_people } = found;
    let is_empty = query.search.is_empty();
    let (head, lead) = if is_empty {
        (text!(desk_search_title), text!(desk_search_empty))
    } else {
        (text!(desk_search_for, text = &query.search), text!(desk_search_lead))
    };
    let body = view! {
        <div class="stack">
            <h1 class="breaking">{head}</h1>
            <p class="lead">{lead}</p>
        </div>
    };
    let results = (!is_empty).then(|| {
        let note = text!(desk_search_people_note).into_any();
        let more = has_more_people.then(|| {
            view! { <p class="note">{text!(desk_search_people_more, shown = OPERATOR_PAGE_ROWS)}</p> }
        });
        view! {
            {entry("tenants", text!(desk_search_tenants), None, list(catalog, query, tenants))}
            {entry("people", text!(desk_search_people), Some(note), view! { {people_table(people)}{more} })}
        }
    });
    desk_frame(text!(desk_search_title), view! { {opening_beside(operator_nav(DeskPage::Search), body)} {results} })
}

fn people_table(people: &[FoundPerson]) -> AnyView {
    if people.is_empty() {
        return view! { <p>{text!(desk_search_people_none)}</p> }.into_any();
    }
    record_table(
        RowAlign::Baseline,
        text!(desk_search_people_table),
        [
            Column::Text(text!(desk_search_email)),
            Column::Text(text!(desk_column_tenant)),
            Column::Text(text!(desk_search_role)),
        ],
        people.iter().map(row).collect_view(),
    )
}

fn row(FoundPerson { email, workspace }: &FoundPerson) -> impl IntoView + use<> {
    let (tenant, role) = match workspace {
        Some(FoundMembership { tenant, name, role }) => {
            let link = view! { <a class="breaking" href=page_of(tenant)><bdi>{name.clone()}</bdi></a> };
            (link.into_any(), Some(role_title(*role)))
        }
        None => (view! { <span class="note">{text!(desk_search_no_workspace)}</span> }.into_any(), None),
    };
    view! {
        <tr role="row">
            <th role="rowheader" scope="row" class="breaking"><bdi>{email.to_string()}</bdi></th>
            <td role="cell" data-label=text!(desk_column_tenant)>{tenant}</td>
            <td role="cell" data-label=text!(desk_search_role)>{role}</td>
        </tr>
    }
}
