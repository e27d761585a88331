//! Dealings: everything on record about one relationship, once, in valid-time order, to be asked under any cuts.

use std::{borrow::Cow, collections::BTreeMap, num::NonZeroU32};

use super::{
    Line,
    moves::{Detail, Move, Scope, Truce},
    packed::{Key, Packed, precision, precision_number},
};
use crate::{
    domain::{
        as_of::AsOf,
        date::{Day, PartialDate, Precision},
        fold::{Family, Member, Standing, Telling, family::by_fact, registry::Redirects},
    },
    position::Position,
};

/// Everything on record about one relationship.
///
/// Most facts are plain: nobody corrects, retracts or contests them. They stand in the line with all that they tell, 24
/// bytes each. Families stand aside, and in the line with what stands of them under no cuts. So the line is at once the
/// current view and what an as-of view is made from.
#[derive(Clone, Debug, Default)]
pub struct Dealings {
    pub(super) line: Line,
    /// By the position of the fact.
    pub(super) families: BTreeMap<Position, Family<Move>>,
}

/// The cuts of the current line: none. The valid date does not cut what stands.
const WHOLE: AsOf = AsOf::at(Day::MAX);

/// From which day on a fact moves a relationship; `None`: it does not.
pub type Effect = Option<Day>;

impl Dealings {
    /// Adds a plain fact.
    pub fn add(&mut self, telling: &Telling<Move>) {
        self.put(Packed::plain(telling));
    }

    /// The same, packed before.
    pub fn put(&mut self, plain: Packed) {
        self.line.put(plain);
    }

    /// Sets the family of a fact, which is plain no more; replaces the family it had. Says what the fact did before and
    /// what it does now.
    pub fn set_family(&mut self, family: Family<Move>) -> (Effect, Effect) {
        let Some(root) = family.root() else { return (None, None) };
        let before = match self.families.get(&root) {
            Some(old) => old.standing(WHOLE).and_then(|standing| {
                self.line.remove(&standing);
                effect(&standing)
            }),
            None => family.fact().and_then(|fact| {
                let plain = plain(fact)?;
                self.line.take(Key::of_telling(&plain));
                effect(&Standing::sole(&plain))
            }),
        };
        let standing = family.standing(WHOLE);
        let after = standing.as_ref().and_then(effect);
        if let Some(standing) = standing {
            self.line.insert(&standing);
        }
        self.families.insert(root, family);
        (before, after)
    }

    /// The family of the fact at a position; `None`: it is plain, or about others.
    pub fn family(&self, root: Position) -> Option<&Family<Move>> {
        self.families.get(&root)
    }

    /// What of it is not plain.
    pub fn families(&self) -> impl Iterator<Item = &Family<Move>> {
        self.families.values()
    }

    /// The moves of several dealings that stand under the cuts, each fact once: those of identities that were merged. Claims
    /// count for whichever of them they name.
    pub fn united(parts: &[&Dealings], as_of: AsOf) -> Line {
        let mut line = Line::default();
        let mut moves: Vec<Packed> = Vec::new();
        for seen in by_fact(parts.iter().map(|part| &part.families)).values() {
            // A move names nobody else.
            if let Some(standing) = Family::united(seen, &Redirects::NONE, as_of) {
                line.note(&standing);
                moves.push(Packed::contested(&standing));
            }
        }
        for part in parts {
            moves.extend(part.line.moves().filter(|it| !it.is_contested() && it.is_known(as_of)));
        }
        moves.sort_by_key(|it| it.key());
        moves.dedup_by(|next, kept| {
            let is_same = next.key() == kept.key();
            if is_same && next.goes_further(*kept) {
                *kept = *next;
            }
            is_same
        });
        moves.into_iter().for_each(|it| line.put(it));
        line
    }

    /// Everything as numbers, from which [`Dealings::from_words`] makes the same again.
    pub fn words(&self) -> Vec<u64> {
        let plain: Vec<Packed> = self.line.moves_once().filter(|it| !it.is_contested()).collect();
        let mut words = vec![plain.len() as u64];
        words.extend(plain.iter().flat_map(|it| it.words()));
        words.push(self.families.len() as u64);
        for family in self.families.values() {
            words.push(family.members().len() as u64);
            family.members().iter().for_each(|member| put_member(&mut words, member));
        }
        words
    }

