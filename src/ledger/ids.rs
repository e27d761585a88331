//! Ids: the position of every event by its id, exactly, and the other way round, in about 32 bytes an event.

use std::{
    collections::hash_map::RandomState, fmt, hash::BuildHasher as _, ops::RangeInclusive, sync::Arc, thread,
};

use hashbrown::HashTable;

use crate::{domain::id::EventId, position::Position};

/// How many ids are kept in one piece. Pieces are never moved, so that a long record does not stop to make room.
const CHUNK: usize = 1 << 12;
/// How many tables there are once there are many ids: each is small enough to be made larger in a moment.
const TABLES: usize = 64;
/// How many ids one table holds alone.
const SINGLE_MAX: usize = 1 << 14;

/// The ids of consecutive events, by position, and where each is.
///
/// A table holds numbers of events with a part of their hashes; what it compares in the end are the ids themselves. Hashes
/// are keyed at random in every process, for clients choose ids. A clone shares the ids, not the tables: see [`Ids::list`].
pub struct Ids {
    /// The position before the first.
    before: Position,
    list: Vec<Arc<Vec<EventId>>>,
    /// One, or [`TABLES`].
    tables: Vec<HashTable<Entry>>,
    keys: RandomState,
}

/// What a table keeps of an id.
#[derive(Clone, Copy)]
struct Entry {
    number: Number,
    /// Kept so that a table is made larger, and passes over most other ids, without a look at the ids: they lie far apart
    /// in memory.
    hash: [u8; 4],
}

impl Entry {
    fn new(number: usize, hash: u64) -> Entry {
        Entry { number: Number::new(number), hash: part(hash) }
    }
}

/// The part of a hash that is kept.
const fn part(hash: u64) -> [u8; 4] {
    let [a, b, c, d, ..] = hash.to_le_bytes();
    [a, b, c, d]
}

/// What a table goes by: it takes the place from the lower bits and a mark from the highest seven.
const fn spread([a, b, c, d]: [u8; 4]) -> u64 {
    u64::from_le_bytes([a, b, c, d, a, b, c, d])
}

/// The number of an event among those held, from 0: enough for 10¹² of them.
#[derive(Clone, Copy)]
struct Number([u8; 5]);

impl Number {
    fn new(number: usize) -> Number {
        let [a, b, c, d, e, ..] = (number as u64).to_le_bytes();
        Number([a, b, c, d, e])
    }

    fn get(self) -> usize {
        let [a, b, c, d, e] = self.0;
        u64::from_le_bytes([a, b, c, d, e, 0, 0, 0]) as usize
    }
}

impl Default for Ids {
    fn default() -> Ids {
        Ids {
            before: Position::START,
            list: Vec::new(),
            tables: vec![HashTable::new()],
            keys: RandomState::new(),
        }
    }
}

impl fmt::Debug for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ids after {}", self.len(), self.before)
    }
}

impl Ids {
    /// The ids of the events from position 1 on, as [`append`] puts them.
    pub fn from_list(list: Vec<Arc<Vec<EventId>>>) -> Ids {
        let mut ids = Ids { list, ..Ids::default() };
        ids.tables = ids.many_tables(ids.len());
        ids
    }

    /// Makes room for so many in all, so that none of the tables has to be made larger on the way there.
    pub fn reserve(&mut self, count: usize) {
        if self.len() < count && SINGLE_MAX < count {
            self.tables = self.many_tables(count);
        }
    }

    /// The ids by position, to be kept.
    pub fn list(&self) -> &[Arc<Vec<EventId>>] {
        &self.list
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.list.last().map_or(0, |last| (self.list.len() - 1) * CHUNK + last.len())
    }

    /// Adds the id of the event at a position. After the first, each follows upon the one before.
    pub fn add(&mut self, id: EventId, position: Position) {
        let number = self.len();
        if number == 0 {
            self.before = Position::new(position.get().saturating_sub(1));
        }
        append(&mut self.list, id);
        if number == SINGLE_MAX && self.tables.len() == 1 {
            self.tables = self.many_tables(self.len());
            return;
        }
        let hash = self.keys.hash_one(id);
        let count = self.tables.len();
        if let Some(table) = self.tables.get_mut(table_of(hash, count)) {
            put(table, Entry::new(number, hash));
        }
    }

    /// The position of an id.
    pub fn find(&self, id: EventId) -> Option<Position> {
        let hash = self.keys.hash_one(id);
        let table = self.tables.get(table_of(hash, self.tables.len()))?;
        let part = part(hash);
        let is_it = |entry: &Entry| entry.hash == part && id_at(&self.list, entry.number) == Some(id);
        let found = table.find(spread(part), is_it)?;
        Some(self.before.plus(found.number.get() as u64 + 1))
    }

    /// The position before the first.
    pub const fn before(&self) -> Position {
        self.before
    }

