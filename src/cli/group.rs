//! `group`: the dossier of a group.

use std::collections::BTreeMap;

use clap::Args;

use super::{
    arguments::{Times, slug},
    connection::Session,
    failure::Failure,
    page::{Look, Page, Text, Tone},
    words::{self, phrase, word},
};
use crate::wire::v1;

/// Show where a group stands: its listings, names, lineage and what is pending
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery group hts\n  \
    chancery group hts --on 2025-07-07\n  \
    chancery group hts --regime us-fto219,un-scisil --known 2026-01-01\n  \
    chancery group hts --output json")]
pub struct Group {
    /// The short name of the group, such as hts
    #[arg(value_parser = slug)]
    group: String,
    /// Only these regimes; each is shown, listed or not
    #[arg(long, env = "CHANCERY_REGIME", value_name = "REGIME", value_parser = slug, value_delimiter = ',')]
    regime: Vec<String>,
    #[command(flatten)]
    times: Times,
}

impl Group {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let request = session.request(v1::GetGroupRequest {
            group: self.group,
            regimes: self.regime,
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
        });
        let answer = session.queries().await?.get_group(request).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        session.printer.answer(&answer, dossier)
    }
}

/// The dossier of a group.
fn dossier(answer: &v1::GetGroupResponse, look: Look) -> Result<String, Failure> {
    let status = answer.status.as_ref().ok_or(Failure::Incomplete { part: "status" })?;
    let mut page = Page::new(look);
    page.title(format!("{} ({}), {}", status.name, status.group, phrase::<v1::GroupKind>(status.kind)));
    page.paragraph(Text::toned(words::view(answer.view.as_ref()), Tone::Faint));
    if let Some(lifecycle) = status.lifecycle.as_ref().filter(|lifecycle| lifecycle.state != 0) {
        let since =
            if lifecycle.since.is_empty() { String::new() } else { format!(" since {}", lifecycle.since) };
        let events = words::provenance(lifecycle.provenance.as_ref());
        page.paragraph(format!("{}{since} {events}", word::<v1::LifecycleState>(lifecycle.state)));
    }
    for flag in &status.flags {
        let text = format!("{}: {}", word::<v1::GroupFlag>(*flag), words::group_flag_meaning(*flag));
        page.paragraph(Text::toned(text, Tone::Warning));
    }
    let valid_at = answer.view.as_ref().map_or("", |view| view.valid_at.as_str());
    listings(&mut page, status, valid_at);
    inherited(&mut page, status);
    effects(&mut page, status);
    if let Some(divergence) = &status.divergence {
        divergences(&mut page, divergence);
    }
    identity(&mut page, status);
    outlook(&mut page, status);
    words::leads(&mut page, &status.leads, "");
    if let Some(counts) = &status.counts {
        page.heading("On record");
        page.item(format!(
            "{} with {} ({}); {}",
            words::count(counts.engagements, "engagement", "engagements"),
            words::count(counts.actors, "actor", "actors"),
            words::count(counts.engagement_dyads, "dyad", "dyads"),
            words::count(
                counts.designation_acts,
                "act or observation about listings",
                "acts and observations about listings"
            ),
        ));
    }
    Ok(page.finish())
}

fn listings(page: &mut Page, status: &v1::GroupStatus, valid_at: &str) {
    page.heading("Listings");
    if status.designations.is_empty() {
        page.item("None on record.");
        return;
    }
    let rows = status.designations.iter().map(|listing| {
        let mut notes = notes(listing, valid_at);
        notes.splice(0..0, outlived(status, listing));
        let pending = !listing.pending.is_empty()
            || !listing.regime_ends_on.is_empty()
            || listing.disputed
            || outlived(status, listing).is_some();
        vec![
            Text::from(&listing.regime),
            words::state(listing.state),
            words::since(listing.since.as_ref().filter(|since| !since.date.is_empty())).into(),
            footing(listing).into(),
            Text::stacked(&notes, if pending { Tone::Warning } else { Tone::Plain }),
        ]
    });
    page.table(&["regime", "state", "since", "footing", "pending and notes"], rows.collect());
}

