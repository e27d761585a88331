//! `backup`: the record of a running server, in files or a stream that can be verified and restored without it.

use std::{
    io::{self, BufWriter, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
};

use clap::Args;
use tonic::{Code, Streaming};

use super::{
    connection::Session,
    failure::Failure,
    output::{note, refuse_nowhere},
    page::clean,
    progress::Progress,
    words,
};
use crate::{
    position::Position,
    service::backup::{Draft, Fault, Folder, FolderError, Header, Taken, Transcript, Writer},
    wire::v1::{self, backup_response::Part},
};

/// Back up the record of a running server
#[derive(Debug, Args)]
#[command(
    after_help = "A directory is continued: run it again, and what was recorded since is added as another file. The key that\n\
    signs checkpoints is not part of a backup: keep a copy of chancery.key apart from it.\n\n\
    Examples:\n  \
    chancery backup --to /backup/chancery\n  \
    chancery backup --to - | zstd > chancery.backup.zst\n  \
    chancery verify --backup /backup/chancery\n  \
    chancery restore --from /backup/chancery --data restored"
)]
pub struct Backup {
    /// A directory, made when it is not there; or - for standard output
    #[arg(long, env = "CHANCERY_BACKUP_TO", value_name = "DIR|-")]
    to: PathBuf,
    /// Only what is behind this position; for standard output, because a directory knows where it goes on
    #[arg(long, env = "CHANCERY_BACKUP_AFTER", value_name = "POSITION")]
    after: Option<u64>,
    /// Up to this position; the last one when it is not given
    #[arg(long, env = "CHANCERY_BACKUP_UNTIL", value_name = "POSITION")]
    until: Option<u64>,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The directory cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// What the server sent is not to be believed.
    #[error(
        "what the server sent is REFUSED at position {position}: {fault}\nNothing was added to the backup."
    )]
    Refused {
        /// The first position that cannot be believed.
        position: Position,
        /// Why.
        fault: Box<Fault>,
    },
    /// The record is shorter than its backup.
    #[error(
        "CUT: the backup in {path} has {}, and the record of the server ends before that\n\
         It is not the record that was backed up, or it has lost events. Keep both, and ask `chancery verify`.",
        words::count(*events, "event", "events"), path = path.display()
    )]
    Cut {
        /// The directory.
        path: PathBuf,
        /// How many events are in it.
        events: u64,
    },
}

/// Where the parts go.
enum Target {
    /// The draft goes before the folder that it is in.
    Folder {
        draft: Option<Box<Draft>>,
        folder: Box<Folder>,
    },
    Stream(Writer<BufWriter<io::Stdout>>),
}

impl Backup {
    /// Asks, verifies every record, and writes.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        // A server that is not there leaves no directory behind.
        let mut operations = session.operations().await?;
        let (target, transcript) = match self.to == Path::new("-") {
            true => self.stream()?,
            false => self.folder()?,
        };
        let after = transcript.as_ref().map_or(self.after.unwrap_or(0), |(_, after)| after.get());
        let transcript = transcript.map_or_else(|| Transcript::anywhere(None), |(transcript, _)| transcript);
        if self.until.is_some_and(|until| until <= after) && matches!(target, Target::Folder { .. }) {
            let text = format!("The backup has {} already.{}\n", reach(after), target.unread());
            return session.printer.text(&text);
        }
        let request = v1::BackupRequest { after_position: after, until_position: self.until.unwrap_or(0) };
        let stream =
            session.begun(operations.backup(request)).await.map_err(|status| match status.code() {
                Code::OutOfRange if self.until.is_none() && matches!(target, Target::Folder { .. }) => {
                    BackupError::Cut { path: self.to.clone(), events: after }.into()
                }
                _ => session.refused(status),
            })?;
        take(session, stream, transcript, target).await
    }

    fn stream(&self) -> Result<(Target, Option<(Transcript, Position)>), Failure> {
        if io::stdout().is_terminal() {
            let message = "--to - writes bytes that are not for a terminal: send them to a file or a program";
            return Err(Failure::Argument(message.to_owned()));
        }
        refuse_nowhere("backup")?;
        let writer = Writer::begin(BufWriter::new(io::stdout())).map_err(short)?;
        Ok((Target::Stream(writer), None))
    }

    fn folder(&self) -> Result<(Target, Option<(Transcript, Position)>), Failure> {
        if self.after.is_some() {
            let message = "--after is for --to -: a directory is continued where it ends";
            return Err(Failure::Argument(message.to_owned()));
        }
        let mut progress = None;
        let watch = |read, bytes, position: Position| {
            let bar = progress.get_or_insert_with(|| Progress::start("reading the backup", Some(bytes)));
            bar.advance(read, words::count(position.get(), "event", "events"));
        };
        let folder = Folder::open(&self.to, watch).map_err(BackupError::Folder)?;
        drop(progress);
        let (transcript, after) = match folder.last() {
            Some(Header { key, until, root, .. }) => {
                (Transcript::behind(Some(key.clone()), *until, *root), *until)
            }
            None => (Transcript::whole(None), Position::START),
        };
        Ok((Target::Folder { folder: Box::new(folder), draft: None }, Some((transcript, after))))
    }
}

