//! Files beside the pages: assets that are compiled into the binary, the brand of the installation, `security.txt`.

pub(in crate::http) mod assets;
pub(in crate::http) mod brand;
pub(in crate::http) mod security_txt;
