//! The rules of form that a fact keeps: lengths, counts, and which fields go together.

use std::collections::HashSet;
use std::hash::Hash;

use super::FactParts;
use crate::domain::{
    date::{DateSpan, PartialDate},
    source::Source,
    statement::{
        ActorRegistered, DesignationAct, Engagement, GroupRegistered, LineageRecorded, Name, Participant,
        Party, RegimeRegistered, Scope, Statement,
    },
    violation::{Rule, Violation, Violations},
    vocabulary::{Act, EngagementKind, Level, LineageKind, NameKind},
};

/// The longest summary, in characters.
const SUMMARY_CHARACTERS_MAX: usize = 500;
/// The longest title of a source or agreement, in characters.
const TITLE_CHARACTERS_MAX: usize = 500;
/// The longest URL or citation, in characters.
const LOCATOR_CHARACTERS_MAX: usize = 2_000;
/// The longest name or title of an identity, in characters.
const NAME_CHARACTERS_MAX: usize = 300;
/// The longest short text (publisher, person, office, venue, component …), in characters.
const SHORT_CHARACTERS_MAX: usize = 200;
/// The longest quotation or coverage, in characters.
const QUOTE_CHARACTERS_MAX: usize = 300;
/// The longest statement of reasons, in characters.
pub(crate) const REASON_CHARACTERS_MAX: usize = 1_000;
/// The longest language tag, in characters (BCP 47 advises implementations to take 35).
const LANGUAGE_CHARACTERS_MAX: usize = 35;
/// The longest number or key of an external list, in characters.
const EXTERNAL_ID_CHARACTERS_MAX: usize = 100;
/// The longest review interval, in months.
const REVIEW_MONTHS_MAX: u16 = 240;

pub(super) fn violations_of(parts: &FactParts) -> Vec<Violation> {
    let mut found = Violations::default();
    found.text("summary", &parts.summary, SUMMARY_CHARACTERS_MAX);
    found.count("sources", parts.sources.len(), 1..=20);
    for (index, source) in parts.sources.iter().enumerate() {
        check_source(source, &format!("sources[{index}]"), &mut found);
    }
    let at = parts.statement.kind();
    match &parts.statement {
        Statement::ActorRegistered(it) => check_actor(it, at, &mut found),
        Statement::GroupRegistered(it) => check_group(it, at, &mut found),
        Statement::GroupNamed(it) => check_name(&it.name, &format!("{at}.name"), &mut found),
        Statement::LineageRecorded(it) => {
            check_lineage(it, at, &mut found);
            check_end(it.until, parts.effective_on, &format!("{at}.until"), &mut found);
        }
        Statement::LifecycleChanged(_) => {}
        Statement::RegimeRegistered(it) => check_regime(it, at, &mut found),
        Statement::RegimeTerminated(it) => {
            found.text(&format!("{at}.reason"), &it.reason, REASON_CHARACTERS_MAX)
        }
        Statement::DesignationAct(it) => {
            check_act(it, at, &mut found);
            check_end(it.expires_on, parts.effective_on, &format!("{at}.expires_on"), &mut found);
        }
        Statement::IdentityMerged(it) => {
            found.require(Rule {
                holds: it.group != it.into,
                field: &format!("{at}.into"),
                message: "is the group itself",
            });
            found.text(&format!("{at}.reason"), &it.reason, REASON_CHARACTERS_MAX);
        }
        Statement::IdentityUnmerged(it) => {
            found.text(&format!("{at}.reason"), &it.reason, REASON_CHARACTERS_MAX);
        }
        Statement::Engagement(it) => {
            check_engagement(it, at, &mut found);
            let begins =
                matches!(it.kind, EngagementKind::CeasefireDeclared | EngagementKind::CeasefireInForce);
            let ceasefire = it.ceasefire.as_ref().filter(|_| begins);
            let ends_on = ceasefire.and_then(|ceasefire| ceasefire.ends_on);
            check_end(ends_on, parts.effective_on, &format!("{at}.ceasefire.ends_on"), &mut found);
        }
    }
    found.into_vec()
}

fn check_source(source: &Source, at: &str, found: &mut Violations) {
    found.required_text(&format!("{at}.publisher"), &source.publisher, SHORT_CHARACTERS_MAX);
    found.text(&format!("{at}.title"), &source.title, TITLE_CHARACTERS_MAX);
    found.text(&format!("{at}.locator"), &source.locator, LOCATOR_CHARACTERS_MAX);
    found.require(Rule {
        holds: !(source.title.trim().is_empty() && source.locator.trim().is_empty()),
        field: at,
        message: "needs a title or a locator, so that it can be found again",
    });
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    found.require(Rule {
        holds: source.sha256.is_empty()
            || source.sha256.len() == 64 && source.sha256.bytes().all(hexadecimal),
        field: &format!("{at}.sha256"),
        message: "is not 64 hexadecimal digits in lower case",
    });
    found.text(&format!("{at}.language"), &source.language, LANGUAGE_CHARACTERS_MAX);
    found.text(&format!("{at}.quote"), &source.quote, QUOTE_CHARACTERS_MAX);
}

