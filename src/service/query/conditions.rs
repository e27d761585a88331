//! Conditions: the actors, groups and regimes that a question is narrowed to. A name that is not on record would find
//! nothing, which reads like an answer; and an identity that was merged into another is asked for by the other.

use super::search::said;
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        fold::group::Groups as _,
        id::{ActorId, GroupId, RegimeId},
        subject::Subject,
        violation::Violation,
    },
    projection::{Store, UnknownError},
    service::refusal::Refusal,
    wire::Field,
};

/// Looks up what a question is narrowed to, on record at any date under the cuts.
pub(super) struct Conditions<'a> {
    store: &'a Store,
    as_of: AsOf,
    unknown: Vec<Violation>,
}

impl<'a> Conditions<'a> {
    pub(super) fn new(store: &'a Store, as_of: AsOf) -> Conditions<'a> {
        Conditions { store, as_of: AsOf { valid_at: Day::MAX, ..as_of }, unknown: Vec::new() }
    }

    fn note(&mut self, field: String, unknown: UnknownError) {
        let message = said(self.store, &unknown, self.as_of);
        self.unknown.push(Violation { field, message });
    }

    /// These groups, each as the one that it was merged into.
    pub(super) fn groups(&mut self, at: &Field<'_>, name: &str, groups: &[GroupId]) -> Vec<GroupId> {
        for (index, group) in groups.iter().enumerate() {
            self.group(at.entry(name, index).to_string(), group);
        }
        groups.iter().map(|group| self.store.survivor(group, self.as_of)).collect()
    }

    fn group(&mut self, field: String, group: &GroupId) {
        if let Err(unknown) = self.store.identity(group, self.as_of) {
            self.note(field, unknown);
        }
    }

    pub(super) fn actors(&mut self, at: &Field<'_>, name: &str, actors: &[ActorId]) {
        for (index, actor) in actors.iter().enumerate() {
            self.actor(at.entry(name, index).to_string(), actor);
        }
    }

    fn actor(&mut self, field: String, actor: &ActorId) {
        if let Err(unknown) = self.store.actor(actor, self.as_of) {
            self.note(field, unknown);
        }
    }

    pub(super) fn regimes(&mut self, at: &Field<'_>, name: &str, regimes: &[RegimeId]) {
        for (index, regime) in regimes.iter().enumerate() {
            self.regime(at.entry(name, index).to_string(), regime);
        }
    }

    fn regime(&mut self, field: String, regime: &RegimeId) {
        if let Err(unknown) = self.store.regime(regime, self.as_of) {
            self.note(field, unknown);
        }
    }

    /// This subject, with a group as the one that it was merged into.
    pub(super) fn subject(&mut self, field: &Field<'_>, subject: &Subject) -> Subject {
        let at = || field.to_string();
        let survivor = |group: &GroupId| self.store.survivor(group, self.as_of);
        match subject {
            Subject::Group(group) => {
                let survivor = survivor(group);
                self.group(at(), group);
                Subject::Group(survivor)
            }
            Subject::Relationship(actor, group) => {
                let survivor = survivor(group);
                self.actor(at(), actor);
                self.group(at(), group);
                Subject::Relationship(actor.clone(), survivor)
            }
            Subject::Designation(group, regime) => {
                let survivor = survivor(group);
                self.group(at(), group);
                self.regime(at(), regime);
                Subject::Designation(survivor, regime.clone())
            }
            Subject::Actor(actor) => {
                self.actor(at(), actor);
                subject.clone()
            }
            Subject::Regime(regime) => {
                self.regime(at(), regime);
                subject.clone()
            }
            Subject::Decision(_) | Subject::Event(_) => subject.clone(),
        }
    }

    /// Refuses the question if anything it is narrowed to is not on record.
    pub(super) fn finish(self) -> Result<(), Refusal> {
        if self.unknown.is_empty() { Ok(()) } else { Err(Refusal::NotFound(self.unknown)) }
    }
}
