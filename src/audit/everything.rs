//! Everything: the subjects whose answers may differ between two views, of all that are on record.

use std::collections::{BTreeMap, BTreeSet};

use super::Matter;
use crate::{
    domain::{
        as_of::AsOf,
        id::{ActorId, GroupId},
        subject::Subject,
    },
    ledger::Ledger,
    projection::{Range, Store},
};

/// Every group and every relationship on record, by subject, but for those whose answers cannot differ: between two views
/// that differ only in record time, those that no event in between could have moved. What time, disclosure or another
/// reader changes is not foretold: then all are compared.
pub fn may_differ(store: &Store, ledger: &Ledger, from: AsOf, to: AsOf) -> Vec<Matter> {
    let same = AsOf { known_at: to.known_at, ..from } == to;
    let mut news = same.then(|| News::new(store, ledger, (from.known_at, to.known_at)));
    let mut may = |matter: &Matter| news.as_mut().is_none_or(|news| news.may_move(matter));
    let groups = store.groups_after("").cloned().map(Matter::Group);
    let mut found: Vec<Matter> = groups.filter(|matter| may(matter)).collect();
    let pairs: BTreeSet<(ActorId, GroupId)> = store
        .relationships_after(None, None, None)
        .flat_map(|(actor, group)| {
            // With whatever it was one with there may be dealings too.
            store.ever_one_with(group).into_iter().map(|one| (actor.clone(), one))
        })
        .collect();
    let relationships = pairs.into_iter().map(|(actor, group)| Matter::Relationship(actor, group));
    found.extend(relationships.filter(|matter| may(matter)));
    found
}

/// What a part of the record can have moved.
struct News<'a> {
    store: &'a Store,
    ledger: &'a Ledger,
    range: Range,
    /// Whether anything about the listings of a group is new, as far as that was asked.
    listings: BTreeMap<GroupId, bool>,
    /// Whether anything about an actor is.
    actors: BTreeMap<ActorId, bool>,
}

impl<'a> News<'a> {
    fn new(store: &'a Store, ledger: &'a Ledger, range: Range) -> News<'a> {
        News { store, ledger, range, listings: BTreeMap::new(), actors: BTreeMap::new() }
    }

    fn may_move(&mut self, matter: &Matter) -> bool {
        let (store, range) = (self.store, self.range);
        match matter {
            Matter::Group(group) => !store.moves_of_group(group, range).is_empty(),
            Matter::Designation(group, _) => self.has_listings(group),
            Matter::Relationship(actor, group) => {
                let of_actor = *self
                    .actors
                    .entry(actor.clone())
                    .or_insert_with(|| !store.moves_of_actor(actor, range).is_empty());
                of_actor || self.has_listings(group) || self.has_dealings(actor, group)
            }
        }
    }

    fn has_listings(&mut self, group: &GroupId) -> bool {
        let (store, range) = (self.store, self.range);
        let of_group = self.listings.entry(group.clone());
        *of_group.or_insert_with(|| !store.moves_of_listings(group, range).is_empty())
    }

    fn has_dealings(&self, actor: &ActorId, group: &GroupId) -> bool {
        let subjects: Vec<Subject> = self
            .store
            .ever_one_with(group)
            .into_iter()
            .map(|one| Subject::Relationship(actor.clone(), one))
            .collect();
        !self.ledger.positions(&subjects, self.range.0.next(), self.range.1).is_empty()
    }
}
