//! Nothing is acknowledged before it is synced, and no journal file is used again before the database is: the system calls
//! of a running server, in their order.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::{collections::HashMap, fs, path::Path, process::Command};

use chancery::wire::v1::{self, submission_service_client::SubmissionServiceClient};
use common::{Server, events};

const EVENTS: u64 = 25;

/// One system call: when it began and ended, as line numbers of the trace.
struct Call {
    began: usize,
    ended: usize,
    text: String,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_before_the_sync_that_follows_its_write() {
    let data = tempfile::tempdir().unwrap();
    let trace = data.path().join("trace");
    let log = data.path().join("log");
    let server = Server::spawn(traced(&trace, &log));
    let mut submission = SubmissionServiceClient::connect(server.url().to_owned()).await.unwrap();
    for number in 1..=EVENTS {
        let request = v1::SubmitRequest {
            events: vec![events::actor(number, &format!("a{number}"))],
            checks: Vec::new(),
        };
        submission.submit(request).await.unwrap();
    }
    drop(submission);
    // The tracer would let the server go if it were asked to stop itself; it ends with the server, and then the trace
    // is whole.
    let tracer = server.pid();
    let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).unwrap();
    common::terminate(children.split_whitespace().next().unwrap().parse().unwrap());
    server.wait();
    let calls = calls(&fs::read_to_string(&trace).unwrap());
    let journal = format!("{}/journal/", log.canonicalize().unwrap().display());
    for number in 1..=EVENTS {
        check(&calls, &journal, &events::id(number));
    }
}

/// How many commits of the largest size are submitted.
const LARGE_COMMITS: u64 = 8;
/// How much the database may be given before it is synced: far less than one of its segments.
const UNSYNCED_BYTES_MAX: u64 = 4 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_file_is_used_again_only_when_the_database_is_synced_and_opened_anew() {
    let data = tempfile::tempdir().unwrap();
    let (trace, log) = (data.path().join("trace"), data.path().join("log"));
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-s", "16", "-e", "trace=pwrite64,fdatasync,fsync,rename,openat", "-o"]);
    command.arg(&trace).arg(common::chancery().get_program());
    // Every commit fills a journal file.
    command.args(["serve", "--listen", "127.0.0.1:0", "--journal-bytes", "1000000", "--data"]).arg(&log);
    let server = Server::spawn(command);
    let mut submission = SubmissionServiceClient::connect(server.url().to_owned()).await.unwrap();
    for commit in 0..LARGE_COMMITS {
        let request = v1::SubmitRequest { events: largest(commit), checks: Vec::new() };
        submission.submit(request).await.unwrap();
        assert_eq!(fs::read_dir(log.join("sled/blobs")).unwrap().count(), 0, "after commit {commit}");
    }
    drop(submission);
    let tracer = server.pid();
    let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).unwrap();
    common::terminate(children.split_whitespace().next().unwrap().parse().unwrap());
    server.wait();
    assert_eq!(fs::read_dir(log.join("sled/blobs")).unwrap().count(), 0);

    let text = fs::read_to_string(&trace).unwrap();
    assert!(!text.lines().any(|line| line.contains("sled/blobs/") && line.contains("O_CREAT")));
    let calls = calls(&text);
    check_unsynced(&calls);
    let turns = ["journal/0>", "journal/1>"].map(|journal| check_turns(&calls, journal));
    assert!(4 <= turns.iter().sum::<usize>(), "{turns:?}");
}

/// As many events as a commit may have, which fill nearly as many bytes as it may have.
fn largest(commit: u64) -> Vec<v1::Event> {
    let event = |number: u64| {
        let mut event = events::actor(number, &format!("a{number}"));
        if let Some(v1::event::Body::Fact(fact)) = &mut event.body {
            let length = 1_950;
            let source = v1::Source {
                publisher: "a publisher".to_owned(),
                title: "a title".to_owned(),
                locator: format!("{number:0length$}"),
                kind: v1::SourceKind::LegalAct.into(),
                ..v1::Source::default()
            };
            fact.sources.push(source);
        }
        event
    };
    let events: Vec<_> = (1..=1_000).map(|index| event(commit * 1_000 + index)).collect();
    let bytes: usize = events.iter().map(prost::Message::encoded_len).sum();
    assert!((19 << 20) / 10 < bytes && bytes <= 2 << 20, "{bytes}");
    events
}

impl Call {
    fn is(&self, name: &str, file: &str) -> bool {
        self.text.starts_with(name) && self.text.contains(file)
    }

    /// A finished sync of the file.
    fn syncs(&self, file: &str) -> bool {
        (self.is("fdatasync(", file) || self.is("fsync(", file)) && self.text.ends_with("= 0")
    }

    /// Where a `pwrite64` writes, and how much it wrote.
    fn range(&self) -> (u64, u64) {
        let (call, written) = self.text.rsplit_once('=').unwrap();
        let (_, at) = call.trim_end().trim_end_matches(')').rsplit_once(", ").unwrap();
        (at.parse().unwrap(), written.trim().parse().unwrap())
    }
}

