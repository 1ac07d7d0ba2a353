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
    print_line!("{} has the man pages and the completions.", folder.display())?;
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
