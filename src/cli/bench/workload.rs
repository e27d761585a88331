//! What the benchmark submits: engagements between many actors and groups, of a size that is asked for.

use jiff::Timestamp;
use prost::Message as _;
use uuid::{Builder, Uuid, fmt::Hyphenated};

use crate::wire::{sealed, v1};

/// How many actors are registered.
const ACTORS: u64 = 100;
/// How many groups are registered.
const GROUPS: u64 = 200;
/// The days on which engagements take place, counted from 2000-01-01 by months of 28 days.
const DAYS: u64 = 25 * 12 * 28;

/// The kinds of engagement that need nothing but their participants.
const KINDS: [v1::EngagementKind; 8] = [
    v1::EngagementKind::Meeting,
    v1::EngagementKind::ContactRemote,
    v1::EngagementKind::Negotiation,
    v1::EngagementKind::TalksOffered,
    v1::EngagementKind::PrisonerRelease,
    v1::EngagementKind::HumanitarianAccess,
    v1::EngagementKind::Criticism,
    v1::EngagementKind::SanctionsEased,
];

/// The longest texts that a fact may have, in characters: its summary, and of a source quote, title and locator.
const SUMMARY_MAX: usize = 500;
const QUOTE_MAX: usize = 300;
const TITLE_MAX: usize = 500;
const LOCATOR_MAX: usize = 2_000;

/// An endless sequence of engagements, different for every client.
///
/// All of them have the same form and size, so that the next one is a copy of the first with other digits: what a client
/// does besides asking would otherwise be measured with it.
#[derive(Debug)]
pub struct Workload {
    template: Template,
    random: Random,
    ids: Random,
}

/// An encoded event, and where in it is what changes from one to the next.
#[derive(Debug)]
struct Template {
    event: Vec<u8>,
    fact_bytes: usize,
    id: usize,
    date: usize,
    kind: usize,
    actor: usize,
    group: usize,
}

/// What one engagement has of its own.
#[derive(Clone, Copy, Debug)]
struct Drawn {
    kind: v1::EngagementKind,
    actor: u64,
    group: u64,
    day: u64,
}

impl Workload {
    /// The sequence of the client with this number. Every fact has `payload` bytes when it is encoded, or as few more
    /// as it needs, or up to 3 fewer. `seed` decides the ids, which must not come twice in a record.
    pub fn new(client: u64, payload: usize, seed: u64) -> Workload {
        Workload { template: Template::new(payload), random: Random(client), ids: Random(seed) }
    }

    /// The next commit of so many events.
    pub fn commit(&mut self, events: usize) -> sealed::SubmitRequest {
        let now = Timestamp::now().as_millisecond();
        let now = u64::try_from(now).unwrap_or_default();
        let events = (0..events).map(|_| {
            let (high, low) = (self.ids.next().to_be_bytes(), self.ids.next().to_be_bytes());
            let mut random = [0; 10];
            for (place, byte) in random.iter_mut().zip(high.into_iter().chain(low)) {
                *place = byte;
            }
            let id = Builder::from_unix_timestamp_millis(now, &random).into_uuid();
            self.template.event(id, Drawn::next(&mut self.random)).into()
        });
        sealed::SubmitRequest { events: events.collect(), checks: Vec::new() }
    }

    /// The size of a fact, encoded, in bytes.
    pub fn fact_bytes(&self) -> usize {
        self.template.fact_bytes
    }
}

impl Drawn {
    fn next(random: &mut Random) -> Drawn {
        let kind = random.below(KINDS.len() as u64) as usize;
        Drawn {
            kind: KINDS.get(kind).copied().unwrap_or(v1::EngagementKind::Meeting),
            actor: random.below(ACTORS),
            group: random.below(GROUPS),
            day: random.below(DAYS),
        }
    }

    fn date(self) -> (u64, u64, u64) {
        (2000 + self.day / (12 * 28), self.day / 28 % 12 + 1, self.day % 28 + 1)
    }
}

