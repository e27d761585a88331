//! The fields of the status of a group. Its dealings are told by its relationships and are not repeated here.

use std::collections::BTreeSet;

use super::{Field, Fields, Part, add_lost, join, listing_elsewhere, listing_key, optional, since_text};
use crate::{
    domain::{
        date::PartialDate,
        fold::{Lost, Provenance},
        id::RegimeId,
        status::group::{
            Anomaly, Designation, Episode, GroupStatus, InheritedDesignation, Lineage, NameStatus, Since,
        },
        subject::Subject,
        vocabulary::{AnomalyRule, DesignationState, DueKind, GroupFlag, NameKind, Vocabulary as _},
    },
    position::Position,
};

/// The value of what only claims tell of that lost.
const NOTHING: &str = "NONE";

impl GroupStatus {
    /// Its fields: identity, life, listings, and what follows from them.
    pub fn fields(&self) -> Vec<Field> {
        let mut fields = Fields::default();
        identity(self, &mut fields);
        life(self, &mut fields);
        for designation in &self.designations {
            listing(designation, &mut fields);
        }
        for it in &self.inherited {
            let bound = it.bound_actor.as_ref().map(|actor| format!(" binding {actor}")).unwrap_or_default();
            let key = listing_key(it.regime.as_str(), it.component.as_deref());
            let path = format!("inherited[{key} from {}{bound}]", it.from_group);
            fields.derive(&path, it.state, vec![elsewhere(it)]);
            fields.rest(&path, it.events.iter().copied());
        }
        for it in &self.legal_effects {
            let effects = join(it.legal_effects.iter().map(ToString::to_string));
            let from = it.regimes.iter().map(|regime| format!("designations[{regime}]")).collect();
            fields.derive(format!("legal_effects[{}]", it.jurisdiction), effects, from);
        }
        for it in &self.inherited_effects {
            let effects = join(it.legal_effects.iter().map(ToString::to_string));
            let path = format!("inherited_effects[{}]", it.jurisdiction);
            let (from, events) = reaching(self, &it.regimes);
            fields.derive(&path, effects, from);
            fields.rest(&path, events);
        }
        for flag in &self.flags {
            fields.derive(format!("flags[{flag}]"), "set", flag_from(self, *flag));
        }
        for it in &self.anomalies {
            let first = it.events.first().copied().unwrap_or_default();
            let path = format!("anomalies[{} at {first}]", it.rule);
            let value = format!("{} {}: {}", it.date, it.subject, it.message);
            fields.push(path, value, Part::Standing, resting_on(&it.events), anomaly_from(self, it));
        }
        measures(self, &mut fields);
        fields.all
    }
}

fn identity(status: &GroupStatus, fields: &mut Fields) {
    // A name may be borne again: it rests on what brought it last.
    let rank = |it: &NameStatus| (it.kind == NameKind::Primary, it.from);
    let alike = status.names.iter().filter(|it| it.text == status.name);
    let primary = alike.reduce(|last, next| if rank(last) < rank(next) { next } else { last });
    let provenance = primary.map(|it| it.provenance.clone()).unwrap_or_default();
    fields.say("kind", status.kind, &Provenance::default());
    fields.say("name", &status.name, &with_lost(&provenance, &status.claimed.names));
    for it in &status.names {
        let value = format!("{}{}", it.kind.name(), period(it.from, it.until));
        let path = format!("names[{}]", name_key(it));
        fields.say(&path, value, &it.provenance);
        if let Some(replaced_by) = it.replaced_by {
            fields.rest(&path, [replaced_by].into_iter().chain(it.provenance.events.iter().copied()));
        }
    }
    for it in &status.external_ids {
        let path = format!("external_ids[{} {}]", it.scheme.name(), it.value);
        fields.say(path, format!("valid{}", period(it.from, it.until)), &Provenance::default());
    }
    for it in &status.lineage {
        let value =
            format!("{}{}", it.since, it.until.map(|until| format!(" until {until}")).unwrap_or_default());
        let claimed = claims_of(status, &lineage_key(it));
        let provenance = with_lost(&resting_on(&[it.event]), &claimed);
        fields.say(format!("lineage[{}]", lineage_key(it)), value, &provenance);
    }
    let mut known: BTreeSet<String> = status.lineage.iter().map(lineage_key).collect();
    for (tie, _) in &status.claimed.lineage {
        let key = lineage_key(tie);
        let provenance = with_lost(&Provenance::default(), &claims_of(status, &key));
        if known.insert(key.clone()) {
            fields.say(format!("lineage[{key}]"), NOTHING, &provenance);
        }
    }
}

/// The claims of a tie that is not in effect as they tell it.
fn claims_of(status: &GroupStatus, key: &str) -> Vec<Lost> {
    let claims = status.claimed.lineage.iter().filter(|(tie, _)| lineage_key(tie) == key);
    claims.map(|(_, lost)| *lost).collect()
}

