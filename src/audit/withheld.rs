//! Withheld: what was on record and not public by the day of disclosure of a view, and what its disclosure brought.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    Matter,
    cause::{BEHIND_MAX, named, named_by},
    explain::root,
    matter::Terms,
    turning::{Answers, halve},
};
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        fold::relationship::Tally,
        status::{change::Change, field::Field},
    },
    ledger::{Ledger, Recorded},
    log::ReadError,
    position::Position,
    projection::{Store, timeline::told_by},
};

/// Events that are read at once.
const RUN_MAX: usize = 500;

/// The facts that one view withholds, by the day on which they were public.
#[derive(Clone, Debug, Default)]
pub struct Withheld {
    days: BTreeMap<Day, Vec<Position>>,
}

impl Withheld {
    /// Of some events about a subject, those that a view may withhold, as far as that is known without reading them.
    pub fn places(matter: &Matter, store: &Store, as_of: AsOf, events: Vec<Position>) -> BTreeSet<Position> {
        let Some(day) = as_of.disclosed_by else { return BTreeSet::new() };
        let plain = matter.plain(store, as_of).into_iter();
        let public: BTreeSet<Position> =
            plain.filter(|told| told.is_public(day)).map(|told| told.position).collect();
        let is_on_record = |event: &Position| *event <= as_of.known_at && !public.contains(event);
        events.into_iter().filter(is_on_record).collect()
    }

    /// Of those, the facts that it does withhold, about whatever time: one may stand in the way of another. Not among them is
    /// what had been retracted or superseded by its record: it would not show that either, were it public.
    pub async fn read(
        ledger: &Ledger,
        places: BTreeSet<Position>,
        as_of: AsOf,
    ) -> Result<Vec<Recorded>, ReadError> {
        let Some(day) = as_of.disclosed_by else { return Ok(Vec::new()) };
        let places: Vec<Position> = places.into_iter().collect();
        let mut found = Vec::new();
        for run in places.chunks(RUN_MAX) {
            let mut events = ledger.fetch(run).await?;
            events.retain(|recorded| {
                recorded
                    .event
                    .fact()
                    .is_some_and(|fact| fact.label <= as_of.clearance && day < fact.disclosed())
            });
            for recorded in events {
                if counts(ledger, &recorded, as_of).await? {
                    found.push(recorded);
                }
            }
        }
        Ok(found)
    }

    /// These facts.
    pub fn of(events: &[Recorded]) -> Withheld {
        let mut days: BTreeMap<Day, Vec<Position>> = BTreeMap::new();
        for recorded in events {
            if let Some(fact) = recorded.event.fact() {
                days.entry(fact.disclosed()).or_default().push(recorded.position);
            }
        }
        Withheld { days }
    }
}

/// Whether what an event says would count under the record of a view, were everything public.
async fn counts(ledger: &Ledger, recorded: &Recorded, as_of: AsOf) -> Result<bool, ReadError> {
    let mut family = ledger.family(root(recorded));
    family.retain(|position| *position <= as_of.known_at);
    if family.len() <= 1 {
        return Ok(true);
    }
    let family = ledger.fetch(&family).await?;
    Ok(told_by(&family, AsOf { disclosed_by: None, ..as_of }).contains(&recorded.position))
}

/// What the disclosure of such facts brought, under one record and at one valid date.
pub(super) struct Disclosing<'a> {
    matter: &'a Matter,
    terms: Terms,
    store: &'a Store,
    ledger: &'a Ledger,
    from: AsOf,
    to: AsOf,
    /// Those that the second view does not withhold.
    days: Vec<(Day, &'a [Position])>,
    asked: BTreeMap<Day, Vec<Field>>,
}

impl<'a> Disclosing<'a> {
    /// Between two views, of which the second may have another record and another valid date.
    pub fn new(
        matter: &'a Matter,
        terms: Terms,
        (store, ledger): (&'a Store, &'a Ledger),
        (from, to): (AsOf, AsOf),
        withheld: &'a Withheld,
    ) -> Disclosing<'a> {
        let public = |day: Day| to.disclosed_by.is_none_or(|last| day <= last);
        let days = withheld.days.iter().filter(|(day, _)| public(**day));
        let days = days.map(|(day, events)| (*day, events.as_slice())).collect();
        let to = AsOf { disclosed_by: to.disclosed_by, ..from };
        Disclosing { matter, terms, store, ledger, from, to, days, asked: BTreeMap::new() }
    }

    fn value(&mut self, path: &str, day: Day) -> Option<String> {
        let (matter, terms, store) = (self.matter, self.terms, self.store);
        let as_of = AsOf { disclosed_by: Some(day), ..self.from };
        let asked = || matter.fields_on(terms, store, as_of).unwrap_or_default();
        let fields = self.asked.entry(day).or_insert_with(asked);
        fields.iter().find(|field| field.path == path).map(|field| field.value.clone())
    }

    /// The facts whose disclosure changed a field, the foremost first: of the day on which it came to its value the one that
    /// the value rests on, or else that moved it when it was recorded, or else that is said of what it rested on. None,
    /// when nothing that was withheld did.
    pub fn behind(&mut self, answers: &mut Answers<'_>, change: &Change<'_>) -> Vec<Position> {
        let value = change.is.map(|field| field.value.clone());
        let days: Vec<Day> = self.days.iter().map(|(day, _)| *day).collect();
        let last = u64::try_from(days.len()).unwrap_or(0);
        let nth = |place: u64| usize::try_from(place).ok().and_then(|place| place.checked_sub(1));
        let turn = halve(0, last, |place| {
            let day = nth(place).and_then(|index| days.get(index));
            day.is_some_and(|day| self.value(change.path, *day) == value)
        });
        let of_day = nth(turn).and_then(|index| self.days.get(index)).map_or(&[][..], |(_, events)| *events);
        let rests_on: BTreeSet<Position> = named_by(change.is).collect();
        let roots: BTreeSet<Position> = named(change).map(|event| self.ledger.family_root(event)).collect();
        let foremost = of_day.iter().copied().min_by_key(|event| {
            let far = if rests_on.contains(event) {
                0
            } else if answers.moves(change.path, *event, self.from.valid_at) {
                1
            } else if roots.contains(&self.ledger.family_root(*event)) {
                2
            } else {
                3
            };
            (far, std::cmp::Reverse(*event))
        });
        let mut found: Vec<Position> = foremost.into_iter().collect();
        for event in self.counted(change.path) {
            if found.len() < BEHIND_MAX && !found.contains(&event) {
                found.push(event);
            }
        }
        found
    }

    /// The withheld facts by which a field counts what it did not, or no longer what it did, the last recorded first.
    pub fn counted(&self, path: &str) -> Vec<Position> {
        if Tally::of(path).is_none() || self.days.is_empty() {
            return Vec::new();
        }
        let counted = |as_of| -> BTreeSet<Position> {
            self.matter.counted(self.store, as_of, path).events.into_iter().collect()
        };
        let (was, is) = (counted(self.from), counted(self.to));
        let gone: BTreeSet<Position> =
            was.difference(&is).map(|event| self.ledger.family_root(*event)).collect();
        let counts = |event: &Position| {
            let is_new = is.contains(event) && !was.contains(event);
            is_new || gone.contains(&self.ledger.family_root(*event))
        };
        let withheld = self.days.iter().flat_map(|(_, events)| events.iter().copied());
        let mut found: Vec<Position> = withheld.filter(counts).collect();
        found.sort_unstable_by_key(|event| std::cmp::Reverse(*event));
        found
    }
}
