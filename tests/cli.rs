//! The command line as its users meet it: exit codes, messages and what goes over the wire, against a server that
//! misbehaves on demand.

// Clippy takes only the test functions themselves for tests, not what they call.
#![allow(clippy::unwrap_used)]

mod common;

use std::{
    collections::HashMap,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{Arc, Mutex},
    time::Duration,
};

use assert_cmd::Command;
use chancery::wire::v1::{
    self,
    submission_service_server::{SubmissionService, SubmissionServiceServer},
};
use tonic::{Code, Request, Response, Status};
use tonic_types::{ErrorDetails, FieldViolation, StatusExt as _};

/// A server that keeps events in a list and refuses those whose summary tells it to.
#[derive(Clone, Default)]
struct Fake {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    events: Vec<v1::Event>,
    commits: Vec<usize>,
    /// How often to say that it is busy.
    busy: u32,
}

fn summary(event: &v1::Event) -> &str {
    match &event.body {
        Some(v1::event::Body::Fact(fact)) => &fact.summary,
        _ => "",
    }
}

impl Fake {
    #[allow(clippy::result_large_err)]
    fn admit(&self, events: &[v1::Event]) -> Result<Vec<v1::Receipt>, Status> {
        let mut state = self.state.lock().unwrap();
        if 0 < state.busy {
            state.busy -= 1;
            let details = ErrorDetails::with_retry_info(Some(Duration::from_millis(1)));
            return Err(Status::with_error_details(Code::ResourceExhausted, "the queue is full", details));
        }
        let violations: Vec<FieldViolation> = events
            .iter()
            .enumerate()
            .filter(|(_, event)| summary(event).starts_with("bad"))
            .map(|(index, _)| FieldViolation::new(format!("events[{index}].fact.summary"), "is bad"))
            .collect();
        if !violations.is_empty() {
            let details = ErrorDetails::with_bad_request(violations);
            return Err(Status::with_error_details(Code::InvalidArgument, "wrong", details));
        }
        if events.iter().any(|event| summary(event) == "lose the answer") {
            return Err(Status::unknown("transport error"));
        }
        let known: HashMap<String, usize> =
            state.events.iter().enumerate().map(|(place, event)| (event.event_id.clone(), place)).collect();
        let mut receipts = Vec::new();
        for (index, event) in events.iter().enumerate() {
            let place = known.get(&event.event_id).copied();
            if let Some(place) = place
                && state.events[place] != *event
            {
                let violation = FieldViolation::new(format!("events[{index}].event_id"), "has other content");
                let details = ErrorDetails::with_bad_request(vec![violation]);
                return Err(Status::with_error_details(Code::AlreadyExists, "other content", details));
            }
            let position = place.unwrap_or_else(|| {
                state.events.push(event.clone());
                state.events.len() - 1
            }) as u64
                + 1;
            receipts.push(v1::Receipt {
                position,
                event_id: event.event_id.clone(),
                deduplicated: place.is_some(),
                ..Default::default()
            });
        }
        state.commits.push(events.len());
        Ok(receipts)
    }
}

#[tonic::async_trait]
impl SubmissionService for Fake {
    async fn submit(
        &self,
        request: Request<v1::SubmitRequest>,
    ) -> Result<Response<v1::SubmitResponse>, Status> {
        let receipts = self.admit(&request.get_ref().events)?;
        Ok(Response::new(v1::SubmitResponse { receipts }))
    }

    async fn validate(
        &self,
        request: Request<v1::ValidateRequest>,
    ) -> Result<Response<v1::ValidateResponse>, Status> {
        let receipts = Fake::default().admit(&request.get_ref().events)?;
        let verdict = |receipt: v1::Receipt| v1::Verdict { event_id: receipt.event_id, ..Default::default() };
        let verdicts = receipts.into_iter().map(verdict).collect();
        Ok(Response::new(v1::ValidateResponse { verdicts, position: 7 }))
    }
}

