//! The indexes and the tree: taking in what a log holds, and looking up.

#![allow(missing_docs, clippy::unwrap_used)]

use std::{hint::black_box, sync::Arc};

use chancery::{
    domain::id::EventId,
    ledger::{Commit, Ledger, Proposed},
    log::memory::Memory,
    position::Position,
    projection::Store,
    proof::{Hash, Salt, Tree},
    wire::{event::read_event, v1},
};
use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use prost::Message as _;
use tokio::runtime::Runtime;
use uuid::Uuid;

const EVENTS: u64 = 100_000;
const ACTORS: u64 = 50;
const GROUPS: u64 = 50;

fn fact(date: String, statement: v1::fact::Statement) -> v1::event::Body {
    let source = v1::Source {
        publisher: "Bench".to_owned(),
        title: "Note".to_owned(),
        kind: v1::SourceKind::EstablishedMedia.into(),
        ..v1::Source::default()
    };
    v1::event::Body::Fact(v1::Fact {
        effective_on: date,
        summary: "They spoke of prisoners, of access, and of the next round.".to_owned(),
        sources: vec![source],
        statement: Some(statement),
        ..v1::Fact::default()
    })
}

fn registration(number: u64) -> v1::event::Body {
    let statement = if number < ACTORS {
        v1::fact::Statement::ActorRegistered(v1::ActorRegistered {
            name: format!("Actor {number}"),
            actor: format!("actor-{number}"),
            kind: v1::ActorKind::State.into(),
            memberships: Vec::new(),
        })
    } else {
        let number = number - ACTORS;
        let name = v1::Name {
            text: format!("Group {number}"),
            kind: v1::NameKind::Primary.into(),
            ..v1::Name::default()
        };
        v1::fact::Statement::GroupRegistered(v1::GroupRegistered {
            group: format!("group-{number}"),
            kind: v1::GroupKind::Organisation.into(),
            names: vec![name],
            external_ids: Vec::new(),
        })
    };
    fact("2000-01-01".to_owned(), statement)
}

fn meeting(number: u64) -> v1::event::Body {
    // No order in the dates, as in a record that is gathered from archives.
    let drawn = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
    let principal = |party| v1::Participant {
        party: Some(party),
        role: v1::Role::Principal.into(),
        ..v1::Participant::default()
    };
    let participants = vec![
        principal(v1::participant::Party::Actor(format!("actor-{}", drawn % ACTORS))),
        principal(v1::participant::Party::Group(format!("group-{}", drawn / 64 % GROUPS))),
    ];
    let date = format!("20{:02}-{:02}-{:02}", drawn % 25, drawn / 25 % 12 + 1, drawn / 300 % 28 + 1);
    let kind = v1::EngagementKind::Meeting.into();
    fact(date, v1::fact::Statement::Engagement(v1::Engagement { kind, participants, ..Default::default() }))
}

fn id(number: u64) -> EventId {
    EventId::new(Uuid::from_u128(u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | 1)).unwrap()
}

fn propose(number: u64) -> Proposed {
    let registered = ACTORS + GROUPS;
    let body = if number < registered { registration(number) } else { meeting(number) };
    let message = v1::Event { event_id: id(number).to_string(), body: Some(body) };
    let event = read_event(&message, "event").unwrap().event;
    Proposed::new(id(number), event, message.encode_to_vec().into(), Salt::new([7; 16]))
}

async fn log() -> Arc<Memory> {
    let log = Arc::new(Memory::new());
    let (ledger, _) = Ledger::open(log.clone(), || Timestamp::UNIX_EPOCH, &mut ()).await.unwrap();
    for first in (0..EVENTS).step_by(1_000) {
        let events = (first..first + 1_000).map(propose).collect();
        let commit =
            Commit { id: Uuid::from_u128(1), principal: Arc::from("bench"), events, checks: Vec::new() };
        ledger.submit(commit).await.unwrap();
    }
    ledger.close().await.unwrap();
    log
}

async fn rebuild(log: &Arc<Memory>) -> (Ledger, Store) {
    let mut store = Store::default();
    let clock = || Timestamp::UNIX_EPOCH;
    let (ledger, _) = Ledger::open(log.clone(), clock, &mut store).await.unwrap();
    (ledger, store)
}

fn index(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let log = runtime.block_on(log());
    let mut group = criterion.benchmark_group("rebuild");
    group.sample_size(10).throughput(Throughput::Elements(EVENTS));
    group.bench_function("indexes, tree and projections", |bencher| {
        bencher.iter_with_large_drop(|| runtime.block_on(rebuild(&log)));
    });
    group.finish();

    let (ledger, _) = runtime.block_on(rebuild(&log));
    let mut number = 0;
    criterion.bench_function("find an id", |bencher| {
        bencher.iter(|| {
            number = (number + 7_919) % EVENTS;
            black_box(ledger.find(id(number)))
        });
    });
    criterion.bench_function("find no id", |bencher| {
        bencher.iter(|| {
            number += 1;
            black_box(ledger.find(id(EVENTS + number)))
        });
    });
    let subject = "relationship/actor-1/group-1".parse().unwrap();
    criterion.bench_function("positions of a subject", |bencher| {
        bencher.iter(|| {
            black_box(ledger.positions(std::slice::from_ref(&subject), Position::START, Position::END))
        });
    });
    let leaf = Hash::of(b"leaf");
    criterion.bench_function("push 256 leaves", |bencher| {
        let push = |tree: &mut Tree| (0..256).for_each(|_| tree.push(leaf));
        bencher.iter_batched_ref(Tree::default, push, BatchSize::SmallInput);
    });
}

criterion_group!(benches, index);
criterion_main!(benches);
