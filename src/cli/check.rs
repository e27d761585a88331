//! `check`: verifies a proof without a server, and that the record was only added to since a remembered checkpoint.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
};

use clap::Args;
use prost::Message as _;
use tonic::Code;
use uuid::Uuid;

use super::{
    connection::Session,
    failure::Failure,
    output::{Format, note},
    page::{Look, Page, Text, Tone, clean},
    prove::hashes,
    secret::VerifierKeys,
    statement, whole_file, words,
};
use crate::{
    proof::{
        Checkpoint, CheckpointError, DOCUMENT_BYTES_MAX, Document, DocumentError, Proven, VerifierKey,
        extends,
    },
    wire::{timestamp, v1},
};

/// Check a proof without a server, or that the record was only added to since a checkpoint
#[derive(Debug, Args)]
#[command(
    after_help = "With FILE, a server is asked only when --remember finds a checkpoint of another size.\n\n\
    Examples:\n  \
    chancery check event.tlog-proof --key \"$(cat record.vkey)\"\n  \
    chancery check event.tlog-proof --key \"$(cat record.vkey)\" --remember record.checkpoint\n  \
    chancery check --key \"$(cat record.vkey)\" --remember record.checkpoint"
)]
pub struct Check {
    /// The proof, as `chancery prove` writes it, or - for standard input; without one, the checkpoint of the server is checked
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// The key of the record, as `chancery key` shows it
    #[arg(long, env = "CHANCERY_KEY", value_name = "KEY", value_parser = VerifierKeys, hide_env_values = true)]
    key: VerifierKey,
    /// The last checkpoint that was seen: fails unless one of the two continues the other, and keeps the later one;
    /// written when it is not there
    #[arg(long, env = "CHANCERY_REMEMBER", value_name = "FILE")]
    remember: Option<PathBuf>,
}

/// Why a proof or a checkpoint is not to be believed.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The proof proves nothing.
    #[error("{path} is REFUSED: {error}", path = path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        error: DocumentError,
    },
    /// The proof holds, but what the record says cannot be read.
    #[error("{path} is proven, but this program cannot read the event in it: {error}", path = path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// Why.
        error: prost::DecodeError,
    },
    /// A file cannot be read or written.
    #[error("cannot use {path}: {error}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The file is a link, and nothing is where it leads.
    #[error(
        "{path} is a link to {target}, and nothing is there: nothing was compared, and nothing is remembered\n\
         Mount or put back what it leads to. If nothing was ever remembered there, name that file itself.",
        path = path.display(), target = target.display()
    )]
    Dangling {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// The later checkpoint cannot be kept.
    #[error(
        "the check itself held, and its checkpoint cannot be kept in {path}: {error}\n\
         What was remembered before stays. Run the check again when the file can be written.",
        path = path.display()
    )]
    Unkept {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// The checkpoint that was remembered is not to be believed.
    #[error(
        "the remembered checkpoint in {path} is REFUSED: {error}\n\
         Put back a copy of it. Without one, move it away: the next check remembers the checkpoint that it finds, and cannot tell \
         what was changed before that. If the record has a new key, as its keeper told you, remember it in a new file.",
        path = path.display()
    )]
    Remembered {
        /// The file.
        path: PathBuf,
        /// Why.
        error: CheckpointError,
    },
    /// The checkpoint of the server is not to be believed.
    #[error(
        "the checkpoint of the server is REFUSED: {0}\n\
         If this is the right server, its record is another one now, or has a new key: ask whoever runs it, over a way that you trust."
    )]
    Served(CheckpointError),
    /// Neither checkpoint continues the other.
    #[error(
        "REWRITTEN: the tree of {} does not continue that of {}: what was recorded has been changed, moved or removed\n\
         The remembered checkpoint stays in {path}, and the one that contradicts it is in {contradiction}.\n\
         Keep both, and give copies to others who remember: {}.",
        words::count(*later, "event", "events"), words::count(*earlier, "event", "events"),
        match earlier == later {
            true => "the two signatures prove it",
            false => "the same key signed them, and nobody can show that one continues the other",
        },
        path = path.display(), contradiction = contradiction.display()
    )]
    Rewritten {
        /// Where the remembered one is.
        path: PathBuf,
        /// Where the other is.
        contradiction: PathBuf,
        /// The smaller size.
        earlier: u64,
        /// The larger size.
        later: u64,
    },
    /// A checkpoint contradicts the remembered one, and cannot be kept beside it.
    #[error(
        "REWRITTEN or CUT: this checkpoint contradicts the one in {path}, and cannot be written beside it: {error}\n\
         Keep both.\n\n{note}",
        path = path.display()
    )]
    Contradiction {
        /// Where the remembered one is.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
        /// The other.
        note: String,
    },
    /// The server holds less than was remembered.
    #[error(
        "CUT: the record had {} when a checkpoint was signed that is remembered or proven here, and the server's has {}\n\
         The remembered checkpoint stays in {path}, and that of the server is in {contradiction}. Keep both, and ask whoever runs \
         the server: a record that was restored from an earlier backup, or repaired, with the old key looks the same as one that \
         was shortened.",
        words::count(*signed, "event", "events"), words::thousands(*now),
        path = path.display(), contradiction = contradiction.display()
    )]
    Cut {
        /// Where the remembered one is.
        path: PathBuf,
        /// Where that of the server is.
        contradiction: PathBuf,
        /// The larger size that was signed.
        signed: u64,
        /// The size of the server's record.
        now: u64,
    },
}

