//! What an officer at a desk types: events named as tables print them, views kept in files, and slips that are told.

#![allow(clippy::unwrap_used, clippy::panic)]

mod common;

use std::{fs, path::Path, process::Stdio};

use chancery::{
    domain::fold::RULESET,
    wire::v1::{self, submission_service_client::SubmissionServiceClient},
};
use common::{Server, chancery, events};
use sha2::{Digest as _, Sha256};

/// A server over the seeds, and a folder to work in.
struct Desk {
    server: Server,
    folder: tempfile::TempDir,
}

/// What a command did.
struct Told {
    code: i32,
    out: String,
    err: String,
}

impl Desk {
    fn seeded() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds");
        let server = Server::start(&folder.path().join("data"), &["--seeds", seeds.to_str().unwrap()]);
        Desk { server, folder }
    }

    /// Runs a command; its arguments stand between blanks.
    fn run(&self, arguments: &str) -> Told {
        let mut command = chancery();
        command.current_dir(self.folder.path()).env("CHANCERY_SERVER", self.server.url());
        let output = command.args(arguments.split_whitespace()).stdin(Stdio::null()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Told { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// What a command prints; it must succeed.
    #[track_caller]
    fn ask(&self, arguments: &str) -> String {
        let told = self.run(arguments);
        assert_eq!(told.code, 0, "{arguments}: {}{}", told.out, told.err);
        told.out
    }

    /// What a command says is wrong, with this exit code and without an answer.
    #[track_caller]
    fn refused(&self, arguments: &str, code: i32) -> String {
        let told = self.run(arguments);
        assert_eq!((told.code, told.out.as_str()), (code, ""), "{arguments}: {}", told.err);
        told.err
    }

    fn submit(&self, events: Vec<v1::Event>) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut client = SubmissionServiceClient::connect(self.server.url().to_owned()).await.unwrap();
            let request = v1::SubmitRequest { events, checks: Vec::new() };
            client.submit(request).await.unwrap();
        });
    }
}

#[test]
fn events_are_named_as_tables_print_them() {
    let desk = Desk::seeded();
    // The correction of the seeds, at position 434.
    let whole = "c46faa97";
    let shown = desk.ask("event 434");
    assert!(shown.contains(&format!("Event {whole}")), "{shown}");
    let id = shown.split_whitespace().find(|word| word.starts_with(whole)).unwrap().trim_end_matches(',');
    for name in [whole, &whole.to_uppercase(), &id[..20], id] {
        assert_eq!(desk.ask(&format!("event {name}")), shown, "{name}");
    }
    for name in [whole, "434"] {
        let proof = desk.ask(&format!("prove {name}"));
        assert_eq!(proof, desk.ask(&format!("prove {id}")), "{name}");
        let target = desk.ask(&format!("history event/{id}"));
        assert_eq!(desk.ask(&format!("history event/{name}")), target, "{name}");
        let timeline = desk.ask(&format!("timeline event {id}"));
        assert_eq!(desk.ask(&format!("timeline event {name}")), timeline, "{name}");
    }
    // Every id that a table prints is found.
    let table = desk.ask("timeline hts --all");
    let printed = table.lines().filter_map(|line| line.split_whitespace().last());
    let hexadecimal = |word: &&str| word.len() == 8 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let printed: Vec<&str> = printed.filter(hexadecimal).collect();
    assert!(10 < printed.len(), "{table}");
    for name in printed {
        desk.ask(&format!("event {name}"));
    }
    // Several begin alike: they are listed, with what tells them apart.
    desk.submit((1..=25).map(|number| events::meeting(number, "2025-01-01", "us", "hts")).collect());
    let told = desk.refused("event 00000000", 1);
    for part in ["begins the ids of several", &events::id(20), "position 436", "and 5 others", "MEETING"] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains(&events::id(21)), "{told}");
    assert!(desk.ask(&format!("event {}", &events::id(7)[..36])).contains("position 442"));
    // What names nothing is told.
    for (name, code, part) in [
        ("ffffffff", 1, "no event on record has an id that begins with ffffffff"),
        ("99999999", 1, "no event on record has an id that begins with 99999999"),
        ("9999", 1, "there is no event at position 9999"),
        ("0", 1, "there is no event at position 0"),
        ("hts", 2, "'hts' names no event"),
        ("c46faa9", 2, "first eight characters"),
    ] {
        let told = desk.refused(&format!("event {name}"), code);
        assert!(told.contains(part), "{name}: {told}");
    }
}

