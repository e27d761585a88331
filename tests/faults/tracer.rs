//! A server under `strace`, which makes chosen system calls fail.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use crate::common::{self, Server};

/// The tracer's report on a data directory. It lies apart from that: a server starts on no files that are not of a record.
fn report(data: &Path) -> PathBuf {
    let name = data.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name + ".trace")
}

/// What the tracer does to which calls.
#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// The calls: a name, several with commas, or a pattern behind a slash.
    pub calls: &'static str,
    /// `error=EIO`, `retval=0`, `signal=KILL`, `delay_enter=…`, several with colons.
    pub effect: &'static str,
    /// The files below the data directory, with spaces between them; none means all there are anywhere.
    pub files: &'static str,
    /// Which of the calls that a thread makes on those files; `3+` is the third and all later ones.
    pub when: &'static str,
}

/// The command of a server under a fault, with further arguments of `serve`.
pub fn under(fault: Fault, data: &Path, args: &[&str]) -> Command {
    let Fault { calls, effect, files, when } = fault;
    let server = common::chancery();
    let mut command = Command::new("strace");
    command.args(["-f", "-y", "-e", &format!("trace={calls}"), "-o"]).arg(report(data));
    for file in files.split_whitespace() {
        command.arg("-P").arg(data.canonicalize().unwrap().join(file));
    }
    command.args(["-e", &format!("inject={calls}:{effect}:when={when}")]);
    command
        .arg(server.get_program())
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(args);
    command
}

/// The process of the server that a tracer runs.
pub fn traced(tracer: &Server) -> u32 {
    let tracer = tracer.pid();
    let children = fs::read_to_string(format!("/proc/{tracer}/task/{tracer}/children")).unwrap();
    children.split_whitespace().next().unwrap().parse().unwrap()
}

/// The calls that were traced.
pub fn trace(data: &Path) -> String {
    fs::read_to_string(report(data)).unwrap()
}

/// Whether the fault has happened.
pub fn injected(data: &Path) -> bool {
    trace(data).contains("(INJECTED)") || trace(data).contains("(DELAYED)")
}

/// Waits until the trace tells of something.
pub async fn until(data: &Path, what: &str) {
    let begun = Instant::now();
    while !trace(data).contains(what) {
        assert!(begun.elapsed() < Duration::from_secs(30), "no {what}: {}", trace(data));
        tokio::task::yield_now().await;
    }
}

/// Ends the server where it stands (SIGKILL). The tracer follows it.
pub fn kill(tracer: Server) {
    let traced = traced(&tracer);
    assert!(Command::new("sh").arg("-c").arg(format!("kill -KILL {traced}")).status().unwrap().success());
    tracer.wait();
}
