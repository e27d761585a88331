//! Packed moves: what one event tells about a relationship in 24 bytes, which sort by their place in valid-time order.
//!
//! ```text
//! word 0, the key   first possible day 20 · precision 2 · act rank 2 · source 4 · position of the fact 36
//! word 1, plain     end 22 · heralded 20 · disclosed 20 · label 2
//!         contested end 22 · nothing 6 · position of the event that tells it 36
//! word 2            nothing 5 · contested 1 · assertion 3 · credibility 6 · kind 6 · channel 4 · disclosure 3
//!                   · level of the actor 5 · level of the group 5 · detail 2 + 24
//! ```
//! A day is year − 1000 in 11 bits, month in 4 and day in 5: as numbers, days keep their order. Dates of facts lie in
//! those years, and what does not is held at the nearest. Positions go to 2³⁶ − 1, which no memory that holds moves of
//! this size comes near. Values of vocabularies are stored by number; 0 stands for none.
//! The scope of a ceasefire is left out: it matters between claims only, which stand in families.

use super::{
    moves::{Detail, HeldBy, Move, Truce},
    step::{Mark, Step},
};
use crate::{
    domain::{
        as_of::AsOf,
        date::{DateSpan, Day, PartialDate, Precision, YEAR_MAX, YEAR_MIN},
        fold::telling::{Content as _, Standing, Telling},
        source::Credibility,
        statement::Representation,
        status::Lead,
        vocabulary::{Assertion, SourceKind, Vocabulary},
    },
    position::Position,
};

const DAY_BITS: u32 = 20;
const POSITION_BITS: u32 = 36;
const POSITION_MAX: u64 = (1 << POSITION_BITS) - 1;
/// What stands behind the day in a key.
const KEY_REST_BITS: u32 = u64::BITS - DAY_BITS;
/// The number of the detail that is a ceasefire.
const TRUCE: u64 = 2;
/// The number of a precision, where there is no date.
const NO_DATE: u64 = 3;

/// A move at its place in valid-time order.
///
/// It is *plain* when nobody corrects, retracts or contests it: then it holds everything that its event tells, and can
/// be asked under any cuts. Otherwise it is what stands of a family under no cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed([u64; 3]);

/// The place of a move: orders as [`Order`](crate::domain::fold::telling::Order) does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(u64);

/// Numbers in a word: the last put in is the first taken out.
struct Word(u64);

impl Word {
    fn put(&mut self, value: u64, bits: u32) {
        self.0 = self.0 << bits | value;
    }

    fn take(&mut self, bits: u32) -> u64 {
        let value = self.0 & ((1 << bits) - 1);
        self.0 >>= bits;
        value
    }

    fn put_day(&mut self, day: Day) {
        self.put(day_number(day), DAY_BITS);
    }

    fn take_day(&mut self) -> Option<Day> {
        let day = self.take(5);
        let month = self.take(4);
        let year = self.take(11);
        Day::new(i16::try_from(year).ok()? + YEAR_MIN, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
            .ok()
    }

    fn put_value<T: Vocabulary>(&mut self, value: T, bits: u32) {
        self.put(value.number().into(), bits);
    }

    fn take_value<T: Vocabulary>(&mut self, bits: u32) -> Option<T> {
        let index = usize::try_from(self.take(bits)).ok()?.checked_sub(1)?;
        T::ALL.get(index).copied()
    }
}

impl Key {
    /// The place of the fact at `root`, with these dates and this content.
    fn of(effective: DateSpan, it: &Move, source: SourceKind, root: Position) -> Key {
        let mut word = Word(0);
        word.put_day(effective.lower());
        word.put(precision_number(effective.precision()), 2);
        word.put(it.act_rank().into(), 2);
        word.put_value(source, 4);
        word.put(root.get().min(POSITION_MAX), POSITION_BITS);
        Key(word.0)
    }

    /// The place of what a plain telling tells.
    pub(super) fn of_telling(telling: &Telling<Move>) -> Key {
        Key::of(telling.effective, &telling.content, telling.source, telling.position)
    }

    /// The place of what stands.
    pub(super) fn of_standing(standing: &Standing<'_, Move>) -> Key {
        Key::of(standing.effective, standing.content, standing.source, standing.root)
    }

    /// The place behind everything that takes effect by the end of a day.
    pub(super) fn end_of(day: Day) -> Key {
        if day.year() < YEAR_MIN {
            Key(0)
        } else if YEAR_MAX < day.year() {
            Key(u64::MAX)
        } else {
            Key((day_number(day) + 1) << KEY_REST_BITS)
        }
    }
}

impl Packed {
    /// Everything that a fact tells which nobody contests.
    pub fn plain(telling: &Telling<Move>) -> Packed {
        let key = Key::of_telling(telling);
        let mut second = Word(0);
        put_end(&mut second, telling.effective);
        second.put_day(telling.heralded);
        second.put_day(telling.disclosed);
        second.put_value(telling.label, 2);
        let third = third(0, telling.assertion, telling.credibility, &telling.content);
        Packed([key.0, second.0, third.0])
    }

