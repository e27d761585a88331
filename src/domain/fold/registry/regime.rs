//! Regimes: what a regime is at a date, and whether it has come to its end.

use std::{collections::BTreeMap, sync::Arc};

use super::entry_at;
use crate::domain::{
    as_of::AsOf,
    date::{DateSpan, Day},
    fact::Fact,
    fold::{Content, Direction, History, Lost, Provenance, Standing, dispute, dispute::contest},
    id::{ActorId, RegimeId},
    statement::{RegimeRegistered, Statement},
    status::group::Anomaly,
    subject::Subject,
    vocabulary::{Assertion, Inheritance, LegalEffect},
};
use crate::position::Position;

/// A fact as the history of a regime holds it: its registration or its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegimeFact(Arc<Fact>);

impl RegimeFact {
    /// The part of the fact that concerns the regime itself; `None` when it has none. Acts under the regime belong to
    /// the groups they are about.
    pub fn about(regime: &RegimeId, fact: &Arc<Fact>) -> Option<RegimeFact> {
        let concerned = match &fact.statement {
            Statement::RegimeRegistered(it) => it.regime == *regime,
            Statement::RegimeTerminated(it) => it.regime == *regime,
            _ => false,
        };
        concerned.then(|| RegimeFact(Arc::clone(fact)))
    }

    /// What it says when it registers the regime.
    pub fn registration(&self) -> Option<&RegimeRegistered> {
        match &self.0.statement {
            Statement::RegimeRegistered(it) => Some(it),
            _ => None,
        }
    }

    /// Whether it ends the regime.
    pub fn is_end(&self) -> bool {
        matches!(self.0.statement, Statement::RegimeTerminated(_))
    }
}

impl Content for RegimeFact {
    fn act_rank(&self) -> u8 {
        if self.is_end() { 1 } else { 0 }
    }

    fn direction(&self) -> Direction {
        if self.is_end() { Direction::Down } else { Direction::Up }
    }
}

/// Every regime on record, at the cuts of one question: computed once for all groups.
pub type Regimes = BTreeMap<RegimeId, RegimeStatus>;

/// A regime at a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegimeStatus {
    /// The slug.
    pub regime: RegimeId,
    /// The actor that lists under it.
    pub authority: ActorId,
    /// Its title.
    pub title: String,
    /// What being listed under it brings about; empty: not known.
    pub legal_effects: Vec<LegalEffect>,
    /// How often its listings are to be reviewed, in months; 0: no fixed interval.
    pub review_interval_months: u16,
    /// Whether its listings bind others too.
    pub inheritance: Inheritance,
    /// When its first registration takes effect, which may be after the date asked for.
    pub registered_from: DateSpan,
    /// How it came to its end by the date. The first end counts.
    pub terminated: Option<Termination>,
    /// The end that lies ahead and is known to be coming; `None` when it has come to its end. The first one counts.
    pub ending: Option<Termination>,
    /// The claims that lost against its end; while it has not ended, those that say otherwise and would be in effect.
    pub contested: Vec<Lost>,
    /// The contradictions between them and what won.
    pub disputes: Vec<Anomaly>,
    /// Where its entry comes from.
    pub provenance: Provenance,
}

/// The end of a regime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Termination {
    /// The day on which it ends: the first on which it is over.
    pub on: DateSpan,
    /// Where that comes from.
    pub provenance: Provenance,
    /// Whether a source of nearly the same rank contradicts it.
    pub disputed: bool,
}

impl Termination {
    fn of(end: &Standing<'_, RegimeFact>) -> Termination {
        Termination { on: end.effective, provenance: Provenance::of(end), disputed: end.disputed }
    }

    /// What is said of it before it comes.
    pub fn foretold(&self) -> &'static str {
        if self.disputed { "the regime ends, which is disputed" } else { "the regime ends" }
    }

    /// The event that tells it.
    pub fn event(&self) -> Option<Position> {
        self.provenance.events.first().copied()
    }
}

impl RegimeStatus {
    /// The regime with this history; `None` when no registration stands under the cuts.
    pub fn fold(history: &History<RegimeFact>, as_of: AsOf) -> Option<RegimeStatus> {
        let standing = history.standing(as_of);
        let told = standing.iter().filter(|it| it.assertion != Assertion::Denied);
        let registrations = || told.clone().filter(|it| it.content.registration().is_some());
        let first = registrations().next()?;
        let entry = entry_at(registrations(), as_of.valid_at)?;
        let it = entry.content.registration()?;
        let ends = || standing.iter().filter(|it| it.content.is_end() && it.moves());
        let terminated = ends().find(|it| it.effective.lower() <= as_of.valid_at);
        let ending = ends().find(|it| it.heralded <= as_of.valid_at).filter(|_| terminated.is_none());
        let claimed = standing.iter().filter(|it| it.content.is_end());
        let claimed = claimed.filter(|it| terminated.is_none_or(|end| end.root == it.root));
        let contested = match terminated {
            Some(end) => end.lost.clone(),
            None => claimed.clone().flat_map(|it| contest(it, as_of.valid_at)).collect(),
        };
        let subject = Subject::Regime(it.regime.clone());
        let disputes = claimed.filter_map(|it| dispute(it, subject.clone(), "the end", as_of.valid_at));
        Some(RegimeStatus {
            disputes: disputes.collect(),
            contested,
            regime: it.regime.clone(),
            authority: it.authority.clone(),
            title: it.title.clone(),
            legal_effects: it.legal_effects.clone(),
            review_interval_months: it.review_interval_months,
            inheritance: it.inheritance,
            registered_from: first.effective,
            terminated: terminated.map(Termination::of),
            ending: ending.map(Termination::of),
            provenance: Provenance::of(entry),
        })
    }

    /// When each end of the regime takes effect, with the event that tells it.
    pub fn ends(history: &History<RegimeFact>, as_of: AsOf) -> impl Iterator<Item = (Day, Position)> {
        let ends = history.standing(as_of).into_iter().filter(|fact| fact.content.is_end() && fact.moves());
        ends.map(|fact| (fact.effective.lower(), fact.position))
    }

    /// When each fact about the regime takes effect, and when an end of it is known to be coming or a claim of an end that
    /// lost would take effect, with the event that tells it: what is known of it can change then.
    pub fn beginnings(history: &History<RegimeFact>, as_of: AsOf) -> impl Iterator<Item = (Day, Position)> {
        history.standing(as_of).into_iter().flat_map(|fact| {
            let effective = fact.effective.lower();
            let heralded = Some(fact.heralded).filter(|day| fact.content.is_end() && *day < effective);
            let told = heralded.into_iter().chain([effective]).map(move |day| (day, fact.position));
            let lost = fact.lost.into_iter().filter(move |_| fact.content.is_end());
            told.chain(lost.map(|lost| (lost.effective.lower(), lost.position)))
        })
    }

    /// Whether it is one of the regimes that divergence is measured over: registered by the date, and not ended.
    pub fn is_tracked(&self, valid_at: Day) -> bool {
        self.registered_from.lower() <= valid_at && self.terminated.is_none()
    }
}
