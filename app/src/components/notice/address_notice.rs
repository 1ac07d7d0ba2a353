//! The notice for an unconfirmed address.

use domain::wire::UnverifiedAddress;
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

use crate::{
    actions::address::SendAddressVerification,
    components::{icon::Tone, notice::notice, rich::rich_text},
    request::{PageRequest, drawn_for::form_address},
    wording::not_delivered,
};

/// What the person has to confirm the address for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NeededFor {
    /// Creates API keys.
    Keys,
    /// Invites people.
    Team,
    KeysAndTeam,
}

/// Renders the notice. `here` is the page's path, to return to.
pub(crate) fn address_notice(
    req: &PageRequest,
    unverified: &UnverifiedAddress,
    needed_for: NeededFor,
    here: &'static str,
) -> AnyView {
    let UnverifiedAddress { email, sends_mail, undelivered } = unverified;
    let outcome = match req.query("proof").as_deref() {
        Some("sent") if undelivered.is_none() => Some(text!(notice_address_sent, email = email.as_str())),
        Some("throttled") => Some(text!(notice_address_throttled)),
        Some("failed") => Some(text!(notice_address_failed)),
        _ => None,
    };
    let lead = match needed_for {
        NeededFor::Keys => text!(notice_address_for_keys, email = email.as_str()),
        NeededFor::Team => text!(notice_address_for_team, email = email.as_str()),
        NeededFor::KeysAndTeam => text!(notice_address_for_account, email = email.as_str()),
    };
    let way = if *sends_mail {
        let mail = match undelivered {
            None => view! { <p>{text!(notice_address_open_link)}</p> }.into_any(),
            Some(undelivered) => view! {
                <p class="breaking" role="status"><b>{text!(notice_address_undelivered, email = email.as_str(), problem = not_delivered(undelivered))}</b></p>
                <p>{rich_text(rich!(notice_address_undelivered_action, settings = "/settings/account#address"))}</p>
            }
            .into_any(),
        };
        view! {
            {mail}
            <form class="actions" method="post" action=form_address(SendAddressVerification::PATH)>
                <input type="hidden" name="next" value=here/>
                <button class="button">{text!(notice_address_send_again)}</button>
            </form>
        }
        .into_any()
    } else {
        view! {
            <p>{text!(notice_address_no_mail)}</p>
            <p class="breaking"><code>"server prove-address --email ADDRESS"</code></p>
        }
        .into_any()
    };
    let body = view! {
        <p class="breaking">{lead}</p>
        {outcome.map(|outcome| view! { <p role="status"><b>{outcome}</b></p> })}
        {way}
    };
    notice(Tone::Near, text!(notice_address_head), body)
}
