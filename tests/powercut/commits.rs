//! The commits of the test: a number says everything about one.

use chancery::wire::v1;
use fastrand::Rng;

use crate::common::events;

/// More events than a commit has.
const EVENTS_MAX: u64 = 1 << 10;

/// The events of a commit. Most commits are small; some fill many stored values, which must come and go together.
pub fn commit(number: u64) -> Vec<v1::Event> {
    let mut rng = Rng::with_seed(number);
    let (events, is_long) = match rng.u8(..100) {
        0..70 => (1, false),
        70..85 => (rng.u64(2..200), false),
        85..98 => (rng.u64(1..5), true),
        _ => (rng.u64(20..60), true),
    };
    let event = |index| {
        let number = number * EVENTS_MAX + index;
        let mut event = events::actor(number, &format!("a{number}"));
        if is_long && let Some(v1::event::Body::Fact(fact)) = &mut event.body {
            fact.sources = (0..10).map(|_| source(&mut rng)).collect();
        }
        event
    };
    (1..=events).map(event).collect()
}

/// The number of the commit that an event belongs to.
pub fn number(event_id: &str) -> u64 {
    let (_, digits) = event_id.rsplit_once('-').expect("an id has hyphens");
    u64::from_str_radix(digits, 16).expect("the digits of an id") / EVENTS_MAX
}

/// A source of about 2,800 bytes that cannot be compressed well.
fn source(rng: &mut Rng) -> v1::Source {
    let mut text = |length: usize| (0..length).map(|_| rng.lowercase()).collect::<String>();
    v1::Source {
        publisher: text(200),
        title: text(500),
        locator: text(1_800),
        kind: v1::SourceKind::LegalAct.into(),
        quote: text(300),
        ..v1::Source::default()
    }
}
