//! The fields of the status of a relationship.

use super::{Field, Fields, Part, add_lost, listing_elsewhere, listing_key, optional};
use crate::domain::{
    fold::{Lost, Provenance},
    status::relationship::{LegalFacet, RelationshipStatus},
    vocabulary::{ClaimStance, Conflict, FoldRule, Headline, RelationshipFlag, RepresentationLevel},
};

use crate::position::Position;

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
            fields.push(path.clone(), listing.state.to_string(), Part::Standing, provenance, from);
            let bound = listing.membership.into_iter();
            let grounds: Vec<Position> = listing.provenance.events.iter().copied().chain(bound).collect();
            fields.rest_with(&path, grounds.clone(), &listing.provenance.lost);
            if let Some(field) = fields.all.last_mut() {
                let own = field.own.get_or_insert_with(|| field.provenance.clone());
                add_lost(&mut own.lost, &listing.contested);
            }
            let from = listing.inherited_from.as_ref().map(ToString::to_string).unwrap_or_default();
            let path = format!("{path}.inherited_from");
            fields.say(&path, from, &listing.provenance);
            fields.rest_with(&path, grounds, &listing.provenance.lost);
        }
        let from = headline_from(self);
        fields.push(
            "headline".to_owned(),
            self.headline.to_string(),
            Part::Standing,
            self.provenance.clone(),
            from,
        );
        self.tell_force(&mut fields);
        if self.headline == Headline::None && self.provenance.events.is_empty() {
            let lost = Provenance { lost: self.alternatives.clone(), ..self.provenance.clone() };
            fields.come_from("headline", Some(&lost));
        }
        for flag in &self.flags {
            let (path, from) = (format!("flags[{flag}]"), flag_from(self, *flag));
            match flag {
                RelationshipFlag::EngagingWhileDesignated => {
                    fields.derive_with(path, "set", from, &[&self.friendly]);
                }
                RelationshipFlag::Disputed => {
                    fields.push(path, "set".to_owned(), Part::Standing, disputed(self), from);
                }
                RelationshipFlag::RecognisedButListed | RelationshipFlag::SecretOnly => {
                    fields.derive(path, "set", from);
                }
            }
        }
        let counted = Provenance::default();
        fields.measure("score", format!("{:.4}", self.score.value), &counted);
        fields.measure("score.count", self.score.count, &counted);
        fields.measure("engagements", self.engagements, &counted);
        if !self.alternatives.is_empty() {
            let lost = Provenance { lost: self.alternatives.clone(), ..Provenance::default() };
            let from = carrying(self, |_| true);
            let count = self.alternatives.len().to_string();
            fields.push("alternatives".to_owned(), count, Part::Measure, lost, from);
        }
        fields.all
    }

    /// A hostile relationship rests on the force used in it, whatever became of a ceasefire.
    fn tell_force(&self, fields: &mut Fields) {
        let hostile = matches!(self.headline, Headline::Hostile | Headline::FightAndTalk);
        let force = self
            .conflict
            .last_force
            .iter()
            .flat_map(|it| it.events.first())
            .find(|force| hostile && !self.provenance.events.contains(force));
        if let Some(force) = force {
            fields.rest("headline", self.provenance.events.iter().chain([force]).copied());
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
    fields.come_from("contact.highest_ever", it.highest.as_ref());
    fields.measure("contact.last_on", optional(it.last_on), &it.provenance);
    fields.come_from("contact.last_on", it.last.as_ref());
    fields.measure("contact.count_30_days", it.count_30_days, &it.provenance);
    fields.measure("contact.count_365_days", it.count_365_days, &it.provenance);
    let it = &status.process;
    fields.say("process", it.value, &it.provenance);
    fields.say("process.since", optional(it.since), &it.provenance);
    fields.measure("process.last_step_on", optional(it.last_step_on), &it.provenance);
    fields.come_from("process.last_step_on", it.last_step.as_ref());
    let it = &status.conflict;
    fields.say("conflict", it.value, &it.provenance);
    fields.say("conflict.since", optional(it.since), &it.provenance);
    fields.say("conflict.ends_on", it.ends_on.map(|day| day.to_string()).unwrap_or_default(), &it.provenance);
    fields.come_from("conflict.ends_on", it.truce.as_ref());
    fields.measure("conflict.last_force_on", optional(it.last_force_on), &it.provenance);
    fields.come_from("conflict.last_force_on", it.last_force.as_ref());
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

/// The facets that rest on facts against which such claims lost, and the listings that such claims are about.
fn carrying(status: &RelationshipStatus, such: impl Fn(&Lost) -> bool) -> Vec<String> {
    let facets = [
        ("recognition", &status.recognition.provenance),
        ("representation_of_actor", &status.representation_of_actor.provenance),
        ("representation_of_group", &status.representation_of_group.provenance),
        ("contact", &status.contact.provenance),
        ("process", &status.process.provenance),
        ("conflict", &status.conflict.provenance),
    ];
    let carry = facets.into_iter().filter(|(_, provenance)| provenance.lost.iter().any(&such));
    let listings = status.legal.iter().filter(|listing| listing.contested.iter().any(&such));
    carry.map(|(path, _)| path.to_owned()).chain(listings.map(legal_path)).collect()
}

/// What is disputed, with the claims that dispute it: of facets and listings, and what denials won against.
fn disputed(status: &RelationshipStatus) -> Provenance {
    let disputing = status.alternatives.iter().filter(|lost| lost.stance == ClaimStance::Disputes);
    let mut found = Provenance { rule: FoldRule::Derived, ..Provenance::default() };
    for lost in disputing {
        if !found.events.contains(&lost.against) {
            found.events.push(lost.against);
        }
        found.lost.push(*lost);
    }
    found
}

/// The fields that a flag follows from.
fn flag_from(status: &RelationshipStatus, flag: RelationshipFlag) -> Vec<String> {
    let with = |more: &[&str]| {
        let mut paths = own_listings(status);
        paths.extend(more.iter().map(|path| (*path).to_owned()));
        paths
    };
    match flag {
        RelationshipFlag::EngagingWhileDesignated => match status.conflict.value {
            Conflict::UnilateralCeasefire | Conflict::Ceasefire | Conflict::Peace => with(&["conflict"]),
            _ => with(&[]),
        },
        RelationshipFlag::RecognisedButListed => with(&["recognition"]),
        RelationshipFlag::Disputed => carrying(status, |lost| lost.stance == ClaimStance::Disputes),
        RelationshipFlag::SecretOnly => vec!["contact".to_owned()],
    }
}
