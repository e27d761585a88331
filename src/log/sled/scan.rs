//! The scan: records given on one after the other, where they lie, without a piece of memory for each.

use super::{block::Block, chain::Fault, database::Database, frame::Frame};
use crate::{
    log::{Reach, ReadError, Take},
    position::Position,
};

/// A scan under way.
pub struct Scan {
    next: Position,
    to: Position,
    bytes_left: usize,
    /// What kept it from going on.
    fault: Option<Fault>,
}

impl Scan {
    /// A scan of what there is up to `tail`.
    pub fn new(reach: Reach, tail: Position) -> Scan {
        Scan {
            next: reach.from.max(Position::new(1)),
            to: reach.to.min(tail),
            // One record there must be.
            bytes_left: reach.bytes.max(1),
            fault: None,
        }
    }

    /// The position that comes next.
    pub fn next(&self) -> Position {
        self.next
    }

    /// How many bytes of records are still wanted.
    pub fn bytes_left(&self) -> usize {
        self.bytes_left
    }

    /// Whether there is nothing more to give on.
    pub fn is_done(&self) -> bool {
        self.to < self.next || self.bytes_left == 0
    }

    /// Goes on through an append in memory.
    pub fn frame(&mut self, frame: &Frame, take: &mut Take<'_>) -> Result<(), ReadError> {
        while !self.is_done()
            && let Some(record) = frame.slice(self.next)
        {
            self.give(record, take)?;
        }
        Ok(())
    }

    /// What the database did not give at [`Scan::next`].
    pub fn take_fault(&mut self) -> Option<Fault> {
        self.fault.take()
    }

    /// Goes on through the blocks of a database, as far as they go, or to a fault in them. A block that was read and checked is
    /// used up.
    pub fn blocks(&mut self, database: &Database, take: &mut Take<'_>) -> Result<(), ReadError> {
        let mut block = match database.whole_block(self.next) {
            Ok(block) => block,
            Err(fault) => {
                self.fault = Some(fault);
                return Ok(());
            }
        };
        let mut blocks = database.blocks(block.last().next());
        loop {
            self.block(&block, take)?;
            if self.is_done() {
                return Ok(());
            }
            let position = self.next;
            block = match blocks.next() {
                // `to` is durable, so what is not here is in memory by now, or lost.
                None => return Ok(()),
                Some(Ok(block)) if block.first() == position => block,
                Some(other) => {
                    let reason = other.err().unwrap_or_else(|| "missing".to_owned());
                    self.fault = Some(Fault { position, reason });
                    return Ok(());
                }
            };
        }
    }

    fn block(&mut self, block: &Block, take: &mut Take<'_>) -> Result<(), ReadError> {
        while self.next <= self.to
            && let Some(record) = block.slice(self.next)
        {
            self.give(record, take)?;
        }
        Ok(())
    }

    fn give(&mut self, record: &[u8], take: &mut Take<'_>) -> Result<(), ReadError> {
        take(self.next, record)?;
        self.bytes_left = self.bytes_left.saturating_sub(record.len().max(1));
        self.next = self.next.next();
        Ok(())
    }
}
