//! Examination: a data directory that no server uses, read back whole without changing it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{
    hint,
    key::{self, KeyFileError},
    place::{self, misshapen},
    scaffold::{Scaffold, ScaffoldError},
    survey::{Survey, SurveyError},
    witness::{Testimony, Witness},
};
use crate::{
    ledger::{Inspection, READ_BYTES, read_stored},
    log::{
        AppendError, Log as _, ReadError,
        sled::{Contradiction, OpenError, SledLog},
    },
    position::Position,
    proof::{Frontier, Hash, VerifierKey},
};

/// What it means when the files contradict each other.
const OF_ANOTHER: &str = "`tail`, the journal and the database are not of one record, so that events of one of them may be gone \
                          although nothing is missing from the files";

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
#[derive(Debug)]
pub struct Examined {
    /// The last position that could be read.
    pub tail: Position,
    /// The root over everything up to it.
    pub root: Hash,
    /// The key that a server would sign with, `None` when it would make one; or why it would not start with the one there is.
    pub key: Result<Option<VerifierKey>, KeyFileError>,
    /// Whether other processes were kept from the directory.
    pub lock: Lock,
    /// The damaged files that hold nothing which the database does not: a start keeps them under another name, and goes on.
    pub dispensable: Vec<PathBuf>,
    /// The mark by which a repair has set the directory aside, if it has: no server starts there.
    pub set_aside: Option<PathBuf>,
}

/// Whether others were kept away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// They were.
    Held,
    /// The directory may not be written to, so that nothing keeps a server from using it meanwhile.
    Missing,
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
    /// The system refused to open the copy.
    #[error("{path}, in a copy that was opened as a server would: {error}{}", hint::of(error), path = path.display())]
    Copied {
        /// The file that was copied.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
    /// The copy cannot be made.
    #[error(
        "cannot copy {path}: {error}{}\n\
         The examination works on a copy beside the directory, which needs as much room as the log; in TMPDIR, when nothing may \
         be written beside it.",
        hint::of(error), path = path.display()
    )]
    Copy {
        /// What was copied.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The copy takes more room than there is.
    #[error("the copy of the directory cannot be opened as a server would open it: {0}")]
    Room(String),
    /// The copy cannot be read.
    #[error("{}", hint::opening(.0))]
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
    let (key, lock) = (key::look(survey.path()), if survey.is_locked() { Lock::Held } else { Lock::Missing });
    let mut dispensable = Vec::new();
    let (tail, root) = examine_log(&survey, &mut watch, &mut find, &mut dispensable).await?;
    Ok(Examined { tail, root, key, lock, dispensable, set_aside: survey.set_aside() })
}

