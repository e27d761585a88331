//! `explain`: why a field of a status has its value.

use clap::Args;

use super::{
    arguments::Times,
    changes::changes,
    connection::Session,
    evidence::{evidence, fact_of, rank},
    failure::Failure,
    matter,
    page::{Look, Page, Text, Tone},
    statement::event_id,
    words::{self, phrase},
};
use crate::wire::v1::{self, fact::Statement};

/// Explain a value: the facts that gave it, the claims that lost, and what was corrected on the way
#[derive(Debug, Args)]
#[command(
    after_help = "A field is headline, recognition, contact, process, conflict, flags, legal[us-fto219] … of a \
    relationship; designations[us-fto219], designations[us-fto219].since, lifecycle, names, inherited, flags … of a group. A \
    wrong one is answered with those that there are.\n\n\
    Examples:\n  \
    chancery explain relationship us hts headline --on 2025-07-08\n  \
    chancery explain group hts 'designations[un-scisil]' --on 2026-02-27\n  \
    chancery explain relationship us hamas contact --on 2025-02-20 --disclosed 2025-03-05 --output json"
)]
pub struct Explain {
    /// The subject and the field: relationship ACTOR GROUP FIELD, group GROUP FIELD, or designation GROUP REGIME FIELD
    #[arg(value_name = "SUBJECT FIELD", num_args = 2..=4, required = true)]
    words: Vec<String>,
    #[command(flatten)]
    times: Times,
}

impl Explain {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let (subject, field) = split(&self.words)?;
        let request = session.request(v1::ExplainRequest {
            subject,
            field,
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
        });
        let answer = session.audit().await?.explain(request).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        session.printer.answer(&answer, note)
    }
}

/// The subject and the field. Where the last word belongs to the subject, none is left for the field.
fn split(words: &[String]) -> Result<(String, String), Failure> {
    let whole = matter::subject(words);
    match words {
        [first, ..] if whole.is_ok() && matter::is_kind(first) => Err(Failure::Argument(format!(
            "which field of {}? Give it last, such as `headline` of a relationship or `designations` of a group",
            words.join(" ")
        ))),
        [subject @ .., field] => Ok((matter::subject(subject)?, field.clone())),
        [] => Err(Failure::Argument(format!("a subject and a field are expected: give {}", matter::FORMS))),
    }
}

/// The explanation as a note.
fn note(answer: &v1::ExplainResponse, look: Look) -> Result<String, Failure> {
    let mut page = Page::new(look);
    page.title(format!("{} ({}): {}", answer.title, answer.subject, answer.field));
    page.paragraph(Text::toned(words::view(answer.view.as_ref()), Tone::Faint));
    match (&answer.gone, &answer.came) {
        (None, _) => {
            page.paragraph(Text::toned(&answer.value, Tone::Force));
            page.paragraph(reason(answer));
        }
        (Some(gone), Some(came)) => {
            page.paragraph(Text::toned("nothing", Tone::Force));
            page.paragraph(stood(answer, came, gone));
            for moment in [came, gone] {
                changes(&mut page, &format!("position {}", moment.position), &moment.changes);
            }
        }
        (Some(gone), None) => {
            page.paragraph(Text::toned("nothing", Tone::Force));
            page.paragraph("It has no value at this date. The last change took it away:");
            changes(&mut page, &gone.valid_on, &gone.changes);
        }
    }
    if !answer.evidence.is_empty() {
        page.heading(if answer.gone.is_none() { "It rests on" } else { "Behind that" });
        let (members, others) = members(answer);
        others.into_iter().for_each(|record| evidence(&mut page, record, ""));
        if !members.is_empty() {
            let actors = words::count(members.len() as u64, "membership", "memberships");
            page.item(format!("And on {actors} on record: {}", members.join(", ")));
        }
    }
    if !answer.lost.is_empty() {
        page.heading("Claims that lost");
        for claim in &answer.lost {
            if let Some(record) = &claim.record {
                evidence(&mut page, record, &defeat(claim, answer));
            }
        }
    }
    if !answer.revisions.is_empty() {
        page.heading("Said otherwise, corrected or taken back");
        for record in &answer.revisions {
            evidence(&mut page, record, "");
        }
    }
    if !answer.identities.is_empty() {
        page.heading("Identities that were found to be one");
        for record in &answer.identities {
            evidence(&mut page, record, "");
        }
    }
    if !answer.below.is_empty() {
        page.heading("Below it");
        page.table(&["field", "value", "events"], below(answer));
    }
    page.heading("Can be proved");
    let ruleset = answer.view.as_ref().map_or("", |view| view.ruleset.as_str());
    let mut lines = answer.checkpoint.lines();
    let (origin, size) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let root = lines.next().unwrap_or_default();
    page.item(format!("By ruleset {ruleset} from the first {size} events of {origin}, root {root}"));
    Ok(page.finish())
}

