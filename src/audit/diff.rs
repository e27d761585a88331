//! Diff: how two answers differ, and whether the world changed, or we learned, or the record was wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Matter,
    cause::{Caused, between, cause_of, day_of},
};
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        status::{
            change::{Change, changes},
            field::Field,
        },
        subject::Subject,
        vocabulary::ChangeCause,
    },
    ledger::{Ledger, READ_BYTES, Recorded},
    log::ReadError,
    position::Position,
    projection::{Store, UnknownError},
};

/// Events between the two positions when everything is asked for.
pub const DIFF_EVENTS_MAX: u64 = 100_000;

/// The three answers that a difference is made of.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The first answer.
    pub was: Vec<Field>,
    /// At the first valid date under the second record.
    pub learned: Vec<Field>,
    /// The second answer.
    pub is: Vec<Field>,
    /// The subjects whose events can move the status.
    grounds: Vec<Subject>,
}

impl Compared {
    /// Asks for the three. A subject that is not on record at one of the views has no fields there; at neither, it is
    /// unknown.
    pub fn new(matter: &Matter, store: &Store, from: AsOf, to: AsOf) -> Result<Compared, UnknownError> {
        let is = matter.fields(store, to);
        let was = matter.fields(store, from);
        let (is, was) = match (is, was) {
            (Err(unknown), Err(_)) => return Err(unknown),
            (is, was) => (is.unwrap_or_default(), was.unwrap_or_default()),
        };
        let learned = match from.valid_at == to.valid_at {
            true => is.clone(),
            false => {
                let middle = AsOf { valid_at: from.valid_at, ..to };
                matter.fields(store, middle).unwrap_or_default()
            }
        };
        Ok(Compared { was, learned, is, grounds: matter.grounds(store, to) })
    }

    /// What differs, with its causes.
    pub async fn changes(&self, ledger: &Ledger, from: AsOf, to: AsOf) -> Result<Vec<Caused>, ReadError> {
        let differing = changes(&self.was, &self.is);
        if differing.is_empty() {
            return Ok(Vec::new());
        }
        let since = answered_on(ledger, from.known_at).await?;
        let by_path: BTreeMap<&str, &Field> =
            self.learned.iter().map(|field| (field.path.as_str(), field)).collect();
        let range = (from.known_at, to.known_at);
        let touching = ledger.positions(&self.grounds, range.0.next(), range.1);
        let mut found = Vec::with_capacity(differing.len());
        for change in &differing {
            let middle = by_path.get(change.path).copied();
            let value = |field: Option<&Field>| field.map(|field| field.value.clone());
            let learned = value(change.was) != value(middle);
            let (cause, event) = if learned {
                // What a step of record time moved rests on what that step brought.
                let step = Change { path: change.path, was: change.was, is: middle };
                learned_by(ledger, &step, range, &touching, since).await?
            } else {
                passed(ledger, change, (from.valid_at, to.valid_at)).await?
            };
            found.push(Caused::of(change, cause, event));
        }
        Ok(found)
    }
}

/// The day on which the first answer was given: that of its position. Before the first event, the day of that.
async fn answered_on(ledger: &Ledger, known_at: Position) -> Result<Day, ReadError> {
    let first = Position::START.next();
    let position = known_at.max(first).min(ledger.tail());
    let recorded_at = ledger.recorded_at(position).await?;
    Ok(recorded_at.map_or(Day::MIN, day_of))
}

async fn learned_by(
    ledger: &Ledger,
    change: &Change<'_>,
    range: (Position, Position),
    touching: &[Position],
    since: Day,
) -> Result<(ChangeCause, Option<Position>), ReadError> {
    let Some(event) = between(ledger, change, range, touching).await? else {
        // Nothing was recorded in between: it was disclosed.
        return Ok((ChangeCause::LateArrival, super::cause::named(change).next()));
    };
    let recorded = ledger.fetch(&[event]).await?;
    let cause = recorded.first().map_or(ChangeCause::LateArrival, |recorded| cause_of(recorded, since));
    Ok((cause, Some(event)))
}

/// Between two valid dates under one record.
async fn passed(
    ledger: &Ledger,
    change: &Change<'_>,
    (from, to): (Day, Day),
) -> Result<(ChangeCause, Option<Position>), ReadError> {
    let mut named: Vec<Position> = super::cause::named(change).collect();
    let first = named.first().copied();
    named.sort_unstable();
    named.dedup();
    let within = |recorded: &&Recorded| {
        recorded.event.fact().is_some_and(|fact| {
            [fact.effective_on.lower(), fact.heralded()].iter().any(|day| from < *day && *day <= to)
        })
    };
    let events = ledger.fetch(&named).await?;
    Ok(match events.iter().find(within) {
        Some(recorded) => (ChangeCause::NewFact, Some(recorded.position)),
        None => (ChangeCause::TimePassed, first),
    })
}

/// The groups and relationships that the events after one position up to another touch.
pub async fn touched(ledger: &Ledger, after: Position, to: Position) -> Result<BTreeSet<Matter>, ReadError> {
    let mut subjects: BTreeSet<Subject> = BTreeSet::new();
    let mut next = after.next();
    while next <= to {
        let events = ledger.read(next, READ_BYTES).await?;
        let Some(last) = events.last().map(|recorded| recorded.position) else { break };
        for recorded in events.iter().filter(|recorded| recorded.position <= to) {
            match recorded.concern {
                Some(_) => subjects.extend(ledger.touched(recorded).await?),
                None => subjects.extend(recorded.own_subjects()),
            }
        }
        next = last.next();
    }
    let whole = subjects.into_iter().filter(|subject| !matches!(subject, Subject::Designation(..)));
    Ok(whole.filter_map(|subject| Matter::try_from(subject).ok()).collect())
}
