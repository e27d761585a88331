//! Replays through valid time: the days on which a status changed, as the record stands at one position.

use std::collections::{BTreeSet, VecDeque};

use super::{MOMENTS_AT_ONCE, Moment, ReplayError, Wanted, bounded};
use crate::{
    audit::{Caused, Matter, cause::Begun},
    domain::{
        as_of::AsOf,
        date::Day,
        fold::relationship::Line,
        status::{change::changes, field::Field, relationship::LegalFacet},
    },
    projection::Store,
};

/// A replay through valid time.
pub struct ValidReplay {
    matter: Matter,
    as_of: AsOf,
    wanted: Wanted,
    days: VecDeque<Day>,
    begun: Begun,
    /// The listings that bear on a relationship.
    legal: Option<Vec<LegalFacet>>,
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
        let begun = Begun::new(&matter, store, as_of);
        let mut days = begun.turnings.days.clone();
        days.extend(begun.line.iter().flat_map(Line::turning_days));
        let to = as_of.valid_at;
        let from = from.or_else(|| days.first().copied()).unwrap_or(to).min(to);
        let mut range: BTreeSet<Day> = days.range(from..=to).copied().collect();
        range.insert(to);
        let days = bounded(range.into_iter().collect())?;
        let eve = from.yesterday().unwrap_or(from);
        let mut replay = ValidReplay { matter, as_of, wanted, days, begun, legal: None, last: Vec::new() };
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
                let caused = |change| Caused::of(change, self.begun.behind(day, &differing, change));
                let changes = differing.iter().map(caused).collect();
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
        let fields = match (&self.matter, &self.begun.line) {
            (Matter::Relationship(actor, group), Some(line)) => {
                if self.legal.is_none() || self.begun.legal_days.contains(&day) {
                    let found = store.legal(actor, group, &store.regimes(as_of), as_of);
                    self.legal = found.ok().map(|(_, _, legal)| legal);
                }
                self.legal.clone().map(|legal| line.status(day, legal).fields())
            }
            (matter, _) => matter.fields(store, as_of).ok(),
        };
        self.wanted.keep(fields.unwrap_or_default())
    }
}
