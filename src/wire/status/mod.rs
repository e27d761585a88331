//! Statuses: from the domain to the API's messages.
//!
//! A status of the domain names events by position, the API by id. So a status is written in two steps: ask which
//! [positions](group::positions_of) it names, fetch those events once, and write it with their [`EventNames`].

pub mod field;
pub mod group;
pub mod overview;
pub mod relationship;
pub mod timeline;

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use super::{event::text_of, v1, vocabulary};
use crate::{
    domain::{
        fold::{Lost, Provenance},
        id::EventId,
        statement::is_same_component,
        status::Lead,
        vocabulary::{ClaimStance, SourceKind},
    },
    position::Position,
};

/// What an answer says of an event that it names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventName {
    /// Its id.
    pub id: EventId,
    /// The one sentence of its fact or replacement; may be empty.
    pub summary: String,
    /// What its fact or replacement says, in a word, such as an act; may be empty.
    pub what: String,
    /// When that takes effect; may be empty.
    pub effective_on: String,
    /// The component of the group that it is about; empty: the group as a whole, or what has no components.
    pub component: String,
}

/// What an answer says of the events that it names, by position.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventNames(BTreeMap<Position, EventName>);

impl FromIterator<(Position, EventName)> for EventNames {
    fn from_iter<I: IntoIterator<Item = (Position, EventName)>>(names: I) -> EventNames {
        EventNames(names.into_iter().collect())
    }
}

/// Where the writers of this folder take the names of events from.
trait Names {
    /// The id of the event at this position.
    fn id(&self, position: Position) -> String;
    /// Its one sentence.
    fn summary(&self, position: Position) -> String;
    /// What it says, in a word, and when that takes effect.
    fn said(&self, position: Position) -> (String, String);
    /// The component of the group that it is about; empty: none.
    fn component(&self, position: Position) -> String;

    /// The ids of the events at these positions, in their order.
    fn ids(&self, positions: &[Position]) -> Vec<String> {
        positions.iter().map(|position| self.id(*position)).collect()
    }
}

/// A position without a name has an empty one: to leave an id out of an answer is better than to fail it.
impl Names for EventNames {
    fn id(&self, position: Position) -> String {
        text_of(self.0.get(&position).map(|name| name.id))
    }

    fn summary(&self, position: Position) -> String {
        self.0.get(&position).map(|name| name.summary.clone()).unwrap_or_default()
    }

    fn component(&self, position: Position) -> String {
        self.0.get(&position).map(|name| name.component.clone()).unwrap_or_default()
    }

    fn said(&self, position: Position) -> (String, String) {
        self.0.get(&position).map(|name| (name.what.clone(), name.effective_on.clone())).unwrap_or_default()
    }
}

/// The events that an answer mentions: all of them by id, some with their one sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentioned {
    all: BTreeSet<Position>,
    summarised: BTreeSet<Position>,
}

impl Mentioned {
    /// All of them, ascending.
    pub fn all(&self) -> Vec<Position> {
        self.all.iter().copied().collect()
    }

    /// Those of which more than the id is said, ascending.
    pub fn summarised(&self) -> Vec<Position> {
        self.summarised.iter().copied().collect()
    }
}

/// What several parts of an answer mention.
impl FromIterator<Mentioned> for Mentioned {
    fn from_iter<I: IntoIterator<Item = Mentioned>>(parts: I) -> Mentioned {
        parts.into_iter().fold(Mentioned::default(), |mut whole, part| {
            whole.all.extend(part.all);
            whole.summarised.extend(part.summarised);
            whole
        })
    }
}

/// These events, all with their sentences.
impl FromIterator<Position> for Mentioned {
    fn from_iter<I: IntoIterator<Item = Position>>(positions: I) -> Mentioned {
        let all: BTreeSet<Position> = positions.into_iter().collect();
        Mentioned { summarised: all.clone(), all }
    }
}

/// Gathers the positions that a writer asks for.
#[derive(Default)]
struct Asked(RefCell<Mentioned>);

impl Names for Asked {
    fn id(&self, position: Position) -> String {
        self.0.borrow_mut().all.insert(position);
        String::new()
    }

    fn summary(&self, position: Position) -> String {
        self.0.borrow_mut().summarised.insert(position);
        self.id(position)
    }

    fn component(&self, position: Position) -> String {
        self.summary(position)
    }

    fn said(&self, position: Position) -> (String, String) {
        self.summary(position);
        Default::default()
    }
}

/// The positions that `write` asks for. Asking and writing are one walk, so neither can forget what the other does.
fn positions_asked<M>(write: impl FnOnce(&dyn Names) -> M) -> Mentioned {
    let asked = Asked::default();
    write(&asked);
    asked.0.into_inner()
}

fn write_provenance(provenance: &Provenance, names: &dyn Names) -> v1::Provenance {
    v1::Provenance {
        event_ids: names.ids(&provenance.events),
        lost_event_ids: provenance.lost.iter().map(|lost| names.id(lost.position)).collect(),
        rule: vocabulary::write(provenance.rule),
        inferred: provenance.inferred,
    }
}