    /// The same, told by the fact at this position.
    pub fn at(self, position: Position) -> Packed {
        let Packed([key, second, third]) = self;
        Packed([key & !POSITION_MAX | position.get().min(POSITION_MAX), second, third])
    }

    /// What stands.
    pub(super) fn contested(standing: &Standing<'_, Move>) -> Packed {
        let key = Key::of_standing(standing);
        let mut second = Word(0);
        put_end(&mut second, standing.effective);
        second.put(standing.position.get().min(POSITION_MAX), u64::BITS - 22);
        let third = third(1, standing.assertion, Credibility::UNKNOWN, standing.content);
        Packed([key.0, second.0, third.0])
    }

    /// Its place.
    pub(super) const fn key(self) -> Key {
        Key(self.0[0])
    }

    /// The position of the fact.
    pub(super) fn root(self) -> Position {
        Position::new(Word(self.0[0]).take(POSITION_BITS))
    }

    /// Whether it moves anything: whether it is neither a denial nor a lead.
    pub fn moves(self) -> bool {
        !self.is_denied() && !self.is_coded()
    }

    fn is_denied(self) -> bool {
        self.0[2] >> 55 & 0b111 == u64::from(Assertion::Denied.number())
    }

    /// Whether only a machine has coded it.
    fn is_coded(self) -> bool {
        self.0[0] >> POSITION_BITS & 0b1111 == u64::from(SourceKind::MachineCoded.number())
    }

    /// Whether it holds only what stands of a family.
    pub(super) const fn is_contested(self) -> bool {
        self.0[2] >> 58 & 1 == 1
    }

    /// Whether of two plain ones of one fact it is the one that [goes further](Move::goes_further).
    pub(super) fn goes_further(self, other: Packed) -> bool {
        let content = |it: Packed| it.telling().map(|telling| telling.content);
        content(self).zip(content(other)).is_some_and(|(one, another)| one.goes_further(&another))
    }

    /// Whether a plain one is within the cuts of record time, disclosure and label.
    pub(super) fn is_known(self, as_of: AsOf) -> bool {
        let mut second = Word(self.0[1]);
        let is_cleared = second.take(2) <= as_of.clearance.number().into();
        let disclosed = second.take(DAY_BITS);
        self.root() <= as_of.known_at
            && is_cleared
            && as_of.disclosed_by.is_none_or(|day| disclosed < Key::end_of(day).0 >> KEY_REST_BITS)
    }

    /// The step that it makes; `None`: it is denied or a lead, and moves nothing.
    pub(super) fn step(self) -> Option<Step> {
        if self.moves() { self.told() } else { None }
    }

    /// The last day of the ceasefire that it begins or goes on with; `None`: it does not move one, or one without an end.
    /// Found without unpacking the rest.
    pub(super) fn truce_ends(self) -> Option<Day> {
        let mut third = Word(self.0[2]);
        let is_truce = third.take(2) == TRUCE && Word(third.0).take(DAY_BITS) != 0;
        if is_truce && self.moves() { third.take_day() } else { None }
    }

    /// The lead that it is; `None`: it is none, or a machine has coded a denial.
    pub(super) fn lead(self) -> Option<Lead> {
        let told = self.told().filter(|_| self.is_coded() && !self.is_denied())?;
        Some(Lead {
            effective: told.mark.effective,
            event: told.mark.position,
            what: told.what.kind.to_string(),
        })
    }

    /// What it tells, whether it moves anything or not.
    fn told(self) -> Option<Step> {
        let [first, second, third] = self.0.map(Word);
        let (effective, _, root) = place(first, Word(second.0 >> 42))?;
        let position = if self.is_contested() { Position::new(Word(second.0).take(42)) } else { root };
        let what = what(&mut Word(third.0))?;
        Some(Step { root, mark: Mark { effective, position }, what })
    }

    /// What a plain one tells; `None`: it is contested.
    pub(super) fn telling(self) -> Option<Telling<Move>> {
        if self.is_contested() {
            return None;
        }
        let [first, mut second, mut third] = self.0.map(Word);
        let label = second.take_value(2)?;
        let disclosed = second.take_day()?;
        let heralded = second.take_day()?;
        let (effective, source, position) = place(first, second)?;
        let content = what(&mut third)?;
        let credibility = Credibility::from_number(u8::try_from(third.take(6)).ok()?)?;
        let assertion = third.take_value(3)?;
        Some(Telling {
            position,
            effective,
            heralded,
            disclosed,
            source,
            credibility,
            assertion,
            label,
            content,
        })
    }

