//! The status of a group: its listings, life, names and lineage on a date.
//!
//! Where the API names an event by id, these values name it by position.

use super::Lead;
use crate::{
    domain::{
        date::{DateSpan, Day, PartialDate},
        fold::{Lost, Provenance, registry::Termination},
        id::{ActorId, GroupId, RegimeId},
        statement::ExternalId,
        subject::Subject,
        vocabulary::{
            Act, AnomalyRule, Basis, DesignationState, DueKind, GroupFlag, GroupKind, LegalEffect,
            LifecycleState, LineageKind, NameKind,
        },
    },
    position::Position,
};

/// The status of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupStatus {
    /// The slug.
    pub group: GroupId,
    /// What kind of group.
    pub kind: GroupKind,
    /// The primary name at the date; before the first one was borne, that one.
    pub name: String,
    /// Every name borne by the date, with its kind at the date.
    pub names: Vec<NameStatus>,
    /// External ids valid at the date.
    pub external_ids: Vec<ExternalId>,
    /// The life of the organisation; `None`: nothing on record.
    pub lifecycle: Option<Lifecycle>,
    /// Its own listings, by regime and component, the whole group first.
    pub designations: Vec<Designation>,
    /// Listings in force that it is subject to through other groups, and whom they and its own bind: by regime, group,
    /// component and actor.
    pub inherited: Vec<InheritedDesignation>,
    /// What its own listings in force bring about, by jurisdiction.
    pub legal_effects: Vec<JurisdictionEffects>,
    /// What listings bring about that reach it through other groups, by jurisdiction.
    pub inherited_effects: Vec<JurisdictionEffects>,
    /// Lineage at the date, in both directions.
    pub lineage: Vec<Lineage>,
    /// What deserves notice.
    pub flags: Vec<GroupFlag>,
    /// How far the tracked regimes diverge.
    pub divergence: Divergence,
    /// What takes effect or falls due after the date, earliest first.
    pub upcoming: Vec<Upcoming>,
    /// Contradictions noticed up to the date.
    pub anomalies: Vec<Anomaly>,
    /// How much is on record.
    pub counts: GroupCounts,
    /// What only a machine has coded, heralded by the date, the latest first: it moves nothing.
    pub leads: Vec<Lead>,
    /// What claims say of names, life and lineage that what won makes take effect later, or denies.
    pub claimed: Claimed,
}

/// Claims that lost and would be in effect at the date, while what won against them is not: by what they would have moved.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claimed {
    /// A name.
    pub names: Vec<Lost>,
    /// The life of the organisation.
    pub lifecycle: Vec<Lost>,
    /// A tie, as the claim tells it.
    pub lineage: Vec<(Lineage, Lost)>,
}

/// A name at a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameStatus {
    /// The name.
    pub text: String,
    /// What it is at the date: a primary name that was replaced, or any name given up, is FORMER.
    pub kind: NameKind,
    /// BCP 47 tag; may be empty.
    pub language: String,
    /// ISO 15924 code; may be empty.
    pub script: String,
    /// The first day; `None`: not known.
    pub from: Option<PartialDate>,
    /// The last day; `None`: still in use.
    pub until: Option<PartialDate>,
    /// Where it comes from.
    pub provenance: Provenance,
    /// What gave the primary name that replaced it.
    pub replaced_by: Option<Position>,
}

/// The life of an organisation at a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// The state.
    pub state: LifecycleState,
    /// Since when.
    pub since: DateSpan,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A date with its uncertainty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Since {
    /// Not known.
    #[default]
    Unknown,
    /// At this time.
    On(DateSpan),
    /// At an unknown time, at the latest this.
    OnOrBefore(DateSpan),
}

