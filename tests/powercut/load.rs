//! A server under load and under a tracer, started and ended several times; all that is needed later lies in files.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chancery::wire::v1::{SubmitRequest, SubmitResponse, submission_service_client::SubmissionServiceClient};
use prost::Message as _;
use tokio::task::JoinSet;

use crate::{
    commits,
    common::{self, Server},
    steps::{Follower, Timed},
    trace,
};

/// How every server is started, before the data directory: with a journal that turns often.
pub const SERVE: &[&str] =
    &["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--journal-bytes", "400000", "--data"];

/// How many clients submit at once.
const CLIENTS: u64 = 4;

/// How a session of the server ends.
#[derive(Clone, Copy, Debug)]
enum End {
    /// SIGTERM, while clients submit.
    Asked,
    /// SIGKILL, while clients submit.
    Killed,
}

/// How many bytes are acknowledged in each session, and how it ends.
const SESSIONS: &[(u64, End)] = &[
    (28 << 20, End::Asked),
    (6 << 20, End::Killed),
    (6 << 20, End::Asked),
    (1 << 20, End::Killed),
    (2 << 20, End::Asked),
];

/// What was acknowledged, and when a client knew.
#[derive(Clone, Debug)]
pub struct Acknowledged {
    /// Microseconds since 1970.
    pub at: u64,
    /// The number of the commit.
    pub commit: u64,
    /// What the server answered.
    pub response: SubmitResponse,
}

/// When things happened to a server, in microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub struct Session {
    /// It was started.
    pub started: u64,
    /// It took requests.
    pub ready: u64,
    /// It was asked to stop, or killed.
    pub stopping: u64,
    /// It had ended.
    pub ended: u64,
}

/// All that happened, in order.
pub struct Recording {
    /// What happened to the disk.
    pub steps: Vec<Timed>,
    /// What clients were told.
    pub acknowledged: Vec<Acknowledged>,
    /// When servers were started and ended.
    pub sessions: Vec<Session>,
}

/// The directory that is followed, within the directory of a recording.
fn disk(directory: &Path) -> PathBuf {
    directory.join("disk")
}

/// The data directory of a server on a disk.
pub fn data(disk: &Path) -> PathBuf {
    disk.join("log")
}

/// Records sessions into an empty directory, whose path must have no links in it.
pub async fn record(directory: &Path) {
    fs::create_dir(disk(directory)).unwrap();
    let (mut acknowledged, mut sessions) = (String::new(), String::new());
    for (number, &(bytes, end)) in SESSIONS.iter().enumerate() {
        let started = now();
        let server = Server::spawn(traced(directory, number));
        let ready = now();
        let (told, stopping) = submit(server, number as u64, bytes, end).await;
        for Acknowledged { at, commit, response } in told {
            let response = STANDARD.encode(response.encode_to_vec());
            acknowledged += &format!("{at} {commit} {response}\n");
        }
        sessions += &format!("{started} {ready} {stopping} {}\n", now());
        let after = directory.join(format!("after-{number}"));
        let copied = Command::new("cp").arg("-a").arg(disk(directory)).arg(after).status().unwrap();
        assert!(copied.success());
    }
    fs::write(directory.join("acknowledged"), acknowledged).unwrap();
    fs::write(directory.join("sessions"), sessions).unwrap();
    fs::write(directory.join("top"), disk(directory).to_str().unwrap()).unwrap();
}

/// Reads a recording, which may have been moved since it was made.
pub fn read(directory: &Path) -> Recording {
    let text = |name: &str| fs::read_to_string(directory.join(name)).unwrap();
    let sessions: Vec<_> = text("sessions").lines().map(session).collect();
    let mut follower = Follower::new(Path::new(&text("top")));
    let mut steps = Vec::new();
    let mut disk = crate::disk::Disk::new();
    for number in 0..sessions.len() {
        let trace = text(&format!("trace-{number}"));
        let after = directory.join(format!("after-{number}"));
        let followed = follower.follow(&trace::calls(&trace), &after);
        followed.iter().for_each(|timed| disk.apply(timed.step.clone()));
        // Nothing was overlooked or misread.
        disk.compare(&after).unwrap_or_else(|difference| panic!("after session {number}: {difference}"));
        steps.extend(followed);
    }
    let mut acknowledged: Vec<_> = text("acknowledged").lines().map(acknowledgement).collect();
    acknowledged.sort_by_key(|told| told.at);
    Recording { steps, acknowledged, sessions }
}

fn session(line: &str) -> Session {
    let times: Vec<u64> = line.split(' ').map(|time| time.parse().unwrap()).collect();
    let [started, ready, stopping, ended] = times.try_into().unwrap();
    Session { started, ready, stopping, ended }
}

fn acknowledgement(line: &str) -> Acknowledged {
    let parts: Vec<_> = line.split(' ').collect();
    let response = STANDARD.decode(parts[2]).unwrap();
    Acknowledged {
        at: parts[0].parse().unwrap(),
        commit: parts[1].parse().unwrap(),
        response: SubmitResponse::decode(response.as_slice()).unwrap(),
    }
}

fn traced(directory: &Path, session: usize) -> Command {
    let server = common::chancery();
    let mut command = Command::new("strace");
    // Every thread, only the calls asked for, whole buffers.
    command.args(["-f", "--seccomp-bpf", "-qq", "--signal=none", "-ttt", "-s", "67108864", "-e"]);
    command.arg(format!("trace={}", trace::CALLS));
    command.arg("-o").arg(directory.join(format!("trace-{session}"))).arg(server.get_program());
    command.args(SERVE).arg(data(&disk(directory)));
    command
}

/// Several clients submit until the server has gone, which it is made to after so many bytes.
async fn submit(server: Server, session: u64, bytes: u64, end: End) -> (Vec<Acknowledged>, u64) {
    let (noted, mut noting) = tokio::sync::mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    let acknowledged_bytes = Arc::new(AtomicU64::new(0));
    for client in 0..CLIENTS {
        let (url, noted, acknowledged_bytes) =
            (server.url().to_owned(), noted.clone(), acknowledged_bytes.clone());
        clients.spawn(async move {
            let mut submission = SubmissionServiceClient::connect(url).await.unwrap();
            for number in 0.. {
                let commit = (session * CLIENTS + client) * 1_000_000 + number;
                let request = SubmitRequest { events: commits::commit(commit), checks: Vec::new() };
                let bytes = request.encoded_len() as u64;
                // The first failure is the server's end.
                let Ok(response) = submission.submit(request).await else { return };
                let at = now();
                acknowledged_bytes.fetch_add(bytes, Ordering::Relaxed);
                noted.send(Acknowledged { at, commit, response: response.into_inner() }).unwrap();
            }
        });
    }
    drop(noted);
    let mut acknowledged = Vec::new();
    let tracer = server.pid();
    let mut stopping = None;
    while let Some(told) = noting.recv().await {
        acknowledged.push(told);
        if bytes <= acknowledged_bytes.load(Ordering::Relaxed) && stopping.is_none() {
            stopping = Some(now());
            let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).unwrap();
            let child = children.split_whitespace().next().unwrap();
            let signal = match end {
                End::Asked => "TERM",
                End::Killed => "KILL",
            };
            let sent = Command::new("sh").arg("-c").arg(format!("kill -{signal} {child}")).status().unwrap();
            assert!(sent.success());
        }
    }
    clients.join_all().await;
    // The tracer ends with the server, and then the trace is whole.
    server.wait();
    (acknowledged, stopping.expect("the server went before it was told to"))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64
}
