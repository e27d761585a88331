//! Anomalies: every contradiction on record, and those that what was recorded since has settled.

use std::collections::{BTreeMap, BTreeSet};

use super::Store;
use crate::{
    domain::{
        as_of::AsOf,
        fold::{
            Content, Family, History, dispute,
            group::{Groups as _, anomalies},
            registry::Regimes,
            relationship::Move,
        },
        id::{ActorId, GroupId},
        status::{group::Anomaly, overview::AnomalyEntry},
        subject::Subject,
        vocabulary::{AnomalyRule, AnomalyState},
    },
    position::Position,
};

/// A question for contradictions. What is empty takes everything.
#[derive(Clone, Copy, Debug)]
pub struct AnomalyQuestion<'a> {
    /// Noticed by one of these rules.
    pub rules: &'a [AnomalyRule],
    /// About this subject: see [`concerns`].
    pub subject: Option<&'a Subject>,
    /// Standing or settled.
    pub states: &'a [AnomalyState],
    /// The cuts.
    pub as_of: AsOf,
}

/// Whether what is said of `found` is asked for by `asked`: a group, an actor or a regime is asked for with everything
/// that concerns it.
fn concerns(found: &Subject, asked: &Subject) -> bool {
    match (asked, found) {
        (Subject::Group(asked), Subject::Designation(group, _) | Subject::Relationship(_, group)) => {
            asked == group
        }
        (Subject::Actor(asked), Subject::Relationship(actor, _)) => asked == actor,
        (Subject::Regime(asked), Subject::Designation(_, regime)) => asked == regime,
        _ => asked == found,
    }
}

/// What makes contradictions at different points of the record the same one.
type Key = (AnomalyRule, Subject, Position);

fn keyed(found: Vec<Anomaly>) -> BTreeMap<Key, Anomaly> {
    found.into_iter().map(|it| ((it.rule, it.subject.clone(), it.root), it)).collect()
}

impl AnomalyQuestion<'_> {
    fn wants_state(&self, state: AnomalyState) -> bool {
        self.states.is_empty() || self.states.contains(&state)
    }

    fn wants(&self, anomaly: &Anomaly) -> bool {
        let rule = self.rules.is_empty() || self.rules.contains(&anomaly.rule);
        rule && self.subject.is_none_or(|asked| concerns(&anomaly.subject, asked))
    }

    /// Whether something about the subject, or about a part of it, can be asked for.
    fn reaches(&self, subject: &Subject) -> bool {
        self.subject.is_none_or(|asked| concerns(asked, subject) || concerns(subject, asked))
    }

    fn reaches_group(&self, group: &GroupId) -> bool {
        matches!(self.subject, Some(Subject::Regime(_))) || self.reaches(&Subject::Group(group.clone()))
    }

    /// The contradictions of one history, standing and settled: `at` finds those at a point of the record, and `turns` are
    /// the points, ascending, at which one may have gone.
    ///
    /// One that stood just before a turn and does not stand before the next was settled by it.
    fn entries(&self, turns: &[Position], at: impl Fn(Position) -> Vec<Anomaly>) -> Vec<AnomalyEntry> {
        let now = keyed(at(self.as_of.known_at));
        let mut settled: BTreeMap<Key, (Anomaly, Position)> = BTreeMap::new();
        if self.wants_state(AnomalyState::Settled) {
            let turns = || turns.iter().copied().filter(|turn| *turn <= self.as_of.known_at);
            let stood: Vec<_> = turns().map(|turn| keyed(at(turn.previous()))).collect();
            for (index, turn) in turns().enumerate() {
                let after = stood.get(index + 1).unwrap_or(&now);
                let gone =
                    stood.get(index).into_iter().flatten().filter(|(key, _)| !after.contains_key(*key));
                settled.extend(gone.map(|(key, anomaly)| (key.clone(), (anomaly.clone(), turn))));
            }
            settled.retain(|key, _| !now.contains_key(key));
        }
        let open = now.into_values().filter(|_| self.wants_state(AnomalyState::Open));
        let open = open.map(|anomaly| AnomalyEntry { anomaly, state: AnomalyState::Open, settled_by: None });
        let settled = settled.into_values().map(|(anomaly, turn)| AnomalyEntry {
            anomaly,
            state: AnomalyState::Settled,
            settled_by: Some(turn),
        });
        open.chain(settled).filter(|entry| self.wants(&entry.anomaly)).collect()
    }

    /// The disputes of one history.
    fn disputes<'f, C: Content + 'f>(
        &self,
        families: impl Iterator<Item = &'f Family<C>>,
        subject: &Subject,
        what: impl Fn(&C) -> String,
    ) -> Vec<AnomalyEntry> {
        let mut found = Vec::new();
        for family in families {
            let at = |known_at| {
                let standing = family.standing(AsOf { known_at, ..self.as_of });
                let anomaly = standing.and_then(|fact| {
                    dispute(&fact, subject.clone(), &what(fact.content), self.as_of.valid_at)
                });
                anomaly.into_iter().collect()
            };
            found.extend(self.entries(&family.positions(), at));
        }
        found
    }
}

