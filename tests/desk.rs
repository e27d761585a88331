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
    // A regime that begins changes for every group how many list it: that drowns nothing, and is told by name.
    let told = desk.ask("diff --from 110 --to 111 --on 2026-01-01");
    assert!(
        told.contains("Nothing else differs.") && told.contains("51 groups differ only in how many"),
        "{told}"
    );
    let told = desk.ask("diff --from 110 --to 111 --on 2026-01-01 hts");
    assert!(told.contains("divergence.not_listed_under: "), "{told}");
    let told = desk.ask("diff --from 100 --to 400 --on 2025-07-08 --output jsonl");
    assert!(told.contains("us-fto219; us-sdgt; us-sdn; us-sdntk"), "the whole list");
}

/// An event with its sentence, and the changes that a test makes to its fact.
fn said(event: v1::Event, summary: &str, change: impl FnOnce(&mut v1::Fact)) -> v1::Event {
    let mut event = event;
    if let Some(v1::event::Body::Fact(fact)) = &mut event.body {
        fact.summary = summary.to_owned();
        change(fact);
    }
    event
}

/// The level of the actor in a meeting.
fn at_level(level: v1::Level) -> impl FnOnce(&mut v1::Fact) {
    move |fact| {
        if let Some(v1::fact::Statement::Engagement(met)) = &mut fact.statement {
            met.participants.iter_mut().take(1).for_each(|it| it.level = level.into());
        }
    }
}

fn retraction(number: u64, target: u64, reason: &str) -> v1::Event {
    let it = v1::Retraction { target: events::id(target), reason: reason.to_owned() };
    v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Retraction(it)) }
}

fn reinstatement(number: u64, target: u64, reason: &str) -> v1::Event {
    let it = v1::Reinstatement { target: events::id(target), reason: reason.to_owned() };
    v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Reinstatement(it)) }
}

impl Desk {
    /// Checks what pages say, whatever their lines, and what they do not say.
    #[track_caller]
    fn says(&self, cases: &[(&str, &[&str], &[&str])]) {
        for (arguments, parts, absent) in cases {
            let told = self.ask(arguments).split_whitespace().collect::<Vec<_>>().join(" ");
            for part in *parts {
                assert!(told.contains(part), "{arguments} does not say {part:?}: {told}");
            }
            for part in *absent {
                assert!(!told.contains(part), "{arguments} says {part:?}: {told}");
            }
        }
    }
}

/// Whose identities were merged is about the record: it is learned, whatever date it carries, and told wherever it counts.
#[test]
fn a_merge_is_hindsight_whatever_its_date() {
    let desk = Desk::seeded();
    let met = |number, on, group, level| {
        said(events::meeting(number, on, "no", group), &format!("met {group}"), at_level(level))
    };
    desk.submit(vec![
        events::group(900, "o1"),
        events::group(901, "o2"),
        met(902, "2024-01-10", "o1", v1::Level::SpecialEnvoy),
        met(903, "2024-02-10", "o2", v1::Level::ForeignMinister),
    ]);
    desk.ask("decide twin-desk --title t --rationale r --subject relationship/no/o1 --on 2024-06-30");
    let into = v1::IdentityMerged { group: "o1".to_owned(), into: "o2".to_owned(), reason: String::new() };
    // It carries the date of the day on which it was recorded.
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let merge = events::event(&events::id(904), &today, v1::fact::Statement::IdentityMerged(into));
    desk.submit(vec![said(merge, "o1 is o2", |_| {})]);
    let learned: &[&str] = &["contact: ENVOY → MINISTERIAL", "LEARNED, late arrival: o1 is o2"];
    desk.says(&[
        ("audit twin-desk", &["o1 is o2 ", "late fact"], &["nobody could have known", "WORLD_CHANGED"]),
        ("audit twin-desk", learned, &["WORLD_CHANGED"]),
        ("diff relationship no o1 --from 440 --on 2024-06-30", learned, &["WORLD_CHANGED"]),
        // Of everything, what became one is told once.
        ("diff --from 440 --on 2024-06-30", &["(relationship/no/o2)"], &["relationship/no/o1", "(group/o1)"]),
        // The fact that came with it is named beside it.
        ("diff relationship no o1 --from 440 --on 2024-06-30", &["o1 is o2 [00000000], and [00000000]"], &[]),
        (
            "explain relationship no o1 contact --on 2024-06-30",
            &["o1 has been merged into it", "Identities", "o1 is o2"],
            &[],
        ),
        (
            "explain relationship no o2 contact --on 2024-06-30",
            &["Identities", "o1 is o2"],
            &["merged into it"],
        ),
        ("explain group o1 name --on 2024-06-30", &["o1 has been merged into it", "o1 is o2"], &[]),
        ("explain relationship no o1 contact --on 2024-06-30 --known 440", &["ENVOY"], &["o1 is o2"]),
    ]);
    desk.submit(vec![retraction(905, 904, "they are two")]);
    desk.says(&[
        ("audit twin-desk", &["retraction", "they are two", "late fact"], &["Nothing.", "nobody could"]),
        (
            "diff relationship no o1 --from 441 --on 2024-06-30",
            &["contact: MINISTERIAL → ENVOY", "CORRECTED, retraction", "they are two"],
            &["WORLD_CHANGED"],
        ),
        ("explain relationship no o1 contact --on 2024-06-30", &["ENVOY"], &["Identities"]),
    ]);
}