fn life(status: &GroupStatus, fields: &mut Fields) {
    let claimed = &status.claimed.lifecycle;
    if let Some(life) = &status.lifecycle {
        fields.say("lifecycle", life.state, &with_lost(&life.provenance, claimed));
        fields.say("lifecycle.since", life.since, &life.provenance);
    } else if !claimed.is_empty() {
        fields.say("lifecycle", NOTHING, &with_lost(&Provenance::default(), claimed));
    }
}

/// The same, with claims that lost against something else.
fn with_lost(provenance: &Provenance, lost: &[Lost]) -> Provenance {
    let mut provenance = provenance.clone();
    add_lost(&mut provenance.lost, lost);
    provenance
}

fn listing(it: &Designation, fields: &mut Fields) {
    let path = listing_path(it);
    let mut provenance = it.provenance.clone();
    add_lost(&mut provenance.lost, &it.alternatives);
    fields.say(&path, it.state, &provenance);
    let mut detail = |name: &str, value: String, from: Option<Position>| {
        let path = format!("{path}.{name}");
        fields.say(&path, value, &provenance);
        fields.rest(&path, from);
    };
    let unlisted = it.state == DesignationState::None && it.since == Since::Unknown;
    detail("since", if unlisted { String::new() } else { since_text(it.since) }, None);
    let alias = it.alias_of.as_ref().map(|of| format!(" of {of}")).unwrap_or_default();
    detail("basis", it.basis.map(|basis| format!("{basis}{alias}")).unwrap_or_default(), it.details.basis);
    fields.say(format!("{path}.episodes"), join(it.episodes.iter().map(episode)), &provenance);
    fields.rest(&format!("{path}.episodes"), it.details.episodes.iter().copied());
    let brought = || it.challenges.iter().map(|it| it.event);
    let numbers = it.challenges.iter().map(|it| it.reference.clone()).filter(|it| !it.is_empty());
    let (case, from): (String, Vec<Position>) = match it.challenges.is_empty() {
        true => (it.case.clone(), it.details.judgment.into_iter().collect()),
        false => (join(numbers), brought().collect()),
    };
    fields.say(format!("{path}.case"), case, &provenance);
    fields.rest(&format!("{path}.case"), from);
    let days = it.challenges.iter().map(|it| it.brought_on.to_string());
    fields.say(format!("{path}.challenged_on"), join(days), &provenance);
    fields.rest(&format!("{path}.challenged_on"), brought());
    let mut detail = |name: &str, value: String, from: Option<Position>| {
        let path = format!("{path}.{name}");
        fields.say(&path, value, &provenance);
        fields.rest(&path, from);
    };
    detail("disputed", if it.disputed { "yes".to_owned() } else { String::new() }, None);
    detail("reference", it.reference.clone(), it.details.reference);
    detail("first_absent_on", optional(it.first_absent_on), it.details.first_absent);
    let due = it.review_due_on.map(|day| {
        let overdue = if it.review_overdue { ", overdue" } else { "" };
        format!("{day}{overdue}")
    });
    detail("review_due_on", due.unwrap_or_default(), it.details.review);
    if let Some(end) = &it.regime_end {
        fields.say(format!("{path}.regime_ends_on"), end.on, &end.provenance);
    }
    let pending = it.pending.iter().map(|act| {
        let dated = |verb: &str, date: Option<PartialDate>| {
            date.map(|date| format!(", {verb} {date}")).unwrap_or_default()
        };
        let on = act.effective_on.map(|date| format!(" {date}")).unwrap_or_default();
        format!("{}{on}{}{}", act.act, dated("decided", act.decided_on), dated("announced", act.announced_on))
    });
    let events: Vec<Position> = it.pending.iter().map(|act| act.event).collect();
    fields.say(format!("{path}.pending"), join(pending), &resting_on(&events));
    let exemptions = it.exemptions.iter().map(|exemption| {
        let until = exemption.expires_on.map(|date| format!(" until {date}")).unwrap_or_default();
        let number = Some(&exemption.reference).filter(|it| !it.is_empty());
        let number = number.map(|it| format!(" ({it})")).unwrap_or_default();
        format!("{}{until}{number}", exemption.granted_on)
    });
    let events: Vec<Position> = it.exemptions.iter().map(|exemption| exemption.event).collect();
    fields.say(format!("{path}.exemptions"), join(exemptions), &resting_on(&events));
    let path = format!("{path}.last_present_on");
    fields.measure(&path, optional(it.last_present_on), &provenance);
    fields.rest(&path, it.details.last_present);
}

