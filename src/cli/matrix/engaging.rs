//! `matrix engaging`: when actors dealt with groups that they list themselves.

use clap::Args;

use crate::{
    cli::{
        arguments::{Day, Extent, Times, slug},
        connection::Session,
        failure::Failure,
        listing::{gather, print},
        page::{Look, Page, Text, Tone},
        words,
    },
    wire::v1,
};

/// When actors dealt with groups that they list themselves, with the engagements and the listings
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery matrix engaging --from 2025-01-01 --until 2025-12-31\n  \
    chancery matrix engaging --from 2020-01-01 --until 2025-12-31 --actor us --group taliban --output json")]
pub(super) struct Engaging {
    /// The first day
    #[arg(long, env = "CHANCERY_DAYS_FROM", value_name = "DATE")]
    from: Day,
    /// The last day
    #[arg(long, env = "CHANCERY_DAYS_UNTIL", value_name = "DATE")]
    until: Day,
    /// Only these actors
    #[arg(long, env = "CHANCERY_ACTOR", value_name = "ACTOR", value_parser = slug, value_delimiter = ',')]
    actor: Vec<String>,
    /// Only these groups
    #[arg(long, env = "CHANCERY_GROUP", value_name = "GROUP", value_parser = slug, value_delimiter = ',')]
    group: Vec<String>,
    #[command(flatten)]
    extent: Extent,
    #[command(flatten)]
    times: Times,
}

impl Engaging {
    /// Asks, page after page, and prints.
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let request = v1::ListEngagingWhileDesignatedRequest {
            from: self.from.to_string(),
            until: self.until.to_string(),
            actors: self.actor,
            groups: self.group,
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
            ..Default::default()
        };
        let queries = session.queries().await?;
        let listing = gather(session, self.extent, async |page_size, page_token| {
            let request = v1::ListEngagingWhileDesignatedRequest { page_size, page_token, ..request.clone() };
            queries.clone().list_engaging_while_designated(session.request(request)).await
        });
        let listing = listing.await?;
        print(&mut session.printer, &listing, table)
    }
}

fn table(listing: &v1::ListEngagingWhileDesignatedResponse, look: Look) -> String {
    let mut page = Page::new(look);
    page.paragraph(Text::toned(words::view(listing.view.as_ref()), Tone::Faint));
    let rows = listing.stretches.iter().map(|stretch| {
        let before = if stretch.began_before { "≤ " } else { "" };
        let after = if stretch.goes_on { " …" } else { "" };
        let mut regimes: Vec<String> = stretch.listings.iter().map(listed).collect();
        regimes.dedup();
        vec![
            Text::toned(&stretch.actor, Tone::Strong),
            Text::toned(&stretch.group, Tone::Strong),
            format!("{before}{}", stretch.from).into(),
            format!("{}{after}", stretch.until).into(),
            regimes.join(", ").into(),
            stretch.engagement_ids.len().to_string().into(),
            words::events(&stretch.engagement_ids).into(),
        ]
    });
    page.table(&["actor", "group", "from", "until", "listed under", "met", "events"], rows.collect());
    page.paragraph(words::count(listing.stretches.len() as u64, "stretch", "stretches"));
    page.finish()
}

/// The regime of a listing; with the group or component that it is of, where that is not the whole group.
fn listed(listing: &v1::StretchListing) -> String {
    match (listing.through_group.as_str(), listing.component.as_str()) {
        ("", "") => listing.regime.clone(),
        ("", component) => format!("{} ({component})", listing.regime),
        (parent, _) => format!("{} (of {parent})", listing.regime),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "stretches": [
        {"actor": "us", "group": "hamas", "from": "2025-02-01", "until": "2025-12-31", "goesOn": true,
         "listings": [{"regime": "us-fto219", "state": "DESIGNATION_STATE_ACTIVE"}, {"regime": "us-sdgt", "state": "DESIGNATION_STATE_ACTIVE"}],
         "engagementIds": ["1b1b1b1b-0000", "2c2c2c2c-0000"]},
        {"actor": "us", "group": "hts", "from": "2025-01-01", "until": "2025-07-07", "beganBefore": true,
         "listings": [{"regime": "us-fto219", "state": "DESIGNATION_STATE_ACTIVE"}], "engagementIds": ["3d3d3d3d-0000"]},
        {"actor": "eu", "group": "d1-wing", "from": "2015-06-01", "until": "2015-12-31",
         "listings": [{"regime": "eu-terr", "state": "DESIGNATION_STATE_ACTIVE", "throughGroup": "d1"}, {"regime": "eu-terr", "component": "Cell", "state": "DESIGNATION_STATE_ACTIVE"}],
         "engagementIds": ["4e4e4e4e-0000"]}
      ],
      "view": {"validAt": "2026-01-01", "knownPosition": "432"}
    }"#;

    const TABLE: &str = r#"On 2026-01-01, as the record stood at position 432
  actor  group    from          until         listed under              met  events
  us     hamas    2025-02-01    2025-12-31 …  us-fto219, us-sdgt        2    [1b1b1b1b 2c2c2c2c]
  us     hts      ≤ 2025-01-01  2025-07-07    us-fto219                 1    [3d3d3d3d]
  eu     d1-wing  2015-06-01    2015-12-31    eu-terr (of d1), eu-terr  1    [4e4e4e4e]
                                              (Cell)
3 stretches
"#;

    #[test]
    fn stretches_are_listed_with_their_grounds() {
        let answer: v1::ListEngagingWhileDesignatedResponse = from_json(ANSWER).unwrap();
        let text = table(&answer, Look { width: 100, coloured: false });
        assert_eq!(text, TABLE, "\n{text}");
    }
}
