//! The machine: the state of one listing and what it rests on, moved by acts, observations and time.

use super::{overlays::Overlays, sightings::Sightings, time::Limit, transition::transition};
use crate::domain::{
    date::{DateSpan, Day},
    fold::{group::GroupFact, registry::RegimeStatus, telling::Standing},
    id::{GroupId, RegimeId},
    statement::{DesignationAct, Scope, is_same_component},
    status::group::{Anomaly, Episode, EpisodeEnd, Since},
    vocabulary::{Act, AnomalyRule, ClaimStance, DesignationState, FoldRule},
};
use crate::position::Position;

/// A fact about a listing, as it stands.
pub(super) type ActFact<'a> = &'a Standing<'a, GroupFact>;

/// The listing of one group, or of one component of it, under one regime.
///
/// Facts are applied in valid-time order. Before each, the machine lets pass the time up to the day before it; acts of
/// a day come before what time alone brings about on that day, so that a renewal on the day after the last one keeps
/// a listing in force.
#[derive(Clone, Debug)]
pub struct Machine<'a> {
    pub(super) group: &'a GroupId,
    pub(super) regime: &'a RegimeId,
    pub(super) component: Option<&'a str>,
    pub(super) terms: Option<&'a RegimeStatus>,
    pub(super) standing: State<'a>,
    pub(super) footing: Option<Footing<'a>>,
    /// The fact that put it on its footing.
    pub(super) footed: Option<ActFact<'a>>,
    pub(super) episodes: Vec<Episode>,
    /// What bounds each of the episodes.
    pub(super) bounds: Vec<Bounds>,
    /// The facts that the listing in force rests on, the latest first.
    pub(super) listing: Vec<ActFact<'a>>,
    /// The last day of the listing.
    pub(super) expiry: Option<Limit<'a>>,
    /// The last day of the suspension.
    pub(super) suspension: Option<Limit<'a>>,
    /// When it was last listed or reviewed.
    pub(super) reviewed: Option<Day>,
    /// The fact that did.
    pub(super) review: Option<ActFact<'a>>,
    /// What the listing was before a court annulled it: put back when the judgment is reversed.
    annulled: Option<Annulled<'a>>,
    /// The act that gave the entry its number.
    pub(super) reference: Option<ActFact<'a>>,
    pub(super) sightings: Sightings<'a>,
    pub(super) overlays: Overlays<'a>,
    /// Facts that move nothing, while a claim of theirs that lost would.
    pub(super) contested: Vec<ActFact<'a>>,
    /// Facts in effect that a claim contradicts, with the state in which each left the listing, and since when that was.
    unsettled: Vec<(ActFact<'a>, DesignationState, Since)>,
    pub(super) anomalies: Vec<Anomaly>,
    /// The acts that could not apply.
    pub(super) vain: Vec<Position>,
    /// How many acts spoke to the state.
    pub(super) acts: usize,
    /// The state before its end was inferred: put back when the inference turns out wrong.
    pub(super) before_inferred_end: Option<State<'a>>,
    pub(super) regime_has_ended: bool,
    /// The identities on record that are this group.
    pub(super) identities: &'a [&'a GroupId],
    /// Those of them whose entry is an alias of the listing.
    pub(super) twins: Vec<&'a GroupId>,
}

/// A listing that a court annulled.
#[derive(Clone, Debug)]
struct Annulled<'a> {
    /// The facts that it rested on, the latest first.
    listing: Vec<ActFact<'a>>,
    /// Its last day.
    expiry: Option<Limit<'a>>,
}

/// A state, since when, and why.
#[derive(Clone, Debug)]
pub(super) struct State<'a> {
    pub state: DesignationState,
    pub since: Since,
    pub cause: Cause,
    /// The facts that decided it, the deciding one first.
    pub deciding: Vec<ActFact<'a>>,
}

/// What brought a state about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    /// An act, or nothing yet.
    Stated,
    /// Time or list snapshots.
    Inferred(FoldRule),
    /// A last day that an act gave has passed.
    Expired,
    /// The end of the regime.
    RegimeEnd,
}

/// The events that bound an episode.
#[derive(Clone, Debug)]
pub(super) struct Bounds {
    began: Vec<Position>,
    /// Empty while it goes on.
    ended: Vec<Position>,
}

impl Bounds {
    /// What began it, and what ended it.
    pub(super) fn events(&self) -> impl Iterator<Item = Position> {
        self.began.iter().chain(&self.ended).copied()
    }
}

