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
    lists::page::<Order>(tx, call, |it| {
        call.filter_allows("customer_id", Some(&it.customer))
            && call.filter_allows("product_id", Some(&it.product))
            && call.filter_allows("subscription_id", it.subscription.as_deref())
            && call.filter_allows("checkout_id", it.checkout.as_deref())
    })
}

pub(crate) fn retrieve(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<Order>(tx, &call.account, &call.id)?.json(tx)))
}
