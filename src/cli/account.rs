//! The account of a load: what was recorded, and when it stopped, why, and how to go on.

use std::fmt;

use tonic::{Code, Status};

use super::{
    faults::Faults,
    input::{InputError, Origin, Span},
    page::clean,
    words,
};
use crate::{
    service::{COMMIT_BYTES_MAX, COMMIT_EVENTS_MAX},
    wire::v1,
};

/// What was recorded so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The lines that are in the record now.
    pub lines: u64,
    /// How many of them are new.
    pub new: u64,
    /// The lowest and the highest position of new ones.
    pub positions: Option<(u64, u64)>,
}

impl Loaded {
    /// Counts a commit.
    pub fn add(&mut self, receipts: &[v1::Receipt]) {
        self.lines += receipts.len() as u64;
        for receipt in receipts.iter().filter(|receipt| !receipt.deduplicated) {
            self.new += 1;
            let (first, last) = self.positions.unwrap_or((receipt.position, receipt.position));
            self.positions = Some((first.min(receipt.position), last.max(receipt.position)));
        }
    }
}

impl fmt::Display for Loaded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.lines - self.new;
        match self.positions {
            None if known == 0 => write!(f, "nothing"),
            None => write!(f, "nothing new; {} recorded already", were(known)),
            Some((first, last)) => {
                // Others may have written in between.
                let contiguous = last - first + 1 == self.new;
                let preposition = match (first == last, contiguous) {
                    (true, _) => format!("at position {first}"),
                    (_, true) => format!("at positions {first}–{last}"),
                    (_, false) => format!("between positions {first} and {last}"),
                };
                write!(f, "{} {preposition}", words::count(self.new, "event", "events"))?;
                if known == 0 { Ok(()) } else { write!(f, "; {} recorded already", were(known)) }
            }
        }
    }
}

fn were(lines: u64) -> String {
    format!("{} {}", words::count(lines, "line", "lines"), if lines == 1 { "was" } else { "were" })
}

/// Why a load stopped, and what is recorded all the same.
#[derive(Debug)]
pub struct LoadError {
    /// Why it stopped.
    pub cause: Cause,
    /// What was recorded before.
    pub loaded: Loaded,
    /// The lines of the commit that was not made.
    pub withheld: Option<Span>,
}

/// Why a load stopped.
#[derive(Debug)]
pub enum Cause {
    /// An input cannot be read.
    Input(InputError),
    /// All lines together are too large for one commit.
    TooLarge {
        /// How many lines.
        lines: usize,
        /// How many encoded bytes.
        bytes: usize,
    },
    /// The server did not take a commit.
    Refused {
        /// What is wrong with which lines.
        faults: Faults,
        /// Whether that is certain.
        outcome: Outcome,
    },
}

/// Whether a commit that failed may have been recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was not.
    NotRecorded,
    /// It may have been: the answer was lost.
    Unknown,
}

impl std::error::Error for LoadError {}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut faulty: Vec<&Origin> = Vec::new();
        match &self.cause {
            Cause::Input(error) => {
                writeln!(f, "{error}")?;
                faulty.extend(error.origin());
            }
            Cause::TooLarge { lines, bytes } => writeln!(
                f,
                "{lines} lines with {bytes} bytes are more than one commit may hold: {COMMIT_EVENTS_MAX} events, \
                 {} MiB",
                COMMIT_BYTES_MAX / 1024 / 1024
            )?,
            Cause::Refused { faults, .. } => {
                writeln!(f, "{faults}")?;
                faulty.extend(faults.lines());
            }
        }
        if self.loaded.lines == 0 {
            writeln!(f, "Recorded before that: nothing.")?;
        } else {
            writeln!(f, "Recorded before that: {}.", self.loaded)?;
        }
        if let Some(withheld) = &self.withheld {
            match &self.cause {
                Cause::Refused { outcome: Outcome::Unknown, .. } => {
                    let be = withheld.be();
                    writeln!(f, "Whether {withheld} {be} recorded is not known: all of it, or nothing.")?;
                }
                _ => writeln!(f, "Nothing of {withheld} was recorded.")?,
            }
        }
        let again = "run the same command again; lines already recorded are recognised and skipped.";
        match (&self.cause, faulty.as_slice()) {
            (Cause::TooLarge { .. }, _) => write!(f, "Leave out --atomic, or split the input."),
            (Cause::Refused { faults, .. }, _) if faults.code == Code::Aborted => {
                write!(f, "Ask again, decide again, and submit with the positions of the new answers.")
            }
            (Cause::Refused { faults, .. }, [line]) if faults.code == Code::AlreadyExists => write!(
                f,
                "A recorded event never changes: give line {} an id of its own, or record a correction; then {again}",
                line.line
            ),
            (_, [line]) => write!(f, "Mend line {} of {} and {again}", line.line, clean(&line.file)),
            (Cause::Refused { faults, .. }, []) if faults.code != Code::InvalidArgument => {
                write!(f, "When the cause is gone, {again}")
            }
            _ => write!(f, "Mend this and {again}"),
        }
    }
}

impl Outcome {
    /// What an error says about its commit: some come from the way, not from the server's decision.
    pub fn of(status: &Status) -> Outcome {
        match status.code() {
            Code::InvalidArgument
            | Code::NotFound
            | Code::AlreadyExists
            | Code::Aborted
            | Code::ResourceExhausted
            | Code::OutOfRange
            | Code::PermissionDenied
            | Code::Unauthenticated
            | Code::Unimplemented
            | Code::FailedPrecondition => Outcome::NotRecorded,
            _ => Outcome::Unknown,
        }
    }
}
