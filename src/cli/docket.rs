//! `docket`: what takes effect, expires or falls due in a period.

use clap::Args;

use super::{
    arguments::{Day, Extent, Times, slug, vocabulary},
    connection::Session,
    failure::Failure,
    listing::{gather, print},
    page::{Look, Page, Text, Tone},
    words::{self, phrase},
};
use crate::wire::v1;

/// List what takes effect, expires or falls due for review in a period
#[derive(Debug, Args)]
#[command(
    after_help = "The docket counts everything on record with a date in the period; with --on it is that of a reader \
    on that day.\n\nExamples:\n  \
    chancery docket --from 2025-07-01 --until 2025-07-31\n  \
    chancery docket --from 2026-01-01 --until 2026-12-31 --kind REVIEW,EXPIRES\n  \
    chancery docket --from 2025-06-01 --until 2025-07-31 --on 2025-06-30 --group hts"
)]
pub struct Docket {
    /// The first day
    #[arg(long, env = "CHANCERY_DAYS_FROM", value_name = "DATE")]
    from: Day,
    /// The last day
    #[arg(long, env = "CHANCERY_DAYS_UNTIL", value_name = "DATE")]
    until: Day,
    /// Only of these groups
    #[arg(long, env = "CHANCERY_GROUP", value_name = "GROUP", value_parser = slug, value_delimiter = ',')]
    group: Vec<String>,
    /// Only under these regimes
    #[arg(long, env = "CHANCERY_REGIME", value_name = "REGIME", value_parser = slug, value_delimiter = ',')]
    regime: Vec<String>,
    /// Only what is due in one of these ways
    #[arg(long, env = "CHANCERY_DOCKET_KIND", value_parser = vocabulary("DueKind"), ignore_case = true, value_delimiter = ',')]
    kind: Vec<i32>,
    #[command(flatten)]
    extent: Extent,
    #[command(flatten)]
    times: Times,
}

impl Docket {
    /// Asks, page after page, and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let request = v1::ListDocketRequest {
            from: self.from.to_string(),
            until: self.until.to_string(),
            groups: self.group,
            regimes: self.regime,
            kinds: self.kind,
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
            ..Default::default()
        };
        let queries = session.queries().await?;
        let listing = gather(session, self.extent, async |page_size, page_token| {
            let request = v1::ListDocketRequest { page_size, page_token, ..request.clone() };
            queries.clone().list_docket(session.request(request)).await
        });
        let listing = listing.await?;
        print(&mut session.printer, &listing, table)
    }
}

fn table(listing: &v1::ListDocketResponse, look: Look) -> String {
    let mut page = Page::new(look);
    page.paragraph(Text::toned(words::view(listing.view.as_ref()), Tone::Faint));
    let rows = listing.entries.iter().map(|entry| {
        vec![
            Text::from(&entry.date),
            phrase::<v1::DueKind>(entry.kind).into(),
            Text::toned(about(&entry.subject), Tone::Strong),
            entry.what.as_str().into(),
            event(&entry.event_id).into(),
        ]
    });
    page.table(&["date", "due", "of", "what", "event"], rows.collect());
    page.paragraph(words::count(listing.entries.len() as u64, "entry", "entries"));
    page.finish()
}

/// The short form of an event id in brackets; empty for none.
fn event(id: &str) -> String {
    if id.is_empty() { String::new() } else { format!("[{}]", words::short_id(id)) }
}

/// Whose entry it is: the group of a listing, whose regime `what` names.
fn about(subject: &str) -> String {
    let mut parts = subject.split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("designation"), Some(group), Some(_)) => group.to_owned(),
        (Some("relationship"), Some(actor), Some(group)) => format!("{actor} and {group}"),
        (Some(_), Some(name), None) => name.to_owned(),
        _ => subject.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "entries": [
        {"date": "2025-07-08", "kind": "DUE_KIND_TAKES_EFFECT", "subject": "designation/hts/us-fto219", "what": "us-fto219: DELISTED takes effect", "eventId": "1b1b1b1b-0000"},
        {"date": "2025-07-15", "kind": "DUE_KIND_EXPIRES", "subject": "relationship/us/hts", "what": "ceasefire of us and hts ends", "eventId": "2c2c2c2c-0000"},
        {"date": "2025-07-31", "kind": "DUE_KIND_REVIEW", "subject": "designation/pkk/eu-terr", "what": "eu-terr: review falls due"}
      ],
      "view": {"validAt": "2025-07-31", "knownPosition": "432"}
    }"#;

    const TABLE: &str = r#"On 2025-07-31, as the record stood at position 432
  date        due           of          what                              event
  2025-07-08  takes effect  hts         us-fto219: DELISTED takes effect  [1b1b1b1b]
  2025-07-15  expires       us and hts  ceasefire of us and hts ends      [2c2c2c2c]
  2025-07-31  review        pkk         eu-terr: review falls due
3 entries
"#;

    #[test]
    fn entries_are_listed_by_date() {
        let answer: v1::ListDocketResponse = from_json(ANSWER).unwrap();
        let text = table(&answer, Look { width: 100, coloured: false });
        assert_eq!(text, TABLE, "\n{text}");
    }
}
