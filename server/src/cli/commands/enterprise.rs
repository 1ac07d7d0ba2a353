//! `server enterprise …`: lists enterprise requests.

use domain::tenant::enterprise::{EnterpriseRequest, EnterpriseRequestState, Handling, UseCase};
use serde::Serialize;

use super::open_services;
use crate::{
    cli::{EnterpriseListArgs, output::print_line},
    config::Config,
};

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    id: String,
    created_at: String,
    company: String,
    contact_name: String,
    email: String,
    use_cases: Vec<UseCase>,
    expected_scale: String,
    notes: String,
    tenant_id: Option<String>,
    user_id: Option<String>,
    state: EnterpriseRequestState,
    /// The operator's note.
    note: String,
}

impl From<EnterpriseRequest> for Listed {
    fn from(request: EnterpriseRequest) -> Self {
        let EnterpriseRequest {
            id,
            company,
            contact_name,
            email,
            use_cases,
            expected_scale,
            notes,
            tenant,
            user,
            created_at,
            handling: Handling { state, note, changed_at: _ },
        } = request;
        Self {
            id,
            created_at: created_at.rfc3339_secs(),
            company,
            contact_name,
            email: email.into(),
            use_cases,
            expected_scale,
            notes,
            tenant_id: tenant.map(String::from),
            user_id: user.map(String::from),
            state,
            note,
        }
    }
}

pub async fn list(config: &Config, args: EnterpriseListArgs) -> color_eyre::Result<()> {
    let EnterpriseListArgs { json } = args;
    let services = open_services(config).await?;
    let requests = services.operators().list_enterprise_requests().await;
    services.store().close().await;
    let requests: Vec<_> = requests?.into_iter().map(Listed::from).collect();
    if json {
        print_line!("{}", serde_json::json!({ "items": requests }))?;
    } else if requests.is_empty() {
        print_line!("There is no enterprise request.")?;
    } else {
        for request in requests {
            print_line!("{}\n", format_request(&request))?;
        }
    }
    Ok(())
}

/// Formats a request as several lines. Empty fields are left out.
fn format_request(request: &Listed) -> String {
    let Listed {
        id,
        created_at,
        company,
        contact_name,
        email,
        use_cases,
        expected_scale,
        notes,
        tenant_id,
        user_id: _,
        state,
        note,
    } = request;
    let use_cases = use_cases.iter().map(|case| case.title()).collect::<Vec<_>>().join(", ");
    let lines = [
        ("contact", contact_name.as_str()),
        ("e-mail", email),
        ("use cases", &use_cases),
        ("scale", expected_scale),
        ("tenant", tenant_id.as_deref().unwrap_or_default()),
        ("notes", notes),
        ("state", state.as_str()),
        ("our note", note),
    ];
    let mut listed = format!("{company}, {created_at}, {id}");
    for (name, text) in lines.into_iter().filter(|(_, text)| !text.is_empty()) {
        listed.extend(["\n  ", name, ": ", &text.replace('\n', "\n    ")]);
    }
    listed
}
