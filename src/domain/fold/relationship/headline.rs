//! The headline and the flags: what the facets come to.

use super::{
    conflict::is_truce,
    contest::{Contests, Ground},
    process::is_under_way,
    recognition::is_embassy,
    step::Mark,
    window,
};
use crate::domain::{
    date::Day,
    fold::{Lost, Provenance},
    status::relationship::{
        ConflictFacet, ContactFacet, LegalFacet, ProcessFacet, RecognitionFacet, RepresentationFacet,
    },
    vocabulary::{
        Conflict, ContactLevel, FoldRule, Headline, Process, Recognition, RelationshipFlag,
        RepresentationLevel,
    },
};

/// The facets at a date, and what the headline and the flags need besides.
#[derive(Clone)]
pub(super) struct Facets {
    pub(super) recognition: RecognitionFacet,
    pub(super) of_actor: RepresentationFacet,
    pub(super) of_group: RepresentationFacet,
    pub(super) contact: ContactFacet,
    pub(super) process: ProcessFacet,
    pub(super) conflict: ConflictFacet,
    pub(super) legal: Vec<LegalFacet>,
    /// The last engagement.
    pub(super) last: Option<Mark>,
    /// The claims that lost and would have moved any of the facets, while nothing of what won against them is in effect.
    pub(super) claimed: Vec<Lost>,
}

impl Facets {
    /// Where the facets come from that the relationship's own facts give, and their details.
    pub(super) fn provenances(&self) -> impl Iterator<Item = &Provenance> {
        let facets = [
            &self.recognition.provenance,
            &self.of_actor.provenance,
            &self.of_group.provenance,
            &self.contact.provenance,
            &self.process.provenance,
            &self.conflict.provenance,
        ];
        let details = [
            &self.contact.last,
            &self.contact.highest,
            &self.process.last_step,
            &self.conflict.last_force,
            &self.conflict.truce,
        ];
        facets.into_iter().chain(details.into_iter().flatten())
    }

    /// Notes a claim that lost at every facet that would be another had it won: `without` it they are as they are, and `with`
    /// it as they would be.
    pub(super) fn note(&mut self, lost: Lost, without: &Facets, with: &Facets) {
        let facets = [
            (without.recognition != with.recognition).then_some(&mut self.recognition.provenance),
            (without.of_actor != with.of_actor).then_some(&mut self.of_actor.provenance),
            (without.of_group != with.of_group).then_some(&mut self.of_group.provenance),
            (without.contact != with.contact).then_some(&mut self.contact.provenance),
            (without.process != with.process).then_some(&mut self.process.provenance),
            (without.conflict != with.conflict).then_some(&mut self.conflict.provenance),
        ];
        let details = [
            (&mut self.contact.last, &without.contact.last, &with.contact.last),
            (&mut self.contact.highest, &without.contact.highest, &with.contact.highest),
            (&mut self.process.last_step, &without.process.last_step, &with.process.last_step),
            (&mut self.conflict.last_force, &without.conflict.last_force, &with.conflict.last_force),
            (&mut self.conflict.truce, &without.conflict.truce, &with.conflict.truce),
        ];
        let details = details.into_iter().filter(|(_, without, with)| without != with);
        let touched = facets.into_iter().chain(details.map(|(detail, ..)| detail.as_mut()));
        let mut is_touched = false;
        for provenance in touched.flatten() {
            provenance.lost.push(lost);
            is_touched = true;
        }
        if is_touched {
            self.claimed.push(lost);
        }
    }

    fn own_listing(&self) -> Option<&LegalFacet> {
        self.legal.iter().find(|listing| listing.is_own_and_in_force())
    }

    fn missions(&self) -> [&RepresentationFacet; 2] {
        [&self.of_actor, &self.of_group]
    }
}

