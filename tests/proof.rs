//! Proofs: of a running server, offline, in another language, after restarts and kills, and against forgeries.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "proof/tree.rs"]
mod tree;

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use chancery::{
    ledger::{Commit, Ledger, Proposed},
    log::memory::Memory,
    position::Position,
    proof::{Checkpoint, Document, Hash, Salt, VerifierKey, extends, includes},
    wire::{
        event::read_event,
        json::from_json,
        v1::{
            self, audit_service_client::AuditServiceClient,
            submission_service_client::SubmissionServiceClient,
        },
    },
};
use common::{Server, events};
use jiff::Timestamp;
use prost::Message as _;
use tonic::{Code, transport::Channel};
use uuid::Uuid;

/// More than two chunks of the tree.
const EVENTS: u64 = 600;

/// Submits actors with these numbers, and gives the receipts.
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

struct Auditor {
    audit: AuditServiceClient<Channel>,
    key: VerifierKey,
}

impl Auditor {
    async fn of(server: &Server) -> Auditor {
        let mut audit = AuditServiceClient::connect(server.url().to_owned()).await.unwrap();
        let answer = audit.get_verifier_key(v1::GetVerifierKeyRequest {}).await.unwrap().into_inner();
        let key: VerifierKey = answer.verifier_key.parse().unwrap();
        assert_eq!(answer.origin, key.name().as_str());
        Auditor { audit, key }
    }

    async fn checkpoint(&mut self, tree_size: u64) -> Checkpoint {
        let request = v1::GetCheckpointRequest { tree_size };
        let answer = self.audit.get_checkpoint(request).await.unwrap().into_inner();
        let checkpoint = Checkpoint::verify(&answer.checkpoint, &self.key).unwrap();
        assert_eq!(answer.tree_size, checkpoint.size);
        assert_eq!(answer.root_hash[..], checkpoint.root.as_bytes()[..]);
        checkpoint
    }

    /// The event is in the tree of that size, with the leaf of its receipt.
    async fn check_inclusion(&mut self, receipt: &v1::Receipt, tree_size: u64) {
        let request = v1::GetInclusionProofRequest { event_id: receipt.event_id.clone(), tree_size };
        let answer = self.audit.get_inclusion_proof(request).await.unwrap().into_inner();
        let checkpoint = Checkpoint::verify(&answer.checkpoint, &self.key).unwrap();
        let record = answer.record.unwrap();
        assert_eq!((record.position, &record.event_id), (receipt.position, &receipt.event_id));
        assert_eq!((record.commit_id, record.recorded_at), (receipt.commit_id.clone(), receipt.recorded_at));
        assert_eq!(answer.leaf_hash, receipt.leaf_hash);
        let leaf = Hash::try_from(answer.leaf_hash.as_ref()).unwrap();
        let (size, index) = (checkpoint.size, answer.leaf_index);
        assert_eq!(index + 1, receipt.position);
        assert!(includes(checkpoint.root, size, index, leaf, &hashes(&answer.hashes)), "{index} in {size}");
    }

    async fn check_consistency(&mut self, first: &Checkpoint, second_tree_size: u64) {
        let request = v1::GetConsistencyProofRequest { first_tree_size: first.size, second_tree_size };
        let answer = self.audit.get_consistency_proof(request).await.unwrap().into_inner();
        let second = Checkpoint::verify(&answer.checkpoint, &self.key).unwrap();
        let path = hashes(&answer.hashes);
        assert!(extends((first.size, first.root), (second.size, second.root), &path), "{first:?} {second:?}");
    }
}

fn hashes(hashes: &[bytes::Bytes]) -> Vec<Hash> {
    hashes.iter().map(|hash| Hash::try_from(hash.as_ref()).unwrap()).collect()
}

/// Runs a command of the program and gives what it printed, on both streams, and its exit code.
fn run(arguments: &[&str]) -> (String, i32) {
    let output = common::chancery().args(arguments).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (String::from_utf8(said).unwrap(), output.status.code().unwrap())
}

