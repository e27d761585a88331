//! What is said in random histories: facts of all kinds about one small world.

use std::fmt;

use chancery::domain::{
    date::{DateSpan, Day, PartialDate},
    fact::FactParts,
    id::{ActorId, GroupId, RegimeId},
    source::{Credibility, Source},
    statement::{
        ActorRegistered, Agreement, Ceasefire, DesignationAct, Engagement, ExternalId, GroupNamed,
        GroupRegistered, LifecycleChanged, LineageRecorded, Membership, Name, Participant, Party,
        RegimeRegistered, RegimeTerminated, Representation, Scope, Statement,
    },
    vocabulary::{
        Act, Assertion, Direction, EngagementKind, ExternalIdScheme, Inheritance, Label, LegalEffect, Level,
        LineageKind, NameKind, RepresentationLevel, Role, SourceKind, Vocabulary,
    },
};
use jiff::ToSpan as _;

use super::{ACTORS, GROUPS, REGIMES};

/// Random bytes that decide one thing after the other; zeroes decide for the simplest.
pub(super) struct Choices<'a> {
    bytes: &'a [u8],
    next: usize,
}

impl Choices<'_> {
    pub(super) fn new(bytes: &[u8]) -> Choices<'_> {
        Choices { bytes, next: 0 }
    }

    fn byte(&mut self) -> u8 {
        self.next += 1;
        // What comes late is decided by the early bytes over again, in another order.
        let round = self.next / self.bytes.len();
        self.bytes[self.next * (2 * round + 1) % self.bytes.len()].rotate_left(round as u32)
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count
    }

    pub(super) fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn any<V: Vocabulary>(&mut self) -> V {
        self.one(V::ALL)
    }

    /// True so many times out of 16.
    pub(super) fn sometimes(&mut self, times: u8) -> bool {
        16 - times <= self.byte() % 16
    }

    fn slug<T: std::str::FromStr<Err: fmt::Debug>>(&mut self, of: &[&str]) -> T {
        self.one(of).parse().unwrap()
    }

    /// An actor; the first most often, so that histories grow long.
    fn actor(&mut self) -> ActorId {
        let first = self.sometimes(6);
        if first { ACTORS[0].parse().unwrap() } else { self.slug(&ACTORS) }
    }

    /// A group; the first most often.
    fn group(&mut self) -> GroupId {
        let first = self.sometimes(6);
        if first { GROUPS[0].parse().unwrap() } else { self.slug(&GROUPS) }
    }

    /// A regime; the first most often.
    fn regime(&mut self) -> RegimeId {
        let first = self.sometimes(6);
        if first { REGIMES[0].0 } else { self.one(&REGIMES).0 }.parse().unwrap()
    }

    /// A date from 2019 to 2022, most often a day; few days, and three with much going on, so that facts meet.
    fn date(&mut self) -> PartialDate {
        if self.sometimes(8) {
            return self.one(&["2020-02-01", "2020-02-02", "2021-06"]).parse().unwrap();
        }
        let year = 2019 + self.below(4);
        let month = self.one(&[1, 2, 6, 12]);
        let day = self.one(&[1, 1, 2, 15]);
        match self.below(8) {
            0..=4 => format!("{year}-{month:02}-{day:02}"),
            5 | 6 => format!("{year}-{month:02}"),
            _ => year.to_string(),
        }
        .parse()
        .unwrap()
    }

    fn maybe_date(&mut self) -> Option<PartialDate> {
        self.sometimes(5).then(|| self.date())
    }

    /// The first and the last day of something, either of which may be left open.
    fn maybe_period(&mut self) -> (Option<PartialDate>, Option<PartialDate>) {
        let (one, other) = (self.maybe_date(), self.maybe_date());
        match one.zip(other) {
            Some((one, other)) => (Some(one.min(other)), Some(one.max(other))),
            None => (one, other),
        }
    }

    /// A date within some weeks of a day.
    fn near(&mut self, day: Day) -> Option<PartialDate> {
        let days = i64::from(self.byte()) - 200;
        self.sometimes(6).then(|| PartialDate::day(day.checked_add(days.days()).unwrap()))
    }
}