impl Store {
    /// The contradictions on record noticed up to the valid date, by subject and date, at one date the open ones first.
    ///
    /// A settled one stood at some earlier point of the record, at the same valid date, and does not stand at the view.
    pub fn anomalies(&self, question: AnomalyQuestion<'_>) -> Vec<AnomalyEntry> {
        let mut found = Vec::new();
        let regimes = self.regimes(question.as_of);
        for group in self.group_ids(question.as_of).filter(|group| question.reaches_group(group)) {
            found.extend(self.of_group(group, &regimes, question));
        }
        let redirects = self.redirects(question.as_of);
        let mut merging: BTreeMap<&GroupId, Vec<Position>> = BTreeMap::new();
        for (actor, group) in self.pairs(question.as_of) {
            let subject = Subject::Relationship(actor.clone(), group.clone());
            if question.reaches(&subject) {
                let names = redirects.names_of(group);
                let merging = merging.entry(group).or_insert_with(|| self.merging_about(group));
                found.extend(self.of_relationship(actor, (&names, merging), &subject, question));
            }
        }
        for (regime, history) in &self.regimes {
            let subject = Subject::Regime(regime.clone());
            let what = |fact: &crate::domain::fold::registry::RegimeFact| {
                if fact.is_end() { "the end" } else { "the registration" }.to_owned()
            };
            found.extend(question.disputes(history.families(), &subject, what));
        }
        for (actor, history) in &self.actors {
            let subject = Subject::Actor(actor.clone());
            found.extend(question.disputes(history.families(), &subject, |_| "the registration".to_owned()));
        }
        found.sort_by(|a, b| {
            let key = |it: &AnomalyEntry| (it.anomaly.subject.clone(), it.anomaly.date, it.state);
            key(a).cmp(&key(b))
        });
        found
    }

    fn of_group(&self, group: &GroupId, now: &Regimes, question: AnomalyQuestion<'_>) -> Vec<AnomalyEntry> {
        let redirects = self.redirects(question.as_of);
        let names = redirects.names_of(group);
        let histories = || names.iter().filter_map(|name| self.groups.get(*name));
        let mut turns: Vec<Position> = histories().flat_map(History::turns).collect();
        turns.extend(self.regimes.values().flat_map(History::turns));
        let mains = self.ever_alias_of(group);
        turns.extend(mains.iter().filter_map(|(main, _)| self.groups.get(main)).flat_map(History::turns));
        // What was ever one with it brings facts of its own, and takes them along again; and claims name the same group, or
        // two.
        turns.extend(names.iter().flat_map(|name| self.merging_about(name)));
        turns.extend(mains.iter().flat_map(|(main, _)| self.merging_about(main)));
        turns.sort_unstable();
        turns.dedup();
        let at = |known_at| {
            let as_of = AsOf { known_at, ..question.as_of };
            if as_of == question.as_of {
                let standing = self.standing(group, as_of).unwrap_or_default();
                return anomalies(group, &standing, self, now, as_of);
            }
            let regimes = self.regimes(as_of);
            let mut found = Vec::new();
            for survivor in self.redirects(as_of).survivors(&names) {
                let standing = self.standing(survivor, as_of).unwrap_or_default();
                found.extend(anomalies(survivor, &standing, self, &regimes, as_of));
            }
            // What was one with it then, and is not now, keeps what is its own.
            found.retain(|anomaly| histories().any(|history| history.has(anomaly.root)));
            found.iter_mut().for_each(|anomaly| anomaly.claim_for(group));
            found
        };
        question.entries(&turns, at)
    }

    /// The disputes between two. `names` are the identities of the group at the view, of which each answered for itself before
    /// they were merged, at one of the positions `merging`.
    fn of_relationship(
        &self,
        actor: &ActorId,
        (names, merging): (&[&GroupId], &[Position]),
        subject: &Subject,
        question: AnomalyQuestion<'_>,
    ) -> Vec<AnomalyEntry> {
        let what = |it: &Move| it.kind.to_string();
        let dealings = |name: &GroupId| self.found(actor, name);
        let families = names.iter().filter_map(|name| dealings(name)).flat_map(|it| it.families());
        if merging.is_empty() {
            return question.disputes(families, subject, what);
        }
        let families: BTreeMap<Option<Position>, &Family<Move>> =
            families.map(|family| (family.root(), family)).collect();
        let mut found = Vec::new();
        for (root, family) in families {
            let at = |known_at| {
                let as_of = AsOf { known_at, ..question.as_of };
                let redirects = self.redirects(as_of);
                let dispute_of = |survivor: &GroupId| {
                    let names = redirects.names_of(survivor).into_iter();
                    let seen: Vec<&Family<Move>> =
                        names.filter_map(|name| dealings(name)?.family(root?)).collect();
                    let fact = Family::united(&seen, &redirects, as_of)?;
                    dispute(&fact, subject.clone(), &what(fact.content), as_of.valid_at)
                };
                redirects.survivors(names).into_iter().filter_map(dispute_of).collect()
            };
            let turns: BTreeSet<Position> =
                family.positions().into_iter().chain(merging.iter().copied()).collect();
            found.extend(question.entries(&turns.into_iter().collect::<Vec<_>>(), at));
        }
        found
    }
}
