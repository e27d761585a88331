//! Diff: how two answers differ, and whether the world changed, or we learned, or the record was wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Matter,
    cause::{Caused, between, cause_of, day_of, named},
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
    /// The positions between the two answers whose events can move the status.
    moving: Vec<Position>,
}

impl Compared {
    /// Asks for the three. A subject that is not on record at one of the views has no fields there; at neither, it is
    /// unknown.
    pub fn new(
        matter: &Matter,
        store: &Store,
        ledger: &Ledger,
        from: AsOf,
        to: AsOf,
    ) -> Result<Compared, UnknownError> {
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
        let moving = match changes(&was, &is).is_empty() {
            true => Vec::new(),
            false => matter.moving(store, ledger, to, (from.known_at, to.known_at)),
        };
        Ok(Compared { was, learned, is, moving })
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
        let value = |field: Option<&Field>| field.map(|field| field.value.clone());
        let steps = differing.iter().map(|change| {
            let middle = by_path.get(change.path).copied();
            if value(change.was) == value(middle) {
                return Step::Passed(named(change).collect());
            }
            // What a step of record time moved rests on what that step brought.
            let step = Change { path: change.path, was: change.was, is: middle };
            match between(ledger, &step, range, &self.moving) {
                Some(event) => Step::Recorded(event),
                None => Step::Disclosed(named(&step).next()),
            }
        });
        let steps: Vec<Step> = steps.collect();
        let behind: BTreeSet<Position> = steps.iter().flat_map(Step::events).copied().collect();
        let events = ledger.fetch(&behind.into_iter().collect::<Vec<_>>()).await?;
        let events: BTreeMap<Position, &Recorded> = events.iter().map(|it| (it.position, it)).collect();
        let caused = differing.iter().zip(&steps).map(|(change, step)| {
            let (cause, event) = step.cause(&events, since, (from.valid_at, to.valid_at));
            Caused::of(change, cause, event)
        });
        Ok(caused.collect())
    }
}

/// What moved a field, before it is looked up.
enum Step {
    /// An event between the two positions.
    Recorded(Position),
    /// Nothing was recorded in between: what the value rests on was disclosed.
    Disclosed(Option<Position>),
    /// One of these facts took effect between the two valid dates, or time alone did it.
    Passed(Vec<Position>),
}

impl Step {
    /// The events that say which cause it is.
    fn events(&self) -> &[Position] {
        match self {
            Step::Recorded(event) => std::slice::from_ref(event),
            Step::Disclosed(_) => &[],
            Step::Passed(named) => named,
        }
    }

    fn cause(
        &self,
        events: &BTreeMap<Position, &Recorded>,
        since: Day,
        (from, to): (Day, Day),
    ) -> (ChangeCause, Option<Position>) {
        match self {
            Step::Recorded(event) => {
                let cause = events.get(event).map(|recorded| cause_of(recorded, since));
                (cause.unwrap_or(ChangeCause::LateArrival), Some(*event))
            }
            Step::Disclosed(event) => (ChangeCause::LateArrival, *event),
            Step::Passed(named) => {
                let within = |position: &&Position| {
                    events.get(*position).and_then(|recorded| recorded.event.fact()).is_some_and(|fact| {
                        [fact.effective_on.lower(), fact.heralded()]
                            .iter()
                            .any(|day| from < *day && *day <= to)
                    })
                };
                match named.iter().filter(within).min() {
                    Some(event) => (ChangeCause::NewFact, Some(*event)),
                    None => (ChangeCause::TimePassed, named.first().copied()),
                }
            }
        }
    }
}

/// The day on which the first answer was given: that of its position. Before the first event, the day of that.
async fn answered_on(ledger: &Ledger, known_at: Position) -> Result<Day, ReadError> {
    let first = Position::START.next();
    let position = known_at.max(first).min(ledger.tail());
    let recorded_at = ledger.recorded_at(position).await?;
    Ok(recorded_at.map_or(Day::MIN, day_of))
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