fn write_alternatives(lost: &[Lost], names: &dyn Names) -> Vec<v1::Alternative> {
    let alternative = |lost: &Lost| {
        let (won_what, won_on) = names.said(lost.against);
        let (what, _) = names.said(lost.position);
        let (component, won_component) = (names.component(lost.position), names.component(lost.against));
        let is_same = is_same_component(&component, &won_component);
        let of_part = |what: String, component: &str| match component {
            _ if is_same || what.is_empty() => what,
            "" => format!("{what} (the whole group)"),
            name => format!("{what} ({name})"),
        };
        v1::Alternative {
            event_id: names.id(lost.position),
            effective_on: lost.effective.to_string(),
            summary: names.summary(lost.position),
            source_kind: vocabulary::write(lost.source),
            lost_by: vocabulary::write(lost.rule),
            agrees: lost.stance == ClaimStance::Agrees,
            stance: vocabulary::write(lost.stance),
            what: of_part(what, &component),
            won_what: of_part(won_what, &won_component),
            won_on,
            won_event_id: names.id(lost.against),
        }
    };
    lost.iter().map(alternative).collect()
}

/// How many of the claims that lost agree with what won. What only a machine has coded bears nothing out.
fn corroboration(lost: &[Lost]) -> u32 {
    let bears_out =
        |lost: &&Lost| lost.stance == ClaimStance::Agrees && lost.source != SourceKind::MachineCoded;
    u32::try_from(lost.iter().filter(bears_out).count()).unwrap_or(u32::MAX)
}

fn write_leads(leads: &[Lead], names: &dyn Names) -> Vec<v1::Lead> {
    let lead = |lead: &Lead| v1::Lead {
        effective_on: lead.effective.to_string(),
        what: lead.what.clone(),
        event_id: names.id(lead.event),
        summary: names.summary(lead.event),
    };
    leads.iter().map(lead).collect()
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use crate::wire::{sealed, v1};

    #[test]
    fn sealed_answers_are_the_same_on_the_wire() {
        let view = Some(v1::View { known_position: 7, ..v1::View::default() });
        let group = v1::GroupStatus { group: "hts".to_owned(), ..v1::GroupStatus::default() };
        let status = group.encode_to_vec().into();
        assert_eq!(
            sealed::GetGroupResponse { status, view: view.clone() }.encode_to_vec(),
            v1::GetGroupResponse { status: Some(group), view: view.clone() }.encode_to_vec(),
        );
        let relationship = v1::RelationshipStatus { engagements: 3, ..v1::RelationshipStatus::default() };
        let status = relationship.encode_to_vec().into();
        assert_eq!(
            sealed::GetRelationshipResponse { status, view: view.clone() }.encode_to_vec(),
            v1::GetRelationshipResponse { status: Some(relationship), view }.encode_to_vec(),
        );
    }
}

/// What the tests of this folder share.
#[cfg(test)]
mod fixture {
    use prost_reflect::{DescriptorPool, DynamicMessage, ReflectMessage as _, Value};

    use super::*;
    use crate::domain::vocabulary::FoldRule;

    /// A provenance that names events `at` to `at + 2`.
    pub fn provenance(at: u64) -> Provenance {
        Provenance {
            events: vec![Position::new(at), Position::new(at + 1)],
            lost: vec![lost(at + 2)],
            rule: FoldRule::SourceRank,
            inferred: true,
        }
    }

    pub fn lost(at: u64) -> Lost {
        Lost {
            position: Position::new(at),
            effective: "2017-03".parse().unwrap(),
            source: SourceKind::Aggregator,
            rule: FoldRule::Credibility,
            against: Position::new(at + 1),
            stance: ClaimStance::Agrees,
        }
    }

    /// The id of the event at this position.
    pub fn id(at: u64) -> String {
        format!("00000000-0000-7000-8000-{at:012}")
    }

    /// Names for all of these positions.
    pub fn names(positions: &[Position]) -> EventNames {
        let name = |position: &Position| EventName {
            id: id(position.get()).parse().unwrap(),
            summary: format!("Event {position}"),
            what: format!("WORD_{position}"),
            effective_on: "2017-05".to_owned(),
            component: String::new(),
        };
        positions.iter().map(|position| (*position, name(position))).collect()
    }

    /// Checks that every field of the message, and of every message in it, has a value.
    pub fn check_whole<M: prost::Message>(name: &str, message: &M) {
        let pool = DescriptorPool::decode(crate::wire::DESCRIPTORS).unwrap();
        let descriptor = pool.get_message_by_name(name).unwrap();
        let mut whole = DynamicMessage::new(descriptor);
        whole.transcode_from(message).unwrap();
        check_fields(&whole, name);
    }

    fn check_fields(message: &DynamicMessage, at: &str) {
        for field in message.descriptor().fields() {
            let at = format!("{at}.{}", field.name());
            assert!(message.has_field(&field), "{at} is left out");
            match message.get_field(&field).as_ref() {
                Value::Message(inner) => check_fields(inner, &at),
                Value::List(entries) => {
                    for entry in entries.iter().filter_map(Value::as_message) {
                        check_fields(entry, &at);
                    }
                }
                _ => {}
            }
        }
    }
}
