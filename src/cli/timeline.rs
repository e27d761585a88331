//! `timeline`: the facts about a subject, in the order in which they took effect.

use clap::Args;

use super::{
    arguments::{Extent, Times},
    connection::Session,
    event_reference::whole_subject,
    failure::Failure,
    identities::merged,
    listing::{gather, print},
    matter,
    page::{Look, Page, Text, Tone},
    statement,
    words::{self, phrase},
};
use crate::wire::v1;

/// Show the facts about a subject in the order in which they took effect
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery timeline hts                      the group hts\n  \
    chancery timeline us hts                   the relationship of us with hts\n  \
    chancery timeline designation/hts/us-fto219\n  \
    chancery timeline group/hts --known 432 --all")]
pub struct Timeline {
    /// The subject (group/hts, relationship/us/hts, designation/hts/us-fto219), a group, or an actor and a group
    #[arg(value_name = "SUBJECT", num_args = 1..=3, required = true)]
    subject: Vec<String>,
    #[command(flatten)]
    extent: Extent,
    #[command(flatten)]
    times: Times,
}

impl Timeline {
    /// Asks, page after page, and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let subject = whole_subject(session, matter::any(&self.subject)?).await?;
        let request = v1::GetTimelineRequest {
            subject: subject.clone(),
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
            ..Default::default()
        };
        let queries = session.queries().await?;
        let listing = gather(session, self.extent, async |page_size, page_token| {
            let request = v1::GetTimelineRequest { page_size, page_token, ..request.clone() };
            queries.clone().get_timeline(session.request(request)).await
        });
        let listing = listing.await?;
        print(&mut session.printer, &listing, |timeline, look| table(&subject, timeline, look))
    }
}

fn table(subject: &str, timeline: &v1::GetTimelineResponse, look: Look) -> String {
    let mut page = Page::new(look);
    page.title(subject);
    page.paragraph(Text::toned(words::view(timeline.view.as_ref()), Tone::Faint));
    page.paragraph(Text::toned(merged(&timeline.identities), Tone::Warning));
    let rows = timeline.entries.iter().map(|entry| {
        let fact = entry.standing.as_ref();
        let id = entry.record.as_ref().map(statement::event_id).unwrap_or_default();
        let mut lines = vec![fact.map(statement::fact_line).unwrap_or_default()];
        lines.extend(remarks(entry));
        let tone = if entry.pending || entry.disputed { Tone::Warning } else { Tone::Plain };
        vec![
            Text::from(fact.map_or("", |fact| fact.effective_on.as_str())),
            Text::stacked(&lines, tone),
            fact.and_then(best_source).unwrap_or_default().into(),
            Text::toned(words::short_id(id), Tone::Faint),
        ]
    });
    page.table(&["date", "what", "source", "event"], rows.collect());
    page.paragraph(words::count(timeline.entries.len() as u64, "fact", "facts"));
    page.finish()
}

/// What else there is to know about an entry, a line each.
fn remarks(entry: &v1::TimelineEntry) -> Vec<String> {
    let mut remarks = Vec::new();
    if entry.pending {
        let announced = entry.standing.as_ref().map_or("", |fact| match fact.announced_on.as_str() {
            "" => fact.decided_on.as_str(),
            announced => announced,
        });
        remarks
            .push(format!("pending, known since {announced}").trim_end_matches(", known since ").to_owned());
    }
    if entry.lead {
        remarks.push("a lead, coded by a machine: it moves nothing".to_owned());
    }
    let assertion = entry.standing.as_ref().map(v1::Fact::assertion);
    if assertion == Some(v1::Assertion::Denied) {
        remarks.push("denied: it moves nothing".to_owned());
    }
    if entry.disputed {
        remarks.push("disputed".to_owned());
    }
    if !entry.corrected_by.is_empty() {
        remarks.push(format!("as corrected by {}", words::short_id(&entry.corrected_by)));
    }
    for claim in &entry.alternatives {
        let source = phrase::<v1::SourceKind>(claim.source_kind);
        remarks.push(format!("a claim that lost ({source}) has {}: {}", claim.effective_on, claim.summary));
    }
    remarks
}

/// The publisher of the source with the best rank.
fn best_source(fact: &v1::Fact) -> Option<String> {
    fact.sources.iter().min_by_key(|source| source.kind).map(|source| source.publisher.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &str = r#"{
      "entries": [
        {"record": {"position": "7", "event": {"eventId": "0a0a0a0a-0000"}},
         "standing": {"effectiveOn": "2014-05-15", "summary": "The State Department lists the front on its own.", "sources": [{"publisher": "A newspaper", "kind": "SOURCE_KIND_ESTABLISHED_MEDIA"}, {"publisher": "Federal Register", "kind": "SOURCE_KIND_LEGAL_ACT"}],
           "designationAct": {"group": "hts", "regime": "us-fto219", "act": "ACT_SPLIT_TO_OWN_LISTING"}},
         "correctedBy": "1b1b1b1b-0000"},
        {"record": {"position": "9", "event": {"eventId": "2c2c2c2c-0000"}},
         "standing": {"effectiveOn": "2025-07-08", "announcedOn": "2025-07-07", "sources": [{"publisher": "Federal Register", "kind": "SOURCE_KIND_LEGAL_ACT"}],
           "designationAct": {"group": "hts", "regime": "us-fto219", "act": "ACT_DELISTED"}},
         "pending": true, "disputed": true,
         "alternatives": [{"eventId": "3d3d3d3d-0000", "effectiveOn": "2025-06-23", "summary": "Revoked in June.", "sourceKind": "SOURCE_KIND_AGGREGATOR"}]}
      ],
      "view": {"validAt": "2025-07-07", "knownPosition": "432"}
    }"#;

    const TABLE: &str = r#"designation/hts/us-fto219
On 2025-07-07, as the record stood at position 432
  date        what                                                       source            event
  2014-05-15  hts SPLIT_TO_OWN_LISTING under us-fto219 — The State       Federal Register  0a0a0a0a
              Department lists the front on its own.
              as corrected by 1b1b1b1b
  2025-07-08  hts DELISTED under us-fto219                               Federal Register  2c2c2c2c
              pending, known since 2025-07-07
              disputed
              a claim that lost (aggregator) has 2025-06-23: Revoked in
              June.
2 facts
"#;

    #[test]
    fn a_timeline_shows_what_stands_and_what_is_doubtful() {
        let answer: v1::GetTimelineResponse = crate::wire::json::from_json(ANSWER).unwrap();
        let text = table("designation/hts/us-fto219", &answer, Look { width: 100, coloured: false });
        assert_eq!(text, TABLE, "\n{text}");
    }
}
