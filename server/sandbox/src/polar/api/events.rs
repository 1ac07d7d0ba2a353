//! `/v1/events`: what Polar's own system notes of customers. Nothing is ingested here.

use aws_lc_rs::digest;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::{
    ids,
    polar::{
        call::{Answer, Call, time},
        lists,
        objects::{Shown, customer::Customer},
    },
    world::Unit,
};

/// Newest first.
pub(crate) fn list(unit: &mut Unit<'_>, call: &Call) -> Answer {
    let own = unit.all::<Customer>().filter(|it| it.account().key == call.account.key);
    let mut noted: Vec<_> = own.flat_map(|it| Noted::of(it)).filter(|it| it.is_asked_for(call)).collect();
    noted.sort_by_key(|it| std::cmp::Reverse(it.at));
    lists::cut(call, &noted, |it| it.json(unit))
}

/// An event of a customer.
struct Noted<'c> {
    name: &'static str,
    label: &'static str,
    at: Timestamp,
    customer: &'c Customer,
}

impl<'c> Noted<'c> {
    fn of(customer: &'c Customer) -> Vec<Self> {
        let made = Self { name: "customer.created", label: "Customer Created", at: customer.created, customer };
        let deleted =
            customer.deleted.map(|at| Self { name: "customer.deleted", label: "Customer Deleted", at, customer });
        [Some(made), deleted].into_iter().flatten().collect()
    }

    fn is_asked_for(&self, call: &Call) -> bool {
        call.lets("customer_id", Some(&self.customer.id))
            && call.lets("external_customer_id", self.customer.external_id.as_deref())
            && call.lets("name", Some(self.name))
            && call.lets("source", Some("system"))
    }

    fn json(&self, unit: &Unit<'_>) -> Value {
        let customer = self.customer;
        // The same event has the same id each time.
        let id = digest::digest(&digest::SHA256, format!("{} {}", self.name, customer.id).as_bytes());
        json!({
            "id": ids::uuid_of(id.as_ref()),
            "timestamp": time(self.at),
            "organization_id": customer.account.organization,
            "customer_id": customer.id,
            "customer": customer.json(unit),
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
