//! The history of a subject: every fact about it, ready to be folded under any cuts.

use std::collections::BTreeMap;

use super::{
    family::{Family, Member, by_fact},
    registry::Redirects,
    telling::{Content, Place, Standing, Telling},
};
use crate::{
    domain::{as_of::AsOf, date::Day},
    position::Position,
};

/// Every fact about a subject. Most facts are plain: nobody corrects, retracts or claims them otherwise.
#[derive(Clone, Debug)]
pub struct History<C> {
    /// By position.
    plain: Vec<Telling<C>>,
    /// By the position of the fact.
    families: BTreeMap<Position, Family<C>>,
}

impl<C> Default for History<C> {
    fn default() -> History<C> {
        History { plain: Vec::new(), families: BTreeMap::new() }
    }
}

impl<C: Content> History<C> {
    /// Adds a plain fact. Positions must ascend from call to call.
    pub fn add(&mut self, telling: Telling<C>) {
        self.plain.push(telling);
    }

    /// Sets the family of the fact at `root`, which is plain no more; replaces the family it had.
    pub fn set_family(&mut self, root: Position, family: Family<C>) {
        if let Ok(index) = self.plain.binary_search_by_key(&root, |telling| telling.position) {
            self.plain.remove(index);
        }
        self.families.insert(root, family);
    }

    /// The positions of the plain facts, ascending.
    pub fn facts(&self) -> impl Iterator<Item = Position> {
        self.plain.iter().map(|telling| telling.position)
    }

    /// The plain facts that are wanted, each with its place; `None`: it does not count under the cuts.
    pub fn plain_places(
        &self,
        as_of: AsOf,
        is_wanted: impl Fn(&C) -> bool,
    ) -> impl Iterator<Item = (Position, Option<Place>)> {
        let wanted = self.plain.iter().filter(move |telling| is_wanted(&telling.content));
        wanted.map(move |telling| {
            let place = counts(telling, as_of).then(|| Place::of(&Standing::sole(telling)));
            (telling.position, place)
        })
    }

    /// Whether the fact at a position is one of them.
    pub fn has(&self, fact: Position) -> bool {
        let is_plain = self.plain.binary_search_by_key(&fact, |telling| telling.position).is_ok();
        is_plain || self.families.contains_key(&fact)
    }

    /// The positions of the facts that have families, ascending.
    pub fn roots(&self) -> impl Iterator<Item = Position> {
        self.families.keys().copied()
    }

    /// What stands under the cuts of record time, disclosure and label, in valid-time order. The valid date does not
    /// cut: a fact that takes effect later is there, at its place.
    pub fn standing(&self, as_of: AsOf) -> Vec<Standing<'_, C>> {
        History::united(&[self], &Redirects::NONE, as_of)
    }

    /// The same of a subject that has several identities: `parts` are their histories. What is told of two of them counts once,
    /// and claims are compared as [`Family::united`] does.
    pub fn united<'a>(parts: &[&'a History<C>], identities: &Redirects, as_of: AsOf) -> Vec<Standing<'a, C>> {
        let plain = parts.iter().flat_map(|part| &part.plain).filter(|telling| counts(telling, as_of));
        let mut standing: Vec<Standing<'a, C>> = plain.map(Standing::sole).collect();
        match parts {
            [one] => standing.extend(
                one.families.values().filter_map(|family| Family::united(&[family], identities, as_of)),
            ),
            several => {
                let families = by_fact(several.iter().map(|part| &part.families));
                let united = families.values().filter_map(|seen| Family::united(seen, identities, as_of));
                standing.extend(united);
            }
        }
        standing.sort_by_cached_key(Standing::order);
        standing.dedup_by_key(|fact| fact.root);
        standing
    }

    /// The facts that are not plain, with their claims and record events.
    pub fn families(&self) -> impl Iterator<Item = &Family<C>> {
        self.families.values()
    }

    /// The positions of the facts that ever told anything wanted, and of what is recorded about them, in no particular order.
    pub fn positions_of(&self, is_wanted: impl Fn(&C) -> bool) -> Vec<Position> {
        let plain = self.plain.iter().filter(|telling| is_wanted(&telling.content));
        let mut found: Vec<Position> = plain.map(|telling| telling.position).collect();
        let families = self.families.values().filter(|family| family.told().any(&is_wanted));
        found.extend(families.flat_map(Family::positions));
        found
    }

    /// What was ever told, whether it stands or not, in no particular order.
    pub fn told(&self) -> impl Iterator<Item = &C> {
        let members = self.families.values().flat_map(Family::told);
        self.plain.iter().map(|telling| &telling.content).chain(members)
    }

    /// The positions at which something may have ceased to stand, or come to stand before what was recorded earlier:
    /// those of families, and of facts that arrived late. Ascending. At any other position the new fact only follows.
    pub fn turns(&self) -> Vec<Position> {
        let mut turns: Vec<Position> = self.families().flat_map(Family::positions).collect();
        let told = self.families.values().flat_map(Family::members).filter_map(|member| match member {
            Member::Claim(telling) | Member::Correction { telling, .. } => {
                Some((telling.position, telling.effective.lower()))
            }
            Member::Retraction { .. } | Member::Reinstatement { .. } => None,
        });
        // What a family told at a position may have been corrected or taken back since, and stood then.
        let told: BTreeMap<Position, Day> = told.collect();
        let mut told = told.into_iter().peekable();
        let (mut last, mut last_told) = (None, None);
        for telling in &self.plain {
            while let Some((_, day)) = told.next_if(|(position, _)| *position < telling.position) {
                last_told = last_told.max(Some(day));
            }
            let order = Standing::sole(telling).order();
            let is_late = last.is_some_and(|last| order < last);
            if is_late || last_told.is_some_and(|day| telling.effective.lower() <= day) {
                turns.push(telling.position);
            }
            last = last.max(Some(order));
        }
        turns.sort_unstable();
        turns
    }

    /// Whether nothing was ever recorded.
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.families.is_empty()
    }
}

fn counts<C>(telling: &Telling<C>, as_of: AsOf) -> bool {
    telling.position <= as_of.known_at
        && telling.label <= as_of.clearance
        && as_of.disclosed_by.is_none_or(|day| telling.disclosed <= day)
}
