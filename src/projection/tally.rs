//! Tallies: how much each group is engaged with by a day, kept so that not every question walks along all relationships.

use std::{
    collections::{HashMap, HashSet},
    sync::{PoisonError, RwLock},
};

use crate::domain::{
    date::Day,
    id::{ActorId, GroupId},
};

/// The tallies of the groups that somebody has asked about, of each for the day that was asked for last, under no other
/// cut. They hold an id for each relationship of these groups, and never more.
#[derive(Default)]
pub(super) struct Tallies(RwLock<HashMap<GroupId, Tally>>);

/// What the relationships of one group come to by a day.
pub(super) struct Tally {
    /// The day.
    pub(super) by: Day,
    /// How many moves are in effect by then, in all relationships.
    pub(super) moves: u64,
    /// The actors of the relationships with at least one of them.
    pub(super) actors: HashSet<ActorId>,
}

impl Tallies {
    /// How many moves and how many actors there are by a day; `None`: that has not been kept.
    pub(super) fn of(&self, group: &GroupId, by: Day) -> Option<(u64, u64)> {
        let tallies = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.get(group).filter(|tally| tally.by == by)?;
        Some((tally.moves, tally.actors.len() as u64))
    }

    /// Keeps what was found, instead of what was kept for another day.
    pub(super) fn keep(&self, group: &GroupId, tally: Tally) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(group.clone(), tally);
    }

    /// Takes in a plain fact that moves a relationship from a day on.
    pub(super) fn add(&mut self, actor: &ActorId, group: &GroupId, from: Day) {
        let tallies = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        let Some(tally) = tallies.get_mut(group).filter(|tally| from <= tally.by) else { return };
        tally.moves += 1;
        if !tally.actors.contains(actor) {
            tally.actors.insert(actor.clone());
        }
    }

    /// Forgets the tally of a group in one of whose relationships a family has changed.
    pub(super) fn forget(&mut self, group: &GroupId) {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner).remove(group);
    }
}
