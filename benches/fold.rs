//! The fold of a relationship: taking in moves, and answering, in short and long lines.

#![allow(missing_docs, clippy::unwrap_used)]

use std::hint::black_box;

use chancery::{
    domain::{
        as_of::AsOf,
        date::{DateSpan, Day},
        fold::{
            Telling,
            relationship::{Dealings, Detail, Move},
        },
        source::Credibility,
        vocabulary::{
            Assertion, Channel, Disclosure, EngagementKind, Label, Level, SourceKind, Vocabulary as _,
        },
    },
    position::Position,
};
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

/// The nth of many moves, one a day from 1500 on.
fn a_move(number: u64) -> Telling<Move> {
    let months = i16::try_from(number / 28 % 12).unwrap();
    let year = 1500 + i16::try_from(number / (28 * 12) % 1_400).unwrap();
    let day = Day::new(year, i8::try_from(months).unwrap() + 1, i8::try_from(number % 28).unwrap() + 1);
    let day = day.unwrap();
    let kind = EngagementKind::ALL[usize::try_from(number * 7 % 40).unwrap()];
    Telling {
        position: Position::new(number + 1),
        effective: DateSpan::day(day),
        heralded: day,
        disclosed: day,
        source: SourceKind::EstablishedMedia,
        credibility: Credibility::UNKNOWN,
        assertion: Assertion::Confirmed,
        label: Label::Public,
        content: Move {
            kind,
            channel: Channel::Unknown,
            disclosure: Disclosure::Public,
            actor_level: Level::Unknown,
            group_level: Level::Unknown,
            detail: Detail::None,
        },
    }
}

/// So many moves, asked once.
fn dealings(count: u64) -> Dealings {
    let mut dealings = Dealings::default();
    for number in 1..=count {
        dealings.add(&a_move(number * 4));
    }
    status(&dealings, whole());
    dealings
}

fn whole() -> AsOf {
    AsOf::at(Day::MAX)
}

fn status(dealings: &Dealings, as_of: AsOf) {
    black_box(dealings.line(as_of, Position::END).status(as_of.valid_at, Vec::new()));
}

fn fold(criterion: &mut Criterion) {
    for count in [0, 10_000, 100_000] {
        let before = dealings(count);
        let next = a_move(count * 4 + 4);
        criterion.bench_function(&format!("add in order to {count}"), |bencher| {
            bencher.iter_batched_ref(
                || {
                    let mut fresh = before.clone();
                    // Its own copy of the last moves, as a line has that nobody is keeping.
                    fresh.add(&a_move(count * 4 + 1));
                    fresh
                },
                |dealings| dealings.add(&next),
                BatchSize::LargeInput,
            );
        });
    }
    let long = dealings(100_000);
    for (what, number) in [("first", 5), ("middle", 200_001)] {
        let late = a_move(number);
        criterion.bench_function(&format!("add late, {what} of 100000"), |bencher| {
            let fresh = || long.clone();
            bencher.iter_batched_ref(fresh, |dealings| dealings.add(&late), BatchSize::LargeInput);
        });
        criterion.bench_function(&format!("add late, {what} of 100000, and ask"), |bencher| {
            let add_and_ask = |dealings: &mut Dealings| {
                dealings.add(&late);
                status(dealings, whole());
            };
            bencher.iter_batched_ref(|| long.clone(), add_and_ask, BatchSize::LargeInput);
        });
    }
    for count in [100, 10_000, 100_000] {
        let line = dealings(count);
        criterion.bench_function(&format!("status of {count}"), |bencher| {
            bencher.iter(|| status(&line, whole()));
        });
        let as_of = AsOf { disclosed_by: Some(Day::MAX), ..whole() };
        criterion.bench_function(&format!("status as of, {count}"), |bencher| {
            bencher.iter(|| status(&line, as_of));
        });
    }
    let words = long.words();
    criterion.bench_function("to words, 100000", |bencher| bencher.iter(|| black_box(long.words())));
    criterion.bench_function("from words, 100000", |bencher| {
        bencher.iter(|| black_box(Dealings::from_words(&mut words.iter().copied()).unwrap()));
    });
}

criterion_group!(benches, fold);
criterion_main!(benches);
