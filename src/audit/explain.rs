//! Explain: the value of a field, the facts that gave it, the claims that lost, and what was said otherwise on the way.

use std::collections::{BTreeMap, BTreeSet};

use super::replay::Moment;
use crate::{
    domain::{
        as_of::AsOf,
        event::Event,
        fold::{Lost, Provenance, registry::Redirects},
        status::field::{Field, canonical, find},
        vocabulary::FoldRule,
    },
    ledger::{Ledger, Recorded},
    log::ReadError,
    position::Position,
    projection::timeline::{Pair, lost_claims},
};

/// Events of one kind in an explanation. What a whole list rests on may be more.
const EVENTS_MAX: usize = 50;

/// Fields that a refusal names.
const KNOWN_MAX: usize = 50;

/// Why a field has its value.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The path, as fields have it.
    pub path: String,
    /// The value; of a list, what is in it.
    pub value: String,
    /// The fields below it: entries of a list, details of a facet.
    pub below: Vec<Field>,
    /// The fields that it follows from.
    pub follows_from: Vec<String>,
    /// The facts, the losers and the rule, by position.
    pub provenance: Provenance,
    /// The events that gave the value, the deciding one first: a fact, or the correction that it stands as.
    pub evidence: Vec<Recorded>,
    /// The claims that lost.
    pub lost: Vec<LostClaim>,
    /// Every other event of the families of those facts and claims, and of those that left it, that counts under the cuts, by position: what a fact
    /// said before it was corrected, the retractions and reinstatements.
    pub revisions: Vec<Recorded>,
    /// The facts that it rested on at an earlier point of the record and rests on no more, for what was said about them
    /// since: each by the one that its claims are claims of. Their families are among the revisions.
    pub left: BTreeSet<Position>,
}

/// A claim that lost.
#[derive(Clone, Debug)]
pub struct LostClaim {
    /// The event that tells it.
    pub recorded: Recorded,
    /// Its date and rank, and the rule that it lost by.
    pub lost: Lost,
    /// The event that tells what won against it. It may take effect after the valid date.
    pub winner: Option<Recorded>,
}

/// What a field counts.
#[derive(Clone, Debug, Default)]
pub struct Counted {
    /// The events, the latest first; none: it counts nothing.
    pub events: Vec<Position>,
    /// The claims that lost against them, and those that it would count had they won.
    pub lost: Vec<Lost>,
}

/// The status has no such field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the status has no field {path:?}; it has {}", known.join(", "))]
pub struct NoFieldError {
    /// What was asked for, cut to 100 characters.
    pub path: String,
    /// The fields there are, without their details.
    pub known: Vec<String>,
}

/// The field that a path asks for, as an explanation without its events.
pub fn field_of(fields: &[Field], path: &str) -> Result<Explanation, NoFieldError> {
    let Some(asked) = find(fields, path) else {
        let mut known: Vec<String> = Vec::new();
        let whole =
            fields.iter().filter(|field| !field.path.rsplit(']').next().unwrap_or_default().contains('.'));
        for field in whole {
            // Names of groups may be many, and say little about what can be asked.
            let list = field.path.split_once('[').map(|(list, _)| list);
            let path = match list {
                Some(list @ ("names" | "external_ids" | "anomalies" | "lineage")) => list,
                _ => field.path.as_str(),
            };
            if known.len() < KNOWN_MAX && !known.iter().any(|it| it == path) {
                known.push(path.to_owned());
            }
        }
        return Err(NoFieldError { path: path.chars().take(100).collect(), known });
    };
    Ok(Explanation {
        path: asked.path.clone(),
        value: asked.value(),
        below: asked.below.iter().map(|field| (*field).clone()).collect(),
        follows_from: asked.follows_from(),
        provenance: asked.provenance(),
        evidence: Vec::new(),
        lost: Vec::new(),
        revisions: Vec::new(),
        left: BTreeSet::new(),
    })
}

impl Explanation {
    /// Of a field that has no value any more: it rests on what is behind the changes that took it away, or first gave it.
    pub fn of_gone<'a>(path: &str, moments: impl IntoIterator<Item = &'a Moment>) -> Explanation {
        let mut events: Vec<Position> = Vec::new();
        let changes = moments.into_iter().flat_map(|moment| &moment.changes);
        for event in changes.flat_map(|change| &change.behind.events) {
            if !events.contains(event) {
                events.push(*event);
            }
        }
        Explanation {
            path: canonical(path).to_owned(),
            value: String::new(),
            below: Vec::new(),
            follows_from: Vec::new(),
            provenance: Provenance { events, ..Provenance::default() },
            evidence: Vec::new(),
            lost: Vec::new(),
            revisions: Vec::new(),
            left: BTreeSet::new(),
        }
    }

    /// Says what the value counts, or what is below it where it has no value of its own: `counted` is what the field at a path
    /// counts.
    pub fn rests_on_counted(&mut self, counted: impl Fn(&str) -> Counted) {
        let mut found = counted(&self.path);
        if found.events.is_empty() && self.provenance.events.is_empty() {
            for of_field in self.below.iter().map(|field| counted(&field.path)) {
                found.events.extend(of_field.events);
                found.lost.extend(of_field.lost);
            }
            found.events.sort_unstable();
            found.events.dedup();
        }
        let mut known: BTreeSet<Position> = self.provenance.lost.iter().map(|lost| lost.position).collect();
        let lost = found.lost.into_iter().filter(|lost| known.insert(lost.position));
        self.provenance.lost.extend(lost);
        if !found.events.is_empty() {
            self.provenance.events = found.events;
            self.provenance.rule = FoldRule::Derived;
        }
    }
}

