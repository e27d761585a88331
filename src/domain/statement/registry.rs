//! Identities: actors, groups and their names, lineage and life, regimes.

use crate::domain::{
    date::PartialDate,
    id::{ActorId, GroupId, RegimeId},
    vocabulary::{
        ActorKind, ExternalIdScheme, GroupKind, Inheritance, LegalEffect, LifecycleState, LineageKind,
        NameKind,
    },
};

/// An actor is entered in the registry, or its entry is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorRegistered {
    /// The slug.
    pub actor: ActorId,
    /// What kind of actor.
    pub kind: ActorKind,
    /// Its name in English.
    pub name: String,
    /// The organisations it belongs to.
    pub memberships: Vec<Membership>,
}

/// Membership in an organisation over a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The organisation; it need not be registered.
    pub of: ActorId,
    /// The first day; `None`: always was.
    pub from: Option<PartialDate>,
    /// The last day; `None`: still is.
    pub until: Option<PartialDate>,
}

/// A group is entered in the registry, or its entry is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupRegistered {
    /// The slug.
    pub group: GroupId,
    /// What kind of group.
    pub kind: GroupKind,
    /// Its names, at least one of them primary.
    pub names: Vec<Name>,
    /// What others number it by.
    pub external_ids: Vec<ExternalId>,
}

/// A name and when it was borne.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The name.
    pub text: String,
    /// What it is to its bearer.
    pub kind: NameKind,
    /// BCP 47 tag; may be empty.
    pub language: String,
    /// ISO 15924 code; may be empty.
    pub script: String,
    /// The first day. `None`: always, or the effective date of the fact that names the group.
    pub from: Option<PartialDate>,
    /// The last day; `None`: still in use.
    pub until: Option<PartialDate>,
}

/// The number or key of a group in somebody else's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExternalId {
    /// Whose.
    pub scheme: ExternalIdScheme,
    /// The number or key.
    pub value: String,
    /// The first day; `None`: not known.
    pub from: Option<PartialDate>,
    /// The last day; `None`: still valid.
    pub until: Option<PartialDate>,
}

/// A group goes by a name from the fact's effective date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupNamed {
    /// The group.
    pub group: GroupId,
    /// The name.
    pub name: Name,
}

/// A group comes from, or belongs to, another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineageRecorded {
    /// The group.
    pub group: GroupId,
    /// How.
    pub kind: LineageKind,
    /// The other group; `None` only where the kind allows it.
    pub other: Option<GroupId>,
    /// The last day of a relation that ended.
    pub until: Option<PartialDate>,
}

/// The life of a group took a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LifecycleChanged {
    /// The group.
    pub group: GroupId,
    /// What it is from then on.
    pub state: LifecycleState,
}

/// A regime is entered in the registry, or its entry is replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegimeRegistered {
    /// The slug.
    pub regime: RegimeId,
    /// The actor that lists under it.
    pub authority: ActorId,
    /// Its title.
    pub title: String,
    /// What being listed under it brings about.
    pub legal_effects: Vec<LegalEffect>,
    /// How often its listings are to be reviewed, in months; 0: no fixed interval.
    pub review_interval_months: u16,
    /// Whether its listings bind others too.
    pub inheritance: Inheritance,
}

/// A regime came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegimeTerminated {
    /// The regime.
    pub regime: RegimeId,
    /// Why; may be empty.
    pub reason: String,
}