fn footing(listing: &v1::Designation) -> String {
    match v1::Basis::try_from(listing.basis).unwrap_or_default() {
        v1::Basis::AliasOf => format!("alias of {}", listing.alias_of),
        _ if !listing.component.is_empty() => listing.component.clone(),
        v1::Basis::Own => "own".to_owned(),
        v1::Basis::Component => "component".to_owned(),
        v1::Basis::Unspecified => String::new(),
    }
}

/// That what it is an alias of has ended, if it has.
fn outlived(status: &v1::GroupStatus, listing: &v1::Designation) -> Option<String> {
    let subject = format!("designation/{}/{}", status.group, listing.regime);
    let is_of = |it: &&v1::Anomaly| {
        it.rule() == v1::AnomalyRule::AliasOutlivesListing
            && it.subject == subject
            && listing.component.is_empty()
    };
    status.anomalies.iter().find(is_of).map(|it| it.message.clone())
}

/// What else there is to know about a listing on a day, what is pending first.
fn notes(listing: &v1::Designation, valid_at: &str) -> Vec<String> {
    let mut notes: Vec<String> = listing.pending.iter().map(pending).collect();
    if !listing.regime_ends_on.is_empty() {
        let disputed = if listing.regime_end_disputed { ", which is disputed" } else { "" };
        notes.push(format!("the regime ends {}{disputed}", listing.regime_ends_on));
    }
    if listing.disputed {
        notes.push("disputed".to_owned());
    }
    notes.extend(listing.alternatives.iter().map(|it| alternative(it, valid_at)));
    if 0 < listing.corroborated_by {
        let claims = words::count(listing.corroborated_by.into(), "claim", "claims");
        notes.push(format!("corroborated by {claims}"));
    }
    if listing.provenance.as_ref().is_some_and(|provenance| provenance.inferred) {
        notes.push("inferred".to_owned());
    }
    if !listing.last_present_on.is_empty() {
        notes.push(format!("last seen in the list {}", listing.last_present_on));
    }
    if !listing.first_absent_on.is_empty() {
        notes.push(format!("first missing {}", listing.first_absent_on));
    }
    for exemption in &listing.exemptions {
        let span = words::span(&exemption.granted_on, &exemption.expires_on);
        let parts = ["exemption", &exemption.reference, &span, &exemption.reason];
        notes.push(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" "));
    }
    let case = |number: &str| if number.is_empty() { vec![] } else { vec![format!("case {number}")] };
    let brought = |it: &v1::Challenge| {
        let told = std::iter::once(format!("challenged {}", it.brought_on)).chain(case(&it.reference));
        told.collect::<Vec<_>>().join(", ")
    };
    match listing.challenges.as_slice() {
        [] => notes.extend(case(&listing.case_reference)),
        open => notes.extend(open.iter().map(brought)),
    }
    if !listing.review_due_on.is_empty() {
        let due = &listing.review_due_on;
        notes.push(match listing.review_overdue {
            true => format!("review was due {due}, none on record"),
            false => format!("review due {due}"),
        });
    }
    // The last episode is what the state and its date say; earlier ones would be lost.
    let earlier = listing.episodes.len().saturating_sub(1);
    for episode in listing.episodes.iter().take(earlier) {
        let state = word::<v1::DesignationState>(episode.ended_as);
        notes.push(format!("before: {} – {} {state}", words::since(episode.began.as_ref()), episode.ended));
    }
    let reference = [listing.reference.as_str(), &words::provenance(listing.provenance.as_ref())].join(" ");
    if !reference.trim().is_empty() {
        notes.push(reference.trim().trim_start_matches("inferred ").to_owned());
    }
    notes
}