fn check_actor(it: &ActorRegistered, at: &str, found: &mut Violations) {
    found.required_text(&format!("{at}.name"), &it.name, NAME_CHARACTERS_MAX);
    found.count(&format!("{at}.memberships"), it.memberships.len(), 0..=100);
    for (index, membership) in it.memberships.iter().enumerate() {
        check_period(membership.from, membership.until, &format!("{at}.memberships[{index}]"), found);
    }
}

fn check_group(it: &GroupRegistered, at: &str, found: &mut Violations) {
    found.count(&format!("{at}.names"), it.names.len(), 1..=100);
    for (index, name) in it.names.iter().enumerate() {
        check_name(name, &format!("{at}.names[{index}]"), found);
    }
    found.require(Rule {
        holds: it.names.is_empty() || it.names.iter().any(|name| name.kind == NameKind::Primary),
        field: &format!("{at}.names"),
        message: "has no PRIMARY name",
    });
    found.count(&format!("{at}.external_ids"), it.external_ids.len(), 0..=50);
    for (index, id) in it.external_ids.iter().enumerate() {
        let at = format!("{at}.external_ids[{index}]");
        found.required_text(&format!("{at}.value"), &id.value, EXTERNAL_ID_CHARACTERS_MAX);
        check_period(id.from, id.until, &at, found);
    }
}

fn check_name(name: &Name, at: &str, found: &mut Violations) {
    found.required_text(&format!("{at}.text"), &name.text, NAME_CHARACTERS_MAX);
    found.text(&format!("{at}.language"), &name.language, LANGUAGE_CHARACTERS_MAX);
    let code = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    found.require(Rule {
        holds: name.script.is_empty() || code(&name.script),
        field: &format!("{at}.script"),
        message: "is not an ISO 15924 code of four letters, such as Latn",
    });
    check_period(name.from, name.until, at, found);
}

fn check_period(from: Option<PartialDate>, until: Option<PartialDate>, at: &str, found: &mut Violations) {
    let reversed = from.zip(until).is_some_and(|(from, until)| until.upper() < from.lower());
    found.require(Rule { holds: !reversed, field: &format!("{at}.until"), message: "is before `from`" });
}

/// What ends does not end before it begins: its last possible day is not before the first possible day of the fact.
fn check_end(end: Option<PartialDate>, effective_on: DateSpan, field: &str, found: &mut Violations) {
    let reversed = end.is_some_and(|end| end.upper() < effective_on.lower());
    found.require(Rule { holds: !reversed, field, message: "is before the fact takes effect" });
}

fn check_lineage(it: &LineageRecorded, at: &str, found: &mut Violations) {
    let field = format!("{at}.other");
    let alone = matches!(it.kind, LineageKind::BecameParty | LineageKind::BecameGovernment);
    found.require(Rule {
        holds: alone || it.other.is_some(),
        field: &field,
        message: "is required for this kind",
    });
    found.require(Rule {
        holds: it.kind == LineageKind::Renamed || it.other.as_ref() != Some(&it.group),
        field: &field,
        message: "is the group itself, which only RENAMED allows",
    });
}

fn check_regime(it: &RegimeRegistered, at: &str, found: &mut Violations) {
    found.required_text(&format!("{at}.title"), &it.title, NAME_CHARACTERS_MAX);
    check_distinct(&it.legal_effects, &format!("{at}.legal_effects"), found);
    found.require(Rule {
        holds: it.review_interval_months <= REVIEW_MONTHS_MAX,
        field: &format!("{at}.review_interval_months"),
        message: "is more than 240",
    });
}

fn check_act(it: &DesignationAct, at: &str, found: &mut Violations) {
    let needs_alias = matches!(it.act, Act::ListedAsAlias | Act::MergedIntoListing);
    found.require(Rule {
        holds: !needs_alias || matches!(it.scope, Scope::AliasOf(_)),
        field: &format!("{at}.scope.alias_of"),
        message: "is required for this act: name the group whose listing covers it",
    });
    match &it.scope {
        Scope::Component(name) => {
            found.required_text(&format!("{at}.scope.component"), name, SHORT_CHARACTERS_MAX)
        }
        Scope::AliasOf(listing) => found.require(Rule {
            holds: *listing != it.group,
            field: &format!("{at}.scope.alias_of"),
            message: "is the group itself",
        }),
        Scope::Whole => {}
    }
    found.text(&format!("{at}.reference"), &it.reference, SHORT_CHARACTERS_MAX);
    found.text(&format!("{at}.reason"), &it.reason, REASON_CHARACTERS_MAX);
    let expires = matches!(it.act, Act::Listed | Act::Maintained | Act::Suspended | Act::ExemptionGranted);
    found.require(Rule {
        holds: expires || it.expires_on.is_none(),
        field: &format!("{at}.expires_on"),
        message: "is for LISTED, MAINTAINED, SUSPENDED and EXEMPTION_GRANTED only",
    });
}

