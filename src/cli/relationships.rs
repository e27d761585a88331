//! `relationships`: which actors deal with which groups, by where they stand.

use clap::Args;

use super::{
    arguments::{Extent, Times, slug, vocabulary},
    connection::Session,
    failure::Failure,
    listing::{gather, print},
    page::{Look, Page, Text, Tone},
    words::{self, word},
};
use crate::wire::v1;

/// List the relationships on record, by where they stand
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery relationships --group taliban\n  \
    chancery relationships --actor us --headline CEASEFIRE,NEGOTIATING\n  \
    chancery relationships --flag ENGAGING_WHILE_DESIGNATED --on 2025-05-07 --all")]
pub struct Relationships {
    /// Of this actor
    #[arg(long, env = "CHANCERY_ACTOR", value_name = "ACTOR", value_parser = slug)]
    actor: Option<String>,
    /// With this group
    #[arg(long, env = "CHANCERY_GROUP", value_name = "GROUP", value_parser = slug)]
    group: Option<String>,
    /// With this headline (of several: any)
    #[arg(long, env = "CHANCERY_HEADLINE", value_parser = vocabulary("Headline"), ignore_case = true,
          value_delimiter = ',')]
    headline: Vec<i32>,
    /// With this flag (of several: any)
    #[arg(long, env = "CHANCERY_RELATIONSHIP_FLAG", value_parser = vocabulary("RelationshipFlag"), ignore_case = true,
          value_delimiter = ',')]
    flag: Vec<i32>,
    #[command(flatten)]
    extent: Extent,
    #[command(flatten)]
    times: Times,
}

impl Relationships {
    /// Asks, page after page, and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let request = v1::ListRelationshipsRequest {
            actor: self.actor.unwrap_or_default(),
            group: self.group.unwrap_or_default(),
            headlines: self.headline,
            flags: self.flag,
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
            ..Default::default()
        };
        let queries = session.queries().await?;
        let listing = gather(session, self.extent, async |page_size, page_token| {
            let request = v1::ListRelationshipsRequest { page_size, page_token, ..request.clone() };
            queries.clone().list_relationships(session.request(request)).await
        });
        let listing = listing.await?;
        print(&mut session.printer, &listing, table)
    }
}

fn table(listing: &v1::ListRelationshipsResponse, look: Look) -> String {
    let mut page = Page::new(look);
    page.paragraph(Text::toned(words::view(listing.view.as_ref()), Tone::Faint));
    let rows = listing.relationships.iter().map(|relationship| {
        vec![
            Text::toned(&relationship.actor, Tone::Strong),
            Text::toned(&relationship.group, Tone::Strong),
            word::<v1::Headline>(relationship.headline).into(),
            word::<v1::ContactLevel>(relationship.contact).into(),
            relationship.last_contact_on.as_str().into(),
            format!("{:+.1}", relationship.score).into(),
            relationship.engagements.to_string().into(),
            Text::toned(words::flag_names::<v1::RelationshipFlag>(&relationship.flags), Tone::Warning),
        ]
    });
    page.table(&["actor", "group", "headline", "contact", "last", "score", "met", "flags"], rows.collect());
    page.paragraph(words::count(listing.relationships.len() as u64, "relationship", "relationships"));
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "relationships": [
        {"actor": "ru", "group": "taliban", "headline": "HEADLINE_RECOGNISED", "contact": "CONTACT_LEVEL_MINISTERIAL", "lastContactOn": "2025-07-03", "score": 12.25, "engagements": "9"},
        {"actor": "us", "group": "houthis", "headline": "HEADLINE_CEASEFIRE", "flags": ["RELATIONSHIP_FLAG_ENGAGING_WHILE_DESIGNATED"], "contact": "CONTACT_LEVEL_NONE", "score": -3.5, "engagements": "4"}
      ],
      "view": {"validAt": "2025-07-08", "knownPosition": "432"}
    }"#;

    const TABLE: &str = r#"On 2025-07-08, as the record stood at position 432
  actor  group    headline    contact      last        score  met  flags
  ru     taliban  RECOGNISED  MINISTERIAL  2025-07-03  +12.2  9
  us     houthis  CEASEFIRE   NONE                     -3.5   4    ENGAGING_WHILE_DESIGNATED
2 relationships
"#;

    #[test]
    fn relationships_are_listed_with_their_headlines() {
        let answer: v1::ListRelationshipsResponse = from_json(ANSWER).unwrap();
        let text = table(&answer, Look { width: 100, coloured: false });
        assert_eq!(text, TABLE, "\n{text}");
    }
}
