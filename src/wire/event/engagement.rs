//! Engagements: between the API's messages and the domain.

use super::text_of;
use crate::{
    domain::{
        id::{ActorId, GroupId},
        statement::{Agreement, Ceasefire, Engagement, Participant, Party, Representation},
        vocabulary::{
            AgreementStage, CeasefireClass, Channel, Direction, Disclosure, EngagementKind, Level,
            RepresentationLevel, Role,
        },
    },
    wire::{Field, Findings, v1, vocabulary},
};

pub(super) fn read(message: &v1::Engagement, at: &Field<'_>, found: &mut Findings) -> Engagement {
    let kind = found.vocabulary(&at.child("kind"), message.kind);
    if kind.is_none() {
        for detail in ["agreement", "ceasefire", "representation"] {
            found.doubt(&at.child(detail));
        }
    }
    Engagement {
        kind: kind.unwrap_or(EngagementKind::Meeting),
        participants: read_participants(&message.participants, at, found),
        channel: found.optional_vocabulary(&at.child("channel"), message.channel).unwrap_or(Channel::Unknown),
        track: found.optional_vocabulary(&at.child("track"), message.track),
        disclosure: found
            .optional_vocabulary(&at.child("disclosure"), message.disclosure)
            .unwrap_or(Disclosure::Public),
        venue: message.venue.clone(),
        pillars: found.vocabularies(at, "pillars", &message.pillars),
        process: message.process.clone(),
        agreement: message.agreement.as_ref().map(|it| read_agreement(it, &at.child("agreement"), found)),
        ceasefire: message.ceasefire.as_ref().map(|it| read_ceasefire(it, &at.child("ceasefire"), found)),
        representation: message
            .representation
            .as_ref()
            .map(|it| read_representation(it, kind, &at.child("representation"), found)),
    }
}

fn read_participants(messages: &[v1::Participant], at: &Field<'_>, found: &mut Findings) -> Vec<Participant> {
    let all = at.child("participants");
    let read = found.list(&all, messages, 2..=200);
    if read.len() < messages.len() {
        found.doubt(&at.child("ceasefire").child("sides"));
    }
    let participant = |(index, message)| read_participant(message, index, at, found);
    read.iter().enumerate().map(participant).collect()
}

/// Reads the participant with this index of the engagement at `within`.
fn read_participant(
    message: &v1::Participant,
    index: usize,
    within: &Field<'_>,
    found: &mut Findings,
) -> Participant {
    let at = within.entry("participants", index);
    let role = found.optional_vocabulary(&at.child("role"), message.role);
    if role.is_none() && message.role != 0 {
        found.doubt(&within.child("participants"));
    }
    let party = match &message.party {
        Some(v1::participant::Party::Actor(actor)) => {
            found.required(&at.child("actor"), actor).map(Party::Actor)
        }
        Some(v1::participant::Party::Group(group)) => {
            found.required(&at.child("group"), group).map(Party::Group)
        }
        None => {
            found.add(&at.child("party"), "is required: an actor or a group");
            found.doubt(&within.child("participants"));
            found.doubt(&at.child("level"));
            None
        }
    };
    if party.is_none() {
        // It may be one of those that hold their fire.
        found.doubt(&within.child("ceasefire").child("sides"));
    }
    Participant {
        party: party.unwrap_or_else(|| placeholder_of(message, index)),
        role: role.unwrap_or(Role::Principal),
        level: found.optional_vocabulary(&at.child("level"), message.level).unwrap_or(Level::Unknown),
        person: message.person.clone(),
        office: message.office.clone(),
    }
}

/// A party of the kind that the message gives, and no other participant's.
fn placeholder_of(message: &v1::Participant, index: usize) -> Party {
    match &message.party {
        Some(v1::participant::Party::Group(_)) => Party::Group(GroupId::unreadable(index)),
        Some(v1::participant::Party::Actor(_)) | None => Party::Actor(ActorId::unreadable(index)),
    }
}

fn read_agreement(message: &v1::Agreement, at: &Field<'_>, found: &mut Findings) -> Agreement {
    Agreement {
        title: message.title.clone(),
        stage: found.vocabulary(&at.child("stage"), message.stage).unwrap_or(AgreementStage::Partial),
    }
}

fn read_ceasefire(message: &v1::Ceasefire, at: &Field<'_>, found: &mut Findings) -> Ceasefire {
    Ceasefire {
        sides: found.list(&at.child("sides"), &message.sides, 1..=20).to_vec(),
        class: found
            .optional_vocabulary(&at.child("class"), message.class)
            .unwrap_or(CeasefireClass::Cessation),
        coverage: message.coverage.clone(),
        ends_on: found.optional(&at.child("ends_on"), &message.ends_on),
    }
}

fn read_representation(
    message: &v1::Representation,
    kind: Option<EngagementKind>,
    at: &Field<'_>,
    found: &mut Findings,
) -> Representation {
    use EngagementKind as Kind;
    let direction = found.vocabulary(&at.child("direction"), message.direction);
    let field = at.child("level");
    let raises =
        matches!(kind, Some(Kind::MissionOpened | Kind::MissionLevelChanged | Kind::EnvoyAccredited));
    if raises && message.level == 0 && found.applies_rules() {
        found.add(&field, "is required");
    }
    let level = found.optional_vocabulary(&field, message.level);
    Representation {
        direction: direction.unwrap_or(Direction::OfActor),
        level: level.unwrap_or(RepresentationLevel::Withdrawn),
    }
}

pub(super) fn write(it: &Engagement) -> v1::Engagement {
    v1::Engagement {
        kind: vocabulary::write(it.kind),
        participants: it.participants.iter().map(write_participant).collect(),
        channel: vocabulary::write(it.channel),
        track: vocabulary::write_optional(it.track),
        disclosure: vocabulary::write(it.disclosure),
        venue: it.venue.clone(),
        pillars: vocabulary::write_all(&it.pillars),
        process: it.process.clone(),
        agreement: it.agreement.as_ref().map(|agreement| v1::Agreement {
            title: agreement.title.clone(),
            stage: vocabulary::write(agreement.stage),
        }),
        ceasefire: it.ceasefire.as_ref().map(|ceasefire| v1::Ceasefire {
            sides: ceasefire.sides.clone(),
            class: vocabulary::write(ceasefire.class),
            coverage: ceasefire.coverage.clone(),
            ends_on: text_of(ceasefire.ends_on),
        }),
        representation: it.representation.map(|representation| v1::Representation {
            direction: vocabulary::write(representation.direction),
            level: vocabulary::write(representation.level),
        }),
    }
}

fn write_participant(it: &Participant) -> v1::Participant {
    let party = match &it.party {
        Party::Actor(actor) => v1::participant::Party::Actor(actor.to_string()),
        Party::Group(group) => v1::participant::Party::Group(group.to_string()),
    };
    v1::Participant {
        party: Some(party),
        role: vocabulary::write(it.role),
        level: vocabulary::write(it.level),
        person: it.person.clone(),
        office: it.office.clone(),
    }
}
