//! The notice for an unconfirmed address.

use domain::wire::UnverifiedAddress;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::address::SendAddressVerification,
    components::{icon::Tone, notice::notice},
    request::{PageRequest, drawn_for::form_address},
    wording::not_delivered,
};

/// Renders the notice. `needed_for` completes "Confirm it to …"; `here` is the page's path, to return to.
pub(crate) fn address_notice(
    req: &PageRequest,
    unverified: &UnverifiedAddress,
    needed_for: &str,
    here: &'static str,
) -> AnyView {
    let UnverifiedAddress { email, sends_mail, undelivered } = unverified;
    let said = match req.query("proof").as_deref() {
        Some("sent") if undelivered.is_none() => {
            Some(format!("A mail is on its way to {email}. Its link works for a day."))
        }
        Some("throttled") => {
            Some("Enough mails were sent for now. Look into your mail, or wait a quarter of an hour.".to_owned())
        }
        Some("failed") => Some("The mail could not be asked for. Try again in a minute.".to_owned()),
        _ => None,
    };
    let lead = format!("{email} is not confirmed as yours yet. Confirm it to {needed_for}.");
    let way = if *sends_mail {
        let mail = match undelivered {
            None => {
                view! { <p>"Open the link in the mail that Dues sent there, while you are signed in here."</p> }.into_any()
            }
            Some(undelivered) => view! {
                <p class="breaking" role="status"><b>{format!("The mail to {email} {}", not_delivered(undelivered))}</b></p>
                <p>
                    "If the address is right, send the mail again later. If it is wrong, "
                    <a href="/settings/account#address">"use another address"</a>
                    "."
                </p>
            }
            .into_any(),
        };
        view! {
            {mail}
            <form class="actions" method="post" action=form_address(SendAddressVerification::PATH)>
                <input type="hidden" name="next" value=here/>
                <button class="button">"Send the mail again"</button>
            </form>
        }
        .into_any()
    } else {
        view! {
            <p>"No mail is sent on this installation. Ask the person who runs it for a link. This command prints one:"</p>
            <p class="breaking"><code>"server prove-address --email ADDRESS"</code></p>
        }
        .into_any()
    };
    let body = view! {
        <p class="breaking">{lead}</p>
        {said.map(|said| view! { <p role="status"><b>{said}</b></p> })}
        {way}
    };
    notice(Tone::Near, "Confirm your address", body)
}
