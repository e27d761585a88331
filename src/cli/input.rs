//! Events in files of JSON Lines, and where each line stands.

use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use prost::Message as _;
use thiserror::Error;
use uuid::Uuid;

use super::page::clean;
use crate::wire::{
    json::{JsonError, event_from_json},
    v1,
};

/// The longest line that is read, in bytes. An event is much smaller; anything longer is not a file of events.
const LINE_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The namespace of the ids given to lines without one.
const LINE_IDS: Uuid = Uuid::from_u128(0x3d0f_1f7e_8c35_4f0c_9d0b_5f6a_21c4_77e9);

/// Why an input cannot be read.
#[derive(Debug, Error)]
pub enum InputError {
    /// A file or directory cannot be read.
    #[error("cannot read {file}: {source}")]
    Unreadable {
        /// Its name.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// A directory has nothing to load.
    #[error("the directory {directory} has no files that end in .jsonl")]
    Empty {
        /// Its name.
        directory: String,
    },
    /// A line is not UTF-8.
    #[error("{origin}: not UTF-8 text")]
    NotText {
        /// The line.
        origin: Origin,
    },
    /// A line is too long.
    #[error("{origin}: longer than {} MiB", LINE_BYTES_MAX / 1024 / 1024)]
    TooLong {
        /// The line.
        origin: Origin,
    },
    /// A line is not an event.
    #[error("{origin}{}: {}", column(error), clean(&error.to_string()))]
    Malformed {
        /// The line.
        origin: Origin,
        /// What is wrong with it.
        error: JsonError,
    },
}

fn column(error: &JsonError) -> String {
    match error {
        JsonError::Malformed { column, .. } => format!(":{column}"),
        JsonError::Undescribed { .. } => String::new(),
    }
}

impl InputError {
    /// The line at fault, when it is one line.
    pub fn origin(&self) -> Option<&Origin> {
        match self {
            InputError::NotText { origin }
            | InputError::TooLong { origin }
            | InputError::Malformed { origin, .. } => Some(origin),
            InputError::Unreadable { .. } | InputError::Empty { .. } => None,
        }
    }
}

/// Where a line stands. Written as `file:line`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The name of the file, or `standard input`.
    pub file: Arc<str>,
    /// The number of the line, from 1.
    pub line: u64,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", clean(&self.file), self.line)
    }
}

/// Several lines in a row, from the first to the last, blank ones not counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first line.
    pub first: Origin,
    /// The last line.
    pub last: Origin,
}

impl Span {
    /// The verb that goes with it.
    pub fn be(&self) -> &'static str {
        if self.first == self.last { "is" } else { "are" }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Span { first, last } = self;
        if first == last {
            write!(f, "line {} of {}", first.line, clean(&first.file))
        } else if first.file == last.file {
            write!(f, "lines {}–{} of {}", first.line, last.line, clean(&first.file))
        } else {
            write!(f, "the lines from {first} to {last}")
        }
    }
}

/// A line and the event on it. The event has an id: see [`identify`].
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Where it stands.
    pub origin: Origin,
    /// What it says.
    pub event: v1::Event,
}

/// The files to be read, in order.
#[derive(Debug)]
pub struct Inputs {
    places: Vec<Place>,
    bytes: Option<u64>,
}

#[derive(Debug)]
enum Place {
    Standard,
    Path(PathBuf),
}

impl Inputs {
    /// The files of these arguments: `-` is standard input, and a directory means its files that end in `.jsonl`, in
    /// the order of their names.
    pub fn find(arguments: &[PathBuf]) -> Result<Inputs, InputError> {
        let mut inputs = Inputs { places: Vec::new(), bytes: Some(0) };
        for argument in arguments {
            if argument.as_os_str() == "-" {
                inputs.places.push(Place::Standard);
                inputs.bytes = None;
                continue;
            }
            let unreadable = |source| InputError::Unreadable { file: argument.display().to_string(), source };
            if !std::fs::metadata(argument).map_err(unreadable)?.is_dir() {
                inputs.add(argument.clone())?;
                continue;
            }
            let mut files = Vec::new();
            for entry in std::fs::read_dir(argument).map_err(unreadable)? {
                let path = entry.map_err(unreadable)?.path();
                if path.extension().is_some_and(|extension| extension == "jsonl") && path.is_file() {
                    files.push(path);
                }
            }
            if files.is_empty() {
                return Err(InputError::Empty { directory: argument.display().to_string() });
            }
            files.sort();
            for file in files {
                inputs.add(file)?;
            }
        }
        Ok(inputs)
    }

