//! `/v1/customer-sessions`

use super::customers::by_external_id;
use crate::{
    polar::{
        call::{Answer, Call, Reply},
        error::PolarError,
        objects::{Resource, customer::Customer, customer_session::CustomerSession, referenced},
    },
    storage::{Unit, ids},
};

const LIFE_SECS: i64 = 3600;

pub(crate) fn create(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let customer = match (call.text("customer_id")?, call.text("external_customer_id")?) {
        (Some(id), _) => referenced::<Customer>(unit, &call.account, "customer_id", &id)?,
        (None, Some(id)) => by_external_id(unit, call, &id)
            .ok_or_else(|| PolarError::field("external_customer_id", "value_error", "Customer does not exist.", id))?,
        (None, None) => return Err(PolarError::missing("customer_id")),
    };
    let session = CustomerSession {
        id: ids::uuid(),
        account: call.account.clone(),
        created: unit.now,
        expires_at: unit.now.plus_secs(LIFE_SECS),
        token: ids::secret("polar_cst"),
        customer: customer.id,
        return_url: call.web_url("return_url")?,
    };
    let body = session.json(unit);
    unit.put(session);
    Ok(Reply::Made(body))
}
