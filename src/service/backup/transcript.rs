//! The transcript: takes the parts of a backup in order, and believes none of them before it adds up.

use bytes::Bytes;

use crate::{
    ledger::{Recorded, read_stored},
    log::ReadError,
    position::Position,
    proof::{Checkpoint, CheckpointError, Frontier, Hash, KeyError, VerifierKey},
    wire::v1::{self, backup_response::Part},
};

/// Why a part of a backup is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Parts that are missing, or not in order.
    #[error("its parts are not in order: {0}")]
    Order(&'static str),
    /// Not a key.
    #[error("its key cannot be used: {0}")]
    Key(#[from] KeyError),
    /// Signed with another key than is trusted.
    #[error(
        "it is signed with the key {found}, not with {expected}: it is of another record, or the record has a new key, and \
         with that a backup in a directory of its own"
    )]
    Foreign {
        /// The key that is trusted.
        expected: Box<VerifierKey>,
        /// The key in the header.
        found: Box<VerifierKey>,
    },
    /// The checkpoint is not that of the key.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// It goes on somewhere else than the one before ended.
    #[error("{}it begins behind position {found}, and what is there ends at {expected}", missing(*expected, *found))]
    Gap {
        /// Where the one before ended.
        expected: Position,
        /// Where it says it begins.
        found: Position,
    },
    /// It goes on from another record.
    #[error(
        "it continues another record than the one that ends at position {0}: what was recorded up to there is not the same"
    )]
    Rewritten(Position),
    /// A record cannot be read.
    #[error(transparent)]
    Record(#[from] ReadError),
    /// The records are not those that were signed.
    #[error(
        "the records behind position {after} do not add up to the checkpoint at {until}: at least one is not as it was"
    )]
    Root {
        /// Where they begin.
        after: Position,
        /// Where they end.
        until: Position,
    },
}

/// The positions between an end and the next beginning, if that is behind it.
fn missing(end: Position, beginning: Position) -> String {
    match end < beginning {
        true => format!("positions {} to {beginning} are missing: ", end.next()),
        false => String::new(),
    }
}

/// The header of a backup, read.
#[derive(Clone, Debug)]
pub struct Header {
    /// The key of the record; its name is the origin.
    pub key: VerifierKey,
    /// The records are those behind this position.
    pub after: Position,
    /// The last of them.
    pub until: Position,
    /// The right edge of the tree over what lies before.
    pub frontier: Frontier,
    /// The root up to `until`, as it was signed.
    pub root: Hash,
}

impl Header {
    /// Reads a header, and believes its signature only if the key in it made it.
    pub fn read(header: &v1::BackupHeader) -> Result<Header, Fault> {
        let key: VerifierKey = header.verifier_key.parse()?;
        let checkpoint = Checkpoint::verify(&header.checkpoint, &key)?;
        let (after, until) = (Position::new(header.after_position), Position::new(header.until_position));
        if until < after || checkpoint.size != until.get() {
            return Err(Fault::Order("the positions in the header contradict each other"));
        }
        let peaks: Result<Vec<Hash>, _> =
            header.frontier.iter().map(|it| Hash::try_from(it.as_ref())).collect();
        let frontier = peaks.ok().and_then(|peaks| Frontier::new(after.get(), peaks));
        let frontier = frontier.ok_or(Fault::Order("the header does not say what it continues"))?;
        Ok(Header { key, after, until, frontier, root: checkpoint.root })
    }
}

/// What a part has added.
#[derive(Debug)]
pub enum Taken {
    /// A header: what comes next.
    Header(Box<Header>),
    /// Records in order of position, as they are stored and as they are read.
    Records(Vec<(Bytes, Recorded)>),
}

/// What was taken so far. Records given out are of the tree only once [`Transcript::is_complete`].
#[derive(Debug)]
pub struct Transcript {
    key: Option<VerifierKey>,
    /// Where the next header must go on, and the root there; `None`: anywhere.
    behind: Option<(Position, Hash)>,
    tree: Frontier,
    /// The header whose records are under way.
    open: Option<Header>,
}

