//! Contact: at what level the two were in touch, how often, and whether in the open.

use super::{
    contest::{Contests, Ground},
    moves::Move,
    step::{Mark, Step},
    window,
};
use crate::domain::{
    date::Day,
    fold::Provenance,
    status::relationship::ContactFacet,
    vocabulary::{Channel, ContactLevel, Disclosure, EngagementKind, Level, Vocabulary},
};

/// The level of contact that a move is; `None`: it is no contact.
///
/// Channels through others make it INDIRECT, whoever was at the ends. Mediated talks are indirect unless the channel
/// says otherwise. What is direct has the level of the actor's side.
pub(super) fn level_of(it: &Move) -> Option<ContactLevel> {
    use EngagementKind as Kind;
    match it.kind {
        Kind::ContactRemote
        | Kind::Meeting
        | Kind::VisitToGroup
        | Kind::VisitByGroup
        | Kind::ThirdCountryTalks
        | Kind::MultilateralMeeting
        | Kind::Negotiation
        | Kind::Mediation => {}
        _ => return None,
    }
    let level = match it.channel {
        Channel::DirectInPerson | Channel::DirectRemote => level_of_side(it.actor_level),
        Channel::Unknown if it.kind != Kind::Mediation => level_of_side(it.actor_level),
        Channel::Unknown
        | Channel::Shuttle
        | Channel::IntermediaryState
        | Channel::IntermediaryIgo
        | Channel::IntermediaryNgo
        | Channel::IntermediaryLocal
        | Channel::Letter
        | Channel::MediaSignal => ContactLevel::Indirect,
    };
    Some(level)
}

/// Whether a move is a contact in the open.
pub(super) fn is_open(it: &Move) -> bool {
    level_of(it).is_some() && matches!(it.disclosure, Disclosure::Public | Disclosure::ConfirmedByOne)
}

/// Whether a claim makes of a contact that won one of another level. What it leaves unsaid is no difference.
pub(super) fn is_of_another_level(claim: &Move, won: &Move) -> bool {
    let Some((claimed, level)) = level_of(claim).zip(level_of(won)) else { return false };
    let is_indirect = |level| level == ContactLevel::Indirect;
    let through = claim.channel != Channel::Unknown && is_indirect(claimed) != is_indirect(level);
    let side = claim.actor_level != Level::Unknown
        && level_of_side(claim.actor_level) != level_of_side(won.actor_level);
    claimed != level && (through || side)
}

fn level_of_side(actor: Level) -> ContactLevel {
    match actor {
        Level::HeadOfState | Level::HeadOfGovernment => ContactLevel::Leadership,
        Level::ForeignMinister | Level::Minister | Level::DeputyMinister => ContactLevel::Ministerial,
        Level::SpecialEnvoy | Level::Ambassador | Level::Charge => ContactLevel::Envoy,
        _ => ContactLevel::Technical,
    }
}

/// The contacts so far. The highest level of a window needs no more than the last contact of each level: a level was
/// reached in the window if its last contact is in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// By the number of the level, less one.
    last_by_level: [Option<Mark>; ContactLevel::ALL.len()],
    last: Option<Mark>,
    /// The last one that was in the open.
    last_open: Option<Day>,
    /// How many.
    pub(super) count: u64,
}

/// How many contacts there are in the two windows up to a date.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) month: u64,
    pub(super) year: u64,
}

impl State {
    pub(super) fn apply(&mut self, step: &Step) {
        let Some(level) = level_of(&step.what) else { return };
        if let Some(last) = self.last_by_level.get_mut(usize::from(level.number()).saturating_sub(1)) {
            *last = Some(step.mark);
        }
        self.last = Some(step.mark);
        self.count += 1;
        if is_open(&step.what) {
            self.last_open = Some(step.day());
        }
    }

    pub(super) fn finish(&self, contests: &Contests, counts: Counts, date: Day) -> ContactFacet {
        let within = |mark: Mark| window::YEAR.covers(mark.day(), date);
        let highest = self.levels().next();
        let recent = self.levels().find(|(_, mark)| within(*mark));
        let ground = if counts.year <= 1 { Ground::Stated { heard: 1 } } else { Ground::Highest };
        ContactFacet {
            level: recent.map_or(ContactLevel::None, |(level, _)| level),
            last_on: self.last.map(|mark| mark.effective),
            count_30_days: u32::try_from(counts.month).unwrap_or(u32::MAX),
            count_365_days: u32::try_from(counts.year).unwrap_or(u32::MAX),
            last: self.last.map(|mark| contests.latest(mark.position)),
            highest: highest.map(|(_, mark)| contests.provenance([mark.position], Ground::Highest)),
            highest_ever: highest.map_or(ContactLevel::None, |(level, _)| level),
            provenance: recent
                .map_or_else(Provenance::default, |(_, mark)| contests.provenance([mark.position], ground)),
        }
    }

    /// Whether there were contacts within 365 days up to the date and none of them was in the open.
    pub(super) fn is_secret_only(&self, date: Day) -> bool {
        let within = |day: Day| window::YEAR.covers(day, date);
        self.last.is_some_and(|mark| within(mark.day())) && !self.last_open.is_some_and(within)
    }

    /// The last contact of each level reached, the highest first.
    fn levels(&self) -> impl Iterator<Item = (ContactLevel, Mark)> {
        let levels = ContactLevel::ALL.iter().zip(&self.last_by_level).rev();
        levels.filter_map(|(level, last)| last.map(|mark| (*level, mark)))
    }
}
