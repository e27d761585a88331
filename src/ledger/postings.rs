//! Postings: the positions of the events about one subject, ascending, in few bytes.

use crate::position::Position;

/// Ascending positions, stored as variable-length differences (LEB128): one byte for neighbours, two within 16,383.
#[derive(Clone, Debug, Default)]
pub struct Postings {
    differences: Vec<u8>,
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
        while 0x80 <= difference {
            self.differences.push((difference & 0x7f) as u8 | 0x80);
            difference >>= 7;
        }
        self.differences.push(difference as u8);
        self.last = position;
    }

    /// The highest position; 0 when there is none.
    pub const fn last(&self) -> Position {
        self.last
    }

    /// The positions, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Position> {
        let (mut position, mut difference, mut shift) = (0_u64, 0_u64, 0_u32);
        self.differences.iter().filter_map(move |byte| {
            difference |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 != 0 {
                return None;
            }
            position += difference;
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
        }
    }
}
