//! `matrix actors`: actors by groups.

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

/// Actors by groups: each relationship in a word
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery matrix actors --group taliban,hts,hamas\n  \
    chancery matrix actors --only-listed --on 2025-05-07\n  \
    chancery matrix actors --flag ENGAGING_WHILE_DESIGNATED")]
pub(super) struct Actors {
    /// Only these actors
    #[arg(long, env = "CHANCERY_ACTOR", value_name = "ACTOR", value_parser = slug, value_delimiter = ',')]
    actor: Vec<String>,
    /// Only these groups
    #[arg(long, env = "CHANCERY_GROUP", value_name = "GROUP", value_parser = slug, value_delimiter = ',')]
    group: Vec<String>,
    /// Only relationships with this headline (of several: any)
    #[arg(long, env = "CHANCERY_HEADLINE", value_parser = vocabulary("Headline"), ignore_case = true,
          value_delimiter = ',')]
    headline: Vec<i32>,
    /// Only relationships with this flag (of several: any)
    #[arg(long, env = "CHANCERY_RELATIONSHIP_FLAG", value_parser = vocabulary("RelationshipFlag"), ignore_case = true,
          value_delimiter = ',')]
    flag: Vec<i32>,
    /// Only where a listing of the actor's own is in force
    #[arg(long, env = "CHANCERY_ONLY_LISTED", value_parser = FalseyValueParser::new())]
    only_listed: bool,
    #[command(flatten)]
    extent: Extent,
    #[command(flatten)]
    times: Times,
}

impl Actors {
    /// Asks and prints.
    pub(super) async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let only_listed = self.only_listed;
        let relations = v1::RelationMatrix {
            actors: self.actor,
            groups: self.group,
            headlines: self.headline,
            flags: self.flag,
            listed: only_listed,
        };
        let request = v1::GetMatrixRequest {
            matrix: Some(v1::get_matrix_request::Matrix::Relations(relations)),
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
            ..Default::default()
        };
        show(session, request, self.extent, page).await
    }
}

/// The code of a headline, and its place in the legend.
fn code(headline: v1::Headline) -> (usize, &'static str, &'static str) {
    use v1::Headline as Said;
    match headline {
        Said::Recognised => (0, "R", "RECOGNISED"),
        Said::Normalised => (1, "N", "NORMALISED"),
        Said::DeFactoRelations => (2, "F", "DE_FACTO_RELATIONS"),
        Said::PeaceImplementing => (3, "P", "PEACE_IMPLEMENTING"),
        Said::FightAndTalk => (4, "X", "FIGHT_AND_TALK"),
        Said::Ceasefire => (5, "C", "CEASEFIRE"),
        Said::Negotiating => (6, "T", "NEGOTIATING"),
        Said::Hostile => (7, "H", "HOSTILE"),
        Said::DirectContact => (8, "D", "DIRECT_CONTACT"),
        Said::IndirectContact => (9, "I", "INDIRECT_CONTACT"),
        Said::Dormant => (10, "z", "DORMANT"),
        Said::ProscribedNoContact => (11, "-", "PROSCRIBED_NO_CONTACT"),
        Said::None | Said::Unspecified => (12, ".", "NONE"),
    }
}

/// The mark of a flag, and its place in the legend.
fn mark(flag: v1::RelationshipFlag) -> (usize, &'static str, &'static str) {
    use v1::RelationshipFlag as Flag;
    match flag {
        Flag::EngagingWhileDesignated => (20, "!", "ENGAGING_WHILE_DESIGNATED"),
        Flag::RecognisedButListed => (21, "*", "RECOGNISED_BUT_LISTED"),
        Flag::Disputed => (22, "?", "DISPUTED"),
        Flag::SecretOnly => (23, "'", "SECRET_ONLY"),
        Flag::Unspecified => (24, "", ""),
    }
}

fn page(matrix: &v1::GetMatrixResponse, look: Look) -> String {
    let mut page = Page::new(look);
    page.paragraph(Text::toned(words::view(matrix.view.as_ref()), Tone::Faint));
    let mut grid = Grid::default();
    for row in &matrix.relation_rows {
        for cell in &row.cells {
            let (place, letter, meaning) = code(cell.headline());
            grid.explain(place, letter, meaning);
            let mut text = letter.to_owned();
            for flag in cell.flags() {
                let (place, sign, meaning) = mark(flag);
                text.push_str(sign);
                grid.explain(place, sign, meaning);
            }
            grid.add(&row.actor, &cell.group, text);
        }
    }
    grid.write(&mut page, "actor");
    page.paragraph(words::count(matrix.relation_rows.len() as u64, "actor", "actors"));
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "relationRows": [
        {"actor": "ru", "name": "Russia", "cells": [{"group": "taliban", "headline": "HEADLINE_RECOGNISED"}]},
        {"actor": "us", "name": "United States", "cells": [
          {"group": "ansarallah", "headline": "HEADLINE_CEASEFIRE", "flags": ["RELATIONSHIP_FLAG_ENGAGING_WHILE_DESIGNATED"]},
          {"group": "taliban", "headline": "HEADLINE_DORMANT"}]}
      ],
      "view": {"validAt": "2025-07-08", "knownPosition": "432"}
    }"#;

    const GRID: &str = "On 2025-07-08, as the record stood at position 432
       ansarall
actor  ah       taliban
ru              R
us     C!       z

  R             RECOGNISED
  C             CEASEFIRE
  z             DORMANT
  !             ENGAGING_WHILE_DESIGNATED
2 actors
";

    #[test]
    fn a_grid_has_its_codes_explained() {
        let answer: v1::GetMatrixResponse = from_json(ANSWER).unwrap();
        let text = page(&answer, Look { width: 100, coloured: false });
        assert_eq!(text, GRID, "\n{text}");
    }
}
