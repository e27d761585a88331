//! Nothing is acknowledged before it is synced: the system calls of a running server, in their order.

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
