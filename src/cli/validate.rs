//! `validate`: would these files be recorded, and if not, why, line by line; nothing is recorded.

use std::{fmt, path::PathBuf};

use clap::Args;
use tonic::{Code, transport::Channel};

use super::{
    batch::encoded_len,
    connection::Session,
    failure::Failure,
    faults::Faults,
    input::{Inputs, Line, span},
    output::{Format, note},
    progress::Progress,
    references::Pending,
    words,
};
use crate::{
    service::{COMMIT_BYTES_MAX, COMMIT_EVENTS_MAX},
    wire::v1::{self, submission_service_client::SubmissionServiceClient},
};

/// How many lines are judged at a time; there must be room for what they refer to.
const LINES_MAX: usize = 200;

/// How many violations are listed.
const SHOWN_MAX: usize = 100;

/// Say whether files of events would be recorded, and record nothing
#[derive(Debug, Args)]
#[command(
    long_about = "Say whether files of events would be recorded as things stand, and if not, what is wrong with which \
        line. Nothing is recorded.\n\n\
        Lines may refer to earlier lines: those are taken as recorded.",
    after_help = "Examples:\n  \
        chancery validate facts.jsonl\n  \
        chancery validate seeds --output jsonl        a verdict a line"
)]
pub struct Validate {
    /// Files; directories, for their *.jsonl in the order of their names; - for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

/// What is wrong with the lines of files.
#[derive(Debug)]
pub struct Violations {
    found: Vec<String>,
    judged: u64,
}

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let violations = words::count(self.found.len() as u64, "violation", "violations");
        write!(f, "{violations} in {}:", words::count(self.judged, "line", "lines"))?;
        for found in self.found.iter().take(SHOWN_MAX) {
            write!(f, "\n  {found}")?;
        }
        match self.found.len().saturating_sub(SHOWN_MAX) {
            0 => {}
            more => write!(f, "\n  and {more} more")?,
        }
        write!(f, "\nMend these and validate again: one mistake can hide another. Nothing was recorded.")
    }
}

impl Validate {
    /// Asks for a verdict on every line, and gives account.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let inputs = Inputs::find(&self.files)?;
        let files = inputs.files() as u64;
        let progress = Progress::start("validating", inputs.bytes());
        let mut judge = Judge {
            client: session.submissions().await?,
            lines: Vec::new(),
            pending: Pending::default(),
            violations: Violations { found: Vec::new(), judged: 0 },
            whole: v1::ValidateResponse::default(),
        };
        let mut source = inputs.lines();
        let mut ended = false;
        while !ended {
            let begun = judge.lines.len();
            while judge.lines.len() < begun + LINES_MAX {
                match source.next() {
                    Some(Ok(line)) => judge.lines.push(line),
                    Some(Err(error)) => {
                        judge.violations.judged += 1;
                        judge.violations.found.push(error.to_string());
                    }
                    None => {
                        ended = true;
                        break;
                    }
                }
            }
            let verdicts = judge.whole.verdicts.len();
            judge.judge(begun, session).await?;
            progress.advance(source.bytes_read(), words::count(judge.violations.judged, "line", "lines"));
            if session.printer.format() == Format::Jsonl {
                session.printer.lines(judge.whole.verdicts.iter().skip(verdicts))?;
            }
        }
        drop(progress);
        judge.account(files, session)
    }
}

/// A validation under way.
struct Judge {
    client: SubmissionServiceClient<Channel>,
    /// Every line that could be read.
    lines: Vec<Line>,
    /// What the valid ones among them would put on record.
    pending: Pending,
    violations: Violations,
    whole: v1::ValidateResponse,
}

impl Judge {
    /// Judges the lines from `begun` on, as a commit together with the earlier lines that they need.
    async fn judge(&mut self, begun: usize, session: &Session) -> Result<(), Failure> {
        let mut open: Vec<std::ops::Range<usize>> = Vec::new();
        open.push(begun..self.lines.len());
        while let Some(range) = open.pop() {
            let Some(new) = self.lines.get(range.clone()).filter(|new| !new.is_empty()) else { continue };
            let at = |place: usize| self.lines.get(place).map(|line| &line.event);
            let mut places: Vec<usize> =
                self.pending.needed(new.iter().map(|line| &line.event), at).into_iter().collect();
            places.retain(|place| *place < range.start);
            let needed = places.len();
            places.extend(range.clone());
            let commit: Vec<Line> =
                places.iter().filter_map(|place| self.lines.get(*place)).cloned().collect();
            let bytes: usize = commit.iter().map(|line| encoded_len(&line.event)).sum();
            if 1 < range.len() && (COMMIT_EVENTS_MAX < commit.len() || COMMIT_BYTES_MAX < bytes) {
                let middle = range.start + range.len() / 2;
                open.push(middle..range.end);
                open.push(range.start..middle);
                continue;
            }
            self.ask(&commit, needed, range, session).await?;
        }
        Ok(())
    }

    /// Asks for the verdicts on a commit whose first `needed` lines were judged before.
    async fn ask(
        &mut self,
        commit: &[Line],
        needed: usize,
        range: std::ops::Range<usize>,
        session: &Session,
    ) -> Result<(), Failure> {
        let new = commit.get(needed..).unwrap_or_default();
        let events = commit.iter().map(|line| line.event.clone()).collect();
        let request = session.request(v1::ValidateRequest { events, checks: Vec::new() });
        self.violations.judged += new.len() as u64;
        let mut bad = Vec::new();
        match self.client.validate(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                self.whole.position = answer.position;
                self.whole.verdicts.extend(answer.verdicts.into_iter().skip(needed));
            }
            Err(status)
                if matches!(status.code(), Code::InvalidArgument | Code::NotFound | Code::AlreadyExists) =>
            {
                let faults = Faults::new(&status, &session.server().to_string(), commit);
                let before = self.violations.found.len();
                for (origin, text) in faults.violations() {
                    match origin {
                        Some(origin) if new.iter().any(|line| line.origin == *origin) => {
                            self.violations.found.push(format!("{origin}: {text}"));
                            bad.push(origin.clone());
                        }
                        // That of an earlier line was told with that line.
                        Some(_) => {}
                        None => self.violations.found.push(text.to_owned()),
                    }
                }
                if before == self.violations.found.len()
                    && let Some(span) = span(new.iter().map(|line| &line.origin))
                {
                    self.violations.found.push(format!("{span}: {}", faults.head()));
                }
            }
            Err(status) => return Err(session.refused(status)),
        }
        // Lines with violations cannot be taken as recorded by those that follow.
        for (line, place) in new.iter().zip(range) {
            if !bad.contains(&line.origin) {
                self.pending.add(&line.event, place);
            }
        }
        Ok(())
    }

    fn account(self, files: u64, session: &mut Session) -> Result<(), Failure> {
        let printer = &mut session.printer;
        if !self.violations.found.is_empty() {
            return Err(Failure::Invalid(self.violations));
        }
        let known = self.whole.verdicts.iter().filter(|verdict| verdict.deduplicated).count() as u64;
        let account = format!(
            "All of {} in {} would be recorded after position {}; {} recorded already.",
            words::count(self.violations.judged, "line", "lines"),
            words::count(files, "file", "files"),
            self.whole.position,
            if known == 1 { "1 is".to_owned() } else { format!("{} are", words::thousands(known)) },
        );
        match printer.format() {
            Format::Table => return printer.text(&format!("{account}\n")),
            Format::Json => printer.message(&self.whole)?,
            Format::Jsonl => {}
        }
        printer.flush()?;
        note(&account);
        Ok(())
    }
}
