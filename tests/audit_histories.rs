//! Random histories: differences compose, replays end where queries do, and digests come out of a rebuilt log.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chancery::{
    audit::{
        Matter, ViewText,
        replay::{Moment, RecordReplay, ValidReplay, Wanted},
    },
    domain::{
        as_of::AsOf,
        date::{Day, parse_day},
        id::GroupId,
        status::{
            change::changes,
            field::{Field, Part},
        },
    },
    ledger::{Commit, Ledger, Proposed},
    log::memory::Memory,
    position::Position,
    projection::{
        Projection, Store,
        timeline::{Future, Timeline},
    },
    wire::event::write_event,
};
use jiff::Timestamp;
use proptest::{collection::vec, prelude::*, sample::Index};
use prost::Message as _;
use uuid::Uuid;

// Other tests ask more of it.
#[allow(dead_code)]
#[path = "common/histories.rs"]
mod histories;

use histories::{ACTORS, GROUPS, History, history};

/// A record with its projections.
struct Office {
    ledger: Ledger,
    projection: Arc<Projection>,
    log: Arc<Memory>,
}

impl Office {
    async fn open(log: Arc<Memory>) -> Office {
        let mut store = Store::default();
        let clock = || Timestamp::UNIX_EPOCH;
        let (ledger, feed) =
            Ledger::open(log.clone(), clock, |recorded| store.apply(recorded)).await.unwrap();
        let projection = Projection::start(store, ledger.clone(), feed).await.unwrap();
        Office { ledger, projection, log }
    }

    async fn with(history: &History) -> Office {
        let office = Office::open(Arc::default()).await;
        for (id, event) in history.events(&history.order(0)) {
            let content = write_event(Some(id), &event).encode_to_vec().into();
            let salt = chancery::proof::Salt::new([7; 16]);
            let commit = Commit {
                id: Uuid::from_u128(1),
                principal: Arc::from("test"),
                events: vec![Proposed::new(id, event, content, salt)],
                checks: Vec::new(),
            };
            office.ledger.submit(commit).await.unwrap();
        }
        office.projection.reaches(office.ledger.tail(), Duration::from_secs(60)).await.unwrap();
        office
    }
}

fn matters() -> Vec<Matter> {
    let mut matters = Vec::new();
    for group in GROUPS {
        let group: GroupId = group.parse().unwrap();
        matters.extend(ACTORS.map(|actor| Matter::Relationship(actor.parse().unwrap(), group.clone())));
        matters.push(Matter::Group(group));
    }
    matters
}

type Values = BTreeMap<String, String>;

fn values(fields: &[Field]) -> Values {
    fields.iter().map(|field| (field.path.clone(), field.value.clone())).collect()
}

/// What changes, and what every change begins with and ends with.
fn differences(was: &[Field], is: &[Field]) -> BTreeMap<String, [Option<String>; 2]> {
    let value = |field: Option<&Field>| field.map(|field| field.value.clone());
    changes(was, is).iter().map(|it| (it.path.to_owned(), [value(it.was), value(it.is)])).collect()
}

fn standing(fields: Vec<Field>) -> Values {
    values(&fields.into_iter().filter(|field| field.part == Part::Standing).collect::<Vec<_>>())
}

/// The state after the moments of a replay; each must begin where the one before ended.
fn walk(mut state: Values, moments: &[Moment]) -> Values {
    for change in moments.iter().flat_map(|moment| &moment.changes) {
        assert_eq!(state.get(&change.path), change.was.as_ref(), "{change:?}");
        assert_ne!(change.was, change.is);
        match &change.is {
            Some(value) => state.insert(change.path.clone(), value.clone()),
            None => state.remove(&change.path),
        };
    }
    state
}

