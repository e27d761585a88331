//! Decisions: the view that one rested on, rebuilt, and what was recorded afterwards about the time before it.

use std::collections::{BTreeSet, HashMap};

use super::{
    Matter, ViewText, Withheld,
    cause::{day_of, is_about_identities},
    explain::visible,
};
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        event::Event,
        fact::Fact,
        fold::relationship::Told,
        id::DecisionId,
        statement::{DecisionRecorded, Statement},
        subject::Subject,
        vocabulary::{HindsightKind, Reproduction},
    },
    ledger::{Ledger, Recorded},
    log::ReadError,
    position::Position,
    projection::{Store, timeline::standing_fact},
};

/// Events that hindsight lists.
pub const HINDSIGHT_MAX: usize = 500;

/// A decision on record.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Its own event, and what was recorded about it.
    pub events: Vec<Recorded>,
    /// What it says as it stands, or would if it had not been retracted.
    pub stands: DecisionRecorded,
    /// The event by which it is retracted; `None`: it stands.
    pub retracted_by: Option<Recorded>,
}

/// Where the events stand that were recorded after the view of a decision was taken and can move what it concerns.
#[derive(Clone, Debug, Default)]
pub struct Since {
    positions: BTreeSet<Position>,
    /// Those of them that are engagements which nobody contests. There may be very many: what is not listed of them is not
    /// read.
    plain: HashMap<Position, Told>,
}

/// What was recorded after the view of a decision was taken.
#[derive(Clone, Debug, Default)]
pub struct Hindsight {
    /// About the time up to the valid date, by position.
    pub before: Vec<Later>,
    /// How many of those are left out.
    pub left_out: u64,
    /// How many events are about the time after.
    pub after: u64,
    /// How many of those are about the time after the day on which the decision was recorded, too.
    pub after_recording: u64,
}

/// An event recorded after the view of a decision was taken, about the time before.
#[derive(Clone, Debug)]
pub struct Later {
    /// The event.
    pub recorded: Recorded,
    /// What it is.
    pub kind: HindsightKind,
    /// Whether what it tells was public by the day of disclosure of the view, or by its valid date if it has none: it was
    /// knowable, and not known here.
    pub knowable: bool,
    /// Whether it was public by the day on which the decision was recorded.
    pub knowable_when_recorded: bool,
}

impl Decision {
    /// The decision with this slug, whether it stands or is retracted; `None`: it is not on record.
    pub async fn read(ledger: &Ledger, id: &DecisionId, as_of: AsOf) -> Result<Option<Decision>, ReadError> {
        let subject = Subject::Decision(id.clone());
        let positions = ledger.positions(&[subject], Position::START, as_of.known_at);
        let events = visible(ledger.fetch(&positions).await?, as_of);
        let first = events.first().map(|first| first.position);
        let is_of_all = |recorded: &Recorded| recorded.concern.is_some_and(|it| Some(it.target) == first);
        let mut retracted_by = None;
        let mut told = Vec::with_capacity(events.len());
        for recorded in &events {
            match &recorded.event {
                Event::Retraction { .. } if is_of_all(recorded) => {
                    retracted_by = retracted_by.or_else(|| Some(recorded.clone()));
                }
                Event::Reinstatement { .. } if is_of_all(recorded) => retracted_by = None,
                _ => told.push(recorded.clone()),
            }
        }
        let stands = standing_fact(&told).and_then(|(_, fact)| match &fact.statement {
            Statement::DecisionRecorded(it) => Some(it.clone()),
            _ => None,
        });
        Ok(stands.map(|stands| Decision { events, stands, retracted_by }))
    }

    /// Its position: where it was recorded, and from where on it can be audited.
    pub fn position(&self) -> Position {
        self.events.first().map_or(Position::START, |recorded| recorded.position)
    }

    /// The cuts of the view that it rested on, for one who asks now.
    pub const fn cuts(&self, as_of: AsOf) -> AsOf {
        let basis = self.stands.basis;
        AsOf {
            valid_at: basis.valid_at,
            known_at: basis.known_at,
            disclosed_by: basis.disclosed_by,
            clearance: as_of.clearance,
        }
    }

    /// The day on which it was recorded, in UTC: not the one on which it says that it was taken.
    pub fn recorded_on(&self) -> Day {
        self.events.first().map_or(Day::MIN, |recorded| day_of(recorded.recorded_at))
    }

    /// What it concerns.
    pub fn matters(&self) -> BTreeSet<Matter> {
        self.stands.subjects.iter().filter_map(|subject| Matter::try_from(subject.clone()).ok()).collect()
    }

    /// Rebuilds the view under the ruleset of the program.
    pub fn rebuild(&self, store: &Store, as_of: AsOf, ruleset: &str) -> ViewText {
        ViewText::of(&self.matters(), store, self.cuts(as_of), ruleset)
    }

    /// Whether a view that was rebuilt under a ruleset is the one that the decision names.
    pub fn reproduction(&self, rebuilt: &ViewText, ruleset: &str) -> Reproduction {
        if self.stands.ruleset != ruleset {
            Reproduction::OtherRuleset
        } else if rebuilt.digest() == self.stands.digest {
            Reproduction::Reproduced
        } else {
            Reproduction::Different
        }
    }

