//! The status of a relationship: from the domain to the API's messages.

use super::{
    EventNames, Mentioned, Names, corroboration, positions_asked, write_alternatives, write_leads,
    write_provenance,
};
use crate::{
    domain::{
        fold::Lost,
        id::{ActorId, GroupId},
        status::relationship::{
            ConflictFacet, ContactFacet, LegalFacet, ProcessFacet, RecognitionFacet, RelationshipStatus,
            RepresentationFacet, Score,
        },
    },
    wire::{event::text_of, v1, vocabulary},
};

/// Whose relationship it is, and what the two are called at the date.
#[derive(Clone, Copy, Debug)]
pub struct Parties<'a> {
    /// The actor.
    pub actor: &'a ActorId,
    /// Its name.
    pub actor_name: &'a str,
    /// The group.
    pub group: &'a GroupId,
    /// Its primary name at the date.
    pub group_name: &'a str,
}

/// The positions of the events that a status names, ascending.
pub fn positions_of(status: &RelationshipStatus) -> Mentioned {
    positions_asked(|names| write(status, names))
}

/// The message for the status of a relationship between `parties`; `names` has the events at its
/// [positions](positions_of).
pub fn write_relationship_status(
    parties: Parties<'_>,
    status: &RelationshipStatus,
    names: &EventNames,
) -> v1::RelationshipStatus {
    v1::RelationshipStatus {
        actor: parties.actor.to_string(),
        actor_name: parties.actor_name.to_owned(),
        group: parties.group.to_string(),
        group_name: parties.group_name.to_owned(),
        ..write(status, names)
    }
}

/// The relationship of an actor with a group in a line.
pub fn write_relationship_summary(
    actor: &ActorId,
    group: &GroupId,
    status: &RelationshipStatus,
) -> v1::RelationshipSummary {
    v1::RelationshipSummary {
        actor: actor.to_string(),
        group: group.to_string(),
        headline: vocabulary::write(status.headline),
        flags: vocabulary::write_all(&status.flags),
        contact: vocabulary::write(status.contact.level),
        last_contact_on: text_of(status.contact.last_on),
        score: status.score.value,
        engagements: status.engagements,
    }
}

/// Everything but whose relationship it is.
fn write(status: &RelationshipStatus, names: &dyn Names) -> v1::RelationshipStatus {
    v1::RelationshipStatus {
        headline: vocabulary::write(status.headline),
        flags: vocabulary::write_all(&status.flags),
        recognition: Some(write_recognition(&status.recognition, names)),
        representation_of_actor: Some(write_representation(&status.representation_of_actor, names)),
        representation_of_group: Some(write_representation(&status.representation_of_group, names)),
        contact: Some(write_contact(&status.contact, names)),
        process: Some(write_process(&status.process, names)),
        conflict: Some(write_conflict(&status.conflict, names)),
        legal: status.legal.iter().map(|it| write_legal(it, names)).collect(),
        score: Some(write_score(status.score)),
        engagements: status.engagements,
        alternatives: write_alternatives(&status.alternatives, names),
        provenance: Some(write_provenance(&status.provenance, names)),
        corroborated_by: corroboration(&borne_out(status)),
        leads: write_leads(&status.leads, names),
        ..v1::RelationshipStatus::default()
    }
}

/// The claims that can bear the relationship out. Where nothing of it is in effect, only what the headline rests on can be.
fn borne_out(status: &RelationshipStatus) -> Vec<Lost> {
    let rests_on = |lost: &&Lost| 0 < status.engagements || status.provenance.events.contains(&lost.against);
    status.alternatives.iter().filter(rests_on).copied().collect()
}

fn write_recognition(it: &RecognitionFacet, names: &dyn Names) -> v1::RecognitionFacet {
    v1::RecognitionFacet {
        value: vocabulary::write(it.value),
        since: text_of(it.since),
        provenance: Some(write_provenance(&it.provenance, names)),
    }
}

fn write_representation(it: &RepresentationFacet, names: &dyn Names) -> v1::RepresentationFacet {
    v1::RepresentationFacet {
        level: vocabulary::write(it.level),
        since: text_of(it.since),
        provenance: Some(write_provenance(&it.provenance, names)),
    }
}

fn write_contact(it: &ContactFacet, names: &dyn Names) -> v1::ContactFacet {
    v1::ContactFacet {
        level: vocabulary::write(it.level),
        last_on: text_of(it.last_on),
        count_30_days: it.count_30_days,
        count_365_days: it.count_365_days,
        highest_ever: vocabulary::write(it.highest_ever),
        provenance: Some(write_provenance(&it.provenance, names)),
    }
}

fn write_process(it: &ProcessFacet, names: &dyn Names) -> v1::ProcessFacet {
    v1::ProcessFacet {
        value: vocabulary::write(it.value),
        since: text_of(it.since),
        last_step_on: text_of(it.last_step_on),
        provenance: Some(write_provenance(&it.provenance, names)),
    }
}

