//! `/v1/orders`

use crate::{
    polar::{
        call::{Answer, Call, Reply},
        lists,
        objects::{Resource, find, order::Order},
    },
    storage::Transaction,
};

pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    lists::page::<Order>(tx, call, |order| {
        call.filter_allows("customer_id", Some(&order.customer))
            && call.filter_allows("product_id", Some(&order.product))
            && call.filter_allows("subscription_id", order.subscription.as_deref())
            && call.filter_allows("checkout_id", order.checkout.as_deref())
    })
}

pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<Order>(tx, &call.account, &call.id)?.json(tx)))
}
