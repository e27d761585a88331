//! What a data directory ought to hold: one that has lost its record is not taken for a new one, one that was put back
//! or exchanged is not continued, and a server notices when its directory goes away under it.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "place/exchange.rs"]
mod exchange;
#[path = "place/record.rs"]
mod record;
#[path = "common/specimen.rs"]
mod specimen;

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use chancery::{
    ledger::{Clock, Commit, Ledger, Proposed},
    log::sled::{OpenError, SledLog},
    proof::Salt,
    wire::{
        event::read_event,
        v1::{
            self, operations_service_client::OperationsServiceClient,
            submission_service_client::SubmissionServiceClient,
        },
    },
};
use common::{Server, bound, chancery, events};
use jiff::Timestamp;
use prost::Message as _;
use record::{Alter, EVENTS, Record, copy, remove, submit, text};
use specimen::{gather, run};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

/// How long a server may take to notice something.
const PATIENCE: Duration = Duration::from_secs(60);
async fn submit_one(server: &Server, number: u64) -> Result<(), tonic::Status> {
    let mut submission = SubmissionServiceClient::connect(server.url().to_owned()).await.unwrap();
    let events = vec![events::actor(number, &format!("a{number}"))];
    submission.submit(v1::SubmitRequest { events, checks: Vec::new() }).await.map(drop)
}

fn cut(data: &Path, name: &str, bytes: u64) {
    File::options().write(true).open(data.join(name)).unwrap().set_len(bytes).unwrap();
}

