//! A type for each message. Its fields are the arguments and the links of the English text.

#![allow(
    non_camel_case_types,
    missing_debug_implementations,
    clippy::empty_structs_with_brackets,
    clippy::elidable_lifetime_names,
    clippy::needless_lifetimes,
    clippy::doc_markdown,
    reason = "generated from messages"
)]

use crate::{
    message::{Message, PlainMessage, RichMessage},
    value::{Args, Href, Value},
};

include!(concat!(env!("OUT_DIR"), "/ids.rs"));
