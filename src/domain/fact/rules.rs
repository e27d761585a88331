//! The rules of form that a new fact keeps: lengths, counts, and which fields go together.

use std::{collections::HashSet, fmt::Arguments, hash::Hash};

use super::FactParts;
use crate::domain::{
    date::{DateSpan, PartialDate},
    source::Source,
    statement::{
        ActorRegistered, DecisionRecorded, DesignationAct, Engagement, GroupRegistered, LineageRecorded,
        Name, Participant, Party, RegimeRegistered, Scope, Statement,
    },
    subject::Subject,
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
/// Up to how many values each is compared with each, which is less work than a set of them.
const PAIRS_OF_MAX: usize = 8;
/// The longest review interval, in months.
const REVIEW_MONTHS_MAX: u16 = 240;

/// The longest rationale of a decision, in characters.
const RATIONALE_CHARACTERS_MAX: usize = 2_000;
/// Subjects of a decision.
const DECISION_SUBJECTS_MAX: usize = 100;

pub(super) fn violations_of(parts: &FactParts) -> Vec<Violation> {
    let mut found = Violations::default();
    found.text("summary", &parts.summary, SUMMARY_CHARACTERS_MAX);
    found.count("sources", parts.sources.len(), 1..=20);
    for (index, source) in parts.sources.iter().enumerate() {
        check_source(source, format_args!("sources[{index}]"), &mut found);
    }
    let kind = parts.statement.kind();
    let at = format_args!("{kind}");
    match &parts.statement {
        Statement::ActorRegistered(it) => check_actor(it, at, &mut found),
        Statement::GroupRegistered(it) => check_group(it, at, &mut found),
        Statement::GroupNamed(it) => check_name(&it.name, format_args!("{at}.name"), &mut found),
        Statement::LineageRecorded(it) => {
            check_lineage(it, at, &mut found);
            check_end(it.until, parts.effective_on, format_args!("{at}.until"), &mut found);
        }
        Statement::LifecycleChanged(_) => {}
        Statement::RegimeRegistered(it) => check_regime(it, at, &mut found),
        Statement::RegimeTerminated(it) => {
            found.text(format_args!("{at}.reason"), &it.reason, REASON_CHARACTERS_MAX)
        }
        Statement::DesignationAct(it) => {
            check_act(it, at, &mut found);
            check_end(it.expires_on, parts.effective_on, format_args!("{at}.expires_on"), &mut found);
        }
        Statement::IdentityMerged(it) => {
            found.require(Rule {
                holds: it.group != it.into,
                field: format_args!("{at}.into"),
                message: "is the group itself",
            });
            found.text(format_args!("{at}.reason"), &it.reason, REASON_CHARACTERS_MAX);
        }
        Statement::IdentityUnmerged(it) => {
            found.text(format_args!("{at}.reason"), &it.reason, REASON_CHARACTERS_MAX);
        }
        Statement::Engagement(it) => {
            check_engagement(it, at, &mut found);
            let begins =
                matches!(it.kind, EngagementKind::CeasefireDeclared | EngagementKind::CeasefireInForce);
            let ceasefire = it.ceasefire.as_ref().filter(|_| begins);
            let ends_on = ceasefire.and_then(|ceasefire| ceasefire.ends_on);
            check_end(ends_on, parts.effective_on, format_args!("{at}.ceasefire.ends_on"), &mut found);
        }
        Statement::DecisionRecorded(it) => check_decision(it, at, &mut found),
    }
    found.into_vec()
}

fn check_source(source: &Source, at: Arguments<'_>, found: &mut Violations) {
    found.required_text(format_args!("{at}.publisher"), &source.publisher, SHORT_CHARACTERS_MAX);
    found.text(format_args!("{at}.title"), &source.title, TITLE_CHARACTERS_MAX);
    found.text(format_args!("{at}.locator"), &source.locator, LOCATOR_CHARACTERS_MAX);
    found.require(Rule {
        holds: !(source.title.trim().is_empty() && source.locator.trim().is_empty()),
        field: at,
        message: "needs a title or a locator, so that it can be found again",
    });
    let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    found.require(Rule {
        holds: source.sha256.is_empty()
            || source.sha256.len() == 64 && source.sha256.bytes().all(hexadecimal),
        field: format_args!("{at}.sha256"),
        message: "is not 64 hexadecimal digits in lower case",
    });
    found.text(format_args!("{at}.language"), &source.language, LANGUAGE_CHARACTERS_MAX);
    found.text(format_args!("{at}.quote"), &source.quote, QUOTE_CHARACTERS_MAX);
}

fn check_actor(it: &ActorRegistered, at: Arguments<'_>, found: &mut Violations) {
    found.required_text(format_args!("{at}.name"), &it.name, NAME_CHARACTERS_MAX);
    found.count(format_args!("{at}.memberships"), it.memberships.len(), 0..=100);
    for (index, membership) in it.memberships.iter().enumerate() {
        check_period(membership.from, membership.until, format_args!("{at}.memberships[{index}]"), found);
    }
}

fn check_group(it: &GroupRegistered, at: Arguments<'_>, found: &mut Violations) {
    found.count(format_args!("{at}.names"), it.names.len(), 1..=100);
    for (index, name) in it.names.iter().enumerate() {
        check_name(name, format_args!("{at}.names[{index}]"), found);
    }
    found.require(Rule {
        holds: it.names.is_empty() || it.names.iter().any(|name| name.kind == NameKind::Primary),
        field: format_args!("{at}.names"),
        message: "has no PRIMARY name",
    });
    found.count(format_args!("{at}.external_ids"), it.external_ids.len(), 0..=50);
    for (index, id) in it.external_ids.iter().enumerate() {
        let at = format_args!("{at}.external_ids[{index}]");
        found.required_text(format_args!("{at}.value"), &id.value, EXTERNAL_ID_CHARACTERS_MAX);
        check_period(id.from, id.until, at, found);
    }
}

fn check_name(name: &Name, at: Arguments<'_>, found: &mut Violations) {
    found.required_text(format_args!("{at}.text"), &name.text, NAME_CHARACTERS_MAX);
    found.text(format_args!("{at}.language"), &name.language, LANGUAGE_CHARACTERS_MAX);
    let code = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_alphabetic());
    found.require(Rule {
        holds: name.script.is_empty() || code(&name.script),
        field: format_args!("{at}.script"),
        message: "is not an ISO 15924 code of four letters, such as Latn",
    });
    check_period(name.from, name.until, at, found);
}

