//! What a record and its projections answer to every question, to compare with another.

#![allow(dead_code)]

use std::{fmt::Debug, path::Path, sync::Arc, time::Duration};

use chancery::{
    domain::{
        as_of::AsOf,
        event::Event,
        id::{ActorId, EventId, GroupId},
        subject::Subject,
    },
    ledger::{Commit, Ledger, Proposed, Restart},
    log::{Log as _, memory::Memory},
    position::Position,
    projection::{Projection, Store, UnknownError},
    wire::{
        event::write_event,
        status::{EventName, EventNames, group, relationship},
        v1,
    },
};
use jiff::Timestamp;
use proptest::prelude::*;
use prost::Message as _;
use uuid::Uuid;

use crate::histories::{ACTORS, GROUPS};

/// How long the projections may take to come to the tail.
const PATIENCE: Duration = Duration::from_secs(60);

/// A record with its projections.
pub struct Office {
    pub ledger: Ledger,
    pub projection: Arc<Projection>,
    pub log: Arc<Memory>,
}

/// Everything that can be said of the world under some cuts, with events by id.
#[derive(Debug, PartialEq)]
pub struct Answers {
    groups: Vec<(GroupId, Result<v1::GroupStatus, UnknownError>)>,
    relationships: Vec<(ActorId, GroupId, Result<v1::RelationshipStatus, UnknownError>)>,
}

impl Office {
    /// The office over what a log holds.
    pub async fn open(log: Arc<Memory>) -> Office {
        let mut store = Store::default();
        let clock = || Timestamp::UNIX_EPOCH;
        let (ledger, feed) = Ledger::open(log.clone(), clock, &mut store).await.unwrap();
        let projection = Projection::start(store, ledger.clone(), feed).await.unwrap();
        Office { ledger, projection, log }
    }

    /// The office over what a log holds, with what snapshots in a directory are of use.
    pub async fn from_snapshots(log: Arc<Memory>, directory: &Path) -> Office {
        let restart = Restart::from_snapshot(log.clone(), directory).await;
        let mut store = Store::from_snapshot(&restart, directory).await;
        let known = store.position();
        let clock = || Timestamp::UNIX_EPOCH;
        let (ledger, feed) = restart.finish(clock, known, &mut store).await.unwrap();
        let projection = Projection::start(store, ledger.clone(), feed).await.unwrap();
        Office { ledger, projection, log }
    }

    /// The office over the first events of a log.
    pub async fn of_first(log: &Memory, last: Position) -> Office {
        let positions: Vec<Position> = (1..=last.get()).map(Position::new).collect();
        let copy = Memory::new();
        copy.append(Position::START, &log.fetch(&positions).await.unwrap()).await.unwrap();
        Office::open(Arc::new(copy)).await
    }

    /// Records events, all commits at once: how they are batched is up to the writer.
    pub async fn of_all(events: &[(EventId, Event)], commits: &[usize]) -> Office {
        let office = Office::open(Arc::default()).await;
        let submissions = split(events, commits).map(|commit| {
            let ledger = office.ledger.clone();
            // A runtime of one thread starts them in order.
            tokio::spawn(async move { ledger.submit(commit).await })
        });
        for submission in submissions.collect::<Vec<_>>() {
            submission.await.unwrap().unwrap();
        }
        office.settle().await;
        office
    }

    /// Waits for the projections.
    pub async fn settle(&self) {
        self.projection.reaches(self.ledger.tail(), PATIENCE).await.unwrap();
    }

