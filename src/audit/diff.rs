//! Diff: how two answers differ, and whether the world changed, or we learned, or the record was wrong.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Matter,
    cause::{BEHIND_MAX, Begun, Behind, Caused, cause_of, cause_of_fact, day_of, named, named_by},
    explain::visible,
    matter::Terms,
    tally::Tallied,
    turning::Answers,
    withheld::{Disclosing, Withheld},
};
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        event::Event,
        fold::relationship::Tally,
        status::{
            change::{Change, changes},
            field::Field,
        },
        vocabulary::ChangeCause,
    },
    ledger::{Ledger, Recorded},
    log::ReadError,
    position::Position,
    projection::{Store, UnknownError},
};

/// Events between the two positions when everything is asked for.
pub const DIFF_EVENTS_MAX: u64 = 100_000;

/// Two answers about one subject, and what moved each field in which they differ.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The first answer.
    pub was: Vec<Field>,
    /// The second answer.
    pub is: Vec<Field>,
    steps: BTreeMap<String, Step>,
}

/// What moved a field, before it is looked up.
#[derive(Clone, Debug)]
enum Step {
    /// Events, the first of which was recorded between the two positions, and moved it.
    Recorded {
        /// What moved it, and what it brought with it.
        moved: Vec<Position>,
        /// What was disclosed besides, among them.
        disclosed: Vec<Position>,
    },
    /// These were disclosed, the first of which moved it.
    Disclosed(Vec<Position>),
    /// Facts took effect between the two valid dates, or time alone did it.
    Passed(Behind),
}

impl Compared {
    /// Asks for the two, and finds out what lies behind the differences: what the record, or disclosure, brought at the
    /// first valid date; else what the days up to the second brought under the second record. A subject that is not on
    /// record at one of the views has no fields there; at neither, it is unknown.
    pub fn new(
        matter: &Matter,
        terms: Terms,
        store: &Store,
        ledger: &Ledger,
        from: AsOf,
        to: AsOf,
    ) -> Result<Compared, UnknownError> {
        Compared::disclosing(matter, terms, (store, ledger), (from, to), &Withheld::default())
    }

    /// The same, where the first of the views withholds these facts.
    pub fn disclosing(
        matter: &Matter,
        terms: Terms,
        (store, ledger): (&Store, &Ledger),
        (from, to): (AsOf, AsOf),
        withheld: &Withheld,
    ) -> Result<Compared, UnknownError> {
        let (was, is) = match (matter.fields_on(terms, store, from), matter.fields_on(terms, store, to)) {
            (Err(_), Err(unknown)) => return Err(unknown),
            (was, is) => (was.unwrap_or_default(), is.unwrap_or_default()),
        };
        let differing = changes(&was, &is);
        if differing.is_empty() {
            return Ok(Compared { was, is, steps: BTreeMap::new() });
        }
        let mut answers = Answers::new(matter, terms, store, to);
        let mut disclosing = Disclosing::new(matter, terms, (store, ledger), (from, to), withheld);
        let (mut tallied, mut operations) = (None, None);
        let mut steps = BTreeMap::new();
        let mut passed = Vec::new();
        for change in &differing {
            let learned = answers.field(change.path, to.known_at, from.valid_at).cloned();
            let learned = learned.as_ref();
            if value(learned) == value(change.was) {
                passed.push(change.path);
                continue;
            }
            let step = Change { path: change.path, was: change.was, is: learned };
            let rests_on: Vec<Position> = named(&step).collect();
            let final_value = value(learned);
            let disclosed = value(answers.field(change.path, from.known_at, from.valid_at)) == final_value;
            let step = if disclosed {
                let events = disclosing.behind(&mut answers, &step);
                Step::Disclosed(if events.is_empty() {
                    rests_on.into_iter().take(1).collect()
                } else {
                    events
                })
            } else {
                let range = (from.known_at, to.known_at);
                let event = answers.event(ledger, change.path, range, from.valid_at);
                let mut events = vec![event];
                let mut disclosed = Vec::new();
                let counts = Tally::of(change.path).is_some();
                let merges = match counts || change.was.is_none() {
                    // What was no matter of the subject before became one with its other identity.
                    true => {
                        let operations = operations.get_or_insert_with(|| matter.operations(store, range));
                        answers.merges(change.path, (from.known_at, operations), event, from.valid_at)
                    }
                    false => Vec::new(),
                };
                events.extend(merges.iter().copied().filter(|merge| *merge != event));
                if counts {
                    let views = (from, AsOf { valid_at: from.valid_at, ..to });
                    let tallied = tallied.get_or_insert_with(|| Tallied::new(matter, store, ledger, views));
                    events.extend(tallied.others(&mut answers, change.path, event, &merges));
                    disclosed = disclosing.counted(change.path);
                    events.extend(disclosed.iter().copied());
                } else {
                    // The facts that came with another identity, and the new one that was put back.
                    let known: Vec<Position> = named_by(change.was).chain([event]).collect();
                    let is_merge = !store.merging((event.previous(), event)).is_empty();
                    let root = ledger.family_root(event);
                    let came = |it: &Position| {
                        let is_put_back = from.known_at < *it && ledger.family_root(*it) == root;
                        !known.contains(it) && (is_merge || is_put_back)
                    };
                    events.extend(rests_on.into_iter().filter(came));
                }
                events.truncate(BEHIND_MAX);
                Step::Recorded { moved: events, disclosed }
            };
            steps.insert(change.path.to_owned(), step);
        }
        if !passed.is_empty() {
            let begun = Begun::new(matter, store, to);
            let found = days_behind(&mut answers, &begun, &passed, to.known_at, (from.valid_at, to.valid_at));
            steps.extend(found.into_iter().map(|(path, behind)| (path, Step::Passed(behind))));
        }
        Ok(Compared { was, is, steps })
    }

