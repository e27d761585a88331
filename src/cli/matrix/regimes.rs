//! `matrix regimes`: groups by regimes.

use clap::{Args, builder::FalseyValueParser};

use super::{grid::Grid, show};
use crate::{
    cli::{
        arguments::{Extent, Times, slug, vocabulary},
        connection::Session,
        failure::Failure,
        page::{Look, Page, Text, Tone},
        words,
    },
    wire::v1,
};

/// Groups by regimes: in which state each listing is
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery matrix regimes --only-listed --on 2025-07-08\n  \
    chancery matrix regimes --group hts,hamas,hezbollah --output json")]
pub(super) struct Regimes {
    /// Only these groups
    #[arg(long, env = "CHANCERY_GROUP", value_name = "GROUP", value_parser = slug, value_delimiter = ',')]
    group: Vec<String>,
    /// Only these regimes
    #[arg(long, env = "CHANCERY_REGIME", value_name = "REGIME", value_parser = slug, value_delimiter = ',')]
    regime: Vec<String>,
    /// Only listings in this state (of several: any)
    #[arg(long, env = "CHANCERY_STATE", value_parser = vocabulary("DesignationState"), ignore_case = true,
          value_delimiter = ',')]
    state: Vec<i32>,
    /// Only listings in force: ACTIVE, SUSPENDED or ANNULLED_STAYED
    #[arg(long, env = "CHANCERY_ONLY_LISTED", value_parser = FalseyValueParser::new(), conflicts_with = "state")]
    only_listed: bool,
    /// Only groups with this flag (of several: any)
    #[arg(long, env = "CHANCERY_GROUP_FLAG", value_parser = vocabulary("GroupFlag"), ignore_case = true, value_delimiter = ',')]
    flag: Vec<i32>,
    #[command(flatten)]
    extent: Extent,
    #[command(flatten)]
    times: Times,
}

impl Regimes {
    /// Asks and prints.
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        use v1::DesignationState as State;
        let states = match self.only_listed {
            true => [State::Active, State::Suspended, State::AnnulledStayed].map(i32::from).to_vec(),
            false => self.state,
        };
        let listings =
            v1::ListingMatrix { groups: self.group, regimes: self.regime, states, flags: self.flag };
        let request = v1::GetMatrixRequest {
            matrix: Some(v1::get_matrix_request::Matrix::Listings(listings)),
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
            ..Default::default()
        };
        show(session, request, self.extent, page).await
    }
}

/// The code of a state, and its place in the legend.
fn code(state: v1::DesignationState) -> (usize, &'static str, &'static str) {
    use v1::DesignationState as State;
    match state {
        State::Active => (0, "A", "ACTIVE"),
        State::Suspended => (1, "S", "SUSPENDED"),
        State::AnnulledStayed => (2, "Y", "ANNULLED_STAYED"),
        State::Proposed => (3, "P", "PROPOSED"),
        State::Delisted => (4, "D", "DELISTED"),
        State::Annulled => (5, "N", "ANNULLED"),
        State::Lapsed => (6, "L", "LAPSED"),
        State::InferredEnded => (7, "E", "INFERRED_ENDED"),
        State::None | State::Unspecified => (8, "-", "NONE"),
    }
}

fn page(matrix: &v1::GetMatrixResponse, look: Look) -> String {
    let mut page = Page::new(look);
    page.paragraph(Text::toned(words::view(matrix.view.as_ref()), Tone::Faint));
    let mut grid = Grid::default();
    for row in &matrix.listing_rows {
        for cell in &row.cells {
            let (place, letter, meaning) = code(cell.state());
            grid.explain(place, letter, meaning);
            let mut text = letter.to_owned();
            let mut mark = |holds: bool, place, sign: &'static str, meaning| {
                if holds {
                    text.push_str(sign);
                    grid.explain(place, sign, meaning);
                }
            };
            mark(cell.basis() == v1::Basis::AliasOf, 10, "~", "as an alias of another group's listing");
            mark(!cell.component.is_empty(), 11, "°", "a component only");
            mark(!cell.pending.is_empty(), 12, "+", "an act is on its way");
            mark(cell.disputed, 13, "?", "disputed");
            if !cell.inherited_from.is_empty() {
                text = format!("({text})");
                grid.explain(14, "( )", "through the group it is a wing of, not its own");
            }
            grid.add(&row.group, &cell.regime, text);
        }
    }
    grid.write(&mut page, "group");
    page.paragraph(words::count(matrix.listing_rows.len() as u64, "group", "groups"));
    page.finish()
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "listingRows": [
        {"group": "hezbollah", "name": "Hezbollah", "cells": [
          {"regime": "eu-terr", "component": "Military Wing", "state": "DESIGNATION_STATE_ACTIVE", "basis": "BASIS_COMPONENT"},
          {"regime": "us-fto219", "state": "DESIGNATION_STATE_ACTIVE", "basis": "BASIS_OWN", "disputed": true},
          {"regime": "gb-ta2000", "component": "External Security Organisation", "state": "DESIGNATION_STATE_ACTIVE"},
          {"regime": "gb-ta2000", "state": "DESIGNATION_STATE_PROPOSED", "pending": ["ACT_LISTED"]}]},
        {"group": "hts", "name": "HTS", "cells": [
          {"regime": "us-fto219", "state": "DESIGNATION_STATE_DELISTED", "basis": "BASIS_ALIAS_OF"},
          {"regime": "un-scisil", "state": "DESIGNATION_STATE_ACTIVE", "inheritedFrom": "aq"}]}
      ],
      "view": {"validAt": "2025-07-08", "knownPosition": "432"}
    }"#;

    const GRID: &str = "On 2025-07-08, as the record stood at position 432
           eu-  gb-    un-    us-
group      terr ta2000 scisil fto219
hezbollah  A°   A°,P+         A?
hts                    (A)    D~

  A             ACTIVE
  P             PROPOSED
  D             DELISTED
  ~             as an alias of another group's listing
  °             a component only
  +             an act is on its way
  ?             disputed
  ( )           through the group it is a wing of, not its own
2 groups
";

    #[test]
    fn a_grid_has_its_codes_explained() {
        let answer: v1::GetMatrixResponse = from_json(ANSWER).unwrap();
        let text = page(&answer, Look { width: 100, coloured: false });
        assert_eq!(text, GRID, "\n{text}");
        let narrow = page(&answer, Look { width: 40, coloured: false });
        assert!(narrow.lines().all(|line| line.width() <= 40), "{narrow}");
    }
}