#[test]
fn a_view_is_kept_and_compared() {
    let desk = Desk::seeded();
    let decide = |slug: &str, file: &str| {
        format!(
            "decide {slug} --title Meet --subject relationship/sy/sdf --on 2025-11-20 --known 434 --rationale Due \
             --decided-on 2026-11-22 --view {file}"
        )
    };
    let at = |name: &str| desk.folder.path().join(name);
    desk.ask(&decide("desk-7", "seven.view"));
    let text = fs::read_to_string(at("seven.view")).unwrap();
    assert!(text.starts_with("chancery-view-1\n"), "{text}");
    let again = desk.ask(&decide("desk-7", "twice.view"));
    assert!(again.contains("on record already, at position 436"), "{again}");
    let same = desk.ask("audit desk-7 --view seven.view");
    assert!(same.contains("the same, and no other"), "{same}");
    // It can be had later too, to the byte.
    desk.ask("audit desk-7 --keep again.view");
    assert_eq!(fs::read_to_string(at("again.view")).unwrap(), text);
    // A file that is there is not written over, and nothing is recorded; a refused decision leaves no file.
    for (arguments, part) in [
        (decide("desk-8", "seven.view"), "cannot keep the view in seven.view"),
        (format!("{} --by Us", decide("desk-7", "eight.view")), "desk-7 is the slug of a decision on record"),
        ("audit desk-8".to_owned(), "decision/desk-8 is not on record"),
        ("audit desk-7 --view none.view".to_owned(), "cannot read the view in none.view"),
    ] {
        let told = desk.refused(&arguments, 1);
        assert!(told.contains(part), "{arguments}: {told}");
    }
    assert!(!at("eight.view").exists());
    // A view under the rules of another version, of which one field came out otherwise.
    let headline = text.lines().find_map(|line| line.strip_prefix("field\theadline\t")).unwrap();
    let headline = headline.split('\t').next().unwrap();
    let (now, then) = (format!("\theadline\t{headline}\t"), "\theadline\tHOSTILE\t");
    let earlier = text.replacen(&format!("ruleset\t{RULESET}"), "ruleset\t1", 1).replacen(&now, then, 1);
    assert!(earlier.contains(then) && !text.contains(then), "{text}");
    fs::write(at("earlier.view"), &earlier).unwrap();
    let told = desk.refused("audit desk-7 --view earlier.view", 1);
    assert!(told.contains("it is another view, or was changed"), "{told}");
    let recorded = v1::DecisionRecorded {
        decision: "desk-1".to_owned(),
        title: "Meet".to_owned(),
        subjects: vec!["relationship/sy/sdf".to_owned()],
        basis: Some(v1::DecisionBasis {
            valid_at: "2025-11-20".to_owned(),
            known_at: 434,
            disclosed_by: String::new(),
        }),
        digest: Sha256::digest(&earlier).to_vec().into(),
        ruleset: "1".to_owned(),
        rationale: "Due".to_owned(),
    };
    let statement = v1::fact::Statement::DecisionRecorded(recorded);
    desk.submit(vec![events::event(&events::id(1), "2025-11-20", statement)]);
    let told = desk.run("audit desk-1 --view earlier.view");
    assert_eq!(told.code, 1);
    let moved = format!("headline: HOSTILE → {headline}");
    let change = format!("rule change: ruleset 1 then, {RULESET} now");
    for part in ["OTHER_RULESET", &moved, &change] {
        assert!(told.out.contains(part), "{part}: {}", told.out);
    }
    let told = desk.run("audit desk-1 --keep later.view");
    assert_eq!((told.code, at("later.view").exists()), (1, false));
}

#[test]
fn slips_are_told() {
    let desk = Desk::seeded();
    for (arguments, part) in [
        (
            "replay us taliban --field nofield",
            "the status has no field \"nofield\"; it has alternatives, conflict",
        ),
        ("replay us taliban --field headline,nofield.since", "fields[1]: the status has no field"),
        ("replay hts --field headline", "it has anomalies, counts, designations"),
        ("replay designation hts us-fto219 --field lifecycle", "it has designations"),
        ("watch relationship us taliban --field nofield --once --from 0", "the status has no field"),
        ("watch group hts --field nofield --once --from 0", "the status has no field"),
        (
            "replay us taliban --in record --after 9999",
            "from_position: is 9999, and the record that is asked about ends",
        ),
        ("replay us taliban --in record --after 434 --known 433", "from_position: is 434"),
        (
            "replay us taliban --since 2026-01-02 --on 2026-01-01",
            "from_day: is 2026-01-02, after the day that is asked",
        ),
        ("replay us taliban --known 9999", "position 9999 does not exist yet"),
        ("diff --from 9999 hts", "position 9999 does not exist yet"),
        ("diff --from 430 --to 9999", "position 9999 does not exist yet"),
    ] {
        let told = desk.refused(arguments, 1);
        assert!(told.contains(part), "{arguments}: {told}");
    }
    for (arguments, part) in [
        // A field that there is, and that never had a value.
        ("replay us taliban --field flags[RECOGNISED_BUT_LISTED]", "Nothing on record ever gave flags"),
        ("replay us taliban --in record --after 435", "0 changes"),
        ("replay us taliban --since 2026-01-01 --on 2026-01-01", "0 changes"),
    ] {
        let told = desk.ask(arguments);
        assert!(told.contains(part), "{arguments}: {told}");
    }
    let told = desk.run("history --from 9999");
    assert!(told.code == 0 && told.err.contains("The record ends at position 435."), "{}", told.err);
    // A decision that is older than the record it rests on.
    let decide = "--title Meet --subject group/hts --rationale Due --on 2025-01-01";
    let told = desk.run(&format!("decide early {decide} --decided-on 2010-01-01"));
    assert!(told.code == 0 && told.err.contains("nobody had this view before"), "{}", told.err);
    let told = desk.run(&format!("decide now {decide}"));
    assert!(told.code == 0 && !told.err.contains("nobody had this view before"), "{}", told.err);
    // Long lists are short for people, and whole for programs.
    let told = desk.ask("diff --from 100 --to 400 --on 2025-07-08");
    assert!(told.contains("divergence.not_listed_under: 4 entries → ") && told.contains(" more"), "{told}");
    let longest = told.lines().map(str::len).max().unwrap_or_default();
    assert!(longest < 200, "{longest}");
    let told = desk.ask("diff --from 100 --to 400 --on 2025-07-08 --output jsonl");
    assert!(told.contains("us-fto219; us-sdgt; us-sdn; us-sdntk"), "the whole list");
}
