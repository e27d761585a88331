//! Merges: which identities on record lead to which.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::domain::{
    as_of::AsOf,
    fact::Fact,
    fold::{Content, Direction, History},
    id::GroupId,
    statement::Statement,
};
use crate::position::Position;

/// A fact as the history of identity operations holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergeFact(Arc<Fact>);

impl MergeFact {
    /// The fact, if it is an identity operation.
    pub fn of(fact: &Arc<Fact>) -> Option<MergeFact> {
        let is_one = matches!(fact.statement, Statement::IdentityMerged(_) | Statement::IdentityUnmerged(_));
        is_one.then(|| MergeFact(Arc::clone(fact)))
    }

    /// The identity it is about, and where that leads from then on; `None`: to itself.
    pub fn leads(&self) -> Option<(&GroupId, Option<&GroupId>)> {
        match &self.0.statement {
            Statement::IdentityMerged(it) => Some((&it.group, Some(&it.into))),
            Statement::IdentityUnmerged(it) => Some((&it.group, None)),
            _ => None,
        }
    }
}

impl Content for MergeFact {
    fn act_rank(&self) -> u8 {
        0
    }

    fn direction(&self) -> Direction {
        match self.0.statement {
            Statement::IdentityUnmerged(_) => Direction::Down,
            _ => Direction::Up,
        }
    }
}

/// Where the identities lead that have been given up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Redirects {
    into: BTreeMap<GroupId, GroupId>,
    /// The events that say so.
    told: BTreeMap<GroupId, Position>,
}

impl Redirects {
    /// Every identity leads to itself.
    pub const NONE: Redirects = Redirects { into: BTreeMap::new(), told: BTreeMap::new() };

    /// The redirects of a record: operations count in the order in which they were recorded, from their own position on.
    /// Neither the valid date nor disclosure cuts them: they are about the record.
    pub fn fold(history: &History<MergeFact>, as_of: AsOf) -> Redirects {
        let mut redirects = Redirects::default();
        if history.is_empty() {
            return redirects;
        }
        let mut standing = history.standing(AsOf { disclosed_by: None, ..as_of });
        standing.sort_by_key(|fact| fact.root);
        for fact in standing.iter().filter(|fact| fact.moves()) {
            match fact.content.leads() {
                // What leads back to the group itself would leave nobody to answer.
                Some((group, Some(into))) if redirects.survivor(into) != group => {
                    redirects.into.insert(group.clone(), into.clone());
                    redirects.told.insert(group.clone(), fact.position);
                }
                Some((group, None)) => {
                    redirects.into.remove(group);
                }
                Some(_) | None => {}
            }
        }
        redirects
    }

    /// Whether every identity leads to itself.
    pub fn is_empty(&self) -> bool {
        self.into.is_empty()
    }

    /// Whether an identity has been given up.
    pub fn is_merged(&self, group: &GroupId) -> bool {
        self.into.contains_key(group)
    }

    /// The identity that answers for this one: itself, unless it has been merged.
    pub fn survivor<'a>(&'a self, group: &'a GroupId) -> &'a GroupId {
        let mut found = group;
        // Removing a merge in the middle of a chain shortens it, and no chain leads back: it ends.
        let mut seen = BTreeSet::new();
        while let Some(next) = self.into.get(found).filter(|next| seen.insert(*next)) {
            found = next;
        }
        found
    }

    /// Whether two identities are one.
    pub fn is_one(&self, a: &GroupId, b: &GroupId) -> bool {
        a == b || self.survivor(a) == self.survivor(b)
    }

    /// The identities that answer for these, each once, by slug.
    pub fn survivors<'a>(&'a self, names: &[&'a GroupId]) -> BTreeSet<&'a GroupId> {
        names.iter().map(|name| self.survivor(name)).collect()
    }

    /// The identities that are one with a survivor: itself, and those that lead to it, by slug.
    pub fn names_of<'a>(&'a self, survivor: &'a GroupId) -> Vec<&'a GroupId> {
        std::iter::once(survivor).chain(self.merged_into(survivor)).collect()
    }

    /// The identities that lead to this one, by slug, without itself.
    pub fn merged_into<'a>(&'a self, survivor: &GroupId) -> Vec<&'a GroupId> {
        self.into.keys().filter(|group| self.survivor(group) == survivor).collect()
    }

    /// The events by which identities lead to this one, ascending.
    pub fn events(&self, survivor: &GroupId) -> BTreeSet<Position> {
        self.merged_into(survivor).into_iter().filter_map(|group| self.told.get(group).copied()).collect()
    }
}

#[cfg(test)]
impl Redirects {
    /// The redirects by which each of these identities has been given up for another.
    pub(crate) fn leading(merged: &[(&str, &str)]) -> Redirects {
        let pair = |(from, into): &(&str, &str)| (from.parse().unwrap(), into.parse().unwrap());
        Redirects { into: merged.iter().map(pair).collect(), told: BTreeMap::new() }
    }
}
