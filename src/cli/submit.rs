//! `submit`: files of events go into the record.

use std::{path::PathBuf, time::Instant};

use clap::{Args, builder::FalseyValueParser};

use super::{
    arguments::Check,
    connection::Session,
    event_reference::whole_subject,
    failure::Failure,
    input::Inputs,
    load::{Commits, Loader, Step},
    output::{Format, note},
    progress::Progress,
    words,
};
use crate::wire::v1;

/// Submit events from files of JSON Lines
#[derive(Debug, Args)]
#[command(
    long_about = "Submit events from files of JSON Lines: on each line one chancery.v1.Event in canonical protobuf \
        JSON.\n\n\
        Lines go in batches of at most 500 events and 1 MiB, in order; of each batch all is recorded, or nothing. \
        A line without an eventId gets one that follows from its content (UUIDv5), so that submitting the same file \
        twice changes nothing, and after a failure the same command goes on where it stopped.",
    after_help = "Examples:\n  \
        chancery submit seeds\n  \
        chancery submit facts.jsonl more.jsonl\n  \
        generate-facts | chancery submit -\n  \
        chancery submit --atomic --check group/hts@432 decision.jsonl\n  \
        chancery submit facts.jsonl --output jsonl        a receipt a line"
)]
pub struct Submit {
    /// Files; directories, for their *.jsonl in the order of their names; - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// All lines are one commit: all are recorded or none. At most 1,000 events and 2 MiB
    #[arg(long, env = "CHANCERY_ATOMIC", value_parser = FalseyValueParser::new())]
    atomic: bool,
    /// Record only if no event that touches SUBJECT was recorded after POSITION; may be repeated. Needs --atomic
    ///
    /// A check covers the subject that it names. That of a relationship covers the dealings, and not the group's listings (add
    /// designation/G/R@N, or group/G@N for all), the merging and parting of its identity (add group/G@N), dealings under
    /// another slug of the group (add relationship/A/OTHER@N), nor the regimes and the actor (add regime/R@N, actor/A@N).
    #[arg(
        long,
        env = "CHANCERY_CHECK",
        value_name = "SUBJECT@POSITION",
        value_delimiter = ',',
        requires = "atomic"
    )]
    check: Vec<Check>,
}

impl Submit {
    /// Loads and gives account.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let begun = Instant::now();
        let inputs = Inputs::find(&self.files)?;
        let files = inputs.files() as u64;
        let progress = Progress::start("submitting", inputs.bytes());
        let mut checks = Vec::with_capacity(self.check.len());
        for Check { subject, unchanged_since } in self.check {
            let subject = whole_subject(session, subject.0).await?;
            checks.push(v1::Check { subject, unchanged_since });
        }
        let commits = if self.atomic { Commits::One(checks) } else { Commits::Batches };
        let loader = Loader {
            client: session.submissions().await?,
            server: session.server().to_string(),
            timeout: session.timeout(),
        };
        let printer = &mut session.printer;
        let mut whole = v1::SubmitResponse::default();
        let outcome = loader
            .load(inputs, commits, &mut |step: Step<'_>| {
                progress.show(&step);
                match printer.format() {
                    Format::Table => Ok(()),
                    Format::Json => {
                        whole.receipts.extend_from_slice(step.receipts);
                        Ok(())
                    }
                    Format::Jsonl => printer.lines(step.receipts).and_then(|()| printer.flush()),
                }
            })
            .await;
        drop(progress);
        if printer.format() == Format::Json {
            printer.message(&whole)?;
        }
        let account = format!(
            "Recorded {} ({}, {:.1} s).",
            outcome?,
            words::count(files, "file", "files"),
            begun.elapsed().as_secs_f64()
        );
        match printer.format() {
            Format::Table => printer.done(&format!("{account}\n")),
            Format::Json | Format::Jsonl => {
                printer.flush()?;
                note(&account);
                Ok(())
            }
        }
    }
}
