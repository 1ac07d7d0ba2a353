//! The fields of each form, read from the source of the pages.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Returns the names of a form's fields by its path; the name of a list ends with brackets.
pub(super) fn fields() -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for file in sources() {
        let text = fs::read_to_string(&file).unwrap();
        for form in text.split("endpoint = \"").skip(1) {
            let (name, rest) = form.split_once('"').unwrap();
            let (_, function) = rest.split_once("fn ").unwrap();
            let (_, arguments) = function.split_once('(').unwrap();
            let (arguments, _) = arguments.split_once(") -> Result").unwrap();
            all.insert(format!("/rpc/{name}"), names(arguments));
        }
    }
    all
}

fn sources() -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../app/src/actions")];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files
}

fn names(arguments: &str) -> Vec<String> {
    let code: Vec<_> = arguments.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let each = code.split(',').filter(|argument| !argument.trim().is_empty());
    each.map(|argument| {
        let (name, kind) = argument.rsplit(']').next().unwrap().split_once(':').unwrap();
        let name = match argument.split_once("rename = \"") {
            Some((_, renamed)) => renamed.split('"').next().unwrap(),
            None => name.trim(),
        };
        if kind.contains("Vec<") { format!("{name}[]") } else { name.to_owned() }
    })
    .collect()
}
