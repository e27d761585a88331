//! Postings: the positions of the events about one subject, ascending, in few bytes.

use std::sync::Arc;

use crate::position::Position;

/// Room is made for so large a part of what there is: a byte in so many is empty at most.
const ROOM: usize = 8;
/// The most bytes that one difference takes.
const DIFFERENCE_BYTES_MAX: usize = 10;

/// How many bytes are held beside the others, until they are moved there together.
const RECENT_BYTES: usize = 15;

/// Ascending positions, stored as variable-length differences (LEB128): one byte for neighbours, two within 16,383.
/// A clone shares all but the latest until one of the two changes.
#[derive(Clone, Debug, Default)]
pub struct Postings {
    differences: Arc<Vec<u8>>,
    /// What comes behind those. Most additions go no further than here.
    recent: [u8; RECENT_BYTES],
    /// How many bytes of it are in use.
    recent_count: u8,
    last: Position,
}

impl Postings {
    /// Adds a position. One that is not above the last is already there, or out of order, and is ignored.
    pub fn add(&mut self, position: Position) {
        let Some(mut difference) =
            position.get().checked_sub(self.last.get()).filter(|difference| 0 < *difference)
        else {
            return;
        };
        self.last = position;
        while 0x80 <= difference {
            self.push((difference & 0x7f) as u8 | 0x80);
            difference >>= 7;
        }
        self.push(difference as u8);
    }

    fn push(&mut self, byte: u8) {
        if let Some(place) = self.recent.get_mut(usize::from(self.recent_count)) {
            *place = byte;
            self.recent_count += 1;
            return;
        }
        let differences = Arc::make_mut(&mut self.differences);
        if differences.capacity() < differences.len() + RECENT_BYTES {
            differences.reserve_exact(RECENT_BYTES.max(differences.len() / ROOM));
        }
        differences.extend_from_slice(&self.recent);
        self.recent = [byte; RECENT_BYTES];
        self.recent_count = 1;
    }

    /// The highest position; 0 when there is none.
    pub const fn last(&self) -> Position {
        self.last
    }

    /// The bytes, to be kept: these two, one after the other.
    pub fn bytes(&self) -> [&[u8]; 2] {
        [&self.differences, self.recent.get(..usize::from(self.recent_count)).unwrap_or_default()]
    }

    /// The postings of these bytes; `None`: they are not those of any up to `tail`.
    pub fn from_bytes(bytes: &[u8], tail: Position) -> Option<Postings> {
        let mut postings = Postings { differences: Arc::new(bytes.to_vec()), ..Postings::default() };
        let ends = bytes.last().is_none_or(|byte| byte & 0x80 == 0);
        let short = bytes.split(|byte| byte & 0x80 == 0).all(|more| more.len() < DIFFERENCE_BYTES_MAX - 1);
        if !ends || !short {
            return None;
        }
        let mut last = Position::START;
        for position in postings.iter() {
            if position <= last || tail < position {
                return None;
            }
            last = position;
        }
        postings.last = last;
        Some(postings)
    }

    /// The positions, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Position> {
        let (mut position, mut difference, mut shift) = (0_u64, 0_u64, 0_u32);
        let [earlier, recent] = self.bytes();
        earlier.iter().chain(recent).filter_map(move |byte| {
            difference |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 != 0 {
                return None;
            }
            position = position.saturating_add(difference);
            (difference, shift) = (0, 0);
            Some(Position::new(position))
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn holds_what_was_added(steps in prop::collection::vec(prop_oneof![0_u64..3, 1_u64..100_000, 1_u64..1 << 40], 0..50)) {
            let mut postings = Postings::default();
            let (mut position, mut expected) = (0, Vec::new());
            for step in steps {
                position += step;
                postings.add(Position::new(position));
                if 0 < step {
                    expected.push(Position::new(position));
                }
            }
            prop_assert_eq!(postings.last(), expected.last().copied().unwrap_or_default());
            prop_assert_eq!(postings.iter().collect::<Vec<_>>(), expected);
            let (bytes, last) = (postings.bytes().concat(), postings.last());
            let again = Postings::from_bytes(&bytes, last).unwrap();
            prop_assert!(again.iter().eq(postings.iter()));
            prop_assert_eq!(again.last(), last);
            if !bytes.is_empty() {
                prop_assert!(Postings::from_bytes(&bytes, Position::new(last.get() - 1)).is_none());
                let cut = &bytes[..bytes.len() - 1];
                prop_assert!(Postings::from_bytes(cut, last).is_none_or(|it| it.last() < last));
            }
        }
    }
}
