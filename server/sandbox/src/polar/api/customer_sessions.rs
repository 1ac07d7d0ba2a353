//! `/v1/customer-sessions`

use super::customers::by_external_id;
use crate::{
    polar::{
        call::{Answer, Call, Reply},
        error::PolarError,
        objects::{Resource, customer::Customer, customer_session::CustomerSession, referenced},
    },
    storage::{Transaction, ids},
};

const LIFE_SECS: i64 = 3600;

pub(crate) fn create(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customer = match (call.text("customer_id")?, call.text("external_customer_id")?) {
        (Some(id), _) => referenced::<Customer>(tx, &call.account, "customer_id", &id)?,
        (None, Some(id)) => by_external_id(tx, call, &id)
            .ok_or_else(|| PolarError::field("external_customer_id", "value_error", "Customer does not exist.", id))?,
        (None, None) => return Err(PolarError::missing("customer_id")),
    };
    let session = CustomerSession {
        id: ids::uuid(),
        account: call.account.clone(),
        created: tx.now,
        expires_at: tx.now.plus_secs(LIFE_SECS),
        token: ids::secret("polar_cst"),
        customer: customer.id,
        return_url: call.web_url("return_url")?,
    };
    let body = session.json(tx);
    tx.put(session);
    Ok(Reply::Made(body))
}