/// A claim that lost, with what it says where that is not what won; and with what won where that is not in effect yet.
fn alternative(claim: &v1::Alternative, valid_at: &str) -> String {
    let id = words::short_id(&claim.event_id);
    let source = phrase::<v1::SourceKind>(claim.source_kind);
    let what = if claim.what == claim.won_what { String::new() } else { format!("{} of ", claim.what) };
    let agrees = if claim.agrees { "a claim that agrees" } else { "a claim that lost" };
    let told = format!("{agrees} ({source}) has {what}{} [{id}]", claim.effective_on);
    match words::is_ahead(&claim.won_on, valid_at) {
        true => format!("of {} {}, not in effect yet: {told}", claim.won_what, claim.won_on),
        false => told,
    }
}

fn pending(act: &v1::PendingAct) -> String {
    let name = word::<v1::Act>(act.act);
    let mut text = if act.effective_on.is_empty() {
        format!("{name} begun")
    } else {
        format!("{name} takes effect {}", act.effective_on)
    };
    for (verb, date) in [("decided", &act.decided_on), ("announced", &act.announced_on)] {
        if !date.is_empty() {
            text.push_str(&format!(", {verb} {date}"));
        }
    }
    text
}

/// Listings through others: one row for each listing, with everybody it binds.
fn inherited(page: &mut Page, status: &v1::GroupStatus) {
    let mut bound: BTreeMap<(&str, &str, &str, i32), Vec<&str>> = BTreeMap::new();
    for listing in &status.inherited {
        let key = (&*listing.regime, &*listing.from_group, &*listing.component, listing.state);
        let actors = bound.entry(key).or_default();
        if !listing.bound_actor.is_empty() {
            actors.push(&listing.bound_actor);
        }
    }
    if bound.is_empty() {
        return;
    }
    page.heading("Listed through others");
    let rows = bound.into_iter().map(|((regime, from, component, state), actors)| {
        let mut reach: Vec<String> = Vec::new();
        if from != status.group {
            reach.push(format!("through {from}"));
        }
        if !component.is_empty() {
            reach.push(format!("{component} only"));
        }
        if !actors.is_empty() {
            reach.push(format!("binds {}", few(&actors)));
        }
        vec![Text::from(regime), words::state(state), reach.join(", ").into()]
    });
    page.table(&["regime", "state", "how"], rows.collect());
}

/// Names with commas, of a long list only the first ones.
fn few(names: &[&str]) -> String {
    const SHOWN_MAX: usize = 12;
    let shown = names.iter().take(SHOWN_MAX).copied().collect::<Vec<_>>().join(", ");
    if names.len() <= SHOWN_MAX { shown } else { format!("{shown} and {} more", names.len() - SHOWN_MAX) }
}

/// Legal effects: one row for all jurisdictions with the same effects from the same regimes, those of its own listings
/// first.
fn effects(page: &mut Page, status: &v1::GroupStatus) {
    let mut rows: Vec<(Vec<&str>, &v1::JurisdictionEffects)> = Vec::new();
    for effects in status.legal_effects.iter().chain(&status.inherited_effects) {
        let same = rows.iter_mut().find(|(_, known)| {
            known.legal_effects == effects.legal_effects
                && known.regimes == effects.regimes
                && known.through_groups == effects.through_groups
        });
        match same {
            Some((jurisdictions, _)) => jurisdictions.push(&effects.jurisdiction),
            None => rows.push((vec![&effects.jurisdiction], effects)),
        }
    }
    if rows.is_empty() {
        return;
    }
    page.heading("Legal effects in force");
    let rows = rows.into_iter().map(|(jurisdictions, effects)| {
        let names: Vec<String> =
            effects.legal_effects.iter().map(|effect| phrase::<v1::LegalEffect>(*effect)).collect();
        let regimes: Vec<&str> = effects.regimes.iter().map(String::as_str).collect();
        let through = match effects.through_groups.as_slice() {
            [] => String::new(),
            groups => format!(", through {}", groups.join(", ")),
        };
        let from = format!("{}{through}", few(&regimes));
        vec![Text::from(few(&jurisdictions)), names.join(", ").into(), from.into()]
    });
    page.table(&["in", "effects", "from"], rows.collect());
}

