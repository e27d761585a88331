//! Overlays: what lies over the state of a listing without moving it.

use super::machine::ActFact;
use crate::domain::{
    date::Day,
    statement::DesignationAct,
    status::group::{Exemption, PendingAct},
    vocabulary::Act,
};

/// What lies over the state of a listing.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlays<'a> {
    /// Exemptions granted and not ended by an act.
    exemptions: Vec<(ActFact<'a>, &'a DesignationAct)>,
    /// The challenge that is open.
    pub challenge: Option<ActFact<'a>>,
    /// The process that was begun while the listing was in force.
    pub process: Option<ActFact<'a>>,
    /// The acts that have been heralded, in the order in which they take effect.
    pub heralded: Vec<(ActFact<'a>, &'a DesignationAct)>,
}

impl<'a> Overlays<'a> {
    /// A challenge or exemption began or ended.
    pub fn apply(&mut self, fact: ActFact<'a>, act: &'a DesignationAct) {
        match act.act {
            // Of several challenges the one that is open longest is shown.
            Act::Challenged => self.challenge = self.challenge.or(Some(fact)),
            Act::ChallengeClosed => self.challenge = None,
            Act::ExemptionGranted => self.exemptions.push((fact, act)),
            Act::ExemptionEnded => self.end_exemptions(act),
            _ => {}
        }
    }

    /// An act that can move the state: a process begun before has come to something, and a court has ruled on the
    /// challenge before it.
    pub fn settle(&mut self, act: Act) {
        self.process = None;
        if matches!(act, Act::Annulled | Act::AnnulledEffectsMaintained) {
            self.challenge = None;
        }
    }

    /// The listing ended, and with it what was exempt from it.
    pub fn end_listing(&mut self) {
        self.exemptions.clear();
    }

    /// Ends the exemptions with the act's reference, or all of them when none has it.
    fn end_exemptions(&mut self, act: &DesignationAct) {
        let named =
            |granted: &DesignationAct| !act.reference.is_empty() && granted.reference == act.reference;
        if self.exemptions.iter().any(|(_, granted)| named(granted)) {
            self.exemptions.retain(|(_, granted)| !named(granted));
        } else {
            self.exemptions.clear();
        }
    }

    /// The exemptions in force at the date.
    pub fn exemptions_at(&self, valid_at: Day) -> Vec<Exemption> {
        let open = |act: &DesignationAct| act.expires_on.is_none_or(|last| valid_at <= last.upper());
        let in_force = self.exemptions.iter().filter(|(_, act)| open(act));
        in_force
            .map(|(fact, act)| Exemption {
                granted_on: fact.effective,
                expires_on: act.expires_on,
                reference: act.reference.clone(),
                reason: act.reason.clone(),
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
