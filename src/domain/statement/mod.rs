//! What a fact can say.

mod designation;
mod engagement;
mod identity;
mod registry;

pub use designation::{DesignationAct, Scope};
pub use engagement::{Agreement, Ceasefire, Engagement, Participant, Party, Representation};
pub use identity::{IdentityMerged, IdentityUnmerged};
pub use registry::{
    ActorRegistered, ExternalId, GroupNamed, GroupRegistered, LifecycleChanged, LineageRecorded, Membership,
    Name, RegimeRegistered, RegimeTerminated,
};

use super::subject::Subject;

/// What a fact says about the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// An actor is entered in the registry.
    ActorRegistered(ActorRegistered),
    /// A group is entered in the registry.
    GroupRegistered(GroupRegistered),
    /// A group goes by a name.
    GroupNamed(GroupNamed),
    /// A group comes from, or belongs to, another.
    LineageRecorded(LineageRecorded),
    /// The life of a group took a turn.
    LifecycleChanged(LifecycleChanged),
    /// A regime is entered in the registry.
    RegimeRegistered(RegimeRegistered),
    /// A regime came to its end.
    RegimeTerminated(RegimeTerminated),
    /// An act about a listing.
    DesignationAct(DesignationAct),
    /// Dealings between state actors and groups.
    Engagement(Engagement),
    /// Two identities on record are one group.
    IdentityMerged(IdentityMerged),
    /// They are two after all.
    IdentityUnmerged(IdentityUnmerged),
}

impl Statement {
    /// The name of its kind, as the API has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Statement::ActorRegistered(_) => "actor_registered",
            Statement::GroupRegistered(_) => "group_registered",
            Statement::GroupNamed(_) => "group_named",
            Statement::LineageRecorded(_) => "lineage_recorded",
            Statement::LifecycleChanged(_) => "lifecycle_changed",
            Statement::RegimeRegistered(_) => "regime_registered",
            Statement::RegimeTerminated(_) => "regime_terminated",
            Statement::DesignationAct(_) => "designation_act",
            Statement::Engagement(_) => "engagement",
            Statement::IdentityMerged(_) => "identity_merged",
            Statement::IdentityUnmerged(_) => "identity_unmerged",
        }
    }

    /// What it touches, each subject once, in no particular order.
    pub fn subjects(&self) -> Vec<Subject> {
        match self {
            Statement::ActorRegistered(it) => vec![Subject::Actor(it.actor.clone())],
            Statement::GroupRegistered(it) => vec![Subject::Group(it.group.clone())],
            Statement::GroupNamed(it) => vec![Subject::Group(it.group.clone())],
            Statement::LineageRecorded(it) => {
                let other = it.other.iter().filter(|other| **other != it.group);
                std::iter::once(&it.group).chain(other).cloned().map(Subject::Group).collect()
            }
            Statement::LifecycleChanged(it) => vec![Subject::Group(it.group.clone())],
            Statement::RegimeRegistered(it) => {
                vec![Subject::Regime(it.regime.clone()), Subject::Actor(it.authority.clone())]
            }
            Statement::RegimeTerminated(it) => vec![Subject::Regime(it.regime.clone())],
            Statement::DesignationAct(it) => vec![
                Subject::Group(it.group.clone()),
                Subject::Regime(it.regime.clone()),
                Subject::Designation(it.group.clone(), it.regime.clone()),
            ],
            Statement::Engagement(it) => it.subjects(),
            Statement::IdentityMerged(it) => {
                vec![Subject::Group(it.group.clone()), Subject::Group(it.into.clone())]
            }
            Statement::IdentityUnmerged(it) => vec![Subject::Group(it.group.clone())],
        }
    }

    /// The registered identities it refers to, with the field that does.
    pub fn references(&self) -> Vec<(String, Subject)> {
        let one = |field: &str, subject| (field.to_owned(), subject);
        match self {
            Statement::ActorRegistered(_) | Statement::GroupRegistered(_) => Vec::new(),
            Statement::GroupNamed(it) => vec![one("group", Subject::Group(it.group.clone()))],
            Statement::LineageRecorded(it) => std::iter::once(one("group", Subject::Group(it.group.clone())))
                .chain(it.other.iter().map(|other| one("other", Subject::Group(other.clone()))))
                .collect(),
            Statement::LifecycleChanged(it) => vec![one("group", Subject::Group(it.group.clone()))],
            Statement::RegimeRegistered(it) => vec![one("authority", Subject::Actor(it.authority.clone()))],
            Statement::RegimeTerminated(it) => vec![one("regime", Subject::Regime(it.regime.clone()))],
            Statement::DesignationAct(it) => {
                let alias = match &it.scope {
                    Scope::AliasOf(listing) => Some(one("scope.alias_of", Subject::Group(listing.clone()))),
                    Scope::Whole | Scope::Component(_) => None,
                };
                [
                    one("group", Subject::Group(it.group.clone())),
                    one("regime", Subject::Regime(it.regime.clone())),
                ]
                .into_iter()
                .chain(alias)
                .collect()
            }
            Statement::Engagement(it) => it.references(),
            Statement::IdentityMerged(it) => vec![
                one("group", Subject::Group(it.group.clone())),
                one("into", Subject::Group(it.into.clone())),
            ],
            Statement::IdentityUnmerged(it) => vec![one("group", Subject::Group(it.group.clone()))],
        }
    }
}
