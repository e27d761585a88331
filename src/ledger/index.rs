//! The indexes: where the events about a subject are, where an id is, which identities are registered, and which
//! events belong to one family. In memory, and rebuilt from the log.

mod snapshot;

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use hashbrown::DefaultHashBuilder;
use jiff::Timestamp;

use super::{
    ids::Ids,
    postings::Postings,
    recorded::{Concern, Record, Recorded},
};
use crate::{
    domain::{
        event::Event,
        id::EventId,
        statement::Statement,
        subject::{Subject, distinct},
    },
    position::Position,
};

/// The indexes over the events up to a tail.
#[derive(Default)]
pub struct Index {
    tail: Position,
    last_recorded_at: Option<Timestamp>,
    ids: Ids,
    subjects: HashMap<Subject, Postings, DefaultHashBuilder>,
    registered: HashSet<Subject, DefaultHashBuilder>,
    /// The root of every claim and record event.
    roots: HashMap<Position, Position>,
    families: HashMap<Position, Arc<Family>>,
}

/// What is known about a fact and the claims and record events that go back to it.
#[derive(Clone, Default)]
struct Family {
    /// Ascending, without the root.
    members: Vec<Position>,
    /// What any of them touches.
    subjects: BTreeSet<Subject>,
}

/// What the indexes take of an event, besides what it touches.
pub struct Entry {
    /// Its position: the next.
    pub position: Position,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Its id.
    pub id: EventId,
    /// The identity, or decision, that it registers.
    pub registers: Option<Subject>,
    /// The fact that its family goes back to, for claims and record events.
    pub root: Option<Position>,
}

impl Entry {
    /// What they take of this event.
    pub fn of(recorded: &Recorded) -> Entry {
        Entry {
            position: recorded.position,
            recorded_at: recorded.recorded_at,
            id: recorded.id,
            registers: registers(&recorded.event),
            root: recorded.concern.map(|concern| concern.root),
        }
    }
}

pub use snapshot::{claim, read as read_snapshot};

/// A stored event names one that is not on record before it.
#[derive(Debug, thiserror::Error)]
#[error("it concerns event {0}, which is not on record before it")]
pub struct DanglingError(EventId);

impl Index {
    /// The position of the last event.
    pub const fn tail(&self) -> Position {
        self.tail
    }

    /// When the last event was recorded.
    pub const fn last_recorded_at(&self) -> Option<Timestamp> {
        self.last_recorded_at
    }

    /// The position of an event.
    pub fn find(&self, id: EventId) -> Option<Position> {
        self.ids.find(id)
    }

    /// All ids as they are kept, and the position before the first.
    pub fn ids(&self) -> (Vec<Arc<Vec<EventId>>>, Position) {
        (self.ids.list().to_vec(), self.ids.before())
    }

    /// The id of the event at a position.
    pub fn id(&self, position: Position) -> Option<EventId> {
        self.ids.id(position)
    }

    /// Whether an actor, group, regime or decision is registered.
    pub fn is_registered(&self, identity: &Subject) -> bool {
        self.registered.contains(identity)
    }

    /// The root of a claim or record event.
    pub fn root(&self, member: Position) -> Option<Position> {
        self.roots.get(&member).copied()
    }

    /// What the family of the fact at `root` touches, once it has members.
    pub fn family_subjects(&self, root: Position) -> Option<&BTreeSet<Subject>> {
        self.families.get(&root).map(|family| &family.subjects)
    }

    /// The last position that touches a subject.
    pub fn last(&self, subject: &Subject) -> Option<Position> {
        self.subjects.get(subject).map(Postings::last)
    }

    /// The positions of the events that touch any of `subjects`, from `from` to `to`, ascending, each once.
    pub fn positions(&self, subjects: &[Subject], from: Position, to: Position) -> Vec<Position> {
        let found = subjects.iter().filter_map(|subject| self.subjects.get(subject)).flat_map(Postings::iter);
        let mut positions: Vec<Position> =
            found.filter(|position| from <= *position && *position <= to).collect();
        if 1 < subjects.len() {
            positions.sort_unstable();
            positions.dedup();
        }
        positions
    }

