//! The manifest of a back-up: a block after the last page of the database, so that the file is also a `SQLite` database
//! that other tools can open.
//!
//! The block has a title, the manifest as a line of JSON, and the SHA-256 of that line, and is filled up with line
//! feeds. `tail -c 1024 FILE` prints it. A file without it is incomplete.

use aws_lc_rs::digest::{SHA256, digest};
use domain::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The size of the block.
pub(super) const BLOCK_BYTES: u16 = 1024;
const TITLE: &str = "\nDues backup\n";
/// The version of the format that is written. Other ones are refused.
const FORMAT: u32 = 1;

/// What a back-up holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    pub(super) format: u32,
    /// The back-up holds all that was acknowledged before this time, in RFC 3339.
    pub(super) created_at: String,
    /// The version of Dues that made the back-up.
    pub(super) dues: String,
    /// The version of the database's last migration.
    pub(super) schema: i64,
    /// The size of the database, without this block.
    pub(super) size_bytes: u64,
    /// The SHA-256 of the database, in hexadecimal.
    pub(super) sha256: String,
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ManifestError {
    #[error("the file is no back-up of Dues, or its end is missing")]
    Missing,
    #[error("the manifest of the back-up is damaged")]
    Damaged,
    #[error("the back-up has format {0}, which this version of Dues does not know")]
    UnknownFormat(u32),
}

impl Manifest {
    pub(super) fn new(created_at: Timestamp, schema: i64, size_bytes: u64, sha256: String) -> Self {
        let dues = env!("CARGO_PKG_VERSION").to_owned();
        Self { format: FORMAT, created_at: created_at.rfc3339_secs(), dues, schema, size_bytes, sha256 }
    }

    pub(super) fn to_block(&self) -> serde_json::Result<Vec<u8>> {
        let line = serde_json::to_string(self)?;
        let mut block = format!("{TITLE}{line}\n{}\n", sha256(&line)).into_bytes();
        block.resize(BLOCK_BYTES.into(), b'\n');
        Ok(block)
    }

    pub(super) fn from_block(block: &[u8]) -> Result<Self, ManifestError> {
        #[derive(Deserialize)]
        struct AnyFormat {
            format: u32,
        }
        let rest = block.strip_prefix(TITLE.as_bytes()).ok_or(ManifestError::Missing)?;
        let text = std::str::from_utf8(rest).map_err(|_| ManifestError::Damaged)?;
        let mut parts = text.splitn(3, '\n');
        let (Some(line), Some(sum), Some(padding)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(ManifestError::Damaged);
        };
        if sum != sha256(line) || padding.bytes().any(|byte| byte != b'\n') {
            return Err(ManifestError::Damaged);
        }
        let AnyFormat { format } = serde_json::from_str(line).map_err(|_| ManifestError::Damaged)?;
        if format != FORMAT {
            return Err(ManifestError::UnknownFormat(format));
        }
        serde_json::from_str(line).map_err(|_| ManifestError::Damaged)
    }
}

fn sha256(line: &str) -> String {
    hex::encode(digest(&SHA256, line.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest() -> Manifest {
        Manifest::new(Timestamp::from_secs(1_768_000_000), 67, 4096, "ab".repeat(32))
    }

    #[test]
    fn a_manifest_is_read_as_it_was_written() {
        let block = manifest().to_block().unwrap();
        assert_eq!(block.len(), usize::from(BLOCK_BYTES));
        assert_eq!(Manifest::from_block(&block), Ok(manifest()));
    }

    #[test]
    fn any_changed_byte_is_found() {
        let block = manifest().to_block().unwrap();
        for place in 0..block.len() {
            for flip in [1, 0x80] {
                let mut changed = block.clone();
                changed[place] ^= flip;
                assert!(Manifest::from_block(&changed).is_err(), "byte {place}");
            }
        }
        for other in [&b""[..], b"SQLite format 3", &[0; 1024]] {
            assert_eq!(Manifest::from_block(other), Err(ManifestError::Missing));
        }
    }

    #[test]
    fn a_later_format_is_named() {
        let later = Manifest { format: 2, ..manifest() };
        assert_eq!(Manifest::from_block(&later.to_block().unwrap()), Err(ManifestError::UnknownFormat(2)));
    }
}
