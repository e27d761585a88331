//! What a fact can say.

mod decision;
mod designation;
mod engagement;
mod identity;
mod registry;

pub use decision::{DecisionBasis, DecisionRecorded};
pub use designation::{DesignationAct, Scope, folded_component, is_same_component};
pub use engagement::{Agreement, Ceasefire, Engagement, Participant, Party, Representation};
pub use identity::{IdentityMerged, IdentityUnmerged};
pub use registry::{
    ActorRegistered, ExternalId, GroupNamed, GroupRegistered, LifecycleChanged, LineageRecorded, Membership,
    Name, RegimeRegistered, RegimeTerminated,
};

use std::fmt::Arguments;

use super::{id::GroupId, subject::Subject};

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
    /// A decision of the house.
    DecisionRecorded(DecisionRecorded),
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
            Statement::DecisionRecorded(_) => "decision_recorded",
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
            // Not what it concerns: a decision moves no status, and whoever follows a group waits for what does.
            Statement::DecisionRecorded(it) => vec![Subject::Decision(it.decision.clone())],
        }
    }

    /// Gives `tell` each registered identity that it refers to, with the field that does.
    pub fn references(&self, mut tell: impl FnMut(Arguments<'_>, Subject)) {
        let mut group = |field: Arguments<'_>, group: &GroupId| tell(field, Subject::Group(group.clone()));
        match self {
            Statement::ActorRegistered(_) | Statement::GroupRegistered(_) => {}
            Statement::GroupNamed(it) => group(format_args!("group"), &it.group),
            Statement::LineageRecorded(it) => {
                group(format_args!("group"), &it.group);
                if let Some(other) = &it.other {
                    group(format_args!("other"), other);
                }
            }
            Statement::LifecycleChanged(it) => group(format_args!("group"), &it.group),
            Statement::RegimeRegistered(it) => {
                tell(format_args!("authority"), Subject::Actor(it.authority.clone()))
            }
            Statement::RegimeTerminated(it) => {
                tell(format_args!("regime"), Subject::Regime(it.regime.clone()))
            }
            Statement::DesignationAct(it) => {
                group(format_args!("group"), &it.group);
                tell(format_args!("regime"), Subject::Regime(it.regime.clone()));
                if let Scope::AliasOf(listing) = &it.scope {
                    tell(format_args!("scope.alias_of"), Subject::Group(listing.clone()));
                }
            }
            Statement::Engagement(it) => it.references(tell),
            Statement::DecisionRecorded(it) => it.references(tell),
            Statement::IdentityMerged(it) => {
                group(format_args!("group"), &it.group);
                group(format_args!("into"), &it.into);
            }
            Statement::IdentityUnmerged(it) => group(format_args!("group"), &it.group),
        }
    }
}
