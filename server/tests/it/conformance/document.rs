//! What a document prints, as data: `end2end/conformance/*.json`.

use std::{collections::BTreeMap, fmt, path::Path};

use serde::Deserialize;
use serde_json::Value;

/// One file a document.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) calls: Vec<Call>,
    /// What a provider sends, and what comes of it.
    #[serde(default)]
    pub(super) events: Vec<Event>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) name: String,
    /// What is true of the workspace beforehand.
    #[serde(default)]
    pub(super) given: Given,
    pub(super) method: String,
    pub(super) path: String,
    /// As printed; what stands in `<…>` is the caller's.
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) body: Option<Value>,
    pub(super) callers: Vec<Caller>,
    pub(super) status: u16,
    /// As printed: `...` and `{ ... }` are open.
    pub(super) answer: Option<Value>,
    /// Where an answer has a value of its own, and which.
    #[serde(default)]
    pub(super) varies: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Given {
    /// Bought; without one the workspace is on the free plan.
    pub(super) plan: Option<String>,
    pub(super) cycle: Option<String>,
    pub(super) used: BTreeMap<String, u64>,
    /// Who takes the payments, where that is not Stripe.
    pub(super) provider: Option<String>,
    /// The workspace has sold what the document prints to a customer of its own, through an account of its own at Polar.
    pub(super) own_account: bool,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
pub(super) enum Caller {
    #[serde(rename = "anybody")]
    Anybody,
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
            Self::Anybody => "anybody",
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

/// What `GET /api/v1/billing/status` says once an event was acted on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct After {
    pub(super) plan: String,
    pub(super) status: String,
}

/// Every document, by name.
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
