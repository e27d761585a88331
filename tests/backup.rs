//! Backup and restore: of a running server, in files and streams, continued, damaged, and of the wrong record.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use chancery::{
    position::Position,
    service::backup::Folder,
    wire::v1::{
        self, audit_service_client::AuditServiceClient, submission_service_client::SubmissionServiceClient,
    },
};
use common::{Server, events};

/// What a command printed on standard output and on standard error, and its exit code.
struct Said {
    out: Vec<u8>,
    err: String,
    code: Option<i32>,
}

impl Said {
    fn all(&self) -> String {
        format!("{}{}", String::from_utf8_lossy(&self.out), self.err)
    }
}

fn run(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said { out: output.stdout, err: String::from_utf8(output.stderr).unwrap(), code: output.status.code() }
}

/// Runs a command that must succeed.
fn done(arguments: &[&str]) -> String {
    let said = run(common::chancery().args(arguments));
    assert_eq!(said.code, Some(0), "{arguments:?}: {}", said.all());
    said.all()
}

/// Runs a command that must fail with exit code 1 and these words.
fn refused(arguments: &[&str], words: &[&str]) {
    let said = run(common::chancery().args(arguments));
    assert_eq!(said.code, Some(1), "{arguments:?}: {}", said.all());
    for word in words {
        assert!(said.err.contains(word), "{arguments:?} says nothing of {word:?}: {}", said.err);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

async fn submit(server: &Server, numbers: std::ops::RangeInclusive<u64>) -> Vec<v1::Receipt> {
    let mut submission = SubmissionServiceClient::connect(server.url().to_owned()).await.unwrap();
    let mut receipts = Vec::new();
    for numbers in numbers.collect::<Vec<_>>().chunks(100) {
        let events = numbers.iter().map(|number| events::actor(*number, &format!("a{number}"))).collect();
        let request = v1::SubmitRequest { events, checks: Vec::new() };
        receipts.extend(submission.submit(request).await.unwrap().into_inner().receipts);
    }
    receipts
}

/// The signed checkpoint of a size.
async fn checkpoint(server: &Server, tree_size: u64) -> v1::GetCheckpointResponse {
    let mut audit = AuditServiceClient::connect(server.url().to_owned()).await.unwrap();
    audit.get_checkpoint(v1::GetCheckpointRequest { tree_size }).await.unwrap().into_inner()
}

/// The files of a backup, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.to_string_lossy().ends_with(".backup"));
    files.sort();
    files
}

/// Nothing is left where a restore failed.
fn check_nothing_left(data: &Path) {
    assert!(!data.exists(), "{} was left behind", data.display());
    let unfinished = PathBuf::from(format!("{}.unfinished", data.display()));
    assert!(!unfinished.exists(), "{} was left behind", unfinished.display());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_record_is_the_record() {
    let home = tempfile::tempdir().unwrap();
    let [data, backup, restored] = ["data", "backup", "restored"].map(|name| home.path().join(name));
    let server = Server::start(&data, &["--origin", "example.org/record"]);
    let at = ["--server", server.url(), "--to", text(&backup)];
    let back_up = |more: &[&str]| done(&[&["backup"], &at[..], more].concat());

    assert!(back_up(&[]).contains("Nothing new"), "an empty record");
    let receipts = submit(&server, 1..=300).await;
    assert!(back_up(&["--until", "257"]).contains("257 events"));
    // One file was read whole.
    let said = back_up(&["--until", "100"]);
    assert!(said.contains("already") && !said.contains("verify"), "{said}");
    assert!(back_up(&[]).contains("43 events"));
    submit(&server, 301..=600).await;
    // What an interrupted backup has left is not taken for a backup.
    fs::write(backup.join("00000000000000000301-00000000000000000500.backup.unfinished"), "half").unwrap();
    assert!(back_up(&[]).contains("300 events"));
    for more in [&[][..], &["--until", "100"]] {
        let said = back_up(more);
        let words =
            ["Of its 3 files only the newest was read whole", "chancery verify --backup", text(&backup)];
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
        assert_eq!(said.contains("Nothing new"), more.is_empty(), "{said}");
    }
    assert_eq!(files(&backup).len(), 3);
    assert_eq!(fs::read_dir(&backup).unwrap().count(), 4, "three files and the lock");
    let before = checkpoint(&server, 0).await;
    let said = done(&["verify", "--backup", text(&backup)]);
    assert!(said.contains("600 events") && said.contains("example.org/record"), "{said}");
    // Without its server, from now on.
    server.stop();

    let key = data.join("chancery.key");
    let restore = ["restore", "--from", text(&backup), "--data", text(&restored)];
    let said = done(&[&restore[..], &["--signing-key", text(&key)]].concat());
    assert!(said.contains("600 events") && said.contains("goes on signing as example.org/record"), "{said}");
    refused(&restore, &["not empty", "Nothing was restored"]);
    let server = Server::start(&restored, &[]);
    let after = checkpoint(&server, 0).await;
    // Ed25519 is deterministic: the same key, size and root make the same bytes.
    assert_eq!(after, before);
    let again = submit(&server, 1..=300).await;
    for (again, first) in again.iter().zip(&receipts) {
        let expected = v1::Receipt { deduplicated: true, ..first.clone() };
        assert_eq!(*again, expected);
    }
    submit(&server, 601..=610).await;
    assert!(done(&["backup", "--server", server.url(), "--to", text(&backup)]).contains("10 events"));
}

/// The newest file of a backup that is continued, which can be all of it, is read whole: that is told as it goes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reading_of_what_is_continued_is_told() {
    let home = tempfile::tempdir().unwrap();
    let [data, backup] = ["data", "backup"].map(|name| home.path().join(name));
    let server = Server::start(&data, &[]);
    let look = || {
        let mut told = Vec::new();
        let folder = Folder::open(&backup, |read, bytes, position| told.push((read, bytes, position)));
        folder.unwrap().keep();
        told
    };
    assert_eq!(look(), []);
    for (first, last) in [(1, 4_000), (4_001, 5_000)] {
        submit(&server, first..=last).await;
        done(&["backup", "--server", server.url(), "--to", text(&backup)]);
        let told = look();
        assert!(1 < told.len() && told.is_sorted(), "{told:?}");
        let bytes = fs::metadata(files(&backup).last().unwrap()).unwrap().len();
        assert!(told.iter().all(|(_, of, _)| *of == bytes), "{told:?}");
        assert_eq!(told.last(), Some(&(bytes, bytes, Position::new(last))));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_follow_one_another() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(&home.path().join("data"), &[]);
    submit(&server, 1..=300).await;
    let stream = |more: &[&str]| {
        let said = run(common::chancery().args(["backup", "--server", server.url(), "--to", "-"]).args(more));
        assert_eq!(said.code, Some(0), "{}", said.err);
        said.out
    };
    let (first, second, empty) =
        (stream(&["--until", "120"]), stream(&["--after", "120"]), stream(&["--after", "300"]));
    let root = checkpoint(&server, 0).await;
    let restored = home.path().join("restored");
    let restore = |bytes: &[&[u8]]| {
        let mut command = common::chancery();
        command.args(["restore", "--from", "-", "--data", text(&restored)]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // It may refuse before it has read everything.
        let _ = child.stdin.take().unwrap().write_all(&bytes.concat());
        let output = child.wait_with_output().unwrap();
        (output.status.code(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
    };
    for (bytes, expected) in [
        (vec![], "no records"),
        (
            vec![&second[..]],
            "positions 1 to 120 are missing: it begins behind position 120, and what is there ends at 0",
        ),
        (vec![&empty[..]], "positions 1 to 300 are missing"),
        (vec![&first, &first], "at position 121: it begins behind position 0, and what is there ends at 120"),
        (vec![&first, &second, b"x"], "ends before its last record"),
        (vec![&first, b"something else altogether"], "not a backup"),
        (vec![b"chancery backup 2\n", &first], "version"),
        (vec![&first[..first.len() - 1]], "ends before its last record"),
    ] {
        let (code, said) = restore(&bytes);
        assert!(code == Some(1) && said.contains(expected), "{expected}: {said}");
        check_nothing_left(&restored);
    }
    let (code, said) = restore(&[&first, &second, &empty]);
    assert_eq!(code, Some(0), "{said}");
    let again = Server::start(&restored, &[]);
    assert_eq!(checkpoint(&again, 0).await.root_hash, root.root_hash);

    // A stream that nobody reads to its end, whether the system holds it back or not.
    let cut: [(&str, std::process::Stdio); 2] = [
        ("Broken pipe", {
            let (reader, writer) = std::io::pipe().unwrap();
            drop(reader);
            writer.into()
        }),
        ("No space left", File::create("/dev/full").unwrap().into()),
    ];
    for (expected, out) in cut {
        let mut command = common::chancery();
        command.args(["backup", "--server", server.url(), "--to", "-"]).stdout(out);
        let output = command.stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{expected}: {said}");
        assert!(
            said.contains("the backup on standard output was cut short") && said.contains(expected),
            "{said}"
        );
    }

    // What nobody takes was not given. The runtime puts /dev/null in the place of a standard output that is closed.
    for arguments in ["backup --to -", "prove 7"] {
        for redirection in [">&-", ">/dev/null"] {
            let mut command = Command::new("sh");
            command.arg("-c").arg(format!("exec \"$0\" {arguments} --server \"$1\" {redirection}"));
            let said = run(command.arg(env!("CARGO_BIN_EXE_chancery")).arg(server.url()));
            assert_eq!(said.code, Some(1), "{arguments} {redirection}: {}", said.err);
            assert!(said.err.contains("is closed, or /dev/null"), "{arguments} {redirection}: {}", said.err);
        }
    }

    // Positions that do not fit.
    let at = ["backup", "--server", server.url(), "--to", "-"];
    refused(&[&at[..], &["--after", "301"]].concat(), &["position 301 does not exist yet"]);
    refused(&[&at[..], &["--until", "301"]].concat(), &["position 301 does not exist yet"]);
    refused(&[&at[..], &["--after", "20", "--until", "10"]].concat(), &["is behind until_position"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_of_one_moment_while_events_are_recorded() {
    let home = tempfile::tempdir().unwrap();
    let backup = home.path().join("backup");
    let server = Server::start(&home.path().join("data"), &[]);
    submit(&server, 1..=100).await;
    let url = server.url().to_owned();
    let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
    let writer = tokio::spawn(async move {
        let mut submission = SubmissionServiceClient::connect(url).await.unwrap();
        let mut number = 100;
        while stopped.try_recv().is_err() {
            number += 1;
            let request = v1::SubmitRequest {
                events: vec![events::actor(number, &format!("a{number}"))],
                checks: Vec::new(),
            };
            submission.submit(request).await.unwrap();
        }
        number
    });
    let mut ends = Vec::new();
    for _ in 0..8 {
        let url = server.url().to_owned();
        let to = backup.clone();
        let said =
            tokio::task::spawn_blocking(move || done(&["backup", "--server", &url, "--to", text(&to)]));
        said.await.unwrap();
        let last = files(&backup).pop().unwrap();
        ends.push(
            last.file_stem().unwrap().to_str().unwrap().split('-').nth(1).unwrap().parse::<u64>().unwrap(),
        );
    }
    stop.send(()).unwrap();
    let recorded = writer.await.unwrap();
    assert!(ends.windows(2).all(|pair| pair[0] <= pair[1]), "{ends:?}");
    assert!(100 < *ends.last().unwrap() && *ends.last().unwrap() <= recorded, "{ends:?} of {recorded}");
    let said = done(&["verify", "--backup", text(&backup)]);
    let root = checkpoint(&server, *ends.last().unwrap()).await;
    let root = chancery::proof::Hash::try_from(root.root_hash.as_ref()).unwrap();
    assert!(said.contains(&root.to_string()), "{said}");
}

/// Makes two files of a small record, and stops the server.
async fn small_backup(home: &Path) -> PathBuf {
    let backup = home.join("backup");
    let server = Server::start(&home.join("data"), &["--origin", "example.org/record"]);
    submit(&server, 1..=20).await;
    done(&["backup", "--server", server.url(), "--to", text(&backup)]);
    submit(&server, 21..=30).await;
    done(&["backup", "--server", server.url(), "--to", text(&backup)]);
    server.stop();
    backup
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_flipped_byte_and_no_cut_is_believed() {
    let home = tempfile::tempdir().unwrap();
    let backup = small_backup(home.path()).await;
    let restored = home.path().join("restored");
    for file in files(&backup) {
        let bytes = fs::read(&file).unwrap();
        let check = |altered: &[u8]| {
            fs::write(&file, altered).unwrap();
            refused(&["verify", "--backup", text(&backup)], &["REFUSED at position", text(&file)]);
            let restore = ["restore", "--from", text(&backup), "--data", text(&restored)];
            refused(&restore, &["REFUSED at position", text(&file)]);
            check_nothing_left(&restored);
        };
        // The magic, the first header, and records.
        let step = (bytes.len() / 12) | 1;
        for offset in
            (0..bytes.len()).step_by(step).chain([1, 16, 17, 18, 21, 22, 26]).chain([bytes.len() - 1])
        {
            let mut altered = bytes.clone();
            altered[offset] ^= 1 << (offset % 8);
            check(&altered);
        }
        for length in (1..bytes.len()).step_by(step).chain([bytes.len() - 1]) {
            check(&bytes[..length]);
        }
        fs::write(&file, &bytes).unwrap();
    }
    done(&["verify", "--backup", text(&backup)]);
}

/// A backup whose checksums are right and whose records are not: only the tree can tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_forged_record_with_right_checksums_is_refused() {
    use chancery::service::backup::{Reader, Taken, Transcript, Writer};
    use prost::Message as _;
    let home = tempfile::tempdir().unwrap();
    let backup = small_backup(home.path()).await;
    let file = files(&backup).remove(0);
    // The frames, read as they are: 18 bytes, then length, checksum and payload.
    let bytes = fs::read(&file).unwrap();
    let mut rest = &bytes[18..];
    let mut parts = Vec::new();
    while let Some((head, payload)) = rest.split_first_chunk::<8>() {
        let length = u32::from_le_bytes(*head.first_chunk().unwrap()) as usize;
        parts.push(v1::BackupResponse::decode(&payload[..length]).unwrap());
        rest = &payload[length..];
    }
    assert_eq!(parts.len(), 2, "a header and records");
    let write = |parts: &[v1::BackupResponse]| {
        let mut writer = Writer::begin(Vec::new()).unwrap();
        for part in parts {
            writer.write(part).unwrap();
        }
        writer.finish()
    };
    assert_eq!(write(&parts), bytes);
    let forge = |forge: &dyn Fn(&mut Vec<bytes::Bytes>)| {
        let mut parts = parts.clone();
        let Some(v1::backup_response::Part::Records(records)) = &mut parts[1].part else { panic!() };
        forge(&mut records.records);
        write(&parts)
    };
    let name = |record: &bytes::Bytes| record.windows(9).position(|it| it == b"State of ").unwrap();
    for (forged, expected) in [
        (
            forge(&|records| {
                let mut record = records[4].to_vec();
                let at = name(&records[4]);
                record[at] = b'Z';
                records[4] = record.into();
            }),
            "do not add up",
        ),
        (forge(&|records| records.swap(4, 5)), "do not add up"),
        (forge(&|records| drop(records.pop())), "ends before its last record"),
        (forge(&|records| records.push(records[0].clone())), "not in order"),
    ] {
        fs::write(&file, forged).unwrap();
        refused(&["verify", "--backup", text(&backup)], &["REFUSED", expected]);
    }
    fs::write(&file, &bytes).unwrap();

    // The second file by itself continues the first, and nothing else.
    let second = File::open(files(&backup).remove(1)).unwrap();
    let mut reader = Reader::new(second, Transcript::anywhere(None));
    assert!(matches!(reader.part(), Ok(Some(Taken::Header(header))) if header.after.get() == 20));
    assert!(matches!(reader.part(), Ok(Some(Taken::Records(records))) if records.len() == 10));
    assert!(matches!(reader.part(), Ok(None)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_another_record_is_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let backup = small_backup(home.path()).await;
    let [data, other, same_key] = ["data", "other", "same-key"].map(|name| home.path().join(name));
    let [first, second] = [0, 1].map(|index| files(&backup).remove(index));
    let back_up = |server: &Server, words: &[&str]| {
        refused(&["backup", "--server", server.url(), "--to", text(&backup)], words);
        assert_eq!(files(&backup).len(), 2);
    };

    let server = Server::start(&other, &["--origin", "example.org/other"]);
    submit(&server, 1..=10).await;
    back_up(&server, &["CUT", "30 events"]);
    submit(&server, 11..=40).await;
    back_up(&server, &["REFUSED", "is signed with the key"]);
    let key = done(&["key", "--server", server.url()]);
    refused(&["verify", "--backup", text(&backup), "--key", key.trim()], &["is signed with the key"]);
    server.stop();

    fs::create_dir(&same_key).unwrap();
    fs::copy(data.join("chancery.key"), same_key.join("chancery.key")).unwrap();
    let server = Server::start(&same_key, &[]);
    submit(&server, 1..=40).await;
    back_up(&server, &["REFUSED at position 31: ", "continues another record"]);
    server.stop();

    let restored = home.path().join("restored");
    let restore = ["restore", "--from", text(&backup), "--data", text(&restored)];
    let key = other.join("chancery.key");
    refused(&[&restore[..], &["--signing-key", text(&key)]].concat(), &["is signed with the key"]);
    check_nothing_left(&restored);
    fs::rename(&first, home.path().join("away")).unwrap();
    refused(&restore, &["does not begin where the file before it ends", text(&second), "at position 1. "]);
    refused(&restore, &["move this file and those behind it away, and `chancery backup`"]);
    fs::rename(home.path().join("away"), &first).unwrap();
    fs::copy(&first, backup.join("00000000000000000031-00000000000000000050.backup")).unwrap();
    refused(&restore, &["REFUSED", "begins behind position 0"]);
    check_nothing_left(&restored);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_key_a_restored_record_gets_a_new_origin() {
    let home = tempfile::tempdir().unwrap();
    let backup = small_backup(home.path()).await;
    let restored = home.path().join("restored");
    let said = done(&["restore", "--from", text(&backup), "--data", text(&restored)]);
    assert!(said.contains("WARNING") && said.contains("new origin"), "{said}");
    assert!(!restored.join("chancery.key").exists());

    // Neither under the old name with a new key, nor with the old key after all.
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", text(&restored)];
    refused(
        &[&serve[..], &["--origin", "example.org/record"]].concat(),
        &["may not sign as example.org/record"],
    );
    fs::copy(home.path().join("data/chancery.key"), restored.join("chancery.key")).unwrap();
    refused(&serve, &["may not sign as example.org/record", "--signing-key"]);
    fs::remove_file(restored.join("chancery.key")).unwrap();

    let server = Server::start(&restored, &["--origin", "example.org/again"]);
    assert!(done(&["key", "--server", server.url()]).starts_with("example.org/again+"));
    assert!(checkpoint(&server, 0).await.checkpoint.starts_with("example.org/again\n30\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_stands_for_what_it_leads_to() {
    use std::os::unix::fs::symlink;
    let home = tempfile::tempdir().unwrap();
    let backup = small_backup(home.path()).await;
    let [volume, link, nowhere] = ["volume", "link", "nowhere"].map(|name| home.path().join(name));
    symlink(home.path().join("missing"), &nowhere).unwrap();
    let restore = |to: &Path| ["restore", "--from", text(&backup), "--data", text(to)].map(str::to_owned);
    let before = listing(home.path());
    let arguments = restore(&nowhere);
    refused(
        &arguments.each_ref().map(|it| &it[..]),
        &["is a link", "nothing is there", "Nothing was restored"],
    );
    assert_eq!(listing(home.path()), before);
    fs::create_dir(&volume).unwrap();
    symlink(&volume, &link).unwrap();
    let arguments = restore(&link);
    done(&arguments.each_ref().map(|it| &it[..]));
    assert!(link.is_symlink() && volume.join("tail").exists());
    refused(&arguments.each_ref().map(|it| &it[..]), &["not empty"]);
    assert!(done(&["verify", "--data", text(&link)]).contains("30 events"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interrupted_restore_begins_anew() {
    let home = tempfile::tempdir().unwrap();
    let backup = small_backup(home.path()).await;
    let [restored, unfinished] = ["restored", "restored.unfinished"].map(|name| home.path().join(name));
    let restore = ["restore", "--from", text(&backup), "--data", text(&restored)];
    // A restore that waits for the rest of its input.
    let mut child = common::chancery()
        .args(["restore", "--from", "-", "--data", text(&restored)])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.as_mut().unwrap().write_all(&fs::read(&files(&backup)[0]).unwrap()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !unfinished.join("data/sled/db").exists() {
        assert!(Instant::now() < deadline, "the restore does not begin");
        std::thread::yield_now();
    }
    refused(&restore, &["another process is building"]);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(unfinished.exists() && !restored.exists());
    // Nobody takes the place for one of a new record.
    let serve = ["serve", "--listen", "127.0.0.1:0", "--data", text(&restored)];
    for command in
        [&serve[..], &["verify", "--data", text(&restored)], &["repair", "--data", text(&restored)]]
    {
        refused(command, &["interrupted restore", text(&unfinished), "Run the restore again"]);
        assert!(unfinished.exists() && !restored.exists());
    }
    // One that was killed before it had begun with anything.
    let away = home.path().join("away");
    let begun = home.path().join("restored.unfinished.new");
    fs::rename(&unfinished, &away).unwrap();
    fs::create_dir(&begun).unwrap();
    refused(&serve, &["interrupted restore", text(&begun)]);
    assert!(!restored.exists());
    fs::rename(&away, &unfinished).unwrap();

    // Only what a restore has left is removed.
    let note = unfinished.join("unfinished");
    let said = fs::read(&note).unwrap();
    fs::write(&note, "my own folder").unwrap();
    refused(&restore, &["is in the way"]);
    fs::write(&note, said).unwrap();
    done(&restore);
    assert!(!unfinished.exists() && !begun.exists() && restored.join("tail").exists());
    // Beside a record it is in nobody's way, and a look for damage removes it.
    fs::create_dir(&begun).unwrap();
    Server::start(&restored, &[]).stop();
    done(&["repair", "--data", text(&restored)]);
    assert!(!begun.exists());
}

/// What is done to a folder of three files.
type Spoil = fn(&Path, &[PathBuf]);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_has_what_its_name_says() {
    let home = tempfile::tempdir().unwrap();
    let whole = home.path().join("whole");
    let server = Server::start(&home.path().join("data"), &[]);
    for numbers in [1..=20, 21..=30, 31..=40] {
        submit(&server, numbers).await;
        done(&["backup", "--server", server.url(), "--to", text(&whole)]);
    }
    let other = Server::start(&home.path().join("data-other"), &[]);
    submit(&other, 1..=20).await;
    done(&["backup", "--server", other.url(), "--to", text(&home.path().join("other"))]);
    other.stop();
    let cases: [(&str, Spoil, &[&str], &[&str]); 16] = [
        (
            "the first is empty",
            |_, files| empty(&files[0]),
            &["REFUSED at position 1:", "it is empty", "-00000000000000000020"],
            &["it is empty"],
        ),
        (
            "the middle is empty",
            |_, files| empty(&files[1]),
            &["REFUSED at position 21:", "it is empty", "-00000000000000000030"],
            &["it is empty"],
        ),
        (
            "the last is empty",
            |_, files| empty(&files[2]),
            &["REFUSED at position 31:", "it is empty", "-00000000000000000040"],
            &["it is empty"],
        ),
        (
            "the last is longer by name",
            |_, files| rename(&files[2], &name(31, 99_999)),
            &["REFUSED at position 31", "it ends at position 40"],
            &["it ends at position 40"],
        ),
        (
            "the last is shorter by name",
            |_, files| rename(&files[2], &name(31, 35)),
            &["REFUSED at position", "it ends at position 40"],
            &["it ends at position 40"],
        ),
        (
            "a foreign name",
            |_, files| rename(&files[2], "31-40.backup"),
            &["31-40.backup is not a file of this backup", "move it away"],
            &["31-40.backup is not a file"],
        ),
        (
            "another file",
            |folder, _| fs::write(folder.join("notes.backup"), "x").unwrap(),
            &["notes.backup is not a file of this backup"],
            &["notes.backup"],
        ),
        (
            "the last replaced",
            |_, files| fs::write(&files[2], fs::read(&files[1]).unwrap()).unwrap(),
            &["REFUSED at position 31"],
            &["it begins behind position 20", "Put back another copy"],
        ),
        (
            "the last is cut by a byte",
            |_, files| cut(&files[2], 1),
            &["REFUSED at position 31", "ends before its last record"],
            &["cannot be continued", "-00000000000000000040", "ends before its last record"],
        ),
        (
            "the last has a changed byte",
            |_, files| flip(&files[2]),
            &["REFUSED at position 31", "checksum"],
            &["cannot be continued", "-00000000000000000040", "checksum"],
        ),
        (
            "something is added to the last",
            |_, files| add(&files[2]),
            &["REFUSED at position 41", "ends before its last record"],
            &["cannot be continued", "-00000000000000000040", "ends before its last record"],
        ),
        (
            "the first is cut by a byte",
            |_, files| cut(&files[0], 1),
            &["REFUSED at position 1:", "ends before its last record"],
            &["cannot be continued", "-00000000000000000020", "was cut, or something was added"],
        ),
        (
            "the first ends behind its header",
            |_, files| {
                let bytes = fs::read(&files[0]).unwrap();
                let header = u32::from_le_bytes(*bytes[18..].first_chunk().unwrap()) as usize;
                fs::write(&files[0], &bytes[..18 + 8 + header]).unwrap();
            },
            &["REFUSED at position 1:", "ends before its last record"],
            &["cannot be continued", "-00000000000000000020", "it is empty"],
        ),
        (
            "something is added to the first",
            |_, files| add(&files[0]),
            &["REFUSED at position 21:", "ends before its last record"],
            &["cannot be continued", "-00000000000000000020", "was cut, or something was added"],
        ),
        (
            "the first has a changed byte at its end",
            |_, files| flip(&files[0]),
            &["REFUSED at position 1:", "checksum"],
            &["cannot be continued", "-00000000000000000020", "checksum"],
        ),
        (
            "the first is of another record",
            |folder, files| {
                let other = folder.with_file_name("other");
                fs::copy(other.join(files[0].file_name().unwrap()), &files[0]).map(drop).unwrap();
            },
            &["REFUSED at position 21:", "is signed with the key"],
            &["cannot be continued", "-00000000000000000030", "is signed with the key"],
        ),
    ];
    for (what, spoil, read, continued) in cases {
        let spoiled = home.path().join("spoiled");
        let restored = home.path().join("restored");
        fs::create_dir(&spoiled).unwrap();
        for file in files(&whole) {
            fs::copy(&file, spoiled.join(file.file_name().unwrap())).unwrap();
        }
        done(&["verify", "--backup", text(&spoiled)]);
        spoil(&spoiled, &files(&spoiled));
        println!("{what}");
        refused(&["verify", "--backup", text(&spoiled)], read);
        refused(&["restore", "--from", text(&spoiled), "--data", text(&restored)], read);
        check_nothing_left(&restored);
        refused(&["backup", "--server", server.url(), "--to", text(&spoiled)], continued);
        fs::remove_dir_all(&spoiled).unwrap();
    }
    // A continuation by itself, and nothing at all.
    refused(
        &["verify", "--backup", text(&files(&whole)[1])],
        &["begins behind position 20", "The earlier part goes before it"],
    );
    refused(&["verify", "--backup", "/dev/null"], &["has no records"]);
    // What an interrupted backup has left is no backup.
    let begun = home.path().join("begun");
    fs::create_dir(&begun).unwrap();
    fs::write(begun.join(name(1, 20) + ".unfinished"), "half").unwrap();
    refused(
        &["verify", "--backup", text(&begun)],
        &["there is no backup", "interrupted", "run `chancery backup` again"],
    );
}

fn empty(file: &Path) {
    fs::write(file, "").unwrap();
}

fn cut(file: &Path, bytes: u64) {
    let file = File::options().write(true).open(file).unwrap();
    file.set_len(file.metadata().unwrap().len() - bytes).unwrap();
}

fn flip(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(file, bytes).unwrap();
}

fn add(file: &Path) {
    File::options().append(true).open(file).unwrap().write_all(b"junk").unwrap();
}

fn rename(file: &Path, name: &str) {
    fs::rename(file, file.with_file_name(name)).unwrap();
}

fn name(first: u64, last: u64) -> String {
    format!("{first:020}-{last:020}.backup")
}

/// A folder and everything in it.
fn listing(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut next = 0;
    while next < found.len() {
        if found[next].is_dir() {
            found.extend(fs::read_dir(&found[next]).unwrap().map(|entry| entry.unwrap().path()));
        }
        next += 1;
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remembered_checkpoint_tells_what_a_backup_lacks() {
    let home = tempfile::tempdir().unwrap();
    let backup = small_backup(home.path()).await;
    let [data, forged, foreign] = ["data", "forged", "foreign"].map(|name| home.path().join(name));
    let server = Server::start(&data, &[]);
    let key = done(&["key", "--server", server.url()]);
    let remember = |server: &Server, name: &str| {
        let path = home.path().join(name);
        done(&["check", "--key", key.trim(), "--remember", text(&path), "--server", server.url()]);
        path
    };
    let now = remember(&server, "now");
    submit(&server, 31..=33).await;
    let later = remember(&server, "later");
    server.stop();
    fs::create_dir(&forged).unwrap();
    fs::copy(data.join("chancery.key"), forged.join("chancery.key")).unwrap();
    let server = Server::start(&forged, &[]);
    submit(&server, 101..=110).await;
    let other = remember(&server, "other");
    server.stop();
    fs::write(&foreign, "").unwrap();

    let verify = ["verify", "--backup", text(&backup), "--key", key.trim(), "--remember"];
    let against = |path: &Path, words: &[&str]| refused(&[&verify[..], &[text(path)]].concat(), words);
    done(&[&verify[..], &[text(&now)]].concat());
    against(&other, &["REWRITTEN", "the first 10 events of the backup"]);
    against(&later, &["CUT: the record had 33 events", "ends at position 30"]);
    against(&foreign, &["the remembered checkpoint in", "Put back a copy"]);
    against(&home.path().join("nowhere"), &["cannot use", "nowhere"]);
    fs::remove_file(files(&backup).pop().unwrap()).unwrap();
    done(&["verify", "--backup", text(&backup), "--key", key.trim()]);
    against(&now, &["CUT: the record had 30 events", "ends at position 20", "put them back"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn records_and_backups_keep_out_of_each_other_s_directories() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = tempfile::tempdir().unwrap();
    let backup = small_backup(home.path()).await;
    let [data, new, file, foreign, key_only] =
        ["data", "new", "file", "foreign", "key-only"].map(|name| home.path().join(name));
    fs::write(&file, "").unwrap();
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("letters.txt"), "").unwrap();
    let serve = |place: &Path, words: &[&str]| {
        refused(&["serve", "--listen", "127.0.0.1:0", "--data", text(place)], words);
    };
    serve(&backup, &["holds a backup", "chancery restore --from"]);
    serve(&foreign, &["letters.txt", "empty or not there yet"]);
    serve(&file, &["is a file"]);
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);

    let server = Server::start(&data, &[]);
    // An address that is taken leaves nothing behind.
    refused(
        &["serve", "--listen", server.address(), "--data", text(&new)],
        &["cannot listen on", "--listen"],
    );
    assert!(!new.exists());
    refused(
        &["backup", "--server", server.url(), "--to", text(&file)],
        &["is a file", "no place for a backup"],
    );
    refused(&["backup", "--server", server.url(), "--to", text(&data)], &["the data directory of a record"]);
    let link = home.path().join("link");
    std::os::unix::fs::symlink(data.join("journal"), &link).unwrap();
    let before = listing(&data);
    for place in
        ["journal", "sled", "bk", "deep/er/bk", "x/../bk"].map(|name| data.join(name)).iter().chain([&link])
    {
        let to = ["backup", "--server", server.url(), "--to", text(place)];
        refused(&to, &["lies in ", text(&data), "the data directory of a record", "outside of it"]);
    }
    assert_eq!(listing(&data), before);
    // A folder in a backup is none of its files.
    let within = backup.join("xx.backup");
    done(&["backup", "--server", server.url(), "--to", text(&within)]);
    done(&["verify", "--backup", text(&backup)]);
    // Others may read nothing of what has records in it.
    let open: Vec<PathBuf> = [&data, &within]
        .into_iter()
        .flat_map(|folder| listing(folder))
        .filter(|path| fs::metadata(path).unwrap().permissions().mode() & 0o077 != 0)
        .collect();
    assert_eq!(open, Vec::<PathBuf>::new());
    server.stop();
    refused(&["backup", "--server", "http://127.0.0.1:1", "--to", text(&new)], &["cannot reach"]);
    assert!(!new.exists());

    // A key may be there before the record is, and a new directory is for its owner alone.
    fs::create_dir(&key_only).unwrap();
    fs::copy(data.join("chancery.key"), key_only.join("chancery.key")).unwrap();
    Server::start(&key_only, &[]).stop();
    Server::start(&new, &[]).stop();
    assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o700);

    let restored = home.path().join("restored");
    let restore = ["restore", "--from", text(&backup), "--data", text(&restored)];
    refused(
        &[&restore[..], &["--signing-key", text(&home.path().join("nowhere"))]].concat(),
        &["cannot be read", "leave out --signing-key", "Nothing was restored"],
    );
    let copy = home.path().join("copy");
    fs::copy(data.join("chancery.key"), &copy).unwrap();
    let with_copy = [&restore[..], &["--signing-key", text(&copy)]].concat();
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o644)).unwrap();
    refused(&with_copy, &["can be read by others (mode 644)", "chmod 600", "leave out --signing-key"]);
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&copy, "nonsense").unwrap();
    refused(&with_copy, &["is no copy of a signing key", "leave out --signing-key"]);
    refused(
        &["restore", "--from", "/dev/null", "--data", text(&restored)],
        &["has no records", "run `chancery backup` again"],
    );
    let nothing = home.path().join("nothing");
    fs::create_dir(&nothing).unwrap();
    refused(
        &["verify", "--backup", text(&nothing)],
        &["there is no backup in", "`chancery backup --to` was given"],
    );
}