/// A fact of this kind, about this listing if one is given.
pub(super) fn telling(
    choices: &mut Choices<'_>,
    kind: &str,
    listing: Option<(GroupId, RegimeId)>,
) -> FactParts {
    let start = choices.date();
    let end = choices.date();
    let effective_on = match choices.sometimes(2) && start.upper() <= end.lower() {
        true => DateSpan::between(start, end),
        false => start.into(),
    };
    let source = choices.any();
    let (decided_on, announced_on) = (choices.near(start.lower()), choices.near(start.lower()));
    let disclosed_on = choices.near(start.lower());
    let assertion = match choices.below(8) {
        0..=5 => Assertion::Confirmed,
        6 => choices.any(),
        _ => Assertion::Denied,
    };
    let label = match choices.below(8) {
        0..=4 => Label::Public,
        5 | 6 => Label::Internal,
        _ => Label::Restricted,
    };
    let credibility = choices.one(&["A1", "B2", "C3", "F6"]).parse().unwrap();
    let second = choices.sometimes(3);
    let statement = statement(choices, kind, listing);
    let mut parts = FactParts {
        decided_on,
        announced_on,
        disclosed_on,
        assertion,
        label,
        credibility,
        ..parts(effective_on, statement)
    };
    parts.sources[0].kind = source;
    if second {
        parts.sources.push(Source { kind: SourceKind::MachineCoded, ..parts.sources[0].clone() });
    }
    parts
}

/// A fact that says this in the plainest way.
pub fn parts(effective_on: DateSpan, statement: Statement) -> FactParts {
    let source = Source {
        publisher: "Gazette".to_owned(),
        title: "No 1".to_owned(),
        locator: String::new(),
        kind: SourceKind::LegalAct,
        published_on: None,
        retrieved_on: None,
        sha256: String::new(),
        language: String::new(),
        quote: String::new(),
    };
    FactParts {
        effective_on,
        decided_on: None,
        announced_on: None,
        disclosed_on: None,
        summary: format!("{} of {effective_on}", statement.kind()),
        sources: vec![source],
        assertion: Assertion::Confirmed,
        credibility: Credibility::UNKNOWN,
        label: Label::Public,
        claim_of: None,
        statement,
    }
}

fn statement(choices: &mut Choices<'_>, kind: &str, listing: Option<(GroupId, RegimeId)>) -> Statement {
    match kind {
        "designation_act" => {
            let any = (choices.group(), choices.regime());
            act(choices, listing.unwrap_or(any))
        }
        "engagement" => engagement(choices),
        "group_named" => {
            Statement::GroupNamed(GroupNamed { group: choices.group(), name: name(choices, None) })
        }
        "lifecycle_changed" => {
            Statement::LifecycleChanged(LifecycleChanged { group: choices.group(), state: choices.any() })
        }
        "lineage_recorded" => lineage(choices),
        "regime_terminated" => {
            Statement::RegimeTerminated(RegimeTerminated { regime: choices.regime(), reason: String::new() })
        }
        "regime_registered" => regime(choices.regime(), choices.slug(&ACTORS), choices),
        "group_registered" => group(choices.group(), choices),
        "actor_registered" => actor(choices.slug(&ACTORS), choices),
        other => panic!("{other} is not a kind of statement"),
    }
}

pub(super) fn actor(actor: ActorId, choices: &mut Choices<'_>) -> Statement {
    let memberships = ["un", "eu"].iter().filter(|of| **of != actor.as_str()).map(|of| {
        let (from, until) = choices.maybe_period();
        Membership { of: of.parse().unwrap(), from, until }
    });
    let memberships: Vec<Membership> = memberships.collect();
    let name = format!("Actor {actor} {}", choices.below(4));
    Statement::ActorRegistered(ActorRegistered { actor, kind: choices.any(), name, memberships })
}

pub(super) fn group(group: GroupId, choices: &mut Choices<'_>) -> Statement {
    let mut names = vec![name(choices, Some(NameKind::Primary))];
    if choices.sometimes(8) {
        names.push(name(choices, None));
    }
    let external = ExternalId {
        scheme: ExternalIdScheme::Wikidata,
        value: format!("Q{}", choices.below(4)),
        from: choices.maybe_date(),
        until: None,
    };
    Statement::GroupRegistered(GroupRegistered {
        group,
        kind: choices.any(),
        names,
        external_ids: vec![external],
    })
}

fn name(choices: &mut Choices<'_>, kind: Option<NameKind>) -> Name {
    let (from, until) = choices.maybe_period();
    Name {
        text: format!("Name {}", choices.below(16)),
        kind: kind.unwrap_or_else(|| choices.any()),
        language: String::new(),
        script: String::new(),
        from,
        until,
    }
}

pub(super) fn regime(regime: RegimeId, authority: ActorId, choices: &mut Choices<'_>) -> Statement {
    let mut legal_effects: Vec<LegalEffect> = vec![choices.any(), choices.any()];
    legal_effects.dedup();
    Statement::RegimeRegistered(RegimeRegistered {
        title: format!("Act {} on {regime}", choices.below(4)),
        regime,
        authority,
        legal_effects,
        review_interval_months: choices.one(&[6, 0, 12]),
        inheritance: choices.one(&[Inheritance::Members, Inheritance::None]),
    })
}

