//! Random histories: differences compose and name what made them, replays tell exactly what queries say, and digests come
//! out of a rebuilt log.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use chancery::{
    audit::{
        Compared, Matter, Terms, ViewText, may_differ,
        replay::{Moment, RecordReplay, ValidReplay, Wanted},
    },
    domain::{
        as_of::AsOf,
        date::{Day, parse_day},
        event::Event,
        fact::{Fact, FactParts},
        fold::{Place, RULESET, registry::Redirects},
        id::{EventId, GroupId},
        statement::{DesignationAct, IdentityMerged, IdentityUnmerged, LineageRecorded, Scope, Statement},
        status::{
            change::changes,
            field::{Field, Part, name_in},
        },
        subject::Subject,
        vocabulary::{Act, LineageKind},
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
use proptest::{
    collection::vec, prelude::*, sample::Index, strategy::ValueTree as _, test_runner::TestRunner,
};
use prost::Message as _;
use uuid::Uuid;

// Other tests ask more of it.
#[allow(dead_code)]
#[path = "common/histories.rs"]
mod histories;

use histories::{ACTORS, GROUPS, History, history, parts};

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
        let (ledger, feed) = Ledger::open(log.clone(), clock, &mut store).await.unwrap();
        let projection = Projection::start(store, ledger.clone(), feed).await.unwrap();
        Office { ledger, projection, log }
    }

    async fn with(history: &History, operations: &[Operation]) -> Office {
        let office = Office::open(Arc::default()).await;
        for (id, event) in history.events(&history.order(0)) {
            office.record(id, event).await;
        }
        for (number, operation) in operations.iter().enumerate() {
            let number = number as u128;
            let id = EventId::new(Uuid::from_u128(10_000 + 2 * number)).unwrap();
            office.record(id, Event::Fact(Arc::new(Fact::new(operation.parts()).unwrap()))).await;
            if operation.is_taken_back {
                let about = EventId::new(Uuid::from_u128(10_001 + 2 * number)).unwrap();
                office.record(about, Event::Retraction { target: id, reason: "mistaken".to_owned() }).await;
            }
            // Something is always recorded about the groups in between.
            let id = EventId::new(Uuid::from_u128(20_000 + number)).unwrap();
            office.record(id, Event::Fact(Arc::new(Fact::new(operation.act(number)).unwrap()))).await;
        }
        office.projection.reaches(office.ledger.tail(), Duration::from_secs(60)).await.unwrap();
        office
    }

    async fn record(&self, id: EventId, event: Event) {
        let content = write_event(Some(id), &event).encode_to_vec().into();
        let salt = chancery::proof::Salt::new([7; 16]);
        let commit = Commit {
            id: Uuid::from_u128(1),
            principal: Arc::from("test"),
            events: vec![Proposed::new(id, event, content, salt)],
            checks: Vec::new(),
        };
        self.ledger.submit(commit).await.unwrap();
    }
}

/// Two identities made one, or parted, at the end of a history; what merges nothing is recorded all the same.
#[derive(Clone, Copy, Debug)]
struct Operation {
    group: usize,
    into: usize,
    parts: bool,
    is_taken_back: bool,
}

impl Operation {
    fn group(index: usize) -> GroupId {
        GROUPS[index % GROUPS.len()].parse().unwrap()
    }

    fn parts(self) -> FactParts {
        let (group, into) = (Operation::group(self.group), Operation::group(self.into));
        let reason = String::new();
        let statement = match self.parts || group == into {
            true => Statement::IdentityUnmerged(IdentityUnmerged { group, reason }),
            false => Statement::IdentityMerged(IdentityMerged { group, into, reason }),
        };
        parts("2021-01-01".parse().unwrap(), statement)
    }

    fn act(self, number: u128) -> FactParts {
        let act = if number.is_multiple_of(2) { Act::Listed } else { Act::Delisted };
        let day = format!("2020-03-{:02}", 1 + number % 28);
        parts(day.parse().unwrap(), Statement::DesignationAct(un_act(Operation::group(self.group), act)))
    }
}

