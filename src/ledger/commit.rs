//! Commits: what is submitted as one, what comes back, and why it may be refused.

use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::index::{own, registers};
use crate::{
    domain::{event::Event, fold::Extract, id::EventId, subject::Subject, violation::Violation},
    log::{AppendError, ReadError},
    position::Position,
    proof::{Hash, Salt, commitment, subjects_hash},
};

/// The events of one submission: all of them are recorded, or none.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Its id.
    pub id: Uuid,
    /// Who submits it.
    pub principal: Arc<str>,
    /// The events, in order.
    pub events: Vec<Proposed>,
    /// Conditions on the record.
    pub checks: Vec<Check>,
}

/// An event that is to be recorded.
#[derive(Clone, Debug)]
pub struct Proposed {
    /// Its id.
    pub id: EventId,
    /// The encoded `chancery.v1.Event`, id included: what is stored, and what decides whether two are the same.
    pub content: Bytes,
    /// Random: what hides the content in the hash of its leaf. The first submission of an event decides it.
    pub salt: Salt,
    /// What it says; `None`: a plain engagement, of which hardly anybody asks more than what is below.
    pub(super) event: Option<Event>,
    /// The event that it names.
    pub(super) concerns: Option<EventId>,
    /// The identity, or decision, that it registers.
    pub(super) registers: Option<Subject>,
    /// What its own content touches, ascending, each once.
    pub(super) subjects: Vec<Subject>,
    /// The hash of those.
    pub(super) subjects_hash: Hash,
    /// The salted hash of the content.
    pub(super) commitment: Hash,
    /// What the read models take of it.
    pub(super) extract: Extract,
}

impl Proposed {
    /// An event, which keeps every rule of form, with everything about it that does not hang on its position: whoever
    /// submits it works that out, so that the writer need not.
    ///
    /// A plain engagement is let go of here. It is in many pieces of memory, and to free those on another processor than
    /// they were made on costs more than all that the writer does with them. Who does need it reads its content again.
    pub fn new(id: EventId, event: Event, content: Bytes, salt: Salt) -> Proposed {
        let subjects = own(&event);
        let subjects_hash = subjects_hash(&subjects);
        let commitment = commitment(&salt, &content);
        let (concerns, registers) = (event.concerns(), registers(&event));
        let extract = Extract::of(&event);
        let event = if let Extract::Dealings(_) = extract { None } else { Some(event) };
        Proposed {
            id,
            content,
            salt,
            event,
            concerns,
            registers,
            subjects,
            subjects_hash,
            commitment,
            extract,
        }
    }
}

/// A condition: nothing has been recorded about the subject after the position.
#[derive(Clone, Debug)]
pub struct Check {
    /// The subject.
    pub subject: Subject,
    /// The last position the submitter has seen.
    pub unchanged_since: Position,
}

/// Proof of being recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The position.
    pub position: Position,
    /// The event.
    pub id: EventId,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The commit that recorded it.
    pub commit: Uuid,
    /// Whether it had been recorded before.
    pub deduplicated: bool,
    /// The hash of its leaf in the tree over all events.
    pub leaf: Hash,
}

/// A check that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedCheck {
    /// The subject.
    pub subject: Subject,
    /// What the submitter had seen.
    pub unchanged_since: Position,
    /// The last position that touches the subject.
    pub moved_at: Position,
}

/// Why a commit was not recorded. Unless it says otherwise, nothing of it was.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The domain says no: by field.
    #[error("the commit is not well formed: {} violations", .0.len())]
    Invalid(Vec<Violation>),
    /// It refers to what is not on record: by field.
    #[error("the commit refers to what is not on record: {} references", .0.len())]
    Unknown(Vec<Violation>),
    /// Event ids that are on record with other content: by field.
    #[error("the commit uses event ids that are on record with other content: {} events", .0.len())]
    Conflict(Vec<Violation>),
    /// Checks that do not hold, all of them.
    #[error("{} checks do not hold", .0.len())]
    ChecksFailed(Vec<FailedCheck>),
    /// Too many commits are waiting.
    #[error("too many commits are waiting; try again")]
    Full,
    /// An earlier write failed.
    #[error("the record takes no more writes since one failed: {reason}")]
    Poisoned {
        /// What the storage said.
        reason: String,
    },
    /// This write failed: whether it is recorded is known only after a restart. Submitting it again is safe.
    #[error("the write failed: {reason}")]
    Failed {
        /// What the storage said.
        reason: String,
    },
    /// What the commit refers to could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The record is being closed.
    #[error("the server is stopping")]
    Closed,
}

impl From<AppendError> for SubmitError {
    fn from(error: AppendError) -> SubmitError {
        match error {
            AppendError::Poisoned { reason } => SubmitError::Poisoned { reason },
            AppendError::Failed { reason } => SubmitError::Failed { reason },
            AppendError::NotTheTail { .. } | AppendError::RecordTooLong { .. } => {
                SubmitError::Failed { reason: error.to_string() }
            }
        }
    }
}
