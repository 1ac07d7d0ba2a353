//! A command that tries a new key.

use domain::catalog::{Catalog, Feature, FeatureKind};
use http::header::AUTHORIZATION;
use leptos::prelude::*;
use locales::text;

use crate::{components::copy::copy_button, request::services, wording::name};

/// What an installation key names a workspace by in the command. The reader replaces it with an id of the product.
const EXAMPLE_TENANT: &str = "org_42";

/// Whose key a command is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyOwner {
    Workspace,
    Installation,
}

/// Renders a command that checks a feature of the catalog with the new key. Needs [`copying`] on the page.
///
/// [`copying`]: crate::components::copy::copying
pub(crate) fn first_call(owner: KeyOwner, key: &str) -> Option<AnyView> {
    let services = services()?;
    let feature = metered(services.catalog())?;
    let command = command(services.settings().app_url.as_str(), owner, key, feature.key.as_str());
    let lead = match owner {
        KeyOwner::Workspace => text!(keys_first_call, feature = name(&feature.title)),
        KeyOwner::Installation => {
            text!(keys_first_call_installation, feature = name(&feature.title), tenant = EXAMPLE_TENANT)
        }
    };
    Some(
        view! {
            <p>{lead}</p>
            <div class="copy">
                <pre class="secret"><code>{command}</code></pre>
                {copy_button(text!(keys_first_call_label))}
            </div>
        }
        .into_any(),
    )
}

/// Returns the feature to check: one that is counted by period, else any that is counted, else any.
fn metered(catalog: &Catalog) -> Option<&Feature> {
    let first = |wanted: fn(&FeatureKind) -> bool| catalog.features.iter().find(|feature| wanted(&feature.kind));
    first(|kind| matches!(kind, FeatureKind::Counter(_)))
        .or_else(|| first(|kind| kind.is_counted()))
        .or_else(|| catalog.features.first())
}

fn command(app_url: &str, owner: KeyOwner, key: &str, feature: &str) -> String {
    let url = format!("{}/api/v1/billing/features/{feature}/check?amount=1", app_url.trim_end_matches('/'));
    let mut lines =
        vec![format!("curl {}", quoted(&url)), format!("-H {}", quoted(&format!("{AUTHORIZATION}: Bearer {key}")))];
    if owner == KeyOwner::Installation {
        lines.push(format!("-H {}", quoted(&format!("X-Tenant-External-ID: {EXAMPLE_TENANT}"))));
    }
    lines.join(" \\\n  ")
}

/// Quotes a text as one word of a POSIX shell, which expands nothing within it.
pub(crate) fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_has_the_url_the_key_and_the_tenant_if_the_key_is_for_all() {
        let expected = "curl 'https://dues.test/api/v1/billing/features/ai_tokens/check?amount=1' \\\n  \
            -H 'authorization: Bearer dues_1_x'";
        assert_eq!(command("https://dues.test/", KeyOwner::Workspace, "dues_1_x", "ai_tokens"), expected);
        let for_all = command("https://dues.test", KeyOwner::Installation, "dues_1_x", "ai_tokens");
        assert_eq!(for_all, format!("{expected} \\\n  -H 'X-Tenant-External-ID: org_42'"));
    }

    #[test]
    fn no_text_leaves_its_quotes() {
        assert_eq!(quoted("$(id) `id` \"x\" \\"), "'$(id) `id` \"x\" \\'");
        assert_eq!(quoted("it's; rm"), r"'it'\''s; rm'");
        assert!(command("https://dues.test", KeyOwner::Workspace, "dues_1_'; id", "x").contains(r"dues_1_'\''; id'"));
    }

    #[test]
    fn the_feature_is_one_that_is_counted_by_period() {
        let catalog = domain::catalog::file::default_catalog();
        assert!(matches!(metered(&catalog).unwrap().kind, FeatureKind::Counter(_)));
    }
}