/// What could be known when a decision was recorded is told apart from what could not, with the days that are meant.
#[test]
fn an_audit_says_by_when_something_could_be_known() {
    let desk = Desk::seeded();
    desk.submit(vec![events::group(900, "u1"), events::meeting(901, "2024-01-10", "no", "u1")]);
    desk.ask("decide u-desk --title t --rationale r --subject relationship/no/u1 --on 2024-06-30");
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let later = today.saturating_add(jiff::SignedDuration::from_hours(24 * 40)).to_string();
    let disclosed = |on: &str| {
        let on = on.to_owned();
        move |fact: &mut v1::Fact| fact.disclosed_on = on
    };
    desk.submit(vec![
        said(events::meeting(902, "2024-05-01", "no", "u1"), "in the open", |_| {}),
        said(events::meeting(903, "2024-05-02", "no", "u1"), "leaked in August", disclosed("2024-08-01")),
        said(events::meeting(904, "2024-05-03", "no", "u1"), "still secret", disclosed(&later)),
        said(events::meeting(905, "2024-09-01", "no", "u1"), "in September", |_| {}),
    ]);
    let known =
        format!("late fact, not public by 2024-06-30, but by {today}, when the decision was recorded");
    let hidden = format!("late fact, not public by {today}, when the decision was recorded");
    let one = format!(
        "And 1 event about the time after 2024-06-30, the date of the view: it is about the time up to {today}, when the \
         decision was recorded."
    );
    desk.says(&[(
        "audit u-desk",
        &["about the time up to 2024-06-30", "late fact, public by 2024-06-30", &known, &hidden, &one],
        &["nobody could have known", "by then"],
    )]);
    desk.submit(vec![events::meeting(906, &later, "no", "u1")]);
    let two = format!(
        "And 2 events about the time after 2024-06-30, the date of the view: 1 of them about the time up to {today}, when \
         the decision was recorded; 1 about the time after that, which nobody could have known then."
    );
    desk.says(&[("audit u-desk", &[&two], &[])]);
}

fn disclosed(on: &str) -> impl FnOnce(&mut v1::Fact) {
    move |fact| fact.disclosed_on = on.to_owned()
}

