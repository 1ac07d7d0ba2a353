//! Actions on the workspace's members and invitations.

use ::billing::service::{
    ServiceError,
    tenant::team::{KeysOfMember, invitation::NewInvitation},
};
use domain::{
    account::Role,
    ids::{InvitationId, UserId},
};
use leptos::prelude::*;

use crate::{
    actions::{confirmed, in_workspace, redirect_with_error, signed_in, signed_in_with},
    request::{
        draft::Draft,
        redirect,
        shown_once::{INVITATION, Recipient},
    },
};

pub(crate) const PAGE: &str = "/settings/team";

fn role(text: &str) -> Result<Role, ServiceError> {
    text.parse().map_err(|_| ServiceError::field("role", "There is no such role."))
}

/// Parses a member's user id. A malformed id is reported as an unknown member.
fn user(text: &str) -> Result<UserId, ServiceError> {
    text.parse().map_err(|_| ServiceError::NotFound("member"))
}

fn answer(outcome: Result<(), ServiceError>, code: &str) {
    match outcome {
        Ok(()) => redirect(&format!("{PAGE}?code={code}")),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
}

/// Invites an address. The next page shows the link once.
#[server(prefix = "/rpc", endpoint = "invite")]
pub(crate) async fn invite(
    #[server(default)] email: String,
    #[server(default)]
    #[server(rename = "role")]
    as_role: String,
) -> Result<(), ServerFnError> {
    let draft = Draft::of([("email", email.as_str()), ("role", as_role.as_str())]);
    let Some((services, viewer)) = signed_in_with(&draft) else { return Ok(()) };
    let confirmed = confirmed(&services).ok();
    let invited = async { services.invitations().invite(&viewer, &email, role(&as_role)?, confirmed.as_ref()).await };
    match invited.await {
        Ok(NewInvitation { id, url, is_mailed, .. }) => {
            let token = url.rsplit('/').next().unwrap_or_default();
            let way = if is_mailed { "mailed" } else { "shown" };
            INVITATION.keep(Recipient::workspace(&viewer), &format!("{id}.{token}.{way}"));
            redirect(PAGE);
        }
        Err(error) => {
            draft.keep();
            redirect_with_error(PAGE, Vec::new(), &error);
        }
    }
    Ok(())
}

/// Withdraws an invitation.
#[server(prefix = "/rpc", endpoint = "withdraw-invitation")]
pub(crate) async fn withdraw_invitation(#[server(default)] id: String) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    let withdrawn = async {
        let id: InvitationId = id.parse().map_err(|_| ServiceError::NotFound("invitation"))?;
        services.invitations().withdraw_invitation(&viewer, &id).await
    };
    answer(withdrawn.await, "withdrawn");
    Ok(())
}

#[server(prefix = "/rpc", endpoint = "change-role")]
pub(crate) async fn change_role(
    #[server(default)] member: String,
    #[server(default)]
    #[server(rename = "role")]
    to_role: String,
    #[server(default)]
    #[server(rename = "takeOverKeys")]
    take_over: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    let keys = KeysOfMember::taken_over(take_over == "1");
    let confirmed = confirmed(&services).ok();
    let changed = async {
        let change = (role(&to_role)?, keys);
        services.tenants().change_role(&viewer, &user(&member)?, change, confirmed.as_ref()).await.map(drop)
    };
    answer(changed.await, "role_changed");
    Ok(())
}

#[server(prefix = "/rpc", endpoint = "remove-member")]
pub(crate) async fn remove_member(
    #[server(default)] member: String,
    #[server(default)]
    #[server(rename = "takeOverKeys")]
    take_over: String,
) -> Result<(), ServerFnError> {
    let Some((services, viewer)) = in_workspace() else { return Ok(()) };
    let keys = KeysOfMember::taken_over(take_over == "1");
    let confirmed = confirmed(&services).ok();
    let removed = async { services.tenants().remove_member(&viewer, &user(&member)?, keys, confirmed.as_ref()).await };
    answer(removed.await, "removed");
    Ok(())
}

/// Leaves the open workspace.
#[server(prefix = "/rpc", endpoint = "leave")]
pub(crate) async fn leave() -> Result<(), ServerFnError> {
    let Some((services, viewer)) = signed_in() else { return Ok(()) };
    match services.tenants().remove_member(&viewer, &viewer.user_id, KeysOfMember::End, None).await {
        Ok(()) => redirect("/membership?code=left"),
        Err(error) => redirect_with_error(PAGE, Vec::new(), &error),
    }
    Ok(())
}
