//! Files that are compiled into the binary: assets of the pages, documents, `security.txt`.

pub(in crate::http) mod assets;
pub(in crate::http) mod security_txt;
