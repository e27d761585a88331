//! The hash chain through the blocks, and the check that a walk over all of them makes.

use std::fmt;

use sha2::{Digest, Sha256};

use super::block::Block;
use crate::position::Position;

/// SHA-256 over everything in the log up to some block: no earlier byte can change, vanish or move without changing it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Chain(pub [u8; Chain::BYTES]);

impl Chain {
    /// The length of the hash in bytes.
    pub const BYTES: usize = 32;
    /// What comes before the first block.
    pub const START: Chain = Chain([0; Chain::BYTES]);

    /// The hash of these bytes, which begin with the chain before them.
    pub fn of(bytes: &[u8]) -> Chain {
        Chain(Sha256::digest(bytes).into())
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Where a log ends: the last position, and the chain over all up to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The last position; 0 when there is none.
    pub position: Position,
    /// The chain over all records up to it.
    pub chain: Chain,
}

impl Tail {
    /// The tail of an empty log.
    pub const START: Tail = Tail { position: Position::START, chain: Chain::START };
}

/// Something in the log that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The first position that cannot be trusted.
    pub position: Position,
    /// What is wrong.
    pub reason: String,
}

/// A walk over the blocks in order, which ends at the first that does not follow from the one before.
///
/// It is given the tail that must be met on the way, because a log that was cut short is otherwise flawless.
#[derive(Debug)]
pub struct Walk {
    /// Where the walk has come to.
    tail: Tail,
    /// How many blocks the append that the last block belongs to has still to come.
    left: u32,
    /// The tail that must be met.
    named: Tail,
}

impl Walk {
    /// A walk that has not begun. It must come past `named`.
    pub fn new(named: Tail) -> Walk {
        Walk { tail: Tail::START, left: 0, named }
    }

    /// A walk that goes on behind a tail which has been proved.
    pub fn from(tail: Tail) -> Walk {
        Walk { tail, left: 0, named: tail }
    }

    /// The position that the next block must begin with.
    pub fn next(&self) -> Position {
        self.tail.position.next()
    }

    /// Goes on to the next block.
    ///
    /// On a fault the walk stays where it is.
    pub fn step(&mut self, block: &Block) -> Result<(), Fault> {
        let fault = |reason: String| Err(Fault { position: self.next(), reason });
        if block.first() != self.next() {
            return fault(format!("the next block begins at position {}", block.first()));
        }
        if block.before() != self.tail.chain {
            return fault("the block does not belong behind the one before it (chain hash)".to_owned());
        }
        if 0 < self.left && block.left() != self.left - 1 {
            return fault("the append that the block before it belongs to is incomplete".to_owned());
        }
        let tail = Tail { position: block.last(), chain: block.after() };
        let passes = self.tail.position < self.named.position && self.named.position <= tail.position;
        if passes && tail != self.named {
            return fault(format!(
                "the block is not the one that stood before position {}",
                self.named.position
            ));
        }
        self.left = block.left();
        self.tail = tail;
        Ok(())
    }

    /// Ends the walk: there are no more blocks. The answer is where the log ends.
    pub fn finish(self) -> Result<Tail, Fault> {
        if 0 < self.left {
            let reason = format!("the last append is incomplete: {} of its blocks are missing", self.left);
            return Err(Fault { position: self.next(), reason });
        }
        if self.tail.position < self.named.position {
            let reason = format!("the log ends here, but {} records were durable", self.named.position);
            return Err(Fault { position: self.next(), reason });
        }
        Ok(self.tail)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::super::block::pack;
    use super::*;

    fn log() -> Vec<Bytes> {
        let mut tail = Tail::START;
        let mut values = Vec::new();
        for append in 1..=3_usize {
            let records: Vec<Bytes> = (0..append * 3).map(|n| Bytes::from(vec![n as u8; 20_000])).collect();
            let packed = pack(tail, &records);
            tail = packed.tail;
            values.extend(packed.values.into_iter().map(|(_, value)| Bytes::from(value)));
        }
        values
    }

    fn walk(values: &[Bytes], named: Tail) -> Result<Tail, Fault> {
        let mut walk = Walk::new(named);
        for value in values {
            walk.step(&Block::parse(value.clone()).expect("these blocks are whole"))?;
        }
        walk.finish()
    }

    #[test]
    fn only_the_log_as_it_was_written_passes() {
        let whole = log();
        let tail = walk(&whole, Tail::START).expect("the log is whole");
        assert_eq!(tail.position, Position::new(18));
        assert_eq!(walk(&whole, tail), Ok(tail));

        let check = |alter: fn(&mut Vec<Bytes>), position: u64| {
            let mut values = log();
            alter(&mut values);
            let fault = walk(&values, tail).expect_err("the log was altered");
            assert_eq!(fault.position, Position::new(position), "{}", fault.reason);
        };
        // The blocks begin at 1, 4, 7, 10, 13, 16.
        assert_eq!(whole.len(), 6);
        check(|values| values.clear(), 1);
        check(|values| drop(values.remove(0)), 1);
        check(|values| drop(values.remove(2)), 7);
        check(|values| values.swap(3, 4), 10);
        check(|values| drop(values.pop()), 16);
        check(|values| values.truncate(3), 10);

        let other = Tail { chain: Chain([7; Chain::BYTES]), ..tail };
        assert_eq!(walk(&whole, other).expect_err("another chain").position, Position::new(16));
        let within = Tail { position: Position::new(8), ..tail };
        assert_eq!(walk(&whole, within).expect_err("no block ends at 8").position, Position::new(7));
    }

    #[test]
    fn a_part_of_an_append_does_not_pass() {
        let records = vec![Bytes::from(vec![1; 40_000]); 3];
        let values: Vec<Bytes> =
            pack(Tail::START, &records).values.into_iter().map(|(_, value)| Bytes::from(value)).collect();
        assert_eq!(values.len(), 3);
        for length in 1..3 {
            let fault = walk(&values[..length], Tail::START).expect_err("a part is missing");
            assert_eq!(fault.position, Position::new(length as u64 + 1));
        }
    }
}
