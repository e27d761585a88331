//! The docket: what takes effect, expires or falls due in a period, over all groups and relationships.

use std::collections::{BTreeMap, BTreeSet};

use super::Store;
use crate::domain::{
    as_of::AsOf,
    date::{DateSpan, Day},
    fold::{
        Standing,
        designation::{IN_VAIN, designations},
        group::{GroupFact, Groups as _},
        registry::{RegimeStatus, Regimes, Termination},
    },
    id::{ActorId, GroupId, RegimeId},
    status::{
        group::{Designation, Upcoming},
        overview::DocketEntry,
    },
    subject::Subject,
    vocabulary::{Act, Conflict, DesignationState, DueKind, Vocabulary as _},
};

/// A question for the docket. The valid date of the cuts is where the reader stands.
#[derive(Clone, Copy, Debug)]
pub struct DocketQuestion<'a> {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub until: Day,
    /// Only of these groups; empty: of all.
    pub groups: &'a [GroupId],
    /// Only under these regimes, and then no ceasefires; empty: under all.
    pub regimes: &'a [RegimeId],
    /// Only in these ways; empty: in all.
    pub kinds: &'a [DueKind],
    /// The cuts.
    pub as_of: AsOf,
}

impl DocketQuestion<'_> {
    /// Whether a date lies, or may lie, in the period.
    fn covers(&self, date: DateSpan) -> bool {
        self.from <= date.upper() && date.lower() <= self.until
    }

    /// Whether what takes effect at a date does so in the period: on its first possible day, as everywhere.
    fn begins(&self, date: DateSpan) -> bool {
        self.from <= date.lower() && date.lower() <= self.until
    }

    fn wants_group(&self, group: &GroupId) -> bool {
        self.groups.is_empty() || self.groups.contains(group)
    }

    fn wants_regime(&self, regime: &RegimeId) -> bool {
        self.regimes.is_empty() || self.regimes.contains(regime)
    }

    /// Whether something with this date is on the docket of a reader who stands at the valid date: it has come to pass, or
    /// was known to be coming.
    fn is_known(&self, effective: DateSpan, heralded: Day) -> bool {
        effective.lower() <= self.as_of.valid_at || heralded <= self.as_of.valid_at
    }
}

/// The regimes at the days asked for so far.
struct Terms<'a> {
    store: &'a Store,
    as_of: AsOf,
    known: BTreeMap<Day, Regimes>,
}

impl Terms<'_> {
    fn on(&mut self, day: Day) -> &Regimes {
        let (store, as_of) = (self.store, AsOf { valid_at: day, ..self.as_of });
        self.known.entry(day).or_insert_with(|| store.regimes(as_of))
    }
}

impl Store {
    /// What takes effect, expires or falls due in a period, by date.
    ///
    /// An act, or the end of a regime, is due on the first day on which it can take effect; an act not, where that day is past
    /// and it could not apply. A limit is due on its last day if on that day it still limited something in force, and a review
    /// if by that day none had taken place; beyond the valid date they are taken as they stand at it.
    pub fn docket(&self, question: DocketQuestion<'_>) -> Vec<DocketEntry> {
        let mut terms = Terms { store: self, as_of: question.as_of, known: BTreeMap::new() };
        let mut found = Vec::new();
        for group in self.group_ids(question.as_of).filter(|group| question.wants_group(group)) {
            let Some(standing) = self.standing(group, question.as_of) else { continue };
            found.extend(acts(group, &standing, question, &mut terms));
            found.extend(limits(group, &standing, question, &mut terms));
        }
        for (regime, end) in ends_of_regimes(question, &mut terms) {
            let event = end.event();
            let entry = |subject, name: String| DocketEntry {
                date: end.on,
                kind: DueKind::TakesEffect,
                subject,
                what: format!("{name}: {}", end.foretold()),
                event,
            };
            if question.groups.is_empty() {
                found.push(entry(Subject::Regime(regime.clone()), regime.to_string()));
            }
            for group in question.groups {
                for component in self.listed_until(group, &regime, &end, question, &mut terms) {
                    let part = component.map(|name| format!(" ({name})")).unwrap_or_default();
                    let subject = Subject::Designation(group.clone(), regime.clone());
                    found.push(entry(subject, format!("{regime}{part}")));
                }
            }
        }
        if question.regimes.is_empty() {
            let pairs = self.pairs(question.as_of).into_iter();
            let wanted = pairs.filter(|(_, group)| question.wants_group(group));
            found.extend(wanted.flat_map(|(actor, group)| self.ceasefires(actor, group, question)));
        }
        found.retain(|entry| question.kinds.is_empty() || question.kinds.contains(&entry.kind));
        found.sort_by(|a, b| (a.date, &a.subject, &a.what).cmp(&(b.date, &b.subject, &b.what)));
        found
    }

    /// The components of a group that are listed under a regime, or proposed to be, on the day before it ends or where the
    /// reader stands; `None` among them: the whole group.
    fn listed_until(
        &self,
        group: &GroupId,
        regime: &RegimeId,
        end: &Termination,
        question: DocketQuestion<'_>,
        terms: &mut Terms<'_>,
    ) -> Vec<Option<String>> {
        let eve = end.on.lower().yesterday().unwrap_or(Day::MIN);
        let day = eve.min(question.as_of.valid_at);
        let standing = self.standing(group, question.as_of).unwrap_or_default();
        let listings = designations(&standing, terms.on(day), day).listings.into_iter();
        let ending = |it: &Designation| it.state.is_in_force() || it.state == DesignationState::Proposed;
        listings.filter(|it| it.regime == *regime && ending(it)).map(|it| it.component).collect()
    }

