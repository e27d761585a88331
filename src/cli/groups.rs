//! `groups`: which groups there are, by where they stand.

use clap::Args;

use super::{
    arguments::{Extent, Times, slug, vocabulary},
    connection::Session,
    failure::Failure,
    listing::{gather, print},
    page::{Look, Page, Text, Tone},
    words::{self, phrase, word},
};
use crate::wire::v1;

/// List groups, by where they stand
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery groups\n  \
    chancery groups --regime us-fto219 --on 2022-05-19\n  \
    chancery groups --regime eu-terr --lifecycle DISSOLVED_DECLARED\n  \
    chancery groups --flag GOVERNING_BUT_LISTED --output jsonl")]
pub struct Groups {
    /// Listed under this regime
    #[arg(long, env = "CHANCERY_REGIME", value_name = "REGIME", value_parser = slug)]
    regime: Option<String>,
    /// With a listing in this state (of several: any). With --regime, ACTIVE and ANNULLED_STAYED when left out
    #[arg(long, env = "CHANCERY_STATE", value_parser = vocabulary("DesignationState"), ignore_case = true,
          value_delimiter = ',', hide_possible_values = false)]
    state: Vec<i32>,
    /// Of this kind (of several: any)
    #[arg(long, env = "CHANCERY_GROUPS_KIND", value_parser = vocabulary("GroupKind"), ignore_case = true, value_delimiter = ',')]
    kind: Vec<i32>,
    /// At this point of its life (of several: any)
    #[arg(long, env = "CHANCERY_LIFECYCLE", value_parser = vocabulary("LifecycleState"), ignore_case = true,
          value_delimiter = ',')]
    lifecycle: Vec<i32>,
    /// With this flag (of several: any)
    #[arg(long, env = "CHANCERY_GROUP_FLAG", value_parser = vocabulary("GroupFlag"), ignore_case = true, value_delimiter = ',')]
    flag: Vec<i32>,
    #[command(flatten)]
    extent: Extent,
    #[command(flatten)]
    times: Times,
}

impl Groups {
    /// Asks, page after page, and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let request = v1::ListGroupsRequest {
            regime: self.regime.unwrap_or_default(),
            states: self.state,
            kinds: self.kind,
            lifecycles: self.lifecycle,
            flags: self.flag,
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
            ..Default::default()
        };
        let queries = session.queries().await?;
        let listing = gather(session, self.extent, async |page_size, page_token| {
            let request = v1::ListGroupsRequest { page_size, page_token, ..request.clone() };
            queries.clone().list_groups(session.request(request)).await
        });
        let listing = listing.await?;
        print(&mut session.printer, &listing, table)
    }
}

fn table(listing: &v1::ListGroupsResponse, look: Look) -> String {
    let mut page = Page::new(look);
    page.paragraph(Text::toned(words::view(listing.view.as_ref()), Tone::Faint));
    let rows = listing.groups.iter().map(|group| {
        vec![
            Text::toned(&group.group, Tone::Strong),
            Text::stacked(&named(group), Tone::Plain),
            phrase::<v1::GroupKind>(group.kind).into(),
            word::<v1::LifecycleState>(group.lifecycle).into(),
            listings(&group.designations).into(),
            group.engagements.to_string().into(),
        ]
    });
    page.table(&["group", "name", "kind", "life", "listings", "met"], rows.collect());
    page.paragraph(words::count(listing.groups.len() as u64, "group", "groups"));
    page.finish()
}

/// The name, and the flags below it.
fn named(group: &v1::GroupSummary) -> Vec<String> {
    let flags = group.flags.iter().map(|flag| word::<v1::GroupFlag>(*flag));
    std::iter::once(group.name.clone()).chain(flags).collect()
}

/// Listings, those with the same state together: `ACTIVE us-sdgt, un-sc1988; DELISTED us-fto219`.
fn listings(designations: &[v1::DesignationSummary]) -> String {
    let mut states: Vec<(i32, Vec<String>)> = Vec::new();
    for listing in designations {
        let name = match listing.component.as_str() {
            "" => listing.regime.clone(),
            component => format!("{} ({component})", listing.regime),
        };
        match states.iter_mut().find(|(state, _)| *state == listing.state) {
            Some((_, names)) => names.push(name),
            None => states.push((listing.state, vec![name])),
        }
    }
    let parts = states
        .into_iter()
        .map(|(state, names)| format!("{} {}", word::<v1::DesignationState>(state), names.join(", ")));
    parts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "groups": [
        {"group": "hts", "name": "Hay'at Tahrir al-Sham", "kind": "GROUP_KIND_ORGANISATION", "lifecycle": "LIFECYCLE_STATE_GOVERNING",
         "designations": [{"regime": "un-scisil", "state": "DESIGNATION_STATE_ACTIVE"}, {"regime": "us-fto219", "state": "DESIGNATION_STATE_DELISTED"}, {"regime": "gb-ta2000", "state": "DESIGNATION_STATE_ACTIVE"}],
         "flags": ["GROUP_FLAG_GOVERNING_BUT_LISTED"], "engagements": "12"},
        {"group": "hezbollah", "name": "Hezbollah", "kind": "GROUP_KIND_ORGANISATION",
         "designations": [{"regime": "eu-terr", "component": "Military Wing", "state": "DESIGNATION_STATE_ACTIVE"}]}
      ],
      "view": {"validAt": "2025-07-08", "knownPosition": "432"}
    }"#;

    const TABLE: &str = r#"On 2025-07-08, as the record stood at position 432
  group      name                   kind          life       listings                        met
  hts        Hay'at Tahrir al-Sham  organisation  GOVERNING  ACTIVE un-scisil, gb-ta2000;    12
             GOVERNING_BUT_LISTED                            DELISTED us-fto219
  hezbollah  Hezbollah              organisation             ACTIVE eu-terr (Military Wing)  0
2 groups
"#;

    #[test]
    fn groups_are_listed_with_their_states() {
        let answer: v1::ListGroupsResponse = from_json(ANSWER).unwrap();
        let text = table(&answer, Look { width: 100, coloured: false });
        assert_eq!(text, TABLE, "\n{text}");
    }
}
