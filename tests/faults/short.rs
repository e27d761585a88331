//! Writes that end early: a limit to the length of files makes the kernel write a part, and a tracer has it say that it did.

use std::{path::Path, process::Command};

use tonic::Code;

use crate::{
    client::{self, Commit, Receipts},
    common::{self, Server},
    tracer::{self, Fault},
};

/// How many bytes of the second commit fit under the limit.
const FITTING: u64 = 700;
/// The third write of the appending thread to its file: one has made room, and one was the first commit.
const THIRD: Fault = Fault { calls: "pwrite64", effect: "signal=CONT", files: "journal/0", when: "3" };

const fn commit(number: u64) -> Commit {
    Commit { number, events: 5, bytes: 4_000 }
}

/// A server that is told of a file that is too long by an error, and not by a signal that ends it.
fn heedless(inner: Command) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"]).arg(inner.get_program()).args(inner.get_args());
    for (name, _) in inner.get_envs() {
        command.env_remove(name);
    }
    command
}

fn limit(process: u32, bytes: &str) {
    let mut command = Command::new("prlimit");
    command.args(["--pid", &process.to_string(), &format!("--fsize={bytes}:")]);
    assert!(command.status().unwrap().success(), "prlimit of util-linux is needed");
}

/// Where the next frame in the journal goes: the file is zeros from there on.
fn end(data: &Path) -> u64 {
    let bytes = std::fs::read(data.join("journal/0")).unwrap();
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap() as u64;
    (last + 1).next_multiple_of(512)
}

/// A server with one commit, of whose second only a part can be written.
async fn limited(fault: Fault, data: &Path, receipts: &mut Receipts) -> (Server, u64) {
    let server = Server::spawn(heedless(tracer::under(fault, data, &[])));
    client::submit(server.url(), commit(1), receipts).await.unwrap();
    let end = end(data);
    limit(tracer::traced(&server), &(end + FITTING).to_string());
    (server, end)
}

/// What a server without a fault finds: everything with a receipt, and of what was refused all or nothing.
async fn check(data: &Path, receipts: &mut Receipts, refused: &[Commit]) {
    let server = Server::start(data, &[]);
    let positions = client::read(server.url()).await.unwrap();
    client::check_receipts(&positions, receipts, "after a restart");
    refused.iter().for_each(|commit| client::check_whole(&positions, *commit, "after a restart"));
    client::submit(server.url(), commit(1_000), receipts).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_is_cut_short_goes_on_when_it_can() {
    let data = tempfile::tempdir().unwrap();
    let mut receipts = Receipts::new();
    let stops = Fault { effect: "signal=STOP", ..THIRD };
    let (server, end) = limited(stops, data.path(), &mut receipts).await;
    let traced = tracer::traced(&server);
    let submitted = tokio::spawn({
        let url = server.url().to_owned();
        async move {
            let mut receipts = Receipts::new();
            client::submit(&url, commit(2), &mut receipts).await.map(|()| receipts)
        }
    });
    // It stands still between the part and the rest.
    tracer::until(data.path(), "stopped by SIGSTOP").await;
    limit(traced, "unlimited");
    assert!(Command::new("sh").arg("-c").arg(format!("kill -CONT {traced}")).status().unwrap().success());
    receipts.extend(submitted.await.unwrap().unwrap());
    let trace = tracer::trace(data.path());
    assert!(trace.contains(&format!(", {end}) = {FITTING}")), "{trace}");
    assert!(trace.contains(&format!(", {})", end + FITTING)), "{trace}");
    tracer::kill(server);
    check(data.path(), &mut receipts, &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_is_cut_short_for_good_is_an_error() {
    let data = tempfile::tempdir().unwrap();
    let mut receipts = Receipts::new();
    let (server, end) = limited(THIRD, data.path(), &mut receipts).await;
    let failed = client::submit(server.url(), commit(2), &mut receipts).await.unwrap_err();
    assert_eq!(failed.code(), Code::Unavailable, "{failed}");
    assert!(tracer::trace(data.path()).contains(&format!(", {end}) = {FITTING}")));
    assert!(client::poisoned(server.url()).await.contains("write to the journal"));
    client::check_receipts(&client::read(server.url()).await.unwrap(), &receipts, "reads go on");
    tracer::kill(server);
    check(data.path(), &mut receipts, &[commit(2)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_may_not_grow_poisons_and_reads_go_on() {
    let data = tempfile::tempdir().unwrap();
    let mut receipts = Receipts::new();
    let server = Server::spawn(heedless({
        let mut command = common::chancery();
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--journal-bytes", "1000000", "--data"])
            .arg(data.path());
        command
    }));
    // The second segment of the database does not fit, and its first bytes do.
    limit(server.pid(), &((8 << 20) + FITTING).to_string());
    let mut large = Commit { number: 0, events: 60, bytes: 8_000 };
    let failed = loop {
        match client::submit(server.url(), large, &mut receipts).await {
            Ok(()) => large.number += 1,
            Err(status) => break status,
        }
        assert!(large.number < 60, "the database has no limit");
    };
    assert_eq!(failed.code(), Code::Unavailable, "{failed}");
    let reason = client::poisoned(server.url()).await;
    assert!(reason.contains("into the store"), "{reason}");
    client::check_receipts(&client::read(server.url()).await.unwrap(), &receipts, "reads go on");
    assert!(!server.stop().success());
    check(data.path(), &mut receipts, &[large]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_only_seemed_to_take_place_is_noticed() {
    for (fault, is_noticed) in [
        // Nothing was taken: that is an error at once.
        (Fault { effect: "retval=0", ..THIRD }, false),
        // A part, or all, was lost without a word. The tail file names what should be there.
        (Fault { effect: "retval=512", ..THIRD }, true),
        (Fault { effect: "retval=20000", ..THIRD }, true),
        // Nobody relies on every write to the tail file.
        (Fault { effect: "retval=512", files: "tail", when: "2", ..THIRD }, false),
        (Fault { effect: "retval=100", files: "tail", when: "2", ..THIRD }, false),
    ] {
        let data = tempfile::tempdir().unwrap();
        let mut receipts = Receipts::new();
        let server = Server::spawn(tracer::under(fault, data.path(), &[]));
        for number in 1..4 {
            // Its error is not the matter here.
            client::submit(server.url(), commit(number), &mut receipts).await.ok();
        }
        client::check_receipts(&client::read(server.url()).await.unwrap(), &receipts, "in memory");
        tracer::kill(server);
        assert!(tracer::injected(data.path()), "{fault:?}");
        let mut command = common::chancery();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(data.path());
        match Server::try_spawn(command) {
            Ok(server) => {
                assert!(!is_noticed, "{fault:?}");
                client::check_receipts(&client::read(server.url()).await.unwrap(), &receipts, "kept");
            }
            Err(reason) => {
                assert!(is_noticed && reason.contains("damaged at position 6"), "{fault:?}: {reason}")
            }
        }
    }
}
