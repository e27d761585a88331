//! A record to be put back, exchanged and moved, with copies of what it was.

use std::{
    fs,
    path::{Path, PathBuf},
};

use chancery::wire::v1::{self, submission_service_client::SubmissionServiceClient};

use crate::{
    common::{Server, chancery, events},
    specimen::{Said, run},
};

/// Enough events for a snapshot at the end.
pub const EVENTS: u64 = 2_300;
/// How many of them are on record when the older copy is made.
pub const EARLIER: u64 = 40;

/// What is done to a data directory.
pub type Alter = fn(&Path);

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

pub async fn submit(server: &Server, numbers: std::ops::RangeInclusive<u64>) {
    let mut submission = SubmissionServiceClient::connect(server.url().to_owned()).await.unwrap();
    for numbers in numbers.collect::<Vec<_>>().chunks(500) {
        let events = numbers.iter().map(|number| events::actor(*number, &format!("a{number}"))).collect();
        submission.submit(v1::SubmitRequest { events, checks: Vec::new() }).await.unwrap();
    }
}

/// A record that was stopped, with snapshots, and a copy of it as it was earlier.
pub struct Record {
    home: tempfile::TempDir,
}

impl Record {
    pub async fn new() -> Record {
        let home = tempfile::tempdir().unwrap();
        let record = Record { home };
        let server = Server::start(&record.data(), &["--origin", "example.org/record"]);
        submit(&server, 1..=EARLIER).await;
        assert!(server.stop().success());
        copy(&record.data(), &record.path("earlier"));
        let server = Server::start(&record.data(), &[]);
        submit(&server, EARLIER + 1..=EVENTS).await;
        assert!(server.stop().success());
        assert!(record.data().join("snapshots/ledger").exists());
        copy(&record.data(), &record.path("whole"));
        record
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub fn data(&self) -> PathBuf {
        self.path("data")
    }

    /// Puts the files of the log of the record in another directory in the place of its own, whose snapshots stay.
    pub fn exchange_log(&self, other: &str) {
        for name in ["tail", "journal", "sled"] {
            remove(&self.data(), &[name]);
            let (from, to) = (self.path(other).join(name), self.data().join(name));
            match from.is_dir() {
                true => copy(&from, &to),
                false => drop(fs::copy(from, to).unwrap()),
            }
        }
    }

    /// Puts everything back, and removes what lies beside it, other copies apart.
    pub fn mend(&self) {
        for entry in fs::read_dir(self.home.path()).unwrap() {
            let entry = entry.unwrap();
            if !["whole", "earlier", "other"].contains(&entry.file_name().to_str().unwrap()) {
                fs::remove_dir_all(entry.path()).unwrap();
            }
        }
        copy(&self.path("whole"), &self.data());
    }

    pub fn verify(&self) -> Said {
        run(&["verify", "--data", text(&self.data())])
    }

    pub fn repair(&self) -> Said {
        run(&["repair", "--data", text(&self.data())])
    }

    pub fn start(&self) -> Result<Server, String> {
        let mut command = chancery();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data", text(&self.data())]);
        Server::try_spawn(command)
    }
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to.join(entry.file_name())),
            false => drop(fs::copy(entry.path(), to.join(entry.file_name())).unwrap()),
        }
    }
}

/// Removes files and folders, which must be there.
pub fn remove(data: &Path, names: &[&str]) {
    for name in names {
        let path = data.join(name);
        match path.is_dir() {
            true => fs::remove_dir_all(path).unwrap(),
            false => fs::remove_file(path).unwrap(),
        }
    }
}