    /// The id of the event at a position.
    pub fn id(&self, position: Position) -> Option<EventId> {
        let number = position.get().checked_sub(self.before.get())?.checked_sub(1)?;
        id_at(&self.list, Number::new(usize::try_from(number).ok()?))
    }

    /// All ids in [`TABLES`] tables with room for so many in all, made by as many threads as there are processors.
    fn many_tables(&self, count: usize) -> Vec<HashTable<Entry>> {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(TABLES);
        let make = |first: usize| {
            let each = (first..TABLES).step_by(threads).map(|index| (index, HashTable::new()));
            let mut tables: Vec<(usize, HashTable<Entry>)> = each.collect();
            let room = self.len().max(count) / TABLES;
            for (_, table) in &mut tables {
                table.reserve(room + room / 16, |_| 0);
            }
            for (number, id) in self.list.iter().flat_map(|chunk| chunk.iter()).enumerate() {
                let hash = self.keys.hash_one(id);
                let index = table_of(hash, TABLES);
                if index % threads == first
                    && let Some((_, table)) = tables.get_mut(index / threads)
                {
                    put(table, Entry::new(number, hash));
                }
            }
            tables
        };
        let mut tables = thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|first| scope.spawn(move || make(first))).collect();
            let mut tables = make(0);
            // A thread that died has left its tables to be made here.
            for (first, other) in (1..).zip(others) {
                tables.extend(other.join().unwrap_or_else(|_| make(first)));
            }
            tables
        });
        tables.sort_by_key(|(index, _)| *index);
        tables.into_iter().map(|(_, table)| table).collect()
    }
}

fn put(table: &mut HashTable<Entry>, entry: Entry) {
    table.insert_unique(spread(entry.hash), entry, |entry| spread(entry.hash));
}

/// The numbers, from 0, of the ids in a list that lie in a range of their bytes, ascending.
pub fn within(list: &[Arc<Vec<EventId>>], range: RangeInclusive<u128>) -> impl Iterator<Item = usize> {
    let ids = list.iter().flat_map(|chunk| chunk.iter()).enumerate();
    ids.filter(move |(_, id)| range.contains(&id.uuid().as_u128())).map(|(number, _)| number)
}

/// Puts an id behind a list.
pub fn append(list: &mut Vec<Arc<Vec<EventId>>>, id: EventId) {
    match list.last_mut().filter(|last| last.len() < CHUNK) {
        Some(last) => Arc::make_mut(last).push(id),
        None => {
            // The ids of a batch are few, and soon thrown away.
            let mut chunk = Vec::with_capacity(if list.is_empty() { 1 } else { CHUNK });
            chunk.push(id);
            list.push(Arc::new(chunk));
        }
    }
}

/// Which of so many tables a hash belongs to. The tables themselves go by other bits of it.
fn table_of(hash: u64, count: usize) -> usize {
    (hash >> 40) as usize % count
}

fn id_at(list: &[Arc<Vec<EventId>>], number: Number) -> Option<EventId> {
    let number = number.get();
    list.get(number / CHUNK)?.get(number % CHUNK).copied()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn id(number: u128) -> EventId {
        EventId::new(Uuid::from_u128(number << 7 | 1)).unwrap()
    }

    fn check(ids: &Ids, first: u64, count: u64) {
        for number in (0..count).step_by(97).chain([count - 1]) {
            let position = Position::new(first + number);
            assert_eq!(ids.find(id(number.into())), Some(position), "{number} of {count}");
            assert_eq!(ids.id(position), Some(id(number.into())));
        }
        assert_eq!(ids.find(id(count.into())), None);
        for beyond in [Position::START, Position::new(first - 1), Position::new(first + count), Position::END]
        {
            assert_eq!(ids.id(beyond), None, "{beyond}");
        }
    }

    #[test]
    fn every_id_is_found_and_no_other() {
        for (first, count) in [(1, 1), (1, 5_000), (700, 100), (1, 16_384), (1, 16_385), (1, 40_000)] {
            let mut ids = Ids::default();
            for number in 0..count {
                ids.add(id(number.into()), Position::new(first + number));
            }
            check(&ids, first, count);
            if first == 1 {
                let mut again = Ids::from_list(ids.list().to_vec());
                check(&again, first, count);
                again.add(id(count.into()), Position::new(first + count));
                check(&again, first, count + 1);
                // What is kept does not change with what goes on.
                check(&ids, first, count);
            }
            let mut roomy = Ids::default();
            for number in 0..count {
                if number == count / 3 {
                    roomy.reserve(usize::try_from(count).unwrap());
                }
                roomy.add(id(number.into()), Position::new(first + number));
            }
            check(&roomy, first, count);
        }
        assert_eq!(Ids::default().find(id(1)), None);
        assert_eq!(Ids::default().id(Position::new(1)), None);
    }
}
