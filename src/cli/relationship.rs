//! `relationship`: the dossier of an actor's relationship with a group.

use clap::Args;

use super::{
    arguments::{Times, slug},
    connection::Session,
    failure::Failure,
    page::{Look, Page, Text, Tone},
    words::{self, phrase, word},
};
use crate::wire::v1;

/// Show where the relationship of an actor with a group stands
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery relationship us hts\n  \
    chancery relationship us hamas --on 2025-02-20 --disclosed 2025-03-05\n  \
    chancery relationship ru taliban --output json")]
pub struct Relationship {
    /// The short name of the actor, such as us
    #[arg(value_parser = slug)]
    actor: String,
    /// The short name of the group, such as hts
    #[arg(value_parser = slug)]
    group: String,
    #[command(flatten)]
    times: Times,
}

impl Relationship {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let request = session.request(v1::GetRelationshipRequest {
            actor: self.actor,
            group: self.group,
            as_of: self.times.as_of(),
            min_position: self.times.min_position,
        });
        let answer = session.queries().await?.get_relationship(request).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        session.printer.answer(&answer, dossier)
    }
}

/// The dossier of a relationship.
fn dossier(answer: &v1::GetRelationshipResponse, look: Look) -> Result<String, Failure> {
    let status = answer.status.as_ref().ok_or(Failure::Incomplete { part: "status" })?;
    let mut page = Page::new(look);
    page.title(format!(
        "{} ({}) and {} ({})",
        status.actor_name, status.actor, status.group_name, status.group
    ));
    page.paragraph(Text::toned(words::view(answer.view.as_ref()), Tone::Faint));
    let headline = word::<v1::Headline>(status.headline);
    let listed = words::own_listing(&status.legal);
    let meaning = words::headline_meaning(status.headline, &listed);
    let events = words::provenance(status.provenance.as_ref());
    page.paragraph(Text::toned(format!("{headline}: {meaning} {events}"), Tone::Force));
    for flag in &status.flags {
        let text = format!(
            "{}: {}",
            word::<v1::RelationshipFlag>(*flag),
            words::relationship_flag_meaning(*flag, &listed)
        );
        page.paragraph(Text::toned(text, Tone::Warning));
    }
    page.heading("Facets");
    page.table(&["facet", "value", "since", "more", "events"], facets(status));
    legal(&mut page, status);
    if let Some(score) = status.score.as_ref().filter(|score| 0 < score.count) {
        page.heading("Score");
        page.item(format!(
            "{:+.2} from {}, single scores from {} to {}; each halves in 180 days",
            score.value,
            words::count(score.count, "engagement", "engagements"),
            score.lowest,
            score.highest,
        ));
    }
    if !status.alternatives.is_empty() {
        page.heading("Claims that lost");
        let valid_at = answer.view.as_ref().map_or("", |view| view.valid_at.as_str());
        for claim in &status.alternatives {
            let source = phrase::<v1::SourceKind>(claim.source_kind);
            let rule = phrase::<v1::FoldRule>(claim.lost_by);
            let id = words::short_id(&claim.event_id);
            let stance = words::stance(claim.stance());
            let won = won(claim, valid_at);
            page.labelled(
                &claim.effective_on,
                format!("{} ({stance}{source}; lost by {rule}{won}) [{id}]", claim.summary),
            );
        }
    }
    if 0 < status.corroborated_by {
        let claims = words::count(status.corroborated_by.into(), "claim", "claims");
        page.item(format!("Corroborated by {claims}"));
    }
    words::leads(&mut page, &status.leads, " of the last 365 days");
    page.heading("On record");
    page.item(words::count(status.engagements, "engagement", "engagements"));
    Ok(page.finish())
}

/// What a claim lost against, where that is still to come: what is in effect stands among the facets.
fn won(claim: &v1::Alternative, valid_at: &str) -> String {
    let v1::Alternative { won_what, won_on, won_event_id, .. } = claim;
    match words::is_ahead(won_on, valid_at) {
        true => {
            format!(", of {won_what} [{}], which takes effect on {won_on}", words::short_id(won_event_id))
        }
        false => String::new(),
    }
}