fn check_engagement(it: &Engagement, at: &str, found: &mut Violations) {
    let participants = format!("{at}.participants");
    found.count(&participants, it.participants.len(), 2..=200);
    for (index, participant) in it.participants.iter().enumerate() {
        check_participant(participant, &format!("{participants}[{index}]"), found);
    }
    let mut seen = HashSet::new();
    found.require(Rule {
        holds: it.participants.iter().all(|participant| seen.insert((&participant.party, participant.role))),
        field: &participants,
        message: "names somebody twice in the same role",
    });
    found.require(Rule {
        holds: it.principal_actors().next().is_some() && it.principal_groups().next().is_some(),
        field: &participants,
        message: "needs at least one PRINCIPAL actor and one PRINCIPAL group",
    });
    found.text(&format!("{at}.venue"), &it.venue, SHORT_CHARACTERS_MAX);
    found.text(&format!("{at}.process"), &it.process, SHORT_CHARACTERS_MAX);
    check_distinct(&it.pillars, &format!("{at}.pillars"), found);
    check_detail(it, at, found);
}

fn check_participant(it: &Participant, at: &str, found: &mut Violations) {
    found.text(&format!("{at}.person"), &it.person, SHORT_CHARACTERS_MAX);
    found.text(&format!("{at}.office"), &it.office, SHORT_CHARACTERS_MAX);
    let fits = match it.party {
        _ if it.level == Level::Unknown => true,
        Party::Actor(_) => it.level < Level::Unknown,
        Party::Group(_) => Level::Unknown < it.level,
    };
    found.require(Rule {
        holds: fits,
        field: &format!("{at}.level"),
        message: "does not fit: HEAD_OF_STATE to NGO are for actors, LEADER to REPRESENTATIVE for groups",
    });
}

/// Which details go with which kinds of engagement.
fn check_detail(it: &Engagement, at: &str, found: &mut Violations) {
    use EngagementKind as Kind;
    let agreement = it.kind == Kind::AgreementSigned;
    let representation = matches!(
        it.kind,
        Kind::MissionOpened
            | Kind::MissionLevelChanged
            | Kind::MissionClosed
            | Kind::EnvoyAccredited
            | Kind::EnvoyExpelled
    );
    let ceasefire_required = matches!(it.kind, Kind::CeasefireDeclared | Kind::CeasefireInForce);
    let ceasefire = ceasefire_required || matches!(it.kind, Kind::CeasefireViolated | Kind::CeasefireEnded);
    let mut detail = |name: &str, given: bool, allowed: bool, required: bool| {
        let field = format!("{at}.{name}");
        found.require(Rule {
            holds: given || !required,
            field: &field,
            message: "is required for this kind",
        });
        found.require(Rule { holds: allowed || !given, field: &field, message: "is not for this kind" });
    };
    detail("agreement", it.agreement.is_some(), agreement, agreement);
    detail("representation", it.representation.is_some(), representation, representation);
    detail("ceasefire", it.ceasefire.is_some(), ceasefire, ceasefire_required);
    if let Some(agreement) = &it.agreement {
        found.text(&format!("{at}.agreement.title"), &agreement.title, TITLE_CHARACTERS_MAX);
    }
    if let Some(ceasefire) = &it.ceasefire {
        let sides = format!("{at}.ceasefire.sides");
        found.count(&sides, ceasefire.sides.len(), 1..=20);
        check_distinct(&ceasefire.sides, &sides, found);
        let takes_part =
            |side: &String| it.participants.iter().any(|participant| participant.party.as_str() == side);
        found.require(Rule {
            holds: ceasefire.sides.iter().all(takes_part),
            field: &sides,
            message: "names somebody who is not a participant",
        });
        found.text(&format!("{at}.ceasefire.coverage"), &ceasefire.coverage, QUOTE_CHARACTERS_MAX);
    }
}

fn check_distinct<T: Eq + Hash>(values: &[T], field: &str, found: &mut Violations) {
    let mut seen = HashSet::new();
    found.require(Rule {
        holds: values.iter().all(|value| seen.insert(value)),
        field,
        message: "has an entry twice",
    });
}
