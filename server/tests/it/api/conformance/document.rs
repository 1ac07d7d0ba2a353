//! The calls of a document, read from `end2end/conformance/*.json`.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::Deserialize;
use serde_json::Value;

/// A document; each is one file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) calls: Vec<Call>,
    /// The provider's events and their effects.
    #[serde(default)]
    pub(super) events: Vec<Event>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) name: String,
    /// The state of the workspace before the call.
    #[serde(default)]
    pub(super) given: Given,
    pub(super) method: String,
    pub(super) path: String,
    /// The headers as documented; `<…>` stands for a value of the caller.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<Value>,
    pub(super) callers: Vec<Caller>,
    pub(super) status: u16,
    /// The response as documented; `...` and `{ ... }` match anything.
    pub(super) answer: Option<Value>,
    /// The paths in the answer whose values vary, each with the reason.
    #[serde(default)]
    pub(super) varies: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Given {
    /// The plan that was bought; `None` is the free plan.
    pub(super) plan: Option<String>,
    pub(super) cycle: Option<String>,
    pub(super) used: BTreeMap<String, u64>,
    /// The payment provider; `None` is Stripe.
    pub(super) provider: Option<String>,
    /// Whether the workspace has sold the documented product to a customer, through a separate account at Polar.
    pub(super) own_account: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum Caller {
    #[serde(rename = "anybody")]
    Anonymous,
    #[serde(rename = "owner's session")]
    Owner,
    #[serde(rename = "admin's session")]
    Admin,
    #[serde(rename = "member's session")]
    Member,
    #[serde(rename = "API key (read)")]
    ReadKey,
    #[serde(rename = "API key (billing)")]
    BillingKey,
    #[serde(rename = "API key (secrets)")]
    SecretsKey,
    #[serde(rename = "admin's Firebase token")]
    AdminToken,
    #[serde(rename = "member's Firebase token")]
    MemberToken,
    #[serde(rename = "new Firebase account")]
    NewAccount,
}

impl fmt::Display for Caller {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.pad(match self {
            Self::Anonymous => "anybody",
            Self::Owner => "owner's session",
            Self::Admin => "admin's session",
            Self::Member => "member's session",
            Self::ReadKey => "API key (read)",
            Self::BillingKey => "API key (billing)",
            Self::SecretsKey => "API key (secrets)",
            Self::AdminToken => "admin's Firebase token",
            Self::MemberToken => "member's Firebase token",
            Self::NewAccount => "new Firebase account",
        })
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Event {
    pub(super) path: String,
    pub(super) r#type: String,
    pub(super) after: After,
}

/// The answer of `GET /api/v1/billing/status` after an event was processed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    pub(super) plan: String,
    pub(super) status: String,
}

/// Returns every document, ordered by name.
pub(super) fn documents() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../end2end/conformance");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut documents: Vec<Document> = files
        .filter(|file| file.extension().is_some_and(|extension| extension == "json"))
        .map(|file| {
            let text = std::fs::read_to_string(&file).unwrap();
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
        })
        .collect();
    documents.sort_by(|one, other| one.name.cmp(&other.name));
    let names: Vec<_> = documents.iter().map(|document| document.name.as_str()).collect();
    assert_eq!(names, ["console", "platform", "workspace"]);
    documents
}