/// Where one listing stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Designation {
    /// The regime.
    pub regime: RegimeId,
    /// Its title; empty when the view does not hold its registration.
    pub regime_title: String,
    /// The actor that lists under it; `None` when the view does not hold its registration.
    pub authority: Option<ActorId>,
    /// The component that is covered; `None`: the whole group.
    pub component: Option<String>,
    /// The state.
    pub state: DesignationState,
    /// On what footing; `None` when the state is NONE or PROPOSED. Of an ended listing, its last.
    pub basis: Option<Basis>,
    /// The group whose listing covers it, when the basis is ALIAS_OF.
    pub alias_of: Option<GroupId>,
    /// Since when it is in this state.
    pub since: Since,
    /// Every time of being listed, oldest first.
    pub episodes: Vec<Episode>,
    /// Acts on their way, earliest first; last, a process without a date.
    pub pending: Vec<PendingAct>,
    /// Exemptions in force at the date.
    pub exemptions: Vec<Exemption>,
    /// The challenges that are open, the earliest first.
    pub challenges: Vec<Challenge>,
    /// The day by which a review is due; `None`: the regime has no interval, or the listing is not in force.
    pub review_due_on: Option<Day>,
    /// Whether that day has passed.
    pub review_overdue: bool,
    /// The end of its regime that is known to be coming; `None` too when nothing is in force or proposed.
    pub regime_end: Option<Termination>,
    /// Whether a source of nearly the same rank contradicts a fact that the state rests on.
    pub disputed: bool,
    /// The number of the entry: that of the act that listed it, as far as later ones have not amended it; may be empty.
    pub reference: String,
    /// The number of the court case: of the earliest challenge that is open, or else of the judgment that the state rests
    /// on, be it the reversal of another; may be empty.
    pub case: String,
    /// For INFERRED_ENDED, when it was last seen or acted on; otherwise the last observation of presence.
    pub last_present_on: Option<DateSpan>,
    /// For INFERRED_ENDED, when it was first missing.
    pub first_absent_on: Option<DateSpan>,
    /// The claims that lost against facts that the state rests on.
    pub alternatives: Vec<Lost>,
    /// What else than the state rests on which facts.
    pub details: Details,
    /// Where the state comes from.
    pub provenance: Provenance,
}

/// The facts that the details of a listing rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The act that gave the entry its number.
    pub reference: Option<Position>,
    /// The judgment that the state rests on.
    pub judgment: Option<Position>,
    /// The listing or review from which on the next review is due.
    pub review: Option<Position>,
    /// When it was last seen; for INFERRED_ENDED, last seen or acted on.
    pub last_present: Option<Position>,
    /// For INFERRED_ENDED, when it was first missing.
    pub first_absent: Option<Position>,
    /// What began and what ended each episode, in their order.
    pub episodes: Vec<Position>,
    /// The act that put it on its footing.
    pub basis: Option<Position>,
}

/// One time of being listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Episode {
    /// 1, 2, 3 …
    pub number: u32,
    /// When it began.
    pub began: Since,
    /// When it ended, and as what; `None` while it goes on.
    pub end: Option<EpisodeEnd>,
}

/// The end of an episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EpisodeEnd {
    /// The first day on which the listing was over; an interval when that is inferred from list snapshots.
    pub on: DateSpan,
    /// The state that ended it.
    pub state: DesignationState,
}

/// An act that has not taken effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAct {
    /// The act.
    pub act: Act,
    /// When it takes effect; `None` for a process without a date.
    pub effective_on: Option<DateSpan>,
    /// The day it was decided.
    pub decided_on: Option<PartialDate>,
    /// The day it was announced.
    pub announced_on: Option<PartialDate>,
    /// The event.
    pub event: Position,
}

/// A challenge that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// When it was brought.
    pub brought_on: DateSpan,
    /// The number of the case; may be empty.
    pub reference: String,
    /// The event.
    pub event: Position,
}

/// An exemption in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exemption {
    /// Since when.
    pub granted_on: DateSpan,
    /// The last day; `None`: open.
    pub expires_on: Option<PartialDate>,
    /// Its own number; may be empty.
    pub reference: String,
    /// The grounds given; may be empty.
    pub reason: String,
    /// The event.
    pub event: Position,
}

