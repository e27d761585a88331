//! `completions`: what a shell needs to complete the commands.

use std::io::{self, Write as _};

use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use super::failure::Failure;

/// Print what a shell needs to complete the commands of this program
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery completions bash > ~/.local/share/bash-completion/completions/chancery\n  \
    chancery completions zsh > ~/.zfunc/_chancery")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    /// Prints; nothing else is needed.
    pub fn run(self) -> Result<(), Failure> {
        let mut text = Vec::new();
        clap_complete::generate(self.shell, &mut super::Arguments::command(), "chancery", &mut text);
        io::stdout().lock().write_all(&text).map_err(Failure::Output)
    }
}
