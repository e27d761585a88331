//! What an operator meets where something is not as it should be: a stream that takes nothing, a link that leads nowhere, a
//! file in the place of a directory.

#![allow(clippy::unwrap_used)]

mod common;
#[path = "common/specimen.rs"]
mod specimen;

use std::{
    fs::{self, File, Permissions},
    os::unix::fs::{PermissionsExt as _, symlink},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use chancery::wire::json::{Layout, to_json};
use common::{Server, bound, chancery, events};
use specimen::{Said, run, submit};

const PATIENCE: Duration = Duration::from_secs(60);

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    Said { text, code: output.status.code() }
}

/// A command fails with all of these words and none of those.
fn refused(what: &str, said: &Said, words: &[&str], absent: &[&str]) {
    assert_eq!(said.code, Some(1), "{what}: {said:?}");
    for word in words {
        assert!(said.text.contains(word), "{what}: there is no {word:?} in {}", said.text);
    }
    for word in absent {
        assert!(!said.text.contains(word), "{what}: {word:?} in {}", said.text);
    }
}

/// A backup of 20 events and a copy of their key.
async fn backup(home: &Path) {
    let server = Server::start(&home.join("first"), &["--origin", "example.org/record"]);
    submit(&server, 1..=20).await;
    assert_eq!(run(&["backup", "--server", server.url(), "--to", text(&home.join("backup"))]).code, Some(0));
    assert!(server.stop().success());
    fs::copy(home.join("first/chancery.key"), home.join("key")).unwrap();
    fs::copy(home.join("first/chancery.vkey"), home.join("vkey")).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_log_that_cannot_be_written_harms_nothing() {
    for form in ["text", "json"] {
        let home = tempfile::tempdir().unwrap();
        let mut serve = Command::new("sh");
        serve.args(["-c", "exec \"$0\" \"$@\" 2> /dev/full"]).arg(chancery().get_program());
        serve.args(["serve", "--listen", "127.0.0.1:0", "--log", "trace", "--log-format", form, "--data"]);
        let server = Server::try_spawn({
            serve.arg(home.path().join("data"));
            serve
        });
        let server = server.unwrap_or_else(|said| panic!("{form}: {said}"));
        submit(&server, 1..=20).await;
        assert_eq!(specimen::ids(&server).await.len(), 20, "{form}");
        assert!(server.stop().success(), "{form}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_goes_on_when_standard_output_takes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (data, log) = (home.path().join("data"), home.path().join("log"));
    let mut serve = chancery();
    serve.args(["serve", "--listen", "127.0.0.1:0", "--data", text(&data)]);
    serve.stdin(Stdio::null()).stdout(full()).stderr(File::create(&log).unwrap());
    let mut server = serve.spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    // The log says where it listens, since standard output cannot.
    let url = loop {
        let said = fs::read_to_string(&log).unwrap();
        let lines = || said.lines().filter(|line| line.contains("WARN") && line.contains("standard output"));
        if let Some((_, url)) = lines().find_map(|line| line.split_once("listening on ")) {
            assert!(lines().all(|line| line.contains("No space left on device")), "{said}");
            break url.split_whitespace().next().unwrap().to_owned();
        }
        let ended = server.try_wait().unwrap();
        assert!(ended.is_none() && Instant::now() < deadline, "{ended:?}: {said}");
        std::thread::yield_now();
    };
    let info = run(&["info", "--server", url.trim_end_matches(['"', ':', ','])]);
    assert_eq!(info.code, Some(0), "{info:?}");
    common::terminate(server.id());
    let said = fs::read_to_string(&log).unwrap();
    assert!(server.wait().unwrap().success(), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proof_goes_to_the_stream_that_is_named() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(&home.path().join("data"), &[]);
    submit(&server, 1..=3).await;
    let key = run(&["key", "--server", server.url()]).text;
    let mut proofs = Vec::new();
    for to in [&["-o", "-"][..], &[]] {
        let mut prove = chancery();
        prove.current_dir(home.path()).args(["prove", "--server", server.url(), "2"]).args(to);
        let output = prove.output().unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{to:?}: {output:?}");
        assert!(!home.path().join("-").exists(), "{to:?}");
        fs::write(home.path().join("proof"), &output.stdout).unwrap();
        let checked = run(&["check", text(&home.path().join("proof")), "--key", key.trim()]);
        assert_eq!(checked.code, Some(0), "{to:?}: {checked:?}");
        proofs.push(output.stdout);
    }
    assert_eq!(proofs[0], proofs[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_leads_nowhere_is_no_place_to_remember_in() {
    let home = tempfile::tempdir().unwrap();
    let server = Server::start(&home.path().join("data"), &[]);
    submit(&server, 1..=3).await;
    let key = run(&["key", "--server", server.url()]).text;
    let [link, volume] = ["link", "volume"].map(|name| home.path().join(name));
    let kept = volume.join("record.checkpoint");
    symlink(&kept, &link).unwrap();
    let check = ["check", "--server", server.url(), "--key", key.trim(), "--remember", text(&link)];
    for mounted in [false, true] {
        if mounted {
            fs::create_dir(&volume).unwrap();
        }
        let words = [text(&link), text(&kept), "nothing is there", "Mount"];
        refused("check", &run(&check), &words, &["first time"]);
        assert!(link.is_symlink() && !link.exists());
    }
    let event = run(&["prove", "--server", server.url(), "2", "-o", text(&link)]);
    refused("prove", &event, &[text(&kept), "nothing is there"], &[]);
    assert!(link.is_symlink() && !link.exists());
    // A link that leads to a file is written through.
    let first = ["check", "--server", server.url(), "--key", key.trim(), "--remember", text(&kept)];
    assert!(run(&first).text.contains("first time"));
    submit(&server, 4..=5).await;
    let said = run(&check);
    assert!(said.code == Some(0) && said.text.contains("from 3 to 5"), "{said:?}");
    assert!(link.is_symlink() && fs::read_to_string(&kept).unwrap().contains("\n5\n"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_looked_at_before_its_mode() {
    let home = tempfile::tempdir().unwrap();
    backup(home.path()).await;
    let [data, key, vkey, new] = ["first", "key", "vkey", "new"].map(|name| home.path().join(name));
    let from = home.path().join("backup");
    for (file, mode, words, absent) in [
        (&vkey, 0o644, &["is no copy of a signing key"][..], &["chmod"][..]),
        (&key, 0o644, &["can be read by others", "chmod 600"], &[]),
        (&data, 0o755, &["s a directory"], &["chmod"]),
    ] {
        fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
        let restore = ["restore", "--from", text(&from), "--data", text(&new), "--signing-key", text(file)];
        refused(text(file), &run(&restore), words, absent);
    }
    let file = data.join("chancery.key");
    fs::remove_file(&file).unwrap();
    fs::create_dir(&file).unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o755)).unwrap();
    for command in ["repair", "verify"] {
        refused(
            command,
            &run(&[command, "--data", text(&data)]),
            &["a directory", "file belongs there"],
            &["chmod"],
        );
    }
    fs::remove_dir(&file).unwrap();
    fs::write(&file, "no key at all").unwrap();
    fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
    refused("nonsense", &run(&["repair", "--data", text(&data)]), &["cannot be used"], &["chmod"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_the_way_is_what_is_named() {
    let home = tempfile::tempdir().unwrap();
    backup(home.path()).await;
    let path = |name: &str| home.path().join(name);
    let (first, from, file, locked) = (path("first"), path("backup"), path("file"), path("locked"));
    fs::write(&file, "").unwrap();

    for below in ["x", "x/y"].map(|name| file.join(name)) {
        for (command, words) in [
            (&["restore", "--from", text(&from)][..], [": ", "directory belongs there"]),
            (&["repair"], [" is a file: ", "name a directory"]),
            (&["verify"], [" is a file: ", "name a directory"]),
            (&["serve", "--listen", "127.0.0.1:0"], [" is a file: ", "name a directory"]),
        ] {
            let said = run(&[command, &["--data", text(&below)]].concat());
            let words = [&format!("{}{}", text(&file), words[0]), words[1]];
            refused(&format!("{command:?}"), &said, &words, &["unfinished", text(&below)]);
        }
    }

    let backup = format!("--backup {}", text(&from));
    for command in ["verify", "repair"] {
        let said = run(&[command, "--data", text(&from)]);
        refused(command, &said, &["holds a backup", "chancery verify", &backup], &["no record"]);
    }

    // Nobody may write to what the new directory would lie in.
    fs::create_dir(&locked).unwrap();
    fs::rename(&first, locked.join("first")).unwrap();
    fs::set_permissions(&locked, Permissions::from_mode(0o555)).unwrap();
    let new = locked.join("new");
    let old = locked.join("first");
    for arguments in [
        &["restore", "--from", text(&from), "--data", text(&new)][..],
        &["repair", "--data", text(&old), "--remove-from", "10"],
    ] {
        let said = said(bound(&mut chancery()).args(arguments));
        let named = format!("{}: Permission denied", text(&locked));
        refused(
            &format!("{arguments:?}"),
            &said,
            &[&named, "may write there"],
            &["unfinished", "give the file"],
        );
    }
    fs::set_permissions(&locked, Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_done_is_said_to_be_done() {
    let home = tempfile::tempdir().unwrap();
    backup(home.path()).await;
    let [from, key, data] = ["backup", "key", "new"].map(|name| home.path().join(name));
    let mut restore = chancery();
    restore.args(["restore", "--from", text(&from), "--data", text(&data), "--signing-key", text(&key)]);
    let restored = said(restore.stdout(full()));
    let words = ["Restored 20 events to", text(&data), "No space left on device", "goes on signing as"];
    refused("restore", &restored, &words, &["Nothing was restored"]);
    let server = Server::start(&data, &[]);
    assert_eq!(specimen::ids(&server).await.len(), 20);

    let mine = home.path().join("mine.jsonl");
    fs::write(&mine, to_json(&events::actor(21, "a21"), Layout::Compact).unwrap()).unwrap();
    let mut submit = chancery();
    submit.args(["submit", "--server", server.url(), text(&mine)]);
    refused("submit", &said(submit.stdout(full())), &["Recorded 1 event", "No space left on device"], &[]);
    assert_eq!(specimen::ids(&server).await.len(), 21);
}