/// What became of the remembered checkpoint.
struct Memory {
    /// The size it had; `None` when there was none.
    before: Option<u64>,
    /// The size it has now.
    now: u64,
}

impl Check {
    /// Checks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let proven = self.file.as_deref().map(|path| prove(path, &self.key)).transpose()?;
        let Some((path, (document, proven))) = self.file.zip(proven) else {
            let served = served(session).await?;
            let text = match &self.remember {
                Some(path) => told(&remember(session, path, &served.checkpoint, &self.key).await?),
                None => {
                    alone(&Checkpoint::verify(&served.checkpoint, &self.key).map_err(CheckError::Served)?)
                }
            };
            let text = format!("{}: {text}\n", self.key.name());
            return match session.printer.format() {
                Format::Table => session.printer.text(&text),
                Format::Json => session.printer.message(&served),
                Format::Jsonl => session.printer.lines([&served]),
            };
        };
        let memory = match &self.remember {
            None => None,
            Some(remembered) => {
                let memory = remember(session, remembered, &document.checkpoint, &self.key).await;
                if let Err(Failure::Unreachable { .. } | Failure::Refused { .. }) = &memory {
                    note(&unremembered(&path, &proven, remembered));
                }
                Some(memory?)
            }
        };
        let record = record(&document, &proven).map_err(|error| CheckError::Content { path, error })?;
        match session.printer.format() {
            Format::Table => {
                let text = dossier(&record, &document, &proven, memory.as_ref(), session.printer.look());
                session.printer.text(&text)
            }
            Format::Json => session.printer.message(&record),
            Format::Jsonl => session.printer.lines([&record]),
        }
    }
}

/// What is known of a proof when no server helps to compare its checkpoint.
fn unremembered(path: &Path, proven: &Proven, remembered: &Path) -> String {
    format!(
        "The proof in {} holds by itself: its event is at position {} of the {} of {}.\n\
         Its checkpoint was not compared with the remembered one in {}: that takes a server, because they are of different sizes.",
        path.display(),
        proven.position,
        words::count(proven.checkpoint.size, "event", "events"),
        clean(&proven.checkpoint.origin),
        remembered.display(),
    )
}

