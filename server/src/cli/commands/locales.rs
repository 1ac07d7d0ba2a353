//! `server locales`: files of messages.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use color_eyre::eyre::{Context, bail};
use locales::check;

use crate::cli::output::print_line;

/// Most languages that are checked at once, and most files of a language.
const MAX_ENTRIES: usize = 100;

/// Checks the messages of each language in a folder. Prints each finding as `FILE: id: what is wrong`; exits with 1 when
/// there is one.
pub fn check(folder: &Path) -> color_eyre::Result<ExitCode> {
    let mut languages = 0;
    let mut findings = Vec::new();
    for language in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        let tag = language.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut files = Vec::new();
        for path in entries(&language)?.into_iter().filter(|path| path.extension().is_some_and(|ext| ext == "ftl")) {
            let name = path.display().to_string();
            files.push((name.clone(), fs::read_to_string(&path).wrap_err_with(|| format!("{name} can't be read"))?));
        }
        languages += 1;
        findings.extend(check::folder(&tag, &language.display().to_string(), &files));
    }
    if languages == 0 {
        bail!("{} has no folder of a language, such as fr", folder.display());
    }
    for finding in &findings {
        print_line!("{finding}")?;
    }
    if findings.is_empty() {
        print_line!("{} has valid messages in {languages} languages.", folder.display())?;
        return Ok(ExitCode::SUCCESS);
    }
    Ok(ExitCode::FAILURE)
}

/// Writes the built-in messages of a language to a new folder, as a start for a translation.
pub fn export(language: &str, folder: &Path) -> color_eyre::Result<()> {
    let Some(files) = locales::built_in(language) else { bail!("there are no built-in messages in {language}") };
    if folder.exists() {
        bail!("{} exists already", folder.display());
    }
    fs::create_dir_all(folder).wrap_err_with(|| format!("{} can't be made", folder.display()))?;
    for (name, text) in files {
        fs::write(folder.join(name), text).wrap_err_with(|| format!("{name} can't be written"))?;
    }
    print_line!("{} has {} files of messages.", folder.display(), files.len())?;
    Ok(())
}

/// Lists a folder by name.
fn entries(folder: &Path) -> color_eyre::Result<Vec<PathBuf>> {
    let failed = || format!("{} can't be read", folder.display());
    let entries: io::Result<Vec<_>> =
        fs::read_dir(folder).wrap_err_with(failed)?.take(MAX_ENTRIES + 1).map(|entry| Ok(entry?.path())).collect();
    let mut entries = entries.wrap_err_with(failed)?;
    if entries.len() > MAX_ENTRIES {
        bail!("{} has more than {MAX_ENTRIES} entries", folder.display());
    }
    entries.sort();
    Ok(entries)
}
