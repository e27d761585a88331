//! What tests against a running server share.

// Each test program is compiled with its own copy and uses a part of it. Clippy takes only the test functions themselves
// for tests, not what they call.
#![allow(dead_code, clippy::expect_used, clippy::panic)]

pub mod events;

use std::{
    io::{BufRead as _, BufReader, Read},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
    time::Duration,
};

/// How long a server may take to start or to stop.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a server says on standard output when it takes requests, before its address.
const READY: &str = "listening on ";

/// A `chancery` command without the settings of the environment that the tests run in.
pub fn chancery() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_chancery"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("CHANCERY_") {
            command.env_remove(name);
        }
    }
    command
}

/// This command, held to the modes of files also when the superuser runs the tests.
pub fn bound(command: &mut Command) -> Command {
    if !rustix::process::geteuid().is_root() {
        return std::mem::replace(command, Command::new("false"));
    }
    let mut bound = Command::new("setpriv");
    bound.args(["--bounding-set", "-dac_override,-dac_read_search"]).arg(command.get_program());
    bound
}

/// A server in a process of its own; killed when dropped.
pub struct Server {
    child: Child,
    url: String,
    /// What it prints from here on; the channel ends when the process does.
    output: Receiver<String>,
}

impl Server {
    /// Starts a server on a data directory and a free port, with further arguments of `serve`, and waits until it
    /// takes requests.
    pub fn start(data: &Path, args: &[&str]) -> Server {
        let mut command = chancery();
        command.arg("serve").arg("--data").arg(data).args(["--listen", "127.0.0.1:0"]).args(args);
        Server::spawn(command)
    }

    /// Starts a prepared command, which must run a server, and waits until it takes requests.
    pub fn spawn(command: Command) -> Server {
        Server::try_spawn(command).unwrap_or_else(|reason| panic!("{reason}"))
    }

    /// The same, or what happened instead.
    pub fn try_spawn(mut command: Command) -> Result<Server, String> {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| format!("{command:?} does not start: {error}"))?;
        let output = lines(child.stdout.take().expect("standard output is piped"));
        let errors = lines(child.stderr.take().expect("standard error is piped"));
        let said = thread::spawn(move || {
            errors.iter().inspect(|line| eprintln!("server: {line}")).collect::<Vec<_>>()
        });
        match ready(&output) {
            Ok(url) => Ok(Server { child, url, output }),
            Err(reason) => {
                child.kill().expect("a child can be killed");
                let status = child.wait().expect("a child can be waited for");
                let said = said.join().expect("reading does not panic").join("\n");
                Err(format!("the server {reason} ({status}): {said}"))
            }
        }
    }

    /// Where it listens: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The same without the scheme: `127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// The id of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop (SIGTERM) and waits until it has.
    pub fn stop(self) -> ExitStatus {
        terminate(self.pid());
        self.wait()
    }

    /// Waits until it has ended.
    pub fn wait(mut self) -> ExitStatus {
        loop {
            match self.output.recv_timeout(PATIENCE) {
                Ok(line) => println!("server: {line}"),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("the server did not stop within {PATIENCE:?}"),
            }
        }
        self.child.wait().expect("a child can be waited for")
    }

    /// Ends it where it stands (SIGKILL), as a crash would.
    pub fn kill(mut self) {
        self.child.kill().expect("a child can be killed");
        self.child.wait().expect("a child can be waited for");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Asks a process to stop (SIGTERM).
pub fn terminate(pid: u32) {
    signal(pid, "TERM");
}

/// Sends a signal to a process that is there.
pub fn signal(pid: u32, name: &str) {
    // The standard library sends SIGKILL only; every shell has a kill of its own.
    let kill = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).status();
    assert!(kill.expect("sh runs").success(), "process {pid} was gone before it was sent SIG{name}");
}

/// The lines of a stream, read by a thread so that the writer never blocks.
fn lines(stream: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            // Nobody may be listening any more; the stream is read to its end all the same.
            sender.send(line).ok();
        }
    });
    receiver
}

/// Waits for the line that says that a server is ready and returns the URL in it, or what happened instead.
fn ready(output: &Receiver<String>) -> Result<String, &'static str> {
    loop {
        match output.recv_timeout(PATIENCE) {
            Ok(line) => {
                println!("server: {line}");
                if let Some(rest) = line.strip_prefix(READY) {
                    return rest.split_whitespace().next().map(str::to_owned).ok_or("named no address");
                }
            }
            Err(RecvTimeoutError::Disconnected) => return Err("ended before it was ready"),
            Err(RecvTimeoutError::Timeout) => return Err("was not ready in time"),
        }
    }
}
