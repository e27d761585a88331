//! `audit`: the view that a decision rested on, and what was recorded afterwards about the time before.

use std::{fmt::Write as _, path::PathBuf};

use clap::Args;

use super::{
    arguments::{Known, Times, slug},
    changes::changes,
    connection::Session,
    evidence::{evidence, fact_of},
    failure::Failure,
    output::note,
    page::{Look, Page, Text, Tone},
    statement::event_id,
    view_file,
    words::{self, phrase, word},
};
use crate::wire::v1::{self, event::Body, fact::Statement};

/// Rebuild the view that a decision rested on, and show what was learned afterwards about the time before it
#[derive(Debug, Args)]
#[command(
    after_help = "Exit code 1: the view does not come out of the record again. After an upgrade to other rules it cannot: a \
    digest holds no values. With the view as it was kept (`chancery decide --view`, or --keep before the upgrade) every \
    field is compared.\n\nExamples:\n  \
    chancery audit syria-desk-example\n  \
    chancery audit syria-desk-example --known 434 --output json\n  \
    chancery audit syria-desk-example --keep syria-desk-example.view\n  \
    chancery audit syria-desk-example --view syria-desk-example.view"
)]
pub struct Audit {
    /// The short name of the decision
    #[arg(value_parser = slug)]
    decision: String,
    /// Only hindsight up to this point of the record: a position, a time or a day. Default: everything
    #[arg(long, env = "CHANCERY_KNOWN", value_name = "POSITION|TIME")]
    known: Option<Known>,
    /// Compare the view that was kept in this file with the one that comes out now
    #[arg(long, env = "CHANCERY_VIEW", value_name = "FILE")]
    view: Option<PathBuf>,
    /// Keep the view in this file, which is not there yet, if it comes out of the record again
    #[arg(long, env = "CHANCERY_KEEP", value_name = "FILE")]
    keep: Option<PathBuf>,
}

impl Audit {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let times = Times { known: self.known, ..Times::default() };
        let request = v1::AuditDecisionRequest {
            decision: self.decision,
            known_at: times.as_of().and_then(|as_of| as_of.known_at),
            min_position: 0,
            view_text: self.view.as_deref().map(view_file::read).transpose()?.unwrap_or_default(),
        };
        let answer = session.audit().await?.audit_decision(session.request(request)).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        session.printer.answer(&answer, report)?;
        session.printer.flush()?;
        match answer.reproduction() {
            v1::Reproduction::Reproduced => match self.keep {
                Some(path) => keep(session, &answer, path).await,
                None => Ok(()),
            },
            _ => Err(Failure::NotReproduced),
        }
    }
}

/// Asks for the view of a decision, and keeps it in a file.
async fn keep(
    session: &mut Session,
    answer: &v1::AuditDecisionResponse,
    path: PathBuf,
) -> Result<(), Failure> {
    let decision = answer.decision.as_ref().ok_or(Failure::Incomplete { part: "decision" })?;
    let basis = decision.basis.clone().unwrap_or_default();
    let point = v1::known_at::Point::Position(basis.known_at);
    let request = v1::DigestViewRequest {
        subjects: decision.subjects.clone(),
        as_of: Some(v1::AsOf {
            valid_at: basis.valid_at,
            known_at: Some(v1::KnownAt { point: Some(point) }),
            disclosed_by: basis.disclosed_by,
        }),
        min_position: 0,
    };
    let view = session.audit().await?.digest_view(session.request(request)).await;
    let view = view.map_err(|status| session.refused(status))?.into_inner();
    if view.digest != decision.digest {
        return Err(Failure::NotReproduced);
    }
    view_file::keep(&path, &view.text)?;
    note(&format!("The view is kept in {}.", path.display()));
    Ok(())
}

fn report(answer: &v1::AuditDecisionResponse, look: Look) -> Result<String, Failure> {
    let decision = answer.decision.as_ref().ok_or(Failure::Incomplete { part: "decision" })?;
    let mut page = Page::new(look);
    page.title(format!("{} ({})", decision.title, decision.decision));
    if let Some(by) = &answer.retracted_by {
        page.paragraph(Text::toned(retracted(by), Tone::Warning));
    }
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
    if let Some(kept) = &answer.kept_view {
        compared(&mut page, kept, &decision.ruleset, ruleset);
    }
    page.heading("Recorded");
    answer.records.iter().for_each(|record| evidence(&mut page, record, ""));
    let days = Days::of(answer, decision);
    page.heading(&format!("Recorded after the view was taken, about the time up to {}", days.valid_at));
    if answer.hindsight.is_empty() {
        page.item("Nothing.");
    }
    for later in &answer.hindsight {
        if let Some(record) = &later.record {
            evidence(&mut page, record, &days.remark(later, record));
        }
    }
    if 0 < answer.left_out {
        page.item(words::count(answer.left_out, "more event", "more events"));
    }
    if 0 < answer.events_after {
        page.item(days.after(answer));
    }
    if let Some(still) = &answer.still_undisclosed_view {
        undisclosed(&mut page, answer, still);
    }
    page.heading("What the answer would be with hindsight");
    page.paragraph(Text::toned(words::view(answer.hindsight_view.as_ref()), Tone::Faint));
    differing(&mut page, &answer.changes);
    Ok(page.finish())
}

/// That the decision was retracted: when, by which event, and why.
fn retracted(by: &v1::Record) -> String {
    let reason = match by.event.as_ref().and_then(|event| event.body.as_ref()) {
        Some(Body::Retraction(it)) if !it.reason.is_empty() => format!(": {}", it.reason),
        _ => ".".to_owned(),
    };
    let day: String = words::second(by.recorded_at.as_ref()).chars().take(10).collect();
    let id = words::short_id(event_id(by));
    format!("This decision was retracted on {day} by the event {id} at position {}{reason}", by.position)
}