    fn add(&mut self, path: PathBuf) -> Result<(), InputError> {
        let metadata = std::fs::metadata(&path);
        let metadata =
            metadata.map_err(|source| InputError::Unreadable { file: path.display().to_string(), source })?;
        // A pipe has no length worth knowing.
        self.bytes = self.bytes.filter(|_| metadata.is_file()).map(|bytes| bytes + metadata.len());
        self.places.push(Place::Path(path));
        Ok(())
    }

    /// How many bytes there are; `None` when it cannot be known.
    pub fn bytes(&self) -> Option<u64> {
        self.bytes
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.places.len()
    }

    /// The lines, file after file.
    pub fn lines(self) -> Lines {
        Lines { places: self.places.into_iter(), open: None, read: 0 }
    }
}

/// The events of several files, a line each; blank lines are skipped. After a line that cannot be read the next ones
/// still can.
pub struct Lines {
    places: std::vec::IntoIter<Place>,
    open: Option<Open>,
    read: u64,
}

struct Open {
    file: Arc<str>,
    line: u64,
    reader: Box<dyn BufRead + Send>,
}

impl Lines {
    /// How many bytes were read.
    pub fn bytes_read(&self) -> u64 {
        self.read
    }

    fn open_next(&mut self) -> Option<Result<(), InputError>> {
        let (name, reader): (String, Box<dyn BufRead + Send>) = match self.places.next()? {
            Place::Standard => ("standard input".to_owned(), Box::new(BufReader::new(io::stdin()))),
            Place::Path(path) => match open(&path) {
                Ok(file) => (path.display().to_string(), Box::new(file)),
                Err(error) => return Some(Err(error)),
            },
        };
        self.open = Some(Open { file: name.into(), line: 0, reader });
        Some(Ok(()))
    }
}

fn open(path: &Path) -> Result<BufReader<File>, InputError> {
    let file = File::open(path);
    let file = file.map_err(|source| InputError::Unreadable { file: path.display().to_string(), source })?;
    Ok(BufReader::with_capacity(128 * 1024, file))
}

impl Iterator for Lines {
    type Item = Result<Line, InputError>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut bytes = Vec::new();
        loop {
            let Some(open) = self.open.as_mut() else {
                match self.open_next()? {
                    Ok(()) => continue,
                    Err(error) => return Some(Err(error)),
                }
            };
            bytes.clear();
            let outcome = open.reader.by_ref().take(LINE_BYTES_MAX + 1).read_until(b'\n', &mut bytes);
            match outcome {
                Ok(0) => self.open = None,
                Ok(length) => {
                    self.read += length as u64;
                    open.line += 1;
                    let origin = Origin { file: Arc::clone(&open.file), line: open.line };
                    if LINE_BYTES_MAX < length as u64 {
                        // Where the next line begins is not known.
                        self.open = None;
                        return Some(Err(InputError::TooLong { origin }));
                    }
                    let Ok(text) = std::str::from_utf8(&bytes) else {
                        return Some(Err(InputError::NotText { origin }));
                    };
                    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
                    if !text.trim().is_empty() {
                        return Some(read_line(text, origin));
                    }
                }
                Err(source) => {
                    let file = open.file.to_string();
                    self.open = None;
                    return Some(Err(InputError::Unreadable { file, source }));
                }
            }
        }
    }
}

fn read_line(text: &str, origin: Origin) -> Result<Line, InputError> {
    match event_from_json(text.trim_end_matches(['\n', '\r'])) {
        Ok(mut event) => {
            identify(&mut event);
            Ok(Line { origin, event })
        }
        Err(error) => Err(InputError::Malformed { origin, error }),
    }
}

