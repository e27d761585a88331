//! The program from end to end: servers and commands as an operator runs them, over the seeds and over large files.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use std::{
    fmt::Write as _,
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use common::{Server, chancery, terminate};
use serde_json::Value;
use unicode_width::UnicodeWidthStr as _;

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")
}

/// A server, and commands against it.
struct Office {
    server: Server,
    folder: tempfile::TempDir,
}

/// What a command did.
struct Told {
    code: i32,
    out: String,
    err: String,
}

impl Told {
    /// What it printed; it must have succeeded.
    #[track_caller]
    fn succeeded(self) -> String {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        self.out
    }

    /// What it said was wrong; it must have failed without an answer.
    #[track_caller]
    fn failed(self) -> String {
        assert_eq!((self.code, self.out.as_str()), (1, ""), "{}", self.err);
        self.err
    }
}

fn told(mut command: Command) -> Told {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    Told { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

impl Office {
    fn seeded() -> Office {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::start(&folder.path().join("data"), &["--seeds", seeds().to_str().unwrap()]);
        Office { server, folder }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn command(&self, arguments: &str) -> Command {
        let mut command = chancery();
        command.current_dir(self.folder.path()).env("CHANCERY_SERVER", self.server.url());
        command.args(arguments.split_whitespace());
        command
    }

    /// Runs a command; its arguments stand between blanks.
    fn run(&self, arguments: &str) -> Told {
        told(self.command(arguments))
    }

    fn json(&self, arguments: &str) -> Value {
        serde_json::from_str(&self.run(&format!("{arguments} --output json")).succeeded()).unwrap()
    }

    fn lines(&self, arguments: &str) -> Vec<Value> {
        let text = self.run(&format!("{arguments} --output jsonl")).succeeded();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn file(&self, name: &str, lines: &[String]) {
        fs::write(self.folder.path().join(name), lines.join("\n")).unwrap();
    }

    fn tail(&self) -> String {
        self.json("info")["tail"].as_str().unwrap().to_owned()
    }
}

/// A meeting as a line of a file; every number gives another.
fn meeting(number: usize) -> String {
    let actor = ["us", "gb", "ru", "cn"][number % 4];
    let group = ["hts", "taliban", "hamas", "pkk", "eta"][number % 5];
    format!(
        r#"{{"fact":{{"effectiveOn":"{:04}-{:02}-{:02}","summary":"Meeting {number}.","sources":[{{"publisher":"Gazette","title":"No 1","kind":"SOURCE_KIND_LEGAL_ACT"}}],"engagement":{{"kind":"ENGAGEMENT_KIND_MEETING","participants":[{{"actor":"{actor}"}},{{"group":"{group}"}}],"channel":"CHANNEL_DIRECT_IN_PERSON"}}}}}}"#,
        2000 + number % 25,
        1 + number % 12,
        1 + number % 28,
    )
}

fn interrupt(pid: u32) {
    let kill = Command::new("sh").arg("-c").arg(format!("kill -INT {pid}")).status().unwrap();
    assert!(kill.success());
}

/// Everything that a restart must not change.
fn state(office: &Office) -> [Value; 3] {
    let on = "--on 2025-07-07";
    [
        office.json(&format!("group hts {on}")),
        office.json(&format!("groups --all {on}")),
        office.json(&format!("relationships --all {on}")),
    ]
}

#[test]
fn one_directory_has_one_server_and_survives_it() {
    let office = Office::seeded();
    let before = state(&office);
    assert_eq!(before[1]["groups"].as_array().unwrap().len(), 51);
    let mut second = chancery();
    second.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(office.data());
    let refusal = told(second).failed();
    let data = office.data();
    let expected = format!(
        "error: data directory {} is in use by another chancery process (pid {}): wait for it to end, stop it, or use another \
         --data\n",
        data.display(),
        office.server.pid()
    );
    assert_eq!(refusal, expected);
    let mut third = chancery();
    third
        .args(["serve", "--listen", office.server.address(), "--data"])
        .arg(office.folder.path().join("other"));
    let refusal = told(third).failed();
    assert!(refusal.contains(&format!("cannot listen on {}", office.server.address())), "{refusal}");
    assert!(refusal.contains("--listen"), "{refusal}");
    assert_eq!(state(&office), before, "the first goes on");
    // Ended by either signal, started again, and loaded again: the same.
    let mut office = office;
    for signal in [terminate, interrupt] {
        let pid = office.server.pid();
        signal(pid);
        assert!(office.server.wait().success());
        let mut command = chancery();
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(&data).arg("--seeds").arg(seeds());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut said: Vec<String> = Vec::new();
        while !said.last().is_some_and(|line| line.starts_with("listening on ")) {
            said.push(out.next().unwrap().unwrap());
        }
        terminate(child.id());
        said.extend(out.map(Result::unwrap));
        let mut err = String::new();
        child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
        assert!(child.wait().unwrap().success(), "{err}");
        let told: Vec<&str> =
            said.iter().map(String::as_str).filter(|it| !it.starts_with("listening")).collect();
        let [loaded, holds, stopped] = told[..] else { panic!("{told:?}") };
        assert!(loaded.ends_with("recorded nothing new; 435 lines were recorded already"), "{loaded}");
        assert!(holds.ends_with("435 events: 45 actors, 51 groups, 30 regimes, 49 relationships"), "{holds}");
        assert_eq!(stopped, "stopped at position 435");
        assert!(!err.contains('\u{1b}'), "no colour but on a terminal: {err}");
        office = Office { server: Server::start(&data, &[]), folder: office.folder };
        assert_eq!(office.tail(), "435");
        assert_eq!(state(&office), before);
    }
}

#[test]
fn every_question_in_every_form() {
    let office = Office::seeded();
    let ids: Vec<Value> = office.lines("history --limit 1");
    let id = ids[0]["event"]["eventId"].as_str().unwrap();
    let event = format!("event {id}");
    let times = "--on 2025-07-07 --known 435 --disclosed 2025-07-07";
    // The command, the list in its answer (empty: the answer itself is what a line holds), and a word of its table.
    let cases: Vec<(String, &str, &str)> = vec![
        (format!("group hts {times}"), "", "Hay'at Tahrir al-Sham"),
        (format!("groups --regime us-fto219 --all {times}"), "groups", "ACTIVE us-fto219"),
        (format!("relationship us hts {times}"), "", "MEETING"),
        (format!("relationships --actor us --all {times}"), "relationships", "hamas"),
        (format!("timeline us hts {times}"), "entries", "Riyadh"),
        (format!("timeline designation/hts/us-fto219 --all {times}"), "entries", "pending"),
        ("history --limit 20".to_owned(), "records", "United Nations"),
        ("history --all --backwards".to_owned(), "records", "435"),
        ("history group/hts --kind designation_act,correction --all".to_owned(), "records", "us-fto219"),
        (event, "", "Charter of the United Nations"),
        ("info".to_owned(), "", "435 events"),
    ];
    for (command, list, word) in &cases {
        let table = office.run(&format!("{command} --output table")).succeeded();
        if !command.starts_with("relationship us") {
            assert!(table.contains(word), "{command}: {table}");
        }
        assert_eq!(
            table,
            office.run(command).succeeded(),
            "{command}: a table unless something else is asked for"
        );
        let whole = office.json(command);
        let lines = office.lines(command);
        let expected = match *list {
            "" => vec![whole],
            list => whole[list].as_array().unwrap().clone(),
        };
        assert!(!expected.is_empty(), "{command}");
        assert_eq!(lines, expected, "{command}");
    }
}

/// The first answers anybody asks for.
#[test]
fn a_revocation_and_a_secret_meeting() {
    let office = Office::seeded();
    let listing = |line: &str, on: &str| {
        let table = office.run(&format!("group hts --on {on}")).succeeded();
        let found: Vec<&str> =
            table.lines().skip_while(|it| !it.trim_start().starts_with(line)).take(2).collect();
        found.join(" ").split_whitespace().collect::<Vec<&str>>().join(" ")
    };
    let before = listing("us-fto219", "2025-07-07");
    assert!(
        before.starts_with("us-fto219 ACTIVE 2012-12-11 own DELISTED takes effect 2025-07-08"),
        "{before}"
    );
    assert!(before.contains("announced 2025-07-07"), "{before}");
    for (regime, state) in
        [("us-fto219", "DELISTED"), ("un-scisil", "ACTIVE"), ("gb-ta2000", "ACTIVE"), ("ca-cc8305", "ACTIVE")]
    {
        let after = listing(regime, "2025-07-08");
        assert!(after.starts_with(&format!("{regime} {state} ")), "{after}");
    }
    for (disclosed, headline, contact) in [
        ("2025-03-01", "PROSCRIBED_NO_CONTACT:", "contact NONE"),
        ("2025-03-05", "DIRECT_CONTACT:", "contact ENVOY"),
    ] {
        let ask = format!("relationship us hamas --on 2025-02-20 --disclosed {disclosed}");
        let table = office.run(&ask).succeeded();
        assert!(table.lines().nth(2).unwrap().starts_with(headline), "{table}");
        let facets: Vec<String> =
            table.lines().map(|line| line.split_whitespace().collect::<Vec<&str>>().join(" ")).collect();
        assert!(facets.iter().any(|line| line.starts_with(contact)), "{table}");
        assert!(table.contains(&format!("disclosed by {disclosed}")), "{table}");
    }
    // What was known is cut by a position or a moment.
    assert!(office.run("group hts --known 1").failed().contains("group/hts is not on record at this view"));
    assert!(office.run("group hts --known 436").failed().contains("the record ends at 435"));
    assert!(office.run("group hts --known 2001-01-01").failed().contains("not on record"));
    assert_eq!(office.json("group hts --known 2999-12-31"), office.json("group hts --known 435"));
    assert!(office.run("timeline us eta").failed().contains("relationship/us/eta"));
}

#[test]
fn tables_fit_a_hundred_columns() {
    let office = Office::seeded();
    let mut commands: Vec<String> =
        ["groups --all", "relationships --all", "history --all", "info", "groups --state DELISTED --all"]
            .map(str::to_owned)
            .into();
    for group in office.lines("groups --all") {
        let slug = group["group"].as_str().unwrap();
        commands.push(format!("group {slug}"));
        commands.push(format!("timeline {slug} --all"));
    }
    for pair in office.lines("relationships --all") {
        let (actor, group) = (pair["actor"].as_str().unwrap(), pair["group"].as_str().unwrap());
        commands.push(format!("relationship {actor} {group} --on 2025-07-07"));
        commands.push(format!("relationship {actor} {group}"));
    }
    assert!(150 < commands.len());
    for command in commands {
        let table = office.run(&command).succeeded();
        for line in table.lines() {
            assert!(line.width() <= 100, "{command}: {} columns:\n{line}", line.width());
            assert!(!line.contains('\u{1b}') && line.trim_end() == line, "{command}: {line:?}");
        }
    }
}

/// Where the output is no terminal, COLUMNS says how wide a page is.
#[test]
fn a_page_is_as_wide_as_it_is_asked_to_be() {
    let office = Office::seeded();
    let widest = |columns: Option<&str>| {
        let mut command = office.command("group hts");
        match columns {
            Some(columns) => command.env("COLUMNS", columns),
            None => command.env_remove("COLUMNS"),
        };
        told(command).succeeded().lines().map(|line| line.width()).max().unwrap()
    };
    let (default, narrow) = (widest(None), widest(Some("60")));
    assert!(narrow <= 60 && 60 < default && default <= 100, "{narrow} {default}");
    for (columns, expected) in
        [("100", default), ("200", default), ("wide", default), ("", default), ("10", widest(Some("40")))]
    {
        assert_eq!(widest(Some(columns)), expected, "{columns}");
    }
}

#[test]
fn twenty_thousand_facts() {
    const LINES: usize = 20_000;
    const BAD: usize = 15_321;
    let office = Office::seeded();
    let good: Vec<String> = (1..=LINES).map(meeting).collect();
    office.file("good.jsonl", &good);
    let mut bad = good.clone();
    bad[BAD - 1] = bad[BAD - 1].replace(r#"{"group":""#, r#"{"group":"no-"#);
    office.file("facts.jsonl", &bad);
    let judged = office.run("validate facts.jsonl").failed();
    assert!(judged.starts_with("error: 1 violation in 20,000 lines:\n  facts.jsonl:15321: "), "{judged}");
    assert_eq!(office.tail(), "435");
    let refusal = office.run("submit facts.jsonl").failed();
    assert_eq!(
        refusal,
        "error: this refers to what is not on record:\n  facts.jsonl:15321: \
         fact.engagement.participants[1].group: group/no-taliban is not registered; submit its registration first\n\
         Recorded before that: 15,000 events at positions 436–15435.\n\
         Nothing of lines 15001–15500 of facts.jsonl was recorded.\n\
         Mend line 15321 of facts.jsonl and run the same command again; lines already recorded are recognised and \
         skipped.\n"
    );
    office.file("facts.jsonl", &good);
    let account = office.run("submit facts.jsonl").succeeded();
    let expected =
        "Recorded 5,000 events at positions 15436–20435; 15,000 lines were recorded already (1 file, ";
    assert!(account.starts_with(expected), "{account}");
    let account = office.run("validate facts.jsonl").succeeded();
    assert!(account.ends_with("after position 20435; 20,000 are recorded already.\n"), "{account}");
    // A line that is no JSON is found before anything of its batch is sent.
    let mut torn = good.clone();
    torn[BAD - 1].truncate(40);
    office.file("facts.jsonl", &torn);
    let refusal = office.run("submit facts.jsonl").failed();
    assert!(refusal.starts_with("error: facts.jsonl:15321:"), "{refusal}");
    assert!(
        refusal.contains("Recorded before that: nothing new; 15,000 lines were recorded already."),
        "{refusal}"
    );
    // All at once into a record that has none of them.
    let other = Office::seeded();
    other.file("facts.jsonl", &good);
    let begun = Instant::now();
    let account = other.run("submit facts.jsonl").succeeded();
    println!("{LINES} facts submitted in {:.1} s", begun.elapsed().as_secs_f64());
    assert!(account.starts_with("Recorded 20,000 events at positions 436–20435 (1 file, "), "{account}");
    assert_eq!(
        other.json("relationship us hts --on 2030-01-01")["status"],
        office.json("relationship us hts --on 2030-01-01")["status"]
    );
}

#[test]
fn one_commit_under_conditions() {
    let office = Office::seeded();
    office.file("two.jsonl", &[meeting(1), meeting(2)]);
    let last = |subject: &str| {
        let records = office.lines(&format!("history {subject} --backwards --limit 1"));
        records[0]["position"].as_str().unwrap().to_owned()
    };
    let refusal = office.run("submit two.jsonl --atomic --check group/hts@10 --check group/eta@3").failed();
    let expected = format!(
        "error: the record has moved on, nothing was recorded:\n  \
         group/hts: moved at position {}, after 10\n  group/eta: moved at position {}, after 3\n\
         Recorded before that: nothing.\nNothing of lines 1–2 of two.jsonl was recorded.\n\
         Ask again, decide again, and submit with the positions of the new answers.\n",
        last("hts"),
        last("eta")
    );
    assert_eq!(refusal, expected);
    assert_eq!(office.tail(), "435");
    let submit = format!("submit two.jsonl --atomic --check group/hts@{}", last("hts"));
    assert!(office.run(&submit).succeeded().starts_with("Recorded 2 events at positions 436–437 "));
    let commits: Vec<Value> =
        office.lines("history --from 436").into_iter().map(|it| it["commitId"].clone()).collect();
    assert_eq!((commits.len(), &commits[0]), (2, &commits[1]));
    assert!(
        office.run(&submit).succeeded().starts_with("Recorded nothing new; 2 lines were recorded already")
    );
    assert_eq!(office.run("submit two.jsonl --check group/hts@1").code, 2);
}

/// The record as it is printed makes the same record elsewhere.
#[test]
fn history_makes_the_same_record_again() {
    let office = Office::seeded();
    let events: Vec<String> =
        office.lines("history --all").iter().map(|it| it["event"].to_string()).collect();
    office.file("events.jsonl", &events);
    let account = office.run("submit events.jsonl").succeeded();
    assert!(account.starts_with("Recorded nothing new; 435 lines were recorded already"), "{account}");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"), &[]);
    let other = Office { server, folder };
    other.file("events.jsonl", &events);
    other.run("submit events.jsonl").succeeded();
    let statuses = |office: &Office| {
        let [group, groups, relationships] = state(office);
        [group["status"].clone(), groups["groups"].clone(), relationships["relationships"].clone()]
    };
    assert_eq!(statuses(&other), statuses(&office));
}

#[test]
fn events_in_full() {
    let office = Office::seeded();
    let correction = &office.lines("history --kind correction --limit 1")[0]["event"];
    let (id, target) = (&correction["eventId"], &correction["correction"]["target"]);
    let plain = &office.lines("history --kind actor_registered --limit 1")[0]["event"]["eventId"];
    let show = |id: &Value| office.run(&format!("event {}", id.as_str().unwrap())).succeeded();
    let corrected = show(target);
    assert!(corrected.contains("As the record stands"), "{corrected}");
    assert!(corrected.contains("Recorded about it"), "{corrected}");
    assert!(show(id).contains("corrects"), "{}", show(id));
    let plain = show(plain);
    assert!(!plain.contains("As the record stands"), "nothing has changed it: {plain}");
    let unknown = office.run("event 00000000-0000-4000-8000-000000000001").failed();
    assert!(unknown.contains("event 00000000-0000-4000-8000-000000000001 is not on record"), "{unknown}");
}

#[test]
fn following_sees_what_comes_and_the_end() {
    let office = Office::seeded();
    let mut command = office.command("history hts --follow --from 436 --output jsonl");
    let mut following =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines();
    let mut expected = String::new();
    for number in 0..4 {
        office.file("one.jsonl", &[meeting(number)]);
        office.run("submit one.jsonl").succeeded();
        // One in five meetings is with hts.
        if number == 0 {
            let line = lines.next().unwrap().unwrap();
            let record: Value = serde_json::from_str(&line).unwrap();
            write!(expected, "{}", record["position"].as_str().unwrap()).unwrap();
        }
    }
    assert_eq!(expected, "436");
    assert!(office.server.stop().success());
    assert!(lines.next().is_none(), "nothing more about hts came");
    let status = following.wait().unwrap();
    let mut err = String::new();
    following.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    assert_eq!(status.code(), Some(1), "{err}");
    assert!(err.contains("the server is stopping"), "{err}");
    assert!(err.contains("Go on with --from "), "{err}");
}
