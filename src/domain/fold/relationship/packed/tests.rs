//! What is packed comes back, sorts as it did, and is under the same cuts.

use proptest::{prelude::*, sample::select};

use super::*;
use crate::domain::{
    fold::relationship::window::plus_days,
    vocabulary::{
        AgreementStage, CeasefireClass, Channel, Direction, Disclosure, EngagementKind, Label, Level,
        RepresentationLevel,
    },
};

fn any_of<T: Vocabulary + std::fmt::Debug>() -> impl Strategy<Value = T> {
    select(T::ALL)
}

fn day() -> impl Strategy<Value = Day> {
    let all = (0..730_485_i64).prop_map(|days| plus_days(Day::constant(YEAR_MIN, 1, 1), days));
    let near = (0..9_i64).prop_map(|days| plus_days(Day::constant(2024, 2, 26), days));
    prop_oneof![all, near, Just(Day::constant(YEAR_MIN, 1, 1)), Just(Day::constant(YEAR_MAX, 12, 31))]
}

fn date() -> impl Strategy<Value = PartialDate> {
    (day(), select(&[Precision::Day, Precision::Month, Precision::Year]))
        .prop_map(|(day, precision)| PartialDate::around(day, precision))
}

fn span() -> impl Strategy<Value = DateSpan> {
    prop_oneof![
        date().prop_map(DateSpan::from),
        (date(), date()).prop_map(|(start, end)| DateSpan::between(start, end))
    ]
}

fn detail() -> impl Strategy<Value = Detail> {
    let truce = (select(&[HeldBy::Neither, HeldBy::One, HeldBy::Both]), any_of(), prop::option::of(day()));
    prop_oneof![
        Just(Detail::None),
        any_of::<AgreementStage>().prop_map(Detail::Agreement),
        truce.prop_map(|(held_by, class, ends_on): (_, CeasefireClass, _)| Detail::Truce(Truce {
            held_by,
            class,
            ends_on: ends_on.map(|last| PartialDate::around(last, Precision::Day)),
            scope: None,
        })),
        (any_of::<Direction>(), any_of::<RepresentationLevel>())
            .prop_map(|(direction, level)| Detail::Mission(Representation { direction, level })),
    ]
}

/// Any telling that there can be.
pub(in crate::domain::fold::relationship) fn any_telling() -> impl Strategy<Value = Telling<Move>> {
    let what = (
        any_of::<EngagementKind>(),
        any_of::<Channel>(),
        any_of::<Disclosure>(),
        any_of::<Level>(),
        any_of::<Level>(),
        detail(),
    );
    let position = prop_oneof![1..9_u64, 1..=POSITION_MAX].prop_map(Position::new);
    let credibility = (0..36_u8).prop_map(|number| Credibility::from_number(number).unwrap());
    (
        (position, span(), day(), day()),
        (any_of::<SourceKind>(), credibility, any_of(), any_of::<Label>()),
        what,
    )
        .prop_map(|((position, effective, heralded, disclosed), says, what)| {
            let (source, credibility, assertion, label) = says;
            let (kind, channel, disclosure, actor_level, group_level, detail) = what;
            let content = Move { kind, channel, disclosure, actor_level, group_level, detail };
            Telling {
                position,
                effective,
                heralded,
                disclosed,
                source,
                credibility,
                assertion,
                label,
                content,
            }
        })
}

fn step_of(standing: &Standing<'_, Move>) -> Option<Step> {
    let mark = Mark { effective: standing.effective, position: standing.position };
    let step = Step { root: standing.root, mark, what: *standing.content };
    standing.moves().then_some(step)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_packed_comes_back(telling in any_telling(), other in any_telling(), won_by in 1..=POSITION_MAX) {
        let packed = Packed::plain(&telling);
        prop_assert_eq!(packed.telling(), Some(telling.clone()));
        prop_assert_eq!(Packed::from_words(packed.words()), Some(packed));
        let mut standing = Standing::sole(&telling);
        prop_assert_eq!(packed.step(), step_of(&standing));
        prop_assert_eq!(packed.moves(), packed.step().is_some());
        prop_assert_eq!(packed.root(), telling.position);
        let ends = packed.step().and_then(|step| match step.what.detail {
            Detail::Truce(truce) => truce.last(),
            Detail::None | Detail::Agreement(_) | Detail::Mission(_) => None,
        });
        prop_assert_eq!(packed.truce_ends(), ends);

        standing.position = Position::new(won_by);
        let contested = Packed::contested(&standing);
        prop_assert_eq!(contested.step(), step_of(&standing));
        prop_assert_eq!(contested.telling(), None);
        prop_assert_eq!(contested.key(), packed.key());

        let others = Standing::sole(&other);
        prop_assert_eq!(packed.key().cmp(&Packed::plain(&other).key()), standing.order().cmp(&others.order()));
    }

    #[test]
    fn the_cuts_are_those_of_a_history(
        telling in any_telling(),
        (known_at, clearance, disclosed_by) in (1..9_u64, any_of::<Label>(), prop::option::of(day())),
    ) {
        let as_of = AsOf { known_at: Position::new(known_at), clearance, disclosed_by, ..AsOf::at(Day::MAX) };
        let mut history = crate::domain::fold::History::default();
        history.add(telling.clone());
        prop_assert_eq!(Packed::plain(&telling).is_known(as_of), !history.standing(as_of).is_empty());
    }
}

#[test]
fn every_value_is_packed() {
    fn check<T: Vocabulary + std::fmt::Debug>(bits: u32) {
        for value in T::ALL {
            let mut word = Word(0);
            word.put_value(*value, bits);
            assert_eq!(word.0 >> bits, 0, "{value:?}");
            assert_eq!(word.take_value::<T>(bits), Some(*value));
        }
    }
    check::<SourceKind>(4);
    check::<Label>(2);
    check::<Assertion>(3);
    check::<EngagementKind>(6);
    check::<Channel>(4);
    check::<Disclosure>(3);
    check::<Level>(5);
    check::<AgreementStage>(24);
    check::<CeasefireClass>(2);
    check::<Direction>(20);
    check::<RepresentationLevel>(4);
}

#[test]
fn ends_of_days() {
    let at = |text: &str| Packed::plain(&crate::domain::fold::relationship::notation::telling(1, text)).key();
    for (text, day, is_by_its_end) in [
        ("2024-12-31 MEETING", Day::constant(2024, 12, 31), true),
        ("2025-01-01 MEETING", Day::constant(2024, 12, 31), false),
        ("2024-12 MEETING", Day::constant(2024, 12, 1), true),
        ("1000-01-01 MEETING", Day::constant(999, 12, 31), false),
        ("1000-01-01 MEETING", Day::constant(1000, 1, 1), true),
        ("2999-12-31 MEETING", Day::MAX, true),
    ] {
        assert_eq!(at(text) < Key::end_of(day), is_by_its_end, "{text} by {day}");
    }
}
