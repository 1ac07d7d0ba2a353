//! The workspace that an event of an installation key names: its `subject`.

use billing::service::ServiceError;
use domain::tenant::external_id::TenantRef;
use serde_json::{Map, Value};

use super::cloud_event::Flaw;

const TENANT: &str = "tenant:";
const EXTERNAL: &str = "external:";

/// Reads the workspace of an event; `None` for an event without a subject.
///
/// A subject is the product's own id, `external:` and that id, or `tenant:` and Dues' id. A text that can't be an id
/// is an error: `tenant_not_found`.
pub(super) fn subject(event: &Map<String, Value>) -> Result<Option<TenantRef>, Flaw> {
    let text = match event.get("subject") {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text,
        Some(_) => return Err(Flaw::of("subject must be a text: the product's own id of the workspace.")),
    };
    let named = match text.strip_prefix(TENANT) {
        Some(id) => TenantRef::parse_id(id).map(TenantRef::Id).ok(),
        None => text.strip_prefix(EXTERNAL).unwrap_or(text).parse().map(TenantRef::External).ok(),
    };
    named.map(Some).ok_or_else(|| Flaw::from(&ServiceError::TenantNotFound))
}

#[cfg(test)]
mod tests {
    use domain::error_code::ErrorCode;
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn read(value: &Value) -> Result<Option<String>, ErrorCode> {
        let event = json!({ "subject": value });
        let named = subject(event.as_object().unwrap()).map_err(|flaw| flaw.code)?;
        Ok(named.map(|named| match named {
            TenantRef::Id(id) => format!("id {id}"),
            TenantRef::External(id) => format!("external {id}"),
        }))
    }

    #[rstest]
    #[case(json!("org_42"), "external org_42")]
    #[case(json!("a b/é"), "external a b/é")]
    #[case(json!("external:org_42"), "external org_42")]
    #[case(json!("external:tenant:x"), "external tenant:x")]
    #[case(json!("external:external:x"), "external external:x")]
    #[case(json!("tenant:acme"), "id acme")]
    #[case(json!("tenant:0197E3C2-5D1A-7B0C-9A51-3F0D2E6B8A10"), "id 0197e3c2-5d1a-7b0c-9a51-3f0d2e6b8a10")]
    fn a_subject_is_an_external_id_unless_it_says_otherwise(#[case] sent: Value, #[case] expected: &str) {
        assert_eq!(read(&sent), Ok(Some(expected.to_owned())));
    }

    #[rstest]
    #[case(json!(""))]
    #[case(json!("external:"))]
    #[case(json!("tenant:"))]
    #[case(json!("tenant:a b"))]
    #[case(json!("a\nb"))]
    #[case(json!("x".repeat(129)))]
    fn what_can_be_no_id_is_the_id_of_no_workspace(#[case] sent: Value) {
        assert_eq!(read(&sent), Err(ErrorCode::TenantNotFound), "{sent}");
    }

    #[test]
    fn a_subject_may_be_missing_and_is_a_text() {
        assert_eq!(subject(&Map::new()), Ok(None));
        assert_eq!(read(&Value::Null), Ok(None));
        assert_eq!(read(&json!(7)), Err(ErrorCode::InvalidEvent));
    }
}
