//! `decide`: record a decision with the view of the record that it rested on.

use std::path::PathBuf;

use clap::Args;
use jiff::{Timestamp, tz::TimeZone};

use super::{
    arguments::{Day, Times, slug},
    connection::Session,
    failure::Failure,
    input::identify,
    matter,
    output::{Format, note},
    view_file, words,
};
use crate::wire::v1;

/// Record a decision of your house, and pin the view of the record that it rests on
#[derive(Debug, Args)]
#[command(
    after_help = "The server computes what the record says of the subjects at these times; its digest is recorded with \
    the decision. `chancery audit` rebuilds the view later and lists what was learned since. A digest holds no values: keep \
    the view in a file (--view), and an audit can also say what the rules of a later version have changed in it.\n\n\
    Examples:\n  \
    chancery decide syria-desk-7 --title 'Meet the commander' --subject relationship/sy/sdf --subject group/sdf \\\n    \
    --on 2025-03-01 --known 433 --rationale 'An agreement is on record.' --view syria-desk-7.view"
)]
pub struct Decide {
    /// The short name of the decision, such as syria-desk-7
    #[arg(value_parser = slug)]
    decision: String,
    /// What was decided, in a line
    #[arg(long, env = "CHANCERY_TITLE", value_name = "TEXT")]
    title: String,
    /// What it concerns: group/G, relationship/A/G or designation/G/R; may be given again
    #[arg(long, env = "CHANCERY_SUBJECT", value_name = "SUBJECT", required = true, value_delimiter = ',')]
    subject: Vec<String>,
    /// Why it was decided so
    #[arg(long, env = "CHANCERY_RATIONALE", value_name = "TEXT")]
    rationale: String,
    /// Who decided
    #[arg(long, env = "CHANCERY_BY", value_name = "NAME", default_value = "This office")]
    by: String,
    /// The day of the decision. Default: today in UTC
    #[arg(long, env = "CHANCERY_DECIDED_ON", value_name = "DATE")]
    decided_on: Option<Day>,
    /// Keep the view in this file, which is not there yet, for `chancery audit --view`
    #[arg(long, env = "CHANCERY_VIEW", value_name = "FILE")]
    view: Option<PathBuf>,
    #[command(flatten)]
    times: Times,
}

impl Decide {
    /// Asks for the digest, and submits the decision with it.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let subjects = self
            .subject
            .iter()
            .map(|subject| matter::subject(std::slice::from_ref(subject)))
            .collect::<Result<Vec<String>, Failure>>()?;
        let request = v1::DigestViewRequest {
            subjects: subjects.clone(),
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
        };
        let answer = session.audit().await?.digest_view(session.request(request)).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        let text = answer.text;
        let view = answer.view.ok_or(Failure::Incomplete { part: "view" })?;
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date().to_string();
        let line = words::view(Some(&view));
        let decided_on = self.decided_on.map_or(today, |day| day.to_string());
        // Days as text order as days do.
        let known_on: String = words::second(view.known_time.as_ref()).chars().take(10).collect();
        if decided_on < known_on {
            note(&format!(
                "The decision is dated {decided_on}, and the record that it rests on stood so from {known_on} on only: nobody \
                 had this view before. Is another --decided-on meant, or an earlier record (--known)?"
            ));
        }
        let statement = v1::DecisionRecorded {
            decision: self.decision.clone(),
            title: self.title.clone(),
            subjects,
            basis: Some(v1::DecisionBasis {
                valid_at: view.valid_at,
                known_at: view.known_position,
                disclosed_by: view.disclosed_by,
            }),
            digest: answer.digest,
            ruleset: view.ruleset,
            rationale: self.rationale,
        };
        let source = v1::Source {
            publisher: self.by,
            title: self.title.clone(),
            kind: v1::SourceKind::OfficialStatement.into(),
            ..v1::Source::default()
        };
        let fact = v1::Fact {
            effective_on: decided_on,
            summary: self.title,
            sources: vec![source],
            credibility: "A1".to_owned(),
            statement: Some(v1::fact::Statement::DecisionRecorded(statement)),
            ..v1::Fact::default()
        };
        let mut event = v1::Event { event_id: String::new(), body: Some(v1::event::Body::Fact(fact)) };
        identify(&mut event);
        let request = v1::SubmitRequest { events: vec![event], checks: Vec::new() };
        let mut submissions = session.submissions().await?;
        if let Some(path) = &self.view {
            view_file::keep(path, &text)?;
        }
        let answer = submissions.submit(session.request(request)).await.map_err(|status| {
            // What was recorded after all can still be had: `chancery audit --keep`.
            self.view.as_deref().inspect(|path| view_file::drop_kept(path));
            session.refused(status)
        });
        let answer = answer?.into_inner();
        let receipt = answer.receipts.first().ok_or(Failure::Incomplete { part: "receipt" })?;
        match session.printer.format() {
            Format::Table => {
                note(&format!("The view: {line}."));
                if let Some(path) = &self.view {
                    note(&format!("It is kept in {}.", path.display()));
                }
                let v1::Receipt { position, event_id, .. } = receipt;
                session.printer.done(&match receipt.deduplicated {
                    true => format!(
                        "This very decision {} is on record already, at position {position} (event {event_id}).\n",
                        self.decision
                    ),
                    false => format!(
                        "Recorded decision {} at position {position} (event {event_id}).\n",
                        self.decision
                    ),
                })
            }
            Format::Json => session.printer.message(&answer),
            Format::Jsonl => session.printer.lines(&answer.receipts),
        }
    }
}