    fn ceasefires(&self, actor: &ActorId, group: &GroupId, question: DocketQuestion<'_>) -> Vec<DocketEntry> {
        let Some(line) = self.line_of(actor, group, question.as_of) else { return Vec::new() };
        let ends: BTreeSet<Day> =
            line.truce_ends().filter(|day| question.covers(DateSpan::day(*day))).collect();
        let still_runs = |day: Day| {
            let conflict = line.status(day.min(question.as_of.valid_at), Vec::new()).conflict;
            let holds = matches!(
                conflict.value,
                Conflict::UnilateralCeasefire | Conflict::Ceasefire | Conflict::Peace
            );
            (holds && conflict.ends_on == Some(day)).then_some(conflict)
        };
        let entry = |day| {
            let conflict = still_runs(day)?;
            Some(DocketEntry {
                date: DateSpan::day(day),
                kind: DueKind::Expires,
                subject: Subject::Relationship(actor.clone(), group.clone()),
                what: format!(
                    "{} of {actor} and {group} ends",
                    conflict.value.name().to_lowercase().replace('_', " ")
                ),
                event: conflict.provenance.events.first().copied(),
            })
        };
        ends.into_iter().filter_map(entry).collect()
    }
}

/// The ends of regimes in the period, as they are known where the reader stands.
fn ends_of_regimes(question: DocketQuestion<'_>, terms: &mut Terms<'_>) -> Vec<(RegimeId, Termination)> {
    let known = terms.on(question.as_of.valid_at).values();
    let wanted = known.filter(|regime| question.wants_regime(&regime.regime));
    let end = |regime: &RegimeStatus| {
        let end = regime.terminated.as_ref().or(regime.ending.as_ref());
        end.filter(|end| question.begins(end.on)).map(|end| (regime.regime.clone(), end.clone()))
    };
    wanted.filter_map(end).collect()
}

/// The acts that take effect in the period: not those that changed nothing, because they could not apply. Those still to come
/// that may not apply say so.
fn acts(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    question: DocketQuestion<'_>,
    terms: &mut Terms<'_>,
) -> Vec<DocketEntry> {
    let due = standing.iter().filter(|fact| {
        fact.content.act().is_some()
            && fact.moves()
            && question.begins(fact.effective)
            && question.is_known(fact.effective, fact.heralded)
    });
    let mut due: Vec<&Standing<'_, GroupFact>> = due.collect();
    let stand = question.as_of.valid_at;
    let vain = if due.is_empty() { Vec::new() } else { designations(standing, terms.on(stand), stand).vain };
    due.retain(|fact| stand < fact.effective.lower() || !vain.contains(&fact.position));
    let remark = |event| if vain.contains(&event) { IN_VAIN } else { "" };
    let entry = |fact: &Standing<'_, GroupFact>| {
        let act = fact.content.act()?;
        let observation = matches!(act.act, Act::ObservedPresent | Act::ObservedAbsent);
        let wanted = !observation && question.wants_regime(&act.regime);
        let part = act.scope.component().map(|name| format!(" ({name})")).unwrap_or_default();
        wanted.then(|| DocketEntry {
            date: fact.effective,
            kind: DueKind::TakesEffect,
            subject: Subject::Designation(group.clone(), act.regime.clone()),
            what: format!("{}{part}: {} takes effect{}", act.regime, act.act, remark(fact.position)),
            event: Some(fact.position),
        })
    };
    due.into_iter().filter_map(entry).collect()
}

/// The limits and reviews that are due in the period.
fn limits(
    group: &GroupId,
    standing: &[Standing<'_, GroupFact>],
    question: DocketQuestion<'_>,
    terms: &mut Terms<'_>,
) -> Vec<DocketEntry> {
    let stand = question.as_of.valid_at;
    let mut coming = |day: Day| -> Vec<Upcoming> {
        let found = designations(standing, terms.on(day), day).upcoming.into_iter();
        let due = found.filter(|it| {
            it.kind != DueKind::TakesEffect && question.covers(it.date) && question.wants_regime(&it.regime)
        });
        due.collect()
    };
    let begun = standing.iter().filter(|fact| fact.content.act().is_some());
    let mut days: BTreeSet<Day> = begun
        .map(|fact| fact.effective.lower())
        .filter(|day| question.from < *day && *day <= question.until.min(stand))
        .collect();
    days.insert(question.from.min(stand));
    days.insert(question.until.min(stand));
    let mut candidates: Vec<Upcoming> = Vec::new();
    for day in days {
        for it in coming(day) {
            if !candidates.contains(&it) {
                candidates.push(it);
            }
        }
    }
    // On its own day, or where the reader stands, each must still be there.
    candidates.retain(|it| coming(it.date.upper().min(stand)).contains(it));
    let entry = |it: Upcoming| DocketEntry {
        date: it.date,
        kind: it.kind,
        subject: Subject::Designation(group.clone(), it.regime),
        what: it.what,
        event: it.event,
    };
    candidates.into_iter().map(entry).collect()
}
