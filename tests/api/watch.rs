//! Watching: every change of a status once, with its cause, also by a client that reconnects.

use std::collections::{BTreeMap, BTreeSet};

use chancery::wire::v1::{
    self, audit_service_client::AuditServiceClient, fact::Statement, replay_transitions_response::Part,
    watch_group_response::Signal, watch_relationship_response::Signal as OfRelationship,
};

use crate::{Office, changed, common::events, correction, retraction};

/// The day that is watched.
const DAY: &str = "2025-07-08";

/// `position: field was>is cause` of everything told after a position, until it is caught up.
async fn told(office: &Office, after_position: u64) -> Vec<String> {
    let request = v1::WatchGroupRequest {
        group: "hts".to_owned(),
        after_position,
        valid_at: DAY.to_owned(),
        fields: vec!["designations".to_owned()],
    };
    let mut stream = office.query().watch_group(request).await.unwrap().into_inner();
    let mut lines = Vec::new();
    loop {
        match stream.message().await.unwrap().unwrap().signal.unwrap() {
            Signal::Transition(it) => lines.extend(lines_of(&it)),
            Signal::CaughtUp(it) => {
                assert_eq!(it.position, office.tail().await);
                return lines;
            }
        }
    }
}

fn lines_of(it: &v1::Transition) -> Vec<String> {
    let line = |change: &v1::FieldChange| {
        let cause = change.cause().as_str_name().trim_start_matches("CHANGE_CAUSE_").to_owned();
        format!("{}: {} {}>{} {cause}", it.position, change.field, change.was, change.is)
    };
    it.changes.iter().map(line).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_are_told_once_wherever_one_begins() {
    let office = Office::small().await;
    let act = |number, date: &str, act| events::act(number, date, "hts", "us-fto219", act);
    let delisted = act(5, "2025-07-01", v1::Act::Delisted);
    let later = changed(act(0, "2025-08-01", v1::Act::Delisted), |_| {});
    for event in [
        act(4, "2014-05-15", v1::Act::Listed),
        delisted,
        events::meeting(6, "2025-02-15", "us", "hts"),
        correction(7, 5, &later),
        retraction(8, 4),
    ] {
        office.submit(vec![event]).await.unwrap();
    }
    let all = told(&office, 0).await;
    let states: Vec<&str> = all.iter().map(|line| line.split(": ").next().unwrap()).collect();
    assert!(["4", "5", "7", "8"].iter().all(|position| states.contains(position)), "{all:#?}");
    assert!(!states.contains(&"6"), "{all:#?}");
    for (position, cause) in [("4", "LATE_ARRIVAL"), ("7", "CORRECTION"), ("8", "RETRACTION")] {
        let of = all.iter().filter(|line| line.starts_with(&format!("{position}: ")));
        assert!(of.clone().all(|line| line.ends_with(cause)), "{all:#?}");
    }
    for after in 0..=8_u64 {
        let expected: Vec<&String> =
            all.iter().filter(|line| after < line.split(": ").next().unwrap().parse().unwrap()).collect();
        assert_eq!(told(&office, after).await.iter().collect::<Vec<_>>(), expected, "after {after}");
    }
    // A watcher who has caught up is told of what comes.
    let request = v1::WatchGroupRequest { group: "hts".to_owned(), after_position: 8, ..Default::default() };
    let mut stream = office.query().watch_group(request).await.unwrap().into_inner();
    assert!(matches!(stream.message().await.unwrap().unwrap().signal, Some(Signal::CaughtUp(_))));
    office.submit(vec![act(9, "2015-01-01", v1::Act::Listed)]).await.unwrap();
    let next = stream.message().await.unwrap().unwrap().signal;
    let Some(Signal::Transition(transition)) = next else { panic!("{next:?}") };
    assert_eq!(transition.position, 9);
}

/// The fields of a status at a position, asked for alone.
async fn fields(office: &Office, subject: &str, position: u64) -> BTreeMap<String, String> {
    let request = v1::ReplayTransitionsRequest {
        subject: subject.to_owned(),
        axis: v1::ReplayAxis::RecordTime.into(),
        from_position: position,
        as_of: Some(v1::AsOf {
            valid_at: DAY.to_owned(),
            known_at: Some(v1::KnownAt { point: Some(v1::known_at::Point::Position(position)) }),
            disclosed_by: String::new(),
        }),
        ..Default::default()
    };
    let mut client = AuditServiceClient::new(office.channel.clone());
    let mut stream = client.replay_transitions(request).await.unwrap().into_inner();
    match stream.message().await.unwrap().unwrap().part.unwrap() {
        Part::Start(state) => state.fields.into_iter().map(|it| (it.field, it.value)).collect(),
        other => panic!("{other:?}"),
    }
}

/// `position: field was>is`, by field, of what is told up to a position.
struct Telling(Vec<String>);

impl Telling {
    fn take(&mut self, it: &v1::Transition) {
        let line = |it: &v1::FieldChange, position| format!("{position}: {} {}>{}", it.field, it.was, it.is);
        self.0.extend(it.changes.iter().map(|change| line(change, it.position)));
    }
}

/// A watch of a group or a relationship.
enum Watched {
    Group(tonic::Streaming<v1::WatchGroupResponse>),
    Relationship(tonic::Streaming<v1::WatchRelationshipResponse>),
}

impl Watched {
    async fn begin(office: &Office, subject: &str, after_position: u64) -> Watched {
        let parts: Vec<String> = subject.split('/').map(str::to_owned).collect();
        let (valid_at, fields) = (DAY.to_owned(), Vec::new());
        match parts.as_slice() {
            [_, group] => {
                let group = group.clone();
                let request = v1::WatchGroupRequest { group, after_position, valid_at, fields };
                Watched::Group(office.query().watch_group(request).await.unwrap().into_inner())
            }
            [_, actor, group] => {
                let (actor, group) = (actor.clone(), group.clone());
                let request = v1::WatchRelationshipRequest { actor, group, after_position, valid_at, fields };
                Watched::Relationship(office.query().watch_relationship(request).await.unwrap().into_inner())
            }
            _ => panic!("{subject}"),
        }
    }

    /// Everything told until a position is caught up with.
    async fn up_to(&mut self, position: u64) -> Vec<String> {
        let mut telling = Telling(Vec::new());
        loop {
            let caught_up = match self {
                Watched::Group(stream) => match stream.message().await.unwrap().unwrap().signal.unwrap() {
                    Signal::Transition(it) => {
                        telling.take(&it);
                        continue;
                    }
                    Signal::CaughtUp(it) => it.position,
                },
                Watched::Relationship(stream) => {
                    match stream.message().await.unwrap().unwrap().signal.unwrap() {
                        OfRelationship::Transition(it) => {
                            telling.take(&it);
                            continue;
                        }
                        OfRelationship::CaughtUp(it) => it.position,
                    }
                }
            };
            if position <= caught_up {
                assert_eq!(caught_up, position);
                return telling.0;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn merges_and_partings_leave_no_gap_and_repeat_nothing() {
    let office = Office::small().await;
    office.submit(vec![events::group(4, "jfs")]).await.unwrap();
    let act = |number, date: &str, group: &str, act| events::act(number, date, group, "us-fto219", act);
    let merged = |number, date: &str| {
        let statement =
            v1::IdentityMerged { group: "jfs".to_owned(), into: "hts".to_owned(), ..Default::default() };
        events::event(&events::id(number), date, Statement::IdentityMerged(statement))
    };
    let parted = |number, date: &str| {
        let statement = v1::IdentityUnmerged { group: "jfs".to_owned(), ..Default::default() };
        events::event(&events::id(number), date, Statement::IdentityUnmerged(statement))
    };
    let steps = [
        act(5, "2014-05-15", "jfs", v1::Act::Listed),
        events::meeting(6, "2024-12-01", "us", "jfs"),
        events::meeting(7, "2025-02-15", "us", "hts"),
        merged(8, "2025-03-01"),
        // Under either name, while they are one.
        events::meeting(9, "2025-04-01", "us", "jfs"),
        act(10, "2016-01-01", "hts", v1::Act::Suspended),
        act(11, "2015-01-01", "jfs", v1::Act::Amended),
        retraction(12, 6),
        parted(13, "2025-05-01"),
        events::meeting(14, "2025-06-01", "us", "hts"),
        act(15, "2017-01-01", "jfs", v1::Act::Delisted),
        merged(16, "2025-06-02"),
        events::meeting(17, "2025-06-20", "us", "jfs"),
        // The second merge is taken back, which parts them again.
        retraction(18, 16),
        events::meeting(19, "2025-06-25", "us", "jfs"),
    ];
    let subjects = ["group/hts", "group/jfs", "relationship/us/hts", "relationship/us/jfs"];
    let mut live = Vec::new();
    for subject in subjects {
        let mut watched = Watched::begin(&office, subject, 4).await;
        assert_eq!(watched.up_to(4).await, Vec::<String>::new());
        live.push((subject, watched, Vec::new()));
    }
    for (position, event) in (5..).zip(steps) {
        office.submit(vec![event]).await.unwrap();
        for (_, watched, told) in &mut live {
            told.extend(watched.up_to(position).await);
        }
    }
    let tail = office.tail().await;
    let mut moving = BTreeSet::new();
    for (subject, _, live) in live {
        // What differs from one position to the next, each asked for alone.
        let mut expected: Vec<(u64, String)> = Vec::new();
        let mut was = fields(&office, subject, 4).await;
        for position in 5..=tail {
            let is = fields(&office, subject, position).await;
            let paths: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
            for path in paths.into_iter().filter(|path| was.get(*path) != is.get(*path)) {
                let value = |of: &BTreeMap<String, String>| of.get(path).cloned().unwrap_or_default();
                expected.push((position, format!("{position}: {path} {}>{}", value(&was), value(&is))));
            }
            was = is;
        }
        let lines = |after: u64| -> Vec<String> {
            expected.iter().filter(|(at, _)| after < *at).map(|(_, line)| line.clone()).collect()
        };
        moving.extend(expected.iter().map(|(at, _)| *at));
        assert_eq!(live, lines(4), "{subject}, told as it came");
        for after in 4..=tail {
            let told = Watched::begin(&office, subject, after).await.up_to(tail).await;
            assert_eq!(told, lines(after), "{subject} after {after}");
        }
    }
    for merging in [8, 13, 16, 18] {
        assert!(moving.contains(&merging), "nothing moves at {merging}");
    }
}
