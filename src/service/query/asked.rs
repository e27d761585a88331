//! What every query has in common: the three times, who asks, how current the answer must be, and the view it has.

use std::time::Duration;

use jiff::{Timestamp, tz::TimeZone};
use tonic::Request;

use super::Query;
use crate::{
    domain::{as_of::AsOf, date::Day, vocabulary::Label},
    position::Position,
    projection::Store,
    service::{principal::principal, refusal::Refusal},
    wire::{
        as_of::{KnownAt, Times, write_view},
        v1,
    },
};

/// How long a query waits for the projections.
const PATIENCE: Duration = Duration::from_secs(10);

/// A question about the record, with everything filled in that was left out, but for "everything known".
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    valid_at: Day,
    /// `None`: everything that the store reflects when the answer is computed.
    known_at: Option<Position>,
    disclosed_by: Option<Day>,
    clearance: Label,
}

/// What a request says about when it asks, and how current the answer must be.
pub struct When {
    /// The three times.
    pub times: Times,
    /// The position the answer must reflect; 0: none in particular.
    pub min_position: u64,
    /// The view of the page before, which this page keeps.
    pub pinned: Option<(Position, Day)>,
}

/// Who asks, before the request is taken apart.
pub fn clearance<T>(request: &Request<T>) -> Label {
    principal(request).clearance
}

impl Query {
    /// Waits until the projections reflect what the question needs.
    pub async fn ask(&self, when: When, clearance: Label) -> Result<Asked, Refusal> {
        let tail = self.ledger.tail();
        let needed = tail.max(Position::new(when.min_position));
        let known_at = match (when.pinned, when.times.known_at) {
            (Some((position, _)), _) | (None, KnownAt::Position(position)) => Some(position),
            (None, KnownAt::Time(time)) => Some(self.ledger.position_at(time).await?),
            (None, KnownAt::Tail) => None,
        };
        if let Some(position) = known_at.filter(|position| tail < *position) {
            return Err(Refusal::BeyondTail { position, tail });
        }
        self.projection.reaches(needed, PATIENCE).await.map_err(|behind| Refusal::Behind {
            position: needed,
            projected: behind.projected,
            tail: self.ledger.tail(),
        })?;
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        let pinned_day = when.pinned.map(|(_, day)| day);
        Ok(Asked {
            valid_at: pinned_day.or(when.times.valid_at).unwrap_or(today),
            known_at,
            disclosed_by: when.times.disclosed_by,
            clearance,
        })
    }

    /// The view of an answer.
    pub async fn view(&self, as_of: AsOf) -> Result<v1::View, Refusal> {
        let newest = {
            let store = self.projection.store();
            (store.position() == as_of.known_at).then(|| store.recorded_at())
        };
        let known_time = match newest {
            Some(known) => known,
            None => self.ledger.recorded_at(as_of.known_at).await?,
        };
        Ok(write_view(as_of, known_time))
    }
}

impl Asked {
    /// The cuts for an answer from this store.
    pub fn as_of(&self, store: &Store) -> AsOf {
        AsOf {
            valid_at: self.valid_at,
            known_at: self.known_at.unwrap_or_else(|| store.position()),
            disclosed_by: self.disclosed_by,
            clearance: self.clearance,
        }
    }
}