    /// Its words.
    pub(super) const fn words(self) -> [u64; 3] {
        self.0
    }

    /// The move of these words; `None`: they are not those of any.
    pub(super) fn from_words(words: [u64; 3]) -> Option<Packed> {
        let packed = Packed(words);
        match packed.is_contested() {
            true => packed.told().map(|_| packed),
            false => packed.telling().filter(|telling| Packed::plain(telling) == packed).map(|_| packed),
        }
    }
}

/// Dates, source and position of the fact: from the key, and the end.
fn place(mut key: Word, mut end: Word) -> Option<(DateSpan, SourceKind, Position)> {
    let root = Position::new(key.take(POSITION_BITS));
    let source = key.take_value(4)?;
    // The act rank follows from the kind.
    key.take(2);
    let given = precision(key.take(2))?;
    let start = PartialDate::around(key.take_day()?, given);
    let effective = match end.take(2) {
        NO_DATE => start.into(),
        number => DateSpan::between(start, PartialDate::around(end.take_day()?, precision(number)?)),
    };
    Some((effective, source, root))
}

fn third(contested: u64, assertion: Assertion, credibility: Credibility, it: &Move) -> Word {
    let mut word = Word(0);
    word.put(contested, 1);
    word.put_value(assertion, 3);
    word.put(credibility.number().into(), 6);
    word.put_value(it.kind, 6);
    word.put_value(it.channel, 4);
    word.put_value(it.disclosure, 3);
    word.put_value(it.actor_level, 5);
    word.put_value(it.group_level, 5);
    match it.detail {
        Detail::None => word.put(0, 26),
        Detail::Agreement(stage) => {
            word.put_value(stage, 24);
            word.put(1, 2);
        }
        Detail::Truce(truce) => {
            word.put(
                match truce.held_by {
                    HeldBy::Neither => 0,
                    HeldBy::One => 1,
                    HeldBy::Both => 2,
                },
                2,
            );
            word.put_value(truce.class, 2);
            word.put(truce.last().map_or(0, day_number), DAY_BITS);
            word.put(TRUCE, 2);
        }
        Detail::Mission(mission) => {
            word.put_value(mission.direction, 20);
            word.put_value(mission.level, 4);
            word.put(3, 2);
        }
    }
    word
}

fn what(word: &mut Word) -> Option<Move> {
    let detail = match word.take(2) {
        0 => {
            word.take(24);
            Detail::None
        }
        1 => Detail::Agreement(word.take_value(24)?),
        TRUCE => {
            let ends_on = match Word(word.0).take(DAY_BITS) {
                0 => {
                    word.take(DAY_BITS);
                    None
                }
                _ => Some(PartialDate::around(word.take_day()?, Precision::Day)),
            };
            let class = word.take_value(2)?;
            let held_by = match word.take(2) {
                0 => HeldBy::Neither,
                1 => HeldBy::One,
                _ => HeldBy::Both,
            };
            Detail::Truce(Truce { held_by, class, ends_on, scope: None })
        }
        _ => {
            let level = word.take_value(4)?;
            Detail::Mission(Representation { direction: word.take_value(20)?, level })
        }
    };
    let group_level = word.take_value(5)?;
    let actor_level = word.take_value(5)?;
    let disclosure = word.take_value(3)?;
    let channel = word.take_value(4)?;
    let kind = word.take_value(6)?;
    Some(Move { kind, channel, disclosure, actor_level, group_level, detail })
}

fn put_end(word: &mut Word, effective: DateSpan) {
    word.put(effective.end().map_or(0, |end| day_number(end.lower())), DAY_BITS);
    word.put(effective.end().map_or(NO_DATE, |end| precision_number(end.precision())), 2);
}

fn day_number(day: Day) -> u64 {
    let day = day.clamp(Day::constant(YEAR_MIN, 1, 1), Day::constant(YEAR_MAX, 12, 31));
    let year = u64::from(day.year().abs_diff(YEAR_MIN));
    (year << 4 | u64::from(day.month().unsigned_abs())) << 5 | u64::from(day.day().unsigned_abs())
}

pub(super) fn precision_number(precision: Precision) -> u64 {
    match precision {
        Precision::Day => 0,
        Precision::Month => 1,
        Precision::Year => 2,
    }
}

pub(super) fn precision(number: u64) -> Option<Precision> {
    match number {
        0 => Some(Precision::Day),
        1 => Some(Precision::Month),
        2 => Some(Precision::Year),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
