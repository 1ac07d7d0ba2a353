//! The rows of an import: from a listed customer or a line of a CSV, to the profile of a tenant.

use domain::{
    account::{Email, names},
    tenant::import::{ExternalIdSource, csv::CsvCustomer},
};

use crate::{
    payment::ListedCustomer,
    service::{
        account::WORKSPACE_NAME_MAX_CHARS,
        tenant::profile::{FieldChange, ProfileChange},
    },
    store::tenant::import_rows::{NewImportRow, PendingRow},
};

/// The source of an import from a CSV.
pub(super) const CSV: &str = "csv";
/// The maximum length of a stored text in characters. Longer ones are cut: an external id of that length is a conflict.
const TEXT_MAX_CHARS: usize = 500;
/// The name of a tenant whose customer has no text that may be a name.
const NAMELESS: &str = "Customer";

/// Returns a row from a line of a CSV.
pub(super) fn of_csv(position: u64, customer: CsvCustomer) -> NewImportRow {
    let CsvCustomer { external_id, name, email, customer } = customer;
    NewImportRow {
        position,
        external_id: external_id.map(|id| storable(&id)),
        name: storable(&name),
        email: storable(&email),
        customer: storable(&customer),
    }
}

/// Returns a row from a customer of the account. Without the source, or if it is empty, it has no external id.
pub(super) fn of_customer(position: u64, from: &ExternalIdSource, customer: ListedCustomer) -> NewImportRow {
    let ListedCustomer { id, name, email, mut metadata, is_deleted: _ } = customer;
    let external_id = match from {
        ExternalIdSource::Metadata(key) => metadata.remove(key),
        ExternalIdSource::Email => email.clone(),
        ExternalIdSource::Customer => Some(id.clone()),
    };
    let external_id = external_id.map(|id| storable(id.trim())).filter(|id| !id.is_empty());
    NewImportRow {
        position,
        external_id,
        name: storable(&name.unwrap_or_default()),
        email: storable(&email.unwrap_or_default()),
        customer: storable(&id),
    }
}

/// Returns the profile of a row's tenant. An address that can't be mailed is left out.
pub(super) fn profile(row: &PendingRow) -> ProfileChange {
    let email = row.email.parse::<Email>().map_or(FieldChange::Keep, |email| FieldChange::Set(email.into()));
    ProfileChange { name: Some(tenant_name(row)), email, metadata: None, external_id: FieldChange::Keep }
}

/// Returns the name of a row's tenant: the customer's, else one from its address or ids. Without links and addresses,
/// because mails to invited people contain it.
fn tenant_name(row: &PendingRow) -> String {
    let mailbox = row.email.split('@').next().unwrap_or_default();
    let candidates = [row.name.as_str(), mailbox, row.external_id.as_deref().unwrap_or_default(), &row.customer];
    let mut names = candidates.into_iter().map(|candidate| {
        let safe: String = names::name_for_mail(candidate).chars().take(WORKSPACE_NAME_MAX_CHARS).collect();
        safe.trim().to_owned()
    });
    let name = names.find(|name| !name.is_empty() && names::check_name(name).is_ok());
    name.unwrap_or_else(|| NAMELESS.to_owned())
}

/// Returns the text as it can be stored. `PostgreSQL` rejects a zero character; another control character takes its
/// place, so that an external id with one stays invalid.
fn storable(text: &str) -> String {
    text.chars().take(TEXT_MAX_CHARS).map(|letter| if letter == '\0' { '\u{1}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn row(name: &str, email: &str, external_id: Option<&str>) -> PendingRow {
        PendingRow {
            position: 1,
            external_id: external_id.map(str::to_owned),
            name: name.to_owned(),
            email: email.to_owned(),
            customer: "cus_1".to_owned(),
            outcome: None,
            linked_outcome: None,
            tenant: None,
        }
    }

    #[rstest]
    #[case("Acme Robotics", "ops@acme.test", Some("org-1"), "Acme Robotics")]
    #[case("  https://evil.example  ", "ops@acme.test", None, "https evil example")]
    #[case("", "ops@acme.test", Some("org-1"), "ops")]
    #[case("", "", Some("org-1"), "org-1")]
    #[case("", "", None, "cus_1")]
    fn a_tenant_gets_a_name_that_is_safe_in_a_mail(
        #[case] name: &str,
        #[case] email: &str,
        #[case] external_id: Option<&str>,
        #[case] expected: &str,
    ) {
        assert_eq!(tenant_name(&row(name, email, external_id)), expected);
    }

    #[test]
    fn a_long_name_is_cut_and_a_wrong_address_left_out() {
        let profile = profile(&row(&"x".repeat(200), "no address", None));
        assert_eq!(profile.name.map(|name| name.len()), Some(WORKSPACE_NAME_MAX_CHARS));
        assert_eq!(profile.email, FieldChange::Keep);
    }

    #[test]
    fn the_source_names_the_external_id() {
        let customer = || ListedCustomer {
            id: "cus_1".to_owned(),
            email: Some(" a@b.test ".to_owned()),
            metadata: [("org".to_owned(), " o\0 ".to_owned()), ("empty".to_owned(), " ".to_owned())].into(),
            ..ListedCustomer::default()
        };
        for (source, expected) in [
            ("customer", Some("cus_1")),
            ("email", Some("a@b.test")),
            ("metadata.org", Some("o\u{1}")),
            ("metadata.empty", None),
            ("metadata.missing", None),
        ] {
            let row = of_customer(1, &source.parse().unwrap(), customer());
            assert_eq!(row.external_id.as_deref(), expected, "{source}");
        }
    }
}
