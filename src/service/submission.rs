//! Submissions over gRPC.

use bytes::Bytes;
use jiff::Timestamp;
use prost::Message as _;
use tonic::{Request, Response, Status};
use uuid::Uuid;

use super::{
    principal::{Principal, principal},
    refusal::Refusal,
};
use crate::{
    domain::{id::EventId, violation::Violation},
    ledger::{Check, Commit, Ledger, Proposed},
    position::Position,
    proof::{SALT_BYTES, Salt},
    wire::{self, Field, canonical::is_canonical, event::read_event_at, sealed, v1},
};

/// Events in a commit.
pub const COMMIT_EVENTS_MAX: usize = 1_000;
/// The encoded size of a commit's events, in bytes.
pub const COMMIT_BYTES_MAX: usize = 2 << 20;
/// The encoded size of an event, in bytes.
pub const EVENT_BYTES_MAX: usize = 32 << 10;
/// Checks in a commit.
pub const CHECKS_MAX: usize = 100;
/// How many violations are gathered before the rest of a commit is left unread.
const VIOLATIONS_MAX: usize = 100;

/// The submission service.
pub struct Submission {
    /// Where commits go.
    pub ledger: Ledger,
}

#[tonic::async_trait]
impl sealed::submission_service_server::SubmissionService for Submission {
    async fn submit(
        &self,
        request: Request<sealed::SubmitRequest>,
    ) -> Result<Response<v1::SubmitResponse>, Status> {
        let principal = principal(&request);
        let sealed::SubmitRequest { events, checks } = request.into_inner();
        let (commit, _) = commit(events, checks, principal)?;
        let receipts = self.ledger.submit(commit).await.map_err(Refusal::from)?;
        let receipts = receipts.into_iter().map(|receipt| v1::Receipt {
            position: receipt.position.get(),
            event_id: wire::hyphenated(receipt.id.uuid()),
            recorded_at: Some(wire::timestamp::write(receipt.recorded_at)),
            deduplicated: receipt.deduplicated,
            commit_id: wire::hyphenated(receipt.commit),
            leaf_hash: Bytes::copy_from_slice(receipt.leaf.as_bytes()),
        });
        Ok(Response::new(v1::SubmitResponse { receipts: receipts.collect() }))
    }

    async fn validate(
        &self,
        request: Request<sealed::ValidateRequest>,
    ) -> Result<Response<v1::ValidateResponse>, Status> {
        let principal = principal(&request);
        let sealed::ValidateRequest { events, checks } = request.into_inner();
        let (commit, given) = commit(events, checks, principal)?;
        let (verdicts, position) = self.ledger.validate(&commit).await.map_err(Refusal::from)?;
        let verdicts = verdicts.into_iter().zip(given).map(|(verdict, given)| v1::Verdict {
            event_id: if given { verdict.id.to_string() } else { String::new() },
            deduplicated: verdict.deduplicated,
            subjects: verdict.subjects.iter().map(ToString::to_string).collect(),
        });
        Ok(Response::new(v1::ValidateResponse { verdicts: verdicts.collect(), position: position.get() }))
    }
}

/// The commit, and for each event whether its id was given.
fn commit(
    events: Vec<Bytes>,
    checks: Vec<v1::Check>,
    principal: Principal,
) -> Result<(Commit, Vec<bool>), Refusal> {
    let mut violations = Vec::new();
    limit(&events, &checks)?;
    let mut given = Vec::with_capacity(events.len());
    let mut proposed = Vec::with_capacity(events.len());
    let (mut salts, commit) = draw(events.len())?;
    for (index, encoded) in events.into_iter().enumerate() {
        let at = Field::ROOT.entry("events", index);
        if EVENT_BYTES_MAX < encoded.len() {
            violations.push(Violation {
                field: at.to_string(),
                message: format!("has {} bytes, more than the {EVENT_BYTES_MAX} allowed", encoded.len()),
            });
            continue;
        }
        let mut message = v1::Event::decode(encoded.as_ref())
            .map_err(|error| Refusal::Undecodable(format!("{at} is not an event: {error}")))?;
        match read_event_at(&message, &at) {
            Ok(read) => {
                given.push(read.id.is_some());
                let id = match read.id {
                    Some(id) => id,
                    None => fresh_id()?,
                };
                let salt = salts.next().ok_or_else(|| Refusal::NoRandomness("too few salts".to_owned()))?;
                // What is stored is canonical, so that the same event is the same bytes, however a client writes it.
                let content = if read.id.is_some() && is_canonical(&encoded) {
                    encoded
                } else {
                    message.event_id = wire::hyphenated(id.uuid());
                    message.encode_to_vec().into()
                };
                proposed.push(Proposed::new(id, read.event, content, salt));
            }
            Err(found) => violations.extend(found),
        }
        if VIOLATIONS_MAX <= violations.len() {
            break;
        }
    }
    let checks = read_checks(&checks, &mut violations);
    if !violations.is_empty() {
        return Err(Refusal::Malformed(violations));
    }
    Ok((Commit { id: commit, principal: principal.name, events: proposed, checks }, given))
}

/// Refuses what there is too much of.
fn limit(events: &[Bytes], checks: &[v1::Check]) -> Result<(), Refusal> {
    if events.is_empty() {
        return Err(Refusal::field("events", "is empty; a commit has at least one event"));
    }
    if COMMIT_EVENTS_MAX < events.len() {
        let message =
            format!("has {} events, more than the {COMMIT_EVENTS_MAX} allowed; divide it", events.len());
        return Err(Refusal::field("events", message));
    }
    if CHECKS_MAX < checks.len() {
        let message = format!("has {} checks, more than the {CHECKS_MAX} allowed", checks.len());
        return Err(Refusal::field("checks", message));
    }
    let size: usize = events.iter().map(Bytes::len).sum();
    if COMMIT_BYTES_MAX < size {
        let message = format!(
            "the events have {size} bytes, more than the {COMMIT_BYTES_MAX} allowed; divide the commit"
        );
        return Err(Refusal::TooLarge(message));
    }
    Ok(())
}

fn read_checks(checks: &[v1::Check], violations: &mut Vec<Violation>) -> Vec<Check> {
    let mut read = Vec::with_capacity(checks.len());
    for (index, check) in checks.iter().enumerate() {
        match check.subject.parse() {
            Ok(subject) => {
                read.push(Check { subject, unchanged_since: Position::new(check.unchanged_since) })
            }
            Err(error) => {
                let error: crate::domain::subject::SubjectError = error;
                violations.push(Violation {
                    field: format!("checks[{index}].subject"),
                    message: error.to_string(),
                });
            }
        }
    }
    read
}

/// As many new salts, and the id of a commit, from the system's source of randomness.
fn draw(count: usize) -> Result<(impl Iterator<Item = Salt>, Uuid), Refusal> {
    let mut bytes = vec![[0; SALT_BYTES]; count + 1];
    getrandom::fill(bytes.as_flattened_mut()).map_err(|error| Refusal::NoRandomness(error.to_string()))?;
    let [random @ .., _, _, _, _, _, _] = bytes.pop().unwrap_or_default();
    let now = u64::try_from(Timestamp::now().as_millisecond()).unwrap_or_default();
    let id = uuid::Builder::from_unix_timestamp_millis(now, &random).into_uuid();
    Ok((bytes.into_iter().map(Salt::new), id))
}

/// A new id, which sorts by the time it was made.
fn fresh_id() -> Result<EventId, Refusal> {
    EventId::new(Uuid::now_v7()).map_err(|error| Refusal::field("event_id", error.to_string()))
}