/// A fake that listens for as long as it lives.
struct Peer {
    fake: Fake,
    address: SocketAddr,
    directory: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl Peer {
    fn start() -> Peer {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let fake = Fake::default();
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let service = SubmissionServiceServer::new(fake.clone());
        let incoming = tokio_stream::wrappers::TcpListenerStream::new(listener);
        runtime.spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        Peer { fake, address, directory: tempfile::tempdir().unwrap(), _runtime: runtime }
    }

    fn file(&self, name: &str, lines: &[String]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::File::create(&path).unwrap().write_all(lines.join("\n").as_bytes()).unwrap();
        path
    }

    /// Runs the program here; gives its exit code, standard output and standard error.
    fn run(&self, arguments: &[&str], input: &str) -> (i32, String, String) {
        run(&format!("http://{}", self.address), self.directory.path(), arguments, input)
    }

    fn commits(&self) -> Vec<usize> {
        self.fake.state.lock().unwrap().commits.clone()
    }
}

fn run(server: &str, directory: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let output = Command::cargo_bin("chancery")
        .unwrap()
        .env_clear()
        .current_dir(directory)
        .env("CHANCERY_SERVER", server)
        .args(arguments)
        .write_stdin(input)
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn line(summary: &str) -> String {
    format!(r#"{{"fact":{{"summary":"{summary}"}}}}"#)
}

fn lines(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|number| line(&number.to_string())).collect()
}

/// The account of a load without the time that it took.
fn untimed(text: &str) -> &str {
    text.split(" (").next().unwrap_or_default()
}

/// The key of nobody here.
const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

#[test]
fn exit_codes() {
    let directory = tempfile::tempdir().unwrap();
    let nobody = "http://127.0.0.1:1";
    let cases: &[(&[&str], i32, &str)] = &[
        (&["--version"], 0, ""),
        (&["--help"], 0, ""),
        (&["completions", "bash"], 0, ""),
        (&["group", "hts"], 1, "cannot reach a Chancery server at http://127.0.0.1:1"),
        (&["info"], 1, "Start one with `chancery serve`, or name another with --server."),
        (&["submit", "absent.jsonl"], 1, "cannot read absent.jsonl"),
        (&["submit", "."], 1, "has no files that end in .jsonl"),
        (&["group"], 2, "Usage"),
        (&["group", "HTS"], 2, "'HTS' is not a short name"),
        (&["group", "hts", "--on", "2025-02-30"], 2, "a full day such as 2025-07-08 is expected"),
        (&["group", "hts", "--known", "tomorrow"], 2, "a position such as 432"),
        (&["groups", "--state", "LISTED"], 2, "ANNULLED_STAYED"),
        (&["history", "--kind", "facts"], 2, "designation_act"),
        (&["timeline", "us", "HTS"], 2, "'HTS' is not a short name"),
        (&["submit", "--check", "group/hts@1", "x"], 2, "--atomic"),
        (&["group", "hts", "--server", "https://x"], 2, "http://HOST:PORT is expected"),
        (&["repair", "--data", "x", "--remove-from", "0"], 2, "positions begin at 1"),
        (&["repair", "--data", "x", "--remove-from", "all"], 2, "a position such as 4711"),
        (&["bench", "append", "--output", "json"], 2, "leave out --output"),
        (
            &["bench", "append", "--events-per-request", "1000", "--payload", "30000"],
            2,
            "lower --events-per-request or --payload",
        ),
        (&["check", "-", "--key", KEY], 1, "- is REFUSED"),
        (&["serve", "--listen", "0.0.0.0:0"], 2, "--plaintext-beyond-loopback"),
        (&["frobnicate"], 2, "unrecognized subcommand"),
    ];
    for (arguments, code, told) in cases {
        let (exit, out, err) = run(nobody, directory.path(), arguments, "");
        assert_eq!(exit, *code, "{arguments:?}\n{out}{err}");
        assert!(err.contains(told), "{arguments:?}\n{err}");
        assert_eq!(*code == 0, err.is_empty(), "{arguments:?}\n{err}");
    }
}

/// How long a command may take that should give up after a fraction of a second.
const GIVES_UP: Duration = Duration::from_secs(4);

#[test]
fn a_server_that_does_not_answer_is_not_waited_for() {
    let directory = tempfile::tempdir().unwrap();
    // Its connections are made by the system, and never taken.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    // Nor are those here: there is no room for any more that wait.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let full = runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        socket.listen(1).unwrap()
    });
    let full_address = full.local_addr().unwrap();
    let waiting: Vec<TcpStream> =
        std::iter::from_fn(|| TcpStream::connect_timeout(&full_address, Duration::from_millis(200)).ok())
            .collect();
    let silent = format!("http://{}", silent.local_addr().unwrap());
    let late = "in time\nAllow it longer with --timeout.";
    let cases: &[(&str, &[&str], &str)] = &[
        (&silent, &["backup", "--to", "backup"], late),
        // The one before has let go of the directory.
        (&silent, &["backup", "--to", "backup"], late),
        (&silent, &["backup", "--to", "-"], late),
        (&silent, &["verify"], late),
        (&silent, &["history"], late),
        (&silent, &["history", "--follow"], late),
        (&silent, &["watch", "group", "hts", "--from", "1"], late),
        (&silent, &["timeline", "us", "hts"], late),
        (&silent, &["info"], late),
        (&silent, &["event", "7"], late),
        (&format!("http://{full_address}"), &["info"], "cannot reach"),
    ];
    for (server, arguments, told) in cases {
        let output = Command::cargo_bin("chancery")
            .unwrap()
            .env_clear()
            .current_dir(directory.path())
            .args(["--server", server, "--timeout", "0.2"])
            .args(*arguments)
            .timeout(GIVES_UP)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?} at {server}: {said}");
        assert!(said.contains(told), "{arguments:?} at {server}: {said}");
    }
    drop(waiting);
    assert!(!directory.path().join("backup").exists(), "a backup that failed leaves its directory");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_watches_is_told_from_where_to_go_on() {
    use chancery::wire::v1::{SubmitRequest, submission_service_client::SubmissionServiceClient};
    let home = tempfile::tempdir().unwrap();
    let server = common::Server::start(&home.path().join("data"), &[]);
    let mut submission = SubmissionServiceClient::connect(server.url().to_owned()).await.unwrap();
    let events = vec![common::events::group(1, "hts")];
    submission.submit(SubmitRequest { events, checks: Vec::new() }).await.unwrap();
    let mut child = common::chancery()
        .args(["--server", server.url(), "watch", "group", "hts", "--from", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 1];
    child.stdout.as_mut().unwrap().read_exact(&mut first).unwrap();
    assert!(server.stop().success());
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(1) && said.contains("position 1 was told. Go on with --from 1."),
        "{said}"
    );
}

