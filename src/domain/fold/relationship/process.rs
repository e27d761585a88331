//! The peace process: one table of what each kind of engagement makes of each value.

use super::{
    contest::{Contests, Ground},
    moves::{Detail, Move},
    step::{Mark, Step},
    window,
};
use crate::domain::{
    date::{DateSpan, Day},
    fold::Provenance,
    status::relationship::ProcessFacet,
    vocabulary::{AgreementStage, EngagementKind, Process, Vocabulary},
};

/// What a move makes of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// A step, and the value after it: often the same.
    Step(Process),
    /// The process ends with this value. No step.
    Break(Process),
    /// Nothing.
    Idle,
}

/// The turns from each value, in the order of the vocabulary.
type Row = [Turn; Process::ALL.len()];

/// The row of the table that a move belongs to; `None`: it does not concern the process.
fn row(it: &Move) -> Option<Row> {
    use EngagementKind as Kind;
    const IDLE: Turn = Turn::Idle;
    const OFFER: Turn = Turn::Step(Process::Offered);
    const TALK: Turn = Turn::Step(Process::Negotiating);
    const PART: Turn = Turn::Step(Process::AgreedPartial);
    const FULL: Turn = Turn::Step(Process::AgreedComprehensive);
    const IMPL: Turn = Turn::Step(Process::Implementing);
    const NONE: Turn = Turn::Break(Process::None);
    const FALL: Turn = Turn::Break(Process::Collapsed);
    // From:      NONE   OFFERED NEGOTIATING PARTIAL COMPREHENSIVE IMPLEMENTING STALLED COLLAPSED
    let row = match it.kind {
        Kind::TalksOffered => [OFFER, OFFER, TALK, PART, FULL, IMPL, OFFER, OFFER],
        Kind::Commitment => [OFFER, OFFER, TALK, PART, FULL, IMPL, OFFER, OFFER],
        Kind::TalksRejected => [IDLE, NONE, FALL, IDLE, IDLE, IDLE, IDLE, IDLE],
        Kind::TalksHalted => [IDLE, FALL, FALL, FALL, FALL, FALL, FALL, IDLE],
        Kind::Negotiation => [TALK, TALK, TALK, PART, FULL, IMPL, TALK, TALK],
        Kind::Mediation => [TALK, TALK, TALK, PART, FULL, IMPL, TALK, TALK],
        Kind::DomesticProcessStep => [TALK, TALK, TALK, IMPL, IMPL, IMPL, TALK, TALK],
        Kind::Disarmament => [IDLE, IDLE, IDLE, IMPL, IMPL, IMPL, IDLE, IDLE],
        Kind::Withdrawal => [IDLE, IDLE, IDLE, IMPL, IMPL, IMPL, IDLE, IDLE],
        Kind::PrisonerRelease => [IDLE, IDLE, IDLE, PART, FULL, IMPL, IDLE, IDLE],
        Kind::AgreementSigned => match it.detail {
            Detail::Agreement(stage) => match stage {
                AgreementStage::PreNegotiation => [TALK, TALK, TALK, PART, FULL, IMPL, TALK, TALK],
                AgreementStage::Ceasefire => [PART, PART, PART, PART, FULL, IMPL, PART, PART],
                AgreementStage::Partial => [PART, PART, PART, PART, FULL, IMPL, PART, PART],
                AgreementStage::Comprehensive => [FULL, FULL, FULL, FULL, FULL, FULL, FULL, FULL],
                AgreementStage::Implementation => [IMPL, IMPL, IMPL, IMPL, IMPL, IMPL, IMPL, IMPL],
                AgreementStage::Renewal => [PART, PART, PART, PART, FULL, IMPL, PART, PART],
            },
            Detail::None | Detail::Truce(_) | Detail::Mission(_) => return None,
        },
        _ => return None,
    };
    Some(row)
}

/// Whether they negotiate: they talk, or what they have agreed so far is not yet carried out. Where 365 days have passed
/// without a step the value is STALLED, and they do not.
pub(super) fn is_under_way(value: Process) -> bool {
    matches!(value, Process::Negotiating | Process::AgreedPartial | Process::AgreedComprehensive)
}

/// The process so far. STALLED is never kept: it follows from the last step and the date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    value: Process,
    /// The fact with which the value began.
    set: Option<Mark>,
    last_step: Option<Mark>,
    /// How many facts have moved it or were a step.
    heard: u32,
}

impl Default for State {
    fn default() -> State {
        State { value: Process::None, set: None, last_step: None, heard: 0 }
    }
}

impl State {
    pub(super) fn apply(&mut self, step: &Step) {
        let Some(row) = row(&step.what) else { return };
        let from = self.value_at(step.day());
        let to = match row.get(usize::from(from.number()).saturating_sub(1)) {
            Some(&Turn::Step(to)) => {
                self.last_step = Some(step.mark);
                to
            }
            Some(&Turn::Break(to)) => to,
            Some(Turn::Idle) | None => return,
        };
        self.heard = self.heard.saturating_add(1);
        if to != from {
            self.value = to;
            self.set = Some(step.mark);
        }
    }

    pub(super) fn finish(&self, contests: &Contests, date: Day) -> ProcessFacet {
        let value = self.value_at(date);
        let stated = Ground::Stated { heard: self.heard };
        let (since, events, ground) = match value {
            Process::Stalled => {
                let since = self.last_step.map(|mark| DateSpan::day(window::YEAR.end_of(mark.day())));
                (since, [self.last_step, self.set], Ground::Elapsed)
            }
            Process::None => (None, [self.set, None], stated),
            Process::Collapsed => (self.set.map(|mark| mark.effective), [self.set, None], stated),
            _ => (self.set.map(|mark| mark.effective), [self.set, self.last_step], stated),
        };
        let events = events.into_iter().flatten().map(|mark| mark.position);
        ProcessFacet {
            value,
            since,
            last_step_on: self.last_step.map(|mark| mark.effective),
            last_step: self.last_step.map(|mark| contests.latest(mark.position)),
            provenance: match self.heard {
                0 => Provenance::default(),
                _ => contests.provenance(events, ground),
            },
        }
    }

    /// The value at a date at or after the last move.
    fn value_at(&self, date: Day) -> Process {
        let goes_on = match self.value {
            Process::None | Process::Stalled | Process::Collapsed => true,
            Process::Offered
            | Process::Negotiating
            | Process::AgreedPartial
            | Process::AgreedComprehensive
            | Process::Implementing => {
                self.last_step.is_some_and(|mark| window::YEAR.covers(mark.day(), date))
            }
        };
        if goes_on { self.value } else { Process::Stalled }
    }
}