fn divergences(page: &mut Page, divergence: &v1::Divergence) {
    let listed = divergence.listed_under.len();
    let tracked = listed + divergence.listed_through.len() + divergence.not_listed_under.len();
    if tracked == 0 {
        return;
    }
    page.heading("Divergence");
    let colon = if listed == 0 { String::new() } else { format!(": {}", divergence.listed_under.join(", ")) };
    page.item(format!(
        "Listed under {listed} of {tracked} tracked regimes ({:.0} %){colon}",
        divergence.share * 100.0
    ));
    if !divergence.listed_through.is_empty() {
        page.item(format!("Reached through others under: {}", divergence.listed_through.join(", ")));
    }
    if !divergence.not_listed_under.is_empty() {
        let names = divergence.not_listed_under.join(", ");
        page.item(Text::toned(format!("No listing in effect under: {names}"), Tone::Faint));
    }
}

/// Names, numbers and lineage.
fn identity(page: &mut Page, status: &v1::GroupStatus) {
    if !status.names.is_empty() || !status.external_ids.is_empty() {
        page.heading("Names");
        for kind in
            [v1::NameKind::Primary, v1::NameKind::Alias, v1::NameKind::WeakAlias, v1::NameKind::Former]
        {
            let names = status.names.iter().filter(|name| name.kind == i32::from(kind)).map(|name| {
                let span = words::span(&name.from, &name.until);
                if span.is_empty() { name.text.clone() } else { format!("{} ({span})", name.text) }
            });
            let names = names.collect::<Vec<_>>().join("; ");
            page.labelled(&phrase::<v1::NameKind>(kind.into()), names);
        }
        let ids = status.external_ids.iter().map(|id| {
            let scheme = match v1::ExternalIdScheme::try_from(id.scheme).unwrap_or_default() {
                v1::ExternalIdScheme::UnReference => "UN reference",
                v1::ExternalIdScheme::OfacEntity => "OFAC entity",
                v1::ExternalIdScheme::EuEntry => "EU entry",
                v1::ExternalIdScheme::UcdpActor => "UCDP actor",
                v1::ExternalIdScheme::Wikidata => "Wikidata",
                v1::ExternalIdScheme::Unspecified => "",
            };
            format!("{scheme} {}", id.value)
        });
        page.labelled("numbers", ids.collect::<Vec<_>>().join("; "));
    }
    if !status.lineage.is_empty() {
        page.heading("Lineage");
        for lineage in &status.lineage {
            let relation = phrase::<v1::LineageKind>(lineage.kind);
            let until =
                if lineage.until.is_empty() { String::new() } else { format!(", until {}", lineage.until) };
            let line = format!("{} {relation} {}", lineage.group, lineage.other);
            page.labelled(&lineage.since, format!("{}{until}", line.trim_end()));
        }
    }
}

