//! Dealings answer under any cuts like a history that keeps everything unpacked.

use proptest::{prelude::*, sample::select};

use super::*;
use crate::domain::{
    fold::{
        History,
        relationship::{notation::telling, window::plus_days},
    },
    vocabulary::{EngagementKind, Label, Vocabulary},
};

/// One thing that is recorded: a fact, or something about an earlier fact of the same dealings.
#[derive(Clone, Debug)]
enum Record {
    Fact(Telling<Move>),
    About { fact: prop::sample::Index, what: What, telling: Telling<Move> },
}

#[derive(Clone, Copy, Debug)]
enum What {
    Claim,
    Correction,
    Retraction,
    Reinstatement,
    /// A claim that says something of others, not of these two.
    Elsewhere,
}

fn a_day() -> impl Strategy<Value = Day> {
    (0..900_i64).prop_map(|days| plus_days(Day::constant(2020, 1, 1), days))
}

fn a_telling() -> impl Strategy<Value = Telling<Move>> {
    let labels = select(&[Label::Public, Label::Public, Label::Internal, Label::Restricted]);
    let words = select(&[
        "",
        "is=DENIED",
        "by=LEGAL_ACT",
        "one",
        "OF_GROUP EMBASSY_CHARGE",
        "SHUTTLE",
        "over=sea",
        "over=land",
    ]);
    (a_day(), a_day(), select(EngagementKind::ALL), labels, words).prop_map(
        |(day, disclosed, kind, label, words)| {
            let telling = telling(1, &format!("{day} {kind} {words}"));
            Telling { label, disclosed, ..telling }
        },
    )
}

fn record() -> impl Strategy<Value = Record> {
    let about = select(&[
        What::Claim,
        What::Correction,
        What::Correction,
        What::Retraction,
        What::Reinstatement,
        What::Elsewhere,
    ]);
    prop_oneof![
        4 => a_telling().prop_map(Record::Fact),
        1 => (any::<prop::sample::Index>(), about, a_telling())
            .prop_map(|(fact, what, telling)| Record::About { fact, what, telling }),
    ]
}

