//! `/docs`: the documents of `server/docs`, the API reference, and the search in both.

mod articles;
mod code;
mod contents;
mod documentation;
mod layout;
mod markdown;
mod overview;
mod picture;
mod reference;
mod search;

pub use self::documentation::{Documentation, DocumentationSource};
pub(crate) use self::{
    articles::document,
    overview::overview,
    reference::{operations, reference},
    search::search,
};
