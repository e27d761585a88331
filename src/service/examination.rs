//! Examination: a data directory that no server uses, read back whole without changing it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    scaffold::{Scaffold, ScaffoldError},
    survey::{Survey, SurveyError},
};
use crate::{
    ledger::{Inspection, READ_BYTES, read_stored},
    log::{
        Log as _, ReadError,
        sled::{OpenError, SledLog},
    },
    position::Position,
    proof::{Frontier, Hash},
};

/// What a server would not start with, or could not answer from.
#[derive(Clone, Debug)]
pub struct Discovery {
    /// The first position that is affected.
    pub position: Position,
    /// The file.
    pub file: PathBuf,
    /// What is wrong.
    pub problem: String,
}

/// What was examined.
#[derive(Clone, Copy, Debug)]
pub struct Examined {
    /// The last position that could be read.
    pub tail: Position,
    /// The root over everything up to it.
    pub root: Hash,
}

/// Why nothing could be examined.
#[derive(Debug, thiserror::Error)]
pub enum ExaminationError {
    /// The directory cannot be read.
    #[error(transparent)]
    Survey(#[from] SurveyError),
    /// There is no place for a copy.
    #[error(transparent)]
    Scaffold(#[from] ScaffoldError),
    /// The copy cannot be made.
    #[error("cannot copy {path}: {error}\nThe examination works on a copy, which needs as much room as the log.", path = path.display())]
    Copy {
        /// What was copied.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The copy cannot be read.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The storage failed.
    #[error(transparent)]
    Read(#[from] ReadError),
}

/// Examines a directory: the bytes of its files, and, on a copy, what the log makes of them. `watch` is told of each
/// position reached and of where it will end; `find` of everything that is wrong.
pub async fn examine(
    data: &Path,
    mut watch: impl FnMut(Position, Position),
    mut find: impl FnMut(Discovery),
) -> Result<Examined, ExaminationError> {
    let survey = Survey::of(data)?;
    let scaffold = Scaffold::beside(survey.path())?;
    let copy = scaffold.data();
    for name in ["sled", "journal", "tail"] {
        let from = survey.path().join(name);
        copy_all(&from, &copy.join(name)).map_err(|error| ExaminationError::Copy { path: from, error })?;
    }
    let (mut inspection, mut tree) = (Inspection::default(), Frontier::default());
    let log = match SledLog::open(&copy) {
        Ok(log) => log,
        Err(OpenError::Damaged { position, file, reason }) => {
            let file = file.strip_prefix(&copy).map_or_else(|_| survey.db(), |name| survey.path().join(name));
            find(Discovery { position, file, problem: reason });
            return Ok(Examined { tail: Position::START, root: tree.root() });
        }
        Err(error) => return Err(error.into()),
    };
    let until = log.tail();
    let found = |position, problem| Discovery { position, file: survey.db(), problem };
    while tree.size() < until.get() {
        let next = Position::new(tree.size()).next();
        let records = match log.read(next, READ_BYTES).await {
            Ok(run) => run.records,
            Err(ReadError::Damaged { position, reason }) => {
                find(found(position, reason));
                break;
            }
            Err(error) => return Err(error.into()),
        };
        if records.is_empty() {
            find(found(next, "missing".to_owned()));
            break;
        }
        for record in records {
            let position = Position::new(tree.size()).next();
            match read_stored(position, record) {
                Ok(recorded) => {
                    tree.push(recorded.leaf());
                    for flaw in inspection.look_at(&recorded) {
                        find(found(position, flaw.to_string()));
                    }
                }
                Err(error) => {
                    find(found(position, error.to_string()));
                    return Ok(Examined { tail: Position::new(tree.size()), root: tree.root() });
                }
            }
        }
        watch(Position::new(tree.size()), until);
    }
    let examined = Examined { tail: Position::new(tree.size()), root: tree.root() };
    if survey.sound < examined.tail {
        let problem = "its block does not follow from the one before it (chain of blocks)".to_owned();
        find(found(survey.sound.next(), problem));
    }
    log.close().await.map_err(|error| ReadError::Failed { reason: error.to_string() })?;
    Ok(examined)
}

/// Copies a file, or a folder with all in it. It need not be there.
fn copy_all(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_dir() {
        fs::create_dir(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy_all(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    match fs::copy(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        copied => copied.map(drop),
    }
}
