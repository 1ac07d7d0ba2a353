//! An append-only file of committed changes, one line a transaction. It lets the state survive `kill -9`.
//!
//! A line is on disk before its request is answered. The request of an incomplete last line was never answered, so
//! opening the journal cuts that line off. A damaged line anywhere else is an error that names the file and line.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{self, BufRead, BufReader, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A row's kind, id, and value after a transaction. `None` means deleted.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Change(pub(crate) String, pub(crate) String, pub(crate) Option<Value>);

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    #[error("cannot use {path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is in use by another sandbox")]
    InUse { path: PathBuf },
    #[error("{path} is damaged at line {line}: {source}")]
    Damaged { path: PathBuf, line: usize, source: serde_json::Error },
    #[error("an earlier write to {path} failed half-way: restart the sandbox")]
    Torn { path: PathBuf },
}

/// The open journal, locked against other processes. The operating system releases the lock when the process ends.
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
    len: u64,
    lines: usize,
    torn: bool,
    _lock: File,
}

impl Journal {
    /// Opens or creates the journal in `dir` and passes every change to `replay`, oldest first.
    pub(crate) fn open(
        dir: &Path,
        mut replay: impl FnMut(Change) -> Result<(), serde_json::Error>,
    ) -> Result<Self, JournalError> {
        let path = dir.join("sandbox.journal");
        let io = |source| JournalError::Io { path: path.clone(), source };
        std::fs::create_dir_all(dir).map_err(io)?;
        let lock = File::create(dir.join("sandbox.lock")).map_err(io)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::InUse { path: path.clone() },
            TryLockError::Error(source) => JournalError::Io { path: path.clone(), source },
        })?;
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;

        let (mut len, mut lines) = (0, 0);
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(io)?;
            if line.last() != Some(&b'\n') {
                break;
            }
            lines += 1;
            let damaged = |source| JournalError::Damaged { path: path.clone(), line: lines, source };
            for change in serde_json::from_slice::<Vec<Change>>(&line).map_err(damaged)? {
                replay(change).map_err(damaged)?;
            }
            len += read as u64;
        }
        file.set_len(len).map_err(io)?;
        file.seek(SeekFrom::Start(len)).map_err(io)?;
        Ok(Self { path, file, len, lines, torn: false, _lock: lock })
    }

    /// Writes one transaction to disk. If that fails, cuts the file back to its former length.
    pub(crate) fn append(&mut self, changes: &[Change]) -> Result<(), JournalError> {
        if self.torn {
            return Err(JournalError::Torn { path: self.path.clone() });
        }
        let line = self.encode(changes)?;
        if let Err(source) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) {
            let undone = self.file.set_len(self.len).and_then(|()| self.file.seek(SeekFrom::Start(self.len)));
            self.torn = undone.is_err();
            return Err(JournalError::Io { path: self.path.clone(), source });
        }
        self.len += line.len() as u64;
        self.lines += 1;
        Ok(())
    }

    /// Whether the file has so many more lines than `rows` that a rewrite pays off.
    pub(crate) fn is_wasteful(&self, rows: usize) -> bool {
        self.lines > rows * 4 + 1000
    }

    /// Replaces the file's content with one line of the current rows. A crash leaves the old file or the new one.
    pub(crate) fn rewrite(&mut self, rows: &[Change]) -> Result<(), JournalError> {
        let line = self.encode(rows)?;
        let next = self.path.with_extension("next");
        let replaced = File::create(&next).and_then(|mut file| {
            file.write_all(&line)?;
            file.sync_all()?;
            std::fs::rename(&next, &self.path)?;
            if let Some(dir) = self.path.parent() {
                File::open(dir)?.sync_all()?;
            }
            Ok(file)
        });
        self.file = replaced.map_err(|source| JournalError::Io { path: self.path.clone(), source })?;
        self.len = line.len() as u64;
        self.lines = 1;
        Ok(())
    }

    fn encode(&self, changes: &[Change]) -> Result<Vec<u8>, JournalError> {
        let mut line = serde_json::to_vec(changes)
            .map_err(|source| JournalError::Io { path: self.path.clone(), source: source.into() })?;
        line.push(b'\n');
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn replayed(dir: &Path) -> (Journal, Vec<(String, Option<Value>)>) {
        let mut seen = Vec::new();
        let journal = Journal::open(dir, |Change(_, id, value)| {
            seen.push((id, value));
            Ok(())
        });
        (journal.unwrap(), seen)
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_rest_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = replayed(dir.path());
        journal.append(&[Change("customer".into(), "cus_1".into(), Some(json!({"a": 1})))]).unwrap();
        drop(journal);
        let path = dir.path().join("sandbox.journal");
        OpenOptions::new().append(true).open(&path).unwrap().write_all(br#"[["customer","cus_2",{"#).unwrap();

        let (mut journal, seen) = replayed(dir.path());
        assert_eq!(seen, [("cus_1".to_owned(), Some(json!({"a": 1})))]);
        journal.append(&[Change("customer".into(), "cus_1".into(), None)]).unwrap();
        drop(journal);
        assert_eq!(replayed(dir.path()).1.len(), 2);
    }

    #[test]
    fn a_rewritten_journal_is_appended_to() {
        let dir = tempfile::tempdir().unwrap();
        let (mut journal, _) = replayed(dir.path());
        journal.rewrite(&[Change("customer".into(), "cus_1".into(), Some(json!(1)))]).unwrap();
        journal.append(&[Change("customer".into(), "cus_2".into(), Some(json!(2)))]).unwrap();
        drop(journal);
        let ids: Vec<_> = replayed(dir.path()).1.into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, ["cus_1", "cus_2"]);
    }

    #[test]
    fn two_sandboxes_cannot_share_a_folder() {
        let dir = tempfile::tempdir().unwrap();
        let (_first, _) = replayed(dir.path());
        assert!(matches!(Journal::open(dir.path(), |_| Ok(())), Err(JournalError::InUse { .. })));
    }
}