/// What was on record and not public by the day of disclosure of the view, and what the view of that day is now.
fn undisclosed(page: &mut Page, answer: &v1::AuditDecisionResponse, still: &v1::View) {
    let day = &still.disclosed_by;
    page.heading(&format!("On record when the view was taken, not public by {day}"));
    if answer.undisclosed.is_empty() {
        page.item("Nothing.");
    }
    answer.undisclosed.iter().for_each(|record| evidence(page, record, ""));
    if 0 < answer.undisclosed_left_out {
        page.item(words::count(answer.undisclosed_left_out, "more event", "more events"));
    }
    page.heading(&format!("What the same question gives now, of what was public by {day}"));
    page.paragraph(Text::toned(words::view(Some(still)), Tone::Faint));
    differing(page, &answer.changes_still_undisclosed);
}

/// How answers differ, subject by subject.
fn differing(page: &mut Page, subjects: &[v1::SubjectChanges]) {
    if subjects.is_empty() {
        page.item("The same.");
    }
    for subject in subjects {
        page.item(Text::toned(format!("{} ({})", subject.title, subject.subject), Tone::Strong));
        changes(page, "", &subject.changes);
    }
}

/// The days that hindsight is measured by.
struct Days<'a> {
    /// The date of the view.
    valid_at: &'a str,
    /// The day of disclosure of the view; without one, its date.
    public_by: &'a str,
    /// The day on which the decision was recorded.
    recorded_on: &'a str,
}

// Full dates compare as their texts do.
impl<'a> Days<'a> {
    fn of(answer: &'a v1::AuditDecisionResponse, decision: &'a v1::DecisionRecorded) -> Days<'a> {
        let (valid_at, disclosed_by) =
            decision.basis.as_ref().map_or(("", ""), |it| (it.valid_at.as_str(), it.disclosed_by.as_str()));
        let public_by = if disclosed_by.is_empty() { valid_at } else { disclosed_by };
        Days { valid_at, public_by, recorded_on: &answer.recorded_on }
    }

    /// What an event is that was recorded later, and by when it could be known.
    fn remark(&self, later: &v1::LaterEvent, record: &v1::Record) -> String {
        let kind = phrase::<v1::HindsightKind>(later.kind);
        let Some(fact) = fact_of(record) else { return kind };
        let Days { public_by, recorded_on, .. } = self;
        match &fact.statement {
            Some(Statement::IdentityMerged(_) | Statement::IdentityUnmerged(_)) => {
                format!("{kind}, about the record itself")
            }
            _ if later.knowable => format!("{kind}, public by {public_by}"),
            _ if later.knowable_when_recorded => {
                format!(
                    "{kind}, not public by {public_by}, but by {recorded_on}, when the decision was recorded"
                )
            }
            _ if recorded_on <= public_by => format!("{kind}, not public by {public_by}"),
            _ => format!("{kind}, not public by {recorded_on}, when the decision was recorded"),
        }
    }

    /// What is said of the events about the time after the date of the view.
    fn after(&self, answer: &v1::AuditDecisionResponse) -> String {
        let Days { valid_at, recorded_on, .. } = self;
        let unknowable = answer.events_after_recording;
        let events = words::count(answer.events_after, "event", "events");
        match answer.events_after.saturating_sub(unknowable) {
            0 if recorded_on <= valid_at => {
                format!(
                    "And {events} about the time after {valid_at}, the date of the view, which nobody could have known."
                )
            }
            0 => format!(
                "And {events} about the time after {recorded_on}, when the decision was recorded, which nobody could have \
                 known then."
            ),
            known if 0 < unknowable => format!(
                "And {events} about the time after {valid_at}, the date of the view: {} of them about the time up to \
                 {recorded_on}, when the decision was recorded; {} about the time after that, which nobody could have known \
                 then.",
                words::thousands(known),
                words::thousands(unknowable)
            ),
            known => format!(
                "And {events} about the time after {valid_at}, the date of the view: {} about the time up to {recorded_on}, \
                 when the decision was recorded.",
                if known == 1 { "it is" } else { "they are" }
            ),
        }
    }
}

/// How the view that was kept differs from the one that comes out now.
fn compared(page: &mut Page, kept: &v1::KeptViewComparison, then: &str, now: &str) {
    page.heading("The view that was kept, beside the one that comes out now");
    let fields = words::count(kept.same, "field is", "fields are");
    if kept.differences.is_empty() {
        page.item(format!("{fields} the same, and no other."));
        return;
    }
    let mut subject = "";
    for it in &kept.differences {
        if it.subject != subject {
            subject = &it.subject;
            page.item(Text::toned(subject, Tone::Strong));
        }
        let why = match it.cause() {
            v1::ChangeCause::Unspecified => {
                "the rules are the same: the record is not the one that was seen".to_owned()
            }
            _ => format!("{}: ruleset {then} then, {now} now", phrase::<v1::ChangeCause>(it.cause)),
        };
        let some = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
        page.labelled(
            "",
            match it.was == it.is {
                true => format!("{}: {} as before, on other grounds", it.field, some(&it.is)),
                false => format!("{}: {} → {}", it.field, some(&it.was), some(&it.is)),
            },
        );
        let grounds = match it.was_ground == it.is_ground {
            true => String::new(),
            false => format!("; {} → {}", some(&it.was_ground), some(&it.is_ground)),
        };
        page.labelled("", Text::toned(format!("{why}{grounds}"), Tone::Warning));
    }
    page.item(format!("{fields} the same."));
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
