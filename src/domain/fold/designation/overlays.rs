//! Overlays: what lies over the state of a listing without moving it.

use super::machine::ActFact;
use crate::domain::{
    date::Day,
    statement::DesignationAct,
    status::group::{Challenge, Exemption, PendingAct},
    vocabulary::Act,
};

/// What lies over the state of a listing.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlays<'a> {
    /// Exemptions granted under the listing.
    exemptions: Vec<Begun<'a>>,
    /// Challenges brought against it, the earliest first.
    challenges: Vec<Begun<'a>>,
    /// The process that was begun while the listing was in force.
    pub process: Option<ActFact<'a>>,
    /// The acts that have been heralded, in the order in which they take effect.
    pub heralded: Vec<(ActFact<'a>, &'a DesignationAct)>,
}

/// What an act began.
#[derive(Clone, Copy, Debug)]
struct Begun<'a> {
    fact: ActFact<'a>,
    act: &'a DesignationAct,
    stage: Stage,
}

/// How far something has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// It ended with something else: the exemption with the listing, the challenge with a judgment. An act that says so
    /// afterwards contradicts nothing.
    Over,
    /// An act ended it.
    Ended,
}

impl<'a> Begun<'a> {
    fn new(fact: ActFact<'a>, act: &'a DesignationAct) -> Begun<'a> {
        Begun { fact, act, stage: Stage::Open }
    }

    fn is_open_at(&self, date: Day) -> bool {
        self.stage == Stage::Open && self.act.expires_on.is_none_or(|last| date <= last.upper())
    }

    fn pass(&mut self) {
        if self.stage == Stage::Open {
            self.stage = Stage::Over;
        }
    }
}

impl<'a> Overlays<'a> {
    /// A challenge or exemption began or ended. Whether the act applies: one that ends what is not on record does not.
    pub fn apply(&mut self, fact: ActFact<'a>, act: &'a DesignationAct) -> bool {
        let on = fact.effective.lower();
        match act.act {
            Act::Challenged => self.challenges.push(Begun::new(fact, act)),
            Act::ExemptionGranted => self.exemptions.push(Begun::new(fact, act)),
            // A case has other numbers on appeal, and when it is referred back.
            Act::ChallengeClosed => return end(&mut self.challenges, &act.reference, on, |_| true),
            Act::ExemptionEnded => {
                return end(&mut self.exemptions, &act.reference, on, |it| it.act.reference.is_empty());
            }
            _ => {}
        }
        true
    }

    /// An act that can move the state: a process begun before has come to something, and a court has ruled on the
    /// challenge with the number of the judgment. A judgment without a number, or with one that no challenge has, as on an
    /// appeal, rules on all of them.
    pub fn settle(&mut self, act: &DesignationAct) {
        self.process = None;
        if !matches!(act.act, Act::Annulled | Act::AnnulledEffectsMaintained) {
            return;
        }
        let named = |it: &Begun<'a>| !act.reference.is_empty() && it.act.reference == act.reference;
        let names_one = self.challenges.iter().any(named);
        for challenge in self.challenges.iter_mut().filter(|it| !names_one || named(it)) {
            challenge.pass();
        }
    }

    /// The listing ended, and with it what was exempt from it.
    pub fn end_listing(&mut self) {
        self.exemptions.iter_mut().for_each(Begun::pass);
    }

    /// Another listing begins: nobody ends any more what was not open before it.
    pub fn begin_listing(&mut self) {
        self.exemptions.retain(|exemption| exemption.stage == Stage::Open);
        self.challenges.retain(|challenge| challenge.stage == Stage::Open);
    }

    /// The exemptions in force at the date.
    pub fn exemptions_at(&self, valid_at: Day) -> Vec<Exemption> {
        let in_force = self.exemptions.iter().filter(|it| it.is_open_at(valid_at));
        in_force
            .map(|Begun { fact, act, .. }| Exemption {
                granted_on: fact.effective,
                expires_on: act.expires_on,
                reference: act.reference.clone(),
                reason: act.reason.clone(),
                event: fact.position,
            })
            .collect()
    }

    /// The challenges that are open, the earliest first.
    pub fn challenges(&self) -> Vec<Challenge> {
        let open = self.challenges.iter().filter(|it| it.stage == Stage::Open);
        open.map(|Begun { fact, act, .. }| Challenge {
            brought_on: fact.effective,
            reference: act.reference.clone(),
            event: fact.position,
        })
        .collect()
    }

    /// What is on its way.
    pub fn pending(&self) -> Vec<PendingAct> {
        let of = |fact: ActFact<'a>, act, effective_on| PendingAct {
            act,
            effective_on,
            decided_on: fact.content.fact().decided_on,
            announced_on: fact.content.fact().announced_on,
            event: fact.position,
        };
        let heralded = self.heralded.iter().map(|(fact, act)| of(fact, act.act, Some(fact.effective)));
        heralded.chain(self.process.map(|fact| of(fact, Act::Initiated, None))).collect()
    }
}

/// Ends what has the number, or everything where none is given. A number that nothing has is that of the one thing that is
/// open on the day and may have it. Whether there was anything to end.
fn end<'a>(begun: &mut [Begun<'a>], number: &str, on: Day, may_have_it: impl Fn(&Begun<'a>) -> bool) -> bool {
    let has_it = |it: &Begun<'a>| it.act.reference == number;
    let is_known = begun.iter().any(has_it);
    let is_plain = begun.iter().filter(|it| it.is_open_at(on) && may_have_it(it)).count() <= 1;
    let is_meant =
        |it: &Begun<'a>| number.is_empty() || has_it(it) || (!is_known && is_plain && may_have_it(it));
    let mut ends = false;
    for it in begun.iter_mut().filter(|it| it.stage != Stage::Ended && is_meant(it)) {
        it.stage = Stage::Ended;
        ends = true;
    }
    ends
}