/// An act about a group as a whole.
fn un_act(group: GroupId, act: Act) -> DesignationAct {
    DesignationAct {
        group,
        regime: "un-sc".parse().unwrap(),
        act,
        scope: Scope::Whole,
        reference: String::new(),
        reason: String::new(),
        expires_on: None,
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

/// What is asked of a history.
#[derive(Clone, Debug)]
struct Asked {
    day: Day,
    other: Day,
    stops: Vec<Index>,
    matter: Index,
}

async fn check(history: &History, operations: &[Operation], asked: &Asked) {
    let office = Office::with(history, operations).await;
    let tail = office.ledger.tail();
    let stops = asked.stops.iter().map(|stop| Position::new(stop.index(tail.get() as usize + 1) as u64));
    let mut stops: Vec<Position> = stops.collect();
    stops.sort_unstable();
    compose(&office, asked, &stops);
    name_what_made_them(&office, asked, &stops).await;
    replay_in_record_time(&office, asked.day, stops[0]).await;
    let (groups, any): (Vec<Matter>, Vec<Matter>) =
        (matters().into_iter().filter(|matter| matches!(matter, Matter::Group(_))).collect(), matters());
    for of in [groups, any] {
        replay_in_valid_time(&office, asked.day, &of[asked.matter.index(of.len())]);
    }
    places(&office, asked, &stops).await;
    known_places(&office, asked, &stops).await;
    for matter in matters() {
        let fields = matter.fields(&office.projection.store(), AsOf::at(asked.day)).unwrap_or_default();
        let names = fields.iter().map(|field| name_in(&field.path));
        for name in names {
            assert!(matter.field_names().contains(&name), "{matter} has a field {name}");
        }
    }
    // A rebuilt log gives the same digests, and another view another.
    let rebuilt = Office::open(office.log.clone()).await;
    let all: BTreeSet<Matter> = matters().into_iter().collect();
    let digest =
        |office: &Office, as_of| ViewText::of(&all, &office.projection.store(), as_of, RULESET).digest();
    for stop in stops {
        let at = |known_at| AsOf { known_at, ..AsOf::at(asked.day) };
        assert_eq!(digest(&office, at(stop)), digest(&rebuilt, at(stop)));
        assert_ne!(digest(&office, at(stop)), digest(&office, at(stop.next())));
    }
}

/// The places of the facts about any subject, of which those that are known are not read, are those of its timeline.
async fn known_places(office: &Office, asked: &Asked, stops: &[Position]) {
    let registered = ACTORS.iter().map(|actor| format!("actor/{actor}"));
    let subjects = matters().into_iter().map(|matter| matter.subject());
    let regimes = matters().into_iter().filter_map(|matter| match matter {
        Matter::Designation(_, regime) => Some(Subject::Regime(regime)),
        Matter::Group(_) | Matter::Relationship(..) => None,
    });
    let actors = registered.map(|actor| actor.parse().unwrap());
    let subjects: BTreeSet<Subject> = subjects.chain(regimes).chain(actors).collect();
    for subject in subjects {
        for stop in stops.iter().copied().chain([office.ledger.tail()]) {
            let disclosed_by = (stop != office.ledger.tail()).then_some(asked.day);
            let as_of = AsOf { disclosed_by, known_at: stop, ..AsOf::at(asked.day) };
            let (subjects, known, identities) = {
                let store = office.projection.store();
                let subjects = store.told_of(&subject, as_of);
                (subjects.clone(), store.known_places(&subjects, as_of), store.redirects(as_of))
            };
            let found = Timeline::places(&office.ledger, &subjects, &known, as_of).await.unwrap();
            let read = Timeline::read_all(&office.ledger, &subjects, as_of).await.unwrap();
            let expected: Vec<Place> =
                read.standing(as_of, Future::Everything, &identities).iter().map(Place::of).collect();
            assert_eq!(found.unwrap_or_default(), expected, "{subject} at {stop}");
        }
    }
}

/// The places of a relationship are those of its timeline, read from the record.
async fn places(office: &Office, asked: &Asked, stops: &[Position]) {
    let at = |known_at| AsOf { known_at, ..AsOf::at(asked.day) };
    for subject in matters().iter().map(Matter::subject) {
        for stop in stops.iter().copied().chain([office.ledger.tail()]) {
            let as_of =
                AsOf { disclosed_by: (stop != office.ledger.tail()).then_some(asked.day), ..at(stop) };
            let Some(places) = office.projection.store().places(&subject, as_of) else { continue };
            let read = Timeline::read(&office.ledger, &subject, as_of).await.unwrap();
            let standing = read.standing(as_of, Future::Everything, &Redirects::NONE);
            let found: Vec<_> =
                standing.iter().map(|it| (it.effective.lower(), it.heralded, it.root)).collect();
            let expected: Vec<_> = places.iter().map(|it| (it.effective(), it.heralded, it.root())).collect();
            assert_eq!(found, expected, "{subject} at {stop}");
        }
    }
}

/// From one view to the next and on to a third is from the first to the third: for each subject asked for by name, and for
/// everything, which leaves out none that differs.
fn compose(office: &Office, asked: &Asked, stops: &[Position]) {
    let store = office.projection.store();
    let on = |known_at, day| AsOf { known_at, ..AsOf::at(day) };
    for days in [[asked.day; 3], [asked.day, asked.day, asked.other], [asked.other, asked.day, asked.other]] {
        let cuts = [on(stops[0], days[0]), on(stops[1], days[1]), on(stops[2], days[2])];
        for terms in [Terms::Named, Terms::OneOfAll] {
            let differing = |from: AsOf, to: AsOf| {
                let all = match terms {
                    Terms::Named => matters(),
                    Terms::OneOfAll => may_differ(&store, &office.ledger, from, to),
                };
                let mut found = BTreeMap::new();
                for matter in all {
                    let compared = Compared::new(&matter, terms, &store, &office.ledger, from, to);
                    let Ok(compared) = compared else { continue };
                    for (path, values) in differences(&compared.was, &compared.is) {
                        found.insert((matter.to_string(), path), values);
                    }
                }
                found
            };
            let mut joined = differing(cuts[0], cuts[1]);
            for (path, [was, is]) in differing(cuts[1], cuts[2]) {
                let first = joined.remove(&path).map_or(was, |[first, _]| first);
                if first != is {
                    joined.insert(path, [first, is]);
                }
            }
            let whole = differing(cuts[0], cuts[2]);
            assert_eq!(joined, whole, "{terms:?} {cuts:?}");
            if terms == Terms::OneOfAll {
                for matter in matters() {
                    let compared = Compared::new(&matter, terms, &store, &office.ledger, cuts[0], cuts[2]);
                    let Ok(compared) = compared else { continue };
                    for (path, values) in differences(&compared.was, &compared.is) {
                        assert_eq!(whole.get(&(matter.to_string(), path)), Some(&values), "{matter}");
                    }
                }
            }
        }
    }
}

/// Without the event that a difference in record time names, the field did not have the value; with it, it had.
async fn name_what_made_them(office: &Office, asked: &Asked, stops: &[Position]) {
    let at = |known_at| AsOf { known_at, ..AsOf::at(asked.day) };
    let (from, to) = (at(stops[0]), at(stops[2]));
    for matter in matters() {
        let compared = {
            let store = office.projection.store();
            Compared::new(&matter, Terms::Named, &store, &office.ledger, from, to)
        };
        let Ok(compared) = compared else { continue };
        let caused = compared.changes(&office.ledger, from).await.unwrap();
        assert_eq!(caused.len(), differences(&compared.was, &compared.is).len());
        let store = office.projection.store();
        for it in caused {
            let event = it.behind.events[0];
            let value = |known_at| {
                let fields = matter.fields_on(Terms::Named, &store, at(known_at)).unwrap_or_default();
                values(&fields).remove(&it.path)
            };
            assert!(from.known_at < event && event <= to.known_at, "{matter} {it:?}");
            assert_eq!(value(event), it.is, "{matter} {it:?}");
            assert_ne!(value(event.previous()), it.is, "{matter} {it:?}");
        }
    }
}

/// A replay in record time tells of every event that made a difference, and of no other.
async fn replay_in_record_time(office: &Office, day: Day, after: Position) {
    let tail = office.ledger.tail();
    let at = |known_at| AsOf { known_at, ..AsOf::at(day) };
    let ledger = &office.ledger;
    for matter in matters() {
        let fields = |known_at| {
            let fields = matter.fields(&office.projection.store(), at(known_at));
            standing(fields.unwrap_or_default())
        };
        let begun = {
            let store = office.projection.store();
            // Whose registration was taken back has no replay.
            if matter.fields(&store, at(tail)).is_err() {
                continue;
            }
            RecordReplay::new(matter.clone(), &store, ledger, at(tail), after, Wanted::default())
        };
        let mut replay = begun.unwrap();
        let mut state = values(replay.state().0);
        assert_eq!(state, fields(after), "{matter}: the start in record time");
        let mut told = BTreeMap::new();
        loop {
            let run = replay.fetch(ledger).await.unwrap();
            if run.is_empty() {
                break;
            }
            for moment in replay.advance(&office.projection.store(), &run) {
                state = walk(state, std::slice::from_ref(&moment));
                told.insert(moment.position, state.clone());
            }
        }
        let mut last = fields(after);
        for position in (after.get() + 1..=tail.get()).map(Position::new) {
            let now = fields(position);
            let expected = (now != last).then_some(&now);
            assert_eq!(told.get(&position), expected, "{matter} at {position}");
            last = now;
        }
    }
}

/// A replay in valid time tells of every day on which the answer is another than on the day before, and of no other.
fn replay_in_valid_time(office: &Office, first: Day, matter: &Matter) {
    let store = office.projection.store();
    let last = first.saturating_add(jiff::SignedDuration::from_hours(24 * 250));
    let cuts = AsOf::at(last);
    if matter.fields(&store, cuts).is_err() {
        return;
    }
    let fields = |day| standing(matter.fields(&store, AsOf::at(day)).unwrap_or_default());
    let mut replay = ValidReplay::new(matter.clone(), &store, cuts, Some(first), Wanted::default()).unwrap();
    let mut state = values(replay.state().0);
    let mut before = fields(first.yesterday().unwrap());
    assert_eq!(state, before, "{matter}: the start in valid time");
    let mut told = BTreeMap::new();
    while let Some(moments) = replay.advance(&store) {
        for moment in &moments {
            state = walk(state, std::slice::from_ref(moment));
            told.insert(moment.valid_on, state.clone());
        }
    }
    let mut day = first;
    while day <= last {
        let now = fields(day);
        assert_eq!(told.get(&day), (now != before).then_some(&now), "{matter} on {day}");
        before = now;
        day = day.tomorrow().unwrap();
    }
}

/// A listing that reaches a group through another is told of by whatever name its replay is asked for.
#[tokio::test]
async fn a_merged_identity_is_replayed_by_either_name() {
    let world = history(0..1).new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let merge = Operation { group: 1, into: 0, parts: false, is_taken_back: false };
    let office = Office::with(&world, &[merge]).await;
    let fact = |day: &str, statement| {
        Event::Fact(Arc::new(Fact::new(parts(day.parse().unwrap(), statement)).unwrap()))
    };
    let wing = LineageRecorded {
        group: "b".parse().unwrap(),
        kind: LineageKind::WingOf,
        other: Some("d".parse().unwrap()),
        until: None,
    };
    let listed = un_act("d".parse().unwrap(), Act::Listed);
    let said = [
        fact("2020-01-01", Statement::LineageRecorded(wing)),
        fact("2020-06-01", Statement::DesignationAct(listed)),
    ];
    for (number, event) in said.into_iter().enumerate() {
        office.record(EventId::new(Uuid::from_u128(30_000 + number as u128)).unwrap(), event).await;
    }
    office.projection.reaches(office.ledger.tail(), Duration::from_secs(60)).await.unwrap();
    let day = parse_day("2020-07-01").unwrap();
    for group in ["a", "b"] {
        let matter = Matter::Relationship("un".parse().unwrap(), group.parse().unwrap());
        let fields = values(&matter.fields(&office.projection.store(), AsOf::at(day)).unwrap());
        assert_eq!(fields.get("legal[un-sc through d]").map(String::as_str), Some("ACTIVE"), "{group}");
        replay_in_valid_time(&office, day, &matter);
    }
    replay_in_record_time(&office, day, Position::new(0)).await;
}

/// As many cases as are asked for by PROPTEST_CASES, or few enough for every run.
fn config() -> ProptestConfig {
    let asked = ProptestConfig::default();
    let cases = if std::env::var_os("PROPTEST_CASES").is_some() { asked.cases } else { 24 };
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 300, ..asked }
}

/// A day on which something may be going on in the world of the histories.
fn day() -> impl Strategy<Value = Day> {
    (2018..2024_i16, 1..=12_i8, 1..=28_i8)
        .prop_map(|(year, month, day)| parse_day(&format!("{year}-{month:02}-{day:02}")).unwrap())
}

fn operation() -> impl Strategy<Value = Operation> {
    (0..4_usize, 0..4_usize, 0..3_u8, 0..4_u8).prop_map(|(group, into, parts, taken_back)| Operation {
        group,
        into,
        parts: parts == 0,
        is_taken_back: taken_back == 0,
    })
}

proptest! {
    #![proptest_config(config())]
    #[test]
    fn fits_together(
        history in history(1..50),
        operations in vec(operation(), 0..5),
        (day, other) in (day(), day()),
        stops in vec(any::<Index>(), 3),
        matter in any::<Index>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let asked = Asked { day, other, stops, matter };
        runtime.block_on(check(&history, &operations, &asked));
    }
}