fn check_period(
    from: Option<PartialDate>,
    until: Option<PartialDate>,
    at: Arguments<'_>,
    found: &mut Violations,
) {
    let reversed = from.zip(until).is_some_and(|(from, until)| until.upper() < from.lower());
    found.require(Rule { holds: !reversed, field: format_args!("{at}.until"), message: "is before `from`" });
}

/// What ends does not end before it begins: its last possible day is not before the first possible day of the fact.
fn check_end(end: Option<PartialDate>, effective_on: DateSpan, field: Arguments<'_>, found: &mut Violations) {
    let reversed = end.is_some_and(|end| end.upper() < effective_on.lower());
    found.require(Rule { holds: !reversed, field, message: "is before the fact takes effect" });
}

fn check_lineage(it: &LineageRecorded, at: Arguments<'_>, found: &mut Violations) {
    let field = format_args!("{at}.other");
    let alone = matches!(it.kind, LineageKind::BecameParty | LineageKind::BecameGovernment);
    found.require(Rule { holds: alone || it.other.is_some(), field, message: "is required for this kind" });
    found.require(Rule {
        holds: it.kind == LineageKind::Renamed || it.other.as_ref() != Some(&it.group),
        field,
        message: "is the group itself, which only RENAMED allows",
    });
}

fn check_regime(it: &RegimeRegistered, at: Arguments<'_>, found: &mut Violations) {
    found.required_text(format_args!("{at}.title"), &it.title, NAME_CHARACTERS_MAX);
    check_distinct(&it.legal_effects, format_args!("{at}.legal_effects"), found);
    found.require(Rule {
        holds: it.review_interval_months <= REVIEW_MONTHS_MAX,
        field: format_args!("{at}.review_interval_months"),
        message: "is more than 240",
    });
}

fn check_act(it: &DesignationAct, at: Arguments<'_>, found: &mut Violations) {
    let needs_alias = matches!(it.act, Act::ListedAsAlias | Act::MergedIntoListing);
    found.require(Rule {
        holds: !needs_alias || matches!(it.scope, Scope::AliasOf(_)),
        field: format_args!("{at}.scope.alias_of"),
        message: "is required for this act: name the group whose listing covers it",
    });
    match &it.scope {
        Scope::Component(name) => {
            found.required_text(format_args!("{at}.scope.component"), name, SHORT_CHARACTERS_MAX)
        }
        Scope::AliasOf(listing) => found.require(Rule {
            holds: *listing != it.group,
            field: format_args!("{at}.scope.alias_of"),
            message: "is the group itself",
        }),
        Scope::Whole => {}
    }
    found.text(format_args!("{at}.reference"), &it.reference, SHORT_CHARACTERS_MAX);
    found.text(format_args!("{at}.reason"), &it.reason, REASON_CHARACTERS_MAX);
    let expires = matches!(it.act, Act::Listed | Act::Maintained | Act::Suspended | Act::ExemptionGranted);
    found.require(Rule {
        holds: expires || it.expires_on.is_none(),
        field: format_args!("{at}.expires_on"),
        message: "is for LISTED, MAINTAINED, SUSPENDED and EXEMPTION_GRANTED only",
    });
}