fn facets(status: &v1::RelationshipStatus) -> Vec<Vec<Text>> {
    let mut rows = Vec::new();
    let mut row =
        |facet: String, value: String, since: &str, more: String, provenance: Option<&v1::Provenance>| {
            let inferred = provenance.is_some_and(|provenance| provenance.inferred);
            let tone = match value.as_str() {
                "NONE" | "" => Tone::Faint,
                _ if inferred => Tone::Warning,
                _ => Tone::Force,
            };
            rows.push(vec![
                Text::from(facet),
                Text::toned(value, tone),
                since.into(),
                more.into(),
                words::provenance(provenance).into(),
            ]);
        };
    if let Some(facet) = &status.recognition {
        let value = word::<v1::Recognition>(facet.value);
        row("recognition".to_owned(), value, &facet.since, String::new(), facet.provenance.as_ref());
    }
    for (of, facet) in
        [(&status.actor, &status.representation_of_actor), (&status.group, &status.representation_of_group)]
    {
        if let Some(facet) = facet {
            let value = word::<v1::RepresentationLevel>(facet.level);
            row(format!("mission of {of}"), value, &facet.since, String::new(), facet.provenance.as_ref());
        }
    }
    if let Some(facet) = &status.contact {
        let mut more = Vec::new();
        if !facet.last_on.is_empty() {
            more.push(format!("last {}", facet.last_on));
            more.push(format!("{} in 30 days, {} in 365", facet.count_30_days, facet.count_365_days));
            more.push(format!("highest ever {}", word::<v1::ContactLevel>(facet.highest_ever)));
        }
        let value = word::<v1::ContactLevel>(facet.level);
        row("contact".to_owned(), value, "", more.join("; "), facet.provenance.as_ref());
    }
    if let Some(facet) = &status.process {
        let more = dated("last step", &facet.last_step_on);
        row(
            "peace process".to_owned(),
            word::<v1::Process>(facet.value),
            &facet.since,
            more,
            facet.provenance.as_ref(),
        );
    }
    if let Some(facet) = &status.conflict {
        let more = [dated("ends", &facet.ends_on), dated("last force", &facet.last_force_on)];
        let more = more.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ");
        row(
            "conflict".to_owned(),
            word::<v1::Conflict>(facet.value),
            &facet.since,
            more,
            facet.provenance.as_ref(),
        );
    }
    rows
}

fn dated(what: &str, date: &str) -> String {
    if date.is_empty() { String::new() } else { format!("{what} {date}") }
}

