//! `/v1/subscription_schedules`: schedules that the portal creates. The sandbox's API cannot create or update one.

use crate::{
    storage::Transaction,
    stripe::{
        billing::schedule,
        call::{Answer, Call},
        error::StripeError,
        lists,
        objects::{
            Resource,
            customer::Customer,
            find, must_exist,
            subscription::Subscription,
            subscription_schedule::{ScheduleStatus, SubscriptionSchedule},
        },
    },
};

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = call.params.text("customer")?;
    must_exist::<Customer>(tx, customer.as_deref(), "customer")?;
    let keep =
        |schedule: &SubscriptionSchedule| customer.as_ref().is_none_or(|customer| schedule.customer == *customer);
    Ok(lists::page_of(tx, call, "/v1/subscription_schedules", customer.as_deref(), keep)?.into())
}

/// Releases a schedule. Its subscription continues as it is.
pub(crate) fn release(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    call.params.accept(&["preserve_cancel_date"]);
    call.params.finish()?;
    let found = active(tx, call, "release")?;
    let mut subscription = find::<Subscription>(tx, &found.subscription)?;
    schedule::release(tx, found, &mut subscription);
    subscription.save(tx);
    Ok(find::<SubscriptionSchedule>(tx, &call.id)?.json(tx).into())
}

fn active(tx: &Transaction<'_>, call: &Call, what: &str) -> Result<SubscriptionSchedule, StripeError> {
    let found = find::<SubscriptionSchedule>(tx, &call.id)?;
    if found.status == ScheduleStatus::Active {
        return Ok(found);
    }
    let status = match found.status {
        ScheduleStatus::Active => "active",
        ScheduleStatus::Released => "released",
        ScheduleStatus::Canceled => "canceled",
    };
    Err(StripeError::refused(format!(
        "You cannot {what} a subscription schedule that is currently in the `{status}` status."
    )))
}