fn check_engagement(it: &Engagement, at: Arguments<'_>, found: &mut Violations) {
    let participants = format_args!("{at}.participants");
    found.count(participants, it.participants.len(), 2..=200);
    for (index, participant) in it.participants.iter().enumerate() {
        check_participant(participant, format_args!("{participants}[{index}]"), found);
    }
    let parties = it.participants.iter().map(|participant| (&participant.party, participant.role));
    found.require(Rule {
        holds: are_distinct(parties),
        field: participants,
        message: "names somebody twice in the same role",
    });
    found.require(Rule {
        holds: it.principal_actors().next().is_some() && it.principal_groups().next().is_some(),
        field: participants,
        message: "needs at least one PRINCIPAL actor and one PRINCIPAL group",
    });
    found.text(format_args!("{at}.venue"), &it.venue, SHORT_CHARACTERS_MAX);
    found.text(format_args!("{at}.process"), &it.process, SHORT_CHARACTERS_MAX);
    check_distinct(&it.pillars, format_args!("{at}.pillars"), found);
    check_detail(it, at, found);
}

fn check_decision(it: &DecisionRecorded, at: Arguments<'_>, found: &mut Violations) {
    found.required_text(format_args!("{at}.title"), &it.title, NAME_CHARACTERS_MAX);
    let subjects = format_args!("{at}.subjects");
    found.count(subjects, it.subjects.len(), 1..=DECISION_SUBJECTS_MAX);
    check_distinct(&it.subjects, subjects, found);
    for (index, subject) in it.subjects.iter().enumerate() {
        let has_status =
            matches!(subject, Subject::Group(_) | Subject::Relationship(..) | Subject::Designation(..));
        found.require(Rule {
            holds: has_status,
            field: format_args!("{subjects}[{index}]"),
            message: "has no status of its own: name a group/G, relationship/A/G or designation/G/R",
        });
    }
    found.required_text(format_args!("{at}.ruleset"), &it.ruleset, LANGUAGE_CHARACTERS_MAX);
    found.required_text(format_args!("{at}.rationale"), &it.rationale, RATIONALE_CHARACTERS_MAX);
}

fn check_participant(it: &Participant, at: Arguments<'_>, found: &mut Violations) {
    found.text(format_args!("{at}.person"), &it.person, SHORT_CHARACTERS_MAX);
    found.text(format_args!("{at}.office"), &it.office, SHORT_CHARACTERS_MAX);
    let fits = match it.party {
        _ if it.level == Level::Unknown => true,
        Party::Actor(_) => it.level < Level::Unknown,
        Party::Group(_) => Level::Unknown < it.level,
    };
    found.require(Rule {
        holds: fits,
        field: format_args!("{at}.level"),
        message: "does not fit: HEAD_OF_STATE to NGO are for actors, LEADER to REPRESENTATIVE for groups",
    });
}

/// Which details go with which kinds of engagement.
fn check_detail(it: &Engagement, at: Arguments<'_>, found: &mut Violations) {
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
        let field = format_args!("{at}.{name}");
        found.require(Rule { holds: given || !required, field, message: "is required for this kind" });
        found.require(Rule { holds: allowed || !given, field, message: "is not for this kind" });
    };
    detail("agreement", it.agreement.is_some(), agreement, agreement);
    detail("representation", it.representation.is_some(), representation, representation);
    detail("ceasefire", it.ceasefire.is_some(), ceasefire, ceasefire_required);
    if let Some(agreement) = &it.agreement {
        found.text(format_args!("{at}.agreement.title"), &agreement.title, TITLE_CHARACTERS_MAX);
    }
    if let Some(ceasefire) = &it.ceasefire {
        let sides = format_args!("{at}.ceasefire.sides");
        found.count(sides, ceasefire.sides.len(), 1..=20);
        check_distinct(&ceasefire.sides, sides, found);
        let takes_part =
            |side: &String| it.participants.iter().any(|participant| participant.party.as_str() == side);
        found.require(Rule {
            holds: ceasefire.sides.iter().all(takes_part),
            field: sides,
            message: "names somebody who is not a participant",
        });
        found.text(format_args!("{at}.ceasefire.coverage"), &ceasefire.coverage, QUOTE_CHARACTERS_MAX);
    }
}

fn check_distinct<T: Eq + Hash>(values: &[T], field: Arguments<'_>, found: &mut Violations) {
    found.require(Rule { holds: are_distinct(values.iter()), field, message: "has an entry twice" });
}

/// Whether no value comes twice.
fn are_distinct<T: Eq + Hash>(mut values: impl ExactSizeIterator<Item = T> + Clone) -> bool {
    if values.len() <= PAIRS_OF_MAX {
        while let Some(value) = values.next() {
            if values.clone().any(|other| other == value) {
                return false;
            }
        }
        return true;
    }
    let mut seen = HashSet::new();
    values.all(|value| seen.insert(value))
}
