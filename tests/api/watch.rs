//! Watching: every change of a status once, with its cause, also by a client that reconnects.

use chancery::wire::v1::{self, watch_group_response::Signal};

use crate::{Office, changed, common::events, correction, retraction};

/// `position: field was>is cause` of everything told after a position, until it is caught up.
async fn told(office: &Office, after_position: u64) -> Vec<String> {
    let request = v1::WatchGroupRequest {
        group: "hts".to_owned(),
        after_position,
        valid_at: "2025-07-08".to_owned(),
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
