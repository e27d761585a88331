//! The one map from errors to gRPC statuses, with `google.rpc` details.
//!
//! Details travel in HTTP headers, which clients limit (gRPC's C core to 8 KiB): what would not fit is left out and
//! counted.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, PreconditionViolation, StatusExt as _};
use tracing::error;

use crate::{
    domain::violation::Violation,
    ledger::{FailedCheck, SubmitError},
    log::ReadError,
    position::Position,
};

/// The domain of every `google.rpc.ErrorInfo.reason`.
const ERROR_DOMAIN: &str = "chancery";
/// How many bytes of violations a status carries.
const DETAIL_BYTES_MAX: usize = 3_000;
/// How many violations the message itself names.
const NAMED_MAX: usize = 3;
/// How long a client should wait before it tries again.
const RETRY: Duration = Duration::from_millis(200);

/// Why a request is refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The request is malformed, by field.
    #[error("malformed")]
    Malformed(Vec<Violation>),
    /// The bytes are not a message of the method.
    #[error("undecodable: {0}")]
    Undecodable(String),
    /// What it asks for, or refers to, is not on record, by field.
    #[error("not on record")]
    NotFound(Vec<Violation>),
    /// It names a position that does not exist yet.
    #[error("beyond the tail")]
    BeyondTail {
        /// The position.
        position: Position,
        /// The tail.
        tail: Position,
    },
    /// More than is allowed.
    #[error("too large: {0}")]
    TooLarge(String),
    /// The projections did not come to the position in time.
    #[error("projections are behind")]
    Behind {
        /// The position waited for.
        position: Position,
        /// Where they are.
        projected: Position,
        /// The tail, which may not have come to it either.
        tail: Position,
    },
    /// The system gives no random bytes.
    #[error("no randomness: {0}")]
    NoRandomness(String),
    /// The server stops while a subscription goes on.
    #[error("the server is stopping")]
    Stopping,
    /// A commit was refused.
    #[error(transparent)]
    Submit(#[from] SubmitError),
    /// The record could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Refusal {
    /// One malformed field.
    pub fn field(field: &str, message: impl Into<String>) -> Refusal {
        Refusal::Malformed(vec![Violation { field: field.to_owned(), message: message.into() }])
    }

    /// One thing that is not on record.
    pub fn unknown(field: &str, message: impl Into<String>) -> Refusal {
        Refusal::NotFound(vec![Violation { field: field.to_owned(), message: message.into() }])
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Status {
        match refusal {
            Refusal::Malformed(violations) | Refusal::Submit(SubmitError::Invalid(violations)) => {
                by_field(Code::InvalidArgument, "MALFORMED", &violations)
            }
            Refusal::Undecodable(reason) => plain(
                Code::InvalidArgument,
                "MALFORMED",
                format!("the request is not a message of this method: {reason}"),
            ),
            Refusal::NotFound(violations) | Refusal::Submit(SubmitError::Unknown(violations)) => {
                by_field(Code::NotFound, "NOT_ON_RECORD", &violations)
            }
            Refusal::Submit(SubmitError::Conflict(violations)) => {
                by_field(Code::AlreadyExists, "OTHER_CONTENT", &violations)
            }
            Refusal::BeyondTail { position, tail } => plain(
                Code::OutOfRange,
                "BEYOND_TAIL",
                format!("position {position} does not exist yet: the record ends at {tail}"),
            ),
            Refusal::TooLarge(message) => plain(Code::ResourceExhausted, "TOO_LARGE", message),
            Refusal::Behind { position, tail, .. } if tail < position => retry(
                Code::Unavailable,
                "PROJECTIONS_BEHIND",
                format!("the projections have not come to {position} yet: the record ends at {tail}"),
            ),
            Refusal::Behind { position, projected, .. } => retry(
                Code::Unavailable,
                "PROJECTIONS_BEHIND",
                format!(
                    "the projections have not come to {position} yet: they are at {projected}; try again"
                ),
            ),
            Refusal::NoRandomness(reason) => {
                error!(reason, "the system gives no random bytes");
                plain(
                    Code::Internal,
                    "NO_RANDOMNESS",
                    "the system gives no random bytes; nothing was recorded".to_owned(),
                )
            }
            Refusal::Submit(SubmitError::ChecksFailed(failed)) => checks(&failed),
            Refusal::Submit(error @ SubmitError::Full) => {
                retry(Code::ResourceExhausted, "QUEUE_FULL", format!("{error}; nothing was recorded"))
            }
            Refusal::Submit(SubmitError::Poisoned { reason } | SubmitError::Failed { reason }) => {
                error!(reason, "a submission failed: the log takes no more writes");
                let message = format!(
                    "writing to the log has failed ({reason}), and the server takes no more writes until that is mended and it \
                     is restarted; reading goes on. Submit again afterwards: what is recorded already is recognised"
                );
                plain(Code::Unavailable, "POISONED", message)
            }
            Refusal::Stopping => {
                let message = "the server is stopping; subscribe again after the last position seen";
                retry(Code::Unavailable, "STOPPING", message.to_owned())
            }
            Refusal::Submit(error @ SubmitError::Closed) => {
                retry(Code::Unavailable, "STOPPING", format!("{error}; submit again once it is back"))
            }
            Refusal::Submit(SubmitError::Read(read)) | Refusal::Read(read) => unreadable(&read),
        }
    }
}

fn unreadable(error: &ReadError) -> Status {
    error!(%error, "reading the log failed");
    match error {
        ReadError::Damaged { position, .. } => plain(
            Code::DataLoss,
            "DAMAGED",
            format!("the log is damaged at position {position}; tell the operator"),
        ),
        ReadError::Beyond { .. } | ReadError::Failed { .. } => plain(
            Code::Internal,
            "READ_FAILED",
            "the log could not be read; the server's own log says why".to_owned(),
        ),
    }
}

fn plain(code: Code, reason: &str, message: String) -> Status {
    Status::with_error_details(
        code,
        message,
        ErrorDetails::with_error_info(reason, ERROR_DOMAIN, HashMap::new()),
    )
}

fn retry(code: Code, reason: &str, message: String) -> Status {
    let mut details = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, HashMap::new());
    details.set_retry_info(Some(RETRY));
    Status::with_error_details(code, message, details)
}

