//! What the benchmark submits: engagements between many actors and groups, of a size that is asked for.

use prost::Message as _;
use uuid::Uuid;

use crate::wire::v1;

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
#[derive(Debug)]
pub struct Workload {
    template: v1::Fact,
    random: Random,
}

impl Workload {
    /// The sequence of the client with this number. Every fact has `payload` bytes when it is encoded, or as few more
    /// as it needs, or up to 3 fewer.
    pub fn new(client: u64, payload: usize) -> Workload {
        let mut template = engagement(&mut Random(0));
        fill(&mut template, payload);
        Workload { template, random: Random(client) }
    }

    /// The next commit of so many events.
    pub fn commit(&mut self, events: usize) -> v1::SubmitRequest {
        let events = (0..events).map(|_| self.event()).collect();
        v1::SubmitRequest { events, checks: Vec::new() }
    }

    /// The size of a fact, encoded, in bytes.
    pub fn fact_bytes(&self) -> usize {
        self.template.encoded_len()
    }

    fn event(&mut self) -> v1::Event {
        let drawn = engagement(&mut self.random);
        let fact = v1::Fact {
            effective_on: drawn.effective_on,
            statement: drawn.statement,
            ..self.template.clone()
        };
        v1::Event { event_id: Uuid::now_v7().to_string(), body: Some(v1::event::Body::Fact(fact)) }
    }
}

/// A sequence of numbers that look random (SplitMix64), the same for the same beginning.
#[derive(Debug)]
pub struct Random(pub u64);

impl Random {
    /// The next number, below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
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
fn engagement(random: &mut Random) -> v1::Fact {
    let principal = |party| v1::Participant {
        party: Some(party),
        role: v1::Role::Principal.into(),
        ..v1::Participant::default()
    };
    let kind = KINDS[random.below(KINDS.len() as u64) as usize];
    let participants = vec![
        principal(v1::participant::Party::Actor(random.actor())),
        principal(v1::participant::Party::Group(random.group())),
    ];
    let statement = v1::fact::Statement::Engagement(v1::Engagement {
        kind: kind.into(),
        participants,
        ..v1::Engagement::default()
    });
    let day = random.below(DAYS);
    let date = format!("{}-{:02}-{:02}", 2000 + day / (12 * 28), day / 28 % 12 + 1, day % 28 + 1);
    fact(date, statement)
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

    #[test]
    fn facts_have_their_size_and_keep_the_rules() {
        for payload in [1, 128, 200, 255, 256, 257, 500, 1_000, 4_096, 30_000] {
            let mut workload = Workload::new(7, payload);
            let bare = engagement(&mut Random(0)).encoded_len();
            for event in workload.commit(20).events {
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
    fn registrations_keep_the_rules_and_the_same_ids() {
        let events = registrations().events;
        assert_eq!(events, registrations().events);
        for event in &events {
            read_event(event, "event").unwrap();
        }
    }

    #[test]
    fn clients_submit_different_events() {
        let engagements = |client| {
            let mut random = Random(client);
            (0..100).map(|_| engagement(&mut random)).collect::<Vec<_>>()
        };
        assert_eq!(engagements(1), engagements(1));
        assert_ne!(engagements(1), engagements(2));
    }
}
