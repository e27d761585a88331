//! `event`: one event with everything recorded about it.

use clap::Args;

use super::{
    connection::Session,
    event_reference::EventReference,
    failure::Failure,
    page::{Look, Page, Text, Tone},
    statement,
    words::{self, phrase, word},
};
use crate::wire::v1::{self, event::Body};

/// Show one event: what it says, who says so, and what was recorded about it later
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery event c46faa97\n  \
    chancery event 434\n  \
    chancery event 6f0e5c1e-6a3b-4b39-8f5d-0a7d6f1d2c3b\n  \
    chancery event 6f0e5c1e-6a3b-4b39-8f5d-0a7d6f1d2c3b --output json")]
pub struct Event {
    /// The event: its id, the first eight characters of it or more, or its position
    #[arg(value_name = "EVENT")]
    event: EventReference,
}

impl Event {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let event_id = self.event.find(session).await?;
        let request = session.request(v1::GetEventRequest { event_id });
        let answer = session.history().await?.get_event(request).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        session.printer.answer(&answer, dossier)
    }
}

fn dossier(answer: &v1::GetEventResponse, look: Look) -> Result<String, Failure> {
    let record = answer.record.as_ref().ok_or(Failure::Incomplete { part: "record" })?;
    let mut page = Page::new(look);
    page.title(statement::record_line(record));
    page.paragraph(Text::toned(
        format!(
            "Event {}, position {}, recorded {} by {}",
            statement::event_id(record),
            record.position,
            words::minute(record.recorded_at.as_ref()),
            record.recorded_by,
        ),
        Tone::Faint,
    ));
    page.labelled("kind", statement::kind(record));
    page.labelled("commit", &record.commit_id);
    page.labelled("subjects", answer.subjects.join(", "));
    let body = record.event.as_ref().and_then(|event| event.body.as_ref());
    match body {
        Some(Body::Fact(fact)) => {
            facts(&mut page, fact);
            match &answer.standing {
                None => {
                    page.paragraph("");
                    page.paragraph(Text::toned(
                        "Retracted: it counts for nothing as the record stands.",
                        Tone::Warning,
                    ));
                }
                Some(standing) if standing != fact => {
                    page.heading("As the record stands");
                    page.item(Text::toned(statement::fact_line(standing), Tone::Strong));
                    facts(&mut page, standing);
                }
                Some(_) => {}
            }
        }
        Some(Body::Correction(correction)) => {
            page.labelled("corrects", &correction.target);
            page.labelled("because", &correction.reason);
            if let Some(replacement) = &correction.replacement {
                facts(&mut page, replacement);
            }
        }
        Some(Body::Retraction(retraction)) => {
            page.labelled("takes back", &retraction.target);
            page.labelled("because", &retraction.reason);
        }
        Some(Body::Reinstatement(reinstatement)) => {
            page.labelled("puts back", &reinstatement.target);
            page.labelled("because", &reinstatement.reason);
        }
        None => {}
    }
    if !answer.related.is_empty() {
        page.heading("Recorded about it");
        for related in &answer.related {
            let id = words::short_id(statement::event_id(related));
            page.labelled(
                &related.position.to_string(),
                format!("{} [{id}]", statement::record_line(related)),
            );
        }
    }
    Ok(page.finish())
}

/// The dates, the sources and the particulars of a fact.
fn facts(page: &mut Page, fact: &v1::Fact) {
    page.labelled("effective", &fact.effective_on);
    page.labelled("decided", &fact.decided_on);
    page.labelled("announced", &fact.announced_on);
    page.labelled("disclosed", &fact.disclosed_on);
    page.labelled("assertion", word::<v1::Assertion>(fact.assertion));
    page.labelled("credibility", &fact.credibility);
    page.labelled("label", word::<v1::Label>(fact.label));
    page.labelled("claim of", &fact.claim_of);
    for source in &fact.sources {
        let parts = [&source.publisher, &source.title, &source.locator, &source.published_on];
        let parts: Vec<&str> =
            parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        page.labelled("source", format!("{} ({})", parts.join(", "), phrase::<v1::SourceKind>(source.kind)));
        if !source.quote.is_empty() {
            page.labelled("", format!("“{}”", source.quote));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "record": {"position": "7", "recordedAt": "2026-11-22T14:40:05Z", "recordedBy": "local", "commitId": "9c9c9c9c-0000",
        "event": {"eventId": "0a0a0a0a-0000", "fact": {"effectiveOn": "2025-07-07", "announcedOn": "2025-07-07", "credibility": "A1",
          "sources": [{"publisher": "Federal Register", "title": "Revocation", "locator": "90 FR 30187", "kind": "SOURCE_KIND_LEGAL_ACT", "quote": "hereby revoked"}],
          "designationAct": {"group": "hts", "regime": "us-fto219", "act": "ACT_DELISTED"}}}},
      "related": [{"position": "8", "event": {"eventId": "1b1b1b1b-0000", "correction": {"target": "0a0a0a0a-0000", "reason": "in effect on publication",
          "replacement": {"effectiveOn": "2025-07-08", "designationAct": {"group": "hts", "regime": "us-fto219", "act": "ACT_DELISTED"}}}}}],
      "standing": {"effectiveOn": "2025-07-08", "designationAct": {"group": "hts", "regime": "us-fto219", "act": "ACT_DELISTED"}},
      "subjects": ["designation/hts/us-fto219", "group/hts"],
      "position": "9"
    }"#;

    const DOSSIER: &str = r#"hts DELISTED under us-fto219
Event 0a0a0a0a-0000, position 7, recorded 2026-11-22 14:40 UTC by local
  kind          designation_act
  commit        9c9c9c9c-0000
  subjects      designation/hts/us-fto219, group/hts
  effective     2025-07-07
  announced     2025-07-07
  credibility   A1
  source        Federal Register, Revocation, 90 FR 30187 (legal act)
                “hereby revoked”

As the record stands
  hts DELISTED under us-fto219
  effective     2025-07-08

Recorded about it
  8             corrects 0a0a0a0a: in effect on publication → hts DELISTED under us-fto219
                [1b1b1b1b]
"#;

    #[test]
    fn an_event_shows_what_became_of_it() {
        let mut answer: v1::GetEventResponse = from_json(ANSWER).unwrap();
        let look = Look { width: 100, coloured: false };
        let text = dossier(&answer, look).unwrap();
        assert_eq!(text, DOSSIER, "\n{text}");
        answer.standing = None;
        assert!(dossier(&answer, look).unwrap().contains("Retracted"));
    }
}
