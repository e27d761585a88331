//! Lines answer alike in whatever order their moves came, and like a plain fold.

use proptest::prelude::*;

use super::*;
use crate::domain::{
    fold::{
        Standing, Telling,
        relationship::{
            notation::telling,
            state::State,
            step::{Mark, Step},
            window::plus_days,
        },
    },
    vocabulary::{EngagementKind, Level, Vocabulary},
};

/// Some move of any kind, within 3,000 days.
fn a_move(position: u64, (kind, day, variant): (usize, i64, u8)) -> Telling<Move> {
    let kind = EngagementKind::ALL[kind % EngagementKind::ALL.len()];
    let date = plus_days(Day::constant(2015, 1, 1), day);
    let until = plus_days(date, 40);
    let level = Level::ALL[usize::from(variant) % 17];
    let words = match variant % 4 {
        0 => format!("{level} SHUTTLE LEAKED one EMBASSY_CHARGE COMPREHENSIVE until={until}"),
        1 => format!("{level} OF_GROUP CONSULATE PARTIAL DEFINITIVE"),
        2 => format!("{level} EMBASSY_AMBASSADOR RENEWAL"),
        _ => format!("{level} until={until} IMPLEMENTATION"),
    };
    telling(position, &format!("{date} {kind} {words}"))
}

/// In valid-time order.
fn ordered(tellings: &[Telling<Move>]) -> Vec<Standing<'_, Move>> {
    let mut standing: Vec<_> = tellings.iter().map(Standing::sole).collect();
    standing.sort_by_key(Standing::order);
    standing
}

/// The same answer without kept states: every move from the first, and every contact counted.
fn plain(tellings: &[Telling<Move>], date: Day) -> RelationshipStatus {
    let mut state = State::default();
    let mut contacts = Vec::new();
    for it in ordered(tellings).iter().take_while(|it| it.effective.lower() <= date) {
        let mark = Mark { effective: it.effective, position: it.position };
        state.apply(&Step { root: it.root, mark, what: *it.content });
        contacts.extend(contact::level_of(it.content).map(|_| mark.day()));
    }
    let within = |window: Window| contacts.iter().filter(|day| window.covers(**day, date)).count() as u64;
    let counts = contact::Counts { month: within(MONTH), year: within(YEAR) };
    state.finish(&Contests::default(), counts, Vec::new(), date)
}

/// Holds a line, and one that is asked from the last date to the first, against the plain fold.
fn agrees(line: &Line, tellings: &[Telling<Move>], days: &[i64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(line.len(), tellings.len());
    prop_assert!(line.moves_once().eq(line.clone().moves()));
    let unasked = line.clone();
    let date = |day: &i64| plus_days(Day::constant(2015, 1, 1), *day);
    for date in days.iter().map(date) {
        let expected = plain(tellings, date);
        prop_assert_eq!(&line.status(date, Vec::new()), &expected);
        prop_assert_eq!(line.count(date), expected.engagements);
        prop_assert_eq!(line.facts(date).count() as u64, expected.engagements);
    }
    for date in days.iter().rev().map(date) {
        prop_assert_eq!(unasked.status(date, Vec::new()), line.status(date, Vec::new()));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_insertion_and_removal_answers_like_a_plain_fold(
        seeds in prop::collection::vec((0..43_usize, 0..3_000_i64, any::<u8>()), 0..2_500),
        keys in prop::collection::vec(any::<u64>(), 2_500),
        removed in prop::collection::vec(0..2_500_u64, 0..60),
        asked_every in 1..400_usize,
        days in prop::collection::vec(-10..3_500_i64, 6),
    ) {
        let mut tellings: Vec<Telling<Move>> =
            (1..).zip(&seeds).map(|(position, seed)| a_move(position, *seed)).collect();
        let mut line = Line::default();
        let mut shuffled: Vec<&Telling<Move>> = tellings.iter().collect();
        shuffled.sort_by_key(|it| keys[it.position.get() as usize - 1]);
        for (count, it) in shuffled.into_iter().enumerate() {
            line.put(Packed::plain(it));
            if count % asked_every == 0 {
                line.status(plus_days(Day::constant(2015, 1, 1), days[0]), Vec::new());
            }
        }
        agrees(&line, &tellings, &days)?;
        for root in removed.iter().map(|root| Position::new(*root)) {
            for it in tellings.extract_if(.., |it| it.position == root) {
                line.take(Key::of_telling(&it));
            }
        }
        agrees(&line, &tellings, &days)?;
        agrees(&Line::from_standing(ordered(&tellings)), &tellings, &days)?;
    }
}

#[test]
fn a_line_emptied_from_the_front_goes_on() {
    let tellings: Vec<Telling<Move>> =
        (0..1_200).map(|day| a_move(day as u64 + 1, (day as usize, day, day as u8))).collect();
    let mut line = Line::from_standing(ordered(&tellings));
    for (taken, it) in (1..).zip(&tellings) {
        line.take(Key::of_telling(it));
        if taken % 100 == 0 {
            let date = Day::constant(2018, 6, 1);
            assert_eq!(line.status(date, Vec::new()), plain(&tellings[taken..], date), "{taken}");
        }
    }
    assert!(line.is_empty());
    line.put(Packed::plain(&tellings[0]));
    assert_eq!(line.len(), 1);
}
