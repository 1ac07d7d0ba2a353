//! Names of people and workspaces have a direction of their own on pages: a name that is written from right to left
//! does not reorder what stands beside it. Within messages, arguments are isolated (`value.rs`).

use std::{fs, path::Path};

use super::root;

const PAGES: [&str; 2] = ["app/src/components", "app/src/pages"];
/// The last parts of expressions that are names of people, workspaces or their customers.
const NAMES: [&str; 7] =
    ["email", "tenant_name", "company", "contact_name", "customer_name", "tenant.name", "member.name"];
/// Calls that change nothing about a name.
const CALLS: [&str; 5] = [".clone()", ".to_string()", ".to_owned()", ".as_str()", ".into_any()"];

#[test]
fn a_name_on_a_page_stands_in_bdi() {
    let mut found = Vec::new();
    for folder in PAGES {
        each_file(&root().join(folder), &mut |path, code| {
            found.extend(bare_names(code).into_iter().map(|name| format!("{}: {name}", path.display())));
        });
    }
    assert!(found.is_empty(), "names outside <bdi>:\n{}", found.join("\n"));
}

#[test]
fn a_bare_name_is_found_wherever_it_stands() {
    for (code, is_bare) in [
        ("<td>{member.email.to_string()}</td>", true),
        ("<span class=\"unseen\">\" \"{email}</span>", true),
        ("<a href=page_of(id)>\n    {tenant.name.clone()}\n</a>", true),
        ("<td><bdi>{member.email.to_string()}</bdi></td>", false),
        ("<input name=\"email\" value=email/>{email.view()}", false),
        ("text!(team_remove_member, email = email)", false),
        ("let Row { email } = row;", false),
    ] {
        assert_eq!(!bare_names(code).is_empty(), is_bare, "{code}");
    }
}

/// Returns the expressions in braces that show a name as a child of an element other than `bdi`.
fn bare_names(code: &str) -> Vec<&str> {
    let shown = |(at, _): (usize, &str)| {
        let before = code[..at].trim_end();
        let expression = code[at + 1..].split_once('}')?.0.trim();
        let name = CALLS.iter().fold(expression, |name, call| name.trim_end_matches(call));
        let is_name = NAMES.iter().any(|known| name == *known || name.ends_with(&format!(".{known}")));
        // A child follows a tag or a space. What follows an arrow is a block of code.
        let is_child = (before.ends_with('>') && !before.ends_with("=>")) || before.ends_with("\" \"");
        (is_name && is_child && !before.ends_with("<bdi>")).then_some(expression)
    };
    code.match_indices('{').filter_map(shown).collect()
}

fn each_file(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &fs::read_to_string(&path).unwrap());
        }
    }
}
