//! Where answers go: their form, their width, their colour.

use std::{
    fs,
    io::{self, IsTerminal as _, Write as _},
    os::unix::fs::MetadataExt as _,
};

use clap::ValueEnum;
use prost::{Message, Name};

use super::{failure::Failure, page::Look};
use crate::wire::json::{Layout, to_json};

/// The most columns a page fills, however wide the terminal.
const WIDTH_MAX: usize = 100;
/// The fewest columns a page can do with.
const WIDTH_MIN: usize = 40;

/// The form of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Table,
    /// The response message as canonical protobuf JSON, indented.
    Json,
    /// One message a line, as canonical protobuf JSON.
    Jsonl,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Prints answers to standard output.
#[derive(Debug)]
pub struct Printer {
    format: Format,
    look: Look,
    out: io::BufWriter<io::Stdout>,
}

impl Printer {
    /// A printer to standard output, with the width of the terminal; without one, that of COLUMNS, or 100 columns.
    pub fn standard(format: Format, colour: Colour) -> Printer {
        let terminal = io::stdout().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let coloured = match colour {
            Colour::Auto => terminal && !plain,
            Colour::Always => true,
            Colour::Never => false,
        };
        let asked = std::env::var("COLUMNS").ok().filter(|_| !terminal).and_then(|text| text.parse().ok());
        let width = asked.or_else(|| terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)));
        let look = Look { width: width.unwrap_or(WIDTH_MAX).clamp(WIDTH_MIN, WIDTH_MAX), coloured };
        Printer { format, look, out: io::BufWriter::new(io::stdout()) }
    }

    /// The form asked for.
    pub fn format(&self) -> Format {
        self.format
    }

    /// How pages look.
    pub fn look(&self) -> Look {
        self.look
    }

    /// Prints a text as it is.
    pub fn text(&mut self, text: &str) -> Result<(), Failure> {
        self.out.write_all(text.as_bytes()).map_err(Failure::Output)
    }

    /// Prints what was done, which is so whether it can be printed or not: if not, the failure says it.
    pub fn done(&mut self, text: &str) -> Result<(), Failure> {
        match self.text(text).and_then(|()| self.flush()) {
            // A reader that has gone away does not ask for it.
            Err(Failure::Output(error)) if error.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::Unheard { done: text.to_owned(), error })
            }
            printed => printed,
        }
    }

    /// Prints a text at once, for who goes on when it cannot be: nothing of it is kept then.
    pub fn attempt(&mut self, text: &str) -> io::Result<()> {
        self.out.flush()?;
        let out = self.out.get_mut();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    /// Prints a message, indented, as `--output json` has it.
    pub fn message<M: Message + Name>(&mut self, message: &M) -> Result<(), Failure> {
        let text = to_json(message, Layout::Pretty)?;
        self.text(&text)?;
        self.text("\n")
    }

    /// Prints an answer in the form asked for; `page` is what people read.
    pub fn answer<M: Message + Name>(
        &mut self,
        answer: &M,
        page: impl FnOnce(&M, Look) -> Result<String, Failure>,
    ) -> Result<(), Failure> {
        match self.format {
            Format::Table => {
                let text = page(answer, self.look)?;
                self.text(&text)
            }
            Format::Json => self.message(answer),
            Format::Jsonl => self.lines([answer]),
        }
    }

    /// Prints messages, a line each, as `--output jsonl` has it.
    pub fn lines<'a, M: Message + Name + 'a>(
        &mut self,
        messages: impl IntoIterator<Item = &'a M>,
    ) -> Result<(), Failure> {
        for message in messages {
            let text = to_json(message, Layout::Compact)?;
            self.text(&text)?;
            self.text("\n")?;
        }
        Ok(())
    }

    /// Hands on what is buffered, so that a reader sees it now.
    pub fn flush(&mut self) -> Result<(), Failure> {
        self.out.flush().map_err(Failure::Output)
    }
}

/// Refuses to send what is of no use unless somebody takes it whole to where nobody does. The runtime puts `/dev/null` in the
/// place of a standard output that is closed, so that the two cannot be told apart.
pub fn refuse_nowhere(what: &'static str) -> Result<(), Failure> {
    let out = rustix::fs::fstat(io::stdout()).map_err(|error| Failure::Output(error.into()))?;
    let is_null = fs::metadata("/dev/null").is_ok_and(|null| null.rdev() != 0 && null.rdev() == out.st_rdev);
    if is_null { Err(Failure::Nowhere { what }) } else { Ok(()) }
}

/// Whether standard error takes colour.
pub fn coloured() -> bool {
    io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Tells the person at the terminal something that is not part of the answer.
pub fn note(text: &str) {
    // Nobody is left to be told when standard error is gone.
    let _ = writeln!(io::stderr().lock(), "{text}");
}