/// Between which positions a field had a value that no record gives it any more.
fn stood(answer: &v1::ExplainResponse, came: &v1::Transition, gone: &v1::Transition) -> String {
    let (from, to) = (came.position, gone.position.saturating_sub(1));
    let last: Vec<String> = gone
        .changes
        .iter()
        .filter(|it| it.is.is_empty())
        .map(|it| {
            let entry =
                it.field.strip_prefix(&answer.field).unwrap_or_default().trim_matches(['[', ']', '.']);
            format!("{entry} {}", it.was).trim_start().to_owned()
        })
        .collect();
    format!(
        "It has no value at this date, as the record stands. It stood on record from position {from} to {to}: {}. These \
         events gave it and took it away:",
        last.join("; ")
    )
}

/// Why the value is what it is, in a sentence.
fn reason(answer: &v1::ExplainResponse) -> String {
    let from = match answer.follows_from.as_slice() {
        [] => String::new(),
        from => format!(" It follows from {}.", grounds(from, answer)),
    };
    if answer.field == "divergence.not_listed_under" && answer.evidence.is_empty() {
        return "No listing of it under any of these was ever in force, by what is on record.".to_owned();
    }
    if answer.evidence.is_empty() && answer.follows_from.is_empty() {
        return "Nothing that counts at this view speaks to it; denials, leads of machines and claims that lost do \
                not count."
            .to_owned();
    }
    let voice = match v1::FoldRule::try_from(answer.rule).unwrap_or_default() {
        v1::FoldRule::Sole if answer.lost.iter().any(|it| it.stance() != v1::ClaimStance::Agrees) => {
            "What is in effect speaks with one voice; sources disagree about what is not."
        }
        v1::FoldRule::HighestLevel if answer.field.ends_with("highest_ever") => {
            "The highest level ever counts, by its last contact."
        }
        v1::FoldRule::ElapsedTime if !answer.inferred => "The last day that was stated for it has passed.",
        _ => meaning(answer.rule),
    };
    let inferred = if answer.inferred { " It is inferred: no fact states it." } else { "" };
    let agreeing = answer.lost.iter().filter(|claim| corroborates(claim, answer)).count() as u64;
    let agreeing = match agreeing {
        0 => String::new(),
        claims => format!(" It is corroborated by {}.", words::count(claims, "claim", "claims")),
    };
    format!("{voice}{inferred}{agreeing}{from}")
}

/// The fields that a value follows from: many that are told below by their number, others by list and keys.
fn grounds(paths: &[String], answer: &v1::ExplainResponse) -> String {
    const LISTED_MAX: usize = 6;
    let below = |path: &String| answer.below.iter().any(|field| field.field == *path);
    if LISTED_MAX < paths.len() && paths.iter().all(below) {
        return format!("the {} fields below it", paths.len());
    }
    let mut lists: Vec<(&str, Vec<&str>)> = Vec::new();
    for path in paths {
        let entry = path.strip_suffix(']').and_then(|path| path.split_once('['));
        match (
            entry,
            lists.iter_mut().find(|(list, keys)| entry.is_some_and(|it| it.0 == *list) && !keys.is_empty()),
        ) {
            (Some((_, key)), Some((_, keys))) => keys.push(key),
            (Some((list, key)), None) => lists.push((list, vec![key])),
            (None, _) => lists.push((path, Vec::new())),
        }
    }
    let told = lists.into_iter().map(|(list, keys)| match keys.as_slice() {
        [] => list.to_owned(),
        keys => format!("{list}[{}]", keys.join(", ")),
    });
    told.collect::<Vec<String>>().join(", ")
}

/// Whether a claim bears the value out: it agrees with an event that the value rests on.
fn corroborates(claim: &v1::LostClaim, answer: &v1::ExplainResponse) -> bool {
    let rests_on = |won: &v1::Record| answer.evidence.iter().any(|it| event_id(it) == event_id(won));
    claim.stance() == v1::ClaimStance::Agrees && claim.won_by.as_ref().is_some_and(rests_on)
}

fn meaning(rule: i32) -> &'static str {
    use v1::FoldRule as Rule;
    match Rule::try_from(rule).unwrap_or_default() {
        Rule::Sole => "What was found speaks with one voice.",
        Rule::LatestEffective => "Of the facts in effect at the date the latest counts.",
        Rule::SourceRank => "Of the claims the one with the better kind of source won.",
        Rule::Credibility => "Of claims with the same kind of source the more credible won.",
        Rule::EarliestPosition => "Of claims alike in source and credibility the first recorded won.",
        Rule::HighestLevel => "The highest level within 365 days counts.",
        Rule::ElapsedTime => "Time alone made it so.",
        Rule::Observation => "List snapshots are the evidence; no act is known.",
        Rule::Derived => "It is derived.",
        Rule::Unspecified => "",
    }
}

