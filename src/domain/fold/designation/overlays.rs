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
    /// Exemptions granted and not ended by an act.
    exemptions: Vec<Open<'a>>,
    /// Challenges brought and not closed by an act, the earliest first.
    challenges: Vec<Open<'a>>,
    /// The process that was begun while the listing was in force.
    pub process: Option<ActFact<'a>>,
    /// The acts that have been heralded, in the order in which they take effect.
    pub heralded: Vec<(ActFact<'a>, &'a DesignationAct)>,
}

/// What an act began and no act of its kind has ended.
#[derive(Clone, Copy, Debug)]
struct Open<'a> {
    fact: ActFact<'a>,
    act: &'a DesignationAct,
    /// Whether it ended with something else: the exemption with the listing, the challenge with a judgment. An act that
    /// says so afterwards contradicts nothing.
    is_over: bool,
}

impl<'a> Open<'a> {
    fn new(fact: ActFact<'a>, act: &'a DesignationAct) -> Open<'a> {
        Open { fact, act, is_over: false }
    }

    fn is_open_at(&self, date: Day) -> bool {
        !self.is_over && self.act.expires_on.is_none_or(|last| date <= last.upper())
    }
}

impl<'a> Overlays<'a> {
    /// A challenge or exemption began or ended. Whether the act applies: one that ends what is not on record does not.
    pub fn apply(&mut self, fact: ActFact<'a>, act: &'a DesignationAct) -> bool {
        let on = fact.effective.lower();
        match act.act {
            Act::Challenged => self.challenges.push(Open::new(fact, act)),
            Act::ExemptionGranted => self.exemptions.push(Open::new(fact, act)),
            Act::ChallengeClosed => return end(&mut self.challenges, &act.reference, on),
            Act::ExemptionEnded => return end(&mut self.exemptions, &act.reference, on),
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
        let named = |it: &Open<'a>| !act.reference.is_empty() && it.act.reference == act.reference;
        let names_one = self.challenges.iter().any(named);
        for challenge in self.challenges.iter_mut().filter(|it| !names_one || named(it)) {
            challenge.is_over = true;
        }
    }

    /// The listing ended, and with it what was exempt from it.
    pub fn end_listing(&mut self) {
        self.exemptions.iter_mut().for_each(|exemption| exemption.is_over = true);
    }

    /// Another listing begins: nobody ends any more what was over before it.
    pub fn begin_listing(&mut self) {
        self.exemptions.retain(|exemption| !exemption.is_over);
        self.challenges.retain(|challenge| !challenge.is_over);
    }

    /// The exemptions in force at the date.
    pub fn exemptions_at(&self, valid_at: Day) -> Vec<Exemption> {
        let in_force = self.exemptions.iter().filter(|it| it.is_open_at(valid_at));
        in_force
            .map(|Open { fact, act, .. }| Exemption {
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
        let open = self.challenges.iter().filter(|it| !it.is_over);
        open.map(|Open { fact, act, .. }| Challenge {
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

/// Ends what has the number, or everything where none is given. A number that nothing has is that of what has none on record,
/// if one such thing only is open on the day. Whether there was anything to end.
fn end(open: &mut Vec<Open<'_>>, number: &str, on: Day) -> bool {
    let before = open.len();
    let unnumbered = open.iter().filter(|it| it.act.reference.is_empty() && it.is_open_at(on)).count();
    if number.is_empty() {
        open.clear();
    } else if open.iter().any(|it| it.act.reference == number) {
        open.retain(|it| it.act.reference != number);
    } else if unnumbered <= 1 {
        open.retain(|it| !it.act.reference.is_empty());
    }
    open.len() < before
}
