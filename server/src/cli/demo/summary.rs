//! The demo's summary at its start: printed, and the same in `demo.json` for scripts.

use std::{io, path::Path};

use serde_json::json;
use url::Url;

use crate::{cli::output::print_line, config::Config};

use super::{
    seed::{DemoTenant, OPERATOR, PASSWORD},
    state::{DemoState, write_private},
};

const FILE: &str = "demo.json";

pub(super) fn write(
    data: &Path,
    config: &Config,
    sandbox_url: &Url,
    tenants: &[DemoTenant],
    state: &DemoState,
) -> color_eyre::Result<()> {
    let person = |email: &str| json!({ "email": email, "password": PASSWORD });
    let tenants: Vec<_> = tenants
        .iter()
        .map(|DemoTenant { id, name, plan, owner, member }| {
            json!({ "id": id, "name": name, "plan": plan, "owner": person(owner), "member": person(member), "api_keys": state.api_keys.get(id.as_str()) })
        })
        .collect();
    let summary = json!({
        "url": without_slash(&config.app_url),
        "sandbox_url": without_slash(sandbox_url),
        "tenants": tenants,
        "installation_key": state.installation_key,
        "operator": person(OPERATOR),
        "stripe": { "webhook_secret": state.webhook_secret },
        "polar": { "webhook_secret": state.polar_webhook_secret },
        "firebase": config.sign_in.firebase.as_ref().map(|firebase| json!({ "project_id": firebase.project_id, "jwks_url": firebase.jwks_url.as_str() })),
    });
    write_private(&data.join(FILE), &serde_json::to_vec_pretty(&summary)?)
}

pub(super) fn print(app_url: &Url, sandbox_url: &Url, tenants: &[DemoTenant]) -> io::Result<()> {
    let address = without_slash(app_url);
    print_line!(
        "\n  Dues is at        {address}\n  The sandbox is at {}   (what Stripe and Polar would hold, and every webhook)\n",
        without_slash(sandbox_url)
    )?;
    print_line!("  Log in as")?;
    for DemoTenant { name, plan, owner, member, .. } in tenants {
        print_line!("    {owner:<20} {name}, on {plan}; may change the plan")?;
        print_line!("    {member:<20} may look")?;
    }
    print_line!("    {OPERATOR:<20} sees all of them, at {address}/operator")?;
    print_line!("  Password of all:  {PASSWORD}\n")?;
    if let Some(DemoTenant { owner, .. }) = tenants.iter().find(|tenant| tenant.plan == "free") {
        print_line!("  Try this: log in as {owner}, review Pro, pay with card 4242 4242 4242 4242,")?;
        print_line!("  any later date and any CVC, and come back to see Pro active.")?;
    }
    print_line!("  The sandbox is Firebase, too: server/docs/integrate.md shows how to call with an ID token.")?;
    print_line!("  Stop with Ctrl-C.\n")?;
    Ok(())
}

/// Formats a URL without its trailing slash.
fn without_slash(url: &Url) -> &str {
    url.as_str().trim_end_matches('/')
}
