//! `/settings/customers/subscriptions`: the list of subscriptions, and the confirmation before one is canceled.

use std::borrow::Cow;

use billing::{
    payment::merchant::{MerchantSubscription, Page},
    service::base::permission::Merchant,
};
use domain::{account::Viewer, subscription::ProviderStatus};
use leptos::{prelude::*, server_fn::ServerFn};
use locales::{rich, text};

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
        rich::rich_text,
        table::{Column, RowAlign, record_table},
    },
    request::{PageRequest, draft::Draft, drawn_for::form_address},
    wording::day,
};

pub(crate) fn subscriptions() -> AnyView {
    signed_in_page(|services, viewer, req| async move {
        let draft = Draft::take(&req, &[EndCustomerSubscription::PATH]);
        let Ok(merchant) = Merchant::admin(&viewer) else { return Ok(page(&req, viewer, None, &draft)) };
        let account = Account::from_request(&services, &merchant, &req).await?;
        let customer = req.query("customer");
        let listed = services
            .white_label()
            .page_of_subscriptions(&merchant, account.named, customer.as_deref(), &account.page_query())
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
            text!(customers_subscription_unlisted),
            view! { <p>{text!(customers_subscription_unlisted_means)}</p> },
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
        entry("list", text!(customers_of_one), Some(rich_text(rich!(customers_of_one_note, all = all))), list)
    });
    let account = account_page.map(|account_page| &account_page.account);
    tab_page(req, viewer, Tab::Subscriptions, account, draft, gone, entries)
}

fn list(listed: &Page<MerchantSubscription>, account: &Account, of_one: Option<&str>, workspace: &str) -> AnyView {
    let page_links = account.page_links(Tab::Subscriptions, listed.next.as_deref());
    if listed.items.is_empty() {
        let words = match (of_one, &account.after) {
            (Some(_), _) => text!(customers_no_subscriptions_of_one),
            (None, Some(_)) => text!(customers_no_more_subscriptions),
            (None, None) => text!(customers_no_subscriptions),
        };
        return view! { <div class="empty"><p>{words}</p>{page_links}</div> }.into_any();
    }
    let rows = listed.items.iter().map(|subscription| row(subscription, account, of_one)).collect_view();
    let table = record_table(
        RowAlign::Middle,
        text!(customers_subscriptions_of_workspace, workspace = workspace),
        [
            Column::Text(text!(customers_product_and_customer)),
            Column::Text(text!(customers_status)),
            Column::Text(text!(customers_period_ends)),
            Column::Button(text!(customers_actions)),
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
        let of = text!(customers_cancel_of, product = &subscription.product, customer = &customer_name);
        let of = format!(" {of}");
        view! { <a class="plain stop" href=to>{text!(customers_cancel)}<span class="unseen">{of}</span></a> }
    });
    view! {
        <tr role="row">
            <th role="rowheader" scope="row">
                <span class="breaking"><bdi>{subscription.product.clone()}</bdi></span><br/><span class="note breaking"><bdi>{customer_name.clone()}</bdi></span>
            </th>
            <td role="cell" data-label=text!(customers_status)>{state(tone, word)}</td>
            <td role="cell" class="nowrap" data-label=text!(customers_period_ends)>{subscription.period_end.map(day)}</td>
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

fn subscription_state(subscription: &MerchantSubscription) -> (Tone, Cow<'static, str>) {
    match subscription.status.parse() {
        Ok(status) if subscription.cancel_at_period_end && ProviderStatus::is_live(status) => {
            (Tone::Near, text!(customers_is_ending))
        }
        Ok(ProviderStatus::Active) => (Tone::Ok, text!(customers_is_active)),
        Ok(ProviderStatus::Trialing) => (Tone::Ok, text!(customers_is_trialing)),
        Ok(ProviderStatus::PastDue | ProviderStatus::Unpaid) => (Tone::Near, text!(customers_is_past_due)),
        Ok(ProviderStatus::Incomplete) => (Tone::Near, text!(customers_is_incomplete)),
        Ok(ProviderStatus::IncompleteExpired) => (Tone::Off, text!(customers_is_expired)),
        Ok(ProviderStatus::Canceled) => (Tone::Off, text!(customers_is_canceled)),
        Ok(ProviderStatus::Paused) => (Tone::Off, text!(customers_is_paused)),
        Err(_) => (Tone::Off, subscription.status.clone().into()),
    }
}

/// Renders the confirmation before a subscription is canceled.
fn confirmation(req: &PageRequest, viewer: Viewer, account: &Account, subscription: &MerchantSubscription) -> AnyView {
    let (product, customer_name, provider) = (&subscription.product, customer_name(subscription), account.title());
    let title = text!(customers_cancel_ask, product = product, customer = customer_name);
    let end = subscription.period_end.map(day);
    let means = match (&end, subscription.cancel_at_period_end) {
        (Some(end), true) => rich!(customers_cancel_is_ending, end = end),
        (None, true) => text!(customers_cancel_is_ending_undated).into(),
        (Some(end), false) if subscription.status == "active" => {
            rich!(customers_cancel_paid, end = end, provider = provider)
        }
        (Some(end), false) => rich!(customers_cancel_unpaid, end = end, provider = provider),
        (None, false) => text!(customers_cancel_undated, provider = provider).into(),
    };
    let with_period = (!subscription.cancel_at_period_end).then(|| {
        let label = match end {
            Some(end) => text!(customers_cancel_on, end = end),
            None => text!(customers_cancel_at_period_end),
        };
        view! { <button class="button stop" name="when" value="period">{label}</button> }
    });
    let keep = match req.query("customer") {
        Some(customer) => account.address(Tab::Subscriptions, &[("customer", customer.as_str())]),
        None => account.here(Tab::Subscriptions, &[]),
    };
    let body = view! {
        <div class="stack">
            <p class="note"><a href=keep.clone()>{text!(customers_all_subscriptions)}</a></p>
            <h1>{title.clone()}</h1>
            <p class="lead">{rich_text(means)}</p>
        </div>
        <p>{text!(customers_cancel_now_means, provider = provider)}</p>
        <form class="actions" method="post" action=form_address(EndCustomerSubscription::PATH)>
            {account.hidden()}
            <input type="hidden" name="subscription" value=subscription.id.clone()/>
            {with_period}
            <button class="button stop" name="when" value="now">{text!(customers_cancel_now)}</button>
            <a href=keep>{text!(customers_keep)}</a>
        </form>
    };
    let opening = opening_beside(settings_nav(SettingsPage::Customers), body);
    frame(title, Place::Settings, Some(viewer), opening)
}
