//! Places: where the facts about a subject stand in valid-time order, as far as that is known without reading them.

use std::collections::HashMap;

use super::Store;
use crate::{
    domain::{
        as_of::AsOf,
        fold::{Place, group::GroupFact},
        id::GroupId,
        subject::Subject,
    },
    position::Position,
};

/// By the position of a fact where it stands; `None`: it does not count under the cuts.
pub type KnownPlaces = HashMap<Position, Option<Place>>;

impl Store {
    /// The places of the facts of a relationship that stand under the cuts, in valid-time order; `None` for other subjects,
    /// and for a relationship of which nothing is on record or whose group was ever merged with another.
    pub fn places(&self, subject: &Subject, as_of: AsOf) -> Option<Vec<Place>> {
        let Subject::Relationship(actor, group) = subject else { return None };
        Some(self.dealings(actor, group)?.places(as_of))
    }

    /// The places of facts about these subjects that nobody corrects, retracts or claims otherwise: acts, what a group is,
    /// and engagements between principals. Others have to be read. Some may be of other subjects.
    pub fn known_places(&self, subjects: &[Subject], as_of: AsOf) -> KnownPlaces {
        let mut found = KnownPlaces::new();
        for subject in subjects {
            match subject {
                Subject::Group(group) => {
                    self.acts(group, as_of, |_| true, &mut found);
                    let actors = self.counterparts.get(group).into_iter().flat_map(|it| &it.actors);
                    for dealings in actors.filter_map(|actor| self.relationships.get(actor, group)) {
                        found.extend(dealings.plain_places(as_of));
                    }
                }
                Subject::Actor(actor) => {
                    let first = self.relationships.by_actor(actor.as_str()).next();
                    let groups = first.filter(|(found, _)| *found == actor).map(|(_, groups)| groups);
                    let groups = groups.into_iter().flatten();
                    for dealings in groups.filter_map(|group| self.relationships.get(actor, group)) {
                        found.extend(dealings.plain_places(as_of));
                    }
                }
                Subject::Regime(regime) => {
                    let is_under = |fact: &GroupFact| fact.act().is_some_and(|it| it.regime == *regime);
                    self.groups.keys().for_each(|group| self.acts(group, as_of, is_under, &mut found));
                }
                Subject::Designation(group, regime) => {
                    let is_under = |fact: &GroupFact| fact.act().is_some_and(|it| it.regime == *regime);
                    self.acts(group, as_of, is_under, &mut found);
                }
                Subject::Relationship(..) | Subject::Decision(_) | Subject::Event(_) => {}
            }
        }
        found
    }

    fn acts(
        &self,
        group: &GroupId,
        as_of: AsOf,
        is_wanted: impl Fn(&GroupFact) -> bool,
        found: &mut KnownPlaces,
    ) {
        if let Some(history) = self.groups.get(group) {
            found.extend(history.plain_places(as_of, is_wanted));
        }
    }
}
