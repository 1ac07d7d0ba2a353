//! `/v1/orders`

use crate::{
    polar::{
        call::{Answer, Call, Reply},
        lists,
        objects::{Resource, find, order::Order},
    },
    storage::Unit,
};

pub(crate) fn list(unit: &mut Unit<'_>, call: &Call) -> Answer {
    lists::page::<Order>(unit, call, |it| {
        call.filter_allows("customer_id", Some(&it.customer))
            && call.filter_allows("product_id", Some(&it.product))
            && call.filter_allows("subscription_id", it.subscription.as_deref())
            && call.filter_allows("checkout_id", it.checkout.as_deref())
    })
}

pub(crate) fn retrieve(unit: &mut Unit<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<Order>(unit, &call.account, &call.id)?.json(unit)))
}