/// What was on record and not public when a decision was taken is told apart from what was recorded since, and what a
/// disclosure changed is put down to what was disclosed.
#[test]
fn an_audit_tells_what_was_on_record_and_not_public() {
    let desk = Desk::seeded();
    let denied = |number, of| {
        said(events::meeting(number, "2024-01-01", "no", "p2"), "denial of p2", move |fact| {
            fact.disclosed_on = "2024-09-01".to_owned();
            fact.claim_of = events::id(of);
            fact.assertion = v1::Assertion::Denied.into();
        })
    };
    let claim = |fact: &mut v1::Fact| {
        fact.disclosed_on = "2024-05-10".to_owned();
        fact.claim_of = events::id(912);
        fact.sources.iter_mut().for_each(|source| source.kind = v1::SourceKind::ListSnapshot.into());
    };
    let official = |fact: &mut v1::Fact| {
        fact.sources.iter_mut().for_each(|source| source.kind = v1::SourceKind::OfficialStatement.into());
    };
    let act = |number, on, group, act| events::act(number, on, group, "no-list", act);
    desk.submit(vec![
        events::regime(900, "no-list", "no"),
        events::group(901, "p1"),
        events::group(902, "p2"),
        events::group(903, "p3"),
        events::group(904, "p4"),
        said(act(905, "2024-01-01", "p1", v1::Act::Listed), "listing of p1", |_| {}),
        said(act(906, "2024-06-01", "p1", v1::Act::Delisted), "delisting of p1", disclosed("2024-09-01")),
        said(events::meeting(907, "2024-01-01", "no", "p2"), "meeting with p2", official),
        denied(908, 907),
        said(events::meeting(909, "2024-01-10", "no", "p3"), "meeting with p3", |_| {}),
        said(events::meeting(910, "2024-01-10", "no", "p4"), "secret with p4", disclosed("2024-08-01")),
        said(act(911, "2024-01-01", "p3", v1::Act::Listed), "listing of p3", |_| {}),
        said(act(912, "2024-06-01", "p3", v1::Act::Delisted), "delisting of p3", disclosed("2024-08-01")),
        said(act(913, "2024-05-01", "p3", v1::Act::Delisted), "claim of p3", claim),
    ]);
    let decide = |slug: &str, subject: &str, on: &str, by: &str| {
        desk.ask(&format!(
            "decide {slug} --title t --rationale r --subject {subject} --on {on} --disclosed {by}"
        ));
    };
    decide("seed-desk", "relationship/us/hamas", "2025-02-20", "2025-03-04");
    decide("p1-desk", "designation/p1/no-list", "2024-07-01", "2024-07-01");
    decide("p2-desk", "relationship/no/p2", "2024-07-01", "2024-07-01");
    decide("p3-desk", "relationship/no/p3", "2024-02-01", "2024-02-01");
    decide("p3-list", "designation/p3/no-list", "2024-05-15", "2024-05-15");
    let corrected = |number, target, correct: v1::Event| {
        let Some(v1::event::Body::Fact(replacement)) = correct.body else { panic!("not a fact") };
        let it = v1::Correction {
            target: events::id(target),
            replacement: Some(replacement),
            reason: format!("correction of {target}"),
        };
        v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Correction(it)) }
    };
    let later =
        said(events::meeting(0, "2024-01-10", "no", "p3"), "known later of p3", disclosed("2024-05-01"));
    let sooner = said(events::meeting(0, "2024-01-10", "no", "p4"), "open with p4", disclosed("2024-01-15"));
    desk.submit(vec![corrected(920, 909, later), corrected(921, 910, sooner)]);
    desk.says(&[
        (
            "audit seed-desk",
            &[
                "not public by 2025-03-04 2025-02 MEETING us, hamas",
                "PROSCRIBED_NO_CONTACT → DIRECT_CONTACT",
                "of what was public by 2025-03-04 On 2025-02-20, as the record stood at position 456",
            ],
            &["highest_ever: NONE → ENVOY LEARNED, late arrival What"],
        ),
        (
            "audit p1-desk",
            &["not public by 2024-07-01 2024-06-01", "late arrival: delisting of p1"],
            &["late arrival: listing of p1"],
        ),
        (
            "audit p2-desk",
            &["TECHNICAL → NONE", "late arrival: denial of p2"],
            &["late arrival: meeting with p2"],
        ),
        (
            "audit p3-desk",
            &[
                "of what was public by 2024-02-01",
                "DIRECT_CONTACT → PROSCRIBED_NO_CONTACT",
                "CORRECTED, correction: known later of p3",
            ],
            &[],
        ),
        (
            "audit p3-list",
            &["DELISTED → ACTIVE", "late arrival: delisting of p3"],
            &["late arrival: listing of p3"],
        ),
        // Two days of disclosure can be compared under one record.
        (
            "diff relationship no p2 --from 451 --to 451 --on 2024-07-01 --from-disclosed 2024-07-01",
            &["TECHNICAL → NONE", "late arrival: denial of p2"],
            &["meeting with p2"],
        ),
        (
            "diff relationship no p2 --from 451 --on 2024-07-01 --from-disclosed 2024-07-01 --disclosed 2024-08-31",
            &["Nothing differs."],
            &[],
        ),
        // What took a fact out of what was public is named, whenever it says that it was public.
        (
            "explain relationship no p3 contact --on 2024-02-01 --disclosed 2024-02-01",
            &["NONE", "meeting with p3", "correction of 909"],
            &[],
        ),
        // Without a day of disclosure nothing is withheld.
        ("audit syria-desk-example", &["with hindsight"], &["not public by", "of what was public by"]),
        // A step of a replay is what the difference over it is: the correction told of something for the first time.
        (
            "replay relationship no p4 --in record --on 2024-02-01 --disclosed 2024-02-01 --field headline",
            &["LEARNED, late arrival: open with p4"],
            &["CORRECTED"],
        ),
    ]);
    // Whatever counts names what it counts.
    let told = desk.ask("audit seed-desk --output json");
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    for subject in told["changes"].as_array().unwrap() {
        for change in subject["changes"].as_array().unwrap() {
            assert!(change["eventId"].is_string(), "{change}");
        }
    }
}