/// What comes, and what does not fit together.
fn outlook(page: &mut Page, status: &v1::GroupStatus) {
    if !status.upcoming.is_empty() {
        page.heading("Upcoming");
        for upcoming in &status.upcoming {
            page.labelled(&upcoming.date, &upcoming.what);
        }
    }
    if !status.anomalies.is_empty() {
        page.heading("Contradictions on record");
        for anomaly in &status.anomalies {
            let rule = word::<v1::AnomalyRule>(anomaly.rule);
            let events = words::events(&anomaly.event_ids);
            page.labelled(&anomaly.date, format!("{rule} {}: {} {events}", anomaly.subject, anomaly.message));
        }
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "status": {
        "group": "hts", "kind": "GROUP_KIND_ORGANISATION", "name": "Hay'at Tahrir al-Sham\u001b[2J",
        "names": [
          {"text": "Hay'at Tahrir al-Sham", "kind": "NAME_KIND_PRIMARY", "from": "2017-01-28"},
          {"text": "HTS", "kind": "NAME_KIND_ALIAS"},
          {"text": "هيئة تحرير الشام", "kind": "NAME_KIND_ALIAS"},
          {"text": "al-Nusrah Front", "kind": "NAME_KIND_FORMER", "from": "2012-01-23", "until": "2016-07-28"}
        ],
        "externalIds": [{"scheme": "EXTERNAL_ID_SCHEME_UN_REFERENCE", "value": "QDe.137"}],
        "lifecycle": {"state": "LIFECYCLE_STATE_GOVERNING", "since": "2024-12-08", "provenance": {"eventIds": ["0a0a0a0a-0000"]}},
        "designations": [
          {"regime": "gb-ta2000", "state": "DESIGNATION_STATE_ACTIVE", "basis": "BASIS_ALIAS_OF", "aliasOf": "aq",
           "since": {"date": "2017-05", "orBefore": true}, "regimeEndsOn": "2025-12-31",
           "challengedOn": "2024-03-01", "challenges": [{"broughtOn": "2024-03-01", "reference": "T-1"}, {"broughtOn": "2025"}]},
          {"regime": "us-fto219", "state": "DESIGNATION_STATE_ACTIVE", "basis": "BASIS_OWN", "since": {"date": "2014-05-15"},
           "episodes": [{"number": 1, "began": {"date": "2012-12-11"}, "ended": "2014-05-15", "endedAs": "DESIGNATION_STATE_LAPSED"}, {"number": 2, "began": {"date": "2014-05-15"}}],
           "pending": [{"act": "ACT_DELISTED", "effectiveOn": "2025-07-08", "decidedOn": "2025-06-23", "announcedOn": "2025-07-07", "eventId": "1b1b1b1b-0000"}],
           "provenance": {"eventIds": ["2c2c2c2c-0000"]}, "reference": "79 FR 27972"},
          {"regime": "xx-none", "state": "DESIGNATION_STATE_NONE", "since": {}}
        ],
        "inherited": [
          {"regime": "un-scisil", "fromGroup": "hts", "boundActor": "fr", "state": "DESIGNATION_STATE_ACTIVE"},
          {"regime": "un-scisil", "fromGroup": "hts", "boundActor": "de", "state": "DESIGNATION_STATE_ACTIVE"},
          {"regime": "eu-terr", "fromGroup": "aq", "component": "Front", "boundActor": "fr", "state": "DESIGNATION_STATE_ACTIVE"},
          {"regime": "us-sdgt", "fromGroup": "aq", "state": "DESIGNATION_STATE_ACTIVE"}
        ],
        "legalEffects": [
          {"jurisdiction": "de", "legalEffects": ["LEGAL_EFFECT_ASSET_FREEZE", "LEGAL_EFFECT_TRAVEL_BAN"], "regimes": ["un-scisil"]},
          {"jurisdiction": "fr", "legalEffects": ["LEGAL_EFFECT_ASSET_FREEZE", "LEGAL_EFFECT_TRAVEL_BAN"], "regimes": ["un-scisil"]},
          {"jurisdiction": "us", "legalEffects": ["LEGAL_EFFECT_ASSET_FREEZE", "LEGAL_EFFECT_MATERIAL_SUPPORT_CRIME", "LEGAL_EFFECT_INADMISSIBILITY"], "regimes": ["us-fto219"]}
        ],
        "inheritedEffects": [{"jurisdiction": "us", "legalEffects": ["LEGAL_EFFECT_ASSET_FREEZE"], "regimes": ["us-sdgt"], "throughGroups": ["aq"]}],
        "lineage": [{"group": "hts", "kind": "LINEAGE_KIND_SPLINTERED_FROM", "other": "aqi", "since": "2013-04"}],
        "flags": ["GROUP_FLAG_GOVERNING_BUT_LISTED"],
        "divergence": {"listedUnder": ["gb-ta2000", "us-fto219"], "listedThrough": ["us-sdgt"], "notListedUnder": ["au-terror", "nz-unsc1373"], "share": 0.4},
        "upcoming": [{"date": "2025-07-08", "what": "us-fto219: DELISTED takes effect", "regime": "us-fto219", "eventId": "1b1b1b1b-0000"}],
        "anomalies": [{"rule": "ANOMALY_RULE_PRESENT_AFTER_END", "subject": "designation/hts/us-fto219", "date": "2025-07-10", "message": "still in the list after the end of the listing", "eventIds": ["3d3d3d3d-0000"]}],
        "counts": {"engagements": "12", "engagementDyads": "15", "actors": "1", "designationActs": "9"}
      },
      "view": {"validAt": "2025-07-07", "knownPosition": "432", "knownTime": "2026-11-22T14:40:05Z", "ruleset": "1"}
    }"#;

    const DOSSIER: &str = r#"Hay'at Tahrir al-Sham[2J (hts), organisation
On 2025-07-07, as the record stood at position 432 (2026-11-22 14:40 UTC)
GOVERNING since 2024-12-08 [0a0a0a0a]
GOVERNING_BUT_LISTED: it governs, and a listing is still in force

Listings
  regime     state   since       footing      pending and notes
  gb-ta2000  ACTIVE  ≤ 2017-05   alias of aq  the regime ends 2025-12-31
                                              challenged 2024-03-01, case T-1
                                              challenged 2025
  us-fto219  ACTIVE  2014-05-15  own          DELISTED takes effect 2025-07-08, decided 2025-06-23,
                                              announced 2025-07-07
                                              before: 2012-12-11 – 2014-05-15 LAPSED
                                              79 FR 27972 [2c2c2c2c]
  xx-none    NONE

Listed through others
  regime     state   how
  eu-terr    ACTIVE  through aq, Front only, binds fr
  un-scisil  ACTIVE  binds fr, de
  us-sdgt    ACTIVE  through aq

Legal effects in force
  in      effects                                                from
  de, fr  asset freeze, travel ban                               un-scisil
  us      asset freeze, material support crime, inadmissibility  us-fto219
  us      asset freeze                                           us-sdgt, through aq

Divergence
  Listed under 2 of 5 tracked regimes (40 %): gb-ta2000, us-fto219
  Reached through others under: us-sdgt
  No listing in effect under: au-terror, nz-unsc1373

Names
  primary       Hay'at Tahrir al-Sham (from 2017-01-28)
  alias         HTS; هيئة تحرير الشام
  former        al-Nusrah Front (2012-01-23 – 2016-07-28)
  numbers       UN reference QDe.137

Lineage
  2013-04       hts splintered from aqi

Upcoming
  2025-07-08    us-fto219: DELISTED takes effect

Contradictions on record
  2025-07-10    PRESENT_AFTER_END designation/hts/us-fto219: still in the list after the end of the
                listing [3d3d3d3d]

On record
  12 engagements with 1 actor (15 dyads); 9 acts and observations about listings
"#;

    #[test]
    fn a_dossier_reads_as_one() {
        let answer: v1::GetGroupResponse = from_json(ANSWER).unwrap();
        for width in [100, 72, 40] {
            let text = dossier(&answer, Look { width, coloured: false }).unwrap();
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
            if width == 100 {
                assert_eq!(text, DOSSIER, "\n{text}");
            }
        }
    }

    #[test]
    fn an_answer_without_a_status_is_said_to_be_one() {
        let look = Look { width: 100, coloured: false };
        let failure = dossier(&v1::GetGroupResponse::default(), look).unwrap_err();
        assert!(matches!(failure, Failure::Incomplete { part: "status" }));
    }
}
