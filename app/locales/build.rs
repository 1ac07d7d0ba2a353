//! Generates a type for each message of `en/`, so that ids, arguments and tags are checked when the callers compile.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::format_push_string,
    clippy::format_collect,
    reason = "a build script stops by a panic, and needs no speed"
)]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

#[path = "src/shape.rs"]
mod shape;

use shape::{Shape, shapes};

fn main() {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets this"));
    println!("cargo::rerun-if-changed=en");
    println!("cargo::rerun-if-changed=de");
    println!("cargo::rerun-if-changed=src/shape.rs");
    let mut all = BTreeMap::new();
    for (name, text) in files(&root.join("en")) {
        let found = shapes(&text).unwrap_or_else(|error| panic!("en/{name}: {error}"));
        for (id, shape) in found {
            let twice = all.insert(id.clone(), shape);
            assert!(twice.is_none(), "en/{name}: {id} is in another file too");
        }
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets this"));
    let (specs, ids) = code(&all);
    fs::write(out.join("specs.rs"), specs).expect("the folder for generated code can be written");
    fs::write(out.join("ids.rs"), ids).expect("the folder for generated code can be written");
    fs::write(out.join("files.rs"), embedded(&root)).expect("the folder for generated code can be written");
}

/// Returns name and text of each Fluent file of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    entries
        .map(|entry| entry.expect("the folder can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "ftl"))
        .map(|path| {
            let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        })
        .collect()
}

/// The languages that are part of the binary: tag, and the files of its folder.
fn embedded(root: &Path) -> String {
    let mut code = "pub(crate) const BUILT_IN: &[(&str, &[(&str, &str)])] = &[\n".to_owned();
    for tag in ["en", "de"] {
        code += &format!("    ({tag:?}, &[\n");
        for name in files(&root.join(tag)).keys() {
            let path = root.join(tag).join(name);
            code += &format!("        ({name:?}, include_str!({:?})),\n", path.display().to_string());
        }
        code += "    ]),\n";
    }
    code + "];\n"
}

/// The list of messages, and a type for each.
fn code(messages: &BTreeMap<String, Shape>) -> (String, String) {
    let mut specs = "pub(crate) const MESSAGES: &[Spec] = &[\n".to_owned();
    let mut ids = String::new();
    for (index, (id, shape)) in messages.iter().enumerate() {
        let links: Vec<_> = shape.links().collect();
        specs += &format!(
            "    Spec {{ id: {id:?}, args: &{:?}, links: &{links:?}, is_rich: {} }},\n",
            shape.args.iter().collect::<Vec<_>>(),
            shape.is_rich
        );
        let name = id.replace('-', "_");
        let lifetime = if shape.args.is_empty() && links.is_empty() { "" } else { "<'a>" };
        let fields: String = shape
            .args
            .iter()
            .map(|arg| format!("pub {}: Value<'a>, ", arg.replace('-', "_")))
            .chain(links.iter().map(|link| format!("pub {}: Href<'a>, ", link.replace('-', "_"))))
            .collect();
        let sets: String =
            shape.args.iter().map(|arg| format!("args.set({arg:?}, self.{}); ", arg.replace('-', "_"))).collect();
        let hrefs: String = links.iter().map(|link| format!("self.{}, ", link.replace('-', "_"))).collect();
        let english: String = shape.english.lines().map(|line| format!("/// {line}\n")).collect();
        let kind = if shape.is_rich { "RichMessage" } else { "PlainMessage" };
        let mutable = if sets.is_empty() { "" } else { "mut " };
        ids += &format!(
            "/// ```text\n{english}/// ```\npub struct {name}{lifetime} {{ {fields}}}\n\
             impl<'a> Message<'a> for {name}{lifetime} {{ const INDEX: usize = {index}; \
             fn parts(self) -> (Args<'a>, Vec<Href<'a>>) {{ let {mutable}args = Args::default(); {sets}(args, vec![{hrefs}]) }} }}\n\
             impl {kind} for {name}{} {{}}\n",
            lifetime.replace("'a", "'_"),
        );
    }
    (specs + "];\n", ids)
}
