//! `group`: the dossier of a group.

use std::collections::BTreeMap;

use clap::Args;

use super::{
    arguments::{Times, slug},
    connection::Session,
    failure::Failure,
    output::Format,
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
        match session.printer.format() {
            Format::Table => {
                let text = dossier(&answer, session.printer.look())?;
                session.printer.text(&text)
            }
            Format::Json => session.printer.message(&answer),
            Format::Jsonl => session.printer.lines([&answer]),
        }
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
    listings(&mut page, status);
    inherited(&mut page, status);
    effects(&mut page, status);
    if let Some(divergence) = &status.divergence {
        divergences(&mut page, divergence);
    }
    identity(&mut page, status);
    outlook(&mut page, status);
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

fn listings(page: &mut Page, status: &v1::GroupStatus) {
    page.heading("Listings");
    if status.designations.is_empty() {
        page.item("None on record.");
        return;
    }
    let rows = status.designations.iter().map(|listing| {
        let notes = notes(listing);
        let pending = !listing.pending.is_empty() || listing.disputed;
        vec![
            Text::from(&listing.regime),
            words::state(listing.state),
            words::since(listing.since.as_ref()).into(),
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

/// What else there is to know about a listing, what is pending first.
fn notes(listing: &v1::Designation) -> Vec<String> {
    let mut notes: Vec<String> = listing.pending.iter().map(pending).collect();
    if listing.disputed {
        notes.push("disputed".to_owned());
    }
    for alternative in &listing.alternatives {
        let id = words::short_id(&alternative.event_id);
        let source = phrase::<v1::SourceKind>(alternative.source_kind);
        notes.push(format!("a claim that lost ({source}) has {} [{id}]", alternative.effective_on));
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
        notes.push(format!("exemption {span} {}", exemption.reason).trim_end().to_owned());
    }
    if !listing.challenged_on.is_empty() {
        notes.push(format!("challenged {}", listing.challenged_on));
    }
    if !listing.review_due_on.is_empty() {
        let due = if listing.review_overdue { "review overdue since" } else { "review due" };
        notes.push(format!("{due} {}", listing.review_due_on));
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
    let mut bound: BTreeMap<(&str, &str, i32), Vec<&str>> = BTreeMap::new();
    for listing in &status.inherited {
        let actors = bound.entry((&listing.regime, &listing.from_group, listing.state)).or_default();
        if !listing.bound_actor.is_empty() {
            actors.push(&listing.bound_actor);
        }
    }
    if bound.is_empty() {
        return;
    }
    page.heading("Listed through others");
    let rows = bound.into_iter().map(|((regime, from, state), actors)| {
        let mut reach = if from == status.group { String::new() } else { format!("through {from}") };
        if !actors.is_empty() {
            let comma = if reach.is_empty() { "" } else { ", " };
            reach.push_str(&format!("{comma}binds {}", few(&actors)));
        }
        vec![Text::from(regime), words::state(state), reach.into()]
    });
    page.table(&["regime", "state", "how"], rows.collect());
}

/// Names with commas, of a long list only the first ones.
fn few(names: &[&str]) -> String {
    const SHOWN_MAX: usize = 12;
    let shown = names.iter().take(SHOWN_MAX).copied().collect::<Vec<_>>().join(", ");
    if names.len() <= SHOWN_MAX { shown } else { format!("{shown} and {} more", names.len() - SHOWN_MAX) }
}

/// Legal effects: one row for all jurisdictions with the same effects from the same regimes.
fn effects(page: &mut Page, status: &v1::GroupStatus) {
    let mut rows: Vec<(Vec<&str>, &v1::JurisdictionEffects)> = Vec::new();
    for effects in &status.legal_effects {
        let same = rows.iter_mut().find(|(_, known)| {
            known.legal_effects == effects.legal_effects && known.regimes == effects.regimes
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
        vec![Text::from(few(&jurisdictions)), names.join(", ").into(), few(&regimes).into()]
    });
    page.table(&["in", "effects", "from"], rows.collect());
}

fn divergences(page: &mut Page, divergence: &v1::Divergence) {
    let listed = divergence.listed_under.len();
    let tracked = listed + divergence.not_listed_under.len();
    if tracked == 0 {
        return;
    }
    page.heading("Divergence");
    let colon = if listed == 0 { String::new() } else { format!(": {}", divergence.listed_under.join(", ")) };
    page.item(format!(
        "Listed under {listed} of {tracked} tracked regimes ({:.0} %){colon}",
        divergence.share * 100.0
    ));
    if !divergence.not_listed_under.is_empty() {
        let names = divergence.not_listed_under.join(", ");
        page.item(Text::toned(format!("Not listed under: {names}"), Tone::Faint));
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
