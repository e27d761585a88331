//! A full disk: a running server and a start on it refuse writes and answer reads, and room ends it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tonic::Code;
use tonic_health::pb::health_check_response::ServingStatus;

use crate::{
    client::{self, Commit, Receipts},
    common::{self, Server},
    tracer::{self, Fault},
};

const fn commit(number: u64) -> Commit {
    Commit { number, events: 20, bytes: 8_000 }
}

/// A server reads and does not write.
async fn check_reading(server: &Server, receipts: &mut Receipts, what: &str) {
    client::check_receipts(&client::read(server.url()).await.unwrap(), receipts, what);
    let refused = client::submit(server.url(), commit(900), receipts).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{what}: {refused}");
    assert!(!client::poisoned(server.url()).await.is_empty(), "{what}");
    client::until_health(server.url(), "chancery.v1.SubmissionService", ServingStatus::NotServing).await;
    client::until_health(server.url(), "chancery.v1.QueryService", ServingStatus::Serving).await;
}

/// A server reads and writes.
async fn check_writing(data: &Path, receipts: &mut Receipts, what: &str) {
    let server = Server::start(data, &[]);
    client::check_receipts(&client::read(server.url()).await.unwrap(), receipts, what);
    client::submit(server.url(), commit(901), receipts).await.unwrap();
    assert!(server.stop().success(), "{what}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_that_cannot_move_the_journal_reads() {
    for fault in [
        Fault { calls: "sync_file_range", effect: "error=ENOSPC", files: "sled/db", when: "1+" },
        Fault { calls: "fdatasync", effect: "error=EIO", files: "sled/db", when: "2+" },
        Fault { calls: "write", effect: "error=ENOSPC", files: "sled/room", when: "1+" },
    ] {
        let what = format!("{fault:?}");
        let data = tempfile::tempdir().unwrap();
        let mut receipts = Receipts::new();
        // Some of it in the database, and the rest in the journal.
        for numbers in [0..3, 3..6] {
            let server = Server::start(data.path(), &[]);
            for number in numbers {
                client::submit(server.url(), commit(number), &mut receipts).await.unwrap();
            }
            match receipts.len() {
                60 => assert!(server.stop().success()),
                _ => server.kill(),
            }
        }
        let server = Server::spawn(tracer::under(fault, data.path(), &[]));
        check_reading(&server, &mut receipts, &what).await;
        common::terminate(tracer::traced(&server));
        assert!(!server.wait().success(), "{what}");
        assert!(tracer::injected(data.path()), "{what}");
        check_writing(data.path(), &mut receipts, &what).await;
    }
}

/// A file system of its own, in memory and in a mount namespace that ends with it.
struct Disk {
    holder: Child,
}

impl Disk {
    /// `None` where it is not permitted.
    fn new(bytes: u64) -> Option<Disk> {
        let script =
            format!("mount -t tmpfs -o size={bytes} none /mnt && mkdir /mnt/data && echo ready && cat");
        let mut holder = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", &script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let mut said = String::new();
        BufReader::new(holder.stdout.take()?).read_line(&mut said).ok()?;
        let disk = Disk { holder };
        (said == "ready\n").then_some(disk)
    }

    /// Where a server within finds its data.
    fn data(&self) -> &'static Path {
        Path::new("/mnt/data")
    }

    /// A file on it, as it is found from here.
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root/mnt/{name}", self.holder.id()))
    }

    /// A server on it.
    fn server(&self, args: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args([
            "--user",
            "--mount",
            "--preserve-credentials",
            "--target",
            &self.holder.id().to_string(),
        ]);
        command.arg(common::chancery().get_program()).args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(self.data()).args(args);
        command
    }

    /// Takes all the room that is left.
    fn fill(&self) {
        let mut file = fs::File::create(self.path("filling")).unwrap();
        let zeros = vec![0; 4_096];
        while std::io::Write::write_all(&mut file, &zeros).is_ok() {}
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Both fail when it has ended already.
        self.holder.kill().ok();
        self.holder.wait().ok();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_disk_that_is_really_full_refuses_writes_and_is_over_with_room() {
    let Some(disk) = Disk::new(60 << 20) else {
        eprintln!(
            "SKIPPED: this machine permits no mount; the injected faults beside this test are all it has seen"
        );
        return;
    };
    let args = &["--journal-bytes", "1000000"];
    let mut receipts = Receipts::new();
    let server = Server::spawn(disk.server(args));
    for number in 0..20 {
        client::submit(server.url(), commit(number), &mut receipts).await.unwrap();
    }
    assert!(server.stop().success());
    // Whoever takes the last room just when the database is opened anew takes it from the reads too, until there is some.
    let server = Server::spawn(disk.server(args));
    disk.fill();
    let mut number = 20;
    while client::submit(server.url(), commit(number), &mut receipts).await.is_ok() {
        number += 1;
        assert!(number < 800, "the disk does not get full");
    }
    check_reading(&server, &mut receipts, "while it runs").await;
    assert!(!server.stop().success());
    for round in 0..2 {
        let server = Server::spawn(disk.server(args));
        check_reading(&server, &mut receipts, &format!("start {round} on a full disk")).await;
        server.kill();
    }
    fs::remove_file(disk.path("filling")).unwrap();
    let server = Server::spawn(disk.server(args));
    client::check_receipts(&client::read(server.url()).await.unwrap(), &receipts, "with room");
    client::submit(server.url(), commit(901), &mut receipts).await.unwrap();
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_start_on_a_full_disk_without_a_database_waits_for_room() {
    let Some(disk) = Disk::new(30 << 20) else {
        eprintln!("SKIPPED: this machine permits no mount");
        return;
    };
    let mut receipts = Receipts::new();
    let server = Server::spawn(disk.server(&[]));
    client::submit(server.url(), commit(0), &mut receipts).await.unwrap();
    server.kill();
    disk.fill();
    for _ in 0..2 {
        let said = Server::try_spawn(disk.server(&[])).map(drop).unwrap_err();
        assert!(said.contains("No space left on device") && said.contains("Nothing was lost"), "{said}");
    }
    fs::remove_file(disk.path("filling")).unwrap();
    let server = Server::spawn(disk.server(&[]));
    client::check_receipts(&client::read(server.url()).await.unwrap(), &receipts, "with room");
    client::submit(server.url(), commit(1), &mut receipts).await.unwrap();
    assert!(server.stop().success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_limit_on_the_size_of_files_is_met_as_a_full_disk_is() {
    let data = tempfile::tempdir().unwrap();
    let mut receipts = Receipts::new();
    let server = Server::start(data.path(), &[]);
    client::submit(server.url(), commit(0), &mut receipts).await.unwrap();
    assert!(server.stop().success());
    // The journal grows up to the limit, and the database stays as it is: when that meets the limit while it is opened anew, it
    // cannot be read either before the limit is raised.
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -f 40000; exec \"$0\" \"$@\""]).arg(common::chancery().get_program());
    limited.args(["serve", "--listen", "127.0.0.1:0", "--journal-bytes", "100000000", "--data"]);
    limited.arg(data.path());
    let server = Server::spawn(limited);
    let mut number = 1;
    while client::submit(server.url(), commit(number), &mut receipts).await.is_ok() {
        number += 1;
        assert!(number < 800, "there is no limit");
    }
    check_reading(&server, &mut receipts, "beyond the limit").await;
    assert!(client::poisoned(server.url()).await.contains("File too large"));
    assert_eq!(server.stop().code(), Some(1));
    check_writing(data.path(), &mut receipts, "without the limit").await;
}