    /// The dealings of these numbers; `None`: they are not those of any.
    pub fn from_words(words: &mut impl Iterator<Item = u64>) -> Option<Dealings> {
        let mut dealings = Dealings::default();
        let mut last = None;
        for _ in 0..words.next()? {
            let it = take_packed(words).filter(|it| !it.is_contested() && last < Some(it.key()))?;
            last = Some(it.key());
            dealings.line.put(it);
        }
        for _ in 0..words.next()? {
            let mut members = Vec::new();
            for _ in 0..words.next()? {
                members.push(take_member(words)?);
            }
            let family = Family::new(members);
            let root = family.root()?;
            if let Some(standing) = family.standing(WHOLE) {
                dealings.line.insert(&standing);
            }
            dealings.families.insert(root, family);
        }
        Some(dealings)
    }

    /// The moves that stand under the cuts, of a record that has come to `tail`. The valid date does not cut.
    pub fn line(&self, as_of: AsOf, tail: Position) -> Cow<'_, Line> {
        if as_of.is_whole(tail) {
            return Cow::Borrowed(&self.line);
        }
        let mut line = Line::default();
        let mut families: Vec<Packed> = Vec::new();
        for standing in self.families.values().filter_map(|family| family.standing(as_of)) {
            line.note(&standing);
            families.push(Packed::contested(&standing));
        }
        families.sort_unstable_by_key(|it| it.key());
        let mut families = families.into_iter().peekable();
        for it in self.line.moves().filter(|it| !it.is_contested() && it.is_known(as_of)) {
            while let Some(earlier) = families.next_if(|family| family.key() < it.key()) {
                line.put(earlier);
            }
            line.put(it);
        }
        families.for_each(|it| line.put(it));
        Cow::Owned(line)
    }
}

/// A fact as it was told, when it tells the relationship anything.
fn plain(fact: &Telling<Option<Move>>) -> Option<Telling<Move>> {
    let content = fact.content?;
    Some(fact.clone().map(|_| content))
}

const CLAIM: u64 = 1;
const CORRECTION: u64 = 2;
const RETRACTION: u64 = 3;
const REINSTATEMENT: u64 = 4;
/// Added where a telling does not concern the relationship.
const ELSEWHERE: u64 = 8;

fn put_member(words: &mut Vec<u64>, member: &Member<Move>) {
    match member {
        Member::Claim(telling) => put_telling(words, CLAIM, Position::START, telling),
        Member::Correction { target, telling } => put_telling(words, CORRECTION, *target, telling),
        Member::Retraction { target, position } => {
            words.extend([RETRACTION, target.get(), position.get()]);
        }
        Member::Reinstatement { target, position } => {
            words.extend([REINSTATEMENT, target.get(), position.get()]);
        }
    }
}

fn put_telling(words: &mut Vec<u64>, tag: u64, target: Position, telling: &Telling<Option<Move>>) {
    let tag = if telling.content.is_some() { tag } else { tag + ELSEWHERE };
    words.extend([tag, target.get()]);
    words.extend(Packed::plain(&telling.clone().map(|it| it.unwrap_or(Move::NOTHING))).words());
    let (scope, precision) = match telling.content.map(|it| it.detail) {
        Some(Detail::Truce(Truce { scope, ends_on, .. })) => {
            (scope, ends_on.map_or(Precision::Day, PartialDate::precision))
        }
        _ => (None, Precision::Day),
    };
    let scope = scope.map_or(0, |scope| u64::from(scope.number().get()));
    words.push(precision_number(precision) << u32::BITS | scope);
}

fn take_member(words: &mut impl Iterator<Item = u64>) -> Option<Member<Move>> {
    let tag = words.next()?;
    let target = Position::new(words.next()?);
    let is_elsewhere = ELSEWHERE < tag;
    let mut telling = || {
        let telling = take_packed(words)?.telling()?;
        let word = words.next()?;
        let scope = NonZeroU32::new(u32::try_from(word & u64::from(u32::MAX)).ok()?).map(Scope::from_number);
        let given = precision(word >> u32::BITS)?;
        Some(telling.map(|mut it| {
            if let Detail::Truce(truce) = &mut it.detail {
                truce.scope = scope;
                truce.ends_on = truce.last().map(|last| PartialDate::around(last, given));
            }
            (!is_elsewhere).then_some(it)
        }))
    };
    match if is_elsewhere { tag - ELSEWHERE } else { tag } {
        CLAIM => Some(Member::Claim(telling()?)),
        CORRECTION => Some(Member::Correction { target, telling: telling()? }),
        RETRACTION => Some(Member::Retraction { target, position: Position::new(words.next()?) }),
        REINSTATEMENT => Some(Member::Reinstatement { target, position: Position::new(words.next()?) }),
        _ => None,
    }
}

fn take_packed(words: &mut impl Iterator<Item = u64>) -> Option<Packed> {
    Packed::from_words([words.next()?, words.next()?, words.next()?])
}

fn effect(standing: &Standing<'_, Move>) -> Effect {
    standing.moves().then(|| standing.effective.lower())
}

#[cfg(test)]
mod tests;
