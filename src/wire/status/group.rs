//! The status of a group: from the domain to the API's messages.

use super::{
    EventNames, Mentioned, Names, corroboration, positions_asked, write_alternatives, write_leads,
    write_provenance,
};
use crate::{
    domain::{
        date::DateSpan,
        statement::ExternalId,
        status::group::{
            Anomaly, Challenge, Designation, Divergence, Episode, Exemption, GroupCounts, GroupStatus,
            InheritedDesignation, JurisdictionEffects, Lifecycle, Lineage, NameStatus, PendingAct, Since,
            Upcoming,
        },
        vocabulary::DesignationState,
    },
    wire::{event::text_of, v1, vocabulary},
};

/// The positions of the events that a status names, ascending.
pub fn positions_of(status: &GroupStatus) -> Mentioned {
    positions_asked(|names| write(status, names))
}

/// The message for a status; `names` has the events at its [positions](positions_of).
pub fn write_group_status(status: &GroupStatus, names: &EventNames) -> v1::GroupStatus {
    write(status, names)
}

/// A group in a line, without the listings that are NONE.
pub fn write_group_summary(status: &GroupStatus) -> v1::GroupSummary {
    let on_record = status.designations.iter().filter(|it| it.state != DesignationState::None);
    v1::GroupSummary {
        group: status.group.to_string(),
        name: status.name.clone(),
        kind: vocabulary::write(status.kind),
        lifecycle: vocabulary::write_optional(status.lifecycle.as_ref().map(|it| it.state)),
        designations: on_record.map(write_designation_summary).collect(),
        flags: vocabulary::write_all(&status.flags),
        engagements: status.counts.engagements.engagements,
    }
}

/// A listing in a word.
fn write_designation_summary(it: &Designation) -> v1::DesignationSummary {
    v1::DesignationSummary {
        regime: it.regime.to_string(),
        component: text_of(it.component.as_ref()),
        state: vocabulary::write(it.state),
    }
}

fn write(status: &GroupStatus, names: &dyn Names) -> v1::GroupStatus {
    let external_id = |it: &ExternalId| v1::ExternalIdStatus {
        scheme: vocabulary::write(it.scheme),
        value: it.value.clone(),
    };
    v1::GroupStatus {
        group: status.group.to_string(),
        kind: vocabulary::write(status.kind),
        name: status.name.clone(),
        names: status.names.iter().map(|it| write_name(it, names)).collect(),
        external_ids: status.external_ids.iter().map(external_id).collect(),
        lifecycle: status.lifecycle.as_ref().map(|it| write_lifecycle(it, names)),
        designations: status.designations.iter().map(|it| write_designation(it, names)).collect(),
        inherited: status.inherited.iter().map(write_inherited).collect(),
        legal_effects: status.legal_effects.iter().map(write_effects).collect(),
        inherited_effects: status.inherited_effects.iter().map(write_effects).collect(),
        lineage: status.lineage.iter().map(|it| write_lineage(it, names)).collect(),
        flags: vocabulary::write_all(&status.flags),
        divergence: Some(write_divergence(&status.divergence)),
        upcoming: status.upcoming.iter().map(|it| write_upcoming(it, names)).collect(),
        anomalies: status.anomalies.iter().map(|it| write_anomaly(it, names)).collect(),
        counts: Some(write_counts(status.counts)),
        leads: write_leads(&status.leads, names),
    }
}

fn write_name(it: &NameStatus, names: &dyn Names) -> v1::NameStatus {
    v1::NameStatus {
        text: it.text.clone(),
        kind: vocabulary::write(it.kind),
        language: it.language.clone(),
        script: it.script.clone(),
        from: text_of(it.from),
        until: text_of(it.until),
        provenance: Some(write_provenance(&it.provenance, names)),
    }
}

fn write_lifecycle(it: &Lifecycle, names: &dyn Names) -> v1::Lifecycle {
    v1::Lifecycle {
        state: vocabulary::write(it.state),
        since: it.since.to_string(),
        provenance: Some(write_provenance(&it.provenance, names)),
    }
}

fn write_since(since: Since) -> v1::Since {
    let message = |date: DateSpan, or_before| v1::Since { date: date.to_string(), or_before };
    match since {
        Since::Unknown => v1::Since::default(),
        Since::On(date) => message(date, false),
        Since::OnOrBefore(date) => message(date, true),
    }
}