async fn check(history: &History, day: Day, stops: &[Index]) {
    let office = Office::with(history).await;
    let tail = office.ledger.tail();
    let mut stops: Vec<Position> =
        stops.iter().map(|stop| Position::new(stop.index(tail.get() as usize + 1) as u64)).collect();
    stops.sort_unstable();
    let events = office.ledger.fetch(&(1..=tail.get()).map(Position::new).collect::<Vec<_>>()).await.unwrap();
    let at = |known_at| AsOf { known_at, ..AsOf::at(day) };
    {
        let store = office.projection.store();
        for matter in matters() {
            let fields = |as_of| matter.fields(&store, as_of).unwrap_or_default();
            // From one record to the next and to the last is from the first to the last.
            let [one, two, three] = [0, 1, 2].map(|index| fields(at(stops[index])));
            let mut joined = differences(&one, &two);
            for (path, [was, is]) in differences(&two, &three) {
                let first = joined.remove(&path).map_or(was, |[first, _]| first);
                if first != is {
                    joined.insert(path, [first, is]);
                }
            }
            assert_eq!(joined, differences(&one, &three), "{matter}");

            // Whose registration was taken back has no replay.
            if matter.fields(&store, at(tail)).is_err() {
                continue;
            }
            let wanted = Wanted::default;
            let mut replay = ValidReplay::new(matter.clone(), &store, at(tail), None, wanted()).unwrap();
            let mut state = values(replay.state().0);
            while let Some(moments) = replay.advance(&store) {
                for moment in &moments {
                    state = walk(state, std::slice::from_ref(moment));
                    let as_of = AsOf { valid_at: moment.valid_on, ..at(tail) };
                    assert_eq!(state, standing(fields(as_of)), "{matter} on {}", moment.valid_on);
                }
            }
            assert_eq!(state, standing(fields(at(tail))), "{matter}: the end in valid time");

            let mut replay =
                RecordReplay::new(matter.clone(), &store, &office.ledger, at(tail), stops[0], wanted())
                    .unwrap();
            let mut state = values(replay.state().0);
            assert_eq!(state, standing(one), "{matter}: the start in record time");
            loop {
                let next = replay.next();
                if next.is_empty() {
                    break;
                }
                let run: Vec<_> = events.iter().filter(|it| next.contains(&it.position)).cloned().collect();
                for moment in replay.advance(&store, &run) {
                    state = walk(state, std::slice::from_ref(&moment));
                    assert_eq!(
                        state,
                        standing(fields(at(moment.position))),
                        "{matter} at {}",
                        moment.position
                    );
                }
            }
            assert_eq!(state, standing(fields(at(tail))), "{matter}: the end in record time");
        }
    }
    // The places of a relationship are those of its timeline, read from the record.
    for subject in matters().iter().map(Matter::subject) {
        for stop in stops.iter().copied().chain([tail]) {
            let as_of = AsOf { disclosed_by: (stop != tail).then_some(day), ..at(stop) };
            let Some(places) = office.projection.store().places(&subject, as_of) else { continue };
            let read = Timeline::read(&office.ledger, &subject, as_of).await.unwrap();
            let standing = read.standing(as_of, Future::Everything);
            let found: Vec<_> =
                standing.iter().map(|it| (it.effective.lower(), it.heralded, it.root)).collect();
            let expected: Vec<_> = places.iter().map(|it| (it.effective(), it.heralded, it.root())).collect();
            assert_eq!(found, expected, "{subject} at {stop}");
        }
    }
    // A rebuilt log gives the same digests, and another view another.
    let rebuilt = Office::open(office.log.clone()).await;
    let all: BTreeSet<Matter> = matters().into_iter().collect();
    let digest = |office: &Office, as_of| ViewText::of(&all, &office.projection.store(), as_of).digest();
    for stop in stops {
        assert_eq!(digest(&office, at(stop)), digest(&rebuilt, at(stop)));
        assert_ne!(digest(&office, at(stop)), digest(&office, at(stop.next())));
    }
}

/// As many cases as are asked for by PROPTEST_CASES, or few enough for every run.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { 24 };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 300, ..asked }
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn fits_together(
        history in history(1..50),
        (year, month, day) in (2018..2026_i16, 1..=12_i8, 1..=28_i8),
        stops in vec(any::<Index>(), 3),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let day = parse_day(&format!("{year}-{month:02}-{day:02}")).unwrap();
        runtime.block_on(check(&history, day, &stops));
    }
}
