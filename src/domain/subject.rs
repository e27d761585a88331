//! Subjects: what an event is about, and what a check or a filter names.

use std::{fmt, str::FromStr};

use super::id::{ActorId, DecisionId, EventId, GroupId, IdError, RegimeId};

/// What an event is about. Its text has the form `group/hts`, `actor/us`, `regime/us-fto219`, `relationship/us/hts`,
/// `designation/hts/us-fto219`, `decision/<slug>` or `event/<id>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// An actor.
    Actor(ActorId),
    /// A group.
    Group(GroupId),
    /// A regime.
    Regime(RegimeId),
    /// The relationship of an actor with a group.
    Relationship(ActorId, GroupId),
    /// The listing of a group under a regime.
    Designation(GroupId, RegimeId),
    /// A decision of the house.
    Decision(DecisionId),
    /// An event: what record events and claims are about.
    Event(EventId),
}

/// Why a text is not a subject.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SubjectError {
    /// Not of any of the forms.
    #[error(
        "a subject has the form group/G, actor/A, regime/R, relationship/A/G, designation/G/R, decision/D or event/ID, where \
         A, G, R and D are slugs"
    )]
    Form,
    /// A part is not a slug or id.
    #[error(transparent)]
    Id(#[from] IdError),
}

impl FromStr for Subject {
    type Err = SubjectError;

    fn from_str(text: &str) -> Result<Subject, SubjectError> {
        let mut parts = text.split('/');
        let subject = match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some("actor"), Some(actor), None, None) => Subject::Actor(actor.parse()?),
            (Some("group"), Some(group), None, None) => Subject::Group(group.parse()?),
            (Some("regime"), Some(regime), None, None) => Subject::Regime(regime.parse()?),
            (Some("relationship"), Some(actor), Some(group), None) => {
                Subject::Relationship(actor.parse()?, group.parse()?)
            }
            (Some("designation"), Some(group), Some(regime), None) => {
                Subject::Designation(group.parse()?, regime.parse()?)
            }
            (Some("decision"), Some(decision), None, None) => Subject::Decision(decision.parse()?),
            (Some("event"), Some(id), None, None) => Subject::Event(id.parse()?),
            _ => return Err(SubjectError::Form),
        };
        Ok(subject)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Actor(actor) => write!(f, "actor/{actor}"),
            Subject::Group(group) => write!(f, "group/{group}"),
            Subject::Regime(regime) => write!(f, "regime/{regime}"),
            Subject::Relationship(actor, group) => write!(f, "relationship/{actor}/{group}"),
            Subject::Designation(group, regime) => write!(f, "designation/{group}/{regime}"),
            Subject::Decision(decision) => write!(f, "decision/{decision}"),
            Subject::Event(id) => write!(f, "event/{id}"),
        }
    }
}

impl Subject {
    /// The group that it is, or is of or with; `None`: it has to do with no one group.
    pub const fn group(&self) -> Option<&GroupId> {
        match self {
            Subject::Group(group) | Subject::Relationship(_, group) | Subject::Designation(group, _) => {
                Some(group)
            }
            Subject::Actor(_) | Subject::Regime(_) | Subject::Decision(_) | Subject::Event(_) => None,
        }
    }
}

/// Subjects in ascending order, each once.
pub fn distinct(mut subjects: Vec<Subject>) -> Vec<Subject> {
    if !subjects.is_sorted_by(|one, other| one < other) {
        subjects.sort_unstable();
        subjects.dedup();
    }
    subjects
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects() {
        let event = "event/0197f0a2-6c1d-7b5e-9a6b-2d8f4f0c1e11";
        for text in [
            "group/hts",
            "actor/us",
            "regime/us-fto219",
            "relationship/us/hts",
            "designation/hts/us-fto219",
            "decision/syria-desk-1",
            event,
        ] {
            assert_eq!(text.parse::<Subject>().unwrap().to_string(), text);
        }
        for bad in [
            "",
            "hts",
            "group",
            "group/",
            "group/a/b",
            "relationship/us",
            "group/HTS",
            "event/1",
            "regime/r/",
            "x/y",
        ] {
            assert!(bad.parse::<Subject>().is_err(), "{bad:?}");
        }
    }
}
