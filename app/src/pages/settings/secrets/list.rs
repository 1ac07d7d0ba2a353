//! The table of secrets.

use std::borrow::Cow;

use domain::{subscription::Provider, tenant::secret::SecretMetadata};
use leptos::prelude::*;
use locales::{rich, text};

use crate::{
    actions::secrets::PAGE,
    components::{
        rich::rich_text,
        table::{Column, RowAlign, record_table},
    },
    request::local_path::with_query,
    wording::{day, minute},
};

/// Space that separates two links, so that each can be touched.
const BETWEEN: &str = " \u{a0} \u{a0} ";

pub(super) fn list(secrets: &[SecretMetadata], workspace: &str) -> AnyView {
    if secrets.is_empty() {
        let means = rich!(
            secrets_none_means,
            polar = Provider::Polar.title(),
            stripe = Provider::Stripe.title(),
            customers = "/settings/customers",
        );
        return view! {
            <div class="empty">
                <p>{text!(secrets_none)}</p>
                <p>{rich_text(means)}</p>
            </div>
        }
        .into_any();
    }
    record_table(
        RowAlign::Middle,
        text!(secrets_of, workspace = workspace),
        [
            Column::Text(text!(secrets_name)),
            Column::Text(text!(secrets_updated)),
            Column::Text(text!(secrets_last_used)),
            Column::Button(text!(secrets_actions)),
        ],
        secrets.iter().map(row).collect_view(),
    )
}

/// Returns what the value of a well-known secret is.
fn meaning(name: &str) -> Option<Cow<'static, str>> {
    Some(match name {
        "polar_api_key" => text!(secrets_polar_key, polar = Provider::Polar.title()),
        "polar_organization_id" => text!(secrets_polar_organization, polar = Provider::Polar.title()),
        "stripe_secret_key" => text!(secrets_stripe_key, stripe = Provider::Stripe.title()),
        _ => return None,
    })
}

fn row(secret: &SecretMetadata) -> impl IntoView + use<> {
    let SecretMetadata { name, created_at, updated_at, last_used_at } = secret;
    let meaning = meaning(name.as_str()).map(|meaning| view! { <br/><span class="note">{meaning}</span> });
    let first = (created_at != updated_at)
        .then(|| view! { <br/><span class="note">{text!(secrets_created_on, day = day(*created_at))}</span> });
    let replace = format!("{}#set", with_query(PAGE, &[("replace", name.as_str())]));
    let delete = with_query(PAGE, &[("delete", name.as_str())]);
    let used = last_used_at.map_or_else(|| text!(secrets_never_used), |at| minute(at).into());
    let of = format!(" {name}");
    view! {
        <tr role="row">
            <th role="rowheader" scope="row"><code class="breaking">{name.to_string()}</code>{meaning}</th>
            <td role="cell" data-label=text!(secrets_updated)><span class="nowrap">{day(*updated_at)}</span>{first}</td>
            <td role="cell" data-label=text!(secrets_last_used)>{used}</td>
            <td role="cell" class="num nowrap">
                <a class="plain" href=replace>{text!(secrets_replace)}<span class="unseen">{of.clone()}</span></a>
                {BETWEEN}
                <a class="plain stop" href=delete>{text!(secrets_delete)}<span class="unseen">{of}</span></a>
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use domain::tenant::secret::WELL_KNOWN_SECRETS;

    use super::*;

    #[test]
    fn each_well_known_secret_has_a_meaning() {
        for name in WELL_KNOWN_SECRETS {
            assert!(meaning(name).is_some(), "{name}");
        }
        assert_eq!(meaning("smtp_password"), None);
    }
}
