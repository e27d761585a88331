//! `anomalies`: the contradictions on record.

use clap::{Args, ValueEnum};

use super::{
    arguments::{Extent, Times, vocabulary},
    connection::Session,
    event_reference::whole_subject,
    failure::Failure,
    listing::{gather, print},
    matter,
    page::{Look, Page, Text, Tone},
    words::{self, word},
};
use crate::wire::v1;

/// Which contradictions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Which {
    /// Those that stand.
    Open,
    /// Those that stood once, and that a correction, a retraction, a claim or a late fact has removed.
    Settled,
    /// Both.
    Both,
}

/// List the contradictions on record: every one with its rule and its events
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery anomalies\n  \
    chancery anomalies regime un-scisil\n  \
    chancery anomalies hts --rule CLAIMS_DISAGREE\n  \
    chancery anomalies --which settled --output jsonl")]
pub struct Anomalies {
    /// About this subject: hts, us hts, actor us, regime us-fto219, designation hts us-fto219; also with slashes in one word
    #[arg(value_name = "SUBJECT", num_args = 0..=3)]
    subject: Vec<String>,
    /// Noticed by this rule (of several: any)
    #[arg(long, env = "CHANCERY_RULE", value_parser = vocabulary("AnomalyRule"), ignore_case = true,
          value_delimiter = ',')]
    rule: Vec<i32>,
    /// Those that stand, those that were settled, or both
    #[arg(long, env = "CHANCERY_WHICH", value_enum, default_value_t = Which::Open)]
    which: Which,
    #[command(flatten)]
    extent: Extent,
    #[command(flatten)]
    times: Times,
}

impl Anomalies {
    /// Asks, page after page, and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let (open, settled) = (v1::AnomalyState::Open.into(), v1::AnomalyState::Settled.into());
        let subject = match self.subject.as_slice() {
            [] => String::new(),
            words => whole_subject(session, matter::any(words)?).await?,
        };
        let request = v1::ListAnomaliesRequest {
            rules: self.rule,
            subject,
            states: match self.which {
                Which::Open => vec![open],
                Which::Settled => vec![settled],
                Which::Both => vec![open, settled],
            },
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
            ..Default::default()
        };
        let queries = session.queries().await?;
        let listing = gather(session, self.extent, async |page_size, page_token| {
            let request = v1::ListAnomaliesRequest { page_size, page_token, ..request.clone() };
            queries.clone().list_anomalies(session.request(request)).await
        });
        let listing = listing.await?;
        print(&mut session.printer, &listing, table)
    }
}

fn table(listing: &v1::ListAnomaliesResponse, look: Look) -> String {
    let mut page = Page::new(look);
    page.paragraph(Text::toned(words::view(listing.view.as_ref()), Tone::Faint));
    let mut subject = "";
    for entry in &listing.anomalies {
        let Some(anomaly) = &entry.anomaly else { continue };
        if subject != anomaly.subject {
            page.heading(&anomaly.subject);
            subject = &anomaly.subject;
        }
        let rule = word::<v1::AnomalyRule>(anomaly.rule);
        let events = words::events(&anomaly.event_ids);
        let settled = match entry.settled_by.as_str() {
            "" => String::new(),
            event => format!("; settled by [{}]", words::short_id(event)),
        };
        let tone = if settled.is_empty() { Tone::Plain } else { Tone::Faint };
        page.labelled(
            &anomaly.date,
            Text::toned(format!("{rule}: {} {events}{settled}", anomaly.message), tone),
        );
    }
    page.paragraph(words::count(listing.anomalies.len() as u64, "contradiction", "contradictions"));
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "anomalies": [
        {"anomaly": {"rule": "ANOMALY_RULE_CLAIMS_DISAGREE", "subject": "designation/hts/un-scisil", "date": "2026-02-27", "message": "sources disagree about DELISTED of 2026-02-27", "eventIds": ["1b1b1b1b-0000", "2c2c2c2c-0000"]}, "state": "ANOMALY_STATE_OPEN"},
        {"anomaly": {"rule": "ANOMALY_RULE_ACT_WITHOUT_LISTING", "subject": "group/pkk", "date": "2002", "message": "AMENDED presumes a listing", "eventIds": ["3d3d3d3d-0000"]}, "state": "ANOMALY_STATE_SETTLED", "settledBy": "4e4e4e4e-0000"}
      ],
      "view": {"validAt": "2026-03-01", "knownPosition": "432"}
    }"#;

    const TABLE: &str = r#"On 2026-03-01, as the record stood at position 432

designation/hts/un-scisil
  2026-02-27    CLAIMS_DISAGREE: sources disagree about DELISTED of 2026-02-27 [1b1b1b1b 2c2c2c2c]

group/pkk
  2002          ACT_WITHOUT_LISTING: AMENDED presumes a listing [3d3d3d3d]; settled by [4e4e4e4e]
2 contradictions
"#;

    #[test]
    fn contradictions_are_listed_by_subject() {
        let answer: v1::ListAnomaliesResponse = from_json(ANSWER).unwrap();
        let text = table(&answer, Look { width: 100, coloured: false });
        assert_eq!(text, TABLE, "\n{text}");
    }
}