fn by_field(code: Code, reason: &str, violations: &[Violation]) -> Status {
    let mut named: Vec<String> = violations.iter().take(NAMED_MAX).map(ToString::to_string).collect();
    if NAMED_MAX < violations.len() {
        named.push(format!("and {} more", violations.len() - NAMED_MAX));
    }
    let mut details = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, HashMap::new());
    let (fitting, left_out) = fit(violations, |it| it.field.len() + it.message.len());
    let mut listed: Vec<FieldViolation> =
        fitting.iter().map(|it| FieldViolation::new(it.field.clone(), it.message.clone())).collect();
    if let Some(message) = left_out {
        listed.push(FieldViolation::new("", message));
    }
    details.set_bad_request(listed);
    Status::with_error_details(code, named.join("; "), details)
}

fn checks(failed: &[FailedCheck]) -> Status {
    let mut details = ErrorDetails::with_error_info("CHECK_FAILED", ERROR_DOMAIN, HashMap::new());
    let (fitting, left_out) = fit(failed, |it| it.subject.to_string().len() + 60);
    let mut listed: Vec<PreconditionViolation> = fitting
        .iter()
        .map(|it| {
            let description = format!("moved at position {}, after {}", it.moved_at, it.unchanged_since);
            PreconditionViolation::new("UNCHANGED_SINCE", it.subject.to_string(), description)
        })
        .collect();
    if let Some(message) = left_out {
        listed.push(PreconditionViolation::new("UNCHANGED_SINCE", "", message));
    }
    let first = listed.first().map(|it| format!("{} {}", it.subject, it.description)).unwrap_or_default();
    details.set_precondition_failure(listed);
    let message = format!(
        "{} of the checks do not hold ({first}); nothing was recorded. Read what has changed, decide anew, and submit with \
         the new position",
        failed.len()
    );
    Status::with_error_details(Code::Aborted, message, details)
}

/// As many as fit a status, and what to say of the others.
fn fit<T>(all: &[T], bytes: impl Fn(&T) -> usize) -> (&[T], Option<String>) {
    let mut used = 0;
    let fitting = all.iter().take_while(|it| {
        used += bytes(it);
        used <= DETAIL_BYTES_MAX
    });
    let count = fitting.count();
    let left_out =
        (count < all.len()).then(|| format!("and {} more, which do not fit here", all.len() - count));
    (all.get(..count).unwrap_or(all), left_out)
}