/// The registrations of actors that something inherited rests on, each in short, and the other events.
fn members(answer: &v1::ExplainResponse) -> (Vec<String>, Vec<&v1::Record>) {
    let actor = |record: &v1::Record| match fact_of(record)?.statement.as_ref()? {
        Statement::ActorRegistered(it) => {
            Some(format!("{} [{}]", it.actor, words::short_id(event_id(record))))
        }
        _ => None,
    };
    let members: Vec<String> = answer.evidence.iter().filter_map(actor).collect();
    let others = answer.evidence.iter().filter(|record| actor(record).is_none());
    (members, others.collect())
}

/// The fields below as rows. Listings that bind many actors alike are one.
fn below(answer: &v1::ExplainResponse) -> Vec<Vec<Text>> {
    let mut rows: Vec<(String, &str, Vec<&v1::FieldValue>)> = Vec::new();
    for field in &answer.below {
        let listing = field.field.split_once(" binding ").map(|(listing, _)| listing);
        let known = rows.iter_mut().find(|(name, value, fields)| {
            !fields.is_empty() && listing == Some(name.as_str()) && *value == field.value
        });
        match known {
            Some((_, _, fields)) => fields.push(field),
            None => rows.push((listing.unwrap_or(&field.field).to_owned(), &field.value, vec![field])),
        }
    }
    let row = |(name, value, fields): (String, &str, Vec<&v1::FieldValue>)| {
        let ids = |field: &v1::FieldValue| {
            field.provenance.as_ref().map(|it| it.event_ids.clone()).unwrap_or_default()
        };
        let (name, events) = match fields.as_slice() {
            [one] => (one.field.clone(), words::provenance(one.provenance.as_ref())),
            many => {
                let mut shared = many.first().map(|field| ids(field)).unwrap_or_default();
                shared.retain(|id| many.iter().all(|field| ids(field).contains(id)));
                (format!("{name} binding {} members]", many.len()), words::events(&shared))
            }
        };
        vec![Text::from(&name), Text::from(value), Text::from(events)]
    };
    rows.into_iter().map(row).collect()
}

/// By what a claim lost, against what.
fn defeat(claim: &v1::LostClaim, answer: &v1::ExplainResponse) -> String {
    let winner = claim.won_by.as_ref().and_then(fact_of);
    let by = match v1::FoldRule::try_from(claim.lost_by).unwrap_or_default() {
        v1::FoldRule::SourceRank => {
            let best = winner.and_then(|fact| fact.sources.iter().map(|source| source.kind).min());
            let against = best.map(|best| format!(" against {}", rank(best)));
            format!("lost by source rank: {}{}", rank(claim.source_kind), against.unwrap_or_default())
        }
        v1::FoldRule::Credibility => {
            let against = winner.map(|fact| format!(" against {}", fact.credibility)).unwrap_or_default();
            format!("lost by credibility{against}")
        }
        _ => format!("lost by {}", phrase::<v1::FoldRule>(claim.lost_by)),
    };
    let stance = words::stance(claim.stance());
    let Some((record, fact)) = claim.won_by.as_ref().zip(winner) else { return format!("{stance}{by}") };
    let id = words::short_id(event_id(record));
    let valid_at = answer.view.as_ref().map_or("", |view| view.valid_at.as_str());
    match (words::is_ahead(&fact.effective_on, valid_at), claim.stance()) {
        (true, v1::ClaimStance::Agrees) => {
            format!("it agrees with [{id}], which takes effect on {}; {by}", fact.effective_on)
        }
        (true, _) => format!("{stance}{by}, of [{id}], which takes effect on {}", fact.effective_on),
        (false, _) => format!("{stance}{by}, of [{id}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_grounds_are_told_in_short() {
        let paths = |count: usize| -> Vec<String> {
            (0..count).map(|number| format!("designations[r{number}]")).collect()
        };
        let below = |count: usize| v1::ExplainResponse {
            below: paths(count)
                .into_iter()
                .map(|field| v1::FieldValue { field, ..Default::default() })
                .collect(),
            ..Default::default()
        };
        let mixed = [
            "lifecycle",
            "designations[a]",
            "group/x designations[a]",
            "designations[b].since",
            "designations[c]",
        ];
        for (paths, answer, expected) in [
            (paths(1), below(0), "designations[r0]"),
            (paths(3), below(3), "designations[r0, r1, r2]"),
            (paths(7), below(9), "the 7 fields below it"),
            (paths(7), below(6), "designations[r0, r1, r2, r3, r4, r5, r6]"),
            (
                mixed.map(str::to_owned).into(),
                below(0),
                "lifecycle, designations[a, c], group/x designations[a], designations[b].since",
            ),
        ] {
            assert_eq!(grounds(&paths, &answer), expected);
        }
    }
}