fn python() -> PathBuf {
    match env::var_os("CHANCERY_TEST_PYTHON") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/venv/bin/python"),
    }
}

/// Whether the verifier in Python is convinced, and what it says.
fn verified_in_python(file: &Path, key: &VerifierKey) -> (bool, String) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/python/verify.py");
    let output = Command::new(python()).arg(script).arg(file).args(["--key", &key.to_string()]).output();
    let output = output.unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_is_proven_at_every_size_before_and_after_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--origin", "example.org/record"]);
    let mut auditor = Auditor::of(&server).await;
    let empty = auditor.checkpoint(0).await;
    assert_eq!((empty.size, empty.root), (0, Hash::of_nothing()));
    let receipts = submit(&server, 1..=EVENTS).await;
    let again = submit(&server, 1..=EVENTS).await;
    assert!(again.iter().zip(&receipts).all(|(again, first)| again.leaf_hash == first.leaf_hash));
    let sizes = [1, 2, 255, 256, 257, 511, 512, 513, EVENTS - 1, EVENTS];
    let mut before = Vec::new();
    for size in sizes {
        before.push(auditor.checkpoint(size).await);
    }
    assert_eq!(auditor.checkpoint(0).await, before[sizes.len() - 1]);
    server.stop();

    let server = Server::start(data.path(), &[]);
    let key = auditor.key.clone();
    let mut auditor = Auditor::of(&server).await;
    assert_eq!((auditor.key.name().as_str(), &auditor.key), ("example.org/record", &key));
    for (size, checkpoint) in sizes.into_iter().zip(&before) {
        assert_eq!(auditor.checkpoint(size).await, *checkpoint);
        for position in [1, size / 2 + 1, size.saturating_sub(1).max(1), size] {
            auditor.check_inclusion(&receipts[position as usize - 1], size).await;
        }
        auditor.check_consistency(&empty, size).await;
        for earlier in before.iter().filter(|earlier| earlier.size <= size) {
            auditor.check_consistency(earlier, size).await;
        }
    }
    for receipt in &receipts {
        auditor.check_inclusion(receipt, 0).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_is_checked_without_a_server_and_every_changed_byte_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let receipt = submit(&server, 1..=11).await.remove(4);
    let file = data.path().join("event.tlog-proof");
    let path = file.to_str().unwrap();
    let (said, code) = run(&["prove", &receipt.event_id, "-o", path, "--server", server.url()]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("position 5 of the 11 events of chancery.local/"), "{said}");
    let (key, code) = run(&["key", "--server", server.url()]);
    assert_eq!(code, 0, "{key}");
    let printed = run(&["prove", &receipt.event_id, "--server", server.url()]);
    let proof = fs::read_to_string(&file).unwrap();
    assert_eq!(printed, (proof.clone(), 0));
    let dead = server.url().to_owned();
    server.stop();

    let (said, code) = run(&["check", path, "--key", key.trim(), "--server", &dead]);
    assert_eq!(code, 0, "{said}");
    let leaf = Hash::try_from(receipt.leaf_hash.as_ref()).unwrap().to_string();
    for expected in ["State of a5", "position 5", "11 events", "actor/a5", &leaf] {
        assert!(said.contains(expected), "{expected} in {said}");
    }
    let (said, code) = run(&["check", path, "--key", key.trim(), "--output", "jsonl"]);
    assert_eq!(code, 0, "{said}");
    let record: v1::Record = from_json(&said).unwrap();
    assert_eq!(record.event, Some(events::actor(5, "a5")));
    let key: VerifierKey = key.trim().parse().unwrap();
    let (proven, said) = verified_in_python(&file, &key);
    assert!(proven && said.contains(&leaf) && said.ends_with("proven\n"), "{said}");

    // A byte in twelve ways; all ways would take minutes and find the same.
    let accepted = |bytes: &[u8]| {
        str::from_utf8(bytes)
            .is_ok_and(|text| Document::read(text).is_ok_and(|document| document.verify(&key).is_ok()))
    };
    assert!(accepted(proof.as_bytes()));
    for place in 0..proof.len() {
        let old = proof.as_bytes()[place];
        let flipped = (0..8).map(|bit| old ^ (1 << bit));
        for new in flipped.chain([b'\n', b' ', b'A', b'=']).filter(|new| *new != old) {
            let mut changed = proof.clone().into_bytes();
            changed[place] = new;
            assert!(!accepted(&changed), "byte {place}: {old:#04x} to {new:#04x}");
        }
        let mut shorter = proof.clone().into_bytes();
        shorter.remove(place);
        assert!(!accepted(&shorter), "byte {place} removed");
        let mut longer = proof.clone().into_bytes();
        longer.insert(place, b'A');
        assert!(!accepted(&longer), "byte {place} added");
    }
    // Some of them through the program and in Python.
    for place in (0..proof.len()).step_by(97) {
        let mut changed = proof.clone().into_bytes();
        changed[place] ^= 1;
        fs::write(&file, &changed).unwrap();
        let (said, code) = run(&["check", path, "--key", &key.to_string()]);
        assert!(code == 1 && !said.contains("proven"), "byte {place}: {said}");
        let (proven, said) = verified_in_python(&file, &key);
        assert!(!proven, "byte {place}: {said}");
    }
}