fn write_designation(it: &Designation, names: &dyn Names) -> v1::Designation {
    v1::Designation {
        regime: it.regime.to_string(),
        regime_title: it.regime_title.clone(),
        authority: text_of(it.authority.as_ref()),
        component: text_of(it.component.as_ref()),
        state: vocabulary::write(it.state),
        basis: vocabulary::write_optional(it.basis),
        alias_of: text_of(it.alias_of.as_ref()),
        since: Some(write_since(it.since)),
        episodes: it.episodes.iter().map(write_episode).collect(),
        pending: it.pending.iter().map(|it| write_pending(it, names)).collect(),
        exemptions: it.exemptions.iter().map(|it| write_exemption(it, names)).collect(),
        challenged_on: text_of(it.challenges.first().map(|it| it.brought_on)),
        challenges: it.challenges.iter().map(|it| write_challenge(it, names)).collect(),
        review_due_on: text_of(it.review_due_on),
        review_overdue: it.review_overdue,
        disputed: it.disputed,
        reference: it.reference.clone(),
        case_reference: it.case.clone(),
        last_present_on: text_of(it.last_present_on),
        first_absent_on: text_of(it.first_absent_on),
        alternatives: write_alternatives(&it.alternatives, names),
        provenance: Some(write_provenance(&it.provenance, names)),
        corroborated_by: corroboration(&it.provenance.lost),
        regime_ends_on: text_of(it.regime_end.as_ref().map(|end| end.on)),
        regime_end_disputed: it.regime_end.as_ref().is_some_and(|end| end.disputed),
    }
}

fn write_episode(it: &Episode) -> v1::Episode {
    v1::Episode {
        number: it.number,
        began: Some(write_since(it.began)),
        ended: text_of(it.end.map(|end| end.on)),
        ended_as: vocabulary::write_optional(it.end.map(|end| end.state)),
    }
}

fn write_pending(it: &PendingAct, names: &dyn Names) -> v1::PendingAct {
    v1::PendingAct {
        act: vocabulary::write(it.act),
        effective_on: text_of(it.effective_on),
        decided_on: text_of(it.decided_on),
        announced_on: text_of(it.announced_on),
        event_id: names.id(it.event),
    }
}

fn write_exemption(it: &Exemption, names: &dyn Names) -> v1::Exemption {
    v1::Exemption {
        granted_on: it.granted_on.to_string(),
        expires_on: text_of(it.expires_on),
        reference: it.reference.clone(),
        reason: it.reason.clone(),
        event_id: names.id(it.event),
    }
}

fn write_challenge(it: &Challenge, names: &dyn Names) -> v1::Challenge {
    v1::Challenge {
        brought_on: it.brought_on.to_string(),
        reference: it.reference.clone(),
        event_id: names.id(it.event),
    }
}

fn write_inherited(it: &InheritedDesignation) -> v1::InheritedDesignation {
    v1::InheritedDesignation {
        regime: it.regime.to_string(),
        from_group: it.from_group.to_string(),
        bound_actor: text_of(it.bound_actor.as_ref()),
        component: text_of(it.component.as_ref()),
        state: vocabulary::write(it.state),
    }
}

fn write_effects(it: &JurisdictionEffects) -> v1::JurisdictionEffects {
    v1::JurisdictionEffects {
        jurisdiction: it.jurisdiction.to_string(),
        legal_effects: vocabulary::write_all(&it.legal_effects),
        regimes: it.regimes.iter().map(ToString::to_string).collect(),
        through_groups: it.through.iter().map(ToString::to_string).collect(),
    }
}

fn write_lineage(it: &Lineage, names: &dyn Names) -> v1::Lineage {
    v1::Lineage {
        group: it.group.to_string(),
        kind: vocabulary::write(it.kind),
        other: text_of(it.other.as_ref()),
        since: it.since.to_string(),
        until: text_of(it.until),
        event_id: names.id(it.event),
    }
}