/// Where the listing of a part takes over a row, nothing changes for the whole; what was put back is said to be.
#[test]
fn changes_are_called_what_they_are() {
    let desk = Desk::seeded();
    desk.says(&[
        ("replay designation hezbollah eu-terr", &["PROPOSED → ACTIVE"], &["NONE → nothing"]),
        (
            "diff designation hezbollah eu-terr --from 435 --from-on 2013-07-21 --on 2013-07-27",
            &["designations[eu-terr/Military Wing]: nothing → ACTIVE"],
            &["NONE → nothing", "time passed"],
        ),
        ("explain designation hezbollah eu-terr designations[eu-terr] --on 2020-01-01", &["NONE"], &[]),
    ]);
    desk.submit(vec![
        events::group(900, "m4"),
        events::meeting(901, "2024-01-10", "no", "m4"),
        retraction(902, 901, "not so"),
    ]);
    desk.submit(vec![reinstatement(903, 901, "stands after all")]);
    desk.says(&[
        (
            "diff relationship no m4 --from 438 --on 2024-02-01",
            &["CORRECTED, reinstatement: stands after all"],
            &["CORRECTED, correction"],
        ),
        (
            "replay relationship no m4 --in record --on 2024-02-01",
            &["CORRECTED, reinstatement: stands after all"],
            &["CORRECTED, correction"],
        ),
        // What is no more is explained by what ended it.
        (
            "explain group mek designations[gb-ta2000].challenged_on --on 2008-06-01",
            &["nothing", "Court of Appeal upheld", "2008-05-07"],
            &[],
        ),
        (
            "explain relationship us hamas flags[SECRET_ONLY] --on 2025-10-10",
            &["nothing", "mediated the ceasefire", "2025-10-10"],
            &[],
        ),
    ]);
}

fn merged(number: u64, group: &str, into: &str) -> v1::Event {
    let reason = format!("{group} is {into}");
    let it = v1::IdentityMerged { group: group.to_owned(), into: into.to_owned(), reason: reason.clone() };
    let event = events::event(&events::id(number), "2026-01-01", v1::fact::Statement::IdentityMerged(it));
    said(event, &reason, |_| {})
}

