//! Sightings: what list snapshots say about a listing. They are evidence, not acts.

use jiff::ToSpan;

use super::machine::ActFact;
use crate::domain::{
    date::{DateSpan, Day},
    vocabulary::FoldRule,
};

/// For how long an entry must be missing until its listing is taken to have ended.
const ABSENT_DAYS: i64 = 30;

/// When a listing was last seen or acted on, and since when it is missing.
#[derive(Clone, Debug, Default)]
pub(super) struct Sightings<'a> {
    /// The last observation of presence.
    pub presence: Option<ActFact<'a>>,
    /// The last fact that shows the listing to be there: an observation of presence or any act.
    pub sign: Option<ActFact<'a>>,
    /// The first observation of absence after it.
    pub absence: Option<ActFact<'a>>,
    /// The first one on a later day.
    second_absence: Option<ActFact<'a>>,
}

/// An end taken from list snapshots.
#[derive(Clone, Debug)]
pub(super) struct Disappearance<'a> {
    /// The day from which on the end is taken for granted.
    pub due: Day,
    /// From the last sign of the listing to its first absence: the end lies in there.
    pub between: DateSpan,
    /// What it rests on, the deciding fact first.
    pub facts: Vec<ActFact<'a>>,
    /// A second snapshot, or time.
    pub rule: FoldRule,
}

impl<'a> Sightings<'a> {
    /// The entry was there.
    pub fn present(&mut self, fact: ActFact<'a>) {
        self.presence = Some(fact);
        self.acted(fact);
    }

    /// Somebody acted on the listing: absences before no longer count.
    pub fn acted(&mut self, fact: ActFact<'a>) {
        self.sign = Some(fact);
        self.absence = None;
        self.second_absence = None;
    }

    /// The entry was missing.
    pub fn absent(&mut self, fact: ActFact<'a>) {
        match (self.absence, self.second_absence) {
            (None, _) => self.absence = Some(fact),
            // Two readers of one snapshot have not seen two.
            (Some(first), None) if first.effective.lower() < fact.effective.lower() => {
                self.second_absence = Some(fact);
            }
            (Some(_), _) => {}
        }
    }

    /// The end that follows from the absences so far: on the second one, or when it has been missing for 30 days.
    pub fn disappearance(&self) -> Option<Disappearance<'a>> {
        let (sign, absence) = (self.sign?, self.absence?);
        let elapsed = absence.effective.lower().saturating_add(ABSENT_DAYS.days());
        let second = self.second_absence.filter(|second| second.effective.lower() <= elapsed);
        let between = DateSpan::between(sign.effective.start(), absence.effective.start());
        Some(match second {
            Some(second) => Disappearance {
                due: second.effective.lower(),
                between,
                facts: vec![second, absence, sign],
                rule: FoldRule::Observation,
            },
            None => Disappearance {
                due: elapsed,
                between,
                facts: vec![absence, sign],
                rule: FoldRule::ElapsedTime,
            },
        })
    }
}
