//! A data directory to damage: written by a real server, and put back as it was after every blow.

#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use chancery::wire::v1::{
    self, audit_service_client::AuditServiceClient, history_service_client::HistoryServiceClient,
    submission_service_client::SubmissionServiceClient,
};

use crate::common::{Server, chancery, events};

/// How many events are in a specimen.
pub const EVENTS: u64 = 3 * SESSION_EVENTS;
/// How many of them each session of its server has recorded.
pub const SESSION_EVENTS: u64 = 100;
/// How many events are in a commit of a specimen.
const COMMIT_EVENTS: u64 = 5;

/// How the server of a specimen ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// In order: everything is in the store.
    Stopped,
    /// At once: the newest events are in the journal only.
    Killed,
}

/// A data directory and the bytes of its files.
pub struct Specimen {
    home: tempfile::TempDir,
    files: Vec<(PathBuf, Vec<u8>)>,
    /// The root over all its events, in base64.
    pub root: String,
    /// Its verifier key.
    pub key: String,
}

/// What a command printed on both streams, and its exit code.
#[derive(Debug)]
pub struct Said {
    pub text: String,
    pub code: Option<i32>,
}

/// Runs a command of the program.
pub fn run(arguments: &[&str]) -> Said {
    said(chancery().args(arguments))
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    Said { text: String::from_utf8(text).unwrap(), code: output.status.code() }
}

/// Submits actors with these numbers, some at a time.
pub async fn submit(server: &Server, numbers: std::ops::RangeInclusive<u64>) {
    let mut submission = SubmissionServiceClient::connect(server.url().to_owned()).await.unwrap();
    for numbers in numbers.collect::<Vec<_>>().chunks(COMMIT_EVENTS as usize) {
        let events = numbers.iter().map(|number| events::actor(*number, &format!("a{number}"))).collect();
        submission.submit(v1::SubmitRequest { events, checks: Vec::new() }).await.unwrap();
    }
}

/// The ids of all events on record, in order.
pub async fn ids(server: &Server) -> Vec<String> {
    let mut history = HistoryServiceClient::connect(server.url().to_owned()).await.unwrap();
    let mut batches = history.read(v1::ReadRequest::default()).await.unwrap().into_inner();
    let mut ids = Vec::new();
    while let Some(batch) = batches.message().await.unwrap() {
        ids.extend(batch.records.into_iter().map(|record| record.event.unwrap().event_id));
    }
    ids
}

/// The root of the tree of a size, in base64.
pub async fn root(server: &Server, tree_size: u64) -> String {
    let mut audit = AuditServiceClient::connect(server.url().to_owned()).await.unwrap();
    let answer = audit.get_checkpoint(v1::GetCheckpointRequest { tree_size }).await.unwrap().into_inner();
    chancery::proof::Hash::try_from(answer.root_hash.as_ref()).unwrap().to_string()
}