    /// What differs, with its causes.
    pub async fn changes(&self, ledger: &Ledger, from: AsOf) -> Result<Vec<Caused>, ReadError> {
        if self.steps.is_empty() {
            return Ok(Vec::new());
        }
        let since = answered_on(ledger, from.known_at).await?;
        let behind: BTreeSet<Position> = self.steps.values().flat_map(Step::events).copied().collect();
        let mut events: BTreeMap<Position, ChangeCause> = BTreeMap::new();
        for recorded in ledger.fetch(&behind.into_iter().collect::<Vec<_>>()).await? {
            let cause = cause_between(ledger, &recorded, from, since).await?;
            events.insert(recorded.position, cause);
        }
        let caused = changes(&self.was, &self.is).into_iter().filter_map(|change| {
            let behind = self.steps.get(change.path)?.behind(&events, from.known_at);
            Some(Caused::of(&change, behind))
        });
        Ok(caused.collect())
    }
}

fn value(field: Option<&Field>) -> Option<String> {
    field.map(|field| field.value.clone())
}

/// What the days between two valid dates brought, field by field.
fn days_behind(
    answers: &mut Answers<'_>,
    begun: &Begun,
    paths: &[&str],
    known_at: Position,
    (from, to): (Day, Day),
) -> Vec<(String, Behind)> {
    // The way back undoes what the way there did.
    let (from, to) = (from.min(to), from.max(to));
    let mut found = Vec::new();
    let mut by_day: BTreeMap<Day, Vec<&str>> = BTreeMap::new();
    for path in paths {
        let events = begun.counted(path, (from, to));
        match events.is_empty() {
            false => found.push(((*path).to_owned(), Behind::facts(events))),
            true => by_day.entry(answers.day(path, known_at, (from, to))).or_default().push(path),
        }
    }
    for (day, paths) in by_day {
        let eve = answers.at(known_at, day.yesterday().unwrap_or(day)).to_vec();
        let of_day = changes(&eve, answers.at(known_at, day));
        for path in paths {
            if let Some(change) = of_day.iter().find(|change| change.path == path) {
                found.push((path.to_owned(), begun.behind(day, &of_day, change)));
            }
        }
    }
    found
}

impl Step {
    /// The events that say which cause it is.
    fn events(&self) -> &[Position] {
        match self {
            Step::Recorded { moved: events, .. } | Step::Disclosed(events) => events,
            Step::Passed(_) => &[],
        }
    }

    /// What is behind it, where the first view knew the record up to `known_at`.
    fn behind(&self, events: &BTreeMap<Position, ChangeCause>, known_at: Position) -> Behind {
        match self {
            Step::Recorded { moved, disclosed } => {
                // What both views knew, and only one of them counts, is here through the event that moved it.
                let first = moved.first();
                let cause = |event: &Position| {
                    let known = *event <= known_at && !disclosed.contains(event);
                    let by = if known { first.unwrap_or(event) } else { event };
                    events.get(by).copied().unwrap_or(ChangeCause::LateArrival)
                };
                Behind::several(moved.iter().map(|event| (*event, cause(event))).collect())
            }
            Step::Disclosed(moved) => {
                Behind::several(moved.iter().map(|event| (*event, ChangeCause::LateArrival)).collect())
            }
            Step::Passed(behind) => behind.clone(),
        }
    }
}

/// What an event is to two answers, of which the first was given on the day `since`. What corrects or puts back a fact that
/// the first view did not know is what that fact is: the two views differ by it, whatever happened in between. A fact that
/// was on record, and counts now for another, was so.
pub(super) async fn cause_between(
    ledger: &Ledger,
    recorded: &Recorded,
    from: AsOf,
    since: Day,
) -> Result<ChangeCause, ReadError> {
    if recorded.position <= from.known_at {
        return Ok(ChangeCause::LateArrival);
    }
    let cause = cause_of(recorded, since);
    let Some(concern) = recorded.concern.filter(|_| !matches!(recorded.event, Event::Fact(_))) else {
        return Ok(cause);
    };
    let mut family = ledger.family(concern.root);
    family.retain(|position| *position <= from.known_at);
    if !visible(ledger.fetch(&family).await?, from).is_empty() {
        return Ok(cause);
    }
    let told = ledger.fetch(&[concern.target]).await?;
    let fact = recorded.event.fact().or_else(|| told.first().and_then(|it| it.event.fact()));
    Ok(fact.map_or(ChangeCause::LateArrival, |fact| cause_of_fact(fact, since)))
}

/// The day on which the first answer was given: that of its position. Before the first event, the day of that.
async fn answered_on(ledger: &Ledger, known_at: Position) -> Result<Day, ReadError> {
    let first = Position::START.next();
    let position = known_at.max(first).min(ledger.tail());
    let recorded_at = ledger.recorded_at(position).await?;
    Ok(recorded_at.map_or(Day::MIN, day_of))
}