/// A change to the text of a proof.
type Change = fn(&str) -> String;

/// What the program refuses, the verifier in Python refuses, and nothing else; both with a message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_verifier_in_python_judges_as_the_program_does() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    submit(&server, 1..=5).await;
    let key = Auditor::of(&server).await.key;
    let file = data.path().join("event.tlog-proof");
    let path = file.to_str().unwrap();
    assert_eq!(run(&["prove", "5", "-o", path, "--server", server.url()]).1, 0);
    let proof = fs::read_to_string(&file).unwrap();
    const STRANGER: &str = "\u{2014} Enoch af4tmw==\n";
    let cases: [(&str, Change, bool); 12] = [
        ("as it is", str::to_owned, true),
        ("a stranger's signature", |it| format!("{it}{STRANGER}"), true),
        ("as many as there may be", |it| it.to_owned() + &STRANGER.repeat(63), true),
        ("one too many", |it| it.to_owned() + &STRANGER.repeat(64), false),
        ("two hundred", |it| it.to_owned() + &STRANGER.repeat(200), false),
        ("a signature of one byte", |it| format!("{it}\u{2014} Enoch aQ==\n"), false),
        ("a signature without a name", |it| format!("{it}\u{2014}  af4tmw==\n"), false),
        ("its own signature twice", |it| format!("{it}{}\n", it.lines().last().unwrap()), true),
        ("no line feed at the end", |it| it.trim_end().to_owned(), false),
        ("a control character", |it| format!("{it}\u{2014} En\u{7}ch af4tmw==\n"), false),
        ("nothing", |_| String::new(), false),
        ("too long", |it| it.to_owned() + &STRANGER.repeat(60_000), false),
    ];
    for (what, change, good) in cases {
        fs::write(&file, change(&proof)).unwrap();
        let (said, code) = run(&["check", path, "--key", &key.to_string()]);
        assert_eq!(code == 0, good, "{what}: {said}");
        let (proven, said) = verified_in_python(&file, &key);
        assert!(proven == good && (good || said.contains("is REFUSED: ")), "{what}: {said}");
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/python/verify.py");
    let python = |path: &Path, key: &str| {
        let output = Command::new(python()).arg(script).arg(path).args(["--key", key]).output().unwrap();
        (String::from_utf8(output.stderr).unwrap(), output.status.code())
    };
    fs::write(&file, proof).unwrap();
    for (path, key, expected, code) in [
        (data.path().join("nowhere"), key.to_string(), "cannot read", 1),
        (file.clone(), "nonsense".to_owned(), "has the form NAME+", 2),
        (file.clone(), key.to_string().replace("chancery", "chancary"), "the id is not", 2),
        (
            file,
            fs::read_to_string(data.path().join("chancery.key")).unwrap(),
            "a signing key, which is secret",
            2,
        ),
    ] {
        let (said, found) = python(&path, key.trim());
        assert!(found == Some(code) && said.contains(expected) && !said.contains("Traceback"), "{said}");
        assert!(!said.contains("PRIVATE"), "{said}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_is_written_whole_or_not_at_all() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    submit(&server, 1..=3).await;
    let file = data.path().join("event.tlog-proof");
    let path = file.to_str().unwrap();
    let prove = |to: &str| run(&["prove", &events::id(2), "-o", to, "--server", server.url()]);
    assert_eq!(prove(path).1, 0);
    let proof = fs::read_to_string(&file).unwrap();
    // As on a full disk: the new text cannot be written, and the old proof stays.
    std::os::unix::fs::symlink("/dev/full", data.path().join("event.tlog-proof.new")).unwrap();
    let (said, code) = prove(path);
    assert!(code == 1 && said.contains("No space left"), "{said}");
    assert_eq!(fs::read_to_string(&file).unwrap(), proof);
    assert_eq!(prove(path).1, 0, "what a failure has left is no hindrance");
    assert_eq!(prove("/dev/null").1, 0);
    // Nobody reads it to the end.
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = common::chancery();
    let output = command.args(["prove", "2", "--server", server.url()]).stdout(writer).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(1) && said.contains("was cut short"), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_continues_what_it_signed() {
    let data = tempfile::tempdir().unwrap();
    let (mut seen, mut receipts, mut key) = (Vec::new(), BTreeMap::new(), None);
    for round in 0..6 {
        let server = Server::start(data.path(), &[]);
        let mut auditor = Auditor::of(&server).await;
        assert_eq!(*key.get_or_insert(auditor.key.clone()), auditor.key);
        for checkpoint in &seen {
            auditor.check_consistency(checkpoint, 0).await;
        }
        for receipt in receipts.values() {
            auditor.check_inclusion(receipt, 0).await;
        }
        let first = 1 + round * 1_000;
        receipts.extend(submit(&server, first..=first + 60).await.into_iter().map(|it| (it.position, it)));
        seen.push(auditor.checkpoint(0).await);
        // And one that nobody waits for.
        let url = server.url().to_owned();
        let unanswered = tokio::spawn(async move {
            // The server may be gone before it is reached.
            let Ok(mut submission) = SubmissionServiceClient::connect(url).await else { return };
            let events = vec![events::actor(first + 99, &format!("a{}", first + 99))];
            submission.submit(v1::SubmitRequest { events, checks: Vec::new() }).await.ok();
        });
        server.kill();
        unanswered.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_remembered_checkpoint_tells_what_became_of_the_record() {
    let (data, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let remembered = data.path().join("record.checkpoint");
    let remembered = remembered.to_str().unwrap();
    let server = Server::start(data.path(), &[]);
    submit(&server, 1..=10).await;
    let key = Auditor::of(&server).await.key.to_string();
    let check = |server: &Server, expected: &str, code: i32| {
        let found = run(&["check", "--key", &key, "--remember", remembered, "--server", server.url()]);
        assert!(found.0.contains(expected) && found.1 == code, "{expected} in {found:?}");
    };
    check(&server, "remembered for the first time, at 10 events", 0);
    check(&server, "as remembered, at 10 events", 0);
    submit(&server, 11..=300).await;
    check(&server, "was only added to, from 10 to 300 events", 0);
    let proof = data.path().join("early.tlog-proof");
    let proof = proof.to_str().unwrap();
    assert_eq!(run(&["prove", &events::id(3), "-o", proof, "--server", server.url()]).1, 0);
    submit(&server, 301..=310).await;
    check(&server, "was only added to, from 300 to 310 events", 0);
    let url = server.url().to_owned();
    let both = ["check", proof, "--key", &key, "--remember", remembered, "--server", &url];
    let (said, code) = run(&both);
    assert!(code == 0 && said.contains("as remembered, at 310 events"), "{said}");
    server.stop();
    // Without the server the proof still proves something.
    let (said, code) = run(&both);
    let words = ["holds by itself", "at position 3 of the 300 events", "not compared", "cannot reach"];
    assert!(code == 1 && words.iter().all(|word| said.contains(word)), "{said}");

    // Whoever has the key can sign another history, and is found out.
    fs::create_dir_all(other.path()).unwrap();
    fs::copy(data.path().join("chancery.key"), other.path().join("chancery.key")).unwrap();
    let forger = Server::start(other.path(), &[]);
    submit(&forger, 1..=5).await;
    // What contradicts it is kept beside it, each once.
    let contradictions = || -> Vec<(String, u64)> {
        let mut found: Vec<(String, u64)> = fs::read_dir(data.path())
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.to_string_lossy().contains("contradicts"))
            .map(|path| {
                let note = fs::read_to_string(&path).unwrap();
                let size = Checkpoint::verify(&note, &key.parse().unwrap()).unwrap().size;
                (path.file_name().unwrap().to_str().unwrap().to_owned(), size)
            })
            .collect();
        found.sort();
        found
    };
    check(&forger, "CUT: the record had 310 events", 1);
    check(&forger, "record.checkpoint.contradicts. Keep both", 1);
    submit(&forger, 1_001..=1_305).await;
    check(&forger, "REWRITTEN", 1);
    check(&forger, "the two signatures prove it", 1);
    submit(&forger, 1_306..=1_400).await;
    check(&forger, "REWRITTEN", 1);
    check(&forger, "record.checkpoint.contradicts.3.\n", 1);
    let of = |name: &str, size| (format!("record.checkpoint.{name}"), size);
    let kept = [of("contradicts", 5), of("contradicts.2", 310), of("contradicts.3", 405)];
    assert_eq!(contradictions(), kept);
    let note = fs::read_to_string(remembered).unwrap();
    assert_eq!(Checkpoint::verify(&note, &key.parse().unwrap()).unwrap().size, 310, "it is kept");
    fs::write(remembered, note.replace("310", "311")).unwrap();
    check(&forger, "the remembered checkpoint in", 1);
    for damaged in ["", "nonsense\n"] {
        fs::write(remembered, damaged).unwrap();
        check(&forger, "Without one, move it away", 1);
        check(&forger, "has a new key, as its keeper told you, remember it in a new file", 1);
    }
    assert_eq!(contradictions(), kept);
    fs::write(remembered, &note).unwrap();
    // Without a memory there is only the signature.
    let alone = |key: &str| run(&["check", "--key", key, "--server", forger.url()]);
    let (said, code) = alone(&key);
    assert!(code == 0 && said.contains("signed with this key, at 405 events, root "), "{said}");
    let stranger = Auditor::of(&Server::start(&other.path().join("third"), &[])).await.key.to_string();
    let (said, code) = alone(&stranger);
    assert!(code == 1 && said.contains("is REFUSED: it is not signed by"), "{said}");
    let found = run(&["check", "--key", &stranger, "--remember", remembered, "--server", forger.url()]);
    assert!(found.0.contains("is not signed by") && found.1 == 1, "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn checks_at_the_same_time_remember_the_latest() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let key = Auditor::of(&server).await.key.to_string();
    let remembered = data.path().join("record.checkpoint");
    let check = || {
        let path = remembered.to_str().unwrap();
        let arguments = ["check", "--key", &key, "--remember", path, "--server", server.url()];
        common::chancery().args(arguments).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap()
    };
    for round in 1..=8 {
        let checks: Vec<_> = (0..4).map(|_| check()).collect();
        submit(&server, round..=round).await;
        for check in checks.into_iter().chain([check()]) {
            let output = check.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let note = fs::read_to_string(&remembered).unwrap();
        assert_eq!(Checkpoint::verify(&note, &key.parse().unwrap()).unwrap().size, round);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_proven_is_refused() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    submit(&server, 1..=3).await;
    let mut audit = Auditor::of(&server).await.audit;
    let inclusion =
        |event_id: &str, tree_size| v1::GetInclusionProofRequest { event_id: event_id.to_owned(), tree_size };
    for (event_id, tree_size, expected) in [
        (events::id(3), 2, Code::InvalidArgument),
        (events::id(3), 4, Code::OutOfRange),
        (events::id(3), u64::MAX, Code::OutOfRange),
        (events::id(4), 0, Code::NotFound),
        (String::new(), 0, Code::InvalidArgument),
        ("x".to_owned(), 0, Code::InvalidArgument),
    ] {
        let found = audit.get_inclusion_proof(inclusion(&event_id, tree_size)).await.unwrap_err();
        assert_eq!(found.code(), expected, "{event_id} {tree_size}: {found}");
    }
    for (first_tree_size, second_tree_size, expected) in [
        (3, 2, Code::InvalidArgument),
        (4, 0, Code::OutOfRange),
        (1, 4, Code::OutOfRange),
        (u64::MAX, u64::MAX, Code::OutOfRange),
    ] {
        let request = v1::GetConsistencyProofRequest { first_tree_size, second_tree_size };
        let found = audit.get_consistency_proof(request).await.unwrap_err();
        assert_eq!(found.code(), expected, "{first_tree_size} {second_tree_size}: {found}");
    }
    let found = audit.get_checkpoint(v1::GetCheckpointRequest { tree_size: 4 }).await.unwrap_err();
    assert_eq!(found.code(), Code::OutOfRange);
}

#[cfg(unix)]
#[test]
fn a_server_whose_key_others_can_read_does_not_start() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = tempfile::tempdir().unwrap();
    Server::start(data.path(), &[]).stop();
    let key = data.path().join("chancery.key");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    let serve = |origin: &str| {
        let listen = ["--listen", "127.0.0.1:0"];
        let command = ["serve", "--data", data.path().to_str().unwrap(), "--origin", origin];
        run(&[&command[..], &listen].concat())
    };
    let (said, code) = serve("example.org/other");
    assert!(code == 1 && said.contains("not of example.org/other"), "{said}");
    let (said, code) = serve("not a name");
    assert!(code == 2 && said.contains("a name such as"), "{said}");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    let (said, code) = serve("example.org/other");
    assert!(code == 1 && said.contains("mode 644") && said.contains("chmod 600"), "{said}");
}

/// One event of each kind. What a leaf commits to of them may never change.
const KINDS: &str = r#"
{"eventId": "00000000-0000-4000-8000-000000000001", "fact": {"effectiveOn": "1974", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "actorRegistered": {"actor": "us", "kind": "ACTOR_KIND_STATE", "name": "United States"}}}
{"eventId": "00000000-0000-4000-8000-000000000002", "fact": {"effectiveOn": "1990", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "groupRegistered": {"group": "hts", "kind": "GROUP_KIND_ORGANISATION", "names": [{"text": "HTS", "kind": "NAME_KIND_PRIMARY"}]}}}
{"eventId": "00000000-0000-4000-8000-000000000003", "fact": {"effectiveOn": "1990", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "groupRegistered": {"group": "nusra", "kind": "GROUP_KIND_ORGANISATION", "names": [{"text": "Nusra", "kind": "NAME_KIND_PRIMARY"}]}}}
{"eventId": "00000000-0000-4000-8000-000000000004", "fact": {"effectiveOn": "1996", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "regimeRegistered": {"regime": "us-fto219", "authority": "us", "title": "INA 219", "legalEffects": ["LEGAL_EFFECT_ASSET_FREEZE"]}}}
{"eventId": "00000000-0000-4000-8000-000000000005", "fact": {"effectiveOn": "2017-01-28", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "groupNamed": {"group": "hts", "name": {"text": "Hay'at Tahrir al-Sham", "kind": "NAME_KIND_PRIMARY"}}}}
{"eventId": "00000000-0000-4000-8000-000000000006", "fact": {"effectiveOn": "2017-01-28", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "lineageRecorded": {"group": "hts", "kind": "LINEAGE_KIND_RENAMED", "other": "nusra"}}}
{"eventId": "00000000-0000-4000-8000-000000000007", "fact": {"effectiveOn": "2025-01-29", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "lifecycleChanged": {"group": "hts", "state": "LIFECYCLE_STATE_DISSOLVED_DECLARED"}}}
{"eventId": "00000000-0000-4000-8000-000000000008", "fact": {"effectiveOn": "2014-05-15", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "designationAct": {"group": "hts", "regime": "us-fto219", "act": "ACT_LISTED"}}}
{"eventId": "00000000-0000-4000-8000-000000000009", "fact": {"effectiveOn": "2024-12-20", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "engagement": {"kind": "ENGAGEMENT_KIND_MEETING", "participants": [{"actor": "us"}, {"group": "hts"}], "channel": "CHANNEL_DIRECT_IN_PERSON"}}}
{"eventId": "00000000-0000-4000-8000-00000000000a", "fact": {"effectiveOn": "2030", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "regimeTerminated": {"regime": "us-fto219"}}}
{"eventId": "00000000-0000-4000-8000-00000000000b", "fact": {"effectiveOn": "2014-05-16", "claimOf": "00000000-0000-4000-8000-000000000008", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "designationAct": {"group": "hts", "regime": "us-fto219", "act": "ACT_LISTED"}}}
{"eventId": "00000000-0000-4000-8000-00000000000c", "correction": {"target": "00000000-0000-4000-8000-000000000008", "reason": "misread", "replacement": {"effectiveOn": "2014-05-14", "sources": [{"publisher": "P", "title": "T", "kind": "SOURCE_KIND_LEGAL_ACT"}], "designationAct": {"group": "nusra", "regime": "us-fto219", "act": "ACT_LISTED"}}}}
{"eventId": "00000000-0000-4000-8000-00000000000d", "retraction": {"target": "00000000-0000-4000-8000-00000000000c", "reason": "withdrawn"}}
{"eventId": "00000000-0000-4000-8000-00000000000e", "reinstatement": {"target": "00000000-0000-4000-8000-00000000000c", "reason": "confirmed"}}
"#;

#[tokio::test]
async fn the_root_over_every_kind_of_event_is_pinned() {
    let (ledger, _) = Ledger::open(Arc::new(Memory::new()), || Timestamp::UNIX_EPOCH, &mut ()).await.unwrap();
    let propose = |line: &str| {
        let message: v1::Event = from_json(line).unwrap();
        let read = read_event(&message, "event").unwrap();
        let content = message.encode_to_vec().into();
        Proposed::new(read.id.unwrap(), read.event, content, Salt::new([7; 16]))
    };
    let events: Vec<Proposed> = KINDS.lines().filter(|line| !line.is_empty()).map(propose).collect();
    let size = Position::new(events.len() as u64);
    let principal = Arc::from("local");
    let commit = Commit { id: Uuid::from_u128(1), principal, events, checks: Vec::new() };
    ledger.submit(commit).await.unwrap();
    assert_eq!(ledger.root(size).await.unwrap().to_string(), "dnp0ucJZS6jgiWFxcoMU9qL1SvPk1g/8kaDpiiy+jF0=");
}