/// On what footing the group is covered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Footing<'a> {
    Own,
    AliasOf(&'a GroupId),
    Component,
}

impl<'a> Machine<'a> {
    /// The machine of the listing of the group, or of that component of it, under the regime, with nothing applied yet.
    /// `terms`: the regime's entry, if the view holds one.
    pub fn new(
        group: &'a GroupId,
        regime: &'a RegimeId,
        component: Option<&'a str>,
        terms: Option<&'a RegimeStatus>,
    ) -> Machine<'a> {
        Machine {
            group,
            regime,
            component,
            terms,
            standing: State {
                state: DesignationState::None,
                since: Since::Unknown,
                cause: Cause::Stated,
                deciding: Vec::new(),
            },
            footing: None,
            footed: None,
            episodes: Vec::new(),
            bounds: Vec::new(),
            listing: Vec::new(),
            expiry: None,
            suspension: None,
            reviewed: None,
            review: None,
            annulled: None,
            reference: None,
            sightings: Sightings::default(),
            overlays: Overlays::default(),
            contested: Vec::new(),
            unsettled: Vec::new(),
            anomalies: Vec::new(),
            vain: Vec::new(),
            acts: 0,
            before_inferred_end: None,
            regime_has_ended: false,
            identities: &[],
            twins: Vec::new(),
        }
    }

    /// The regime and component, by which machines are told apart and ordered.
    pub fn key(&self) -> (&'a RegimeId, Option<&'a str>) {
        (self.regime, self.component)
    }

    /// Whether the act is about this listing.
    pub fn is_of(&self, act: &DesignationAct) -> bool {
        let same_part = match (self.component, act.scope.component()) {
            (None, None) => true,
            (Some(one), Some(other)) => is_same_component(one, other),
            (Some(_), None) | (None, Some(_)) => false,
        };
        same_part && *self.regime == act.regime
    }

    /// Applies an act or observation in effect. Never before one that precedes it in valid-time order.
    pub fn apply(&mut self, fact: ActFact<'a>) {
        let Some(act) = fact.content.act() else { return };
        self.pass(fact.effective.lower());
        let is_about_twin = self.is_about_twin(act);
        self.note_twin(act);
        if is_about_twin {
            self.vain.extend((!is_listing(act.act)).then_some(fact.position));
            return;
        }
        let episodes = self.episodes.len();
        match act.act {
            Act::ObservedPresent => self.see(fact, act),
            Act::ObservedAbsent if self.standing.state.is_in_force() => self.sightings.absent(fact),
            Act::ObservedAbsent => {}
            _ => {
                self.sightings.acted(fact);
                self.act(fact, act);
            }
        }
        let numbers = is_listing(act.act) || matches!(act.act, Act::Amended | Act::ScopeChanged);
        let entered = numbers || act.act == Act::ObservedPresent || episodes < self.episodes.len();
        if entered && self.standing.state.is_in_force() && !act.reference.is_empty() {
            self.reference = Some(fact);
        }
        if fact.lost.iter().any(|lost| lost.stance != ClaimStance::Agrees) {
            self.unsettled.push((fact, self.standing.state, self.standing.since));
        }
    }

    /// The facts that a claim contradicts while nothing has moved the listing since: had the claim won, it might stand
    /// otherwise.
    pub(super) fn unsettled(&self) -> impl Iterator<Item = ActFact<'a>> {
        let present = (self.standing.state, self.standing.since);
        self.unsettled
            .iter()
            .filter(move |(_, state, since)| (*state, *since) == present)
            .map(|(fact, ..)| *fact)
    }

    /// Notes an act that is known to be coming. After every applied one.
    pub fn herald(&mut self, fact: ActFact<'a>) {
        if let Some(act) = fact.content.act() {
            self.overlays.heralded.push((fact, act));
        }
    }

    /// Notes a fact that moves nothing, while a claim of it that lost would.
    pub fn contest(&mut self, fact: ActFact<'a>) {
        self.contested.push(fact);
    }

    fn act(&mut self, fact: ActFact<'a>, act: &'a DesignationAct) {
        let found = transition(self.standing.state, act.act);
        let without_regime = self.regime_has_ended && presumes_regime(act.act, found.map(|it| it.next));
        if without_regime {
            self.notice(AnomalyRule::ActUnderEndedRegime, fact, act.act);
        }
        let Some(found) = found else {
            if !self.overlays.apply(fact, act) {
                self.notice(AnomalyRule::ActWithoutEffect, fact, act.act);
                self.vain.push(fact.position);
            }
            return;
        };
        self.acts += 1;
        self.overlays.settle(act);
        let in_vain = found.anomaly == Some(AnomalyRule::ActWithoutEffect);
        // That there is no regime is why it has no effect.
        if let Some(rule) = found.anomaly.filter(|_| !(in_vain && without_regime)) {
            self.notice(rule, fact, act.act);
        }
        if in_vain {
            self.vain.push(fact.position);
            return;
        }
        if found.next != DesignationState::Proposed {
            self.withdraw_inferred_end(fact);
        }
        if act.act == Act::Initiated && found.next.is_in_force() {
            self.overlays.process = Some(fact);
            return;
        }
        let since = match found.anomaly {
            Some(_) => Since::OnOrBefore(fact.effective),
            None => Since::On(fact.effective),
        };
        let next = State { state: found.next, since, cause: Cause::Stated, deciding: vec![fact] };
        match (self.standing.state.is_in_force(), next.state.is_in_force()) {
            (false, true) => match self.annulled.take() {
                Some(annulled) if act.act == Act::AnnulmentReversed => self.revive(annulled, next, fact),
                Some(_) => {
                    self.overlays.end_listing();
                    self.begin(next, fact, act);
                }
                None => self.begin(next, fact, act),
            },
            (true, true) => self.carry_on(next, fact, act),
            (true, false) => self.end(next, fact.effective),
            (false, false) if next.state != self.standing.state => self.standing = next,
            (false, false) => {}
        }
        self.limit(fact, act);
    }

    fn begin(&mut self, next: State<'a>, fact: ActFact<'a>, act: &'a DesignationAct) {
        self.overlays.begin_listing();
        let number = u32::try_from(self.episodes.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.episodes.push(Episode { number, began: next.since, end: None });
        self.bounds.push(Bounds { began: vec![fact.position], ended: Vec::new() });
        self.footing = Some(self.footing_after(act));
        self.footed = Some(fact);
        // What lists anew makes an entry of its own; what brings a listing back brings back its number.
        if is_listing(act.act) {
            self.reference = None;
        }
        self.listing = vec![fact];
        self.expiry = None;
        self.suspension = None;
        self.reviewed = match next.since {
            Since::On(day) => Some(day.lower()),
            Since::OnOrBefore(_) | Since::Unknown => None,
        };
        self.review = self.reviewed.map(|_| fact);
        self.standing = next;
    }

    fn carry_on(&mut self, mut next: State<'a>, fact: ActFact<'a>, act: &'a DesignationAct) {
        let footing = Some(self.footing_after(act));
        let states_what_was_inferred = matches!(self.standing.cause, Cause::Inferred(_) | Cause::Expired);
        if self.standing.state == next.state {
            next.since = self.standing.since;
        }
        // A listing of the very day before which it was only known to have begun gives its beginning.
        if let Since::OnOrBefore(bound) = self.standing.since
            && is_listing(act.act)
            && fact.effective.lower() <= bound.lower()
            && let Some(episode) = self.episodes.last_mut()
        {
            next.since = Since::On(fact.effective);
            episode.began = next.since;
            if let Some(bounds) = self.bounds.last_mut() {
                bounds.began.insert(0, fact.position);
            }
        }
        if footing != self.footing {
            self.footed = Some(fact);
        }
        if footing != self.footing || states_what_was_inferred {
            self.listing.insert(0, fact);
        }
        if self.standing.state != next.state || footing != self.footing || states_what_was_inferred {
            self.standing = next;
        }
        self.footing = footing;
    }

    /// Goes on with the listing that a court had annulled: it is taken never to have been. What ran out meanwhile does so
    /// on the day of the reversal.
    fn revive(&mut self, annulled: Annulled<'a>, next: State<'a>, fact: ActFact<'a>) {
        let Annulled { listing, expiry } = annulled;
        self.go_on();
        self.listing = listing;
        self.expiry = expiry.map(|limit| Limit { from: fact.effective.lower(), ..limit });
        self.standing = next;
    }

    /// The last episode has not ended after all.
    fn go_on(&mut self) {
        if let Some(episode) = self.episodes.last_mut() {
            episode.end = None;
        }
        if let Some(bounds) = self.bounds.last_mut() {
            bounds.ended.clear();
        }
    }

    /// Ends the last episode with the state that comes next.
    pub(super) fn close(&mut self, next: &State<'a>, on: DateSpan) {
        if let Some(episode) = self.episodes.last_mut() {
            episode.end = Some(EpisodeEnd { on, state: next.state });
        }
        let of_regime = self.terms.and_then(|terms| terms.terminated.as_ref());
        let of_regime = of_regime.filter(|_| next.cause == Cause::RegimeEnd);
        let ends = of_regime.into_iter().flat_map(|end| end.provenance.events.iter().copied());
        if let Some(bounds) = self.bounds.last_mut() {
            bounds.ended = next.deciding.iter().map(|fact| fact.position).chain(ends).collect();
        }
    }

    /// Ends the listing, or the process that was to lead to one.
    pub(super) fn end(&mut self, next: State<'a>, on: DateSpan) {
        if self.standing.state != DesignationState::Proposed {
            self.close(&next, on);
        }
        let (listing, expiry) = (std::mem::take(&mut self.listing), self.expiry.take());
        if next.state == DesignationState::Annulled {
            self.annulled = Some(Annulled { listing, expiry });
        } else {
            self.overlays.end_listing();
        }
        self.suspension = None;
        self.standing = next;
    }

    /// Sets the limits in time and the day of review that follow from an act.
    fn limit(&mut self, fact: ActFact<'a>, act: &DesignationAct) {
        let state = self.standing.state;
        let limit = act.expires_on.map(|last| Limit { last, from: fact.effective.lower(), fact });
        if state.is_in_force() && (is_listing(act.act) || act.act == Act::Maintained) {
            self.expiry = limit;
            self.reviewed = Some(fact.effective.lower());
            self.review = Some(fact);
        }
        match (act.act, state) {
            (Act::Suspended, DesignationState::Suspended) => self.suspension = limit,
            (_, DesignationState::Suspended) => {}
            (_, _) => self.suspension = None,
        }
    }

    fn footing_after(&self, act: &'a DesignationAct) -> Footing<'a> {
        match (self.component, self.footing, act.act, &act.scope) {
            (Some(_), ..) => Footing::Component,
            (None, _, Act::SplitToOwnListing, _) => Footing::Own,
            (None, Some(footing), kept, _) if !is_listing(kept) => footing,
            (None, _, _, Scope::AliasOf(_)) if self.is_alias_of_itself(act) => Footing::Own,
            (None, _, _, Scope::AliasOf(listing)) => Footing::AliasOf(listing),
            (None, _, _, Scope::Whole | Scope::Component(_)) => Footing::Own,
        }
    }

    /// An observation of presence.
    fn see(&mut self, fact: ActFact<'a>, act: &'a DesignationAct) {
        self.withdraw_inferred_end(fact);
        if self.standing.state.is_in_force() {
            self.sightings.present(fact);
        } else if self.episodes.is_empty() {
            self.sightings.present(fact);
            let next = State {
                state: DesignationState::Active,
                since: Since::OnOrBefore(fact.effective),
                cause: Cause::Inferred(FoldRule::Observation),
                deciding: vec![fact],
            };
            if self.regime_has_ended {
                self.notice(AnomalyRule::ActUnderEndedRegime, fact, act.act);
            }
            self.begin(next, fact, act);
        } else {
            self.sightings.presence = Some(fact);
            self.notice(AnomalyRule::PresentAfterEnd, fact, act.act);
        }
    }

    /// The listing shows to be there after all: its end was inferred wrongly.
    fn withdraw_inferred_end(&mut self, fact: ActFact<'a>) {
        if self.standing.state != DesignationState::InferredEnded {
            return;
        }
        if let Some(mut before) = self.before_inferred_end.take() {
            before.deciding.insert(0, fact);
            self.standing = before;
        }
        self.go_on();
    }
}

/// Whether an act that leads to a state presumes that there is a regime to do it under. Ending what is left of a listing, and
/// going to court about it, do not.
fn presumes_regime(act: Act, next: Option<DesignationState>) -> bool {
    let changes = matches!(act, Act::Amended | Act::ScopeChanged | Act::Maintained | Act::Suspended);
    let begins = matches!(act, Act::Initiated | Act::ExemptionGranted);
    changes || begins || next.is_some_and(DesignationState::is_in_force)
}

/// Whether the act lists, whatever was before.
pub(super) fn is_listing(act: Act) -> bool {
    matches!(act, Act::Listed | Act::ListedAsAlias | Act::SplitToOwnListing | Act::MergedIntoListing)
}