impl Template {
    fn new(payload: usize) -> Template {
        let base = Drawn { kind: v1::EngagementKind::Meeting, actor: 0, group: 0, day: 0 };
        let mut fact = engagement(base);
        fill(&mut fact, payload);
        let encoded = |id: Uuid, drawn: Drawn| {
            let engagement = engagement(drawn);
            let (effective_on, statement) = (engagement.effective_on, engagement.statement);
            let fact = v1::Fact { effective_on, statement, ..fact.clone() };
            v1::Event { event_id: id.to_string(), body: Some(v1::event::Body::Fact(fact)) }.encode_to_vec()
        };
        let event = encoded(Uuid::nil(), base);
        // What changes stands where an event that differs in nothing else begins to differ.
        let place = |id: Uuid, drawn: Drawn| {
            let other = encoded(id, drawn);
            event.iter().zip(&other).take_while(|(one, other)| one == other).count()
        };
        Template {
            fact_bytes: fact.encoded_len(),
            id: place(Uuid::max(), base),
            date: place(Uuid::nil(), Drawn { day: 28 * 12 * 10, ..base }) - "20".len(),
            kind: place(Uuid::nil(), Drawn { kind: v1::EngagementKind::Negotiation, ..base }),
            actor: place(Uuid::nil(), Drawn { actor: 1, ..base }) - "00".len(),
            group: place(Uuid::nil(), Drawn { group: 1, ..base }) - "00".len(),
            event,
        }
    }

    fn event(&self, id: Uuid, drawn: Drawn) -> Vec<u8> {
        let mut event = self.event.clone();
        let (year, month, day) = drawn.date();
        if let Some(place) = event.get_mut(self.id..self.id + Hyphenated::LENGTH) {
            id.hyphenated().encode_lower(place);
        }
        digits(&mut event, self.date, 4, year);
        digits(&mut event, self.date + "2000-".len(), 2, month);
        digits(&mut event, self.date + "2000-01-".len(), 2, day);
        digits(&mut event, self.actor, 3, drawn.actor);
        digits(&mut event, self.group, 3, drawn.group);
        if let Some(place) = event.get_mut(self.kind) {
            // Every kind is below 128, so that it is encoded as itself.
            *place = drawn.kind as u8;
        }
        event
    }
}

/// Writes so many decimal digits of a number.
fn digits(bytes: &mut [u8], at: usize, count: usize, number: u64) {
    let mut rest = number;
    for place in bytes.iter_mut().skip(at).take(count).rev() {
        *place = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// A sequence of numbers that look random (SplitMix64), the same for the same beginning.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number, below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The slug of some actor.
    pub fn actor(&mut self) -> String {
        actor(self.below(ACTORS))
    }

    /// The slug of some group.
    pub fn group(&mut self) -> String {
        group(self.below(GROUPS))
    }
}

/// The registrations that all engagements rest on. Submitting them again changes nothing.
pub fn registrations() -> v1::SubmitRequest {
    let actors = (0..ACTORS).map(|number| {
        let slug = actor(number);
        registration(
            v1::fact::Statement::ActorRegistered(v1::ActorRegistered {
                name: format!("Actor {number}"),
                actor: slug.clone(),
                kind: v1::ActorKind::State.into(),
                memberships: Vec::new(),
            }),
            &slug,
        )
    });
    let groups = (0..GROUPS).map(|number| {
        let slug = group(number);
        let name = v1::Name {
            text: format!("Group {number}"),
            kind: v1::NameKind::Primary.into(),
            ..v1::Name::default()
        };
        registration(
            v1::fact::Statement::GroupRegistered(v1::GroupRegistered {
                group: slug.clone(),
                kind: v1::GroupKind::Organisation.into(),
                names: vec![name],
                external_ids: Vec::new(),
            }),
            &slug,
        )
    });
    v1::SubmitRequest { events: actors.chain(groups).collect(), checks: Vec::new() }
}

fn registration(statement: v1::fact::Statement, slug: &str) -> v1::Event {
    let id = Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("chancery bench {slug}").as_bytes());
    let fact = fact("2000-01-01".to_owned(), statement);
    v1::Event { event_id: id.to_string(), body: Some(v1::event::Body::Fact(fact)) }
}

fn actor(number: u64) -> String {
    format!("actor-{number:03}")
}

fn group(number: u64) -> String {
    format!("group-{number:03}")
}

/// An engagement without padding. All have the same encoded size.
fn engagement(drawn: Drawn) -> v1::Fact {
    let principal = |party| v1::Participant {
        party: Some(party),
        role: v1::Role::Principal.into(),
        ..v1::Participant::default()
    };
    let participants = vec![
        principal(v1::participant::Party::Actor(actor(drawn.actor))),
        principal(v1::participant::Party::Group(group(drawn.group))),
    ];
    let statement = v1::fact::Statement::Engagement(v1::Engagement {
        kind: drawn.kind.into(),
        participants,
        ..v1::Engagement::default()
    });
    let (year, month, day) = drawn.date();
    fact(format!("{year}-{month:02}-{day:02}"), statement)
}

