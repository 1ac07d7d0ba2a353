//! `/settings/customers/subscriptions`: the list of subscriptions, and the confirmation before one is canceled.

use billing::{
    payment::merchant::{MerchantSubscription, Page},
    service::base::permission::Biller,
};
use domain::{account::Viewer, subscription::ProviderStatus};
use leptos::{prelude::*, server_fn::ServerFn};

use super::{
    account::{Account, AccountPage, Tab, tab_page},
    words,
};
use crate::{
    actions::customers::EndCustomerSubscription,
    components::{
        icon::{Tone, state},
        notice::alert,
        page::{
            Place,
            access::signed_in_page,
            entry::{entry, opening_beside},
            frame,
            settings_nav::{SettingsPage, settings_nav},
        },
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
    wording::{Sentence, day},
};

pub(crate) fn subscriptions() -> AnyView {
    signed_in_page(|services, viewer, req| async move {
        let draft = Draft::take(&req, &[EndCustomerSubscription::PATH]);
        let Ok(biller) = Biller::admin(&viewer) else { return Ok(page(&req, viewer, None, &draft)) };
        let account = Account::from_request(&services, &biller, &req).await?;
        let customer = req.query("customer");
        let listed = services
            .white_label()
            .page_of_subscriptions(&biller, account.named, customer.as_deref(), &account.page_query())
            .await;
        Ok(page(&req, viewer, Some(&AccountPage::new(account, listed)?), &draft))
    })
}

/// Renders the page. `account_page` is `None` for members, who may not see subscriptions.
pub(in crate::pages) fn page(
    req: &PageRequest,
    viewer: Viewer,
    account_page: Option<&AccountPage<MerchantSubscription>>,
    draft: &Draft,
) -> AnyView {
    let to_end = req.query("end").filter(|_| account_page.is_some());
    let found = account_page.and_then(|AccountPage { account, listed }| {
        let wanted = to_end.as_deref()?;
        Some((account, listed.as_ref().ok()?.items.iter().find(|subscription| subscription.id == wanted)?))
    });
    if let Some((account, subscription)) = found {
        return confirmation(req, viewer, account, subscription);
    }
    let gone = to_end.map(|_| {
        alert(
            Tone::Off,
            "That subscription is not in this part of the list",
            view! { <p>"Nothing was ended. Look for it among the older ones."</p> },
        )
    });
    let of_one = req.query("customer");
    let entries = account_page.map(|AccountPage { account, listed }| {
        let list = match listed {
            Ok(listed) => list(listed, account, of_one.as_deref(), &viewer.current_membership.tenant_name),
            Err(error) => words::trouble(error, account.title()),
        };
        if of_one.is_none() {
            return account.entry(list);
        }
        let all = account.address(Tab::Subscriptions, &[]);
        let note = view! { "Those that are active. "<a href=all>"All subscriptions"</a> }.into_any();
        entry("list", "Of one customer", Some(note), list)
    });
    let account = account_page.map(|account_page| &account_page.account);
    tab_page(req, viewer, Tab::Subscriptions, account, draft, gone, entries)
}

fn list(listed: &Page<MerchantSubscription>, account: &Account, of_one: Option<&str>, workspace: &str) -> AnyView {
    let page_links = account.page_links(Tab::Subscriptions, listed.next.as_deref());
    if listed.items.is_empty() {
        let words = match (of_one, &account.after) {
            (Some(_), _) => "This customer pays for nothing now.",
            (None, Some(_)) => "No more subscriptions.",
            (None, None) => "No subscriptions yet.",
        };
        return view! { <div class="empty"><p>{words}</p>{page_links}</div> }.into_any();
    }
    let rows = listed.items.iter().map(|subscription| row(subscription, account, of_one)).collect_view();
    let table = record_table(
        RowAlign::Middle,
        format!("Subscriptions of customers of {workspace}"),
        [
            Column::Text("Product and customer"),
            Column::Text("Status"),
            Column::Text("Period ends"),
            Column::Button("Change"),
        ],
        rows,
    );
    view! {
        {table}
        {page_links}
    }
    .into_any()
}

fn row(subscription: &MerchantSubscription, account: &Account, of_one: Option<&str>) -> impl IntoView + use<> {
    let (tone, word) = subscription_state(subscription);
    let to = of_one.map(|customer| ("customer", customer)).into_iter().chain([("end", subscription.id.as_str())]);
    let to = account.here(Tab::Subscriptions, &to.collect::<Vec<_>>());
    let customer_name = customer_name(subscription);
    let end = is_live(subscription).then(|| {
        view! { <a class="plain stop" href=to>"End"<span class="unseen">{format!(" {} of {customer_name}", subscription.product)}</span></a> }
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking">{subscription.product.clone()}</span><br/><span class="note breaking">{customer_name.clone()}</span>
            </th>
            <td role="cell" data-label="Status">{state(tone, word)}</td>
            <td role="cell" class="nowrap" data-label="Period ends">{subscription.period_end.map(day)}</td>
            <td role="cell" class="num">{end}</td>
        </tr>
    }
}

fn customer_name(subscription: &MerchantSubscription) -> String {
    subscription
        .customer_email
        .clone()
        .filter(|email| !email.is_empty())
        .unwrap_or_else(|| subscription.customer.clone())
}

fn is_live(subscription: &MerchantSubscription) -> bool {
    subscription.status.parse::<ProviderStatus>().map_or(true, ProviderStatus::is_live)
}

fn subscription_state(subscription: &MerchantSubscription) -> (Tone, String) {
    let word = |tone, word: &str| (tone, word.to_owned());
    match subscription.status.parse() {
        Ok(status) if subscription.cancel_at_period_end && ProviderStatus::is_live(status) => {
            word(Tone::Near, "ends with its period")
        }
        Ok(ProviderStatus::Active) => word(Tone::Ok, "active"),
        Ok(ProviderStatus::Trialing) => word(Tone::Ok, "on trial"),
        Ok(ProviderStatus::PastDue | ProviderStatus::Unpaid) => word(Tone::Near, "a payment is due"),
        Ok(ProviderStatus::Incomplete) => word(Tone::Near, "waits for the first payment"),
        Ok(ProviderStatus::IncompleteExpired) => word(Tone::Off, "never paid"),
        Ok(ProviderStatus::Canceled) => word(Tone::Off, "ended"),
        Ok(ProviderStatus::Paused) => word(Tone::Off, "paused"),
        Err(_) => word(Tone::Off, &subscription.status),
    }
}

/// Renders the confirmation before a subscription is canceled.
fn confirmation(req: &PageRequest, viewer: Viewer, account: &Account, subscription: &MerchantSubscription) -> AnyView {
    let (product, customer_name, provider) =
        (subscription.product.clone(), customer_name(subscription), account.title());
    let title = format!("End {product} of {customer_name}?");
    let end = subscription.period_end.map_or_else(|| "the end of its period".to_owned(), day);
    let then = if subscription.cancel_at_period_end {
        Sentence::new("It ends on ").bold(end.clone()).then(" already. It can still be ended at once.")
    } else {
        let paid = if subscription.status == "active" { ", which is paid" } else { "" };
        Sentence::new("Ended with its period, it stays on until ")
            .bold(end.clone())
            .then(format!("{paid}. Then {provider} charges nothing more."))
    };
    let with_period = (!subscription.cancel_at_period_end).then(|| {
        view! { <button class="button stop" name="when" value="period">{format!("End it on {end}")}</button> }
    });
    let keep = match req.query("customer") {
        Some(customer) => account.address(Tab::Subscriptions, &[("customer", customer.as_str())]),
        None => account.here(Tab::Subscriptions, &[]),
    };
    let body = view! {
        <div class="stack">
            <p class="note"><a href=keep.clone()>"All subscriptions"</a></p>
            <h1>{title.clone()}</h1>
            <p class="lead">{then.view()}</p>
        </div>
        <p>{format!("Ended at once, it is over now, and {provider} gives nothing back by itself. Neither can be taken back here.")}</p>
        <form class="actions" method="post" action=form_address(EndCustomerSubscription::PATH)>
            {account.hidden()}
            <input type="hidden" name="subscription" value=subscription.id.clone()/>
            {with_period}
            <button class="button stop" name="when" value="now">"End it at once"</button>
            <a href=keep>"Keep it"</a>
        </form>
    };
    let opening = opening_beside(settings_nav(SettingsPage::Customers), body);
    frame(title, Place::Settings, Some(viewer), opening)
}