/// Leaves out an end that would come before its beginning.
pub(super) fn drop_early_end(telling: &mut FactParts) {
    let begun = telling.effective_on.lower();
    let end = match &mut telling.statement {
        Statement::DesignationAct(act) => &mut act.expires_on,
        Statement::LineageRecorded(lineage) => &mut lineage.until,
        Statement::Engagement(Engagement { ceasefire: Some(ceasefire), .. }) => &mut ceasefire.ends_on,
        _ => return,
    };
    *end = end.filter(|end| begun <= end.upper());
}

fn lineage(choices: &mut Choices<'_>) -> Statement {
    let (group, other) = (choices.group(), choices.group());
    let kind = match choices.below(2) {
        0 => LineageKind::WingOf,
        _ => choices.any(),
    };
    let alone = matches!(kind, LineageKind::BecameParty | LineageKind::BecameGovernment);
    let kind = if group == other && !alone { LineageKind::Renamed } else { kind };
    let other = (group != other || !alone).then_some(other);
    Statement::LineageRecorded(LineageRecorded { group, kind, other, until: choices.maybe_date() })
}

fn act(choices: &mut Choices<'_>, (group, regime): (GroupId, RegimeId)) -> Statement {
    let act = if choices.sometimes(4) { Act::Listed } else { choices.any() };
    let other = GROUPS.iter().find(|other| **other != group.as_str()).unwrap().parse().unwrap();
    let alias = matches!(act, Act::ListedAsAlias | Act::MergedIntoListing);
    let scope = match choices.below(8) {
        _ if alias => Scope::AliasOf(other),
        0..=4 => Scope::Whole,
        5 => Scope::AliasOf(other),
        _ => Scope::Component("military wing".to_owned()),
    };
    let expires = matches!(act, Act::Listed | Act::Maintained | Act::Suspended | Act::ExemptionGranted);
    Statement::DesignationAct(DesignationAct {
        group,
        regime,
        act,
        scope,
        reference: choices.one(&["", "No 1", "No 2"]).to_owned(),
        reason: String::new(),
        expires_on: choices.maybe_date().filter(|_| expires),
    })
}

fn engagement(choices: &mut Choices<'_>) -> Statement {
    use EngagementKind as Kind;
    let kind = choices.any();
    let mut participants: Vec<Participant> = Vec::new();
    let (two_actors, two_groups, mediated) =
        (choices.sometimes(5), choices.sometimes(5), choices.sometimes(5));
    let slots = [
        Some((0, Role::Principal)),
        Some((1, Role::Principal)),
        two_actors.then_some((0, Role::Principal)),
        two_groups.then_some((1, Role::Principal)),
        mediated.then_some((0, Role::Mediator)),
    ];
    for (side, role) in slots.into_iter().flatten() {
        let (party, level): (Party, Level) = match side {
            0 => (Party::Actor(choices.actor()), Level::ALL[choices.below(17)]),
            _ => (Party::Group(choices.group()), Level::ALL[16 + choices.below(7)]),
        };
        if participants.iter().all(|it| (&it.party, it.role) != (&party, role)) {
            let (person, office) = (String::new(), String::new());
            participants.push(Participant { party, role, level, person, office });
        }
    }
    let mission = matches!(
        kind,
        Kind::MissionOpened
            | Kind::MissionLevelChanged
            | Kind::MissionClosed
            | Kind::EnvoyAccredited
            | Kind::EnvoyExpelled
    );
    let truce = match kind {
        Kind::CeasefireDeclared | Kind::CeasefireInForce => true,
        Kind::CeasefireViolated | Kind::CeasefireEnded => choices.sometimes(8),
        _ => false,
    };
    let mut sides: Vec<String> = participants.iter().map(|it| it.party.as_str().to_owned()).collect();
    sides.sort();
    sides.dedup();
    let first = choices.below(sides.len());
    sides.rotate_left(first);
    sides.truncate(choices.one(&[8, 2, 1]));
    let coverage = choices.one(&["", "The sea", "The land"]).to_owned();
    let ceasefire = Ceasefire { sides, class: choices.any(), coverage, ends_on: choices.maybe_date() };
    let representation =
        Representation { direction: choices.any::<Direction>(), level: choices.any::<RepresentationLevel>() };
    let agreement = Agreement { title: String::new(), stage: choices.any() };
    Statement::Engagement(Engagement {
        kind,
        participants,
        channel: choices.any(),
        track: None,
        disclosure: choices.any(),
        venue: String::new(),
        pillars: Vec::new(),
        process: String::new(),
        agreement: (kind == Kind::AgreementSigned).then_some(agreement),
        ceasefire: truce.then_some(ceasefire),
        representation: mission.then_some(representation),
    })
}