/// What the record took away, and not time, is explained by where on the record it stood, and what ended that.
#[test]
fn what_only_an_earlier_record_had_is_explained() {
    let desk = Desk::seeded();
    let parted = v1::IdentityUnmerged { group: "s1".to_owned(), reason: "they are two".to_owned() };
    let parted = v1::fact::Statement::IdentityUnmerged(parted);
    let wing = v1::LineageRecorded {
        group: "s3".to_owned(),
        kind: v1::LineageKind::WingOf.into(),
        other: "s2".to_owned(),
        until: String::new(),
    };
    let wing = v1::fact::Statement::LineageRecorded(wing);
    let listed = |number, date| events::act(number, date, "s4", "no-list", v1::Act::Listed);
    let Some(v1::event::Body::Fact(anew)) = said(listed(0, "2025-01-01"), "listed a year later", |_| {}).body
    else {
        panic!("not a fact")
    };
    let correction = v1::Correction {
        target: events::id(908),
        replacement: Some(anew),
        reason: "it was a year later".to_owned(),
    };
    let correction = Some(v1::event::Body::Correction(correction));
    // From position 436 on.
    desk.submit(vec![
        events::regime(900, "no-list", "no"),
        events::group(901, "s1"),
        events::group(902, "s2"),
        events::group(903, "s3"),
        events::group(904, "s4"),
        events::meeting(905, "2024-01-01", "no", "s1"),
        events::meeting(906, "2024-01-01", "no", "s4"),
        events::act(907, "2023-01-01", "s2", "no-list", v1::Act::Listed),
        listed(908, "2023-01-01"),
    ]);
    // From 445 on.
    desk.submit(vec![
        merged(910, "s1", "s2"),
        said(events::event(&events::id(911), "2000-01-01", wing), "s3 is a wing", |_| {}),
        said(events::event(&events::id(912), "2026-01-01", parted), "s1 is parted", |_| {}),
        retraction(913, 911, "another s3"),
        v1::Event { event_id: events::id(914), body: correction },
    ]);
    let engaging = "flags[ENGAGING_WHILE_DESIGNATED] --on 2024-06-30";
    let of = |group: &str| format!("explain relationship no {group} {engaging}");
    let from_to = |from, to, value: &str| {
        format!(
            "nothing It has no value at this date, as the record stands. It stood on record from position {from} to {to}: {value}."
        )
    };
    desk.says(&[
        (
            &of("s1"),
            &[&from_to(445, 446, "set"), "s1 is s2", "s1 is parted", "position 447"],
            &["The last change took it away"],
        ),
        (
            &of("s4"),
            &[
                &from_to(444, 448, "set"),
                "CORRECTED, correction",
                "listed a year later",
                "it was a year later",
            ],
            &[],
        ),
        (
            "explain relationship no s3 legal --on 2024-06-30",
            &[&from_to(446, 447, "no-list through s2 ACTIVE"), "CORRECTED, retraction", "another s3"],
            &[],
        ),
        (
            "explain group s3 inherited --on 2024-06-30",
            &["It stood on record from position 446 to 447", "another s3"],
            &[],
        ),
        // While it stood, and what time took away, are explained as ever.
        (&format!("{} --known 446", of("s1")), &["set"], &["It stood on record"]),
        (
            "explain relationship us hamas flags[SECRET_ONLY] --on 2025-10-10",
            &["The last change took it away"],
            &["It stood on record"],
        ),
    ]);
    // Of several times the last is told.
    desk.submit(vec![
        merged(915, "s1", "s2"),
        events::group(916, "s5"),
        retraction(917, 915, "two after all"),
    ]);
    desk.says(&[(
        &of("s1"),
        &[&from_to(450, 451, "set"), "two after all"],
        &["position 445", "s1 is parted"],
    )]);
    // What no record ever had is not there.
    for field in ["flags[RECOGNISED_BUT_LISTED]", "headlin", "legal[us-fto219]"] {
        let told = desk.refused(&format!("explain relationship no s1 {field} --on 2024-06-30"), 1);
        assert!(told.contains("the status has no field"), "{told}");
    }
    // However long it stood it is told, as long as it did not end too long ago.
    let meet = |from: u64| {
        for from in [from, from + 505] {
            let met = (from..from + 505).map(|it| events::meeting(it, "2024-02-01", "no", "s4"));
            desk.submit(met.collect());
        }
    };
    desk.submit(vec![retraction(919, 914, "as it was")]);
    meet(10_000);
    desk.submit(vec![retraction(920, 908, "never listed")]);
    desk.says(&[(&of("s4"), &[&from_to(453, 1463, "set"), "never listed"], &[])]);
    meet(20_000);
    let told = desk.refused(&of("s4"), 1);
    assert!(told.contains("the status has no field"), "{told}");
    // Nor is what it had only after the view.
    let told = desk.refused(&format!("{} --known 444", of("s1")), 1);
    assert!(told.contains("the status has no field"), "{told}");
}

