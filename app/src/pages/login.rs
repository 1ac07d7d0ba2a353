//! Signing in, and in the demo: as whom.

use billing::service::DemoAccount;
use domain::error_code::ErrorCode;
use leptos::{prelude::*, server_fn::ServerFn};

use crate::{
    actions::session::LogIn,
    components::{
        entry::opening,
        field::Field,
        icon::Tone,
        notice::alert,
        page::{Place, frame},
    },
    draft::Draft,
    drawn_for::form_address,
    local_path::{local_path, with_query},
    request::{Outcome, PageRequest, redirect, services},
    wording::day,
};

/// Where to go afterwards, if the address names a path of ours.
pub(super) fn next(req: &PageRequest) -> Option<String> {
    req.query("next").and_then(|next| local_path(&next).map(ToOwned::to_owned))
}

/// How long to wait, as it stands in a sentence; never longer than a day.
pub(super) fn minutes(wait_secs: Option<i64>) -> String {
    if let Some(secs @ 2..=45) = wait_secs {
        return format!("{secs} seconds");
    }
    match wait_secs.unwrap_or(60).clamp(1, 86_400).div_euclid(60) + 1 {
        1 => "a minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}

/// What a code in the address says about the last try to get in: head and explanation.
pub(super) fn refusal(code: &str, wait_secs: Option<i64>) -> Option<(&'static str, String)> {
    use Outcome::{Done, Refused};

    Some(match Outcome::of(code) {
        Refused(ErrorCode::InvalidCredentials) => (
            "The e-mail or the password is not right",
            "Check both and try again. Capital letters count in the password.".to_owned(),
        ),
        Refused(ErrorCode::Throttled) => (
            "Too many tries",
            format!(
                "Wait {}, then try again. The right password does not work before that either.",
                minutes(wait_secs)
            ),
        ),
        Refused(ErrorCode::Busy) => {
            ("Too many people at once", "Nothing was changed. Try again in a few seconds.".to_owned())
        }
        Done("code_too_late") => {
            ("That took too long", "Sign in again: after the password, there are ten minutes for the code.".to_owned())
        }
        Refused(ErrorCode::Internal) => {
            ("Something broke on our side", "Nothing was changed. Try again in a minute.".to_owned())
        }
        Refused(ErrorCode::ValidationError) | Done(_) => return None,
        Refused(code) => (code.title(), code.message().to_owned()),
    })
}

/// The answer to the last try, read out and focused.
pub(super) fn refusal_notice(req: &PageRequest) -> Option<AnyView> {
    let wait_secs = req.query("wait").and_then(|secs| secs.parse().ok());
    let (head, body) = refusal(&req.query("code")?, wait_secs)?;
    Some(alert(Tone::Stop, head, view! {<p>{body}</p>}))
}

pub(crate) fn login() -> impl IntoView {
    let req = PageRequest::now()?;
    let next = next(&req);
    if req.account().is_some() {
        redirect(next.as_deref().unwrap_or("/membership"));
        return None;
    }
    let code = req.query("code");
    let signed_out = code.as_deref() == Some("signed_out");
    let invalid = code.as_deref() == Some(ErrorCode::InvalidCredentials.as_str());
    let is_session_over = code.as_deref() == Some("session_over");
    let draft = Draft::take_for_sign_in(&req);
    let services = services();
    let today = services.as_ref().map(|services| day(services.billing_now()));
    let demo = services.as_ref().and_then(|services| services.demo()).map(|accounts| demo_box(accounts).into_any());
    let to_signup = with_query("/signup", &next.iter().map(|next| ("next", next.as_str())).collect::<Vec<_>>());
    let wide = if demo.is_some() { "split even" } else { "stack" };
    Some(frame(
        "Sign in",
        Place::Elsewhere,
        None,
        view! {
            {opening(today.into_any(), view! {
                <div class=wide>
                    <div class="stack">
                        <h1>"Sign in to Dues."</h1>
                        <p class="lead">"What your workspace has, uses and pays."</p>
                        {refusal_notice(&req)}
                        {signed_out
                            .then(|| {
                                alert(Tone::Ok, "You are signed out", view! {
                                        <p>"This browser no longer knows who you are."</p>
                                    })
                            })}
                        {is_session_over
                            .then(|| {
                                alert(Tone::Near, "Your session is over", view! {
                                        <p>"Nothing was saved. Sign in, and you are back where you were."</p>
                                    })
                            })}
                        <form class="stack" method="post" action=form_address(LogIn::PATH)>
                            {next.map(|next| view! { <input type="hidden" name="next" value=next/> })}
                            {fields(invalid, &draft)}
                            <button class="button main">"Sign in"</button>
                            <p class="note">
                                "Forgot the password? "<a href="/password/forgot">"Choose a new one"</a>
                                "."
                            </p>
                            <p class="note">
                                "New here? "<a href=to_signup>"Open a workspace"</a>
                                ". Free costs nothing and asks for no card."
                            </p>
                        </form>
                    </div>
                    {demo}
                </div>
            })}
        },
    ))
}

fn fields(suspect: bool, draft: &Draft) -> impl IntoView + use<> {
    let email = Field {
        name: "email",
        label: "E-mail",
        kind: "email",
        autocomplete: "username",
        suspect,
        value: draft.value("email"),
        ..Field::default()
    };
    let password = Field {
        name: "password",
        label: "Password",
        kind: "password",
        autocomplete: "current-password",
        suspect,
        ..Field::default()
    };
    (email.view(), password.view())
}

/// Who can be tried out. The passwords stand in the start-up message, not on a page.
fn demo_box(accounts: &[DemoAccount]) -> impl IntoView + use<> {
    let rows = accounts
        .iter()
        .map(|DemoAccount { email, tenant, plan, may_change }| {
            let may = if *may_change { "change" } else { "look" };
            view! {
                <tr>
                    <th scope="row"><b>{email.clone()}</b><br/>{format!("{tenant}, {plan}")}</th>
                    <td>{may}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="receipt" aria-labelledby="h-demo">
            <h2 id="h-demo">"This is the demo"</h2>
            <p class="note">
                "Nothing here is real: no card is charged. The start-up message has the passwords."
            </p>
            <table class="ledger">
                <caption class="unseen">"Demo accounts"</caption>
                <thead><tr><th scope="col">"Sign in as"</th><th scope="col">"May"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_is_told_in_minutes_and_never_longer_than_a_day() {
        let said = |secs| refusal("throttled", secs).unwrap().1;
        assert!(said(Some(59)).starts_with("Wait a minute,"));
        assert!(said(Some(300)).starts_with("Wait 6 minutes,"));
        assert!(said(Some(i64::MAX)).starts_with("Wait 1441 minutes,"));
        assert!(said(Some(i64::MIN)).starts_with("Wait a minute,"));
        assert_eq!(refusal("anything", None), None);
    }
}