    /// What it answers. Everything with a status must be on the lists of groups and relationships.
    pub async fn answers(&self, as_of: AsOf) -> Answers {
        let names = self.names().await;
        let store = self.projection.store();
        let regimes = store.regimes(as_of);
        let listed_groups: Vec<&GroupId> = store.groups_after("").collect();
        let listed_pairs: Vec<_> = store.relationships_after(None, None, None).collect();
        let mut answers = Answers { groups: Vec::new(), relationships: Vec::new() };
        for slug in GROUPS {
            let id: GroupId = slug.parse().unwrap();
            let status = store.group(&id, &[], &regimes, as_of);
            assert!(status.is_err() || listed_groups.contains(&&id), "group/{id} is not listed");
            let status = status.map(|status| group::write_group_status(&status, &names));
            if let Ok(status) = &status {
                check_kept(&store, Subject::Group(id.clone()), as_of, status);
            }
            answers.groups.push((id.clone(), status));
            for slug in ACTORS {
                let actor: ActorId = slug.parse().unwrap();
                let view = store.relationship(&actor, &id, &regimes, as_of);
                let dealings = view.as_ref().is_ok_and(|view| 0 < view.status.engagements);
                assert!(!dealings || listed_pairs.contains(&(&actor, &id)), "{actor}/{id} is not listed");
                let status = view.map(|view| {
                    let parties = relationship::Parties {
                        actor: &actor,
                        actor_name: &view.actor_name,
                        group: &id,
                        group_name: &view.group_name,
                    };
                    relationship::write_relationship_status(parties, &view.status, &names)
                });
                if let Ok(status) = &status {
                    check_kept(&store, Subject::Relationship(actor.clone(), id.clone()), as_of, status);
                }
                answers.relationships.push((actor, id.clone(), status));
            }
        }
        answers
    }

    async fn names(&self) -> EventNames {
        let events = self.ledger.read(Position::new(1), usize::MAX).await.unwrap();
        let name = |recorded: &chancery::ledger::Recorded| EventName {
            id: recorded.id,
            summary: recorded.event.fact().map(|fact| fact.summary.clone()).unwrap_or_default(),
            what: String::new(),
            effective_on: String::new(),
            component: String::new(),
        };
        events.iter().map(|recorded| (recorded.position, name(recorded))).collect()
    }
}

/// What was answered before and is still kept must be what is answered now. Offers that to be kept.
fn check_kept(store: &Store, subject: Subject, as_of: AsOf, status: &impl prost::Message) {
    let now = status.encode_to_vec();
    if let Some(kept) = store.answer(&subject, as_of) {
        assert_eq!(kept, now, "{subject} has changed under {as_of:?}, and the old answer is kept");
    }
    let known_at = if as_of.is_whole(store.position()) { store.position() } else { as_of.known_at };
    store.keep_answer(subject, AsOf { known_at, ..as_of }, now.into());
}

/// The events in commits of these sizes, over and over again.
pub fn split(events: &[(EventId, Event)], sizes: &[usize]) -> impl Iterator<Item = Commit> {
    let propose = |(id, event): &(EventId, Event)| {
        let content = write_event(Some(*id), event).encode_to_vec().into();
        Proposed::new(*id, event.clone(), content, chancery::proof::Salt::new([7; 16]))
    };
    let mut sizes = sizes.iter().cycle();
    let mut rest = events;
    std::iter::from_fn(move || {
        let (now, later) = rest.split_at(rest.len().min(*sizes.next()?));
        rest = later;
        (!now.is_empty()).then(|| Commit {
            id: Uuid::from_u128(1),
            principal: Arc::from("test"),
            events: now.iter().map(propose).collect(),
            checks: Vec::new(),
        })
    })
}

/// Fails with the first lines that differ.
pub fn same<T: Debug + PartialEq>(found: &T, expected: &T, what: &str) -> Result<(), TestCaseError> {
    if found == expected {
        return Ok(());
    }
    let (found, expected) = (format!("{found:#?}"), format!("{expected:#?}"));
    let (found, expected): (Vec<&str>, Vec<&str>) = (found.lines().collect(), expected.lines().collect());
    let first = found.iter().zip(&expected).position(|(one, other)| one != other).unwrap_or_default();
    let about = first.saturating_sub(40);
    let excerpt = |lines: &[&str]| lines[about..lines.len().min(first + 20)].join("\n");
    let (found, expected) = (excerpt(&found), excerpt(&expected));
    Err(TestCaseError::fail(format!(
        "{what}: from line {about} on\n--- found\n{found}\n--- expected\n{expected}"
    )))
}