/// A decision that was retracted is audited as any other, and said to be retracted; its slug stays its own.
#[test]
fn a_retracted_decision_is_audited() {
    let desk = Desk::seeded();
    let decide = "--title Meet --subject relationship/sy/sdf --on 2025-11-20 --rationale Due";
    // Positions 436, 437 and 438.
    desk.ask(&format!("decide first {decide}"));
    desk.submit(vec![events::meeting(900, "2024-01-10", "sy", "sdf")]);
    desk.ask(&format!("decide second {decide}"));
    let answer: serde_json::Value = serde_json::from_str(&desk.ask("audit first --output json")).unwrap();
    let id = answer["records"][0]["event"]["eventId"].as_str().unwrap().to_owned();
    let record = |number, body| v1::Event { event_id: events::id(number), body: Some(body) };
    let it = v1::Retraction { target: id.clone(), reason: "It was not ours.".to_owned() };
    desk.submit(vec![record(901, v1::event::Body::Retraction(it))]);
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let retracted = format!(
        "Meet (first) This decision was retracted on {today} by the event 00000000 at position 439: It was not ours."
    );
    desk.says(&[
        ("audit first", &[&retracted, "REPRODUCED", "MEETING sy, sdf", "takes back"], &[]),
        ("audit first --known 438", &["REPRODUCED"], &["This decision was retracted"]),
        ("audit second", &["REPRODUCED"], &["This decision was retracted"]),
    ]);
    let answer: serde_json::Value = serde_json::from_str(&desk.ask("audit first --output json")).unwrap();
    assert_eq!(answer["retractedBy"]["position"], "439", "{answer}");
    let reinstate = format!("reinstate {id}");
    for (arguments, parts) in [
        (
            "audit second --known 437".to_owned(),
            &[
                "decision/second is not on record at this view: it was recorded at position 438",
                "from there on",
            ][..],
        ),
        ("audit third --known 437".to_owned(), &["decision/third is not on record at this view"]),
        (
            format!("decide first {decide}"),
            &[
                "first is the slug of a decision that is on record and was retracted",
                "at position 439",
                "choose another",
                &reinstate,
            ],
        ),
        (
            format!("decide second {decide}"),
            &["second is the slug of a decision on record; correct that one, or choose another"],
        ),
    ] {
        let told = desk.refused(&arguments, 1);
        for part in parts {
            assert!(told.contains(part), "{arguments} does not say {part:?}: {told}");
        }
    }
    let it = v1::Reinstatement { target: id, reason: "It was.".to_owned() };
    desk.submit(vec![record(902, v1::event::Body::Reinstatement(it))]);
    desk.says(&[("audit first", &["REPRODUCED", "puts back"], &["This decision was retracted"])]);
    let told = desk.refused(&format!("decide first {decide}"), 1);
    assert!(told.contains("first is the slug of a decision on record; correct that one"), "{told}");
}

/// What had been retracted or superseded when a view was taken, its disclosure would not have shown: it is not withheld.
#[test]
fn what_no_disclosure_would_have_shown_is_not_withheld() {
    let desk = Desk::seeded();
    let secret = |number, date, what: &str| {
        said(events::meeting(number, date, "no", "w1"), what, disclosed("2024-08-01"))
    };
    let corrected = |number, target, what: &str, on: &str| {
        let Some(v1::event::Body::Fact(replacement)) =
            said(events::meeting(0, "2024-01-20", "no", "w1"), what, disclosed(on)).body
        else {
            panic!("not a fact")
        };
        let reason = "another day".to_owned();
        let it = v1::Correction { target: events::id(target), replacement: Some(replacement), reason };
        v1::Event { event_id: events::id(number), body: Some(v1::event::Body::Correction(it)) }
    };
    desk.submit(vec![
        events::group(900, "w1"),
        secret(901, "2024-01-01", "alpha"),
        secret(902, "2024-01-02", "bravo"),
        secret(903, "2024-01-03", "charlie"),
        secret(904, "2024-01-04", "delta"),
        secret(905, "2024-01-05", "echo"),
        secret(906, "2024-01-06", "foxtrot"),
    ]);
    desk.submit(vec![
        retraction(910, 901, "not so"),
        corrected(911, 902, "golf", "2024-08-01"),
        corrected(912, 903, "hotel", "2024-02-01"),
        retraction(913, 906, "not so"),
        reinstatement(914, 906, "so after all"),
    ]);
    desk.ask(
        "decide w1-desk --title t --rationale r --subject relationship/no/w1 --on 2024-07-01 --disclosed 2024-07-01",
    );
    desk.submit(vec![retraction(920, 905, "not so")]);
    let told = desk.ask("audit w1-desk");
    let withheld = told.split("not public by 2024-07-01\n").nth(1).unwrap();
    let withheld = withheld.split("What the same question gives now").next().unwrap();
    for (what, expected) in [
        // Retracted; superseded; superseded by what was public.
        ("alpha", false),
        ("bravo", false),
        ("charlie", false),
        // Public.
        ("hotel", false),
        // What stood at the view, whatever became of it later.
        ("golf", true),
        ("delta", true),
        ("echo", true),
        ("foxtrot", true),
    ] {
        assert_eq!(withheld.contains(what), expected, "{what}: {withheld}");
    }
}

