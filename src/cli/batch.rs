//! Which lines make up a commit.

use std::collections::HashSet;

use prost::Message as _;

use super::input::{InputError, Line, Lines, Span, span};
use crate::wire::v1;

/// The most events of a batch: a rejected batch hides what is good in it, so it stays below what a commit may hold.
const BATCH_EVENTS_MAX: usize = 500;

/// The most encoded bytes of a batch.
const BATCH_BYTES_MAX: usize = 1024 * 1024;

/// Lines that go into one commit.
#[derive(Debug, PartialEq)]
pub struct Batch {
    /// The lines, at least one.
    pub lines: Vec<Line>,
    /// How many bytes of the inputs were read so far.
    pub bytes_read: u64,
}

/// Why the next batch cannot be made.
#[derive(Debug)]
pub struct BatchError {
    /// The line or file at fault.
    pub error: InputError,
    /// The good lines that would have gone with it.
    pub withheld: Option<Span>,
}

/// Lines put together to batches of at most 500 events and 1 MiB. Ends at the first line that cannot be read.
///
/// An event that stands twice is never twice in a batch, so that the second one is recognised as recorded.
pub struct Batches {
    lines: Lines,
    held: Option<Line>,
    ended: bool,
}

impl Batches {
    /// The batches of these lines.
    pub fn new(lines: Lines) -> Batches {
        Batches { lines, held: None, ended: false }
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, Box<BatchError>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let mut batch = Vec::new();
        let mut ids = HashSet::new();
        let mut bytes = 0;
        loop {
            let line = match self.held.take().map(Ok).or_else(|| self.lines.next()) {
                Some(Ok(line)) => line,
                Some(Err(error)) => {
                    self.ended = true;
                    let withheld = span(batch.iter().map(|line: &Line| &line.origin));
                    return Some(Err(Box::new(BatchError { error, withheld })));
                }
                None => {
                    self.ended = true;
                    break;
                }
            };
            bytes += encoded_len(&line.event);
            let full = batch.len() == BATCH_EVENTS_MAX || BATCH_BYTES_MAX < bytes;
            if !batch.is_empty() && (full || ids.contains(&line.event.event_id)) {
                self.held = Some(line);
                break;
            }
            ids.insert(line.event.event_id.clone());
            batch.push(line);
        }
        (!batch.is_empty()).then(|| Ok(Batch { lines: batch, bytes_read: self.lines.bytes_read() }))
    }
}

/// What an event adds to the size of a commit, in bytes.
pub fn encoded_len(event: &v1::Event) -> usize {
    let length = event.encoded_len();
    1 + prost::length_delimiter_len(length) + length
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{
        super::input::{
            Inputs,
            tests::{line, write},
        },
        *,
    };

    #[test]
    fn the_seeds_can_be_read() {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
        let batches: Vec<Batch> =
            Batches::new(Inputs::find(&[seeds]).unwrap().lines()).map(|batch| batch.unwrap()).collect();
        assert!(400 < batches.iter().map(|batch| batch.lines.len()).sum::<usize>());
    }

    #[test]
    fn batches_keep_to_their_limits_and_end_at_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let sizes = |content: String| {
            let path = write(directory.path(), "x.jsonl", content.as_bytes());
            Batches::new(Inputs::find(&[path]).unwrap().lines())
                .map(|batch| match batch {
                    Ok(batch) => format!("{}", batch.lines.len()),
                    Err(error) => format!(
                        "{} withholds {}",
                        error.error.origin().map_or(0, |origin| origin.line),
                        error.withheld.map_or(0, |span| span.last.line - span.first.line + 1)
                    ),
                })
                .collect::<Vec<_>>()
        };
        let many = |count: usize| (0..count).map(|number| line(&number.to_string())).collect::<String>();
        assert_eq!(sizes(many(1_203)), ["500", "500", "203"]);
        assert_eq!(sizes(many(500)), ["500"]);
        assert_eq!(sizes(String::new()), Vec::<String>::new());
        assert_eq!(sizes(many(510) + "nonsense\n" + &many(3)), ["500", "511 withholds 10"]);
        assert_eq!(sizes(many(3) + &many(3)), ["3", "3"]);
        let long = |number: usize| line(&format!("{number}{}", "x".repeat(400 * 1024)));
        assert_eq!(sizes((0..5).map(long).collect()), ["2", "2", "1"]);
    }
}
