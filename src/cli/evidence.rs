//! Events as evidence: what they say, who says so, and when it was recorded.

use super::{
    page::{Page, Text, Tone},
    statement::{effective_on, event_id, record_line},
    words::{self, phrase},
};
use crate::wire::v1::{self, event::Body};

/// An event with its date, what it says, and its sources; `note` goes after them.
pub fn evidence(page: &mut Page, record: &v1::Record, note: &str) {
    let date = match effective_on(record) {
        "" => "record",
        date => date,
    };
    page.labelled(date, record_line(record));
    let id = words::short_id(event_id(record));
    let recorded = words::minute(record.recorded_at.as_ref());
    let told: Vec<String> = [dates, coverage, sources]
        .map(|part| fact_of(record).map(part))
        .into_iter()
        .flatten()
        .chain([format!("recorded {recorded} at position {}", record.position), note.to_owned()])
        .filter(|part| !part.is_empty())
        .collect();
    page.labelled("", Text::toned(format!("{} [{id}]", told.join("; ")), Tone::Faint));
}

/// What an event states: its fact, or the fact that replaces another.
pub fn fact_of(record: &v1::Record) -> Option<&v1::Fact> {
    match record.event.as_ref()?.body.as_ref()? {
        Body::Fact(fact) => Some(fact),
        Body::Correction(correction) => correction.replacement.as_ref(),
        Body::Retraction(_) | Body::Reinstatement(_) => None,
    }
}

/// The dates that are given beside that of effect.
fn dates(fact: &v1::Fact) -> String {
    let dates =
        [("decided", &fact.decided_on), ("announced", &fact.announced_on), ("disclosed", &fact.disclosed_on)];
    let dates = dates.iter().filter(|(_, date)| !date.is_empty());
    dates.map(|(verb, date)| format!("{verb} {date}")).collect::<Vec<_>>().join(", ")
}

/// What a ceasefire covers.
fn coverage(fact: &v1::Fact) -> String {
    let ceasefire = match &fact.statement {
        Some(v1::fact::Statement::Engagement(it)) => it.ceasefire.as_ref(),
        _ => None,
    };
    let coverage = ceasefire.map(|it| it.coverage.as_str()).filter(|coverage| !coverage.is_empty());
    coverage.map(|coverage| format!("covers: {coverage}")).unwrap_or_default()
}

/// The best source with its rank, how many others there are, and how far they are to be believed.
fn sources(fact: &v1::Fact) -> String {
    let Some(best) = fact.sources.iter().min_by_key(|source| source.kind) else { return String::new() };
    let others = match fact.sources.len() - 1 {
        0 => String::new(),
        others => format!(" and {}", words::count(others as u64, "other", "others")),
    };
    let assertion = match v1::Assertion::try_from(fact.assertion).unwrap_or_default() {
        v1::Assertion::Unspecified | v1::Assertion::Confirmed => String::new(),
        _ => format!(", {}", phrase::<v1::Assertion>(fact.assertion)),
    };
    let credibility = if fact.credibility.is_empty() { "F6" } else { &fact.credibility };
    format!("{} ({}){others}, {credibility}{assertion}", best.publisher, rank(best.kind))
}

/// The kind of a source with its rank.
pub fn rank(kind: i32) -> String {
    format!("{}, rank {kind}", phrase::<v1::SourceKind>(kind))
}
