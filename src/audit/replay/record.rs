//! Replays through record time: what the record said of one valid date, event after event.

use std::collections::{BTreeMap, VecDeque};

use super::{MOMENTS_AT_ONCE, Moment, ReplayError, Wanted, bounded};
use crate::{
    audit::{
        Caused, Matter,
        cause::{Behind, day_of},
        diff::cause_between,
        explain::root,
    },
    domain::{
        as_of::AsOf,
        event::Event,
        fold::relationship::Growth,
        statement::Statement,
        status::{change::changes, field::Field, relationship::LegalFacet},
        vocabulary::ChangeCause,
    },
    ledger::{Ledger, Recorded},
    log::ReadError,
    position::Position,
    projection::Store,
};

/// A replay through record time.
pub struct RecordReplay {
    matter: Matter,
    as_of: AsOf,
    wanted: Wanted,
    positions: VecDeque<Position>,
    /// The moves of a relationship, growing; where there are none, or identities were merged, every state is asked for.
    growth: Option<Growth>,
    /// The listings that bear on a relationship; `None`: an end of it is not on record.
    legal: Option<Vec<LegalFacet>>,
    last: Vec<Field>,
    /// What the events that were fetched last are to the view before each of them.
    causes: BTreeMap<Position, ChangeCause>,
}

impl RecordReplay {
    /// From after a position to the position of the cuts.
    pub fn new(
        matter: Matter,
        store: &Store,
        ledger: &Ledger,
        as_of: AsOf,
        from: Position,
        wanted: Wanted,
    ) -> Result<RecordReplay, ReplayError> {
        matter.fields(store, as_of)?;
        let from = from.min(as_of.known_at);
        let mut positions = matter.ever_moving(store, ledger, (from, as_of.known_at));
        if from < as_of.known_at && positions.last() != Some(&as_of.known_at) {
            positions.push(as_of.known_at);
        }
        let positions = bounded(positions)?;
        let first = AsOf { known_at: from, ..as_of };
        let growth = match &matter {
            Matter::Relationship(actor, group) => {
                store.dealings(actor, group).map(|dealings| Growth::new(dealings, first, store.position()))
            }
            Matter::Group(_) | Matter::Designation(..) => None,
        };
        let mut replay = RecordReplay {
            matter,
            as_of: first,
            wanted,
            positions,
            growth,
            legal: None,
            last: Vec::new(),
            causes: BTreeMap::new(),
        };
        replay.bear(store);
        replay.last = replay.fields(store);
        Ok(replay)
    }

    /// The fields after the last moment, and its cuts.
    pub fn state(&self) -> (&[Field], AsOf) {
        (&self.last, self.as_of)
    }

    /// The events that come next, for [`RecordReplay::advance`]; none at the end. What each is, is said as by a difference
    /// between the view before it and the one with it.
    pub async fn fetch(&mut self, ledger: &Ledger) -> Result<Vec<Recorded>, ReadError> {
        let positions: Vec<Position> = self.positions.iter().take(MOMENTS_AT_ONCE).copied().collect();
        let events = ledger.fetch(&positions).await?;
        self.causes.clear();
        for recorded in &events {
            let before = AsOf { known_at: recorded.position.previous(), ..self.as_of };
            let cause = cause_between(ledger, recorded, before, day_of(recorded.recorded_at)).await?;
            self.causes.insert(recorded.position, cause);
        }
        Ok(events)
    }

    /// Goes on with the events that come next.
    pub fn advance(&mut self, store: &Store, events: &[Recorded]) -> Vec<Moment> {
        let mut moments = Vec::new();
        for recorded in events {
            self.positions.pop_front();
            self.as_of.known_at = recorded.position;
            if let Some(growth) = &mut self.growth {
                growth.take(root(recorded), recorded.position);
            }
            // An end of it may have come on record meanwhile.
            if self.legal.is_none() || !is_plain_engagement(recorded) {
                self.bear(store);
            }
            let fields = self.fields(store);
            let differing = changes(&self.last, &fields);
            if !differing.is_empty() {
                let cause = self.causes.get(&recorded.position).copied();
                let cause = cause.unwrap_or(ChangeCause::LateArrival);
                let caused = |change| Caused::of(change, Behind::one(cause, Some(recorded.position)));
                moments.push(Moment {
                    valid_on: self.as_of.valid_at,
                    position: recorded.position,
                    recorded_at: Some(recorded.recorded_at),
                    changes: differing.iter().map(caused).collect(),
                });
            }
            self.last = fields;
        }
        moments
    }

    /// Looks up the listings that bear on a relationship.
    fn bear(&mut self, store: &Store) {
        if let Matter::Relationship(actor, group) = &self.matter {
            let found = store.legal(actor, group, &store.regimes(self.as_of), self.as_of);
            self.legal = found.ok().map(|(_, _, legal)| legal);
        }
    }

    fn fields(&self, store: &Store) -> Vec<Field> {
        let fields = match &self.growth {
            Some(growth) => {
                let legal = self.legal.clone();
                legal.map(|legal| growth.line().status(self.as_of.valid_at, legal).fields())
            }
            None => self.matter.fields(store, self.as_of).ok(),
        };
        self.wanted.keep(fields.unwrap_or_default())
    }
}

/// Whether an event can move nothing but what its participants have with each other.
fn is_plain_engagement(recorded: &Recorded) -> bool {
    match (&recorded.event, recorded.concern) {
        (Event::Fact(fact), None) => matches!(fact.statement, Statement::Engagement(_)),
        _ => false,
    }
}
