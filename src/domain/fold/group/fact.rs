//! Facts as the history of a group holds them.

use std::sync::Arc;

use crate::domain::{
    fact::Fact,
    fold::{Content, Direction, designation::transition},
    id::GroupId,
    statement::{
        DesignationAct, GroupNamed, GroupRegistered, LifecycleChanged, LineageRecorded, Statement,
        is_same_component,
    },
    vocabulary::{Act, DesignationState, LifecycleState},
};

/// A fact about a group: its registration, names, lineage, life and listings. Dealings with it belong to its
/// relationships.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupFact(Arc<Fact>);

impl GroupFact {
    /// The part of the fact that concerns the group; `None` when it has none. Lineage concerns both its ends.
    pub fn about(group: &GroupId, fact: &Arc<Fact>) -> Option<GroupFact> {
        let concerned = match &fact.statement {
            Statement::GroupRegistered(it) => it.group == *group,
            Statement::GroupNamed(it) => it.group == *group,
            Statement::LineageRecorded(it) => it.group == *group || it.other.as_ref() == Some(group),
            Statement::LifecycleChanged(it) => it.group == *group,
            Statement::DesignationAct(it) => it.group == *group,
            Statement::ActorRegistered(_)
            | Statement::RegimeRegistered(_)
            | Statement::RegimeTerminated(_)
            | Statement::Engagement(_)
            | Statement::IdentityMerged(_)
            | Statement::IdentityUnmerged(_)
            | Statement::DecisionRecorded(_) => false,
        };
        concerned.then(|| GroupFact(Arc::clone(fact)))
    }

    /// The identity that it is told of; `None`: lineage is told of two.
    pub fn subject(&self) -> Option<&GroupId> {
        match &self.0.statement {
            Statement::GroupRegistered(it) => Some(&it.group),
            Statement::GroupNamed(it) => Some(&it.group),
            Statement::LifecycleChanged(it) => Some(&it.group),
            Statement::DesignationAct(it) => Some(&it.group),
            _ => None,
        }
    }

    /// The fact.
    pub fn fact(&self) -> &Fact {
        &self.0
    }

    /// What it says when it registers the group.
    pub fn registration(&self) -> Option<&GroupRegistered> {
        match &self.0.statement {
            Statement::GroupRegistered(it) => Some(it),
            _ => None,
        }
    }

    /// What it says when it names the group.
    pub fn naming(&self) -> Option<&GroupNamed> {
        match &self.0.statement {
            Statement::GroupNamed(it) => Some(it),
            _ => None,
        }
    }

    /// What it says when it is about lineage.
    pub fn lineage(&self) -> Option<&LineageRecorded> {
        match &self.0.statement {
            Statement::LineageRecorded(it) => Some(it),
            _ => None,
        }
    }

    /// What it says when it is about the life of the group.
    pub fn lifecycle(&self) -> Option<&LifecycleChanged> {
        match &self.0.statement {
            Statement::LifecycleChanged(it) => Some(it),
            _ => None,
        }
    }

    /// What it says when it is an act about a listing.
    pub fn act(&self) -> Option<&DesignationAct> {
        match &self.0.statement {
            Statement::DesignationAct(it) => Some(it),
            _ => None,
        }
    }
}

impl Content for GroupFact {
    fn act_rank(&self) -> u8 {
        match self.act().map(|it| it.act) {
            None | Some(Act::Delisted | Act::Expired) => 0,
            Some(Act::Initiated) => 1,
            Some(Act::Listed | Act::ListedAsAlias | Act::SplitToOwnListing | Act::MergedIntoListing) => 2,
            Some(Act::Resumed | Act::Suspended) => 2,
            Some(Act::Amended | Act::ScopeChanged | Act::Maintained) => 3,
            Some(Act::Annulled | Act::AnnulledEffectsMaintained | Act::AnnulmentReversed) => 4,
            Some(Act::Challenged | Act::ChallengeClosed) => 4,
            Some(Act::ExemptionGranted | Act::ExemptionEnded) => 5,
            Some(Act::ObservedPresent | Act::ObservedAbsent) => 6,
        }
    }

    fn direction(&self) -> Direction {
        match &self.0.statement {
            Statement::DesignationAct(it) => direction_of_act(it.act),
            Statement::LifecycleChanged(it) => direction_of_life(it.state),
            _ => Direction::Level,
        }
    }

    /// Two acts also contradict each other when they are of two listings, or would leave one that is in force in two states.
    fn contradicts(&self, other: &GroupFact) -> bool {
        let acts = self.act().zip(other.act());
        let differ = acts.is_some_and(|(a, b)| {
            !is_one_listing(a, b)
                || outcome(a.act).zip(outcome(b.act)).is_some_and(|(one, another)| one != another)
        });
        differ || self.direction().is_opposite(other.direction())
    }

    fn is_denied_by_silence(&self) -> bool {
        self.act().is_some() || self.lifecycle().is_some()
    }
}

/// Whether two acts are of the listing of one group, or of one component of it, under one regime.
fn is_one_listing(one: &DesignationAct, other: &DesignationAct) -> bool {
    let same_part = match (one.scope.component(), other.scope.component()) {
        (None, None) => true,
        (Some(a), Some(b)) => is_same_component(a, b),
        (Some(_), None) | (None, Some(_)) => false,
    };
    same_part && one.regime == other.regime && one.group == other.group
}

/// The state in which an act leaves a listing in force, and one that was only on its way where it begins that; `None`: being
/// missing from a list says nothing of how it ended.
fn outcome(act: Act) -> Option<DesignationState> {
    match act {
        Act::Initiated => Some(DesignationState::Proposed),
        Act::ObservedAbsent => None,
        _ => {
            let active = DesignationState::Active;
            Some(transition(active, act).map_or(active, |found| found.next))
        }
    }
}

fn direction_of_act(act: Act) -> Direction {
    match act {
        Act::Initiated | Act::Listed | Act::ListedAsAlias | Act::SplitToOwnListing => Direction::Up,
        Act::MergedIntoListing | Act::Maintained | Act::Resumed | Act::AnnulmentReversed => Direction::Up,
        Act::ObservedPresent => Direction::Up,
        Act::Suspended | Act::Delisted | Act::Expired | Act::Annulled => Direction::Down,
        Act::ObservedAbsent => Direction::Down,
        Act::Amended | Act::ScopeChanged | Act::AnnulledEffectsMaintained => Direction::Level,
        Act::Challenged | Act::ChallengeClosed | Act::ExemptionGranted | Act::ExemptionEnded => {
            Direction::Level
        }
    }
}

/// Being alive and having ended contradict each other, as being listed and being delisted do.
fn direction_of_life(state: LifecycleState) -> Direction {
    match state {
        LifecycleState::Active | LifecycleState::Governing | LifecycleState::Reconstituted => Direction::Up,
        LifecycleState::Dormant | LifecycleState::PoliticalParty => Direction::Level,
        LifecycleState::DissolvedDeclared | LifecycleState::DissolvedVerified | LifecycleState::Defeated => {
            Direction::Down
        }
    }
}
