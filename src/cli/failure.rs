//! Why a command failed, in words that say what to do, and with which exit code.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use thiserror::Error;

use super::{
    account::LoadError, backup::BackupError, check::CheckError, event_reference::EventReferenceError,
    input::InputError, output::coloured, prove::ProveError, refusal, validate::Violations,
    verify::VerifyError, view_file::ViewFileError,
};
use crate::{
    log::AppendError,
    service::{RepairError, RestoreError, ScaffoldError, StartError},
    wire::json::JsonError,
};

/// Why a command failed.
#[derive(Debug, Error)]
pub enum Failure {
    /// Nobody answers at the address.
    #[error(
        "cannot reach a Chancery server at {server}: {cause}\n\
         Start one with `chancery serve`, or name another with --server."
    )]
    Unreachable {
        /// The address.
        server: String,
        /// What the network said.
        cause: String,
    },
    /// The server answered with an error.
    #[error("{}", refusal::explain(status, server))]
    Refused {
        /// The address.
        server: String,
        /// The error.
        status: Box<tonic::Status>,
    },
    /// A signing key was given as an argument. It is not repeated.
    #[error(
        "a signing key is among the arguments or variables: PRIVATE+KEY+… is the secret that a record's checkpoints are signed with\n\
         No command takes it there. `chancery key` shows the verifier key, which --key takes; --signing-key takes the name of the \
         file.\nOther users of this machine may have seen it in the list of processes, and the shell may have kept it in its history."
    )]
    Secret,
    /// The arguments do not fit together.
    #[error("{0}\n`chancery --help` shows how each command is used.")]
    Argument(String),
    /// An input cannot be read.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A load stopped.
    #[error("{0}")]
    Load(#[from] Box<LoadError>),
    /// Lines would not be admitted.
    #[error("{0}")]
    Invalid(Violations),
    /// An answer lacks what the contract promises.
    #[error("the answer of the server lacks its {part}: it is not a Chancery server of this version")]
    Incomplete {
        /// What is missing.
        part: &'static str,
    },
    /// There is no proof.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// A proof or a checkpoint is not to be believed.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// No event, or no single one, is named so.
    #[error(transparent)]
    Event(#[from] EventReferenceError),
    /// A view cannot be read or kept.
    #[error(transparent)]
    View(#[from] ViewFileError),
    /// There is no backup.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Nothing was restored.
    #[error("{0}\nNothing was restored.")]
    Restore(#[from] Box<RestoreError>),
    /// What an interrupted repair has left cannot be brought to its end.
    #[error(transparent)]
    Scaffold(#[from] ScaffoldError),
    /// Nothing was repaired.
    #[error("{}", unless_done(.0))]
    Repair(#[from] Box<RepairError>),
    /// A record is not what it should be.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// The view that a decision rested on does not come out of the record again.
    #[error("the view that the decision rested on does not come out of the record again")]
    NotReproduced,
    /// A message has no JSON form.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// Standard output cannot be written to.
    #[error("cannot write the answer: {0}")]
    Output(#[source] io::Error),
    /// Standard output took only a part of what is of no use without the rest.
    #[error("the {what} on standard output was cut short, and is of no use: {error}")]
    Short {
        /// What it was to be.
        what: &'static str,
        /// What the system said.
        error: io::Error,
    },
    /// Something was done, and standard output does not take what is said of it.
    #[error("this could not be written to standard output ({error}), and is done all the same:\n{}", done.trim_end())]
    Unheard {
        /// What was done.
        done: String,
        /// What the system said.
        error: io::Error,
    },
    /// Standard output leads nowhere.
    #[error(
        "standard output is closed, or /dev/null, where nobody takes the {what}: send it to a file or a program"
    )]
    Nowhere {
        /// What was to be sent there.
        what: &'static str,
    },
    /// The machine does not let the program run.
    #[error("cannot start: {0}")]
    Runtime(#[source] io::Error),
    /// The server does not start.
    #[error("{0}")]
    Start(#[source] Box<StartError>),
    /// The server did not close its record in order.
    #[error(
        "the record was not closed in order: {0}\nThe next start checks what lies in the data directory then."
    )]
    Stop(#[source] Box<AppendError>),
    /// The server would listen to more than this machine.
    #[error(
        "{listen} can be reached from other machines, and this server neither encrypts nor asks who is there\n\
         Listen on 127.0.0.1, or say --plaintext-beyond-loopback if the network itself is trusted."
    )]
    Exposed {
        /// The address.
        listen: std::net::SocketAddr,
    },
}

/// Why a repair failed, and that nothing was changed, where that is so.
fn unless_done(error: &RepairError) -> String {
    match error.is_done() {
        true => error.to_string(),
        false => format!("{error}\nNothing was changed."),
    }
}

impl Failure {
    /// The same, when what was printed is of no use unless its reader takes it whole.
    pub fn of_whole(self, what: &'static str) -> Failure {
        match self {
            Failure::Output(error) => Failure::Short { what, error },
            failure => failure,
        }
    }

    /// Prints the failure to standard error and gives the exit code: 1, or 2 for wrong usage.
    ///
    /// That the reader of standard output has had enough, as `head` has, ends the program quietly with 0.
    pub fn report(&self) -> ExitCode {
        if let Failure::Output(error) = self
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            return ExitCode::SUCCESS;
        }
        let mut stderr = io::stderr().lock();
        let label = if coloured() { "\u{1b}[1;31merror:\u{1b}[0m" } else { "error:" };
        // Nobody is left to be told when standard error is gone.
        let _ = writeln!(stderr, "{label} {self}");
        match self {
            Failure::Exposed { .. } | Failure::Argument(_) | Failure::Secret => ExitCode::from(2),
            _ => ExitCode::FAILURE,
        }
    }
}
