//! `restore`: a data directory from a backup, without a server.

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{
    connection::Session, failure::Failure, output::note, page::clean, progress::Progress, verify::finished,
    words,
};
use crate::service::{RestoreError, Restored, backup::Source, finish, restore};

/// Restore a backup to a new data directory, without a server
#[derive(Debug, Args)]
#[command(
    after_help = "The directory appears only when every record is in it and their root is the one that was signed.\n\n\
    Examples:\n  \
    chancery restore --from /backup/chancery --data chancery-data --signing-key chancery.key\n  \
    zstdcat chancery.backup.zst | chancery restore --from - --data chancery-data"
)]
pub struct Restore {
    /// A directory of backup files, one such file, or - for standard input
    #[arg(long, env = "CHANCERY_RESTORE_FROM", value_name = "DIR|-")]
    from: PathBuf,
    /// Where the record is to be; must be empty or not there yet
    #[arg(long, env = "CHANCERY_DATA", value_name = "DIR")]
    data: PathBuf,
    /// A copy of the chancery.key that the record was signed with, to go on signing with it
    #[arg(long, env = "CHANCERY_SIGNING_KEY", value_name = "FILE")]
    signing_key: Option<PathBuf>,
}

impl Restore {
    /// Restores, and says what became of the key.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        if let Some(kept) = finish(&self.data)? {
            note(&finished(&kept));
        }
        let source = open(&self.from).map_err(|error| Box::new(RestoreError::from(error)))?;
        let progress = Progress::start("restoring", source.bytes());
        let restored = restore(source, &self.data, self.signing_key.as_deref(), |bytes, position| {
            progress.advance(bytes, words::count(position.get(), "event", "events"));
        });
        let restored = restored.await.map_err(Box::new)?;
        drop(progress);
        let Restored { tail, root, key } = &restored;
        let done = format!(
            "Restored {} to {}: root {root}, as signed by {}.\n",
            words::count(tail.get(), "event", "events"),
            self.data.display(),
            clean(key.name().as_str()),
        );
        let said = session.printer.done(&done);
        note(&self.about_key(&restored));
        said
    }

    fn about_key(&self, Restored { tail, key, .. }: &Restored) -> String {
        let name = clean(key.name().as_str());
        match self.signing_key {
            Some(_) => format!(
                "NOTE: it goes on signing as {name}. If the record had more than {tail} events when it was lost, checkpoints \
                 of more than {tail}\nare not continued, and `chancery check --remember` will say so: see docs/operations.md."
            ),
            None => format!(
                "WARNING: without --signing-key the next start makes a new key and a new origin. Checkpoints and proofs \
                 signed as {name}\nstay valid by themselves, but this record cannot continue them: whoever remembers one has \
                 to learn the new key."
            ),
        }
    }
}

/// A backup in a directory, a file, or on standard input.
pub fn open(from: &Path) -> Result<Source, crate::service::backup::SourceError> {
    match from == Path::new("-") {
        true => Ok(Source::stream(Box::new(io::stdin()))),
        false => Source::folder(from),
    }
}