/// Gives an event without an id one that follows from its content (a UUIDv5 over its protobuf encoding): the same line
/// is the same event, whenever and from wherever it is submitted.
pub fn identify(event: &mut v1::Event) {
    if event.event_id.is_empty() {
        event.event_id = Uuid::new_v5(&LINE_IDS, &event.encode_to_vec()).to_string();
    }
}

/// The first and the last of some lines.
pub fn span<'a>(lines: impl IntoIterator<Item = &'a Origin>) -> Option<Span> {
    let mut lines = lines.into_iter();
    let first = lines.next()?;
    let last = lines.last().unwrap_or(first);
    Some(Span { first: first.clone(), last: last.clone() })
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use super::*;

    pub(in super::super) fn write(directory: &Path, name: &str, content: &[u8]) -> PathBuf {
        let path = directory.join(name);
        File::create(&path).unwrap().write_all(content).unwrap();
        path
    }

    pub(in super::super) fn line(summary: &str) -> String {
        format!("{{\"fact\":{{\"summary\":\"{summary}\"}}}}\n")
    }

    #[test]
    fn directories_mean_their_files_in_order() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), "b.jsonl", line("b").as_bytes());
        write(
            directory.path(),
            "a.jsonl",
            format!("\u{feff}{}\n \n{}", line("a"), line("aa").trim_end()).as_bytes(),
        );
        write(directory.path(), "notes.md", b"not an event");
        let inputs = Inputs::find(&[directory.path().to_owned()]).unwrap();
        assert_eq!(inputs.files(), 2);
        let total = inputs.bytes();
        let mut lines = inputs.lines();
        let origins: Vec<String> = lines.by_ref().map(|line| line.unwrap().origin.to_string()).collect();
        let names: Vec<&str> =
            origins.iter().map(|origin| origin.rsplit('/').next().unwrap_or_default()).collect();
        assert_eq!(names, ["a.jsonl:1", "a.jsonl:4", "b.jsonl:1"]);
        assert_eq!(Some(lines.bytes_read()), total);
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let directory = tempfile::tempdir().unwrap();
        assert!(matches!(Inputs::find(&[directory.path().to_owned()]), Err(InputError::Empty { .. })));
        assert!(matches!(
            Inputs::find(&[directory.path().join("absent")]),
            Err(InputError::Unreadable { .. })
        ));
        let mut content = line("good").into_bytes();
        content.extend_from_slice(b"{\"fact\":{\"summry\":1}}\n\xff\xfe\n");
        content.extend_from_slice(line("good too").as_bytes());
        let path = write(directory.path(), "x.jsonl", &content);
        let told: Vec<String> = Inputs::find(&[path])
            .unwrap()
            .lines()
            .map(|line| match line {
                Ok(line) => line.origin.line.to_string(),
                Err(error) => error.to_string().rsplit('/').next().unwrap_or_default().to_owned(),
            })
            .collect();
        let expected =
            ["1", "x.jsonl:2:17: fact: there is no field 'summry' here", "x.jsonl:3: not UTF-8 text", "4"];
        assert_eq!(told, expected);
    }

    #[test]
    fn the_same_line_is_the_same_event() {
        let mut events = Vec::new();
        for text in [
            r#"{"fact":{"summary":"a","effectiveOn":"2025"}}"#,
            r#" {"fact": {"effective_on": "2025", "summary": "a"}}"#,
            r#"{"fact":{"summary":"b","effectiveOn":"2025"}}"#,
        ] {
            let mut event = event_from_json(text).unwrap();
            identify(&mut event);
            events.push(event);
        }
        assert_eq!(events[0], events[1]);
        assert_ne!(events[0].event_id, events[2].event_id);
        let id = Uuid::try_parse(&events[0].event_id).unwrap();
        assert_eq!(id.get_version_num(), 5);
        let before = events[0].clone();
        identify(&mut events[0]);
        assert_eq!(events[0], before);
    }
}
