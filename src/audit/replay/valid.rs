//! Replays through valid time: the days on which a status changed, as the record stands at one position.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{MOMENTS_AT_ONCE, Moment, ReplayError, Wanted, bounded};
use crate::{
    audit::{
        Caused, Matter,
        cause::{cause_of, day_of, is_elapsed, named},
    },
    domain::{
        as_of::AsOf,
        date::Day,
        fold::relationship::Line,
        status::{
            change::{Change, changes},
            field::Field,
            relationship::LegalFacet,
        },
        vocabulary::ChangeCause,
    },
    ledger::{Ledger, Recorded},
    log::ReadError,
    position::Position,
    projection::{Store, Turnings},
};

/// A replay through valid time.
pub struct ValidReplay {
    matter: Matter,
    as_of: AsOf,
    wanted: Wanted,
    days: VecDeque<Day>,
    beginnings: BTreeMap<Day, Vec<Position>>,
    /// The moves of a relationship: the same on all days.
    line: Option<Line>,
    /// The listings that bear on a relationship, and the days on which they can change.
    legal: Option<Vec<LegalFacet>>,
    legal_days: BTreeSet<Day>,
    last: Vec<Field>,
}

impl ValidReplay {
    /// From a day (`None`: the first on which anything is on record) to the valid date of the cuts.
    pub fn new(
        matter: Matter,
        store: &Store,
        as_of: AsOf,
        from: Option<Day>,
        wanted: Wanted,
    ) -> Result<ValidReplay, ReplayError> {
        matter.fields(store, as_of)?;
        let mut turnings = store.turnings(matter.group(), as_of);
        let mut legal_days = BTreeSet::new();
        let mut line = None;
        if let Matter::Relationship(actor, group) = &matter {
            turnings.days.extend(store.turning_days_of(actor, as_of));
            legal_days.clone_from(&turnings.days);
            let dealings = store.dealings(actor, group);
            let moves = dealings.map(|it| it.line(as_of, store.position()).into_owned()).unwrap_or_default();
            turnings.days.extend(moves.turning_days());
            for (day, event) in moves.beginnings() {
                turnings.begin(day, event);
            }
            line = Some(moves);
        }
        let Turnings { days, beginnings, .. } = turnings;
        let to = as_of.valid_at;
        let from = from.or_else(|| days.first().copied()).unwrap_or(to).min(to);
        let mut range: BTreeSet<Day> = days.range(from..=to).copied().collect();
        range.insert(to);
        let days = bounded(range.into_iter().collect())?;
        let eve = from.yesterday().unwrap_or(from);
        let mut replay = ValidReplay {
            matter,
            as_of,
            wanted,
            days,
            beginnings,
            line,
            legal: None,
            legal_days,
            last: Vec::new(),
        };
        replay.last = replay.fields(store, eve);
        replay.as_of.valid_at = eve;
        Ok(replay)
    }

    /// The fields after the last moment, and its cuts.
    pub fn state(&self) -> (&[Field], AsOf) {
        (&self.last, self.as_of)
    }

    /// Goes on for a few days; `None` at the end.
    pub fn advance(&mut self, store: &Store) -> Option<Vec<Moment>> {
        let mut moments = Vec::new();
        self.days.front()?;
        for _ in 0..MOMENTS_AT_ONCE {
            let Some(day) = self.days.pop_front() else { break };
            let fields = self.fields(store, day);
            let differing = changes(&self.last, &fields);
            if !differing.is_empty() {
                let changes = differing.iter().map(|change| self.caused(change, day)).collect();
                let position = self.as_of.known_at;
                moments.push(Moment { valid_on: day, position, recorded_at: None, changes });
            }
            self.last = fields;
            self.as_of.valid_at = day;
        }
        Some(moments)
    }

    fn fields(&mut self, store: &Store, day: Day) -> Vec<Field> {
        let as_of = AsOf { valid_at: day, ..self.as_of };
        let fields = match (&self.matter, &self.line) {
            (Matter::Relationship(actor, group), Some(line)) => {
                if self.legal.is_none() || self.legal_days.contains(&day) {
                    let found = store.legal(actor, group, &store.regimes(as_of), as_of);
                    self.legal = found.ok().map(|(_, _, legal)| legal);
                }
                self.legal.clone().map(|legal| line.status(day, legal).fields())
            }
            (matter, _) => matter.fields(store, as_of).ok(),
        };
        self.wanted.keep(fields.unwrap_or_default())
    }

    /// The fact of the day that the change names, or else any fact of the day, or time.
    fn caused(&self, change: &Change<'_>, day: Day) -> Caused {
        let of_day = self.beginnings.get(&day).map(Vec::as_slice).unwrap_or_default();
        let own = named(change).find(|position| of_day.contains(position));
        let any = || of_day.first().copied().filter(|_| !is_elapsed(change));
        match own.or_else(any) {
            Some(event) => Caused::of(change, ChangeCause::NewFact, Some(event)),
            None => Caused::of(change, ChangeCause::TimePassed, named(change).next()),
        }
    }
}

/// Says of the facts behind changes in valid time how they came on record: see [`cause_of`].
pub async fn look_up(ledger: &Ledger, moments: &mut [Moment]) -> Result<(), ReadError> {
    let all = moments.iter().flat_map(|moment| &moment.changes);
    let mut positions: Vec<Position> = all.filter_map(|change| change.event).collect();
    positions.sort_unstable();
    positions.dedup();
    let events = ledger.fetch(&positions).await?;
    let events: BTreeMap<Position, &Recorded> = events.iter().map(|it| (it.position, it)).collect();
    for change in moments.iter_mut().flat_map(|moment| &mut moment.changes) {
        let recorded = change.event.and_then(|event| events.get(&event));
        if let Some(recorded) = recorded.filter(|_| change.cause == ChangeCause::NewFact) {
            change.cause = cause_of(recorded, day_of(recorded.recorded_at));
        }
    }
    Ok(())
}
