//! What an append costs a processor: reading an event, working out its hashes, judging, and recording in memory.

#![allow(missing_docs, clippy::unwrap_used)]

use std::{hint::black_box, sync::Arc};

use chancery::{
    ledger::{Commit, Ledger, Proposed},
    log::memory::Memory,
    position::Position,
    proof::{Hash, Leaf, Salt},
    wire::{event::read_event, v1},
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use prost::Message as _;
use tokio::runtime::Runtime;
use uuid::Uuid;

/// How many events a commit has.
const EVENTS: u64 = 100;

fn event(number: u128, statement: v1::fact::Statement) -> v1::Event {
    let source = v1::Source {
        publisher: "Chancery bench".to_owned(),
        title: "Note".to_owned(),
        kind: v1::SourceKind::EstablishedMedia.into(),
        ..v1::Source::default()
    };
    let fact = v1::Fact {
        effective_on: "2025-07-08".to_owned(),
        summary: "They spoke of prisoners, of access, and of the next round. ".repeat(2),
        sources: vec![source],
        statement: Some(statement),
        ..v1::Fact::default()
    };
    let event_id = Uuid::from_u128(number).to_string();
    v1::Event { event_id, body: Some(v1::event::Body::Fact(fact)) }
}

fn engagement(number: u128) -> v1::Event {
    let principal = |party| v1::Participant {
        party: Some(party),
        role: v1::Role::Principal.into(),
        ..v1::Participant::default()
    };
    let participants = vec![
        principal(v1::participant::Party::Actor("actor-001".to_owned())),
        principal(v1::participant::Party::Group("group-001".to_owned())),
    ];
    let kind = v1::EngagementKind::Meeting.into();
    event(
        number,
        v1::fact::Statement::Engagement(v1::Engagement { kind, participants, ..Default::default() }),
    )
}

fn registrations() -> Vec<v1::Event> {
    let actor = v1::ActorRegistered {
        actor: "actor-001".to_owned(),
        name: "Actor".to_owned(),
        kind: v1::ActorKind::State.into(),
        ..Default::default()
    };
    let name =
        v1::Name { text: "Group".to_owned(), kind: v1::NameKind::Primary.into(), ..Default::default() };
    let group = v1::GroupRegistered {
        group: "group-001".to_owned(),
        kind: v1::GroupKind::Organisation.into(),
        names: vec![name],
        ..Default::default()
    };
    vec![
        event(1, v1::fact::Statement::ActorRegistered(actor)),
        event(2, v1::fact::Statement::GroupRegistered(group)),
    ]
}

fn proposed(message: &v1::Event) -> Proposed {
    let read = read_event(message, "event").unwrap();
    Proposed::new(read.id.unwrap(), read.event, message.encode_to_vec().into(), Salt::new([7; 16]))
}

fn commit(events: &[v1::Event]) -> Commit {
    let events = events.iter().map(proposed).collect();
    Commit { id: Uuid::from_u128(7), principal: Arc::from("local"), events, checks: Vec::new() }
}

/// A commit of events that no other commit has.
fn engagements(from: u128) -> Commit {
    let events: Vec<v1::Event> = (from..from + u128::from(EVENTS)).map(engagement).collect();
    commit(&events)
}

fn read(criterion: &mut Criterion) {
    let encoded = engagement(3).encode_to_vec();
    criterion.bench_function("read an event", |bencher| {
        bencher.iter(|| {
            let message = v1::Event::decode(black_box(encoded.as_slice())).unwrap();
            read_event(&message, "event").unwrap()
        });
    });
    let message = engagement(3);
    let (event, content) = (read_event(&message, "event").unwrap(), message.encode_to_vec());
    criterion.bench_function("prepare an event", |bencher| {
        bencher.iter_batched(
            || (event.event.clone(), content.clone().into()),
            |(it, content)| Proposed::new(event.id.unwrap(), it, content, Salt::new([7; 16])),
            BatchSize::SmallInput,
        );
    });
    let hash = Hash::of_nothing();
    let leaf = Leaf {
        position: Position::new(1),
        recorded_at: 1,
        event: [1; 16],
        commit: [2; 16],
        subjects: hash,
        metadata: hash,
        content: hash,
    };
    criterion.bench_function("hash a leaf", |bencher| bencher.iter(|| black_box(&leaf).hash()));
}

fn record(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let (ledger, mut feed) =
        runtime.block_on(Ledger::open(Arc::new(Memory::new()), Timestamp::now, &mut ())).unwrap();
    runtime.spawn(async move { while feed.recv().await.is_some() {} });
    runtime.block_on(ledger.submit(commit(&registrations()))).unwrap();
    let mut group = criterion.benchmark_group("a commit of 100");
    group.throughput(Throughput::Elements(EVENTS));
    let fresh = engagements(1 << 100);
    group.bench_function("judge", |bencher| {
        bencher.iter(|| runtime.block_on(ledger.validate(black_box(&fresh))).unwrap());
    });
    let mut next = 1_000;
    group.bench_function("record in memory", |bencher| {
        bencher.iter_batched(
            || {
                next += u128::from(EVENTS);
                engagements(next)
            },
            |commit| runtime.block_on(ledger.submit(commit)).unwrap(),
            BatchSize::LargeInput,
        );
    });
    group.finish();
    runtime.block_on(ledger.close()).unwrap();
}

criterion_group!(benches, read, record);
criterion_main!(benches);