fn empty(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => fs::remove_dir(path).unwrap(),
            false => fs::remove_file(path).unwrap(),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_left_of_a_record_is_not_taken_for_a_new_one() {
    let record = Record::new().await;
    let cases: [(&str, Alter, &str); 7] = [
        (
            "the tail and the database",
            |data| remove(data, &["tail", "sled"]),
            "journal/0, journal/1, snapshots, lock are",
        ),
        (
            "the tail and the files of the database",
            |data| {
                remove(data, &["tail"]);
                empty(&data.join("sled"));
            },
            "journal/0, journal/1, snapshots, lock are",
        ),
        ("the journal too", |data| remove(data, &["tail", "sled", "journal"]), "snapshots, lock are"),
        (
            "all but the journal",
            |data| remove(data, &["tail", "sled", "snapshots", "chancery.key", "lock"]),
            "journal/0, journal/1 are",
        ),
        (
            "all but the snapshots",
            |data| remove(data, &["tail", "sled", "journal", "chancery.key", "lock"]),
            "snapshots is",
        ),
        (
            "all but the key and the lock",
            |data| remove(data, &["tail", "sled", "journal", "snapshots"]),
            "lock is",
        ),
        (
            "all but a list of retired keys",
            |data| {
                remove(data, &["tail", "sled", "journal", "snapshots", "lock", "chancery.key"]);
                fs::write(data.join("retired.keys"), "any").unwrap();
            },
            "retired.keys is",
        ),
    ];
    for (what, alter, left) in cases {
        record.mend();
        alter(&record.data());
        let before = gather(&record.data());
        let start = record.start().map(drop).unwrap_err();
        for said in [start, format!("{:?}", record.verify()), format!("{:?}", record.repair())] {
            let words = ["held a record", left, "restore a backup", "Put the missing files back"];
            assert!(words.iter().all(|word| said.contains(word)), "{what}: {said}");
            assert!(!said.contains("as they were recorded") && !said.contains("Sound"), "{what}: {said}");
        }
        assert_eq!(record.verify().code, Some(1), "{what}");
        assert_eq!(record.repair().code, Some(1), "{what}");
        assert!(gather(&record.data()) == before, "{what}: a file was changed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_journal_still_holds_is_said() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let server = Server::start(&data, &[]);
    submit(&server, 1..=20).await;
    server.kill();
    remove(&data, &["tail", "sled"]);
    let mut serve = chancery();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data", text(&data)]);
    let said = Server::try_spawn(serve).map(drop).unwrap_err();
    assert!(said.contains("held a record") && said.contains("chancery repair --data"), "{said}");
    let said = run(&["verify", "--data", text(&data)]);
    assert!(said.code == Some(1) && said.text.contains("tail: it is missing"), "{said:?}");
    let said = run(&["repair", "--data", text(&data)]);
    assert!(said.code == Some(0) && said.text.contains("Sound: 20 events"), "{said:?}");
    let said = run(&["repair", "--data", text(&data), "--remove-from", "21"]);
    assert!(said.code == Some(0) && said.text.contains("old key is retired"), "{said:?}");
    assert_eq!(specimen::ids(&Server::start(&data, &[])).await.len(), 20);
}

#[test]
fn a_first_start_that_was_cut_short_begins_again() {
    let home = tempfile::tempdir().unwrap();
    let other = home.path().join("other");
    Server::start(&other, &["--origin", "example.org/own"]).stop();
    let (mut states, data) = (0, home.path().join("data"));
    for own_key in [false, true] {
        for made in [&[][..], &["lock"], &["lock", "sled/"], &["lock", "sled/", "sled/blobs/", "sled/db"]] {
            for also in [&[][..], &["tail.new"], &["journal/"], &["tail.new", "journal/", "lost+found/"]] {
                fs::create_dir(&data).unwrap();
                for name in made.iter().chain(also) {
                    match name.strip_suffix('/') {
                        Some(folder) => fs::create_dir(data.join(folder)).unwrap(),
                        None => drop(File::create(data.join(name)).unwrap()),
                    }
                }
                if own_key {
                    fs::copy(other.join("chancery.key"), data.join("chancery.key")).unwrap();
                }
                let server = Server::start(&data, &[]);
                let key = run(&["key", "--server", server.url()]).text;
                assert_eq!(key.starts_with("example.org/own+"), own_key, "{made:?} {also:?}: {key}");
                assert!(server.stop().success());
                fs::remove_dir_all(&data).unwrap();
                states += 1;
            }
        }
    }
    assert_eq!(states, 32);
}

/// Waits until the server takes no more writes, and returns why.
async fn poisoned(server: &Server) -> String {
    let mut operations = OperationsServiceClient::connect(server.url().to_owned()).await.unwrap();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let told = operations.server_info(v1::ServerInfoRequest {}).await.unwrap().into_inner();
        if !told.poisoned.is_empty() {
            return told.poisoned;
        }
        assert!(Instant::now() < deadline, "it goes on writing");
        tokio::task::yield_now().await;
    }
}

async fn takes_writes(server: &Server) -> bool {
    let channel = tonic::transport::Channel::from_shared(server.url().to_owned()).unwrap();
    let service = "chancery.v1.SubmissionService".to_owned();
    let mut health = HealthClient::new(channel.connect().await.unwrap());
    let answer = health.check(HealthCheckRequest { service }).await.unwrap().into_inner();
    answer.status() == tonic_health::pb::health_check_response::ServingStatus::Serving
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_goes_away_under_a_server_ends_its_writing() {
    let away: Alter = |data| fs::rename(data, data.with_file_name("away")).unwrap();
    let replaced: Alter = |data| {
        fs::rename(data, data.with_file_name("away")).unwrap();
        copy(&data.with_file_name("away"), data);
    };
    let other: Alter = |data| {
        fs::copy(data.join("sled/db"), data.join("sled/other")).unwrap();
        fs::rename(data.join("sled/other"), data.join("sled/db")).unwrap();
    };
    let cases: [(&str, Alter, &str); 12] = [
        ("renamed", away, ""),
        ("replaced by a copy", replaced, ""),
        ("removed", |data| fs::remove_dir_all(data).unwrap(), ""),
        ("without its journal", |data| remove(data, &["journal"]), "journal/"),
        ("without its lock", |data| remove(data, &["lock"]), "lock"),
        ("without its database", |data| remove(data, &["sled/db"]), "sled/db"),
        ("without the folder of its database", |data| remove(data, &["sled"]), "sled/db"),
        ("with another database in its place", other, "sled/db"),
        ("its journal cut", |data| cut(data, "journal/0", 0), "journal/0"),
        ("the end of its journal cut", |data| cut(data, "journal/0", (1 << 20) - 1), "journal/0"),
        ("its database cut", |data| cut(data, "sled/db", 0), "sled/db"),
        ("the end of its database cut", |data| cut(data, "sled/db", 20), "sled/db"),
    ];
    for (what, alter, named) in cases {
        for asked in [false, true] {
            // An append does not look for these.
            if asked && ["lock", "sled/db"].contains(&named) {
                continue;
            }
            let home = tempfile::tempdir().unwrap();
            let data = home.path().join("data");
            let server = Server::start(&data, &[]);
            submit(&server, 1..=EVENTS).await;
            assert!(takes_writes(&server).await, "{what}");
            alter(&data);
            // The next append notices, before it is acknowledged; without one the server does by itself.
            if asked {
                let refused = submit_one(&server, EVENTS + 1).await.unwrap_err();
                assert!(refused.code() == tonic::Code::Unavailable, "{what}: {refused}");
                assert!(refused.message().contains("backup now"), "{what}: {refused}");
            }
            let reason = poisoned(&server).await;
            let word = if what.ends_with("cut") { "was cut short" } else { "moved" };
            let path = if named.is_empty() && !asked { data.clone() } else { data.join(named) };
            assert!(reason.contains(text(&path)) && reason.contains(word), "{what}: {reason}");
            let refused = submit_one(&server, EVENTS + 2).await.unwrap_err();
            assert!(refused.code() == tonic::Code::Unavailable, "{what}: {refused}");
            let deadline = Instant::now() + PATIENCE;
            while takes_writes(&server).await {
                assert!(Instant::now() < deadline, "{what}: it says that it takes writes");
            }
            // What is there can be read, and saved.
            let backup = home.path().join("backup");
            let said = run(&["backup", "--server", server.url(), "--to", text(&backup)]);
            assert_eq!(said.code, Some(0), "{what}: {said:?}");
            let there = data.exists();
            assert!(!server.stop().success(), "{what}");
            assert_eq!(data.exists(), there, "{what}: the directory was made anew");
            assert!(!data.join("snapshots").exists(), "{what}");
            let away = home.path().join("away");
            if away.exists() {
                let server = Server::start(&away, &[]);
                assert!(EVENTS <= specimen::ids(&server).await.len() as u64, "{what}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_may_not_be_looked_at_is_not_said_to_be_gone() {
    for (closed, unseen) in [("", "lock"), ("sled", "sled/db"), ("journal", "journal/0")] {
        for asked in [false, true] {
            // An append looks for nothing else.
            if asked && closed == "sled" {
                continue;
            }
            let home = tempfile::tempdir().unwrap();
            let data = home.path().join("data");
            let serve = || {
                let mut command = bound(&mut chancery());
                command.args(["serve", "--data", text(&data), "--listen", "127.0.0.1:0"]);
                Server::try_spawn(command)
            };
            let server = serve().unwrap();
            submit(&server, 1..=EVENTS).await;
            let folder = data.join(closed);
            fs::set_permissions(&folder, Permissions::from_mode(0o000)).unwrap();
            let told = |said: &str| {
                let what = format!("{closed:?} asked {asked}: {said}");
                for word in ["cannot be looked at any more (Permission denied", "restart the server"] {
                    assert!(said.contains(word), "there is no {word:?}: {what}");
                }
                assert!(!said.contains("removed") && !said.contains("replaced"), "{what}");
            };
            if asked {
                told(submit_one(&server, EVENTS + 1).await.unwrap_err().message());
            }
            let reason = poisoned(&server).await;
            told(&reason);
            assert!(asked || reason.contains(text(&data.join(unseen))), "{reason}");
            told(submit_one(&server, EVENTS + 1).await.unwrap_err().message());
            let said = run(&["verify", "--server", server.url()]);
            assert_eq!(said.code, Some(1), "{said:?}");
            told(&said.text);
            let info = run(&["info", "--server", server.url()]);
            told(&info.text);
            server.stop();
            assert!(serve().is_err_and(|said| said.contains("Permission denied")), "{closed}");

            // What the message advises helps.
            fs::set_permissions(&folder, Permissions::from_mode(0o700)).unwrap();
            let server = serve().unwrap();
            assert!(EVENTS <= specimen::ids(&server).await.len() as u64, "{closed}");
            submit(&server, EVENTS + 1..=EVENTS + 5).await;
            assert!(server.stop().success(), "{closed}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_lock_a_directory_is_in_use_all_the_same() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let server = Server::start(&data, &[]);
    submit(&server, 1..=5).await;
    remove(&data, &["lock"]);
    let before = gather(&data);
    for arguments in [
        &["serve", "--listen", "127.0.0.1:0", "--data", text(&data)][..],
        &["verify", "--data", text(&data)],
        &["repair", "--data", text(&data)],
        &["repair", "--data", text(&data), "--remove-from", "3"],
    ] {
        let said = run(arguments);
        assert!(said.code == Some(1) && said.text.contains("in use"), "{arguments:?}: {said:?}");
        assert!(!said.text.contains("damaged"), "{arguments:?}: {said:?}");
        assert!(!data.join("lock").exists() && gather(&data) == before, "{arguments:?}");
    }
    assert_eq!(specimen::ids(&server).await.len(), 5);
    drop(server);

    // Where directories are not locked, the database still is.
    let db = File::open(data.join("sled/db")).unwrap();
    db.lock().unwrap();
    match SledLog::open(&data) {
        Err(OpenError::InUse { .. }) => {}
        other => panic!("{:?}", other.map(drop)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_that_is_ahead_of_the_clock_is_told() {
    let clocks: [(Clock, bool); 2] = [
        (|| Timestamp::from_second(32_500_000_000).unwrap(), true),
        (|| Timestamp::from_second(1_000_000_000).unwrap(), false),
    ];
    for (clock, ahead) in clocks {
        let home = tempfile::tempdir().unwrap();
        let [made, data, said] = ["made", "data", "said"].map(|name| home.path().join(name));
        let log = Arc::new(SledLog::open(&made).unwrap());
        let (ledger, _) = Ledger::open(log, clock, &mut ()).await.unwrap();
        let message = events::actor(1, "a1");
        let read = read_event(&message, "event").unwrap();
        let content = message.encode_to_vec().into();
        let events = vec![Proposed::new(read.id.unwrap(), read.event, content, Salt::new([7; 16]))];
        let (id, principal) = (uuid::Uuid::from_u128(1), Arc::from("local"));
        ledger.submit(Commit { id, principal, events, checks: Vec::new() }).await.unwrap();
        ledger.close().await.unwrap();
        copy(&made, &data);

        let mut serve = std::process::Command::new("sh");
        let program = env!("CARGO_BIN_EXE_chancery");
        serve.args(["-c", "exec \"$0\" serve --listen 127.0.0.1:0 --data \"$1\" 2> \"$2\""]);
        serve.args([program, text(&data), text(&said)]);
        let server = Server::spawn(serve);
        let info = run(&["info", "--server", server.url()]);
        let told = info.text.contains("  clock  ") && info.text.contains("2999-11-19");
        assert_eq!(told, ahead, "{info:?}");
        submit_one(&server, 2).await.unwrap();
        assert!(server.stop().success());
        let said = fs::read_to_string(said).unwrap();
        let warnings =
            said.lines().filter(|line| line.contains("the clock is behind the last event")).count();
        assert_eq!(warnings, usize::from(ahead), "{said}");
    }
}
