//! Verification, of running servers and of data directories: what is sound passes, and damage is found, named and left as
//! it is.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/specimen.rs"]
mod specimen;

use std::{fs, os::unix::fs::FileExt};

use chancery::wire::v1::{self, operations_service_client::OperationsServiceClient, verify_response::Part};
use common::Server;
use specimen::{EVENTS, End, Specimen, run};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_server_is_verified_while_it_is_written_to() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(&home.path().join("data"), &["--origin", "example.org/record"]);
    let empty = run(&["verify", "--server", server.url()]);
    assert!(empty.code == Some(0) && empty.text.contains("0 events"), "{empty:?}");
    specimen::submit(&server, 1..=400).await;

    let mut operations = OperationsServiceClient::connect(server.url().to_owned()).await.unwrap();
    let mut answers = operations.verify(v1::VerifyRequest {}).await.unwrap().into_inner();
    // What is recorded from here on is not in it.
    specimen::submit(&server, 401..=500).await;
    let mut last = None;
    while let Some(answer) = answers.message().await.unwrap() {
        assert!(!matches!(last, Some(Part::Outcome(_))), "the outcome comes last");
        assert!(!matches!(answer.part, Some(Part::Finding(_))), "{answer:?}");
        last = answer.part;
    }
    let Some(Part::Outcome(outcome)) = last else { panic!("no outcome: {last:?}") };
    assert_eq!((outcome.events, outcome.findings), (400, 0));
    assert!(outcome.checkpoint.starts_with("example.org/record\n400\n"), "{}", outcome.checkpoint);

    let key = run(&["key", "--server", server.url()]).text;
    let said = run(&["verify", "--server", server.url(), "--key", key.trim()]);
    let root = specimen::root(&server, 500).await;
    assert!(
        said.code == Some(0) && said.text.contains("500 events") && said.text.contains(&root),
        "{said:?}"
    );
    let json = run(&["verify", "--server", server.url(), "--output", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.text).unwrap();
    assert_eq!((json["events"].as_str(), json["rootHash"].as_str()), (Some("500"), Some(root.as_str())));

    let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let said = run(&["verify", "--server", server.url(), "--key", other]);
    assert!(said.code == Some(1) && said.text.contains("REFUSED"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_server_uses_is_left_alone() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let server = Server::start(&data, &[]);
    specimen::submit(&server, 1..=5).await;
    let data = data.to_str().unwrap();
    for (arguments, words) in [
        (&["verify", "--data", data][..], "in use by another chancery process"),
        (&["repair", "--data", data], "in use"),
        (&["repair", "--data", data, "--remove-from", "3"], "in use"),
        (&["restore", "--from", data, "--data", data], "there is no backup"),
        (&["verify", "--data", "nowhere-at-all"], "there is no record here"),
    ] {
        let said = run(arguments);
        assert!(said.code == Some(1) && said.text.contains(words), "{arguments:?}: {said:?}");
    }
    assert_eq!(specimen::ids(&server).await.len(), 5);
    assert!(!std::path::Path::new("nowhere-at-all").exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_gone_under_a_running_server_are_missed() {
    for name in ["journal", "tail", "sled/db"] {
        let home = tempfile::tempdir().unwrap();
        let data = home.path().join("data");
        let server = Server::start(&data, &[]);
        specimen::submit(&server, 1..=20).await;
        let file = data.join(name);
        let away = home.path().join("away");
        fs::rename(&file, &away).unwrap();
        if name == "tail" {
            // Another file of the same content is not the one that is open.
            fs::copy(&away, &file).unwrap();
        }
        let said = run(&["verify", "--server", server.url()]);
        assert!(said.code == Some(1) && said.text.contains("removed or replaced"), "{name}: {said:?}");
        assert!(said.text.contains(file.to_str().unwrap()) && said.text.contains("backup now"), "{said:?}");
        let info = run(&["info", "--server", server.url()]);
        assert!(info.text.contains("damage") && info.text.contains("removed or replaced"), "{info:?}");
        fs::rename(&away, &file).unwrap();
        assert_eq!(run(&["verify", "--server", server.url()]).code, Some(0), "{name}");
        // By now the server may have noticed too, and then it takes no more writes.
        let info = run(&["info", "--server", server.url()]);
        assert!(!info.text.contains("removed or replaced"), "{info:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_only_the_memory_of_a_server_still_has_is_told() {
    let home = tempfile::tempdir().unwrap();
    let data = home.path().join("data");
    let server = Server::start(&data, &[]);
    specimen::submit(&server, 1..=20).await;
    assert!(server.stop().success());
    let server = Server::start(&data, &[]);
    assert_eq!(run(&["verify", "--server", server.url()]).code, Some(0));
    let db = fs::File::options().write(true).open(data.join("sled/db")).unwrap();
    db.write_all_at(&vec![0; usize::try_from(db.metadata().unwrap().len()).unwrap()], 0).unwrap();

    let said = run(&["verify", "--server", server.url()]);
    assert!(said.code == Some(1) && said.text.contains("position 1"), "{said:?}");
    assert!(said.text.contains("sled/db") && said.text.contains("make a backup now"), "{said:?}");
    let kept = home.path().join("kept");
    let kept = kept.to_str().unwrap();
    assert_eq!(run(&["backup", "--server", server.url(), "--to", kept]).code, Some(0));
    assert_eq!(run(&["verify", "--backup", kept]).code, Some(0));
    drop(server);
    let said = run(&["verify", "--data", data.to_str().unwrap()]);
    assert!(said.code == Some(1) && said.text.contains("position 1"), "{said:?}");
}

/// A signing key, of the documentation of golang.org/x/mod/sumdb/note.
const OTHER_SIGNING: &str =
    "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz\n";

/// Puts a link in the place of a file, or of nothing.
fn link(path: &std::path::Path, target: &str) {
    fs::remove_file(path).ok();
    std::os::unix::fs::symlink(target, path).unwrap();
}

/// What is done to a key, or beside it.
type Alter = fn(&std::path::Path);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_of_a_directory_are_verified_with_it() {
    use std::os::unix::fs::PermissionsExt as _;
    let specimen = Specimen::new(End::Stopped).await;
    let data = specimen.path();
    let key = specimen.data().join("chancery.key");
    let other = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let renamed = specimen.key.replace("example.org/record", "example.org/others");
    let as_is: Alter = |_| {};
    let cases: [(&str, &str, Alter, &[&str]); 14] = [
        ("its key", &specimen.key, as_is, &[]),
        ("no key asked for", "", as_is, &[]),
        ("another key", other, as_is, &["REFUSED", "not with PeterNeumann"]),
        (
            "no key there, one asked for",
            other,
            |key| ["key", "vkey"].iter().for_each(|it| fs::remove_file(key.with_extension(it)).unwrap()),
            &["REFUSED", "no chancery.key"],
        ),
        (
            "no key there, nor the one that it was served with",
            "",
            |key| ["key", "vkey"].iter().for_each(|it| fs::remove_file(key.with_extension(it)).unwrap()),
            &[],
        ),
        (
            "open to others",
            "",
            |key| fs::set_permissions(key, fs::Permissions::from_mode(0o644)).unwrap(),
            &["mode 644", "would not start"],
        ),
        ("not a key", "", |key| fs::write(key, "nothing").unwrap(), &["cannot be used", "would not start"]),
        (
            "retired keys emptied",
            "",
            |key| fs::write(key.with_file_name("retired.keys"), "").unwrap(),
            &["retired.keys", "it is empty"],
        ),
        (
            "a link that leads nowhere",
            "",
            |key| link(key, "/nowhere/chancery.key"),
            &["is a link to /nowhere/chancery.key, and nothing is there", "would not start"],
        ),
        (
            "retired keys as a link that leads nowhere",
            "",
            |key| link(&key.with_file_name("retired.keys"), "/nowhere/retired.keys"),
            &["retired.keys", "No such file"],
        ),
        (
            "the key of another record",
            "",
            |key| fs::write(key, OTHER_SIGNING).unwrap(),
            &["that of PeterNeumann+", "served with example.org/record+", "move ", "chancery.vkey away"],
        ),
        (
            "the key of another record, on purpose",
            "",
            |key| {
                fs::write(key, OTHER_SIGNING).unwrap();
                fs::remove_file(key.with_file_name("chancery.vkey")).unwrap();
            },
            &[],
        ),
        (
            "the key that it was served with, damaged",
            "",
            |key| fs::write(key.with_file_name("chancery.vkey"), "x").unwrap(),
            &["chancery.vkey", "is damaged", "the next start writes it anew"],
        ),
        (
            "no key there, and one that it was served with",
            "",
            |key| fs::remove_file(key).unwrap(),
            &["no signing key", "served with example.org/record+", "Put the key back", "chancery.vkey away"],
        ),
    ];
    for (what, asked, alter, words) in cases {
        specimen.mend();
        alter(&key);
        let mut arguments = vec!["verify", "--data", &data];
        if !asked.is_empty() {
            arguments.extend(["--key", asked]);
        }
        let said = run(&arguments);
        assert_eq!(said.code, Some(i32::from(!words.is_empty())), "{what}: {said:?}");
        assert!(words.iter().all(|word| said.text.contains(word)), "{what}: {said:?}");
        assert_eq!(said.text.contains("all as they were"), words.is_empty(), "{what}: {said:?}");
        if !asked.is_empty() {
            continue;
        }
        // So does a repair that is told nothing.
        let said = run(&["repair", "--data", &data]);
        assert_eq!(said.code, Some(i32::from(!words.is_empty())), "{what}: {said:?}");
        let words_of_key = words.iter().filter(|word| **word != "would not start");
        assert!(words_of_key.clone().all(|word| said.text.contains(word)), "{what}: {said:?}");
        assert!(said.text.contains("Every record is there"), "{what}: {said:?}");
        // A server says the same, and leaves the files as they are.
        let before = specimen.present();
        match specimen.start(&[]) {
            Ok(server) => {
                assert!(words.is_empty(), "{what}: it starts");
                // What a start has noted does not keep the next from starting.
                assert!(server.stop().success(), "{what}");
                assert!(specimen.start(&[]).map(Server::stop).unwrap().success(), "{what}");
            }
            Err(said) => {
                let words = words.iter().filter(|word| **word != "would not start");
                assert!(words.clone().count() != 0, "{what}: {said}");
                assert!(words.clone().all(|word| said.contains(word)), "{what}: {said}");
                assert!(specimen.present() == before, "{what}: a file was changed");
            }
        }
    }
    // A key that is no key is wrong usage: its id does not fit its name.
    assert_eq!(run(&["verify", "--data", &data, "--key", &renamed]).code, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_another_form_is_named() {
    let specimen = Specimen::new(End::Stopped).await;
    let data = specimen.path();
    for (name, file) in [
        ("journal/0", false),
        ("sled/db", false),
        ("tail", false),
        ("sled/blobs", true),
        ("sled", true),
        ("journal", true),
    ] {
        specimen.mend();
        let path = specimen.data().join(name);
        match file {
            true => {
                fs::remove_dir_all(&path).unwrap();
                fs::write(&path, "").unwrap();
            }
            false => {
                fs::remove_file(&path).unwrap();
                fs::create_dir(&path).unwrap();
            }
        }
        let path = path.to_str().unwrap();
        let said = run(&["verify", "--data", &data]);
        assert!(said.code == Some(1) && said.text.contains(path), "{name}: {said:?}");
        check_finding(&said.text, &data, name);
        let said = specimen.start(&[]).map(drop).unwrap_err();
        assert!(said.contains(path) && said.contains("belongs there"), "{name}: {said}");
        let said = run(&["repair", "--data", &data]);
        assert!(said.code == Some(0) && said.text.contains("Sound: "), "{name}: {said:?}");
    }
    for name in ["journal/0", "journal/1", "tail", "sled/db", "sled", "journal"] {
        specimen.mend();
        let path = specimen.data().join(name);
        fs::rename(&path, specimen.data().join("trial")).unwrap();
        std::os::unix::fs::symlink("nowhere", &path).unwrap();
        let path = path.to_str().unwrap();
        let said = run(&["verify", "--data", &data]);
        assert!(said.code == Some(1) && said.text.contains(path), "{name}: {said:?}");
        // Whatever is said, is said of files that are there.
        assert!(!said.text.contains(".unfinished"), "{name}: {said:?}");
        check_finding(&said.text, &data, name);
        let said = specimen.start(&[]).map(drop).unwrap_err();
        assert!(said.contains(path) && said.contains("a link to what is not there"), "{name}: {said}");
    }
    // Without what is in the store, the store is what is missing.
    specimen.mend();
    specimen.cut("sled/db", 0);
    let said = specimen.start(&[]).map(drop).unwrap_err();
    assert!(said.contains("sled/db): it is empty") && said.contains("chancery repair --data"), "{said}");
    let said = run(&["verify", "--data", &data]);
    assert!(said.text.contains("sled/db: it is empty"), "{said:?}");
    specimen.mend();
    fs::remove_dir_all(specimen.data().join("sled")).unwrap();
    let said = specimen.start(&[]).map(drop).unwrap_err();
    assert!(said.contains("sled/db is missing") && said.contains("chancery repair --data"), "{said}");
    let said = run(&["verify", "--data", &data]);
    assert!(said.text.contains("sled/db: it is missing"), "{said:?}");
}

/// A blow at a place of a file.
#[derive(Clone, Copy, Debug)]
enum Blow {
    Flip(usize),
    Cut(usize),
}

/// Places spread over a file, its edges included.
fn blows(used: usize, flips: usize, cuts: usize) -> Vec<Blow> {
    let spread = |count: usize| (0..used).step_by((used / count).max(1) | 1);
    let flips = spread(flips).chain([1, 7, 20, used - 1]).filter(|at| *at < used);
    flips.map(Blow::Flip).chain(spread(cuts).chain([used - 1]).map(Blow::Cut)).collect()
}

/// Damages every file of a specimen in many places. Verification finds everything there, or names the position, the file
/// and what to do; a server does so too when it does not start; nothing is changed by it; nothing is ever fewer.
async fn check_damage(end: End) {
    let specimen = Specimen::new(end).await;
    let data = specimen.path();
    let (mut found, mut harmless, mut aside) = (0, 0, 0);
    for (name, used) in specimen.files() {
        let (flips, cuts) = if name == "sled/db" { (40, 8) } else { (10, 4) };
        for blow in blows(used, flips, cuts) {
            let what = format!("{end:?}, {name}: {blow:?}");
            specimen.mend();
            match blow {
                Blow::Flip(offset) => specimen.flip(&name, offset),
                Blow::Cut(length) => specimen.cut(&name, length),
            }
            let before = specimen.present();
            let verified = run(&["verify", "--data", &data]);
            assert!(specimen.present() == before, "{what}: verification changed a file");
            assert!(specimen.beside().is_empty(), "{what}: verification left something behind");
            assert!(!verified.text.contains("panicked"), "{what}: {verified:?}");
            match verified.code {
                Some(0) => {
                    harmless += 1;
                    let whole = format!("{EVENTS} events");
                    assert!(
                        verified.text.contains(&whole) && verified.text.contains(&specimen.root),
                        "{what}: {verified:?}"
                    );
                }
                _ => {
                    found += 1;
                    check_finding(&verified.text, &data, &what);
                }
            }
            match specimen.start(&[]) {
                Ok(server) => {
                    let live = run(&["verify", "--server", server.url()]);
                    assert_eq!(live.code, Some(0), "{what}: {live:?}");
                    assert_eq!(
                        verified.code,
                        Some(0),
                        "{what}: it starts, and verification says {verified:?}"
                    );
                    assert_eq!(specimen::ids(&server).await.len() as u64, EVENTS, "{what}");
                    let kept = fs::read_dir(specimen.data().join("sled")).unwrap();
                    let kept = kept.filter(|it| {
                        it.as_ref().unwrap().file_name().as_encoded_bytes().starts_with(b"damaged.")
                    });
                    let kept = kept.count();
                    aside += kept;
                    let file = specimen.data().join(&name).display().to_string();
                    let told = verified.text.contains(&file) && verified.text.contains("sled/damaged.");
                    assert_eq!(told, 0 < kept, "{what}: {verified:?}");
                    assert_eq!(specimen::root(&server, EVENTS).await, specimen.root, "{what}");
                    specimen::submit(&server, EVENTS + 1..=EVENTS + 5).await;
                    assert!(server.stop().success(), "{what}: what was acknowledged cannot be moved");
                }
                Err(said) => {
                    assert!(
                        said.contains("damaged at position") && !said.contains("panicked"),
                        "{what}: {said}"
                    );
                    assert!(said.contains(&data) && said.contains("backup"), "{what}: {said}");
                    assert_ne!(
                        verified.code,
                        Some(0),
                        "{what}: it does not start, and verification found nothing"
                    );
                    assert_eq!(place(&verified.text), place(&said), "{what}: {verified:?} {said}");
                }
            }
        }
    }
    println!("{end:?}: {found} found, {harmless} without effect");
    assert!(0 < aside, "nothing was set aside");
    assert!(30 <= found, "{found} of {} were found: was there anything to be found?", found + harmless);
    specimen.mend();
    let said = run(&["verify", "--data", &data]);
    assert!(said.code == Some(0) && said.text.contains(&specimen.root), "{said:?}");
}

/// The first position and file that are named.
fn place(said: &str) -> (u64, String) {
    let (_, rest) = said.split_once("position ").unwrap();
    let digits = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap();
    let rest_of_line = rest[digits..].trim_start_matches([',', ' ', '(']);
    let file = rest_of_line.split(": ").next().unwrap().trim_end_matches(')');
    (rest[..digits].parse().unwrap(), file.to_owned())
}

/// A finding names a position, a file, and what to do.
fn check_finding(said: &str, data: &str, what: &str) {
    let line =
        said.lines().find(|line| line.starts_with("position ")).unwrap_or_else(|| panic!("{what}: {said}"));
    let (position, rest) = line["position ".len()..].split_once(", ").unwrap();
    assert!(
        position.parse::<u64>().is_ok_and(|position| (1..=EVENTS + 1).contains(&position)),
        "{what}: {said}"
    );
    let file = rest.split(": ").next().unwrap();
    assert!(file.starts_with(data), "{what}: {file} is not in {data}");
    assert!(said.contains("restore or repair"), "{what}: {said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_after_an_orderly_end_is_found() {
    check_damage(End::Stopped).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_after_a_crash_is_found() {
    check_damage(End::Killed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_that_are_missing_are_found() {
    let specimen = Specimen::new(End::Stopped).await;
    let data = specimen.path();
    for name in ["sled/db", "tail"] {
        specimen.mend();
        fs::remove_file(specimen.data().join(name)).unwrap();
        let said = run(&["verify", "--data", &data]);
        assert_eq!(said.code, Some(1), "{name}: {said:?}");
        check_finding(&said.text, &data, name);
    }
}