#[test]
fn who_follows_notices_that_the_server_has_stopped_answering() {
    let home = tempfile::tempdir().unwrap();
    let server = common::Server::start(&home.path().join("data"), &[]);
    let mut child = common::chancery()
        .args(["--server", server.url(), "--timeout", "0.2", "history", "--follow"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut first = String::new();
    said.read_line(&mut first).unwrap();
    assert!(first.contains("waiting"), "{first}");
    common::signal(server.pid(), "STOP");
    // It ends by itself, or this test does not.
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{rest}");
    assert!(rest.contains("Go on with --from 1") && rest.contains("broke off"), "{rest}");
}

#[test]
fn a_reader_that_has_had_enough_is_no_failure() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_chancery"));
    let output = command.args(["completions", "bash"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

/// A signing key, of the documentation of golang.org/x/mod/sumdb/note, and the secret in it.
const PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr";

#[test]
fn a_signing_key_is_never_repeated() {
    let directory = tempfile::tempdir().unwrap();
    let cut = PRIVATE.strip_prefix("PRIVATE+").unwrap();
    let bare = PRIVATE.strip_prefix("PRIVATE+KEY+").unwrap();
    let cases: &[(&[&str], &str)] = &[
        (&["check", "x", "--key", PRIVATE], "`chancery key` shows the verifier key"),
        (&["check", "x", &format!("--key={PRIVATE}")], "is the secret that"),
        (&["verify", "--backup", "x", "--key", PRIVATE], "is the secret that"),
        (&["check", PRIVATE, "--key", KEY], "is the secret that"),
        (&["restore", "--from", "x", "--data", "y", "--signing-key", PRIVATE], "takes the name of the file"),
        (&["serve", "--origin", PRIVATE], "is the secret that"),
        (&["key", PRIVATE], "is the secret that"),
        (&["check", "x", "--key", cut], "`chancery key` shows the one of a server"),
        (&["verify", "--key", bare], "the key is not an Ed25519 key"),
    ];
    for (arguments, told) in cases {
        let (code, out, err) = run("http://127.0.0.1:1", directory.path(), arguments, "");
        assert_eq!(code, 2, "{arguments:?}\n{out}{err}");
        assert!(err.contains(told), "{arguments:?}\n{err}");
        assert!(!format!("{out}{err}").contains(SECRET), "{arguments:?}\n{out}{err}");
    }
    for (variable, value, arguments, code) in [
        ("CHANCERY_KEY", PRIVATE, ["check", "--help"], 2),
        ("CHANCERY_KEY", bare, ["check", "--help"], 0),
        ("CHANCERY_SIGNING_KEY", PRIVATE, ["restore", "--help"], 2),
    ] {
        let mut command = Command::cargo_bin("chancery").unwrap();
        let output = command.env(variable, value).args(arguments).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.code() == Some(code) && !said.contains(SECRET), "{variable}: {said}");
    }
}

#[test]
fn the_environment_sets_flags() {
    let output = Command::cargo_bin("chancery")
        .unwrap()
        .env("CHANCERY_ON", "never")
        .args(["group", "hts"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("a full day such as"));
}

#[test]
fn submitting_twice_changes_nothing() {
    let peer = Peer::start();
    peer.file("a.jsonl", &lines(0..1_203));
    let (code, out, err) = peer.run(&["submit", "a.jsonl"], "");
    assert_eq!((code, untimed(&out), err.as_str()), (0, "Recorded 1,203 events at positions 1–1203", ""));
    assert_eq!(peer.commits(), [500, 500, 203]);
    let (code, out, _) = peer.run(&["submit", "-"], &lines(0..3).join("\n"));
    assert_eq!((code, untimed(&out)), (0, "Recorded nothing new; 3 lines were recorded already"));
    let (code, out, err) = peer.run(&["submit", "-", "--output", "jsonl"], &lines(1_202..1_205).join("\n"));
    let positions: Vec<&str> = out.lines().filter_map(|line| line.split('"').nth(3)).collect();
    assert_eq!((code, positions), (0, vec!["1203", "1204", "1205"]));
    assert_eq!(untimed(&err), "Recorded 2 events at positions 1204–1205; 1 line was recorded already");
}

#[test]
fn a_failure_in_the_middle_gives_account() {
    let peer = Peer::start();
    let mut content = lines(0..1_203);
    content[699] = line("bad one");
    content[701] = line("bad two");
    peer.file("a.jsonl", &content);
    let (code, out, err) = peer.run(&["submit", "a.jsonl"], "");
    assert_eq!((code, out.as_str()), (1, ""));
    assert_eq!(
        err,
        "error: the server refused this:\n  \
         a.jsonl:700: fact.summary: is bad\n  \
         a.jsonl:702: fact.summary: is bad\n\
         Recorded before that: 500 events at positions 1–500.\n\
         Nothing of lines 501–1000 of a.jsonl was recorded.\n\
         Mend this and run the same command again; lines already recorded are recognised and skipped.\n"
    );
    content[701] = line("701");
    content[699] = r#"{"fact":{"summary":"x","when":"2025"}}"#.to_owned();
    peer.file("a.jsonl", &content);
    let (_, _, err) = peer.run(&["submit", "a.jsonl"], "");
    assert_eq!(
        err,
        "error: a.jsonl:700:29: fact: there is no field 'when' here\n\
         Recorded before that: nothing new; 500 lines were recorded already.\n\
         Nothing of lines 501–699 of a.jsonl was recorded.\n\
         Mend line 700 of a.jsonl and run the same command again; lines already recorded are recognised and \
         skipped.\n"
    );
    content[699] = line("699");
    peer.file("a.jsonl", &content);
    let (code, out, _) = peer.run(&["submit", "a.jsonl"], "");
    assert_eq!(
        (code, untimed(&out)),
        (0, "Recorded 703 events at positions 501–1203; 500 lines were recorded already")
    );
}

#[test]
fn other_failures_say_what_is_known() {
    let peer = Peer::start();
    let id = "6f0e5c1e-6a3b-4b39-8f5d-0a7d6f1d2c3b";
    let with_id = |summary: &str| format!(r#"{{"eventId":"{id}","fact":{{"summary":"{summary}"}}}}"#);
    assert_eq!(peer.run(&["submit", "-"], &with_id("one")).0, 0);
    let (code, _, err) = peer.run(&["submit", "-"], &format!("{}\n{}", line("x"), with_id("other")));
    assert_eq!(code, 1);
    let located = "recorded already with other content:\n  standard input:2: event_id: has other content\n";
    assert!(err.contains(located), "{err}");
    assert!(err.contains("give line 2 an id of its own, or record a correction"), "{err}");
    let (_, _, err) = peer.run(&["submit", "-"], &line("lose the answer"));
    assert!(err.contains("Whether line 1 of standard input is recorded is not known"), "{err}");
    let (_, _, err) = peer.run(&["submit", "-"], &[line("x"), line("lose the answer")].join("\n"));
    assert!(err.contains("Whether lines 1–2 of standard input are recorded is not known"), "{err}");
    let atomic: Vec<String> = lines(0..1_001);
    let (_, _, err) = peer.run(&["submit", "--atomic", "-"], &atomic.join("\n"));
    assert!(err.contains("more than one commit may hold: 1000 events"), "{err}");
    assert!(err.contains("Leave out --atomic"), "{err}");
    let (code, ..) = peer.run(&["submit", "--atomic", "-"], &atomic[..1_000].join("\n"));
    assert_eq!((code, peer.commits().last()), (0, Some(&1_000)));
    let (_, _, err) = peer.run(&["group", "hts"], "");
    assert!(err.contains("does not offer this"), "{err}");
}

#[test]
fn a_busy_server_is_asked_again() {
    let peer = Peer::start();
    peer.fake.state.lock().unwrap().busy = 3;
    assert_eq!(peer.run(&["submit", "-"], &line("x")).0, 0);
    peer.fake.state.lock().unwrap().busy = u32::MAX;
    let (code, _, err) = peer.run(&["submit", "-"], &line("y"));
    assert_eq!(code, 1);
    assert!(err.contains("the queue is full"), "{err}");
    assert!(err.contains("Nothing of line 1 of standard input was recorded."), "{err}");
}

#[test]
fn validation_lists_every_line_and_records_nothing() {
    let peer = Peer::start();
    let mut content = lines(0..450);
    let (code, out, _) = peer.run(&["validate", "-"], &content.join("\n"));
    assert_eq!(code, 0);
    assert_eq!(
        out,
        "All of 450 lines in 1 file would be recorded after position 7; 0 are recorded already.\n"
    );
    content[9] = line("bad");
    content[209] = "nonsense".to_owned();
    content[449] = line("bad");
    peer.file("a.jsonl", &content);
    let (code, _, err) = peer.run(&["validate", "a.jsonl"], "");
    assert_eq!(code, 1);
    assert_eq!(
        err,
        "error: 3 violations in 450 lines:\n  \
         a.jsonl:10: fact.summary: is bad\n  \
         a.jsonl:210:1: this is not JSON: an object in braces is expected, such as {\"fact\": {…}}\n  \
         a.jsonl:450: fact.summary: is bad\n\
         Mend these and validate again: one mistake can hide another. Nothing was recorded.\n"
    );
    assert_eq!(peer.commits(), Vec::<usize>::new());
}
