//! Files that are compiled into the binary: assets of the pages, documents, `security.txt`.

pub(super) mod assets;
pub(super) mod security_txt;