/// The listings with effects under some regimes that reach the group through others, and what they rest on.
fn reaching(status: &GroupStatus, regimes: &[RegimeId]) -> (Vec<String>, BTreeSet<Position>) {
    let reaching = status.inherited.iter().filter(|it| it.bound_actor.is_none());
    let reaching = reaching.filter(|it| it.state.has_effects() && regimes.contains(&it.regime));
    let events = reaching.clone().flat_map(|it| it.events.iter().copied()).collect();
    (reaching.map(elsewhere).collect(), events)
}

/// The listing that something inherited comes from.
fn elsewhere(it: &InheritedDesignation) -> String {
    listing_elsewhere(&it.from_group, &it.regime, it.component.as_deref())
}

fn regime_list(regimes: &[RegimeId]) -> String {
    join(regimes.iter().map(ToString::to_string))
}

fn listing_path(it: &Designation) -> String {
    format!("designations[{}]", listing_key(it.regime.as_str(), it.component.as_deref()))
}

fn measures(status: &GroupStatus, fields: &mut Fields) {
    let counted = Provenance::default();
    let upcoming = status.upcoming.iter().map(|it| format!("{} {}", it.date, it.what));
    let events: Vec<Position> =
        status.upcoming.iter().filter(|it| it.kind != DueKind::Review).filter_map(|it| it.event).collect();
    let of = |it: &&Designation| status.upcoming.iter().any(|due| due.regime == it.regime);
    let from = status.designations.iter().filter(of).map(listing_path).collect();
    fields.push("upcoming".to_owned(), join(upcoming), Part::Measure, resting_on(&events), from);
    // When a review falls due follows from the act that it counts from.
    let reviews = status.designations.iter().filter(|it| it.review_due_on.is_some() && !it.review_overdue);
    let reviews = reviews.filter_map(|it| it.details.review);
    fields.rest("upcoming", distinct(events.iter().copied().chain(reviews)));
    for (path, regimes) in [
        ("divergence.listed_under", &status.divergence.listed_under),
        ("divergence.not_listed_under", &status.divergence.not_listed_under),
    ] {
        let listings = status.designations.iter().filter(|it| regimes.contains(&it.regime));
        fields.tally(path, regime_list(regimes), listings.map(listing_path).collect());
    }
    let (from, events) = reaching(status, &status.divergence.listed_through);
    fields.tally("divergence.listed_through", regime_list(&status.divergence.listed_through), from);
    fields.rest("divergence.listed_through", events);
    fields.measure("counts.designation_acts", status.counts.designation_acts, &counted);
}

/// The listings that a contradiction between two of them follows from.
fn anomaly_from(status: &GroupStatus, anomaly: &Anomaly) -> Vec<String> {
    let aliases = status.designations.iter().filter(|it| {
        anomaly.rule == AnomalyRule::AliasOutlivesListing
            && it.component.is_none()
            && matches!(&anomaly.subject, Subject::Designation(_, regime) if *regime == it.regime)
    });
    let pair = |it: &Designation| {
        let main = it.alias_of.as_ref().map(|main| listing_elsewhere(main, &it.regime, None));
        std::iter::once(listing_path(it)).chain(main)
    };
    aliases.flat_map(pair).collect()
}

/// The fields that a flag follows from.
fn flag_from(status: &GroupStatus, flag: GroupFlag) -> Vec<String> {
    let in_force = status.designations.iter().filter(|it| it.state.is_in_force());
    let listings = in_force.map(listing_path);
    match flag {
        GroupFlag::ListedButDissolved | GroupFlag::GoverningButListed => {
            std::iter::once("lifecycle".to_owned()).chain(listings).collect()
        }
    }
}

fn distinct(events: impl Iterator<Item = Position>) -> Vec<Position> {
    let mut found: Vec<Position> = Vec::new();
    events.for_each(|event| {
        if !found.contains(&event) {
            found.push(event)
        }
    });
    found
}

fn resting_on(events: &[Position]) -> Provenance {
    Provenance { events: events.to_vec(), ..Provenance::default() }
}

fn episode(it: &Episode) -> String {
    let end = it.end.map(|end| format!(" to {} {}", end.on, end.state)).unwrap_or_default();
    format!("{}: {}{end}", it.number, since_text(it.began))
}

fn period(from: Option<PartialDate>, until: Option<PartialDate>) -> String {
    let from = from.map(|date| format!(" from {date}")).unwrap_or_default();
    let until = until.map(|date| format!(" until {date}")).unwrap_or_default();
    format!("{from}{until}")
}

fn name_key(it: &NameStatus) -> String {
    let marks = [it.language.as_str(), it.script.as_str()];
    let marks: Vec<&str> = marks.into_iter().filter(|mark| !mark.is_empty()).collect();
    if marks.is_empty() { it.text.clone() } else { format!("{} {}", it.text, marks.join("-")) }
}

fn lineage_key(it: &Lineage) -> String {
    let other = it.other.as_ref().map(|other| format!(" {other}")).unwrap_or_default();
    format!("{} {}{other}", it.group, it.kind)
}
