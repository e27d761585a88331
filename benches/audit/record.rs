//! A record of a million events to ask: many short histories, a few long ones, and what corrects and contests them.

use chancery::wire::v1::{self, fact::Statement, submission_service_client::SubmissionServiceClient};
use tonic::transport::Channel;

/// How many events the record has, decisions aside.
pub const EVENTS: u64 = 1_000_000;
/// How many actors are registered. The first is an organisation, and the next [`MEMBERS`] belong to it.
pub const ACTORS: u64 = 100;
/// How many groups are registered; all of them are listed.
pub const GROUPS: u64 = 2_000;
/// How many of the groups anybody deals with.
pub const MET: u64 = 200;
/// How many regimes are registered, the nth by the nth actor. The first binds the members of the organisation.
pub const REGIMES: u64 = 5;
/// How many actors belong to the organisation.
const MEMBERS: u64 = 27;
/// How many more acts there are under each regime about the group with the long history.
const LONG_ACTS: u64 = 200;
/// Every so manieth engagement is one of the relationship with the long history.
const LONG_EVERY: u64 = 100;
/// Every so manieth event corrects, retracts or contests an engagement.
const RECORD_EVERY: u64 = 200;
/// Events of a commit.
const COMMIT: u64 = 1_000;

/// The slug of an actor.
pub fn actor(number: u64) -> String {
    format!("actor-{number:03}")
}

/// The slug of a group. The first has a long history of its own, and with the second actor.
pub fn group(number: u64) -> String {
    format!("group-{number:04}")
}

/// The slug of a regime.
pub fn regime(number: u64) -> String {
    format!("regime-{number}")
}

/// The same number for the same seed, without an order to be seen.
pub fn drawn(seed: u64) -> u64 {
    let mixed = seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed ^ (mixed >> 31)
}

/// A day of the years 2000 to 2024.
pub fn day(drawn: u64) -> String {
    format!("20{:02}-{:02}-{:02}", drawn % 25, drawn / 25 % 12 + 1, drawn / 300 % 28 + 1)
}

fn id(number: u64) -> String {
    uuid::Uuid::from_u128(u128::from(drawn(number)) << 64 | u128::from(number)).to_string()
}

/// A fact of about 256 bytes.
pub fn fact(date: String, statement: Statement) -> v1::Fact {
    let source = v1::Source {
        publisher: "Gazette".to_owned(),
        title: "Note".to_owned(),
        kind: v1::SourceKind::EstablishedMedia.into(),
        ..v1::Source::default()
    };
    v1::Fact {
        effective_on: date,
        summary: "They spoke of prisoners, of access, and of the next round. ".repeat(2),
        sources: vec![source],
        statement: Some(statement),
        ..v1::Fact::default()
    }
}

fn registrations() -> Vec<v1::Fact> {
    let actors = (0..ACTORS).map(|number| {
        let membership = v1::Membership { of: actor(0), from: "2004-05-01".to_owned(), ..Default::default() };
        Statement::ActorRegistered(v1::ActorRegistered {
            actor: actor(number),
            name: format!("Actor {number}"),
            kind: if number == 0 { v1::ActorKind::Igo } else { v1::ActorKind::State }.into(),
            memberships: vec![membership; usize::from((1..=MEMBERS).contains(&number))],
        })
    });
    let groups = (0..GROUPS).map(|number| {
        let name =
            |text: String, kind: v1::NameKind| v1::Name { text, kind: kind.into(), ..Default::default() };
        Statement::GroupRegistered(v1::GroupRegistered {
            group: group(number),
            kind: v1::GroupKind::Organisation.into(),
            names: vec![
                name(format!("Movement of the Valley {number}"), v1::NameKind::Primary),
                name(format!("Front {number}"), v1::NameKind::Alias),
            ],
            external_ids: Vec::new(),
        })
    });
    let regimes = (0..REGIMES).map(|number| {
        let inherited = if number == 0 { v1::Inheritance::Members } else { v1::Inheritance::None };
        Statement::RegimeRegistered(v1::RegimeRegistered {
            regime: regime(number),
            authority: actor(number),
            title: format!("Act {number}"),
            legal_effects: vec![v1::LegalEffect::AssetFreeze.into()],
            review_interval_months: if number == 1 { 60 } else { 0 },
            inheritance: inherited.into(),
        })
    });
    actors.chain(groups).chain(regimes).map(|statement| fact("1999-01-01".to_owned(), statement)).collect()
}