/// Adds the events: the cost is that of reading the families of the facts that gave the value and of the claims that
/// lost, each read by position.
///
/// A claim of one of those facts, or of a fact that a detail of the field rests on, that stands and was not found before is
/// among those that lost, whatever the value makes of it. In a relationship, that `between` two, it has to do with the two.
/// `identities` answer for the groups that claims name.
pub async fn explain(
    ledger: &Ledger,
    mut explanation: Explanation,
    between: Option<&Pair>,
    identities: &Redirects,
    as_of: AsOf,
) -> Result<Explanation, ReadError> {
    let Provenance { events, lost, .. } = &explanation.provenance;
    let events: Vec<Position> = events.iter().copied().take(EVENTS_MAX).collect();
    let mut lost: Vec<Lost> = lost.iter().copied().take(EVENTS_MAX).collect();
    let contest = lost.iter().flat_map(|it| [it.position, it.against]);
    let mut named: Vec<Position> = events.iter().copied().chain(contest).collect();
    named.sort_unstable();
    named.dedup();
    let read = ledger.fetch(&named).await?;
    let mut roots: BTreeSet<Position> = read.iter().map(root).collect();
    roots.extend(&explanation.left);
    let mut read: BTreeMap<Position, Recorded> = read.into_iter().map(|it| (it.position, it)).collect();
    let details = explanation.below.iter().flat_map(|field| field.grounds().events.iter());
    let details: BTreeSet<Position> =
        details.take(EVENTS_MAX).map(|event| ledger.family_root(*event)).collect();
    for position in roots.union(&details) {
        let members = ledger.family(*position);
        let members: Vec<Position> = members.into_iter().filter(|it| *it <= as_of.known_at).collect();
        if members.len() <= 1 {
            continue;
        }
        let family = ledger.fetch(&members).await?;
        for claim in lost_claims(&family, between, identities, as_of) {
            if lost.iter().all(|known| known.position != claim.position) {
                lost.push(claim);
            }
        }
        let mut seen = visible(family.clone(), as_of);
        // Claims that have nothing to do with the two stand all the same: they revise nothing.
        let beside: BTreeSet<Position> = match between {
            Some(_) => {
                lost_claims(&family, None, identities, as_of).iter().map(|claim| claim.position).collect()
            }
            None => BTreeSet::new(),
        };
        // What is said about a fact that was left is why, on whatever day it says that the fact was public.
        let on_record = visible(family, AsOf { disclosed_by: None, ..as_of });
        let known: BTreeSet<Position> = seen.iter().map(|it| it.position).collect();
        let is_why = |it: &Recorded| {
            let target = it.concern.filter(|_| !matches!(it.event, Event::Fact(_)));
            !known.contains(&it.position) && target.is_some_and(|concern| known.contains(&concern.target))
        };
        if explanation.left.contains(position) {
            seen.extend(on_record.into_iter().filter(is_why));
        }
        for it in seen {
            let contends = || lost.iter().any(|lost| [lost.position, lost.against].contains(&it.position));
            let is_revision = !contends() && !beside.contains(&it.position);
            if !read.contains_key(&it.position) && is_revision && roots.contains(position) {
                explanation.revisions.push(it.clone());
            }
            read.entry(it.position).or_insert(it);
        }
    }
    lost.truncate(EVENTS_MAX);
    explanation.revisions.sort_by_key(|it| it.position);
    explanation.revisions.truncate(EVENTS_MAX);
    explanation.evidence = events.iter().filter_map(|position| read.get(position).cloned()).collect();
    let claim = |lost: &Lost| {
        let winner = read.get(&lost.against).cloned();
        Some(LostClaim { recorded: read.get(&lost.position)?.clone(), lost: *lost, winner })
    };
    explanation.lost = lost.iter().filter_map(claim).collect();
    Ok(explanation)
}

/// The fact that the family of an event goes back to.
pub fn root(recorded: &Recorded) -> Position {
    recorded.concern.map_or(recorded.position, |concern| concern.root)
}

/// The events of one family, or of several, that the asker may know of under the cuts. A record event is known when what
/// it is about is.
pub fn visible(events: Vec<Recorded>, as_of: AsOf) -> Vec<Recorded> {
    let mut known: BTreeSet<Position> = BTreeSet::new();
    let mut kept = events;
    kept.retain(|recorded| {
        let about = match (&recorded.event, recorded.concern) {
            (Event::Fact(_), _) | (_, None) => true,
            (_, Some(concern)) => known.contains(&concern.target),
        };
        let told = recorded.event.fact().is_none_or(|fact| {
            fact.label <= as_of.clearance && as_of.disclosed_by.is_none_or(|day| fact.disclosed() <= day)
        });
        let visible = about && told && recorded.position <= as_of.known_at;
        if visible {
            known.insert(recorded.position);
        }
        visible
    });
    kept
}