/// Takes the parts, and says what there is.
async fn take(
    session: &mut Session,
    mut stream: Streaming<v1::BackupResponse>,
    mut transcript: Transcript,
    mut target: Target,
) -> Result<(), Failure> {
    let mut progress = None;
    let mut begun: Option<(v1::BackupHeader, Header)> = None;
    while let Some(part) = session.next(&mut stream).await? {
        let position = transcript.next();
        let taken = transcript.take(part.clone());
        let taken = taken.map_err(|fault| BackupError::Refused { position, fault: Box::new(fault) })?;
        if let (Taken::Header(header), Some(Part::Header(sent))) = (taken, &part.part) {
            target.begin(&header)?;
            progress = Some(Progress::start("backing up", Some(header.until.get() - header.after.get())));
            begun = Some((sent.clone(), *header));
        }
        target.write(&part)?;
        if let (Some(progress), Some((_, header))) = (&progress, &begun) {
            let done = transcript.end().get() - header.after.get();
            progress.advance(done, words::count(done, "event", "events"));
        }
    }
    drop(progress);
    let Some((sent, header)) = begun.filter(|_| transcript.is_complete()) else {
        return Err(Failure::Incomplete { part: "last records" });
    };
    let events = words::count(header.until.get() - header.after.get(), "event", "events");
    let unread = target.unread();
    match target.finish()? {
        None => note(&format!("{events} to standard output: {}", reach(header.until.get()))),
        Some(None) => {
            let text = format!("Nothing new: the backup has {}.{unread}\n", reach(header.until.get()));
            session.printer.answer(&sent, |_, _| Ok(text))?;
        }
        Some(Some(path)) => {
            let text = format!(
                "Backed up {events} to {}: {}, root {}, of {}.\n",
                path.display(),
                reach(header.until.get()),
                header.root,
                clean(header.key.name().as_str()),
            );
            session.printer.answer(&sent, |_, _| Ok(text))?;
        }
    }
    Ok(())
}

/// A stream that nobody reads to its end is no backup.
fn short(error: io::Error) -> Failure {
    Failure::Output(error).of_whole("backup")
}

fn reach(last: u64) -> String {
    format!("everything up to position {last}")
}

impl Target {
    /// Begins a file, unless there is nothing for it.
    fn begin(&mut self, header: &Header) -> Result<(), BackupError> {
        match self {
            Target::Folder { folder, draft } if header.after < header.until => {
                *draft = Some(Box::new(folder.begin(header)?));
            }
            Target::Folder { .. } | Target::Stream(_) => {}
        }
        Ok(())
    }

    fn write(&mut self, part: &v1::BackupResponse) -> Result<(), Failure> {
        match self {
            Target::Folder { draft: Some(draft), .. } => draft.write(part).map_err(BackupError::Folder)?,
            Target::Folder { draft: None, .. } => 0,
            Target::Stream(writer) => writer.write(part).map_err(short)?,
        };
        Ok(())
    }

    /// What was not looked at in the files that are there, as another sentence.
    fn unread(&self) -> String {
        match self {
            Target::Folder { folder, .. } if 1 < folder.files() => format!(
                " Of its {} files only the newest was read whole: `chancery verify --backup {}` reads all of them.",
                folder.files(),
                folder.path().display()
            ),
            Target::Folder { .. } | Target::Stream(_) => String::new(),
        }
    }

    /// Makes it durable. The path of the file, if a directory got one; `None` for a stream.
    fn finish(self) -> Result<Option<Option<PathBuf>>, Failure> {
        match self {
            Target::Folder { draft, folder } => {
                let path = draft.map(|it| it.finish()).transpose().map_err(BackupError::Folder)?;
                folder.keep();
                Ok(Some(path))
            }
            Target::Stream(writer) => {
                writer.finish().flush().map_err(short)?;
                Ok(None)
            }
        }
    }
}