/// Reads and verifies a proof.
fn prove(path: &Path, key: &VerifierKey) -> Result<(Document, Proven), CheckError> {
    let text = match path == Path::new("-") {
        true => take(io::stdin()),
        false => fs::File::open(path).and_then(take),
    };
    let text = text.map_err(|error| CheckError::Io { path: path.to_owned(), error })?;
    let refused = |error| CheckError::Refused { path: path.to_owned(), error };
    let document = Document::read(&text).map_err(refused)?;
    let proven = document.verify(key).map_err(refused)?;
    Ok((document, proven))
}

/// What can be read, but only a little more than the longest document.
fn take(input: impl io::Read) -> io::Result<String> {
    let mut text = String::new();
    let most = DOCUMENT_BYTES_MAX as u64 + 1;
    input.take(most).read_to_string(&mut text).map(|_| text)
}

/// The checkpoint of the server as it is now.
async fn served(session: &Session) -> Result<v1::GetCheckpointResponse, Failure> {
    let request = session.request(v1::GetCheckpointRequest { tree_size: 0 });
    let answer = session.audit().await?.get_checkpoint(request).await;
    Ok(answer.map_err(|status| session.refused(status))?.into_inner())
}

/// The checkpoint that was remembered in a file.
pub fn recall(path: &Path, key: &VerifierKey) -> Result<Checkpoint, CheckError> {
    let note = fs::File::open(path).and_then(take);
    let note = note.map_err(|error| match fs::read_link(path) {
        Ok(target) if error.kind() == io::ErrorKind::NotFound => {
            CheckError::Dangling { path: path.to_owned(), target }
        }
        _ => CheckError::Io { path: path.to_owned(), error },
    })?;
    Checkpoint::verify(&note, key).map_err(|error| CheckError::Remembered { path: path.to_owned(), error })
}

/// Compares a checkpoint with the remembered one, and keeps the later of the two.
async fn remember(session: &Session, path: &Path, note: &str, key: &VerifierKey) -> Result<Memory, Failure> {
    let found = Checkpoint::verify(note, key).map_err(CheckError::Served)?;
    loop {
        let kept = recalled(path, key)?;
        let later = compare(session, path, note, (&found, kept.as_ref()), key).await?;
        let before = kept.as_ref().map(|kept| kept.size);
        // Another check may have remembered a later one meanwhile, which this one is to be compared with.
        if before == Some(later) || save(path, note, key, kept.as_ref())? {
            return Ok(Memory { before, now: later });
        }
    }
}

/// The checkpoint that was remembered in a file, if there is one.
fn recalled(path: &Path, key: &VerifierKey) -> Result<Option<Checkpoint>, CheckError> {
    match recall(path, key) {
        Err(CheckError::Io { error, .. }) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        recalled => recalled.map(Some),
    }
}

/// Fails unless a checkpoint and the one that was kept continue one another. The later size.
async fn compare(
    session: &Session,
    path: &Path,
    note: &str,
    (found, kept): (&Checkpoint, Option<&Checkpoint>),
    key: &VerifierKey,
) -> Result<u64, Failure> {
    let Some(kept) = kept else { return Ok(found.size) };
    let (earlier, later) = if found.size < kept.size { (found, kept) } else { (kept, found) };
    let mut proof = Vec::new();
    if earlier.size < later.size {
        let request =
            v1::GetConsistencyProofRequest { first_tree_size: earlier.size, second_tree_size: later.size };
        let answer = session.audit().await?.get_consistency_proof(session.request(request)).await;
        let answer = match answer {
            Err(status) if status.code() == Code::OutOfRange => {
                return Err(cut(session, path, later.size, key).await?.into());
            }
            answer => answer.map_err(|status| session.refused(status))?,
        };
        proof = hashes(&answer.into_inner().hashes).ok_or(Failure::Incomplete { part: "proof" })?;
    }
    if !extends((earlier.size, earlier.root), (later.size, later.root), &proof) {
        let (path, contradiction) = (path.to_owned(), contradict(path, note)?);
        return Err(
            CheckError::Rewritten { path, contradiction, earlier: earlier.size, later: later.size }.into()
        );
    }
    Ok(later.size)
}

