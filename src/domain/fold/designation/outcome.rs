//! The outcome of a machine at a date: what the status of a group shows of the listing.

use jiff::ToSpan;

use super::{
    machine::{ActFact, Bounds, Cause, Footing, Machine, State, is_listing},
    time::{Limit, next_day},
};
use crate::domain::{
    date::{DateSpan, Day, PartialDate},
    fold::{
        Lost, Provenance,
        dispute::contest,
        registry::{RegimeStatus, Termination},
    },
    status::group::{Anomaly, Designation, Details, Since, Upcoming},
    vocabulary::{Act, Basis, ClaimStance, DesignationState, DueKind, FoldRule},
};
use crate::position::Position;

/// What is said of an act that is to take effect and, by what is known, will change nothing.
pub const IN_VAIN: &str =
    ", but may not apply: by what is on record the listing will not be one that it can change";

/// What a machine shows at a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Where the listing stands.
    pub designation: Designation,
    /// What takes effect or falls due about it.
    pub upcoming: Vec<Upcoming>,
    /// The contradictions it met.
    pub anomalies: Vec<Anomaly>,
    /// The acts that could not apply, or that will not when they take effect, by what is known to be coming.
    pub vain: Vec<Position>,
}

/// What is known to come of a listing.
#[derive(Clone, Debug, Default)]
struct Prospect {
    /// The heralded acts that will not apply.
    vain: Vec<Position>,
    /// The first day on which it is over.
    over: Option<Day>,
    /// The facts that set a last day to which a heralded act gives another one before it has passed.
    renewed: Vec<Position>,
    /// What will not run out or fall due, since a heralded act ends or does it before, with the fact that it is counted from.
    forestalled: Vec<(DueKind, Position)>,
}

impl<'a> Machine<'a> {
    /// What it shows at the date, which no applied fact takes effect after.
    pub fn finish(mut self, valid_at: Day) -> Outcome {
        self.pass(next_day(valid_at));
        let prospect = self.prospect(valid_at);
        self.propose();
        let upcoming = self.upcoming(valid_at, &prospect);
        let anomalies = std::mem::take(&mut self.anomalies);
        let mut vain = std::mem::take(&mut self.vain);
        vain.extend(prospect.vain);
        Outcome { designation: self.designation(valid_at), upcoming, anomalies, vain }
    }

    /// What comes of it when the regime ends as announced and each heralded act takes effect.
    fn prospect(&self, valid_at: Day) -> Prospect {
        let end = self.terms.and_then(|terms| terms.ending.as_ref()).map(|end| end.on.lower());
        if self.overlays.heralded.is_empty() {
            return Prospect { over: end, ..Prospect::default() };
        }
        let terms = self.terms.map(|terms| RegimeStatus {
            terminated: terms.terminated.clone().or_else(|| terms.ending.clone()),
            ..terms.clone()
        });
        let mut ahead: Machine<'_> = self.clone();
        ahead.terms = terms.as_ref();
        ahead.vain.clear();
        let mut found = Prospect::default();
        let exemptions = self.overlays.exemptions_at(valid_at);
        for (fact, _) in &self.overlays.heralded {
            ahead.apply(fact);
            let day = fact.effective.lower();
            let state = ahead.standing.state;
            found.over = found.over.or((!state.is_in_force()).then_some(day));
            let in_time = |last: PartialDate| day <= last.upper();
            let is_other =
                |limit: &Limit<'_>, then: Option<Limit<'_>>| then.map(|then| then.last) != Some(limit.last);
            if let Some(limit) = self.expiry.filter(|limit| in_time(limit.last) && state.is_in_force())
                && is_other(&limit, ahead.expiry)
            {
                found.renewed.push(limit.fact.position);
            }
            if let Some(limit) = self.suspension.filter(|limit| in_time(limit.last)) {
                let event = limit.fact.position;
                if state != DesignationState::Suspended {
                    found.forestalled.push((DueKind::Expires, event));
                } else if is_other(&limit, ahead.suspension) {
                    found.renewed.push(event);
                }
            }
            let open = ahead.overlays.exemptions_at(day);
            let ended = exemptions.iter().filter(|it| {
                it.expires_on.is_some_and(in_time) && open.iter().all(|open| open.event != it.event)
            });
            found.forestalled.extend(ended.map(|it| (DueKind::Expires, it.event)));
            let review = |machine: &Machine<'_>| machine.review.map(|fact| fact.position);
            if self.review_due().is_some_and(|due| day <= due) && review(&ahead) != review(self) {
                found.forestalled.extend(review(self).map(|event| (DueKind::Review, event)));
            }
        }
        Prospect { vain: ahead.vain, over: found.over.into_iter().chain(end).min(), ..found }
    }

