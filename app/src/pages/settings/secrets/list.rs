//! The table of secrets.

use domain::tenant::secret::{SecretMetadata, WELL_KNOWN_SECRETS};
use leptos::prelude::*;

use crate::{
    actions::secrets::PAGE,
    components::table::{Column, RowAlign, record_table},
    request::local_path::with_query,
    wording::{day, minute},
};

/// Space that separates two links, so that each can be touched.
const BETWEEN: &str = " \u{a0} \u{a0} ";

pub(super) fn list(secrets: &[SecretMetadata], workspace: &str) -> AnyView {
    if secrets.is_empty() {
        return view! {
            <div class="empty">
                <p>"No secrets yet."</p>
                <p>
                    "To bill your "<a href="/settings/customers">"own customers"</a>", Dues needs the key of your account at Polar or Stripe: keep it as "
                    <code>"polar_api_key"</code>" or "<code>"stripe_secret_key"</code>"."
                </p>
            </div>
        }
        .into_any();
    }
    record_table(
        RowAlign::Middle,
        format!("Secrets of {workspace}"),
        [Column::Text("Name"), Column::Text("Set"), Column::Text("Last used"), Column::Button("Change")],
        secrets.iter().map(row).collect_view(),
    )
}

fn row(secret: &SecretMetadata) -> impl IntoView + use<> {
    let SecretMetadata { name, created_at, updated_at, last_used_at } = secret;
    let meaning = WELL_KNOWN_SECRETS.into_iter().find(|(known, _)| *known == name.as_str()).map(|(_, meaning)| meaning);
    let meaning = meaning.map(|meaning| view! { <br/><span class="note">{meaning}</span> });
    let first = (created_at != updated_at)
        .then(|| view! { <br/><span class="note">{format!("first {}", day(*created_at))}</span> });
    let replace = format!("{}#set", with_query(PAGE, &[("replace", name.as_str())]));
    let delete = with_query(PAGE, &[("delete", name.as_str())]);
    let of = format!(" {name}");
    view! {
        <tr role="row">
            <th role="rowheader" scope="row"><code class="breaking">{name.to_string()}</code>{meaning}</th>
            <td role="cell" data-label="Set"><span class="nowrap">{day(*updated_at)}</span>{first}</td>
            <td role="cell" data-label="Last used">{last_used_at.map_or_else(|| "never".to_owned(), minute)}</td>
            <td role="cell" class="num nowrap">
                <a class="plain" href=replace>"Replace"<span class="unseen">{of.clone()}</span></a>
                {BETWEEN}
                <a class="plain stop" href=delete>"Delete"<span class="unseen">{of}</span></a>
            </td>
        </tr>
    }
}
