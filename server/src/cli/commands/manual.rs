//! `server manual`: man pages and completions of shells, generated from the definition of the command line.

use std::{fs, path::Path};

use clap::{Command, builder::StyledStr};
use clap_complete::{Shell, generate_to};
use color_eyre::eyre::Context;

use crate::cli::output::print_line;

/// The command's name in packages.
const NAME: &str = "dues";
const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Fish, Shell::Zsh];

/// Writes a man page for each command to `folder/man`, and a file for each shell to `folder/completions`.
pub fn write(command: Command, folder: &Path) -> color_eyre::Result<()> {
    write_files(command, folder)?;
    print_line!("{} has the man pages and the completions.", folder.display())?;
    Ok(())
}

fn write_files(command: Command, folder: &Path) -> color_eyre::Result<()> {
    let command = renamed(command).name(NAME);
    let [pages, completions] = ["man", "completions"].map(|name| folder.join(name));
    for folder in [&pages, &completions] {
        fs::create_dir_all(folder).wrap_err_with(|| format!("{} can't be made", folder.display()))?;
    }
    clap_mangen::generate_to(command.clone(), &pages)
        .wrap_err_with(|| format!("the man pages can't be written to {}", pages.display()))?;
    for shell in SHELLS {
        generate_to(shell, &mut command.clone(), NAME, &completions)
            .wrap_err_with(|| format!("the completions of {shell} can't be written to {}", completions.display()))?;
    }
    Ok(())
}

/// Replaces the name of the binary by that of packages in the texts of a command and those below it.
fn renamed(command: Command) -> Command {
    let text = |text: &StyledStr| text.to_string().replace("`server ", &format!("`{NAME} "));
    let about = command.get_about().map(text);
    let long_about = command.get_long_about().map(text);
    let after_help = command.get_after_help().map(text);
    let mut command = command.mut_subcommands(renamed);
    if let Some(about) = about {
        command = command.about(about);
    }
    if let Some(long_about) = long_about {
        command = command.long_about(long_about);
    }
    if let Some(after_help) = after_help {
        command = command.after_help(after_help);
    }
    command
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, iter, path::PathBuf};

    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    /// Returns a command and those below it, each with the names before it, such as `dues-catalog-check`.
    fn names(command: &Command, name: &str) -> Vec<String> {
        let below =
            command.get_subcommands().flat_map(|command| names(command, &format!("{name}-{}", command.get_name())));
        iter::once(name.to_owned()).chain(below).collect()
    }

    fn files(folder: &Path) -> BTreeMap<String, String> {
        let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let file = |path: PathBuf| {
            (path.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&path).unwrap())
        };
        paths.map(file).collect()
    }

    #[test]
    fn every_command_has_a_man_page_and_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        write_files(Cli::command(), folder.path()).unwrap();
        let pages = files(&folder.path().join("man"));
        let mut expected: Vec<_> = names(&Cli::command(), NAME).iter().map(|name| format!("{name}.1")).collect();
        expected.sort();
        assert!(expected.len() > 30, "{expected:?}");
        assert_eq!(pages.keys().cloned().collect::<Vec<_>>(), expected);
        for (name, page) in &pages {
            assert!(!page.contains("`server "), "{name} has the name of the binary: {page}");
        }
        assert!(pages["dues-serve.1"].contains("DATABASE_URL"), "{}", pages["dues-serve.1"]);

        let completions = files(&folder.path().join("completions"));
        assert_eq!(completions.keys().collect::<Vec<_>>(), ["_dues", "dues.bash", "dues.fish"]);
        for (name, text) in &completions {
            for command in Cli::command().get_subcommands() {
                assert!(text.contains(command.get_name()), "{name} lacks {}", command.get_name());
            }
        }
    }
}