    /// Where nothing is in force, a listing on its way makes it proposed.
    fn propose(&mut self) {
        let state = self.standing.state;
        if state.is_in_force() || state == DesignationState::Proposed {
            return;
        }
        let lists = |act| is_listing(act) || act == Act::Resumed;
        let heralded = self.overlays.heralded.iter().filter(|(_, act)| lists(act.act));
        let mut deciding: Vec<ActFact<'a>> = heralded.map(|(fact, _)| *fact).collect();
        deciding.sort_by_key(|fact| fact.heralded);
        if let Some(first) = deciding.first() {
            self.standing = State {
                state: DesignationState::Proposed,
                since: Since::On(DateSpan::day(first.heralded)),
                cause: Cause::Stated,
                deciding,
            };
        }
    }

    fn designation(self, valid_at: Day) -> Designation {
        let state = self.standing.state;
        let missing = state == DesignationState::InferredEnded;
        let covered = !matches!(state, DesignationState::None | DesignationState::Proposed);
        let footing = self.footing.filter(|_| covered);
        let seen = if missing { self.sightings.sign } else { self.sightings.presence };
        let grounds = self.grounds();
        let is_new = |fact: &ActFact<'a>| grounds.iter().all(|ground| ground.root != fact.root);
        let unsettled = self.unsettled().filter(is_new);
        let spoken: Vec<ActFact<'a>> = grounds.iter().copied().chain(unsettled).collect();
        let contested = self.contested.iter().copied().filter(is_new);
        let lost: Vec<Lost> = spoken.iter().flat_map(|fact| fact.lost.iter().copied()).collect();
        let ahead: Vec<Lost> = contested.flat_map(|fact| contest(fact, valid_at)).collect();
        let disputed = spoken.iter().any(|fact| fact.disputed)
            || ahead.iter().chain(self.against_end()).any(|lost| lost.stance == ClaimStance::Disputes);
        let challenges = self.overlays.challenges();
        let review_due_on = self.review_due();
        let regime_end = self.regime_end();
        let judgment = self.judgment();
        Designation {
            regime: self.regime.clone(),
            regime_title: self.terms.map(|terms| terms.title.clone()).unwrap_or_default(),
            authority: self.terms.map(|terms| terms.authority.clone()),
            component: self.component.map(str::to_owned),
            state,
            basis: footing.map(|footing| match footing {
                Footing::Own => Basis::Own,
                Footing::AliasOf(_) => Basis::AliasOf,
                Footing::Component => Basis::Component,
            }),
            alias_of: footing.and_then(|footing| match footing {
                Footing::AliasOf(listing) => Some(listing.clone()),
                Footing::Own | Footing::Component => None,
            }),
            since: self.standing.since,
            pending: self.overlays.pending(),
            exemptions: if state.is_in_force() { self.overlays.exemptions_at(valid_at) } else { Vec::new() },
            review_due_on,
            regime_end: regime_end.cloned(),
            review_overdue: review_due_on.is_some_and(|due| due < valid_at),
            disputed: disputed || self.regime_end_is_disputed(),
            reference: number_of(self.reference),
            case: match challenges.first() {
                Some(challenge) => challenge.reference.clone(),
                None => number_of(judgment),
            },
            last_present_on: seen.map(|fact| fact.effective),
            first_absent_on: self.sightings.absence.filter(|_| missing).map(|fact| fact.effective),
            alternatives: lost.into_iter().chain(ahead).chain(self.against_end().iter().copied()).collect(),
            details: Details {
                reference: self.reference.map(|fact| fact.position),
                judgment: judgment.map(|fact| fact.position),
                review: self.review.map(|fact| fact.position),
                last_present: seen.map(|fact| fact.position),
                first_absent: self.sightings.absence.filter(|_| missing).map(|fact| fact.position),
                episodes: self.bounds.iter().flat_map(Bounds::events).collect(),
                basis: self.footed.filter(|_| covered).map(|fact| fact.position),
            },
            challenges,
            provenance: self.provenance(&grounds),
            episodes: self.episodes,
        }
    }