/// Between two of the database's own syncs it is given no more than so much. Zeros put where nothing is yet do not count.
fn check_unsynced(calls: &[Call]) {
    let mut unsynced = 0;
    for call in calls {
        if call.is("fdatasync(", "sled/db>") {
            unsynced = 0;
        } else if call.is("pwrite64(", "sled/db>") && !call.text.contains("\"\\0\\0\\0\\0\\0\\0\\0\\0") {
            unsynced += call.range().1;
        }
        assert!(unsynced <= UNSYNCED_BYTES_MAX, "{unsynced} bytes are not synced: {}", call.text);
    }
}

/// Whenever the file is written again from its beginning, these came in between: writes to the database, a sync after
/// each of them, its new snapshot, and a sync of the tail file that names where it ends. Returns how often that was.
fn check_turns(calls: &[Call], journal: &str) -> usize {
    let writes: Vec<&Call> = calls.iter().filter(|call| call.is("pwrite64(", journal)).collect();
    // A frame begins with its mark; what room is made of does not.
    let is_first = |call: &Call| call.range().0 == 0 && call.text.contains("\"CHJ");
    let mut turns = 0;
    for (index, again) in writes.iter().enumerate().filter(|(_, call)| is_first(call)) {
        let Some(before) = writes[..index].iter().rfind(|call| call.text.contains("\"CHJ")) else { continue };
        let between = |call: &&Call| before.ended < call.began && call.ended < again.began;
        let turn: Vec<&Call> = calls.iter().filter(between).collect();
        let Some(snapshot) = turn.iter().rfind(|call| call.is("rename(", "snap.")) else {
            panic!("the database was not opened anew before {}", again.text)
        };
        let stored: Vec<_> = turn
            .iter()
            .filter(|call| call.is("pwrite64(", "sled/db>") && call.began < snapshot.began)
            .collect();
        assert!(!stored.is_empty(), "nothing was moved before {}", again.text);
        for write in stored {
            let synced = turn.iter().any(|call| call.syncs("sled/db>") && write.ended < call.began);
            assert!(synced, "not synced before {}: {}", again.text, write.text);
        }
        let named = turn.iter().any(|call| call.syncs("log/tail>") && snapshot.ended < call.began);
        assert!(named, "the tail was not named before {}", again.text);
        turns += 1;
    }
    turns
}

fn traced(trace: &Path, log: &Path) -> Command {
    let server = common::chancery();
    let mut command = Command::new("strace");
    // Paths of file descriptors, whole buffers, every thread.
    command.args([
        "-f",
        "-y",
        "-s",
        "100000",
        "-e",
        "trace=pwrite64,write,writev,sendto,sendmsg,fdatasync,fsync",
        "-o",
    ]);
    command.arg(trace).arg(server.get_program());
    command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(log);
    command
}

/// The write of the event, a sync of the same file that began after it, and the answer, in this order.
fn check(calls: &[Call], journal: &str, id: &str) {
    let is = |call: &&Call, names: &[&str]| names.iter().any(|name| call.text.starts_with(name));
    let write = calls
        .iter()
        .find(|call| is(call, &["pwrite64("]) && call.text.contains(journal) && call.text.contains(id));
    let write = write.unwrap_or_else(|| panic!("no write of {id} to {journal} among {} calls", calls.len()));
    let sync = calls.iter().find(|call| {
        is(call, &["fdatasync(", "fsync("])
            && call.text.contains(journal)
            && write.ended < call.began
            && call.text.ends_with("= 0")
    });
    let sync = sync.unwrap_or_else(|| panic!("no sync after the write of {id}"));
    let answer = calls.iter().find(|call| {
        is(call, &["write(", "writev(", "sendto(", "sendmsg("])
            && call.text.contains("socket:")
            && call.text.contains(id)
    });
    let answer = answer.unwrap_or_else(|| panic!("no answer about {id}"));
    assert!(
        sync.ended < answer.began,
        "{id} was answered at line {} before the sync ended at {}",
        answer.began,
        sync.ended
    );
}

/// The calls of a trace; those that another thread interrupted are put together again.
fn calls(trace: &str) -> Vec<Call> {
    let mut unfinished: HashMap<&str, Call> = HashMap::new();
    let mut calls = Vec::new();
    for (line, text) in trace.lines().enumerate() {
        let Some((thread, text)) = text.split_once(' ') else { continue };
        let text = text.trim_start();
        if let Some(begun) = text.strip_suffix(" <unfinished ...>") {
            unfinished.insert(thread, Call { began: line, ended: line, text: begun.to_owned() });
        } else if let Some((_, rest)) =
            text.strip_prefix("<... ").and_then(|text| text.split_once(" resumed>"))
        {
            if let Some(call) = unfinished.remove(thread) {
                calls.push(Call { began: call.began, ended: line, text: call.text + rest });
            }
        } else {
            calls.push(Call { began: line, ended: line, text: text.to_owned() });
        }
    }
    calls
}