impl Specimen {
    /// Writes one, in three sessions, so that sled recovers from a snapshot and the store has a block for each.
    pub async fn new(end: End) -> Specimen {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        for first in [1, SESSION_EVENTS + 1] {
            let server = Server::start(&data, &["--origin", "example.org/record"]);
            submit(&server, first..=first + SESSION_EVENTS - 1).await;
            assert!(server.stop().success());
        }
        let server = Server::start(&data, &[]);
        submit(&server, 2 * SESSION_EVENTS + 1..=EVENTS).await;
        let root = root(&server, EVENTS).await;
        let key = run(&["key", "--server", server.url()]).text.trim().to_owned();
        match end {
            End::Stopped => assert!(server.stop().success()),
            End::Killed => server.kill(),
        }
        Specimen { files: gather(&data), home, root, key }
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The same as text.
    pub fn path(&self) -> String {
        self.data().to_str().unwrap().to_owned()
    }

    /// The bytes that a file had.
    pub fn bytes(&self, name: &str) -> &[u8] {
        let path = self.data().join(name);
        &self.files.iter().find(|(at, _)| *at == path).unwrap_or_else(|| panic!("there is no {name}")).1
    }

    /// The names of the files that the log is made of, with how many bytes of them are used.
    pub fn files(&self) -> Vec<(String, usize)> {
        let used = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        let data = self.data();
        let named = self.files.iter().map(|(path, bytes)| {
            (path.strip_prefix(&data).unwrap().to_str().unwrap().to_owned(), used(bytes))
        });
        named.filter(|(name, used)| !name.starts_with("chancery.") && 0 < *used).collect()
    }

    /// Puts everything back as it was, and removes what lies beside it.
    pub fn mend(&self) {
        for entry in fs::read_dir(self.home.path()).unwrap() {
            fs::remove_dir_all(entry.unwrap().path()).unwrap();
        }
        fs::create_dir_all(self.data().join("sled/blobs")).unwrap();
        fs::create_dir_all(self.data().join("journal")).unwrap();
        for (path, bytes) in &self.files {
            fs::write(path, bytes).unwrap();
        }
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let key = self.data().join("chancery.key");
            fs::set_permissions(key, fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    /// Changes one byte of a file.
    pub fn flip(&self, name: &str, offset: usize) {
        let mut bytes = self.bytes(name).to_vec();
        bytes[offset] ^= 0x40;
        fs::write(self.data().join(name), bytes).unwrap();
    }

    /// Cuts a file.
    pub fn cut(&self, name: &str, length: usize) {
        fs::write(self.data().join(name), &self.bytes(name)[..length]).unwrap();
    }

    /// Changes a byte wherever this text occurs in the store.
    pub fn strike(&self, text: &str) {
        let mut bytes = self.bytes("sled/db").to_vec();
        let found: Vec<usize> = bytes
            .windows(text.len())
            .enumerate()
            .filter(|(_, it)| *it == text.as_bytes())
            .map(|(at, _)| at)
            .collect();
        assert!(!found.is_empty(), "{text} is not in the store");
        for at in found {
            bytes[at] ^= 0x40;
        }
        fs::write(self.data().join("sled/db"), bytes).unwrap();
    }

    /// Starts a server on it, if it does start; otherwise what it said.
    pub fn start(&self, arguments: &[&str]) -> Result<Server, String> {
        let mut command = chancery();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", &self.path()]).args(arguments);
        Server::try_spawn(command)
    }

    /// The files as they were, the lock apart, are those in this folder.
    pub fn check_unchanged(&self, folder: &Path, what: &str) {
        let data = self.data();
        let mut expected: Vec<(PathBuf, &[u8])> = self
            .files
            .iter()
            .map(|(path, bytes)| (path.strip_prefix(&data).unwrap().to_owned(), &bytes[..]))
            .collect();
        expected.sort();
        let found = gather(folder);
        let mut found: Vec<(PathBuf, &[u8])> = found
            .iter()
            .map(|(path, bytes)| (path.strip_prefix(folder).unwrap().to_owned(), &bytes[..]))
            .collect();
        found.sort();
        assert!(expected == found, "{what}: a file was changed");
    }

    /// The same, for files that are damaged now.
    pub fn present(&self) -> Vec<(PathBuf, Vec<u8>)> {
        gather(&self.data())
    }

    /// What else lies beside the data directory.
    pub fn beside(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.home.path()).unwrap().map(|entry| entry.unwrap().path());
        entries.filter(|path| *path != self.data()).collect()
    }
}

/// All files with their bytes, the lock apart.
pub fn gather(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => files.extend(gather(&path)),
            false if path.ends_with("lock") => {}
            false if path.is_symlink() => {
                let target = fs::read_link(&path).unwrap();
                files.push((path, target.into_os_string().into_encoded_bytes()));
            }
            false => files.push((path.clone(), fs::read(&path).unwrap())),
        }
    }
    files
}
