//! `search`: who goes, or went, by a name.

use clap::Args;

use super::{
    arguments::Times,
    connection::Session,
    failure::Failure,
    page::{Look, Page, Text, Tone},
    words::{self, phrase},
};
use crate::wire::v1;

/// Find groups and actors by any name, alias, former name, transliteration or number
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery search nusra\n  \
    chancery search hizbalah --on 2010-01-01\n  \
    chancery search QDe.137\n  \
    chancery search 'هيئة تحرير الشام'")]
pub struct Search {
    /// The name, or what you remember of it
    #[arg(required = true, value_name = "NAME")]
    query: Vec<String>,
    /// At most so many
    #[arg(long, env = "CHANCERY_SEARCH_LIMIT", value_name = "N", default_value_t = 10,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    #[command(flatten)]
    times: Times,
}

impl Search {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let request = session.request(v1::SearchRequest {
            query: self.query.join(" "),
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
            limit: self.limit,
        });
        let answer = session.queries().await?.search(request).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        session.printer.answer(&answer, |answer, look| Ok(table(answer, look)))
    }
}

fn table(answer: &v1::SearchResponse, look: Look) -> String {
    let mut page = Page::new(look);
    page.paragraph(Text::toned(words::view(answer.view.as_ref()), Tone::Faint));
    let rows = answer.hits.iter().map(|hit| {
        let (kind, slug) = hit.subject.split_once('/').unwrap_or(("", &hit.subject));
        let matched = match (hit.name_kind(), hit.scheme()) {
            (v1::NameKind::Unspecified, v1::ExternalIdScheme::Unspecified) => kind.to_owned(),
            (v1::NameKind::Unspecified, _) => phrase::<v1::ExternalIdScheme>(hit.scheme),
            _ => phrase::<v1::NameKind>(hit.name_kind),
        };
        let span = words::span(&hit.from, &hit.until);
        let period = if span.is_empty() { matched } else { format!("{matched}, {span}") };
        vec![
            Text::toned(slug, Tone::Strong),
            hit.name.as_str().into(),
            hit.matched.as_str().into(),
            period.into(),
            format!("{:.0} %", hit.likeness * 100.0).into(),
        ]
    });
    page.table(&["short name", "name", "found by", "which is", "alike"], rows.collect());
    page.paragraph(words::count(answer.hits.len() as u64, "match", "matches"));
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "hits": [
        {"subject": "group/hts", "name": "Hay'at Tahrir al-Sham", "matched": "al-Nusrah Front", "nameKind": "NAME_KIND_FORMER", "from": "2012-01-23", "until": "2016-07-28", "likeness": 0.81},
        {"subject": "actor/no", "name": "Norway", "matched": "Norway", "likeness": 0.7},
        {"subject": "group/aq", "name": "Al-Qaeda", "matched": "QDe.004", "scheme": "EXTERNAL_ID_SCHEME_UN_REFERENCE", "likeness": 1}
      ],
      "view": {"validAt": "2025-07-08", "knownPosition": "432"}
    }"#;

    const TABLE: &str = r#"On 2025-07-08, as the record stood at position 432
  short name  name                   found by         which is              alike
  hts         Hay'at Tahrir al-Sham  al-Nusrah Front  former, 2012-01-23 –  81 %
                                                      2016-07-28
  no          Norway                 Norway           actor                 70 %
  aq          Al-Qaeda               QDe.004          un reference          100 %
3 matches
"#;

    #[test]
    fn what_matched_is_said() {
        let answer: v1::SearchResponse = from_json(ANSWER).unwrap();
        let text = table(&answer, Look { width: 88, coloured: false });
        assert_eq!(text, TABLE, "\n{text}");
    }
}