impl Transcript {
    /// Takes a backup of everything, from the first position on. Of this key, if one is trusted; otherwise of the key that
    /// it names itself.
    pub fn whole(key: Option<VerifierKey>) -> Transcript {
        Transcript::behind(key, Position::START, Hash::of_nothing())
    }

    /// Takes what continues the record of this root up to this position.
    pub fn behind(key: Option<VerifierKey>, position: Position, root: Hash) -> Transcript {
        Transcript { key, behind: Some((position, root)), tree: Frontier::default(), open: None }
    }

    /// Takes a backup that begins anywhere.
    pub fn anywhere(key: Option<VerifierKey>) -> Transcript {
        Transcript { key, behind: None, tree: Frontier::default(), open: None }
    }

    /// Whether all records of the headers so far are there, and add up.
    pub const fn is_complete(&self) -> bool {
        self.open.is_none()
    }

    /// The next position.
    pub const fn next(&self) -> Position {
        self.end().next()
    }

    /// The last position taken, or where the first header must go on.
    pub const fn end(&self) -> Position {
        match (&self.open, self.behind) {
            (None, Some((end, _))) => end,
            _ => Position::new(self.tree.size()),
        }
    }

    /// The root over everything up to the last position taken.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// The key of the record, once it is known.
    pub const fn key(&self) -> Option<&VerifierKey> {
        self.key.as_ref()
    }

    /// Takes the next part.
    pub fn take(&mut self, part: v1::BackupResponse) -> Result<Taken, Fault> {
        match part.part {
            Some(Part::Header(header)) => self.take_header(&header).map(|it| Taken::Header(Box::new(it))),
            Some(Part::Records(records)) => self.take_records(records).map(Taken::Records),
            None => Err(Fault::Order("a part is empty")),
        }
    }

    fn take_header(&mut self, header: &v1::BackupHeader) -> Result<Header, Fault> {
        if !self.is_complete() {
            return Err(Fault::Order("a header comes before the records of the one before are complete"));
        }
        let header = Header::read(header)?;
        match &self.key {
            Some(expected) if *expected != header.key => {
                let (expected, found) = (Box::new(expected.clone()), Box::new(header.key));
                return Err(Fault::Foreign { expected, found });
            }
            Some(_) => {}
            None => self.key = Some(header.key.clone()),
        }
        if let Some((expected, root)) = self.behind {
            if expected != header.after {
                return Err(Fault::Gap { expected, found: header.after });
            }
            if root != header.frontier.root() {
                return Err(Fault::Rewritten(expected));
            }
        }
        self.tree = header.frontier.clone();
        self.open = Some(header.clone());
        self.close()?;
        Ok(header)
    }

    fn take_records(&mut self, part: v1::BackupRecords) -> Result<Vec<(Bytes, Recorded)>, Fault> {
        let left = self.open.as_ref().map(|header| header.until.get() - self.tree.size());
        let left = left.ok_or(Fault::Order("records come without a header"))?;
        if Position::new(part.first_position) != self.next() || left < part.records.len() as u64 {
            return Err(Fault::Order("records are missing, or too many"));
        }
        let mut records = Vec::with_capacity(part.records.len());
        for record in part.records {
            let recorded = read_stored(self.next(), record.clone())?;
            self.tree.push(recorded.leaf());
            records.push((record, recorded));
        }
        self.close()?;
        Ok(records)
    }

    /// Compares the root with the signed one when the last record of a header has come.
    fn close(&mut self) -> Result<(), Fault> {
        let Some(header) = self.open.take_if(|header| header.until.get() == self.tree.size()) else {
            return Ok(());
        };
        let root = self.tree.root();
        if root != header.root {
            return Err(Fault::Root { after: header.after, until: header.until });
        }
        self.behind = Some((header.until, root));
        Ok(())
    }
}
