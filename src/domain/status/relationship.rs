//! The status of a relationship at a valid date: its facets, what they come to, and where each value comes from.

use super::Lead;
use crate::domain::{
    date::{DateSpan, Day},
    fold::{Lost, Provenance},
    id::{ActorId, GroupId, RegimeId},
    vocabulary::{
        Conflict, ContactLevel, DesignationState, Headline, Process, Recognition, RelationshipFlag,
        RepresentationLevel,
    },
};
use crate::position::Position;

/// The status of the relationship of an actor with a group at a valid date. Whose it is and what the two are called
/// is known to the one who asked, and not repeated.
#[derive(Clone, Debug, PartialEq)]
pub struct RelationshipStatus {
    /// The relationship in a word: the first headline that matches.
    pub headline: Headline,
    /// What deserves notice, in the order of the vocabulary, none twice.
    pub flags: Vec<RelationshipFlag>,
    /// Recognition of the group by the actor.
    pub recognition: RecognitionFacet,
    /// The actor's mission with the group.
    pub representation_of_actor: RepresentationFacet,
    /// The group's mission with the actor.
    pub representation_of_group: RepresentationFacet,
    /// Contact.
    pub contact: ContactFacet,
    /// The peace process.
    pub process: ProcessFacet,
    /// Armed conflict.
    pub conflict: ConflictFacet,
    /// The actor's own listings of the group and those that bind it as a member of an organisation, as they were
    /// handed to the fold.
    pub legal: Vec<LegalFacet>,
    /// The weighed sum of what happened.
    pub score: Score,
    /// Engagements in effect by the date; those that are DENIED do not count.
    pub engagements: u64,
    /// The claims that lost against the facts that the facets rest on, in the order of the facets, of each fact the
    /// best first; then those about the listings that say otherwise, and those that are shown whatever the facets rest on.
    /// Each once.
    pub alternatives: Vec<Lost>,
    /// Where the headline comes from: the provenance of the facet, or of both facets, that decided it.
    pub provenance: Provenance,
    /// The last engagement within 365 days with a score above 0, which is what ENGAGING_WHILE_DESIGNATED looks at besides a
    /// truce; no events: there is none.
    pub friendly: Provenance,
    /// What only a machine has coded, within 365 days up to the date, the latest first: it moves nothing.
    pub leads: Vec<Lead>,
}

/// Recognition at a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecognitionFacet {
    /// The value.
    pub value: Recognition,
    /// Since when; `None` for NONE.
    pub since: Option<DateSpan>,
    /// Where it comes from. DERIVED: from a mission, never from an act of recognition.
    pub provenance: Provenance,
}

/// Representation, one way, at a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RepresentationFacet {
    /// The level. WITHDRAWN is no level above the others, although its number is the highest.
    pub level: RepresentationLevel,
    /// Since when; `None` for NONE.
    pub since: Option<DateSpan>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// Contact at a date. Windows count days up to and including the date: 365 days are those after `date − 365`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactFacet {
    /// The highest level within 365 days.
    pub level: ContactLevel,
    /// When the last contact was, however long ago.
    pub last_on: Option<DateSpan>,
    /// How many contacts within 30 days.
    pub count_30_days: u32,
    /// How many contacts within 365 days.
    pub count_365_days: u32,
    /// The highest level ever, up to the date.
    pub highest_ever: ContactLevel,
    /// The last contact, as what it rests on.
    pub last: Option<Provenance>,
    /// The last contact at the highest level ever.
    pub highest: Option<Provenance>,
    /// Where the level comes from.
    pub provenance: Provenance,
}

/// The peace process at a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProcessFacet {
    /// The value.
    pub value: Process,
    /// Since when; `None` for NONE. For STALLED: the first day on which it was.
    pub since: Option<DateSpan>,
    /// When the last step was. Refusing and breaking off talks are no steps.
    pub last_step_on: Option<DateSpan>,
    /// The last step.
    pub last_step: Option<Provenance>,
    /// Where it comes from. ELAPSED_TIME: the first event is the last step.
    pub provenance: Provenance,
}

/// Armed conflict at a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConflictFacet {
    /// The value.
    pub value: Conflict,
    /// Since when; `None` for NONE. For TRUCE_EXPIRED: the day after the ceasefire's last.
    pub since: Option<DateSpan>,
    /// The last day of the ceasefire that holds, ran out or was violated; `None`: open-ended, or no ceasefire.
    pub ends_on: Option<Day>,
    /// When force was last used; `None`: never on record.
    pub last_force_on: Option<DateSpan>,
    /// The fact that last used it.
    pub last_force: Option<Provenance>,
    /// The ceasefire that holds, ran out or was violated.
    pub truce: Option<Provenance>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A listing as it bears on a relationship.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegalFacet {
    /// The regime.
    pub regime: RegimeId,
    /// The component that is covered; `None`: the whole group.
    pub component: Option<String>,
    /// The group that is listed, of which this one is a wing; `None`: this one itself.
    pub through: Option<GroupId>,
    /// The state at the date.
    pub state: DesignationState,
    /// The organisation whose listing binds the actor as a member; `None`: the actor's own listing.
    pub inherited_from: Option<ActorId>,
    /// The registration that says that the actor is a member; `None`: the actor's own listing, or not looked up.
    pub membership: Option<Position>,
    /// The claims about it that lost and say otherwise, also where the state does not rest on what they lost against.
    pub contested: Vec<Lost>,
    /// Where the state comes from.
    pub provenance: Provenance,
}

/// Σ score · 2^(−days/180) over the engagements in effect by the date, on the scale of PLOVER.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// The sum, rounded to four decimals; never −0.
    pub value: f64,
    /// How many engagements with a score there are. A kind with the score 0 has none.
    pub count: u64,
    /// The lowest single score; 0 when there is none.
    pub lowest: f64,
    /// The highest single score; 0 when there is none.
    pub highest: f64,
}

impl LegalFacet {
    /// Whether it is the actor's own listing, of the group or of one that it is a wing of, and its effects are in force.
    pub fn is_own_and_in_force(&self) -> bool {
        let in_force = matches!(self.state, DesignationState::Active | DesignationState::AnnulledStayed);
        self.inherited_from.is_none() && in_force
    }
}