/// The first headline that matches, in the order of the vocabulary, and where it comes from.
pub(super) fn headline(facets: &Facets, contests: &Contests, date: Day) -> (Headline, Provenance) {
    let (process, conflict, contact) = (&facets.process, &facets.conflict, &facets.contact);
    // A truce that ran out does not undo the force before it.
    let force = conflict.last_force_on.is_some_and(|force| window::YEAR.covers(force.lower(), date));
    let hostile = matches!(conflict.value, Conflict::Hostile | Conflict::Violated)
        || conflict.value == Conflict::TruceExpired && force;
    if facets.recognition.value == Recognition::DeJure {
        return (Headline::Recognised, facets.recognition.provenance.clone());
    }
    if let Some(provenance) = normalised(facets) {
        return (Headline::Normalised, provenance);
    }
    if let Some(mission) = facets.missions().into_iter().find(|mission| is_de_facto(mission.level)) {
        return (Headline::DeFactoRelations, mission.provenance.clone());
    }
    if process.value == Process::Implementing {
        return (Headline::PeaceImplementing, process.provenance.clone());
    }
    let negotiating = is_under_way(process.value);
    if negotiating && hostile {
        return (Headline::FightAndTalk, both(&process.provenance, &conflict.provenance));
    }
    if is_truce(conflict.value) {
        return (Headline::Ceasefire, conflict.provenance.clone());
    }
    if negotiating {
        return (Headline::Negotiating, process.provenance.clone());
    }
    if hostile {
        return (Headline::Hostile, conflict.provenance.clone());
    }
    if ContactLevel::Indirect < contact.level {
        return (Headline::DirectContact, contact.provenance.clone());
    }
    if contact.level == ContactLevel::Indirect {
        return (Headline::IndirectContact, contact.provenance.clone());
    }
    let (headline, mut provenance) = without_facets(facets, contests, date);
    // What a claim would have moved might have been a headline.
    provenance.lost.extend(&facets.claimed);
    (headline, provenance)
}

/// The headline where no facet gives one.
fn without_facets(facets: &Facets, contests: &Contests, date: Day) -> (Headline, Provenance) {
    if let Some(last) = facets.last {
        let recent = window::YEAR.covers(last.day(), date);
        let ground = if recent { Ground::Stated { heard: 1 } } else { Ground::Elapsed };
        return (Headline::Dormant, contests.provenance([last.position], ground));
    }
    match facets.own_listing() {
        Some(listing) => (Headline::ProscribedNoContact, listing.provenance.clone()),
        None => (Headline::None, Provenance::default()),
    }
}

/// Embassies both ways, or an ambassador one way.
fn normalised(facets: &Facets) -> Option<Provenance> {
    let ambassador = |mission: &&RepresentationFacet| mission.level == RepresentationLevel::EmbassyAmbassador;
    if facets.missions().into_iter().all(|mission| is_embassy(mission.level)) {
        return Some(both(&facets.of_actor.provenance, &facets.of_group.provenance));
    }
    facets.missions().into_iter().find(ambassador).map(|mission| mission.provenance.clone())
}

fn is_de_facto(level: RepresentationLevel) -> bool {
    (RepresentationLevel::LiaisonOffice..=RepresentationLevel::EmbassyMinister).contains(&level)
}

/// The provenance of what follows from two facets together.
fn both(first: &Provenance, second: &Provenance) -> Provenance {
    let mut joint = first.clone();
    joint.events.extend(second.events.iter().filter(|event| !first.events.contains(event)));
    joint.lost.extend(second.lost.iter().filter(|lost| !first.lost.contains(lost)));
    Provenance { rule: FoldRule::Derived, inferred: first.inferred || second.inferred, ..joint }
}

/// The flags that follow from the facets, and from the last friendly engagement within 365 days. DISPUTED and SECRET_ONLY
/// come after them in the vocabulary.
pub(super) fn flags(facets: &Facets, friendly: &Provenance) -> Vec<RelationshipFlag> {
    let mut flags = Vec::new();
    if facets.own_listing().is_some() {
        if !friendly.events.is_empty() || is_truce(facets.conflict.value) {
            flags.push(RelationshipFlag::EngagingWhileDesignated);
        }
        if facets.recognition.value == Recognition::DeJure {
            flags.push(RelationshipFlag::RecognisedButListed);
        }
    }
    flags
}
