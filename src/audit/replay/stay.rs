//! Stays: the last part of a record that gave a value to what has none by the whole of it.

use std::collections::BTreeSet;

use super::Moment;
use crate::{
    audit::Matter,
    domain::{as_of::AsOf, status::field::Field},
    ledger::Ledger,
    position::Position,
    projection::Store,
};

/// How many of the events that can have moved a subject are replayed for the end of a stay.
const EVENTS_MAX: usize = 1_000;

/// The position before the last events that can have moved a subject, as many as are replayed for the end of a stay.
pub fn recently(matter: &Matter, store: &Store, ledger: &Ledger, as_of: AsOf) -> Position {
    let positions = matter.ever_moving(store, ledger, (Position::START, as_of.known_at));
    positions.iter().rev().nth(EVENTS_MAX).copied().unwrap_or(Position::START)
}

/// The last stay of what a replay through record time follows.
#[derive(Clone, Debug, Default)]
pub struct Stay {
    values: BTreeSet<String>,
    came: Option<Moment>,
    gone: Option<Moment>,
}

impl Stay {
    /// With what has a value where the replay begins.
    pub fn of(fields: &[Field]) -> Stay {
        Stay { values: fields.iter().map(|field| field.path.clone()).collect(), ..Stay::default() }
    }

    /// Takes the next moment of the replay.
    pub fn take(&mut self, moment: &Moment) {
        let was = !self.values.is_empty();
        for change in &moment.changes {
            if change.is.is_some() {
                self.values.insert(change.path.clone());
            } else {
                self.values.remove(&change.path);
            }
        }
        match (was, !self.values.is_empty()) {
            (false, true) => {
                self.came = Some(moment.clone());
                self.gone = None;
            }
            (true, false) => self.gone = Some(moment.clone()),
            (true, true) | (false, false) => {}
        }
    }

    /// Whether it ended within the replay and began before it.
    pub fn is_cut(&self) -> bool {
        self.came.is_none() && self.gone.is_some()
    }

    /// Where it came and where it went; `None`: there is a value still, or there was none.
    pub fn ends(self) -> Option<(Moment, Moment)> {
        self.came.zip(self.gone)
    }
}