    /// What was recorded after the view was taken that can move what it concerns, as far as that is known without
    /// reading it.
    ///
    /// `behind` are the events behind what the view would be with hindsight: they belong to it, whatever they are about.
    pub fn since(&self, store: &Store, ledger: &Ledger, as_of: AsOf, behind: &BTreeSet<Position>) -> Since {
        let range = (self.stands.basis.known_at, as_of.known_at);
        let matters = self.matters();
        let moving = matters.iter().flat_map(|matter| matter.moving(store, ledger, as_of, range));
        let behind = behind.iter().copied().filter(|event| range.0 < *event);
        let positions: BTreeSet<Position> = moving.chain(behind).collect();
        let told = matters.iter().flat_map(|matter| matter.plain(store, as_of));
        let plain = told.filter(|told| positions.contains(&told.position));
        Since { plain: plain.map(|told| (told.position, told)).collect(), positions }
    }

    /// Where on the record of the view what it withholds may stand, as far as that is known without reading it; `behind` are
    /// the events behind what the view would be with hindsight.
    pub fn withheld(
        &self,
        store: &Store,
        ledger: &Ledger,
        cuts: AsOf,
        behind: &BTreeSet<Position>,
    ) -> BTreeSet<Position> {
        let range = (Position::START, cuts.known_at);
        let of_matter = |matter: &Matter| {
            let mut events = matter.moving(store, ledger, cuts, range);
            events.extend(behind);
            Withheld::places(matter, store, cuts, events)
        };
        if cuts.disclosed_by.is_none() {
            return BTreeSet::new();
        }
        self.matters().iter().flat_map(of_matter).collect()
    }

    /// What of that is about the time before, and what it is.
    pub async fn hindsight(
        &self,
        ledger: &Ledger,
        since: &Since,
        as_of: AsOf,
    ) -> Result<Hindsight, ReadError> {
        let (valid_at, recorded_on) = (self.stands.basis.valid_at, self.recorded_on());
        let public_by = self.stands.basis.disclosed_by.unwrap_or(valid_at);
        let positions: Vec<Position> = since.positions.iter().copied().collect();
        let mut found = Hindsight::default();
        for run in positions.chunks(HINDSIGHT_MAX) {
            let mut room = HINDSIGHT_MAX.saturating_sub(found.before.len());
            let mut read = Vec::new();
            for position in run {
                match since.plain.get(position) {
                    Some(told) if !told.is_before(valid_at, as_of) => {
                        found.after += 1;
                        found.after_recording += u64::from(!told.is_before(recorded_on, as_of));
                    }
                    Some(_) if room == 0 => found.left_out += 1,
                    Some(_) => {
                        room -= 1;
                        read.push(*position);
                    }
                    None => read.push(*position),
                }
            }
            for recorded in ledger.fetch(&read).await? {
                let Some(kind) = kind_of(ledger, &recorded, valid_at, as_of).await? else {
                    let known = kind_of(ledger, &recorded, recorded_on.max(valid_at), as_of).await?;
                    found.after += 1;
                    found.after_recording += u64::from(known.is_none());
                    continue;
                };
                if HINDSIGHT_MAX <= found.before.len() {
                    found.left_out += 1;
                    continue;
                }
                let public = |day: Day| recorded.event.fact().is_some_and(|fact| fact.disclosed() <= day);
                let (knowable, knowable_when_recorded) = (public(public_by), public(recorded_on));
                found.before.push(Later { recorded, kind, knowable, knowable_when_recorded });
            }
        }
        Ok(found)
    }
}

/// What an event is to the time up to a day; `None`: it is about the time after, or hidden from the asker.
async fn kind_of(
    ledger: &Ledger,
    recorded: &Recorded,
    valid_at: Day,
    as_of: AsOf,
) -> Result<Option<HindsightKind>, ReadError> {
    // That identities are one is about the record, whatever date it carries.
    let before = |fact: &Fact| {
        fact.label <= as_of.clearance && (fact.heralded() <= valid_at || is_about_identities(fact))
    };
    let kind = match &recorded.event {
        Event::Fact(fact) if fact.claim_of.is_none() => {
            return Ok(before(fact).then_some(HindsightKind::LateFact));
        }
        Event::Fact(_) => HindsightKind::Claim,
        Event::Correction { .. } => HindsightKind::Correction,
        Event::Retraction { .. } => HindsightKind::Retraction,
        Event::Reinstatement { .. } => HindsightKind::Reinstatement,
    };
    // What it is about is told by itself, or by anything of its family.
    let root = super::explain::root(recorded);
    let mut family = ledger.family(root);
    family.retain(|position| *position <= recorded.position);
    let family = visible(ledger.fetch(&family).await?, as_of);
    let is_known = family.iter().any(|member| member.position == recorded.position);
    let concerns = family.iter().filter_map(|member| member.event.fact()).any(|fact| before(fact));
    Ok((is_known && concerns).then_some(kind))
}