fn write_divergence(it: &Divergence) -> v1::Divergence {
    v1::Divergence {
        listed_under: it.listed_under.iter().map(ToString::to_string).collect(),
        listed_through: it.listed_through.iter().map(ToString::to_string).collect(),
        not_listed_under: it.not_listed_under.iter().map(ToString::to_string).collect(),
        share: it.share,
    }
}

fn write_upcoming(it: &Upcoming, names: &dyn Names) -> v1::Upcoming {
    v1::Upcoming {
        date: it.date.to_string(),
        kind: vocabulary::write(it.kind),
        what: it.what.clone(),
        regime: it.regime.to_string(),
        event_id: it.event.map(|event| names.id(event)).unwrap_or_default(),
    }
}

pub(super) fn write_anomaly(it: &Anomaly, names: &dyn Names) -> v1::Anomaly {
    v1::Anomaly {
        rule: vocabulary::write(it.rule),
        subject: it.subject.to_string(),
        date: it.date.to_string(),
        message: it.message.clone(),
        event_ids: names.ids(&it.events),
    }
}

fn write_counts(it: GroupCounts) -> v1::GroupCounts {
    v1::GroupCounts {
        engagements: it.engagements.engagements,
        engagement_dyads: it.engagements.dyads,
        actors: it.engagements.actors,
        designation_acts: it.designation_acts,
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::fixture::{check_whole, id, lost, names, provenance},
        *,
    };
    use crate::{
        domain::{
            fold::registry::Termination,
            status::{
                Lead,
                group::{Claimed, Details, EngagementCounts, EpisodeEnd},
            },
            vocabulary::{
                Act, AnomalyRule, Basis, DueKind, ExternalIdScheme, GroupFlag, GroupKind, LegalEffect,
                LifecycleState, LineageKind, NameKind,
            },
        },
        position::Position,
    };

    fn date<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
        text.parse().unwrap()
    }

    /// A listing with everything there can be, naming events 20 to 29.
    fn designation() -> Designation {
        Designation {
            regime: date("us-fto219"),
            regime_title: "FTO".to_owned(),
            authority: Some(date("us")),
            component: Some("Military Wing".to_owned()),
            state: DesignationState::Delisted,
            basis: Some(Basis::AliasOf),
            alias_of: Some(date("nusra")),
            since: Since::OnOrBefore(date("2025-07-08")),
            episodes: vec![Episode {
                number: 1,
                began: Since::OnOrBefore(date("2014")),
                end: Some(EpisodeEnd { on: date("2025-07-08"), state: DesignationState::Delisted }),
            }],
            pending: vec![PendingAct {
                act: Act::Listed,
                effective_on: Some(date("2026")),
                decided_on: Some(date("2025-11")),
                announced_on: Some(date("2025-12")),
                event: Position::new(20),
            }],
            exemptions: vec![Exemption {
                granted_on: date("2020"),
                expires_on: Some(date("2021")),
                reference: "EX-1".to_owned(),
                reason: "Aid".to_owned(),
                event: Position::new(21),
            }],
            challenges: vec![Challenge {
                brought_on: date("2019"),
                reference: "T-400/10".to_owned(),
                event: Position::new(27),
            }],
            review_due_on: Some(date("2026-01-01")),
            review_overdue: true,
            regime_end: Some(Termination {
                on: date("2026-06-30"),
                provenance: provenance(26),
                disputed: true,
            }),
            disputed: true,
            reference: "90 FR 30187".to_owned(),
            case: "T-400/10".to_owned(),
            last_present_on: Some(date("2018")),
            first_absent_on: Some(date("2019")),
            alternatives: vec![lost(22)],
            details: Details::default(),
            provenance: provenance(23),
        }
    }

    /// A status with everything there can be.
    fn status() -> GroupStatus {
        GroupStatus {
            group: date("hts"),
            kind: GroupKind::Alliance,
            name: "HTS".to_owned(),
            names: vec![NameStatus {
                text: "HTS".to_owned(),
                kind: NameKind::Former,
                language: "ar".to_owned(),
                script: "Latn".to_owned(),
                from: Some(date("2017")),
                until: Some(date("2025")),
                provenance: provenance(30),
                replaced_by: None,
            }],
            external_ids: vec![ExternalId {
                scheme: ExternalIdScheme::UnReference,
                value: "QDe.137".to_owned(),
                from: None,
                until: None,
            }],
            lifecycle: Some(Lifecycle {
                state: LifecycleState::DissolvedDeclared,
                since: date("2025-01-29"),
                provenance: provenance(40),
            }),
            designations: vec![designation()],
            inherited: vec![InheritedDesignation {
                regime: date("un-1267"),
                component: Some("Front".to_owned()),
                from_group: date("nusra"),
                bound_actor: Some(date("de")),
                state: DesignationState::Active,
                events: Vec::new(),
            }],
            legal_effects: vec![JurisdictionEffects {
                jurisdiction: date("us"),
                legal_effects: vec![LegalEffect::AssetFreeze],
                regimes: vec![date("us-fto219")],
                through: vec![date("nusra")],
            }],
            inherited_effects: vec![JurisdictionEffects {
                jurisdiction: date("us"),
                legal_effects: vec![LegalEffect::TravelBan],
                regimes: vec![date("us-sdgt")],
                through: vec![date("nusra")],
            }],
            lineage: vec![Lineage {
                group: date("hts"),
                kind: LineageKind::SplinteredFrom,
                other: Some(date("nusra")),
                since: date("2017-01"),
                until: Some(date("2025")),
                event: Position::new(50),
            }],
            flags: vec![GroupFlag::ListedButDissolved],
            divergence: Divergence {
                listed_under: vec![date("un-1267")],
                listed_through: vec![date("us-sdgt")],
                not_listed_under: vec![date("us-fto219")],
                share: 0.5,
            },
            upcoming: vec![Upcoming {
                date: date("2026"),
                kind: DueKind::Review,
                what: "un-1267: review".to_owned(),
                regime: date("un-1267"),
                event: Some(Position::new(51)),
            }],
            anomalies: vec![Anomaly {
                rule: AnomalyRule::ActWithoutEffect,
                subject: date("designation/hts/us-fto219"),
                date: date("2020"),
                message: "DELISTED has no effect".to_owned(),
                events: vec![Position::new(52), Position::new(5)],
                root: Position::new(52),
            }],
            counts: GroupCounts {
                engagements: EngagementCounts { engagements: 3, dyads: 5, actors: 2 },
                designation_acts: 4,
            },
            claimed: Claimed::default(),
            leads: vec![Lead {
                effective: date("2025-12"),
                what: "DELISTED under us-fto219".to_owned(),
                event: Position::new(60),
            }],
        }
    }

    #[test]
    fn nothing_is_left_out() {
        let status = status();
        let positions = positions_of(&status).all();
        let numbers: Vec<u64> = positions.iter().map(|position| position.get()).collect();
        assert_eq!(numbers, [5, 20, 21, 22, 23, 24, 25, 27, 30, 31, 32, 40, 41, 42, 50, 51, 52, 60]);
        let message = write_group_status(&status, &names(&positions));
        check_whole("chancery.v1.GroupStatus", &message);
        assert_eq!(message.anomalies[0].event_ids, [id(52), id(5)]);
        let listing = &message.designations[0];
        assert_eq!(listing.alternatives[0].summary, "Event 22");
        let provenance = listing.provenance.as_ref().unwrap();
        assert_eq!(provenance.event_ids, [id(23), id(24)]);
        assert_eq!(provenance.lost_event_ids, [id(25)]);
        assert_eq!(listing.since, Some(v1::Since { date: "2025-07-08".to_owned(), or_before: true }));
        check_whole("chancery.v1.GroupSummary", &write_group_summary(&status));
    }

    #[test]
    fn what_is_not_known_is_empty() {
        let none = Designation {
            state: DesignationState::None,
            basis: None,
            since: Since::Unknown,
            component: None,
            ..designation()
        };
        let status = GroupStatus { lifecycle: None, designations: vec![none], ..status() };
        let message = write_group_status(&status, &EventNames::default());
        assert_eq!(message.lifecycle, None);
        assert_eq!(message.designations[0].basis(), v1::Basis::Unspecified);
        assert_eq!(message.designations[0].since, Some(v1::Since::default()));
        assert_eq!(message.designations[0].component, "");
        let summary = write_group_summary(&status);
        assert_eq!(summary.designations, []);
        assert_eq!(summary.lifecycle(), v1::LifecycleState::Unspecified);
    }
}
