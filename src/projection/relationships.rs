//! Relationships: the dealings of every pair of an actor and a group, found at once and walked in order.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound::{Included, Unbounded},
    sync::Arc,
};

use hashbrown::{Equivalent, HashMap, hash_map::EntryRef};

use crate::domain::{
    fold::relationship::Dealings,
    id::{ActorId, GroupId},
};

/// The dealings of pairs. An event finds its pair by hash, whoever lists pairs has them in order.
#[derive(Default)]
pub(super) struct Relationships {
    dealings: HashMap<Pair, Arc<Dealings>>,
    order: BTreeMap<ActorId, BTreeSet<GroupId>>,
}

#[derive(PartialEq, Eq, Hash)]
struct Pair(ActorId, GroupId);

/// A pair that is looked for. Its hash is that of the [`Pair`].
#[derive(Hash)]
struct Wanted<'a>(&'a ActorId, &'a GroupId);

impl Equivalent<Pair> for Wanted<'_> {
    fn equivalent(&self, pair: &Pair) -> bool {
        *self.0 == pair.0 && *self.1 == pair.1
    }
}

/// Whether a pair was there.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Novelty {
    Known,
    New,
}

impl Relationships {
    /// How many pairs there are.
    pub(super) fn len(&self) -> usize {
        self.dealings.len()
    }

    /// The dealings of a pair, if it has any.
    pub(super) fn get(&self, actor: &ActorId, group: &GroupId) -> Option<&Arc<Dealings>> {
        self.dealings.get(&Wanted(actor, group))
    }

    /// The dealings of a pair, made when there are none.
    pub(super) fn make(&mut self, actor: &ActorId, group: &GroupId) -> (&mut Arc<Dealings>, Novelty) {
        match self.dealings.entry_ref(&Wanted(actor, group)) {
            EntryRef::Occupied(known) => (known.into_mut(), Novelty::Known),
            EntryRef::Vacant(new) => {
                self.order.entry(actor.clone()).or_default().insert(group.clone());
                let pair = Pair(actor.clone(), group.clone());
                (new.insert_with_key(pair, Arc::default()), Novelty::New)
            }
        }
    }

    /// The groups of the actors from a slug on, in order.
    pub(super) fn by_actor(&self, first: &str) -> impl Iterator<Item = (&ActorId, &BTreeSet<GroupId>)> {
        self.order.range::<str, _>((Included(first), Unbounded))
    }

    /// All pairs, in order.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&ActorId, &GroupId, &Arc<Dealings>)> {
        let pairs =
            self.order.iter().flat_map(|(actor, groups)| groups.iter().map(move |group| (actor, group)));
        pairs.filter_map(|(actor, group)| Some((actor, group, self.get(actor, group)?)))
    }
}