    /// The fact at `root` and every event that goes back to it, ascending.
    pub fn family(&self, root: Position) -> Vec<Position> {
        let members = self.families.get(&root).map_or(&[][..], |family| &family.members);
        std::iter::once(root).chain(members.iter().copied()).collect()
    }

    /// Says what a decoded event concerns.
    pub fn complete(&self, recorded: Recorded) -> Recorded {
        let Recorded { record, event } = recorded;
        let concern = event.concerns().and_then(|id| self.concern(id));
        Recorded { record: Record { concern, ..record }, event }
    }

    /// The fact that an event goes back to which names `id`, which must be on record.
    pub fn root_of(&self, id: EventId) -> Result<Position, DanglingError> {
        self.concern(id).map(|concern| concern.root).ok_or(DanglingError(id))
    }

    fn concern(&self, id: EventId) -> Option<Concern> {
        let target = self.find(id)?;
        Some(Concern { target, root: self.root(target).unwrap_or(target) })
    }

    /// Makes room for the ids of a record up to this tail.
    pub fn reserve(&mut self, tail: Position) {
        self.ids.reserve(usize::try_from(tail.get()).unwrap_or_default());
    }

    /// Adds an event at the next position, with everything it touches.
    pub fn enter(&mut self, entry: Entry, touched: &[Subject]) {
        let Entry { position, recorded_at, id, registers, root } = entry;
        self.tail = position;
        self.last_recorded_at = Some(recorded_at);
        self.ids.add(id, position);
        if let Some(identity) = registers {
            self.registered.insert(identity);
        }
        for subject in touched {
            match self.subjects.get_mut(subject) {
                Some(postings) => postings.add(position),
                None => self.subjects.entry(subject.clone()).or_default().add(position),
            }
        }
        if let Some(root) = root {
            self.roots.insert(position, root);
            let family = Arc::make_mut(self.families.entry(root).or_default());
            family.members.push(position);
            family.subjects.extend(touched.iter().cloned());
        }
    }
}

/// What an event touches, ascending, each subject once: what its own content does, and, for a claim or record event,
/// what its family does. `family` is what the family touched before, `root` the fact itself, for its first member.
pub fn touched<'a>(
    recorded: &Recorded,
    root: Option<&Recorded>,
    family: impl IntoIterator<Item = &'a BTreeSet<Subject>>,
) -> Vec<Subject> {
    with_family(own(&recorded.event), root.map(|root| (root.id, &root.event)), family.into_iter().flatten())
}

/// What the content of an event touches, ascending, each once.
pub fn own(event: &Event) -> Vec<Subject> {
    distinct(event.subjects())
}

/// `own`, with what else the family of the event touches. `root` is the fact itself, with its id.
pub fn with_family<'a>(
    own: Vec<Subject>,
    root: Option<(EventId, &Event)>,
    family: impl Iterator<Item = &'a Subject>,
) -> Vec<Subject> {
    let mut touched = own;
    if let Some((id, event)) = root {
        touched.extend(event.subjects());
        touched.push(Subject::Event(id));
    }
    touched.extend(family.cloned());
    distinct(touched)
}

/// The identity, or decision, that an event registers.
pub fn registers(event: &Event) -> Option<Subject> {
    match &event.fact()?.statement {
        Statement::ActorRegistered(it) => Some(Subject::Actor(it.actor.clone())),
        Statement::GroupRegistered(it) => Some(Subject::Group(it.group.clone())),
        Statement::RegimeRegistered(it) => Some(Subject::Regime(it.regime.clone())),
        Statement::GroupNamed(_) | Statement::LineageRecorded(_) | Statement::LifecycleChanged(_) => None,
        Statement::DecisionRecorded(it) => Some(Subject::Decision(it.decision.clone())),
        Statement::RegimeTerminated(_) | Statement::DesignationAct(_) | Statement::Engagement(_) => None,
        Statement::IdentityMerged(_) | Statement::IdentityUnmerged(_) => None,
    }
}
