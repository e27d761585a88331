//! The seeds: every row of the research timeline is in them, under ids that follow from their keys, each fact with its
//! source, and nothing in them contradicts itself but what is known to.

#![allow(clippy::unwrap_used)]

mod common;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
};

use chancery::wire::{
    event::read_event,
    json::event_from_json,
    v1::{self, query_service_client::QueryServiceClient},
};
use common::Server;
use uuid::Uuid;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds")
}

/// Every event with the place it stands at, in the order of loading.
fn events() -> Vec<(String, v1::Event)> {
    let mut files: Vec<PathBuf> =
        fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|it| it == "jsonl"));
    files.sort();
    let mut events = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        for (number, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            let at = format!("{name}:{}", number + 1);
            let event = event_from_json(line);
            assert!(event.is_ok(), "{at}: {event:?}");
            events.push((at, event.unwrap()));
        }
    }
    events
}

/// The lines of a table below its heading, each cut at the first comma.
fn table(name: &str, heading: &str) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder().join(name)).unwrap();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(heading), "{name}");
    let cut = |line: &str| {
        let (first, rest) = line.split_once(',').unwrap();
        (first.to_owned(), rest.to_owned())
    };
    lines.map(cut).collect()
}

fn body(event: &v1::Event) -> &v1::event::Body {
    event.body.as_ref().unwrap()
}

#[test]
fn every_line_is_an_event_with_sources() {
    let events = events();
    assert!(435 <= events.len(), "{}", events.len());
    let mut seen = HashMap::new();
    for (at, event) in &events {
        let read = read_event(event, at);
        assert!(read.is_ok(), "{:?}", read.err());
        if let Some(first) = seen.insert(&event.event_id, at) {
            assert_eq!(first, at, "the id {} is used twice", event.event_id);
        }
        let fact = match body(event) {
            v1::event::Body::Fact(fact) => fact,
            v1::event::Body::Correction(correction) => correction.replacement.as_ref().unwrap(),
            v1::event::Body::Retraction(_) | v1::event::Body::Reinstatement(_) => continue,
        };
        assert!(!fact.summary.is_empty(), "{at}: no summary");
        assert!(!fact.sources.is_empty(), "{at}: no source");
        for source in &fact.sources {
            assert!(!source.publisher.is_empty() && !source.locator.is_empty(), "{at}: {source:?}");
        }
        assert!(!fact.credibility.is_empty(), "{at}: no credibility");
    }
}

#[test]
fn ids_follow_from_keys() {
    let namespace = Uuid::new_v5(&Uuid::NAMESPACE_URL, b"https://chancery.example/seeds");
    let keys = table("keys.csv", "event_id,key");
    let distinct: BTreeSet<&String> = keys.iter().map(|(_, key)| key).collect();
    assert_eq!(distinct.len(), keys.len(), "a key is used twice");
    for (id, key) in &keys {
        assert_eq!(*id, Uuid::new_v5(&namespace, key.as_bytes()).to_string(), "{key}");
    }
    let events = events();
    let mut of_events: Vec<&String> = events.iter().map(|(_, event)| &event.event_id).collect();
    let mut of_keys: Vec<&String> = keys.iter().map(|(id, _)| id).collect();
    of_events.sort_unstable();
    of_keys.sort_unstable();
    assert_eq!(of_events, of_keys);
    let keys: HashMap<&String, &String> = keys.iter().map(|(id, key)| (id, key)).collect();
    for (at, event) in &events {
        let key = keys[&event.event_id];
        let (claim, correction) = match body(event) {
            v1::event::Body::Fact(fact) => (!fact.claim_of.is_empty(), false),
            v1::event::Body::Correction(_) => (false, true),
            _ => (false, false),
        };
        assert_eq!(
            (key.starts_with("claim/"), key.starts_with("correction/")),
            (claim, correction),
            "{at}: {key}"
        );
    }
}

#[test]
fn every_row_of_the_timeline_became_events() {
    let events = events();
    let known: BTreeSet<&str> = events.iter().map(|(_, event)| event.event_id.as_str()).collect();
    let rows = table("rows.csv", "row,event_ids");
    let names: Vec<&str> = rows.iter().map(|(row, _)| row.as_str()).collect();
    assert_eq!(names, (1..=202).map(|number| format!("T{number:03}")).collect::<Vec<String>>());
    for (row, ids) in &rows {
        let ids: Vec<&str> = ids.split_whitespace().collect();
        assert!(!ids.is_empty(), "{row}");
        for id in ids {
            assert!(known.contains(id), "{row}: {id} is not in the seeds");
        }
    }
}

/// The contradictions on record: the rule, the subject, and why it is so in reality. Each is a claim that lost.
const CONTRADICTIONS: &[(&str, &str, &str)] = &[
    (
        "CLAIMS_DISAGREE",
        "designation/al-sharaa/us-sdn",
        "another report has the Treasury act two days earlier",
    ),
    (
        "CLAIMS_DISAGREE",
        "designation/hts/ca-cc8305",
        "the press had it slip off the list by taking the name of 2017",
    ),
    (
        "CLAIMS_DISAGREE",
        "designation/hts/un-scisil",
        "a resolution that removed two persons was read to remove the group",
    ),
    (
        "CLAIMS_DISAGREE",
        "designation/taliban/kz-terror",
        "the foreign ministry is quoted with an earlier removal",
    ),
];

/// What the claims of the seeds say is contradicted on purpose; nothing else in them is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_contradicts_itself_unexplained() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &["--seeds", folder().to_str().unwrap()]);
    let mut client = QueryServiceClient::connect(server.url().to_owned()).await.unwrap();
    let on = |valid_at: &str| Some(v1::AsOf { valid_at: valid_at.to_owned(), ..v1::AsOf::default() });
    let request = v1::ListGroupsRequest { page_size: 1_000, as_of: on("2026-12-31"), ..Default::default() };
    let groups = client.list_groups(request).await.unwrap().into_inner().groups;
    assert!(51 <= groups.len());
    let mut found: BTreeMap<(String, String), Vec<String>> = BTreeMap::new();
    for group in groups {
        let request =
            v1::GetGroupRequest { group: group.group, as_of: on("2026-12-31"), ..Default::default() };
        let status = client.get_group(request).await.unwrap().into_inner().status.unwrap();
        for anomaly in status.anomalies {
            assert!(!anomaly.event_ids.is_empty() && !anomaly.message.is_empty(), "{anomaly:?}");
            let rule = anomaly.rule().as_str_name().trim_start_matches("ANOMALY_RULE_").to_owned();
            found
                .entry((rule, anomaly.subject))
                .or_default()
                .push(format!("{}: {}", anomaly.date, anomaly.message));
        }
    }
    let expected: BTreeSet<(String, String)> =
        CONTRADICTIONS.iter().map(|(rule, subject, _why)| (rule.to_string(), subject.to_string())).collect();
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), expected, "{found:#?}");
}
