//! Lines answer alike in whatever order their moves came, and like a plain fold.

use proptest::prelude::*;

use super::*;
use crate::domain::{
    fold::{
        Standing, Telling,
        relationship::{notation::telling, window::plus_days},
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

fn line_of(tellings: &[Telling<Move>]) -> Line {
    let mut standing: Vec<_> = tellings.iter().map(Standing::sole).collect();
    standing.sort_by_key(Standing::order);
    Line::from_standing(standing)
}

/// The same answer without kept states: every move from the first, and every contact counted.
fn plain(tellings: &[Telling<Move>], date: Day) -> RelationshipStatus {
    let mut steps: Vec<Step> = tellings.iter().filter_map(|it| Step::of(&Standing::sole(it))).collect();
    steps.sort_by_key(Step::order);
    steps.retain(|step| step.day() <= date);
    let mut state = State::default();
    steps.iter().for_each(|step| state.apply(step));
    let within = |window: Window| {
        let contacts = steps.iter().filter(|step| contact::level_of(&step.what).is_some());
        contacts.filter(|step| window.covers(step.day(), date)).count() as u64
    };
    let counts = contact::Counts { month: within(MONTH), year: within(YEAR) };
    state.finish(&Contests::default(), counts, Vec::new(), date)
}

/// Holds a line, as it is and settled, against the plain fold.
fn agrees(line: &Line, tellings: &[Telling<Move>], days: &[i64]) -> Result<(), TestCaseError> {
    prop_assert_eq!(line.len(), tellings.len());
    let mut settled = line.clone();
    settled.settle();
    for date in days.iter().map(|day| plus_days(Day::constant(2015, 1, 1), *day)) {
        let expected = plain(tellings, date);
        prop_assert_eq!(&line.status(date, Vec::new()), &expected);
        prop_assert_eq!(&settled.status(date, Vec::new()), &expected);
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
        settle_every in 1..400_usize,
        days in prop::collection::vec(-10..3_500_i64, 6),
    ) {
        let mut tellings: Vec<Telling<Move>> =
            (1..).zip(&seeds).map(|(position, seed)| a_move(position, *seed)).collect();
        let mut line = Line::default();
        let mut shuffled: Vec<&Telling<Move>> = tellings.iter().collect();
        shuffled.sort_by_key(|it| keys[it.position.get() as usize - 1]);
        for (count, it) in shuffled.into_iter().enumerate() {
            line.insert(Standing::sole(it));
            if count % settle_every == 0 {
                line.settle();
            }
        }
        agrees(&line, &tellings, &days)?;
        for root in removed.iter().map(|root| Position::new(*root)) {
            line.remove(root);
            tellings.retain(|it| it.position != root);
        }
        agrees(&line, &tellings, &days)?;
        agrees(&line_of(&tellings), &tellings, &days)?;
    }
}

#[test]
fn a_line_emptied_from_the_front_goes_on() {
    let tellings: Vec<Telling<Move>> =
        (0..1_200).map(|day| a_move(day as u64 + 1, (day as usize, day, day as u8))).collect();
    let mut line = line_of(&tellings);
    for root in 1..=1_200 {
        line.remove(Position::new(root));
        if root % 100 == 0 {
            let date = Day::constant(2018, 6, 1);
            assert_eq!(line.status(date, Vec::new()), plain(&tellings[root as usize..], date), "{root}");
        }
        if root % 300 == 0 {
            line.settle();
        }
    }
    assert!(line.is_empty());
    line.insert(Standing::sole(&tellings[0]));
    assert_eq!(line.len(), 1);
}
