//! Any order of arrival of the same events ends in the same statuses, as does a rebuild from the log; an answer as of
//! a position is that of a log that ends there, and an answer to a reader that of a log of what the reader may see.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{fmt::Debug, sync::Arc, time::Duration};

use chancery::{
    domain::{
        as_of::AsOf,
        date::{Day, parse_day},
        event::Event,
        id::{ActorId, EventId, GroupId},
        vocabulary::Label,
    },
    ledger::{Commit, Ledger, Proposed},
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
use proptest::{collection::vec, prelude::*, sample::Index};
use prost::Message as _;
use uuid::Uuid;

#[path = "common/histories.rs"]
mod histories;

use histories::{ACTORS, GROUPS, History, history};

/// How long the projections may take to come to the tail.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many events each commit of a log has, over and over again.
fn commits() -> impl Strategy<Value = Vec<usize>> {
    vec(1..8_usize, 1..6)
}

/// What is asked: the days between which statuses differ, and some cuts.
#[derive(Clone, Debug)]
struct Questions {
    days: Vec<Day>,
    disclosed_by: Day,
    stops: Vec<Index>,
}

fn questions() -> impl Strategy<Value = Questions> {
    let day = || {
        (2018..2025, 1..=12, 1..=28)
            .prop_map(|(year, month, day)| parse_day(&format!("{year}-{month:02}-{day:02}")).unwrap())
    };
    (vec(day(), 2), day(), vec(any::<Index>(), 3)).prop_map(|(days, disclosed_by, stops)| Questions {
        days,
        disclosed_by,
        stops,
    })
}

/// A record with its projections.
struct Office {
    ledger: Ledger,
    projection: Arc<Projection>,
    log: Arc<Memory>,
}

/// Everything that can be said of the world under some cuts, with events by id.
#[derive(Debug, PartialEq)]
struct Answers {
    groups: Vec<(GroupId, Result<v1::GroupStatus, UnknownError>)>,
    relationships: Vec<(ActorId, GroupId, Result<v1::RelationshipStatus, UnknownError>)>,
}

impl Office {
    /// The office over what a log holds.
    async fn open(log: Arc<Memory>) -> Office {
        let mut store = Store::default();
        let clock = || Timestamp::UNIX_EPOCH;
        let (ledger, feed) =
            Ledger::open(log.clone(), clock, |recorded| store.apply(recorded)).await.unwrap();
        let projection = Projection::start(store, ledger.clone(), feed).await.unwrap();
        Office { ledger, projection, log }
    }

    /// The office over the first events of a log.
    async fn of_first(log: &Memory, last: Position) -> Office {
        let positions: Vec<Position> = (1..=last.get()).map(Position::new).collect();
        let copy = Memory::new();
        copy.append(Position::START, &log.fetch(&positions).await.unwrap()).await.unwrap();
        Office::open(Arc::new(copy)).await
    }

    /// Records events, all commits at once: how they are batched is up to the writer.
    async fn of_all(events: &[(EventId, Event)], commits: &[usize]) -> Office {
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
    async fn settle(&self) {
        self.projection.reaches(self.ledger.tail(), PATIENCE).await.unwrap();
    }

    /// What it answers. Everything with a status must be on the lists of groups and relationships.
    async fn answers(&self, as_of: AsOf) -> Answers {
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
        };
        events.iter().map(|recorded| (recorded.position, name(recorded))).collect()
    }
}

/// The events in commits of these sizes, over and over again.
fn split(events: &[(EventId, Event)], sizes: &[usize]) -> impl Iterator<Item = Commit> {
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
fn same<T: Debug + PartialEq>(found: &T, expected: &T, what: &str) -> Result<(), TestCaseError> {
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

/// The cuts under which two logs of the same events are compared.
fn cuts(questions: &Questions) -> Vec<AsOf> {
    let mut cuts = vec![AsOf::at(Day::MAX)];
    for (day, label) in questions.days.iter().zip([Label::Public, Label::Internal]) {
        let whole = AsOf::at(*day);
        cuts.push(whole);
        cuts.push(AsOf { disclosed_by: Some(questions.disclosed_by), ..whole });
        cuts.push(AsOf { clearance: label, ..whole });
    }
    cuts
}

async fn check(
    history: &History,
    [one, other]: &[Vec<usize>; 2],
    questions: &Questions,
) -> Result<(), TestCaseError> {
    let order = history.order(0);
    let events = history.events(&order);

    // One log grows commit by commit.
    let office = Office::open(Arc::default()).await;
    let mut grown = Vec::new();
    for commit in split(&events, one) {
        office.ledger.submit(commit).await.unwrap();
        office.settle().await;
        let day = questions.days[grown.len() % questions.days.len()];
        grown.push((office.ledger.tail(), day, office.answers(AsOf::at(day)).await));
    }
    let whole = office.ledger.tail();
    assert_eq!(whole.get(), events.len() as u64);

    // The other gets everything at once, in another order.
    let shuffled = Office::of_all(&history.events(&history.order(1)), other).await;
    let rebuilt = Office::open(office.log.clone()).await;
    for as_of in cuts(questions) {
        let expected = office.answers(as_of).await;
        same(&shuffled.answers(as_of).await, &expected, &format!("another order of arrival, {as_of:?}"))?;
        same(&rebuilt.answers(as_of).await, &expected, &format!("a rebuild, {as_of:?}"))?;
    }

    // As of a position, it answers as it did then, and as a log that ends there does.
    for (tail, day, expected) in &grown {
        let as_of = AsOf { known_at: *tail, ..AsOf::at(*day) };
        same(&office.answers(as_of).await, expected, &format!("as it was at {tail}, {as_of:?}"))?;
    }
    for stop in &questions.stops {
        let last = Position::new(stop.index(events.len()) as u64 + 1);
        let ended = Office::of_first(&office.log, last).await;
        let disclosed = AsOf { disclosed_by: Some(questions.disclosed_by), ..AsOf::at(questions.days[0]) };
        for whole in [AsOf::at(questions.days[1]), disclosed] {
            let as_of = AsOf { known_at: last, ..whole };
            let expected = ended.answers(whole).await;
            same(&office.answers(as_of).await, &expected, &format!("a log that ends at {last}, {as_of:?}"))?;
            let what = format!("a rebuild as of {last}, {as_of:?}");
            same(&rebuilt.answers(as_of).await, &expected, &what)?;
        }
    }

    // A reader gets the answers of a log without what the reader may not see.
    for (clearance, day) in [Label::Public, Label::Internal].into_iter().zip(&questions.days) {
        let seen = Office::of_all(&history.visible(&order, clearance), other).await;
        let as_of = AsOf { clearance, ..AsOf::at(*day) };
        let what = format!("a log of what {clearance} may see, {as_of:?}");
        same(&office.answers(as_of).await, &seen.answers(AsOf::at(*day)).await, &what)?;
    }
    Ok(())
}

/// As many cases as are asked for by PROPTEST_CASES, or few enough for every run.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { 80 };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 3_000, ..asked }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn does_not_matter(
        history in history(1..70),
        commits in [commits(), commits()],
        questions in questions(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(check(&history, &commits, &questions))?;
    }
}
