//! Dealings between state actors and groups.

use std::fmt::Arguments;

use crate::domain::{
    date::PartialDate,
    id::{ActorId, GroupId},
    subject::{Subject, distinct},
    vocabulary::{
        AgreementStage, CeasefireClass, Channel, Direction, Disclosure, EngagementKind, Level, Pillar,
        RepresentationLevel, Role, Track,
    },
};

/// Dealings between state actors and groups. Stored once, however many take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Engagement {
    /// What happened.
    pub kind: EngagementKind,
    /// Who took part.
    pub participants: Vec<Participant>,
    /// How they were in touch.
    pub channel: Channel,
    /// The diplomatic track.
    pub track: Option<Track>,
    /// How it became known.
    pub disclosure: Disclosure,
    /// Where; may be empty.
    pub venue: String,
    /// What it was about.
    pub pillars: Vec<Pillar>,
    /// The process it belongs to; may be empty.
    pub process: String,
    /// The agreement: for AGREEMENT_SIGNED, and only then.
    pub agreement: Option<Agreement>,
    /// The ceasefire: for the ceasefire kinds only.
    pub ceasefire: Option<Ceasefire>,
    /// The representation: for the mission and envoy kinds, and only then.
    pub representation: Option<Representation>,
}

/// Who took part, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The party.
    pub party: Party,
    /// What it did.
    pub role: Role,
    /// At what level it was represented.
    pub level: Level,
    /// Who represented it; may be empty.
    pub person: String,
    /// That person's office; may be empty.
    pub office: String,
}

/// One side of an engagement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// An actor.
    Actor(ActorId),
    /// A group.
    Group(GroupId),
}

/// What was agreed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// Its title; may be empty.
    pub title: String,
    /// How far it goes.
    pub stage: AgreementStage,
}

/// A ceasefire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceasefire {
    /// The participants that hold their fire, by slug.
    pub sides: Vec<String>,
    /// How far it goes.
    pub class: CeasefireClass,
    /// What it covers; may be empty.
    pub coverage: String,
    /// Its last day; `None`: open-ended.
    pub ends_on: Option<PartialDate>,
}

/// A mission, and its level from then on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Representation {
    /// Whose mission it is.
    pub direction: Direction,
    /// Its level from then on.
    pub level: RepresentationLevel,
}

impl Party {
    /// The slug, whichever it is.
    pub fn as_str(&self) -> &str {
        match self {
            Party::Actor(actor) => actor.as_str(),
            Party::Group(group) => group.as_str(),
        }
    }

    /// The identity as a subject.
    pub fn subject(&self) -> Subject {
        match self {
            Party::Actor(actor) => Subject::Actor(actor.clone()),
            Party::Group(group) => Subject::Group(group.clone()),
        }
    }
}

impl Engagement {
    /// The actors that took part on their own behalf.
    pub fn principal_actors(&self) -> impl Iterator<Item = (&ActorId, &Participant)> {
        self.principals().filter_map(|participant| match &participant.party {
            Party::Actor(actor) => Some((actor, participant)),
            Party::Group(_) => None,
        })
    }

    /// The groups that took part on their own behalf.
    pub fn principal_groups(&self) -> impl Iterator<Item = (&GroupId, &Participant)> {
        self.principals().filter_map(|participant| match &participant.party {
            Party::Group(group) => Some((group, participant)),
            Party::Actor(_) => None,
        })
    }

    fn principals(&self) -> impl Iterator<Item = &Participant> {
        self.participants.iter().filter(|participant| participant.role == Role::Principal)
    }

    /// Everybody who took part, and a relationship for each pair of a principal actor and a principal group.
    pub(super) fn subjects(&self) -> Vec<Subject> {
        let pairs = self.principal_actors().count() * self.principal_groups().count();
        let mut subjects = Vec::with_capacity(self.participants.len() + pairs);
        subjects.extend(self.participants.iter().map(|participant| participant.party.subject()));
        for (actor, _) in self.principal_actors() {
            subjects.extend(
                self.principal_groups().map(|(group, _)| Subject::Relationship(actor.clone(), group.clone())),
            );
        }
        distinct(subjects)
    }

    pub(super) fn references(&self, mut tell: impl FnMut(Arguments<'_>, Subject)) {
        for (index, participant) in self.participants.iter().enumerate() {
            let field = match participant.party {
                Party::Actor(_) => "actor",
                Party::Group(_) => "group",
            };
            tell(format_args!("participants[{index}].{field}"), participant.party.subject());
        }
    }
}
