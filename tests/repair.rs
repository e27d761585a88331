//! Repair: a damaged data directory is described, then made to open again with everything that is sound; the rest is kept,
//! and can be submitted again.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;
#[path = "common/specimen.rs"]
mod specimen;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use common::{Server, events};
use specimen::{EVENTS, End, SESSION_EVENTS, Specimen, run};

/// What a repair without orders recommends.
fn advised(specimen: &Specimen, what: &str) -> (u64, String) {
    let before = specimen.present();
    let said = run(&["repair", "--data", &specimen.path()]);
    assert!(said.code == Some(0) && !said.text.contains("panicked"), "{what}: {said:?}");
    assert!(specimen.present() == before && specimen.beside().is_empty(), "{what}: it changed something");
    let (_, from) = said.text.split_once("--remove-from ").unwrap_or_else(|| panic!("{what}: {said:?}"));
    (from.split_whitespace().next().unwrap().parse().unwrap(), said.text)
}

/// The ids in the lines that a repair has left.
fn removed(kept: &Path) -> Vec<String> {
    let lines = fs::read_to_string(kept.join("events.jsonl")).unwrap();
    let records = fs::read_to_string(kept.join("records.jsonl")).unwrap();
    let id = |event: &serde_json::Value| event["eventId"].as_str().unwrap().to_owned();
    let ids: Vec<String> = lines.lines().map(|line| id(&serde_json::from_str(line).unwrap())).collect();
    for (line, expected) in records.lines().zip(&ids) {
        let record: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(id(&record["event"]), *expected);
        // The events of a specimen are numbered as they were recorded.
        let position: u64 = record["position"].as_str().unwrap().parse().unwrap();
        assert_eq!(*expected, events::id(position));
    }
    assert_eq!(records.lines().count(), ids.len());
    ids
}

