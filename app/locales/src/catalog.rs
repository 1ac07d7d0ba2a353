//! The English messages and the files of the built-in languages, as the build script found them.

/// The language that every message exists in.
pub(crate) const REFERENCE: &str = "en";
/// How the ids of translations of catalog names begin.
pub(crate) const NAMES: &str = "catalog-";

/// A message of the reference language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    pub(crate) id: &'static str,
    pub(crate) args: &'static [&'static str],
    pub(crate) links: &'static [&'static str],
    pub(crate) is_rich: bool,
}

include!(concat!(env!("OUT_DIR"), "/specs.rs"));
include!(concat!(env!("OUT_DIR"), "/files.rs"));
