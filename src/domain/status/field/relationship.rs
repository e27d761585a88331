//! The fields of the status of a relationship.

use super::{Field, Fields, listing_elsewhere, listing_key, optional};
use crate::domain::{
    fold::Provenance,
    status::relationship::{LegalFacet, RelationshipStatus},
    vocabulary::{Headline, RelationshipFlag, RepresentationLevel},
};

impl RelationshipStatus {
    /// Its fields, the facets first and what follows from them after.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Fields::default();
        facets(self, &mut fields);
        for listing in &self.legal {
            let path = legal_path(listing);
            let reached = listing.through.iter();
            let from = reached
                .map(|group| listing_elsewhere(group, &listing.regime, listing.component.as_deref()))
                .collect();
            let provenance = listing.provenance.clone();
            fields.push(path.clone(), listing.state.to_string(), super::Part::Standing, provenance, from);
            let from = listing.inherited_from.as_ref().map(ToString::to_string).unwrap_or_default();
            fields.say(format!("{path}.inherited_from"), from, &listing.provenance);
        }
        let from = headline_from(self);
        fields.push(
            "headline".to_owned(),
            self.headline.to_string(),
            super::Part::Standing,
            self.provenance.clone(),
            from,
        );
        self.tell_force(&mut fields);
        for flag in &self.flags {
            fields.derive(format!("flags[{flag}]"), "set", flag_from(self, *flag));
        }
        let counted = Provenance::default();
        fields.measure("score", format!("{:.4}", self.score.value), &counted);
        fields.measure("score.count", self.score.count, &counted);
        fields.measure("engagements", self.engagements, &counted);
        if !self.alternatives.is_empty() {
            let lost = Provenance { lost: self.alternatives.clone(), ..Provenance::default() };
            fields.measure("alternatives", self.alternatives.len(), &lost);
        }
        fields.all
    }

    /// A hostile relationship rests on the force used in it, whatever became of a ceasefire.
    fn tell_force(&self, fields: &mut Fields) {
        let hostile = matches!(self.headline, Headline::Hostile | Headline::FightAndTalk);
        let force =
            self.conflict.last_force.filter(|force| hostile && !self.provenance.events.contains(force));
        if let Some(force) = force {
            fields.rest("headline", self.provenance.events.iter().copied().chain([force]));
        }
    }
}

fn facets(status: &RelationshipStatus, fields: &mut Fields) {
    let it = &status.recognition;
    fields.say("recognition", it.value, &it.provenance);
    fields.say("recognition.since", optional(it.since), &it.provenance);
    for (path, it) in [
        ("representation_of_actor", &status.representation_of_actor),
        ("representation_of_group", &status.representation_of_group),
    ] {
        fields.say(path, it.level, &it.provenance);
        fields.say(format!("{path}.since"), optional(it.since), &it.provenance);
    }
    let it = &status.contact;
    fields.say("contact", it.level, &it.provenance);
    fields.say("contact.highest_ever", it.highest_ever, &it.provenance);
    fields.rest("contact.highest_ever", it.highest);
    fields.measure("contact.last_on", optional(it.last_on), &it.provenance);
    fields.rest("contact.last_on", it.last);
    fields.measure("contact.count_30_days", it.count_30_days, &it.provenance);
    fields.measure("contact.count_365_days", it.count_365_days, &it.provenance);
    let it = &status.process;
    fields.say("process", it.value, &it.provenance);
    fields.say("process.since", optional(it.since), &it.provenance);
    fields.measure("process.last_step_on", optional(it.last_step_on), &it.provenance);
    fields.rest("process.last_step_on", it.last_step);
    let it = &status.conflict;
    fields.say("conflict", it.value, &it.provenance);
    fields.say("conflict.since", optional(it.since), &it.provenance);
    fields.say("conflict.ends_on", it.ends_on.map(|day| day.to_string()).unwrap_or_default(), &it.provenance);
    fields.rest("conflict.ends_on", it.truce);
    fields.measure("conflict.last_force_on", optional(it.last_force_on), &it.provenance);
    fields.rest("conflict.last_force_on", it.last_force);
}

fn legal_path(listing: &LegalFacet) -> String {
    let key = listing_key(listing.regime.as_str(), listing.component.as_deref());
    match &listing.through {
        None => format!("legal[{key}]"),
        Some(group) => format!("legal[{key} through {group}]"),
    }
}

fn own_listings(status: &RelationshipStatus) -> Vec<String> {
    status.legal.iter().filter(|it| it.is_own_and_in_force()).map(legal_path).collect()
}

/// The facets that decided the headline.
fn headline_from(status: &RelationshipStatus) -> Vec<String> {
    let paths = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
    match status.headline {
        Headline::Recognised => paths(&["recognition"]),
        Headline::Normalised => paths(&["representation_of_actor", "representation_of_group"]),
        Headline::DeFactoRelations => {
            let of_actor = RepresentationLevel::LiaisonOffice <= status.representation_of_actor.level
                && status.representation_of_actor.level != RepresentationLevel::Withdrawn;
            paths(&[if of_actor { "representation_of_actor" } else { "representation_of_group" }])
        }
        Headline::PeaceImplementing | Headline::Negotiating => paths(&["process"]),
        Headline::FightAndTalk => paths(&["process", "conflict"]),
        Headline::Ceasefire | Headline::Hostile => paths(&["conflict"]),
        Headline::DirectContact | Headline::IndirectContact => paths(&["contact"]),
        Headline::ProscribedNoContact => own_listings(status).into_iter().take(1).collect(),
        Headline::Dormant | Headline::None => Vec::new(),
    }
}

/// The fields that a flag follows from.
fn flag_from(status: &RelationshipStatus, flag: RelationshipFlag) -> Vec<String> {
    let with = |more: &[&str]| {
        let mut paths = own_listings(status);
        paths.extend(more.iter().map(|path| (*path).to_owned()));
        paths
    };
    match flag {
        RelationshipFlag::EngagingWhileDesignated => {
            with(&["contact", "process", "conflict", "recognition", "representation_of_actor", "headline"])
        }
        RelationshipFlag::RecognisedButListed => with(&["recognition"]),
        RelationshipFlag::Disputed => vec!["headline".to_owned()],
        RelationshipFlag::SecretOnly => vec!["contact".to_owned()],
    }
}