    /// The judgment that the state rests on.
    fn judgment(&self) -> Option<ActFact<'a>> {
        let judges =
            |act| matches!(act, Act::Annulled | Act::AnnulledEffectsMaintained | Act::AnnulmentReversed);
        let mut deciding = self.standing.deciding.iter().copied();
        deciding.find(|fact| fact.content.act().is_some_and(|it| judges(it.act)))
    }

    /// The facts that the state rests on, the deciding one first.
    fn grounds(&self) -> Vec<ActFact<'a>> {
        let mut grounds = self.standing.deciding.clone();
        let in_force = self.standing.state.is_in_force();
        let others = self.listing.iter().copied().chain(self.expiry.map(|limit| limit.fact));
        for fact in others.filter(|_| in_force) {
            if grounds.iter().all(|ground| ground.root != fact.root) {
                grounds.push(fact);
            }
        }
        grounds
    }

    fn provenance(&self, grounds: &[ActFact<'a>]) -> Provenance {
        let of_facts = |rule, inferred| Provenance {
            events: grounds.iter().map(|fact| fact.position).collect(),
            lost: grounds.iter().flat_map(|fact| fact.lost.iter().copied()).collect(),
            rule,
            inferred,
        };
        match self.standing.cause {
            Cause::Inferred(rule) => of_facts(rule, true),
            Cause::Expired => of_facts(FoldRule::ElapsedTime, false),
            Cause::RegimeEnd => {
                let end = self.terms.and_then(|terms| terms.terminated.as_ref());
                let provenance = end.map(|end| end.provenance.clone()).unwrap_or_default();
                Provenance { rule: FoldRule::Derived, ..provenance }
            }
            Cause::Stated => {
                let decided_by = grounds.first().map_or(FoldRule::Sole, |fact| fact.decided_by);
                let rule = match decided_by {
                    FoldRule::Sole if 1 < self.acts => FoldRule::LatestEffective,
                    other => other,
                };
                of_facts(rule, false)
            }
        }
    }

    fn regime_end_is_disputed(&self) -> bool {
        let end = self.terms.and_then(|terms| terms.terminated.as_ref());
        self.standing.cause == Cause::RegimeEnd && end.is_some_and(|end| end.disputed)
    }

    /// The claims that lost against the end of its regime, with which it has lapsed or would have.
    fn against_end(&self) -> &'a [Lost] {
        let state = self.standing.state;
        let would_end = state.is_in_force() || state == DesignationState::Proposed;
        let concerned = |terms: &&RegimeStatus| {
            self.standing.cause == Cause::RegimeEnd || (would_end && terms.terminated.is_none())
        };
        self.terms.filter(concerned).map_or(&[], |terms| &terms.contested)
    }

    /// The end of its regime that is known to be coming, and with which it will lapse, or what was to lead to it.
    fn regime_end(&self) -> Option<&'a Termination> {
        let state = self.standing.state;
        let ends = state.is_in_force() || state == DesignationState::Proposed;
        self.terms?.ending.as_ref().filter(|_| ends)
    }

    fn review_due(&self) -> Option<Day> {
        let months = self.terms?.review_interval_months;
        let reviewed = self.reviewed.filter(|_| self.standing.state.is_in_force())?;
        (0 < months).then(|| reviewed.saturating_add(i64::from(months).months()))
    }

    /// What takes effect or falls due on or after the day after the date; of what expires, from the date itself on. Acts
    /// that may not apply say so; not what is due when the listing is over.
    fn upcoming(&self, valid_at: Day, prospect: &Prospect) -> Vec<Upcoming> {
        let name = match self.component {
            Some(component) => format!("{} ({component})", self.regime),
            None => self.regime.to_string(),
        };
        let entry = |date, kind, what: &str, event| Upcoming {
            date,
            kind,
            what: format!("{name}: {what}"),
            regime: self.regime.clone(),
            event,
        };
        let heralded = self.overlays.heralded.iter();
        let mut found: Vec<Upcoming> = heralded
            .map(|(fact, act)| {
                let remark = if prospect.vain.contains(&fact.position) { IN_VAIN } else { "" };
                let what = format!("{} takes effect{remark}", act.act);
                entry(fact.effective, DueKind::TakesEffect, &what, Some(fact.position))
            })
            .collect();
        let regime_end = self.regime_end();
        found.extend(regime_end.map(|end| entry(end.on, DueKind::TakesEffect, end.foretold(), end.event())));
        if !self.standing.state.is_in_force() {
            return found;
        }
        let suspended = self.standing.state == DesignationState::Suspended;
        let limits = [
            self.expiry.map(|limit| (limit, "listing expires")),
            self.suspension.filter(|_| suspended).map(|limit| (limit, "suspension expires")),
        ];
        found.extend(limits.into_iter().flatten().map(|(limit, what)| {
            let event = limit.fact.position;
            let renewed = prospect.renewed.contains(&event);
            let remark = if renewed { ", unless it is renewed as announced" } else { "" };
            entry(limit.last.into(), DueKind::Expires, &format!("{what}{remark}"), Some(event))
        }));
        let exemptions = self.overlays.exemptions_at(valid_at);
        found.extend(exemptions.iter().filter_map(|exemption| {
            let number = Some(&exemption.reference).filter(|number| !number.is_empty());
            let number = number.map(|number| format!(" {number}")).unwrap_or_default();
            let what = format!("exemption{number} expires");
            Some(entry(exemption.expires_on?.into(), DueKind::Expires, &what, Some(exemption.event)))
        }));
        let counted_from = self.review.map(|fact| fact.position);
        let review = self.review_due().filter(|due| valid_at <= *due);
        found.extend(
            review.map(|due| entry(DateSpan::day(due), DueKind::Review, "review falls due", counted_from)),
        );
        found.retain(|it| {
            let comes = prospect.over.is_none_or(|over| it.date.upper() < over);
            let forestalled = it.event.is_some_and(|event| prospect.forestalled.contains(&(it.kind, event)));
            it.kind == DueKind::TakesEffect || (comes && !forestalled)
        });
        found
    }
}

/// The number that an act gives; empty where it gives none.
fn number_of(fact: Option<ActFact<'_>>) -> String {
    fact.and_then(|fact| fact.content.act()).map(|act| act.reference.clone()).unwrap_or_default()
}
