//! Portions: what a start takes of a run of records. Whoever decodes an event lets go of it again at once: what is
//! passed on is small, whatever the event says.

use std::sync::Arc;

use tokio::{
    sync::mpsc,
    task::{self, JoinHandle},
};

use super::{
    READ_BYTES, codec,
    index::{self, Entry},
    recorded::Recorded,
};
use crate::{
    domain::{id::EventId, subject::Subject},
    log::{Log, ReadError, Run},
    position::Position,
    proof::Hash,
};

/// Who is told of every event when a record is opened.
pub trait Replay {
    /// What it takes of a run of events. It is made on other threads than its own.
    type Part: Default + Send + 'static;

    /// Adds to a part what it takes of the next event. What the event concerns is not known yet.
    fn note(part: &mut Self::Part, recorded: &Recorded);

    /// Takes in a part: each follows upon the one before. `roots` are the facts that the claims and record events among its
    /// events go back to.
    fn take(&mut self, part: Self::Part, roots: &[Position]);
}

/// Takes nothing.
impl Replay for () {
    type Part = ();

    fn note(_: &mut (), _: &Recorded) {}

    fn take(&mut self, (): (), _: &[Position]) {}
}

/// What a run of records comes to.
pub struct Portion<P> {
    /// Its events.
    pub events: Vec<Gist>,
    /// What their contents touch, one event after the other.
    pub subjects: Vec<Subject>,
    /// What is taken of those that are not known yet.
    pub part: P,
}

/// What the indexes and the tree take of an event.
pub struct Gist {
    /// For the indexes, without the root.
    pub entry: Entry,
    /// The event that it names.
    pub concerns: Option<EventId>,
    /// How many of the subjects are its own.
    pub subjects: usize,
    /// The hash of its leaf; `None`: the indexes have it already.
    pub leaf: Option<Hash>,
}

/// Which records are read.
#[derive(Clone, Copy)]
pub struct Stretch {
    /// From this position on …
    pub first: Position,
    /// … up to this one.
    pub tail: Position,
    /// The indexes know the events up to here.
    pub indexed: Position,
    /// And whoever is told of them, up to here.
    pub known: Position,
}

/// A portion that is being made.
pub type Underway<P> = JoinHandle<Result<Portion<P>, ReadError>>;

/// Reads a stretch of the log, run by run and in order, ahead of whoever takes the portions; up to `ahead` of them wait.
pub fn read<R: Replay>(
    log: Arc<dyn Log>,
    stretch: Stretch,
    ahead: usize,
) -> mpsc::Receiver<Result<Underway<R::Part>, ReadError>> {
    let (portions, taken) = mpsc::channel(ahead.max(1));
    tokio::spawn(async move {
        let mut next = stretch.first;
        while next <= stretch.tail {
            let portion = log.read(next, READ_BYTES).await.map(|run| {
                next = next.plus(run.records.len() as u64);
                task::spawn_blocking(move || portion::<R>(run, stretch))
            });
            // Nobody takes portions after one that could not be read.
            if portions.send(portion).await.is_err() {
                return;
            }
        }
    });
    taken
}

fn portion<R: Replay>(run: Run, stretch: Stretch) -> Result<Portion<R::Part>, ReadError> {
    let mut portion = Portion {
        events: Vec::with_capacity(run.records.len()),
        subjects: Vec::with_capacity(3 * run.records.len()),
        part: R::Part::default(),
    };
    for (nth, record) in (0..).zip(run.records) {
        let recorded = codec::decode(run.first.plus(nth), record)?;
        let own = index::own(&recorded.event);
        portion.events.push(Gist {
            concerns: recorded.event.concerns(),
            subjects: own.len(),
            leaf: (stretch.indexed < recorded.position).then(|| recorded.leaf_with(&own)),
            entry: Entry::of(&recorded),
        });
        portion.subjects.extend(own);
        if stretch.known < recorded.position {
            R::note(&mut portion.part, &recorded);
        }
    }
    Ok(portion)
}