/// Repairs as advised, and checks that the record is what stands before that position, and that nothing was thrown away.
/// Returns the folder of what was kept.
async fn check_repair(specimen: &Specimen, what: &str) -> (u64, PathBuf) {
    let damaged = specimen.present();
    let (from, advice) = advised(specimen, what);
    let data = specimen.path();
    if from <= EVENTS {
        let beyond = run(&["repair", "--data", &data, "--remove-from", &(from + 1).to_string()]);
        assert!(beyond.code == Some(1) && beyond.text.contains("Nothing was changed"), "{what}: {beyond:?}");
    }
    assert!(specimen.present() == damaged && specimen.beside().is_empty(), "{what}");
    let said = run(&["repair", "--data", &data, "--remove-from", &from.to_string()]);
    assert_eq!(said.code, Some(0), "{what}: {advice}{said:?}");
    let beside = specimen.beside();
    let [kept] = &beside[..] else { panic!("{what}: {beside:?}") };
    assert!(said.text.contains(kept.to_str().unwrap()), "{what}: {said:?}");
    // By one file it is known that the record goes on elsewhere; all others are as they were.
    let mut old = specimen::gather(&kept.join("data"));
    old.retain(|(path, _)| !path.ends_with("chancery.set-aside"));
    let moved = |files: &[(PathBuf, Vec<u8>)], from: &Path| -> Vec<(PathBuf, Vec<u8>)> {
        files
            .iter()
            .map(|(path, bytes)| (path.strip_prefix(from).unwrap().to_owned(), bytes.clone()))
            .collect()
    };
    assert!(
        moved(&old, &kept.join("data")) == moved(&damaged, &specimen.data()),
        "{what}: what was kept was changed"
    );

    let server = specimen.start(&[]).unwrap_or_else(|said| panic!("{what}: {said}"));
    let ids = specimen::ids(&server).await;
    assert_eq!(ids, (1..from).map(events::id).collect::<Vec<_>>(), "{what}");
    let removed = removed(kept);
    let all: BTreeSet<String> = (1..=EVENTS).map(events::id).collect();
    let there: BTreeSet<String> = ids.into_iter().chain(removed.iter().cloned()).collect();
    assert!(there.is_subset(&all), "{what}");
    if all != there {
        assert!(
            advice.contains("Gone: ") || advice.contains("nothing says whether there were more"),
            "{what}: {advice}"
        );
    }
    // What was removed and can be read is recorded again.
    if !removed.is_empty() {
        let file = kept.join("events.jsonl");
        let said = run(&["submit", "--server", server.url(), file.to_str().unwrap()]);
        assert_eq!(said.code, Some(0), "{what}: {said:?}");
        assert_eq!(specimen::ids(&server).await.into_iter().collect::<BTreeSet<_>>(), there, "{what}");
    }
    let said = run(&["verify", "--server", server.url()]);
    assert_eq!(said.code, Some(0), "{what}: {said:?}");
    server.stop();
    (from, kept.clone())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sound_record_is_built_anew_with_its_key() {
    for end in [End::Stopped, End::Killed] {
        let specimen = Specimen::new(end).await;
        specimen.mend();
        let (from, said) = advised(&specimen, "sound");
        assert!(from == EVENTS + 1 && said.contains("Every record is there"), "{end:?}: {said}");
        // What sled makes anew is set aside; without its own page it does not open, and all blocks are there.
        for (damage, at) in [("sled/conf", None), ("sled/snap", None), ("sled/db", Some(45))] {
            specimen.mend();
            let names = specimen.files();
            let (name, _) = names.iter().find(|(name, _)| name.starts_with(damage)).unwrap();
            match at {
                Some(at) => specimen.flip(name, at),
                None => fs::write(specimen.data().join(name), "nothing that sled knows").unwrap(),
            }
            if at.is_some() {
                assert!(specimen.start(&[]).is_err(), "{end:?}: sled opens with {damage} damaged");
                let (from, _) = check_repair(&specimen, damage).await;
                assert_eq!(from, EVENTS + 1);
            }
            let server = specimen.start(&["--origin", "example.org/record"]).unwrap();
            assert_eq!(specimen::root(&server, EVENTS).await, specimen.root);
            let key = run(&["key", "--server", server.url()]);
            assert_eq!(key.text.trim(), specimen.key);
            let kept = specimen.data().join(name.replace("sled/", "sled/damaged."));
            assert_eq!(kept.exists(), at.is_none(), "{end:?}, {}", kept.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_lost_is_named_and_the_key_is_retired() {
    let specimen = Specimen::new(End::Stopped).await;
    specimen.mend();
    let struck = SESSION_EVENTS + 50;
    specimen.strike(&events::id(struck));
    let said = specimen.start(&[]).map(drop).unwrap_err();
    assert!(said.contains("chancery verify --data") && said.contains("chancery repair --data"), "{said}");
    assert!(!said.contains("backtrace"), "{said}");
    // The storage engine refuses more than is damaged; what is named is the first that is not whole.
    assert!(said.contains(&format!("damaged at position {} ", SESSION_EVENTS + 1)), "{said}");
    let said = run(&["verify", "--data", &specimen.path()]).text;
    assert!(said.starts_with(&format!("position {}, ", SESSION_EVENTS + 1)), "{said}");
    let (from, kept) = check_repair(&specimen, "struck").await;
    // A block is lost as a whole, and there is one for each session.
    assert_eq!(from, SESSION_EVENTS + 1);
    let removed: BTreeSet<String> = removed(&kept).into_iter().collect();
    assert!(
        !removed.contains(&events::id(struck)) && removed.contains(&events::id(EVENTS)),
        "{}",
        removed.len()
    );
    let old = specimen.start(&["--origin", "example.org/record"]);
    assert!(old.is_err_and(|said| said.contains("may not sign as example.org/record")));
    fs::copy(kept.join("data/chancery.key"), specimen.data().join("chancery.key")).unwrap();
    assert!(specimen.start(&[]).is_err_and(|said| said.contains("may not sign as example.org/record")));
}

/// Two records that are one up to position 100, each with a store of 150 events and a journal of more.
async fn twins(home: &Path, end: End) -> [PathBuf; 2] {
    let twins = ["one", "other"].map(|name| home.join(name));
    let [one, other] = &twins;
    let server = Server::start(one, &["--origin", "example.org/record"]);
    specimen::submit(&server, 1..=100).await;
    assert!(server.stop().success());
    copy(one, other);
    for (twin, first) in [(one, 101), (other, 1_101)] {
        let server = Server::start(twin, &[]);
        specimen::submit(&server, first..=first + 49).await;
        assert!(server.stop().success());
        if end == End::Killed {
            let server = Server::start(twin, &[]);
            specimen::submit(&server, first + 50..=first + 59).await;
            server.kill();
        }
    }
    twins
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.path().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_another_history_complete_no_record() {
    for (end, name) in [
        (End::Stopped, "sled"),
        (End::Stopped, "tail"),
        (End::Killed, "sled"),
        (End::Killed, "journal"),
        (End::Killed, "tail"),
    ] {
        let what = format!("{end:?}, {name} of another");
        let home = tempfile::tempdir().unwrap();
        let [one, other] = twins(home.path(), end).await;
        match name {
            "tail" => drop(fs::copy(other.join(name), one.join(name)).unwrap()),
            _ => {
                fs::remove_dir_all(one.join(name)).unwrap();
                copy(&other.join(name), &one.join(name));
            }
        }
        let data = one.to_str().unwrap();
        let said = run(&["verify", "--data", data]);
        assert!(said.code == Some(1) && said.text.contains("not of one record"), "{what}: {said:?}");
        assert!(!said.text.contains("keeps them all"), "{what}: {said:?}");
        let said = run(&["repair", "--data", data]);
        assert!(said.code == Some(0) && said.text.contains("not of one record"), "{what}: {said:?}");
        assert!(!said.text.contains("Every record is there"), "{what}: {said:?}");
        let (_, from) = said.text.split_once("--remove-from ").unwrap();
        let from = from.split_whitespace().next().unwrap();
        let said = run(&["repair", "--data", data, "--remove-from", from]);
        assert!(said.code == Some(0) && said.text.contains("The old key is retired"), "{what}: {said:?}");
        assert!(!said.text.contains("Nothing was lost"), "{what}: {said:?}");
        let server = Server::start(&one, &[]);
        let key = run(&["key", "--server", server.url()]);
        assert!(!key.text.contains("example.org/record"), "{what}: {key:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn repairs_right_after_one_another_keep_every_directory() {
    let specimen = Specimen::new(End::Stopped).await;
    specimen.mend();
    for (repairs, from) in (1..).zip([250, 150, 50]) {
        let said = run(&["repair", "--data", &specimen.path(), "--remove-from", &from.to_string()]);
        assert!(
            said.code == Some(0) && said.text.contains(&format!("has {} events now", from - 1)),
            "{said:?}"
        );
        let beside = specimen.beside();
        assert_eq!(beside.len(), repairs, "{beside:?}");
        assert!(beside.iter().all(|kept| kept.join("data/tail").exists()), "{beside:?}");
    }
    let said = run(&["repair", "--data", &specimen.path(), "--remove-from", "0"]);
    assert!(said.code == Some(2) && said.text.contains("positions begin at 1"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_its_tail_file_the_end_is_unknown() {
    let specimen = Specimen::new(End::Stopped).await;
    for damage in [
        (|path| fs::remove_file(path).unwrap()) as fn(PathBuf),
        |path| fs::write(path, [0; 1_024]).unwrap(),
        |path| fs::write(path, "cut").unwrap(),
    ] {
        specimen.mend();
        damage(specimen.data().join("tail"));
        assert!(specimen.start(&[]).is_err());
        let (from, kept) = check_repair(&specimen, "tail").await;
        assert_eq!(from, EVENTS + 1);
        assert!(kept.join("data/chancery.key").exists());
        assert!(specimen.start(&["--origin", "example.org/record"]).is_err(), "the key is retired");
    }
}

async fn check_all_damage(end: End) {
    let specimen = Specimen::new(end).await;
    let mut repaired = 0;
    for (name, used) in specimen.files() {
        for part in 0..4 {
            for cut in [false, true] {
                specimen.mend();
                let at = used * part / 4 + 7 * part;
                match cut {
                    true => specimen.cut(&name, at.min(used)),
                    false if at < used => specimen.flip(&name, at),
                    false => continue,
                }
                let what = format!("{end:?}, {name} at {at}, cut {cut}");
                // Where a server starts, all is there: tests/verify.rs.
                if run(&["verify", "--data", &specimen.path()]).code == Some(0) {
                    continue;
                }
                check_repair(&specimen, &what).await;
                repaired += 1;
            }
        }
    }
    println!("{end:?}: {repaired} repaired");
    assert!(8 <= repaired, "{end:?}: {repaired}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_damaged_after_an_orderly_end_opens_again() {
    check_all_damage(End::Stopped).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_damaged_after_a_crash_opens_again() {
    check_all_damage(End::Killed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_removed_unless_the_command_says_so() {
    let specimen = Specimen::new(End::Stopped).await;
    let output = common::chancery()
        .env("CHANCERY_REMOVE_FROM", "3")
        .args(["repair", "--data", &specimen.path()])
        .output()
        .unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(output.status.success() && said.contains("Every record is there"), "{said}");
    assert_eq!(specimen.beside(), Vec::<PathBuf>::new());
    specimen.check_unchanged(&specimen.data(), "after a look");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_repair_is_advised_that_the_key_would_stop() {
    let specimen = Specimen::new(End::Stopped).await;
    for name in ["chancery.key", "chancery.vkey"] {
        for (damaged, says) in [(false, "Every record is there.\n"), (true, "Gone: ")] {
            specimen.mend();
            if damaged {
                specimen.cut("sled/db", 100);
            }
            fs::write(specimen.data().join(name), "no key").unwrap();
            let said = run(&["repair", "--data", &specimen.path()]);
            let what = format!("{name}, damaged {damaged}: {said:?}");
            assert!(said.code == Some(1) && said.text.contains(says) && said.text.contains(name), "{what}");
            assert!(!said.text.contains("--remove-from"), "{what}");
            let from = if damaged { "1".to_owned() } else { (EVENTS + 1).to_string() };
            let tried = run(&["repair", "--data", &specimen.path(), "--remove-from", &from]);
            assert!(tried.code == Some(1) && tried.text.contains("Nothing was changed"), "{what}{tried:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_that_is_mounted_is_not_exchanged() {
    let specimen = Specimen::new(End::Stopped).await;
    let (data, from) = (specimen.path(), (EVENTS + 1).to_string());
    let kept = format!("{data}.kept");
    let script = |mount: &str| {
        // What is mounted is so in a name space of its own, which ends with the command.
        let script = format!(
            "set -e; cp -a {data} {kept}; {mount}; echo mounted; \
             exec {} repair --data {data} --remove-from {from} 2>&1",
            env!("CARGO_BIN_EXE_chancery")
        );
        let output = std::process::Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", &script])
            .output()
            .unwrap();
        fs::remove_dir_all(&kept).ok();
        (String::from_utf8(output.stdout).unwrap(), output.status.code())
    };
    for mount in
        [format!("mount --bind {data} {data}"), format!("mount -t tmpfs none {data}; cp -a {kept}/. {data}")]
    {
        let (said, code) = script(&mount);
        if !said.contains("mounted\n") {
            eprintln!("SKIPPED: this machine permits no mount");
            return;
        }
        assert_eq!(code, Some(1), "{mount}: {said}");
        let words = ["where a file system is mounted", "copy what is in it", "Nothing was changed"];
        assert!(words.iter().all(|word| said.contains(word)), "{mount}: {said}");
        assert_eq!(specimen.beside(), Vec::<PathBuf>::new(), "{mount}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_repair_sets_aside_is_not_served_unasked() {
    let specimen = Specimen::new(End::Stopped).await;
    for (from, signs_on) in [(EVENTS + 1, true), (EVENTS, false)] {
        specimen.mend();
        // As in one shell: the directory that it stands in is the old one afterwards.
        let script = format!(
            "cd {data} && {program} repair --data . --remove-from {from} && \
             exec {program} serve --listen 127.0.0.1:0 --data .",
            data = specimen.path(),
            program = env!("CARGO_BIN_EXE_chancery"),
        );
        let mut shell = std::process::Command::new("sh");
        shell.args(["-c", &script]);
        let said = Server::try_spawn(shell).map(drop).unwrap_err();
        let beside = specimen.beside();
        let [kept] = &beside[..] else { panic!("{beside:?}") };
        let (old, marker) = (kept.join("data"), kept.join("data/chancery.set-aside"));
        let before = specimen::gather(&old);
        let served = |data: &Path| {
            let mut serve = common::chancery();
            serve.args(["serve", "--listen", "127.0.0.1:0", "--data", data.to_str().unwrap()]);
            Server::try_spawn(serve)
        };
        for said in [said, served(&old).map(drop).unwrap_err()] {
            for word in ["was set aside by a repair", old.to_str().unwrap(), marker.to_str().unwrap()] {
                assert!(said.contains(word), "there is no {word:?} in {said}");
            }
        }
        assert!(specimen::gather(&old) == before, "a start that is refused changed something");
        assert!(!fs::read_to_string(&marker).unwrap().is_empty());
        // The commands that look at it say so as well, and do not advise to repair it.
        for command in ["verify", "repair"] {
            let said = run(&[command, "--data", old.to_str().unwrap()]);
            assert_eq!(said.code, Some(0), "{command}: {said:?}");
            for word in ["set this directory aside, and no server starts in it", marker.to_str().unwrap()] {
                assert!(said.text.contains(word), "{command}: there is no {word:?} in {said:?}");
            }
            assert!(!said.text.contains("--remove-from"), "{command}: {said:?}");
        }

        // What is made of it is no more to be served than it is itself.
        let again = run(&["repair", "--data", old.to_str().unwrap(), "--remove-from", &from.to_string()]);
        assert_eq!(again.code, Some(0), "{again:?}");
        assert!(served(&old).is_err_and(|said| said.contains("was set aside by a repair")));

        // The directory that took its place is served, and so is the old one when that is wanted.
        let server = specimen.start(&[]).unwrap();
        let key = run(&["key", "--server", server.url()]);
        assert_eq!(key.text.trim() == specimen.key, signs_on, "{key:?}");
        assert!(server.stop().success());
        let old = fs::read_dir(kept)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.file_name().unwrap().to_str().unwrap().starts_with("data.before-repair"));
        let old = old.unwrap().join("data");
        fs::remove_file(old.join("chancery.set-aside")).unwrap();
        let server = served(&old).unwrap();
        assert_eq!(specimen::ids(&server).await.len() as u64, EVENTS);
        assert!(server.stop().success());
    }
}
