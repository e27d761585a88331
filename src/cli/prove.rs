//! `prove`: the proof that an event is in the record, as a file that needs no server to be checked.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;
use uuid::Uuid;

use super::{
    connection::Session,
    event_reference::EventReference,
    failure::Failure,
    output::{Format, note, refuse_nowhere},
    whole_file,
};
use crate::{
    proof::{Document, DocumentError, Hash, KeyError, Opening, SALT_BYTES, Salt},
    wire::v1,
};

/// Prove that an event is in the record, in a file that anybody can check without a server
#[derive(Debug, Args)]
#[command(
    after_help = "The file (c2sp.org/tlog-proof) holds the whole record: give it to those who may read that.\n\n\
    Examples:\n  \
    chancery prove c46faa97 -o event.tlog-proof\n  \
    chancery prove 6f0e5c1e-6a3b-4b39-8f5d-0a7d6f1d2c3b --output json"
)]
pub struct Prove {
    /// The event: its id, the first eight characters of it or more, or its position
    #[arg(value_name = "EVENT")]
    event: EventReference,
    /// Where to write the proof; standard output when it is - or not given
    #[arg(short = 'o', long, env = "CHANCERY_PROVE_FILE", value_name = "FILE|-")]
    file: Option<PathBuf>,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// The answer proves nothing.
    #[error("the answer of the server does not prove it: {0}")]
    Unproven(#[from] DocumentError),
    /// The server has no key that this program can use.
    #[error("the key of the server cannot be used: {0}")]
    Key(#[from] KeyError),
    /// The file cannot be written.
    #[error("cannot write {path}: {error}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

impl Prove {
    /// Asks, checks the answer, and writes.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let event_id = self.event.find(session).await?;
        let mut audit = session.audit().await?;
        let request = v1::GetInclusionProofRequest { event_id, tree_size: 0 };
        let answer = audit.get_inclusion_proof(session.request(request)).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        let key = audit.get_verifier_key(session.request(v1::GetVerifierKeyRequest {})).await;
        let key = key.map_err(|status| session.refused(status))?.into_inner().verifier_key;
        let document = document(&answer).ok_or(Failure::Incomplete { part: "proof" })?;
        let key = key.parse().map_err(ProveError::Key)?;
        let proven = document.verify(&key).map_err(ProveError::Unproven)?;
        let Some(path) = self.file.filter(|path| path != Path::new("-")) else {
            refuse_nowhere("proof")?;
            let printed = match session.printer.format() {
                Format::Table => session.printer.text(&document.to_string()),
                Format::Json => session.printer.message(&answer),
                Format::Jsonl => session.printer.lines([&answer]),
            };
            let printed = printed.and_then(|()| session.printer.flush());
            return printed.map_err(|failure| failure.of_whole("proof"));
        };
        whole_file::replace(&path, &document.to_string())
            .map_err(|error| ProveError::Write { path: path.clone(), error })?;
        note(&format!(
            "wrote {}: the event is at position {} of the {} of {}\n\
             Check it with `chancery check {} --key KEY`; `chancery key` shows the key.",
            path.display(),
            proven.position,
            super::words::count(proven.checkpoint.size, "event", "events"),
            proven.checkpoint.origin,
            path.display(),
        ));
        Ok(())
    }
}

/// The answer as a document; `None` when it lacks something.
fn document(answer: &v1::GetInclusionProofResponse) -> Option<Document> {
    let record = answer.record.as_ref()?;
    let recorded_at = record.recorded_at.as_ref()?;
    let recorded_at = jiff::Timestamp::new(recorded_at.seconds, recorded_at.nanos).ok()?;
    let salt: [u8; SALT_BYTES] = record.salt.as_ref().try_into().ok()?;
    let opening = Opening {
        recorded_at: recorded_at.as_microsecond(),
        event: Uuid::try_parse(&record.event_id).ok()?.into_bytes(),
        commit: Uuid::try_parse(&record.commit_id).ok()?.into_bytes(),
        salt: Salt::new(salt),
        recorded_by: record.recorded_by.clone(),
        subjects: record.subjects.clone(),
        content: record.content.clone(),
    };
    Some(Document {
        opening,
        index: answer.leaf_index,
        path: hashes(&answer.hashes)?,
        checkpoint: answer.checkpoint.clone(),
    })
}

/// The hashes of an answer; `None` when one is not a hash.
pub fn hashes(hashes: &[bytes::Bytes]) -> Option<Vec<Hash>> {
    hashes.iter().map(|hash| Hash::try_from(hash.as_ref()).ok()).collect()
}
