//! The errors of a server, in words for the person at the terminal.

use std::{error::Error as _, fmt::Write as _};

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use super::page::clean;

/// What a server's error means and what can be done about it, over several lines.
pub fn explain(status: &Status, server: &str) -> String {
    let mut text = describe(status, server);
    if let Some(advice) = advice(status) {
        let _ = write!(text, "\n{advice}");
    }
    text
}

/// What a server's error means. The violations say more than the message, which names the first of them only.
pub fn describe(status: &Status, server: &str) -> String {
    let violations = violations(status);
    let lead = match status.code() {
        Code::InvalidArgument => "the server refused this".to_owned(),
        Code::NotFound => "not on record".to_owned(),
        Code::AlreadyExists => "recorded already with other content".to_owned(),
        Code::Aborted => "the record has moved on, nothing was recorded".to_owned(),
        Code::OutOfRange => "beyond the record".to_owned(),
        Code::ResourceExhausted => "the server has too much to do, or this is too large".to_owned(),
        Code::PermissionDenied | Code::Unauthenticated => "not permitted".to_owned(),
        Code::DataLoss => "the record is damaged".to_owned(),
        Code::Unimplemented => format!("the server at {server} does not offer this"),
        _ if timed_out(status) => return format!("no answer from {server} in time"),
        _ if lost(status) => format!("the connection to {server} broke off"),
        Code::Unavailable => "the server cannot answer now".to_owned(),
        code => format!("the server failed ({code:?})"),
    };
    let mut text = match (violations.is_empty(), status.message()) {
        (true, "") => lead,
        (true, message) => format!("{lead}: {}", clean(message)),
        (false, _) => format!("{lead}:"),
    };
    for violation in violations {
        let _ = write!(text, "\n  {violation}");
    }
    text
}

/// What was violated, a line each: fields, then conditions.
pub fn violations(status: &Status) -> Vec<String> {
    let details = status.get_error_details();
    let mut lines = Vec::new();
    for violation in details.bad_request().map(|bad| bad.field_violations.as_slice()).unwrap_or_default() {
        lines.push(line(&flag(&violation.field), &violation.description));
    }
    for violation in
        details.precondition_failure().map(|failed| failed.violations.as_slice()).unwrap_or_default()
    {
        lines.push(line(&violation.subject, &violation.description));
    }
    lines
}

/// A violation without a place is about those that did not fit.
fn line(place: &str, description: &str) -> String {
    if place.is_empty() { clean(description) } else { format!("{}: {}", clean(place), clean(description)) }
}

/// Whether the answer did not come in time.
pub fn timed_out(status: &Status) -> bool {
    status.code() == Code::DeadlineExceeded
        || (status.code() == Code::Cancelled && status.message().contains("Timeout"))
}

/// Whether the connection, not the server, is what failed.
pub fn lost(status: &Status) -> bool {
    let transport = status.source().is_some_and(|source| source.is::<tonic::transport::Error>());
    let broken =
        matches!(status.code(), Code::Unknown | Code::Cancelled | Code::Internal | Code::Unavailable)
            && (status.message().contains("h2 protocol error")
                || status.message().contains("transport error"));
    transport || broken
}

/// The flag that a field of a request came from, where there is one.
fn flag(field: &str) -> String {
    match field {
        "as_of.valid_at" => "--on".to_owned(),
        "as_of.known_at" | "as_of.known_at.position" | "as_of.known_at.time" => "--known".to_owned(),
        "as_of.disclosed_by" => "--disclosed".to_owned(),
        "min_position" => "--min-position".to_owned(),
        field => field.to_owned(),
    }
}

/// Where what there is can be seen, by what was not found.
fn listed(what: &str) -> &'static str {
    if what.contains("decision/") {
        "`chancery history --kind decision_recorded --all` lists the decisions on record."
    } else if what.contains("regime/") {
        "`chancery history --kind regime_registered --all` lists the regimes on record."
    } else if what.starts_with("event ") {
        "`chancery history --all` lists the events on record."
    } else {
        "`chancery groups` and `chancery relationships` list what is on record."
    }
}

fn advice(status: &Status) -> Option<String> {
    let wait = status.get_details_retry_info().and_then(|retry| retry.retry_delay);
    match status.code() {
        Code::NotFound => Some(listed(status.message()).to_owned()),
        Code::Aborted => {
            Some("Ask again, decide again, and submit with the position of the new answer.".to_owned())
        }
        Code::OutOfRange => Some("`chancery info` shows the last position.".to_owned()),
        Code::DataLoss => Some(
            "Back up what can still be read, with `chancery backup --until` the position before, and only then stop the server; \
             keep its data directory as it is."
                .to_owned(),
        ),
        Code::Unimplemented => Some("Is it a Chancery server of the version of this program?".to_owned()),
        _ if timed_out(status) => Some("Allow it longer with --timeout.".to_owned()),
        _ if lost(status) => Some("See whether the server still runs, and run the command again.".to_owned()),
        _ => wait.map(|wait| format!("Try again in {:.1} s.", wait.as_secs_f64())),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tonic_types::{ErrorDetails, FieldViolation, PreconditionViolation};

    use super::*;

    #[test]
    fn errors_say_what_and_what_next() {
        let bad = ErrorDetails::with_bad_request(vec![
            FieldViolation::new("as_of.valid_at", "the year is not between 1000 and 2999"),
            FieldViolation::new("group", "not a slug\u{1b}[31m"),
            FieldViolation::new("", "and 3 more"),
        ]);
        let failed = ErrorDetails::with_precondition_failure(vec![PreconditionViolation::new(
            "CHECK",
            "group/hts",
            "changed at 433, after 432",
        )]);
        let busy = ErrorDetails::with_retry_info(Some(Duration::from_millis(1500)));
        let cases = [
            (
                Status::with_error_details(Code::InvalidArgument, "2 fields are wrong", bad),
                "the server refused this:\n  --on: the year is not between 1000 and 2999\n  group: not a slug[31m\n  and 3 more",
            ),
            (
                Status::with_error_details(Code::Aborted, "1 check failed", failed),
                "the record has moved on, nothing was recorded:\n  group/hts: changed at 433, after 432\n\
                 Ask again, decide again, and submit with the position of the new answer.",
            ),
            (
                Status::with_error_details(Code::ResourceExhausted, "the queue is full", busy),
                "the server has too much to do, or this is too large: the queue is full\nTry again in 1.5 s.",
            ),
            (
                Status::not_found("group htx"),
                "not on record: group htx\n`chancery groups` and `chancery relationships` list what is on record.",
            ),
            (
                Status::not_found("decision/x is not on record at this view"),
                "not on record: decision/x is not on record at this view\n\
                 `chancery history --kind decision_recorded --all` lists the decisions on record.",
            ),
            (
                Status::not_found("event 00000000-0000-4000-8000-000000000001 is not on record"),
                "not on record: event 00000000-0000-4000-8000-000000000001 is not on record\n\
                 `chancery history --all` lists the events on record.",
            ),
            (
                Status::deadline_exceeded("x"),
                "no answer from http://a:1 in time\nAllow it longer with --timeout.",
            ),
            (Status::unavailable("the log is poisoned"), "the server cannot answer now: the log is poisoned"),
        ];
        for (status, expected) in cases {
            assert_eq!(explain(&status, "http://a:1"), expected);
        }
    }
}
