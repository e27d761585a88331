//! The newest appends, in memory: what is in the journal and not yet known to be in the store.

use std::collections::VecDeque;

use bytes::Bytes;

use super::frame::Frame;
use crate::position::Position;

/// Frames in order, without gaps.
#[derive(Debug, Default)]
pub struct Recent {
    frames: VecDeque<Frame>,
}

impl Recent {
    /// Adds the append that follows on the last one.
    pub fn push(&mut self, frame: Frame) {
        self.frames.push_back(frame);
    }

    /// Lets go of the frames that end at or before this position.
    pub fn forget(&mut self, last: Position) {
        while self.frames.front().is_some_and(|frame| frame.last() <= last) {
            self.frames.pop_front();
        }
    }

    /// All frames; they share the memory.
    pub fn frames(&self) -> Vec<Frame> {
        self.frames.iter().cloned().collect()
    }

    /// Whether this position is here, or would be if there were such a record; if not it is in the store.
    pub fn holds(&self, position: Position) -> bool {
        self.frames.front().is_some_and(|frame| frame.first() <= position)
    }

    /// The frames from this position on, as many as have so many bytes, but at least one when there is one; none when
    /// the position is not here. They share the memory.
    pub fn frames_from(&self, first: Position, bytes: usize) -> Vec<Frame> {
        let mut left = bytes.max(1);
        let enough = self.holding(first).take_while(|frame| {
            let wanted = 0 < left;
            left = left.saturating_sub(frame.bytes().len());
            wanted
        });
        enough.cloned().collect()
    }

    /// The record at this position.
    pub fn record(&self, position: Position) -> Option<Bytes> {
        self.from(position).next().map(|(_, record)| record)
    }

    /// The records from this position on; none when the position is not here.
    pub fn from(&self, first: Position) -> impl Iterator<Item = (Position, Bytes)> {
        self.holding(first).flat_map(move |frame| {
            let positions = (frame.first().max(first).get()..=frame.last().get()).map(Position::new);
            positions.map_while(|position| Some((position, frame.record(position)?)))
        })
    }

    /// The frames from the one with this position on; none when the position is not here.
    fn holding(&self, first: Position) -> impl Iterator<Item = &Frame> {
        let frame = self.frames.partition_point(|frame| frame.last() < first);
        if self.holds(first) { self.frames.range(frame..) } else { self.frames.range(..0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_what_was_pushed_and_not_yet_forgotten() {
        let mut recent = Recent::default();
        assert!(!recent.holds(Position::new(1)) && recent.record(Position::new(1)).is_none());
        for (first, count) in [(11, 1), (12, 5), (17, 2)] {
            let records: Vec<Bytes> = (0..count).map(|n| vec![first + n; 3].into()).collect();
            recent.push(Frame::new(Position::new(first.into()), &records).expect("short enough"));
        }
        let check = |recent: &Recent, first: u8| {
            for position in 1..25_u8 {
                let at = Position::new(position.into());
                let here = first <= position && position <= 18;
                assert_eq!(recent.record(at), here.then(|| vec![position; 3].into()), "{position}");
                assert_eq!(recent.holds(at), first <= position, "{position}");
                let from: Vec<u64> = recent.from(at).map(|(position, _)| position.get()).collect();
                let expected: Vec<u64> = if here { (position.into()..=18).collect() } else { Vec::new() };
                assert_eq!(from, expected, "{position}");
                for (bytes, frames_max) in [(0, 1), (512, 1), (513, 2), (1 << 20, 3)] {
                    let frames: Vec<u64> =
                        recent.frames_from(at, bytes).iter().map(|frame| frame.last().get()).collect();
                    let lasts = [11, 16, 18].into_iter().filter(|last| u64::from(position) <= *last);
                    let expected: Vec<u64> = if here { lasts.take(frames_max).collect() } else { Vec::new() };
                    assert_eq!(frames, expected, "{position}, {bytes} bytes");
                }
            }
        };
        check(&recent, 11);
        // An append goes when its last record does.
        for (last, first) in [(10, 11), (11, 12), (15, 12), (16, 17)] {
            recent.forget(Position::new(last));
            check(&recent, first);
        }
        recent.forget(Position::new(18));
        assert!(!recent.holds(Position::new(19)));
    }
}