fn legal(page: &mut Page, status: &v1::RelationshipStatus) {
    page.heading("Legal standing");
    if status.legal.is_empty() {
        page.item("No listing by this actor, or binding it, is on record.");
        return;
    }
    let rows = status.legal.iter().map(|listing| {
        let by = match (listing.inherited_from.as_str(), listing.through_group.as_str()) {
            ("", "") => "own".to_owned(),
            ("", parent) => format!("through {parent}"),
            (organisation, "") => format!("as a member of {organisation}"),
            (organisation, parent) => format!("as a member of {organisation}, through {parent}"),
        };
        let covers = match (listing.component.as_str(), listing.through_group.as_str()) {
            ("", "") => "whole".to_owned(),
            ("", parent) => format!("{parent}, whole"),
            (component, _) => component.to_owned(),
        };
        vec![
            Text::from(&listing.regime),
            words::state(listing.state),
            covers.into(),
            by.into(),
            words::provenance(listing.provenance.as_ref()).into(),
        ]
    });
    page.table(&["regime", "state", "covers", "by", "events"], rows.collect());
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;
    use crate::wire::json::from_json;

    const ANSWER: &str = r#"{
      "status": {
        "actor": "us", "actorName": "United States", "group": "hamas", "groupName": "Hamas",
        "headline": "HEADLINE_DIRECT_CONTACT",
        "flags": ["RELATIONSHIP_FLAG_ENGAGING_WHILE_DESIGNATED", "RELATIONSHIP_FLAG_SECRET_ONLY"],
        "recognition": {"value": "RECOGNITION_NONE"},
        "representationOfActor": {"level": "REPRESENTATION_LEVEL_NONE"},
        "representationOfGroup": {"level": "REPRESENTATION_LEVEL_NONE"},
        "contact": {"level": "CONTACT_LEVEL_ENVOY", "lastOn": "2025-02-20", "count30Days": 1, "count365Days": 2, "highestEver": "CONTACT_LEVEL_ENVOY", "provenance": {"eventIds": ["0a0a0a0a-0000", "1b1b1b1b-0000"]}},
        "process": {"value": "PROCESS_STALLED", "since": "2024-02-01", "lastStepOn": "2023-02-01", "provenance": {"eventIds": ["2c2c2c2c-0000"], "inferred": true}},
        "conflict": {"value": "CONFLICT_HOSTILE", "since": "2024-10-01", "lastForceOn": "2024-12-01", "provenance": {"eventIds": ["3d3d3d3d-0000"]}},
        "legal": [
          {"regime": "us-fto219", "state": "DESIGNATION_STATE_ACTIVE", "provenance": {"eventIds": ["4e4e4e4e-0000"]}},
          {"regime": "xx-list", "component": "Military Wing", "state": "DESIGNATION_STATE_DELISTED", "inheritedFrom": "xx"},
          {"regime": "us-sdgt", "state": "DESIGNATION_STATE_ACTIVE", "throughGroup": "par"},
          {"regime": "xx-list", "state": "DESIGNATION_STATE_ACTIVE", "inheritedFrom": "xx", "throughGroup": "par"}
        ],
        "score": {"value": 3.4159, "count": "6", "lowest": -9, "highest": 2.5},
        "engagements": "7",
        "alternatives": [{"eventId": "5f5f5f5f-0000", "effectiveOn": "2025-01", "summary": "They met in January.", "sourceKind": "SOURCE_KIND_ESTABLISHED_MEDIA", "lostBy": "FOLD_RULE_SOURCE_RANK"}],
        "provenance": {"eventIds": ["0a0a0a0a-0000"]}
      },
      "view": {"validAt": "2025-02-20", "knownPosition": "432", "knownTime": "2026-11-22T14:40:05Z", "disclosedBy": "2025-03-05", "ruleset": "1"}
    }"#;

    const DOSSIER: &str = r#"United States (us) and Hamas (hamas)
On 2025-02-20, as the record stood at position 432 (2026-11-22 14:40 UTC), disclosed by 2025-03-05
DIRECT_CONTACT: They were in direct contact within 365 days. [0a0a0a0a]
ENGAGING_WHILE_DESIGNATED: a truce, or dealings within 365 days, while it lists the group
SECRET_ONLY: every contact within 365 days was secret, leaked or denied at the time

Facets
  facet             value    since       more                                   events
  recognition       NONE
  mission of us     NONE
  mission of hamas  NONE
  contact           ENVOY                last 2025-02-20; 1 in 30 days, 2 in    [0a0a0a0a 1b1b1b1b]
                                         365; highest ever ENVOY
  peace process     STALLED  2024-02-01  last step 2023-02-01                   inferred [2c2c2c2c]
  conflict          HOSTILE  2024-10-01  last force 2024-12-01                  [3d3d3d3d]

Legal standing
  regime     state     covers         by                              events
  us-fto219  ACTIVE    whole          own                             [4e4e4e4e]
  xx-list    DELISTED  Military Wing  as a member of xx
  us-sdgt    ACTIVE    par, whole     through par
  xx-list    ACTIVE    par, whole     as a member of xx, through par

Score
  +3.42 from 6 engagements, single scores from -9 to 2.5; each halves in 180 days

Claims that lost
  2025-01       They met in January. (established media; lost by source rank) [5f5f5f5f]

On record
  7 engagements
"#;

    #[test]
    fn a_dossier_reads_as_one() {
        let answer: v1::GetRelationshipResponse = from_json(ANSWER).unwrap();
        for width in [100, 72, 40] {
            let text = dossier(&answer, Look { width, coloured: false }).unwrap();
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
            if width == 100 {
                assert_eq!(text, DOSSIER, "\n{text}");
            }
        }
    }
}
