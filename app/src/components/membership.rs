//! A workspace's plan and subscription: status in words, facts, notices, and plans to compare.

pub(crate) mod activity;
pub(crate) mod cancellation;
pub(crate) mod compare_table;
pub(crate) mod cycle;
pub(crate) mod discounts;
pub(crate) mod invoices;
pub(crate) mod limit_notices;
pub(crate) mod notices;
pub(crate) mod plan_card;
pub(crate) mod seats;
pub(crate) mod seats_status;
pub(crate) mod status;
pub(crate) mod status_facts;
pub(crate) mod subscription_change;
pub(crate) mod unmanaged;
