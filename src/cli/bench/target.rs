//! The server under test: one that runs already, or one of its own on a fresh directory.

use std::{
    env, fs,
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use uuid::Uuid;

use crate::cli::failure::Failure;

/// How the line begins in which a server says where it listens.
const LISTENING: &str = "listening on ";

/// A server to be measured.
#[derive(Debug)]
pub struct Target {
    url: String,
    own: Option<Own>,
}

/// A server that was started for the benchmark. It ends with it, and its record with it.
#[derive(Debug)]
struct Own {
    child: Child,
    directory: PathBuf,
}

impl Target {
    /// A server that runs already.
    pub fn running(url: String) -> Target {
        Target { url, own: None }
    }

    /// Starts this same program as a server, in a process of its own, on a fresh directory among the temporary files.
    ///
    /// Blocks until it listens.
    pub fn start() -> Result<Target, Failure> {
        let directory = env::temp_dir().join(format!("chancery-bench-{}", Uuid::now_v7()));
        fs::create_dir(&directory).map_err(Failure::Runtime)?;
        let child = spawn(&directory).map_err(Failure::Runtime)?;
        // From here on it is ended and removed, whatever happens.
        let mut own = Own { child, directory };
        let mut lines = own.child.stdout.take().map(BufReader::new).into_iter().flat_map(BufReader::lines);
        let listening = lines.find_map(|line| line.ok()?.strip_prefix(LISTENING).map(str::to_owned));
        match listening {
            Some(url) => Ok(Target { url, own: Some(own) }),
            None => Err(Failure::Incomplete { part: "address" }),
        }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Where it keeps its record, as far as that is known; else where temporary files are.
    pub fn directory(&self) -> PathBuf {
        self.own.as_ref().map_or_else(env::temp_dir, |own| own.directory.clone())
    }
}

fn spawn(directory: &Path) -> io::Result<Child> {
    Command::new(env::current_exe()?)
        .args(["serve", "--listen", "127.0.0.1:0", "--log", "warn", "--data"])
        .arg(directory.join("data"))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
}

impl Drop for Own {
    fn drop(&mut self) {
        // It is of no use to anybody any more, so nothing that fails here matters.
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}
