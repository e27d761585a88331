//! A survey of a data directory, however damaged: which of its records are sound, which can still be read, which are gone.

use std::{io, path::Path};

use bytes::Bytes;

use super::{
    hint,
    place::{self, PlaceError},
    scaffold::mark_of,
    witness::{Testimony, Witness, claims},
};
use crate::{
    ledger::{Flaw, Inspection, Recorded, read_stored},
    log::sled::{Contradiction, OpenError, Salvage},
    position::Position,
    proof::Frontier,
};

/// Why nothing can be said of a data directory.
#[derive(Debug, thiserror::Error)]
pub enum SurveyError {
    /// There is no record, and there was one, or was to be one, or something else is there.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// It is not there, or in use.
    #[error("{}", hint::opening(.0))]
    Open(#[from] OpenError),
    /// The system refused.
    #[error("cannot read {path}: {error}{}", hint::of(error), path = path.display())]
    Io {
        /// The file.
        path: std::path::PathBuf,
        /// What it said.
        error: io::Error,
    },
}

/// From a position to another, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub first: Position,
    /// The last.
    pub last: Position,
}

/// What was found. The directory stays locked until it is dropped.
#[derive(Debug)]
pub struct Survey {
    salvage: Salvage,
    /// The last position up to which everything is sound.
    pub sound: Position,
    /// Behind that: what can be read.
    pub readable: Vec<Range>,
    /// Behind that: what is gone, as far as anything says that it was there.
    pub gone: Vec<Range>,
    /// Where the record must end, at the least; `None` when nothing says so.
    pub named: Option<Position>,
    /// Why the first record that is not sound is not, when it can be read.
    pub fault: Option<String>,
    /// A snapshot of more events than anything else says that there were, or of others.
    pub witness: Option<Witness>,
}

impl Survey {
    /// Looks through a directory, which nobody may be using. Nothing in it is changed.
    pub fn of(data: &Path) -> Result<Survey, SurveyError> {
        let salvage = Salvage::open(data);
        if salvage.as_ref().map_or_else(|error| !error.is_in_use(), |it| it.stretches().is_empty())
            && let Some(error) = [place::lost, place::unfinished, place::backup, place::below_file]
                .into_iter()
                .find_map(|hindrance| hindrance(data))
        {
            return Err(error.into());
        }
        let salvage = salvage?;
        let named = salvage.named();
        let (readable, gone) = (Vec::new(), Vec::new());
        let mut survey =
            Survey { salvage, sound: Position::START, readable, gone, named, fault: None, witness: None };
        let mut inspection = Inspection::default();
        let mut ranges: Vec<Range> = Vec::new();
        let (mut sound, mut fault, mut broken) = (Position::START, None, false);
        let claims = claims(survey.path());
        let claimed = claims.iter().map(|claim| claim.header.position).max();
        let (mut tree, mut exchanged) = (Frontier::default(), None);
        survey.each(|position, record| {
            let mut leaf = None;
            let flaw = match read_stored(position, record) {
                Ok(recorded) => {
                    leaf = (Some(position) <= claimed).then(|| recorded.leaf());
                    hindrance(&mut inspection, &recorded).map(|flaw| flaw.to_string())
                }
                Err(error) => Some(error.to_string()),
            };
            broken |= position != sound.next() || flaw.is_some();
            if !broken {
                sound = position;
                leaf.into_iter().for_each(|leaf| tree.push(leaf));
                let mut of_this_size = claims.iter().filter(|claim| claim.header.position == position);
                exchanged = exchanged
                    .take()
                    .or_else(|| of_this_size.find_map(|claim| Witness::of_exchange(claim, tree.root())));
                return Ok(());
            }
            if position == sound.next() {
                fault = flaw.clone();
            }
            match ranges.last_mut() {
                Some(range) if range.last.next() == position => range.last = position,
                _ => ranges.push(Range { first: position, last: position }),
            }
            Ok::<_, SurveyError>(())
        })?;
        let mut behind = sound;
        for range in &ranges {
            if behind.next() < range.first {
                let last = Position::new(range.first.get() - 1);
                survey.gone.push(Range { first: behind.next(), last });
            }
            behind = range.last;
        }
        let ended = named.map_or(behind, |named| named.max(behind));
        let cut = Witness::of_cut(&claims, ended);
        let last = cut.as_ref().map_or(ended, |witness| witness.position);
        survey.witness = cut.or(exchanged);
        if behind < last {
            survey.gone.push(Range { first: behind.next(), last });
        }
        (survey.sound, survey.readable, survey.fault) = (sound, ranges, fault);
        Ok(survey)
    }

    /// Whether every record is there, as far as anything says.
    pub fn is_complete(&self) -> bool {
        self.readable.is_empty() && self.gone.is_empty() && self.named.is_some() && !self.is_exchanged()
    }

    /// Whether files are of another record than others: some events of one are gone, and nothing says which.
    pub fn is_exchanged(&self) -> bool {
        let is_of_another = |witness: &Witness| witness.testimony == Testimony::Exchanged;
        self.contradiction().is_some() || self.witness.as_ref().is_some_and(is_of_another)
    }

    /// What shows that the files of the log are of different records.
    pub const fn contradiction(&self) -> Option<&Contradiction> {
        self.salvage.contradiction()
    }

    /// Where the record ended, as far as anything says.
    pub fn ended(&self) -> Position {
        let last = self.gone.iter().chain(&self.readable).map(|range| range.last).max();
        last.map_or(self.sound, |last| last.max(self.sound))
    }

    /// The files of the storage engine's own that are damaged.
    pub fn unusable(&self) -> Vec<std::path::PathBuf> {
        self.salvage.unusable()
    }

    /// Where the records lie.
    pub fn db(&self) -> std::path::PathBuf {
        self.salvage.db()
    }

    /// Whether other processes are kept from using it meanwhile.
    pub const fn is_locked(&self) -> bool {
        self.salvage.is_locked()
    }

    /// The mark by which a repair has set the directory aside, if it has.
    pub fn set_aside(&self) -> Option<std::path::PathBuf> {
        mark_of(self.path())
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.salvage.path()
    }

    /// Gives every record that can be read, in order of position.
    pub fn each<E: From<SurveyError>>(
        &self,
        mut take: impl FnMut(Position, Bytes) -> Result<(), E>,
    ) -> Result<(), E> {
        for stretch in self.salvage.stretches() {
            let path = self.salvage.db();
            let records = self.salvage.read(stretch).map_err(|error| SurveyError::Io { path, error })?;
            for (position, record) in records {
                take(position, record)?;
            }
        }
        Ok(())
    }
}

/// The flaw that would keep a server from starting.
fn hindrance(inspection: &mut Inspection, recorded: &Recorded) -> Option<Flaw> {
    inspection.look_at(recorded).into_iter().find(|flaw| matches!(flaw, Flaw::Dangling(_)))
}
