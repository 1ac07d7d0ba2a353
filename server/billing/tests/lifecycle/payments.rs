//! Payments that are late, invoices that are sent, and trials before the first payment.

mod dunning;
mod sent_invoices;
mod trials;
