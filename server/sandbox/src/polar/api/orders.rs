//! `/v1/orders`

use crate::{
    polar::{
        call::{Answer, Call, Reply},
        lists,
        objects::{Shown, find, order::Order},
    },
    world::Unit,
};

pub(crate) fn list(unit: &mut Unit<'_>, call: &Call) -> Answer {
    lists::page::<Order>(unit, call, |it| {
        call.lets("customer_id", Some(&it.customer))
            && call.lets("product_id", Some(&it.product))
            && call.lets("subscription_id", it.subscription.as_deref())
            && call.lets("checkout_id", it.checkout.as_deref())
    })
}

pub(crate) fn retrieve(unit: &mut Unit<'_>, call: &Call) -> Answer {
    Ok(Reply::Found(find::<Order>(unit, &call.account, &call.id)?.json(unit)))
}
