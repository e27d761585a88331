//! Overviews: what many groups and relationships show together at a view.

use super::group::Anomaly;
use crate::{
    domain::{
        date::{DateSpan, Day},
        fold::group::Bearing,
        id::{ActorId, GroupId, RegimeId},
        subject::Subject,
        vocabulary::{
            Act, AnomalyState, Basis, DesignationState, DueKind, GroupFlag, Headline, RelationshipFlag,
        },
    },
    position::Position,
};

/// What takes effect, expires or falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocketEntry {
    /// The date: of what expires, the last one that counts.
    pub date: DateSpan,
    /// In which way it is due.
    pub kind: DueKind,
    /// What it is about.
    pub subject: Subject,
    /// What, for people to read.
    pub what: String,
    /// The event; of a review the act that it is counted from. `None`: none is known.
    pub event: Option<Position>,
}

/// A contradiction, and whether it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnomalyEntry {
    /// What was noticed. Of a settled one, as it stood last.
    pub anomaly: Anomaly,
    /// Whether it stands at the view.
    pub state: AnomalyState,
    /// The event that settled it; `None`: it is open.
    pub settled_by: Option<Position>,
}

/// A group and its listings, as a row of a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingRow {
    /// The group.
    pub group: GroupId,
    /// The primary name at the date.
    pub name: String,
    /// What deserves notice.
    pub flags: Vec<GroupFlag>,
    /// Its listings, by regime and component, and then what is inherited.
    pub cells: Vec<ListingCell>,
}

/// A listing in a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListingCell {
    /// The regime.
    pub regime: RegimeId,
    /// The component that is covered; `None`: the whole group.
    pub component: Option<String>,
    /// The state.
    pub state: DesignationState,
    /// On what footing; `None` when it is PROPOSED or inherited.
    pub basis: Option<Basis>,
    /// The group whose listing covers it, when the basis is ALIAS_OF.
    pub alias_of: Option<GroupId>,
    /// Acts on their way.
    pub pending: Vec<Act>,
    /// Whether a source of nearly the same rank contradicts a fact that the state rests on.
    pub disputed: bool,
    /// The group whose listing reaches this one; `None`: its own.
    pub inherited_from: Option<GroupId>,
}

/// An actor and its relationships, as a row of a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationRow {
    /// The actor.
    pub actor: ActorId,
    /// Its name.
    pub name: String,
    /// The relationships, by group.
    pub cells: Vec<RelationCell>,
}

/// A relationship in a matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RelationCell {
    /// The group.
    pub group: GroupId,
    /// The relationship in a word.
    pub headline: Headline,
    /// What deserves notice.
    pub flags: Vec<RelationshipFlag>,
    /// Whether a listing of the actor's own is in force.
    pub listed: bool,
    /// The organisations whose listings in force bind the actor as a member, each once.
    pub listed_through: Vec<ActorId>,
    /// Engagements on record.
    pub engagements: u64,
}

/// A stretch of days on each of which a relationship has the flag ENGAGING_WHILE_DESIGNATED.
#[derive(Clone, Debug, PartialEq)]
pub struct Stretch {
    /// The actor.
    pub actor: ActorId,
    /// The group.
    pub group: GroupId,
    /// The first day, cut to the period.
    pub from: Day,
    /// The last day, cut to the period.
    pub until: Day,
    /// Whether it had begun before the period.
    pub began_before: bool,
    /// Whether its last day is the last of the period: it was not over then.
    pub goes_on: bool,
    /// The actor's own listings in force on any of its days, as they stood on the last of them: of the group itself, or of one
    /// that it is a wing of.
    pub listings: Vec<Bearing>,
    /// The engagements that it rests on, in valid-time order.
    pub engagements: Vec<Position>,
}
