//! `audit`: the view that a decision rested on, and what was recorded afterwards about the time before.

use std::fmt::Write as _;

use clap::Args;

use super::{
    arguments::{Known, Times, slug},
    changes::changes,
    connection::Session,
    evidence::{evidence, fact_of},
    failure::Failure,
    page::{Look, Page, Text, Tone},
    words::{self, phrase, word},
};
use crate::wire::v1;

/// Rebuild the view that a decision rested on, and show what was learned afterwards about the time before it
#[derive(Debug, Args)]
#[command(after_help = "Exit code 1: the view does not come out of the record again.\n\nExamples:\n  \
    chancery audit syria-desk-example\n  \
    chancery audit syria-desk-example --known 434 --output json")]
pub struct Audit {
    /// The short name of the decision
    #[arg(value_parser = slug)]
    decision: String,
    /// Only hindsight up to this point of the record: a position, a time or a day. Default: everything
    #[arg(long, env = "CHANCERY_KNOWN", value_name = "POSITION|TIME")]
    known: Option<Known>,
}

impl Audit {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let times = Times { known: self.known, ..Times::default() };
        let request = v1::AuditDecisionRequest {
            decision: self.decision,
            known_at: times.as_of().and_then(|as_of| as_of.known_at),
            min_position: 0,
        };
        let answer = session.audit().await?.audit_decision(session.request(request)).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        session.printer.answer(&answer, report)?;
        session.printer.flush()?;
        match answer.reproduction() {
            v1::Reproduction::Reproduced => Ok(()),
            _ => Err(Failure::NotReproduced),
        }
    }
}

fn report(answer: &v1::AuditDecisionResponse, look: Look) -> Result<String, Failure> {
    let decision = answer.decision.as_ref().ok_or(Failure::Incomplete { part: "decision" })?;
    let mut page = Page::new(look);
    page.title(format!("{} ({})", decision.title, decision.decision));
    page.paragraph(&decision.rationale);
    page.labelled("subjects", decision.subjects.join(", "));
    page.labelled("view", words::view(answer.view.as_ref()));
    page.labelled("digest", hexadecimal(&decision.digest));
    let ruleset = answer.view.as_ref().map_or("", |view| view.ruleset.as_str());
    let (said, tone) = match v1::Reproduction::try_from(answer.reproduction).unwrap_or_default() {
        v1::Reproduction::Reproduced => {
            ("The view comes out of the record again, to the byte.".to_owned(), Tone::Force)
        }
        v1::Reproduction::OtherRuleset => (
            format!(
                "The view does not come out again: it was computed by ruleset {}, this is {ruleset}.",
                decision.ruleset
            ),
            Tone::Warning,
        ),
        _ => (
            format!(
                "The view does not come out again: it has the digest {}. The record is not the one that was seen, or the \
                 digest was never that of this view.",
                hexadecimal(&answer.digest)
            ),
            Tone::Warning,
        ),
    };
    page.labelled(&word::<v1::Reproduction>(answer.reproduction), Text::toned(said, tone));
    page.heading("Recorded");
    answer.records.iter().for_each(|record| evidence(&mut page, record, ""));
    page.heading("Recorded after the view was taken, about the time before");
    if answer.hindsight.is_empty() {
        page.item("Nothing.");
    }
    for later in &answer.hindsight {
        let kind = phrase::<v1::HindsightKind>(later.kind);
        let told = later.record.as_ref().and_then(fact_of).is_some();
        let remark = match (told, later.knowable) {
            (true, true) => format!("{kind}, public by then"),
            (true, false) => format!("{kind}, not public by then"),
            (false, _) => kind,
        };
        if let Some(record) = &later.record {
            evidence(&mut page, record, &remark);
        }
    }
    if 0 < answer.left_out {
        page.item(words::count(answer.left_out, "more event", "more events"));
    }
    if 0 < answer.events_after {
        let events = words::count(answer.events_after, "event", "events");
        page.item(format!("And {events} about the time after, which nobody could have known."));
    }
    page.heading("What the answer would be with hindsight");
    if answer.changes.is_empty() {
        page.item("The same.");
    }
    for subject in &answer.changes {
        page.item(Text::toned(format!("{} ({})", subject.title, subject.subject), Tone::Strong));
        changes(&mut page, "", &subject.changes);
    }
    Ok(page.finish())
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
