//! What each API key reported of one limit.

use billing::service::usage::{KeyUsage, by_key::DAYS_SHOWN};
use domain::catalog::Feature;
use leptos::prelude::*;
use locales::text;

use crate::{
    components::page::entry::entry,
    wording::{amount, name},
};

/// Renders the table; nothing if no key reported usage.
pub(super) fn by_key(feature: &Feature, keys: &[KeyUsage]) -> Option<AnyView> {
    if keys.is_empty() {
        return None;
    }
    let rows = keys
        .iter()
        .map(|used| {
            let KeyUsage { name, is_installation, is_revoked, amount: reported } = used;
            let named = if *is_installation {
                text!(usage_by_key_product).into_any()
            } else {
                let revoked = is_revoked.then(|| view! { " "{text!(usage_by_key_revoked)} });
                view! { <bdi>{name.clone()}</bdi>{revoked} }.into_any()
            };
            view! {
                <tr>
                    <th scope="row">{named}</th>
                    <td class="num">{amount(feature, *reported)}</td>
                </tr>
            }
        })
        .collect_view();
    let note = text!(usage_by_key_note, days = DAYS_SHOWN).into_any();
    let table = view! {
        <div class="scroll" tabindex="0" role="region" aria-label=text!(usage_by_key)>
            <table class="ledger">
                <caption class="unseen">{text!(usage_by_key_caption, feature = name(&feature.title))}</caption>
                <thead><tr><th scope="col">{text!(usage_by_key_key)}</th><th scope="col" class="num">{text!(usage_table_added)}</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    };
    Some(entry("by-key", text!(usage_by_key), Some(note), table.into_any()))
}

#[cfg(test)]
mod tests {
    use domain::catalog::file::default_catalog;

    use super::*;

    fn used(name: &str, is_installation: bool, is_revoked: bool) -> KeyUsage {
        KeyUsage { name: name.to_owned(), is_installation, is_revoked, amount: 1200 }
    }

    #[test]
    fn keys_are_named_except_the_products() {
        let catalog = default_catalog();
        let feature = catalog.feature("ai_tokens").unwrap();
        let html = |keys: &[KeyUsage]| by_key(feature, keys).map(RenderHtml::to_html);
        assert_eq!(html(&[]), None);
        let used = [used("Worker <1>", false, false), used("Secret name", true, false), used("Old", false, true)];
        let html = html(&used).unwrap();
        assert!(html.contains("<bdi>Worker &lt;1&gt;</bdi>") && html.contains("1,200"), "{html}");
        assert!(html.contains("The product") && !html.contains("Secret name"), "{html}");
        assert!(html.contains("<bdi>Old</bdi>") && html.contains("(revoked)"), "{html}");
    }
}