/// Between the date that a losing claim gives and that of what won, the page of a relationship names what is to come.
#[test]
fn what_won_and_is_to_come_is_named() {
    let desk = Desk::seeded();
    let claim = |fact: &mut v1::Fact| {
        fact.claim_of = events::id(901);
        fact.sources.iter_mut().for_each(|source| source.kind = v1::SourceKind::OfficialStatement.into());
    };
    desk.submit(vec![
        events::group(900, "e1"),
        said(events::meeting(901, "2024-06-01", "no", "e1"), "met in June", |_| {}),
        said(events::meeting(902, "2024-03-01", "no", "e1"), "met in March", claim),
    ]);
    let to_come = "lost by source rank, of MEETING [00000000], which takes effect on 2024-06-01";
    desk.says(&[
        ("relationship no e1 --on 2024-04-01", &["DISPUTED", "met in March", to_come], &[]),
        (
            "relationship no e1 --on 2024-06-01",
            &["DISPUTED", "met in March", "lost by source rank)"],
            &["which takes effect"],
        ),
    ]);
}

/// The record of a subject, and its timeline, say with whom it was found to be one, and since when.
#[test]
fn histories_say_what_is_merged() {
    let desk = Desk::seeded();
    // Positions 436 to 440.
    desk.submit(vec![
        events::group(900, "o1"),
        events::group(901, "o2"),
        events::group(902, "o3"),
        events::meeting(903, "2024-01-10", "no", "o1"),
        events::meeting(904, "2024-02-10", "no", "o2"),
    ]);
    let subjects = ["relationship/no/o1", "relationship/no/o2", "group/o1"];
    let says = |parts: &[&str], absent: &[&str]| {
        for subject in subjects {
            for what in ["history", "timeline"] {
                desk.says(&[(&format!("{what} {subject}"), parts, absent)]);
            }
        }
    };
    says(&[], &["Merged"]);
    desk.submit(vec![merged(905, "o1", "o2"), merged(906, "o3", "o2")]);
    says(
        &["Merged: o1 into o2 since position 441 [00000000]; o3 into o2 since position 442 [00000000]"],
        &[],
    );
    desk.says(&[
        ("timeline no o1", &["Merged: o1 into o2"], &[]),
        ("timeline no o1 --known 441", &["Merged: o1 into o2 since position 441"], &["o3 into o2"]),
        ("timeline no o1 --known 440", &[], &["Merged"]),
        ("timeline us hamas", &[], &["Merged"]),
        ("history", &[], &["Merged"]),
        ("history actor/no", &[], &["Merged"]),
        ("history group/o1 --output jsonl", &["identityMerged"], &["Merged:"]),
    ]);
    let told: serde_json::Value = serde_json::from_str(&desk.ask("timeline no o1 --output json")).unwrap();
    assert_eq!(told["identities"][0]["position"], "441", "{told}");
    desk.submit(vec![retraction(907, 905, "they are two"), retraction(908, 906, "they are two")]);
    says(&[], &["Merged"]);
}