fn cuts() -> impl Strategy<Value = AsOf> {
    let label = select(&[Label::Public, Label::Internal, Label::Restricted]);
    (a_day(), 0..400_u64, prop::option::of(a_day()), label).prop_map(
        |(valid_at, known_at, disclosed_by, clearance)| AsOf {
            valid_at,
            known_at: Position::new(known_at),
            disclosed_by,
            clearance,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn packed_and_plain_answer_alike(
        records in prop::collection::vec(record(), 1..400),
        cuts in prop::collection::vec(cuts(), 8),
    ) {
        let mut dealings = Dealings::default();
        let mut history = History::default();
        let mut facts: Vec<Vec<Member<Move>>> = Vec::new();
        let mut moving: BTreeMap<Position, Effect> = BTreeMap::new();
        for (number, record) in (1..).zip(&records) {
            let position = Position::new(number);
            let (fact, what, telling) = match record {
                Record::Fact(telling) => {
                    let telling = Telling { position, ..telling.clone() };
                    facts.push(vec![Member::Claim(telling.clone().map(Some))]);
                    moving.insert(position, effect(&Standing::sole(&telling)));
                    dealings.add(&telling);
                    history.add(telling);
                    continue;
                }
                Record::About { .. } if facts.is_empty() => continue,
                Record::About { fact, what, telling } => (fact.index(facts.len()), *what, telling),
            };
            let telling = Telling { position, ..telling.clone() };
            let members = &mut facts[fact];
            let target = Family::new(members.clone()).root().unwrap();
            members.push(match what {
                What::Claim => Member::Claim(telling.map(Some)),
                What::Elsewhere => Member::Claim(telling.map(|_| None)),
                What::Correction => Member::Correction { target, telling: telling.map(Some) },
                What::Retraction => Member::Retraction { target, position },
                What::Reinstatement => Member::Reinstatement { target, position },
            });
            let family = Family::new(members.clone());
            let (before, after) = dealings.set_family(family.clone());
            prop_assert_eq!(before, moving.insert(target, after).unwrap());
            history.set_family(target, family);
        }
        let tail = Position::new(records.len() as u64);
        let words = dealings.words();
        let again = Dealings::from_words(&mut words.iter().copied()).unwrap();
        prop_assert_eq!(again.words(), &words[..]);
        prop_assert_eq!(&again.families, &dealings.families);
        prop_assert!(Dealings::from_words(&mut words[..words.len() - 1].iter().copied()).is_none());
        for as_of in cuts.iter().copied().chain(cuts.iter().map(|as_of| AsOf::at(as_of.valid_at))) {
            let expected = Line::from_standing(history.standing(as_of));
            let found = dealings.line(as_of, tail);
            prop_assert_eq!(
                found.status(as_of.valid_at, Vec::new()),
                expected.status(as_of.valid_at, Vec::new()),
                "{:?}", as_of
            );
            prop_assert_eq!(
                again.line(as_of, tail).status(as_of.valid_at, Vec::new()),
                found.status(as_of.valid_at, Vec::new())
            );
            prop_assert_eq!(found.count(as_of.valid_at), expected.count(as_of.valid_at));
            let facts = |line: &Line| line.facts(as_of.valid_at).collect::<Vec<_>>();
            prop_assert_eq!(facts(&found), facts(&expected));
        }
        let by_effect = moving.values().flatten().filter(|day| **day <= cuts[0].valid_at).count();
        prop_assert_eq!(dealings.line(AsOf::at(cuts[0].valid_at), tail).count(cuts[0].valid_at), by_effect as u64);
    }

    /// What is told of a group under two identities, of one by some events, of the other by others, comes to what is told of it
    /// under one.
    #[test]
    fn identities_that_are_one_answer_as_one(
        records in prop::collection::vec((record(), 1..=3_u8), 1..200),
        cuts in prop::collection::vec(cuts(), 8),
    ) {
        let whole = told_of(&records, 3);
        let parts = [told_of(&records, 1), told_of(&records, 2)];
        let tail = Position::new(records.len() as u64);
        for as_of in cuts.iter().copied().chain(cuts.iter().map(|as_of| AsOf::at(as_of.valid_at))) {
            let expected = whole.line(as_of, tail);
            for parts in [[&parts[0], &parts[1]], [&parts[1], &parts[0]]] {
                let found = Dealings::united(&parts, as_of);
                prop_assert_eq!(
                    found.status(as_of.valid_at, Vec::new()),
                    expected.status(as_of.valid_at, Vec::new()),
                    "{:?}", as_of
                );
            }
        }
    }
}

/// The dealings with the identities of a mask: each record tells of those of its own.
fn told_of(records: &[(Record, u8)], mask: u8) -> Dealings {
    let mut dealings = Dealings::default();
    let mut facts: Vec<Vec<Member<Move>>> = Vec::new();
    for (number, (record, of)) in (1..).zip(records) {
        let position = Position::new(number);
        let tell = |telling: &Telling<Move>| {
            let telling = Telling { position, ..telling.clone() };
            telling.map(|content| (of & mask != 0).then_some(content))
        };
        let (fact, what, telling) = match record {
            Record::Fact(telling) => {
                facts.push(vec![Member::Claim(tell(telling))]);
                plain(&tell(telling)).iter().for_each(|telling| dealings.add(telling));
                continue;
            }
            Record::About { .. } if facts.is_empty() => continue,
            Record::About { fact, what, telling } => (fact.index(facts.len()), *what, tell(telling)),
        };
        let members = &mut facts[fact];
        let target = members[0].position();
        members.push(match what {
            What::Claim => Member::Claim(telling),
            What::Elsewhere => Member::Claim(telling.map(|_| None)),
            What::Correction => Member::Correction { target, telling },
            What::Retraction => Member::Retraction { target, position },
            What::Reinstatement => Member::Reinstatement { target, position },
        });
        let family = Family::new(members.clone());
        if family.told().next().is_some() {
            dealings.set_family(family);
        }
    }
    dealings
}
