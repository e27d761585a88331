//! Selections: which groups and relationships a listing is of.

use super::search::unknown;
use crate::{
    domain::{
        as_of::AsOf,
        fold::registry::Regimes,
        id::{ActorId, GroupId, RegimeId},
        status::{group::GroupStatus, relationship::RelationshipStatus},
        vocabulary::{DesignationState, GroupFlag, GroupKind, Headline, LifecycleState, RelationshipFlag},
    },
    projection::Store,
    service::refusal::Refusal,
    wire::{Field, Findings, v1},
};

/// Which groups.
pub struct GroupSelection {
    regime: Option<RegimeId>,
    states: Vec<DesignationState>,
    kinds: Vec<GroupKind>,
    lifecycles: Vec<LifecycleState>,
    flags: Vec<GroupFlag>,
}

impl GroupSelection {
    /// Reads the conditions of a request.
    pub fn read(request: &v1::ListGroupsRequest, found: &mut Findings) -> GroupSelection {
        let root = Field::root("");
        let regime = found.optional(&Field::root("regime"), &request.regime);
        let mut states = found.vocabularies(&root, "states", &request.states);
        if states.is_empty() && regime.is_some() {
            states = vec![DesignationState::Active, DesignationState::AnnulledStayed];
        }
        GroupSelection {
            regime,
            states,
            kinds: found.vocabularies(&root, "kinds", &request.kinds),
            lifecycles: found.vocabularies(&root, "lifecycles", &request.lifecycles),
            flags: found.vocabularies(&root, "flags", &request.flags),
        }
    }

    /// Refuses a regime that is not on record.
    pub fn check(&self, regimes: &Regimes) -> Result<(), Refusal> {
        match &self.regime {
            Some(regime) if !regimes.contains_key(regime) => {
                Err(Refusal::unknown("regime", format!("regime/{regime} is not on record at this view")))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether every condition holds for a group.
    pub fn holds(&self, status: &GroupStatus) -> bool {
        let listed = self.states.is_empty()
            || status.designations.iter().any(|it| {
                self.states.contains(&it.state)
                    && self.regime.as_ref().is_none_or(|regime| *regime == it.regime)
            });
        let life = status.lifecycle.as_ref().map(|lifecycle| lifecycle.state);
        listed
            && any(&self.kinds, |kind| *kind == status.kind)
            && any(&self.lifecycles, |state| Some(*state) == life)
            && any(&self.flags, |flag| status.flags.contains(flag))
    }
}

/// Which relationships.
pub struct RelationshipSelection {
    /// Of this actor.
    pub actor: Option<ActorId>,
    /// With this group.
    pub group: Option<GroupId>,
    headlines: Vec<Headline>,
    flags: Vec<RelationshipFlag>,
}

impl RelationshipSelection {
    /// Reads the conditions of a request.
    pub fn read(request: &v1::ListRelationshipsRequest, found: &mut Findings) -> RelationshipSelection {
        let root = Field::root("");
        RelationshipSelection {
            actor: found.optional(&Field::root("actor"), &request.actor),
            group: found.optional(&Field::root("group"), &request.group),
            headlines: found.vocabularies(&root, "headlines", &request.headlines),
            flags: found.vocabularies(&root, "flags", &request.flags),
        }
    }

    /// Refuses an actor or group that is not on record.
    pub fn check(&self, store: &Store, as_of: AsOf) -> Result<(), Refusal> {
        if let Some(actor) = &self.actor {
            store.actor(actor, as_of).map_err(|error| unknown(store, error, as_of))?;
        }
        if let Some(group) = &self.group {
            store.identity(group, as_of).map_err(|error| unknown(store, error, as_of))?;
        }
        Ok(())
    }

    /// Whether every condition but the ends holds for a relationship.
    pub fn holds(&self, status: &RelationshipStatus) -> bool {
        any(&self.headlines, |headline| *headline == status.headline)
            && any(&self.flags, |flag| status.flags.contains(flag))
    }
}

/// Whether one of the wanted values fits; no wanted values fit everything.
fn any<T>(wanted: &[T], fits: impl FnMut(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(fits)
}
