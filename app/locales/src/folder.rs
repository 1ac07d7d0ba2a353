//! The files of messages that an installation adds.

use std::{fs, path::Path};

use crate::language_error::{LanguageError, MAX_ENTRIES};

/// Largest file of messages.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Reads the files of a folder, by name.
pub(crate) fn read_folder(folder: &Path) -> Result<Vec<(String, String)>, LanguageError> {
    let failed = |path: &Path| {
        let path = path.display().to_string();
        move |source| LanguageError::Read { path, source }
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let path = entry.map_err(failed(folder))?.path();
        if path.extension().is_some_and(|extension| extension == "ftl") {
            paths.push(path);
        }
        if paths.len() > MAX_ENTRIES {
            return Err(LanguageError::TooMany { path: folder.display().to_string() });
        }
    }
    paths.sort();
    let read = |path: &Path| {
        if fs::metadata(path).map_err(failed(path))?.len() > MAX_FILE_BYTES {
            return Err(LanguageError::TooLarge { path: path.display().to_string() });
        }
        Ok((path.display().to_string(), fs::read_to_string(path).map_err(failed(path))?))
    };
    paths.iter().map(|path| read(path)).collect()
}