/// The last position of the log that could be read, and the root over everything up to it.
async fn examine_log(
    survey: &Survey,
    watch: &mut impl FnMut(Position, Position),
    find: &mut impl FnMut(Discovery),
    dispensable: &mut Vec<PathBuf>,
) -> Result<(Position, Hash), ExaminationError> {
    let nothing = (Position::START, Hash::of_nothing());
    if place::lost(survey.path()).is_some() {
        let problem =
            "it is missing, and the database with it; what is left of the record is in the journal only";
        let file = survey.path().join("tail");
        find(Discovery { position: survey.sound.next(), file, problem: problem.to_owned() });
        return Ok(nothing);
    }
    if let Some((file, misfit)) = misshapen(survey.path()) {
        find(Discovery { position: survey.sound.next(), file, problem: format!("it is {misfit}") });
        return Ok(nothing);
    }
    let absence = match fs::metadata(survey.db()) {
        Ok(found) if found.len() == 0 => Some("it is empty"),
        Ok(_) => None,
        Err(_) => Some("it is missing"),
    };
    if let Some(problem) = absence
        && survey.named.is_some_and(|named| survey.sound < named)
    {
        find(Discovery { position: survey.sound.next(), file: survey.db(), problem: problem.to_owned() });
        return Ok(nothing);
    }
    let scaffold = scaffold(survey.path())?;
    let copy = scaffold.data();
    for name in ["sled", "journal", "tail"] {
        let from = survey.path().join(name);
        copy_all(&from, &copy.join(name)).map_err(|error| ExaminationError::Copy { path: from, error })?;
    }
    let (mut inspection, mut tree) = (Inspection::default(), Frontier::default());
    let original =
        |file: &Path| file.strip_prefix(&copy).map_or_else(|_| survey.db(), |name| survey.path().join(name));
    let log = match SledLog::open(&copy) {
        Ok(log) => log,
        Err(OpenError::Damaged { position, file, reason }) => {
            find(located(survey, position, original(&file), reason));
            return Ok(nothing);
        }
        Err(OpenError::Io { path, source }) => {
            return Err(ExaminationError::Copied { path: original(&path), error: source });
        }
        Err(error) => return Err(error.into()),
    };
    *dispensable = survey.unusable();
    let until = log.tail();
    if let Some(reason) = log.poisoned() {
        if hint::is_full(&reason) {
            return Err(ExaminationError::Room(hint::appending(&AppendError::Poisoned { reason })));
        }
        let problem = format!("a server could read the record, and write nothing: {reason}");
        find(Discovery { position: until.next(), file: survey.db(), problem });
    }
    let found = |position, problem| Discovery { position, file: survey.db(), problem };
    while tree.size() < until.get() {
        let next = Position::new(tree.size()).next();
        let records = match log.read(next, READ_BYTES).await {
            Ok(run) => run.records,
            Err(ReadError::Damaged { position, reason }) => {
                find(located(survey, position, survey.db(), reason));
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
                    return Ok((Position::new(tree.size()), tree.root()));
                }
            }
        }
        watch(Position::new(tree.size()), until);
    }
    let tail = Position::new(tree.size());
    if survey.sound < tail {
        let problem = "its block does not follow from the one before it (chain of blocks)".to_owned();
        find(found(survey.sound.next(), problem));
    }
    if let Some(Contradiction { position, file, reason }) = survey.contradiction() {
        find(Discovery {
            position: *position,
            file: file.clone(),
            problem: format!("{reason}; {OF_ANOTHER}"),
        });
    }
    if let Some(Witness { file, position, testimony }) = &survey.witness {
        let (at, problem) = match testimony {
            Testimony::Cut => (
                tail.next(),
                format!(
                    "it is of {position} events, and the log ends at position {tail}: the log lost its newest events, or was \
                     put back from an older copy"
                ),
            ),
            Testimony::Exchanged => (
                *position,
                format!(
                    "it is of {position} events, and the first {position} of the log are others: the files of the log were \
                     exchanged for those of another record"
                ),
            ),
        };
        find(Discovery { position: at, file: file.clone(), problem });
    }
    if log.poisoned().is_none() {
        log.close().await.map_err(|error| ReadError::Failed { reason: error.to_string() })?;
    }
    Ok((tail, tree.root()))
}

/// A scaffold beside the directory; among the temporary files when nothing may be written there.
fn scaffold(data: &Path) -> Result<Scaffold, ScaffoldError> {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    match Scaffold::beside(data) {
        Err(ScaffoldError::Io { error, .. } | ScaffoldError::Unwritable { error, .. })
            if matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem) =>
        {
            Scaffold::beside(&env::temp_dir().join(format!("chancery-verify-{}", Uuid::now_v7())))
        }
        scaffold => scaffold,
    }
}

/// A fault that the log came upon, beside what the bytes of its files say. The storage engine refuses whole pages, each of
/// several blocks, so that what it cannot read first may be sound.
fn located(survey: &Survey, position: Position, file: PathBuf, reason: String) -> Discovery {
    let damaged = survey.sound.next();
    if survey.contradiction().is_some() {
        return Discovery { position, file, problem: format!("{reason}; {OF_ANOTHER}") };
    }
    if survey.is_complete() {
        let problem = format!("{reason}; every record is whole in the files, and a repair keeps them all");
        return Discovery { position, file, problem };
    }
    if file != survey.db() || survey.gone.is_empty() || damaged <= position {
        return Discovery { position, file, problem: reason };
    }
    let last = survey.sound;
    let problem = format!(
        "{reason}; a server cannot read positions {position} to {last} either, and a repair keeps them"
    );
    Discovery { position: damaged, file, problem }
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
