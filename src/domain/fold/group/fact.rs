//! Facts as the history of a group holds them.

use std::sync::Arc;

use crate::domain::{
    date::{DateSpan, PartialDate},
    fact::Fact,
    fold::{Content, Direction, designation::transition, registry::Redirects},
    id::GroupId,
    statement::{
        DesignationAct, GroupNamed, GroupRegistered, LifecycleChanged, LineageRecorded, Name, Statement,
        folded_component, is_same_component,
    },
    vocabulary::{Act, DesignationState, LifecycleState, LineageKind, NameKind},
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

    /// The groups that it names.
    pub fn groups(&self) -> impl Iterator<Item = &GroupId> {
        let (one, other) = match &self.0.statement {
            Statement::LineageRecorded(it) => (Some(&it.group), it.other.as_ref()),
            Statement::DesignationAct(it) => (Some(&it.group), it.scope.alias_of()),
            _ => (self.subject(), None),
        };
        one.into_iter().chain(other)
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

    /// Two acts also contradict each other when they are of two listings, would leave one that is in force in two states, when
    /// the one ends what the other begins over a listing, and when they give two last days. So do ties with two groups, and
    /// two where the one ends what the other begins or that have two last days; and two last days of one name.
    fn contradicts(&self, other: &GroupFact, identities: &Redirects) -> bool {
        let acts = self.act().zip(other.act());
        let differ = acts.is_some_and(|(a, b)| {
            !is_one_listing(a, b, identities)
                || outcome(a.act).zip(outcome(b.act)).is_some_and(|(one, another)| one != another)
                || ends(a.act, b.act)
                || ends(b.act, a.act)
                || are_two_days(a.expires_on, b.expires_on)
        });
        let ties = self.lineage().zip(other.lineage());
        let differ = differ
            || ties.is_some_and(|(a, b)| {
                !are_same_ends(a, b, identities)
                    || unties(a.kind, b.kind)
                    || unties(b.kind, a.kind)
                    || are_two_days(a.until, b.until)
            });
        let names = self.naming().zip(other.naming()).map(|(a, b)| (&a.name, &b.name));
        let differ = differ
            || names.is_some_and(|(a, b)| {
                folded_component(&a.text) == folded_component(&b.text) && are_two_days(a.until, b.until)
            });
        differ || self.direction().is_opposite(other.direction())
    }

    fn says_otherwise(&self, won: &GroupFact, identities: &Redirects) -> bool {
        match (&self.0.statement, &won.0.statement) {
            (Statement::DesignationAct(claim), Statement::DesignationAct(won)) => {
                is_other_act(claim, won, identities)
            }
            (Statement::LifecycleChanged(claim), Statement::LifecycleChanged(won)) => {
                claim.state != won.state
            }
            (Statement::LineageRecorded(claim), Statement::LineageRecorded(won)) => {
                claim.kind != won.kind || has_other_last_day(claim.until, won.until)
            }
            (Statement::GroupNamed(claim), Statement::GroupNamed(won)) => {
                let (claim, won) = (&claim.name, &won.name);
                let is_other = folded_component(&claim.text) != folded_component(&won.text);
                is_other || claim.kind != won.kind || has_other_last_day(claim.until, won.until)
            }
            (Statement::GroupRegistered(claim), Statement::GroupRegistered(won)) => {
                let is_known = |name: &Name| {
                    won.names.iter().any(|it| folded_component(&it.text) == folded_component(&name.text))
                };
                let primary = claim.names.iter().find(|name| name.kind == NameKind::Primary);
                claim.kind != won.kind || primary.is_some_and(|name| !is_known(name))
            }
            (_, _) => true,
        }
    }

    fn is_denied_by_silence(&self) -> bool {
        self.act().is_some() || self.lifecycle().is_some()
    }
}

/// Whether two acts are of the listing of one group, or of one component of it, under one regime.
fn is_one_listing(one: &DesignationAct, other: &DesignationAct, identities: &Redirects) -> bool {
    let same_part = match (one.scope.component(), other.scope.component()) {
        (None, None) => true,
        (Some(a), Some(b)) => is_same_component(a, b),
        (Some(_), None) | (None, Some(_)) => false,
    };
    same_part && one.regime == other.regime && identities.is_one(&one.group, &other.group)
}

/// Whether two ties are of the same groups, at the same ends.
fn are_same_ends(one: &LineageRecorded, other: &LineageRecorded, identities: &Redirects) -> bool {
    let same_others = match (&one.other, &other.other) {
        (Some(a), Some(b)) => identities.is_one(a, b),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    };
    same_others && identities.is_one(&one.group, &other.group)
}

/// Whether an act ends what another begins over a listing.
fn ends(one: Act, other: Act) -> bool {
    matches!(
        (one, other),
        (Act::ChallengeClosed, Act::Challenged) | (Act::ExemptionEnded, Act::ExemptionGranted)
    )
}

/// Whether one tie is the end of another.
fn unties(one: LineageKind, other: LineageKind) -> bool {
    one == LineageKind::Disaffiliated && matches!(other, LineageKind::MemberOf | LineageKind::AffiliatedTo)
}

/// Whether a claim makes of an act that won another one, without contradicting it: another kind of act, an entry of another
/// number or under another listing, or one with a last day. What it leaves unsaid is no difference.
fn is_other_act(claim: &DesignationAct, won: &DesignationAct, identities: &Redirects) -> bool {
    let number = |act: &DesignationAct| folded_component(&act.reference);
    let is_other = claim.act != won.act && !bears_out(claim.act, won.act) && !bears_out(won.act, claim.act);
    is_other
        || claim.scope.alias_of().is_some_and(|listing| {
            won.scope.alias_of().is_none_or(|other| !identities.is_one(other, listing))
        })
        || !claim.reference.is_empty() && !won.reference.is_empty() && number(claim) != number(won)
        || has_other_last_day(claim.expires_on, won.expires_on)
}

/// Whether one act is an observation of what the other would bring about.
fn bears_out(observation: Act, act: Act) -> bool {
    let in_force = outcome(act).is_some_and(DesignationState::is_in_force);
    match observation {
        Act::ObservedPresent => in_force,
        Act::ObservedAbsent => !in_force,
        _ => false,
    }
}

/// Whether both give a last day, and it is not the same one.
fn are_two_days(one: Option<PartialDate>, other: Option<PartialDate>) -> bool {
    one.zip(other).is_some_and(|(a, b)| !DateSpan::from(a).agrees_with(b.into()))
}

/// Whether a claim gives a last day that what won does not.
fn has_other_last_day(claim: Option<PartialDate>, won: Option<PartialDate>) -> bool {
    claim.is_some() && won.is_none() || are_two_days(claim, won)
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

#[cfg(test)]
mod tests;
