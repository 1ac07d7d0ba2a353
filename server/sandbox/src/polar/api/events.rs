//! `/v1/events`: system events of customers. Events cannot be ingested.

use aws_lc_rs::digest;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::{
    polar::{
        call::{Answer, Call},
        lists,
        objects::{Resource, customer::Customer, time},
    },
    storage::{Transaction, ids},
};

/// Lists the account's events, newest first.
pub(crate) fn list(tx: &mut Transaction<'_>, call: &Call) -> Answer {
    let customers = tx.all::<Customer>().filter(|customer| customer.account().key == call.account.key);
    let mut events: Vec<_> =
        customers.flat_map(|customer| SystemEvent::of(customer)).filter(|event| event.matches_query(call)).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    lists::paginate(call, &events, |event| event.json(tx))
}

/// An event of a customer.
struct SystemEvent<'c> {
    name: &'static str,
    label: &'static str,
    at: Timestamp,
    customer: &'c Customer,
}

impl<'c> SystemEvent<'c> {
    fn of(customer: &'c Customer) -> Vec<Self> {
        let created = Self { name: "customer.created", label: "Customer Created", at: customer.created, customer };
        let deleted =
            customer.deleted.map(|at| Self { name: "customer.deleted", label: "Customer Deleted", at, customer });
        [Some(created), deleted].into_iter().flatten().collect()
    }

    fn matches_query(&self, call: &Call) -> bool {
        call.filter_allows("customer_id", Some(&self.customer.id))
            && call.filter_allows("external_customer_id", self.customer.external_id.as_deref())
            && call.filter_allows("name", Some(self.name))
            && call.filter_allows("source", Some("system"))
    }

    fn json(&self, tx: &Transaction<'_>) -> Value {
        let customer = self.customer;
        // The id is derived, so that an event has the same id in each response.
        let id = digest::digest(&digest::SHA256, format!("{} {}", self.name, customer.id).as_bytes());
        json!({
            "id": ids::uuid_of(id.as_ref()),
            "timestamp": time(self.at),
            "organization_id": customer.account.organization,
            "customer_id": customer.id,
            "customer": customer.json(tx),
            "external_customer_id": null,
            "member_id": null,
            "external_member_id": null,
            "child_count": 0,
            "parent_id": null,
            "label": self.label,
            "source": "system",
            "name": self.name,
            "metadata": {
                "customer_id": customer.id,
                "customer_email": customer.email,
                "customer_name": customer.name,
                "customer_external_id": customer.shown_external_id(),
            },
        })
    }
}