/// That the record of the server ends before a size that was signed, with the checkpoint that shows it.
async fn cut(session: &Session, path: &Path, signed: u64, key: &VerifierKey) -> Result<CheckError, Failure> {
    let note = served(session).await?.checkpoint;
    let now = Checkpoint::verify(&note, key).map_err(CheckError::Served)?.size;
    Ok(CheckError::Cut { path: path.to_owned(), contradiction: contradict(path, &note)?, signed, now })
}

/// Keeps a checkpoint that contradicts the remembered one beside it.
fn contradict(path: &Path, note: &str) -> Result<PathBuf, CheckError> {
    whole_file::beside(path, ".contradicts", note).map_err(|error| CheckError::Contradiction {
        path: path.to_owned(),
        error,
        note: note.to_owned(),
    })
}

/// Writes a checkpoint so that the one before stays until the new one is there, unless another process has come before.
/// Whether it was written.
fn save(path: &Path, note: &str, key: &VerifierKey, kept: Option<&Checkpoint>) -> Result<bool, CheckError> {
    let seen = |it: &Checkpoint| (it.size, it.root);
    let is_as_seen = || recalled(path, key).is_ok_and(|now| now.as_ref().map(seen) == kept.map(seen));
    whole_file::replace_if(path, note, is_as_seen)
        .map_err(|error| CheckError::Unkept { path: path.to_owned(), error })
}

/// What a checkpoint says that is compared with no other.
fn alone(checkpoint: &Checkpoint) -> String {
    format!(
        "signed with this key, at {}, root {}; --remember FILE also tells whether the record was only added to",
        words::count(checkpoint.size, "event", "events"),
        checkpoint.root
    )
}

fn told(memory: &Memory) -> String {
    let now = words::count(memory.now, "event", "events");
    match memory.before {
        None => format!("remembered for the first time, at {now}"),
        Some(before) if before == memory.now => format!("as remembered, at {now}"),
        Some(before) => format!("was only added to, from {} to {now}", words::thousands(before)),
    }
}

/// The record in a proof, as the API has it.
fn record(document: &Document, proven: &Proven) -> Result<v1::Record, prost::DecodeError> {
    let opening = &document.opening;
    let recorded_at = jiff::Timestamp::from_microsecond(opening.recorded_at).ok();
    Ok(v1::Record {
        position: proven.position.get(),
        recorded_at: recorded_at.map(timestamp::write),
        recorded_by: opening.recorded_by.clone(),
        commit_id: Uuid::from_bytes(opening.commit).to_string(),
        event: Some(v1::Event::decode(opening.content.clone())?),
    })
}

fn dossier(
    record: &v1::Record,
    document: &Document,
    proven: &Proven,
    memory: Option<&Memory>,
    look: Look,
) -> String {
    let mut page = Page::new(look);
    page.title(statement::record_line(record));
    page.paragraph(Text::toned(
        format!(
            "Event {}, position {}, recorded {} by {}",
            Uuid::from_bytes(document.opening.event),
            record.position,
            words::minute(record.recorded_at.as_ref()),
            record.recorded_by,
        ),
        Tone::Faint,
    ));
    let tree = words::count(proven.checkpoint.size, "event", "events");
    page.labelled("proven", Text::toned("signature, tree and record fit together", Tone::Strong));
    page.labelled("log", &proven.checkpoint.origin);
    page.labelled("tree", format!("{tree}, root {}", proven.checkpoint.root));
    page.labelled("leaf", proven.leaf.to_string());
    page.labelled("commit", &record.commit_id);
    page.labelled("subjects", document.opening.subjects.join(", "));
    page.labelled("record", memory.map(told).unwrap_or_default());
    page.finish()
}
