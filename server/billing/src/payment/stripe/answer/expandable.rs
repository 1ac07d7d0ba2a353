//! Fields that hold an object or its id.

use serde::Deserialize;

/// A field that holds the object where it was expanded, else its id.
#[derive(Deserialize)]
#[serde(untagged)]
pub(in crate::payment::stripe) enum Expandable<T> {
    Id(String),
    Object(T),
}

impl<T> Expandable<T> {
    pub(in crate::payment::stripe) fn object(&self) -> Option<&T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }

    pub(in crate::payment::stripe) fn into_object(self) -> Option<T> {
        match self {
            Self::Id(_) => None,
            Self::Object(object) => Some(object),
        }
    }
}

impl Expandable<Object> {
    pub(in crate::payment::stripe) fn id(&self) -> &str {
        match self {
            Self::Id(id) | Self::Object(Object { id }) => id,
        }
    }
}

/// Any object of which only the id is read.
#[derive(Deserialize)]
pub(in crate::payment::stripe) struct Object {
    pub id: String,
}
