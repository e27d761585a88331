//! `explain`: why a field of a status has its value.

use clap::Args;

use super::{
    arguments::Times,
    connection::Session,
    evidence::{evidence, fact_of, rank},
    failure::Failure,
    matter,
    page::{Look, Page, Text, Tone},
    words::{self, phrase},
};
use crate::wire::v1;

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
    page.paragraph(Text::toned(&answer.value, Tone::Force));
    page.paragraph(reason(answer));
    if !answer.evidence.is_empty() {
        page.heading("It rests on");
        for record in &answer.evidence {
            evidence(&mut page, record, "");
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
    if !answer.below.is_empty() {
        page.heading("Below it");
        let rows = answer.below.iter().map(|field| {
            let events = words::provenance(field.provenance.as_ref());
            vec![Text::from(&field.field), Text::from(&field.value), Text::from(events)]
        });
        page.table(&["field", "value", "events"], rows.collect());
    }
    page.heading("Can be proved");
    let ruleset = answer.view.as_ref().map_or("", |view| view.ruleset.as_str());
    let mut lines = answer.checkpoint.lines();
    let (origin, size) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let root = lines.next().unwrap_or_default();
    page.item(format!("By ruleset {ruleset} from the first {size} events of {origin}, root {root}"));
    Ok(page.finish())
}

/// Why the value is what it is, in a sentence.
fn reason(answer: &v1::ExplainResponse) -> String {
    let from = match answer.follows_from.as_slice() {
        [] => String::new(),
        from => format!(" It follows from {}.", from.join(", ")),
    };
    if answer.evidence.is_empty() && answer.follows_from.is_empty() {
        return "Nothing on record at this view speaks to it.".to_owned();
    }
    let inferred = if answer.inferred { " It is inferred: no fact states it." } else { "" };
    format!("{}{inferred}{from}", meaning(answer.rule))
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

/// By what a claim lost, against what.
fn defeat(claim: &v1::LostClaim, answer: &v1::ExplainResponse) -> String {
    let winner = answer.evidence.first().and_then(fact_of);
    match v1::FoldRule::try_from(claim.lost_by).unwrap_or_default() {
        v1::FoldRule::SourceRank => {
            let best = winner.and_then(|fact| fact.sources.iter().map(|source| source.kind).min());
            let against =
                best.filter(|best| *best < claim.source_kind).map(|best| format!(" against {}", rank(best)));
            format!("lost by source rank: {}{}", rank(claim.source_kind), against.unwrap_or_default())
        }
        v1::FoldRule::Credibility => {
            let against = winner.map(|fact| format!(" against {}", fact.credibility)).unwrap_or_default();
            format!("lost by credibility{against}")
        }
        _ => format!("lost by {}", phrase::<v1::FoldRule>(claim.lost_by)),
    }
}