/// Ten thousand listings; half of them were reviewed, and a fifth revoked. And the many acts about the first group.
fn acts() -> Vec<v1::Fact> {
    let act = |of: u64, under: u64, date: String, act: v1::Act| {
        let act = v1::DesignationAct {
            group: group(of),
            regime: regime(under),
            act: act.into(),
            reference: "90 FR 30187".to_owned(),
            ..Default::default()
        };
        fact(date, Statement::DesignationAct(act))
    };
    let mut acts = Vec::new();
    for number in 0..GROUPS * REGIMES {
        let (of, under) = (number / REGIMES, number % REGIMES);
        let year = 2000 + drawn(number) % 10;
        acts.push(act(of, under, format!("{year}-03-01"), v1::Act::Listed));
        if number % 2 == 0 {
            acts.push(act(of, under, format!("{}-03-01", year + 5), v1::Act::Maintained));
        }
        if number % 5 == 3 {
            acts.push(act(of, under, format!("{}-03-01", year + 12), v1::Act::Delisted));
        }
    }
    for number in 0..LONG_ACTS * REGIMES {
        acts.push(act(0, number % REGIMES, day(drawn(number)), v1::Act::Amended));
    }
    acts
}

fn engagement(number: u64) -> v1::Fact {
    const KINDS: [v1::EngagementKind; 6] = [
        v1::EngagementKind::Meeting,
        v1::EngagementKind::ContactRemote,
        v1::EngagementKind::Negotiation,
        v1::EngagementKind::PrisonerRelease,
        v1::EngagementKind::HumanitarianAccess,
        v1::EngagementKind::Criticism,
    ];
    let drawn = drawn(number);
    let (of, with) = match number % LONG_EVERY {
        7 => (1, 0),
        _ => (drawn % ACTORS, drawn / ACTORS % MET),
    };
    let principal = |party| v1::Participant {
        party: Some(party),
        role: v1::Role::Principal.into(),
        ..v1::Participant::default()
    };
    let participants = vec![
        principal(v1::participant::Party::Actor(actor(of))),
        principal(v1::participant::Party::Group(group(with))),
    ];
    let kind = KINDS[(drawn >> 40) as usize % KINDS.len()].into();
    fact(
        day(drawn >> 20),
        Statement::Engagement(v1::Engagement { kind, participants, ..v1::Engagement::default() }),
    )
}

/// What is said of an engagement that was recorded earlier.
fn about(number: u64) -> v1::event::Body {
    let earlier = number - COMMIT - 50;
    let (target, said) = (id(earlier), engagement(earlier));
    match number / RECORD_EVERY % 3 {
        0 => v1::event::Body::Fact(v1::Fact { claim_of: target, effective_on: day(drawn(number)), ..said }),
        1 => {
            let replacement = Some(v1::Fact { effective_on: day(drawn(number)), ..said });
            v1::event::Body::Correction(v1::Correction {
                target,
                reason: "Misdated.".to_owned(),
                replacement,
            })
        }
        _ => v1::event::Body::Retraction(v1::Retraction { target, reason: "Not so.".to_owned() }),
    }
}

/// Submits the record, and says where it ends.
pub async fn load(channel: Channel) -> u64 {
    let mut client = SubmissionServiceClient::new(channel);
    let first: Vec<v1::Fact> = registrations().into_iter().chain(acts()).collect();
    let begun = first.len() as u64;
    let mut first = first.into_iter();
    let mut tail = 0;
    for from in (0..EVENTS).step_by(COMMIT as usize) {
        let event = |number: u64| {
            let body = match first.next() {
                Some(fact) => v1::event::Body::Fact(fact),
                None if number.is_multiple_of(RECORD_EVERY) && begun + 2 * COMMIT < number => about(number),
                None => v1::event::Body::Fact(engagement(number)),
            };
            v1::Event { event_id: id(number), body: Some(body) }
        };
        let request =
            v1::SubmitRequest { events: (from..from + COMMIT).map(event).collect(), checks: Vec::new() };
        let receipts = client.submit(request).await.unwrap().into_inner().receipts;
        tail = receipts.last().unwrap().position;
    }
    tail
}