/// A listing that reaches a group, or an actor, through another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InheritedDesignation {
    /// The regime.
    pub regime: RegimeId,
    /// The component of it that is covered; `None`: the whole group.
    pub component: Option<String>,
    /// The group that is listed itself.
    pub from_group: GroupId,
    /// The actor that is bound as a member of the authority; `None` when it reaches the group through another group.
    pub bound_actor: Option<ActorId>,
    /// The state of the listing it comes from.
    pub state: DesignationState,
    /// What it rests on: the registration of the bound actor, or what makes the group a wing; then the listing.
    pub events: Vec<Position>,
}

/// Legal effects in one jurisdiction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JurisdictionEffects {
    /// The actor whose law it is.
    pub jurisdiction: ActorId,
    /// The effects in force, each once, in the order of the vocabulary.
    pub legal_effects: Vec<LegalEffect>,
    /// The regimes they come from.
    pub regimes: Vec<RegimeId>,
    /// The listed groups through which they reach the group, by slug; empty: it is listed itself.
    pub through: Vec<GroupId>,
}

/// A lineage relation at a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lineage {
    /// The group on the left of the relation.
    pub group: GroupId,
    /// The relation.
    pub kind: LineageKind,
    /// The group on the right, if there is one.
    pub other: Option<GroupId>,
    /// Since when, or when it happened.
    pub since: DateSpan,
    /// The last day; `None`: it goes on, or happened at once.
    pub until: Option<PartialDate>,
    /// The event.
    pub event: Position,
}

/// How far the tracked regimes diverge about a group. Tracked: registered by the date and not terminated.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Divergence {
    /// The tracked regimes under which it, or a component of it, is listed with effects in force.
    pub listed_under: Vec<RegimeId>,
    /// The tracked regimes that do not list it, while a listing under them of a group that it is a wing of has effects in
    /// force.
    pub listed_through: Vec<RegimeId>,
    /// The other tracked regimes.
    pub not_listed_under: Vec<RegimeId>,
    /// The share of all three that lists it, 0 to 1; 0 when no regime is tracked.
    pub share: f64,
}

/// What takes effect, expires or falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upcoming {
    /// The day: of what expires, the last one that counts.
    pub date: DateSpan,
    /// In which way it is due.
    pub kind: DueKind,
    /// What, for people to read.
    pub what: String,
    /// The regime it concerns.
    pub regime: RegimeId,
    /// The event; of a review the act that it is counted from. `None`: none is known.
    pub event: Option<Position>,
}

/// A contradiction on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// The rule that noticed it.
    pub rule: AnomalyRule,
    /// What it is about.
    pub subject: Subject,
    /// The date of the fact that raised it.
    pub date: DateSpan,
    /// What, for people to read.
    pub message: String,
    /// The events it concerns, the one that raised it first.
    pub events: Vec<Position>,
    /// The fact that raised it, whichever event tells it now: with the rule and the subject, what makes it the same
    /// contradiction at different points of the record.
    pub root: Position,
}

impl Anomaly {
    /// Names the group that it is about, where the fact that raised it is one of an identity merged into the group.
    pub fn claim_for(&mut self, group: &GroupId) {
        match &mut self.subject {
            Subject::Group(of) | Subject::Designation(of, _) => *of = group.clone(),
            Subject::Relationship(_, with) => *with = group.clone(),
            Subject::Actor(_) | Subject::Regime(_) | Subject::Decision(_) | Subject::Event(_) => {}
        }
    }
}

/// How much is on record about a group at the view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupCounts {
    /// What its relationships count.
    pub engagements: EngagementCounts,
    /// Designation acts and observations heralded by the date.
    pub designation_acts: u64,
}

/// How much a group was engaged with. Counted on the side of its relationships.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EngagementCounts {
    /// Engagements it took part in as a principal, each counted once.
    pub engagements: u64,
    /// The same, each counted once for every principal actor.
    pub dyads: u64,
    /// Actors with at least one engagement.
    pub actors: u64,
}