fn write_conflict(it: &ConflictFacet, names: &dyn Names) -> v1::ConflictFacet {
    v1::ConflictFacet {
        value: vocabulary::write(it.value),
        since: text_of(it.since),
        ends_on: text_of(it.ends_on),
        last_force_on: text_of(it.last_force_on),
        provenance: Some(write_provenance(&it.provenance, names)),
    }
}

fn write_legal(it: &LegalFacet, names: &dyn Names) -> v1::LegalFacet {
    v1::LegalFacet {
        regime: it.regime.to_string(),
        component: text_of(it.component.as_ref()),
        state: vocabulary::write(it.state),
        inherited_from: text_of(it.inherited_from.as_ref()),
        through_group: text_of(it.through.as_ref()),
        provenance: Some(write_provenance(&it.provenance, names)),
    }
}

fn write_score(it: Score) -> v1::Score {
    v1::Score { value: it.value, count: it.count, lowest: it.lowest, highest: it.highest }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{check_whole, id, lost, names, provenance},
        *,
    };
    use crate::{
        domain::{
            status::Lead,
            vocabulary::{
                Conflict, ContactLevel, DesignationState, Headline, Process, Recognition, RelationshipFlag,
                RepresentationLevel,
            },
        },
        position::Position,
    };

    /// A status with everything there can be.
    fn status() -> RelationshipStatus {
        let representation =
            |level, at| RepresentationFacet { level, since: "2024".parse().ok(), provenance: provenance(at) };
        RelationshipStatus {
            headline: Headline::FightAndTalk,
            flags: vec![RelationshipFlag::EngagingWhileDesignated],
            recognition: RecognitionFacet {
                value: Recognition::Denied,
                since: "2021".parse().ok(),
                provenance: provenance(10),
            },
            representation_of_actor: representation(RepresentationLevel::LiaisonOffice, 20),
            representation_of_group: representation(RepresentationLevel::Withdrawn, 30),
            contact: ContactFacet {
                level: ContactLevel::Envoy,
                last_on: "2025-05/2025-06".parse().ok(),
                count_30_days: 1,
                count_365_days: 7,
                highest_ever: ContactLevel::Leadership,
                last: None,
                highest: None,
                provenance: provenance(40),
            },
            process: ProcessFacet {
                value: Process::Stalled,
                since: "2025".parse().ok(),
                last_step_on: "2024-01-01".parse().ok(),
                last_step: None,
                provenance: provenance(50),
            },
            conflict: ConflictFacet {
                value: Conflict::TruceExpired,
                since: "2025-02".parse().ok(),
                ends_on: "2025-03-01".parse().ok(),
                last_force_on: "2024".parse().ok(),
                last_force: None,
                truce: None,
                provenance: provenance(60),
            },
            legal: vec![LegalFacet {
                regime: "eu-cp931".parse().unwrap(),
                component: Some("Military Wing".to_owned()),
                through: "hts".parse().ok(),
                state: DesignationState::Active,
                inherited_from: "eu".parse().ok(),
                membership: None,
                contested: Vec::new(),
                provenance: provenance(70),
            }],
            score: Score { value: -1.5, count: 3, lowest: -9.0, highest: 2.5 },
            engagements: 4,
            alternatives: vec![lost(5)],
            provenance: provenance(80),
            friendly: provenance(100),
            leads: vec![Lead {
                effective: "2025-12".parse().unwrap(),
                what: "MEETING".to_owned(),
                event: Position::new(90),
            }],
        }
    }

    #[test]
    fn nothing_is_left_out() {
        let status = status();
        let positions = positions_of(&status).all();
        let numbers: Vec<u64> = positions.iter().map(|position| position.get()).collect();
        let tens = (1..=8).flat_map(|ten| ten * 10..ten * 10 + 3);
        assert_eq!(numbers, [5, 6].into_iter().chain(tens).chain([90]).collect::<Vec<u64>>());
        let (actor, group) = ("us".parse().unwrap(), "hts".parse().unwrap());
        let parties =
            Parties { actor: &actor, actor_name: "United States", group: &group, group_name: "HTS" };
        let message = write_relationship_status(parties, &status, &names(&positions));
        check_whole("chancery.v1.RelationshipStatus", &message);
        assert_eq!((message.actor.as_str(), message.group.as_str()), ("us", "hts"));
        assert_eq!(message.alternatives[0].summary, "Event 5");
        assert_eq!(message.provenance.unwrap().event_ids, [id(80), id(81)]);
        let summary = write_relationship_summary(&actor, &group, &status);
        check_whole("chancery.v1.RelationshipSummary", &summary);
        assert_eq!(summary.last_contact_on, "2025-05/2025-06");
    }
}