fn fact(effective_on: String, statement: v1::fact::Statement) -> v1::Fact {
    let sources = vec![note()];
    v1::Fact { effective_on, sources, statement: Some(statement), ..v1::Fact::default() }
}

fn note() -> v1::Source {
    v1::Source {
        publisher: "Chancery bench".to_owned(),
        title: "Note".to_owned(),
        kind: v1::SourceKind::EstablishedMedia.into(),
        ..v1::Source::default()
    }
}

/// Makes texts as long as they may be, and adds sources, until the fact has its size.
fn fill(fact: &mut v1::Fact, payload: usize) {
    let missing = |fact: &v1::Fact| payload.saturating_sub(fact.encoded_len());
    fact.summary = text(missing(fact), SUMMARY_MAX);
    while 0 < missing(fact) {
        let before = fact.encoded_len();
        let short = missing(fact);
        if let Some(source) = fact.sources.last_mut() {
            if source.quote.is_empty() {
                source.quote = text(short, QUOTE_MAX);
            } else if source.locator.is_empty() {
                source.locator = text(short, LOCATOR_MAX);
            } else if source.title.len() < TITLE_MAX {
                source.title = text(short, TITLE_MAX);
            } else if fact.sources.len() < 20 {
                fact.sources.push(note());
            }
        }
        if fact.encoded_len() <= before {
            return;
        }
    }
}

/// Words, at most `limit` bytes with the two or three that the field costs besides.
fn text(bytes: usize, limit: usize) -> String {
    let envelope = if bytes < 130 { 2 } else { 3 };
    let length = bytes.saturating_sub(envelope).min(limit);
    "They spoke of prisoners, of access, and of the next round. ".chars().cycle().take(length).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::event::read_event;

    fn decoded(request: sealed::SubmitRequest) -> Vec<v1::Event> {
        v1::SubmitRequest::decode(request.encode_to_vec().as_slice()).unwrap().events
    }

    #[test]
    fn facts_have_their_size_and_keep_the_rules() {
        for payload in [1, 128, 200, 255, 256, 257, 500, 1_000, 4_096, 30_000] {
            let mut workload = Workload::new(7, payload, 1);
            let bare = engagement(Drawn::next(&mut Random(0))).encoded_len();
            for event in decoded(workload.commit(20)) {
                read_event(&event, "event").unwrap();
                let Some(v1::event::Body::Fact(fact)) = &event.body else { panic!("a fact") };
                let size = fact.encoded_len();
                let wanted = payload.max(bare);
                assert!((wanted - 3..=wanted + 3).contains(&size), "{payload}: {size}");
                assert_eq!(size, workload.fact_bytes());
            }
        }
    }

    #[test]
    fn a_copy_with_other_digits_is_the_engagement_that_was_drawn() {
        let mut random = Random(3);
        let template = Template::new(256);
        for number in 1..500 {
            let (id, drawn) = (Uuid::from_u128(number << 64 | number), Drawn::next(&mut random));
            let event = v1::Event::decode(template.event(id, drawn).as_slice()).unwrap();
            assert_eq!(event.event_id, id.to_string());
            let Some(v1::event::Body::Fact(fact)) = event.body else { panic!("a fact") };
            let expected = engagement(drawn);
            assert_eq!((fact.effective_on, fact.statement), (expected.effective_on, expected.statement));
        }
    }

    #[test]
    fn ids_do_not_come_twice() {
        let commits = [1, 2].map(|seed| Workload::new(0, 256, seed).commit(1_000));
        let ids = commits.into_iter().flat_map(decoded).map(|event| event.event_id);
        assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), 2_000);
    }

    #[test]
    fn registrations_keep_the_rules_and_the_same_ids() {
        let events = registrations().events;
        assert_eq!(events, registrations().events);
        for event in &events {
            read_event(event, "event").unwrap();
        }
    }

    #[test]
    fn clients_submit_different_engagements() {
        let engagements = |client| {
            let mut random = Random(client);
            (0..100).map(|_| engagement(Drawn::next(&mut random))).collect::<Vec<_>>()
        };
        assert_eq!(engagements(1), engagements(1));
        assert_ne!(engagements(1), engagements(2));
    }
}
