//! Statements about identities: between the API's messages and the domain.
//!
//! A placeholder is chosen so that no rule is broken by it; where none can be, the field the rule names is in doubt.

use super::text_of;
use crate::{
    domain::{
        id::{ActorId, GroupId, RegimeId},
        statement::{
            ActorRegistered, ExternalId, GroupNamed, GroupRegistered, LifecycleChanged, LineageRecorded,
            Membership, Name, RegimeRegistered, RegimeTerminated,
        },
        vocabulary::{
            ActorKind, ExternalIdScheme, GroupKind, Inheritance, LifecycleState, LineageKind, NameKind,
        },
    },
    wire::{Field, Findings, v1, vocabulary},
};

pub(super) fn read_group_id(text: &str, at: &Field<'_>, found: &mut Findings) -> GroupId {
    found.required(&at.child("group"), text).unwrap_or_else(|| GroupId::unreadable(0))
}

pub(super) fn read_regime_id(text: &str, at: &Field<'_>, found: &mut Findings) -> RegimeId {
    found.required(&at.child("regime"), text).unwrap_or_else(|| RegimeId::unreadable(0))
}

pub(super) fn read_actor(
    message: &v1::ActorRegistered,
    at: &Field<'_>,
    found: &mut Findings,
) -> ActorRegistered {
    let actor = found.required(&at.child("actor"), &message.actor);
    let kind = found.vocabulary(&at.child("kind"), message.kind);
    let memberships = found.list(&at.child("memberships"), &message.memberships, 0..=100);
    let membership = |(index, message): (usize, &v1::Membership)| {
        let at = at.entry("memberships", index);
        let of = found.required(&at.child("of"), &message.of);
        Membership {
            of: of.unwrap_or_else(|| ActorId::unreadable(index)),
            from: found.optional(&at.child("from"), &message.from),
            until: found.optional(&at.child("until"), &message.until),
        }
    };
    ActorRegistered {
        actor: actor.unwrap_or_else(|| ActorId::unreadable(0)),
        kind: kind.unwrap_or(ActorKind::Other),
        name: message.name.clone(),
        memberships: memberships.iter().enumerate().map(membership).collect(),
    }
}

pub(super) fn write_actor(it: &ActorRegistered) -> v1::ActorRegistered {
    let membership = |it: &Membership| v1::Membership {
        of: it.of.to_string(),
        from: text_of(it.from),
        until: text_of(it.until),
    };
    v1::ActorRegistered {
        actor: it.actor.to_string(),
        kind: vocabulary::write(it.kind),
        name: it.name.clone(),
        memberships: it.memberships.iter().map(membership).collect(),
    }
}

pub(super) fn read_group(
    message: &v1::GroupRegistered,
    at: &Field<'_>,
    found: &mut Findings,
) -> GroupRegistered {
    let group = read_group_id(&message.group, at, found);
    let kind = found.vocabulary(&at.child("kind"), message.kind);
    let names = found.list(&at.child("names"), &message.names, 1..=100);
    let name = |(index, message)| read_name(message, &at.entry("names", index), found);
    let names = names.iter().enumerate().map(name).collect();
    let external_ids = found.list(&at.child("external_ids"), &message.external_ids, 0..=50);
    let external_id = |(index, message): (usize, &v1::ExternalId)| {
        let at = at.entry("external_ids", index);
        let scheme = found.vocabulary(&at.child("scheme"), message.scheme);
        ExternalId {
            scheme: scheme.unwrap_or(ExternalIdScheme::Wikidata),
            value: message.value.clone(),
            from: found.optional(&at.child("from"), &message.from),
            until: found.optional(&at.child("until"), &message.until),
        }
    };
    GroupRegistered {
        group,
        kind: kind.unwrap_or(GroupKind::Organisation),
        names,
        external_ids: external_ids.iter().enumerate().map(external_id).collect(),
    }
}

pub(super) fn write_group(it: &GroupRegistered) -> v1::GroupRegistered {
    let external_id = |it: &ExternalId| v1::ExternalId {
        scheme: vocabulary::write(it.scheme),
        value: it.value.clone(),
        from: text_of(it.from),
        until: text_of(it.until),
    };
    v1::GroupRegistered {
        group: it.group.to_string(),
        kind: vocabulary::write(it.kind),
        names: it.names.iter().map(write_name).collect(),
        external_ids: it.external_ids.iter().map(external_id).collect(),
    }
}

fn read_name(message: &v1::Name, at: &Field<'_>, found: &mut Findings) -> Name {
    // Primary, since it may be the one that is required.
    let kind = found.vocabulary(&at.child("kind"), message.kind).unwrap_or(NameKind::Primary);
    Name {
        text: message.text.clone(),
        kind,
        language: message.language.clone(),
        script: message.script.clone(),
        from: found.optional(&at.child("from"), &message.from),
        until: found.optional(&at.child("until"), &message.until),
    }
}

fn write_name(it: &Name) -> v1::Name {
    v1::Name {
        text: it.text.clone(),
        kind: vocabulary::write(it.kind),
        language: it.language.clone(),
        script: it.script.clone(),
        from: text_of(it.from),
        until: text_of(it.until),
    }
}

pub(super) fn read_named(message: &v1::GroupNamed, at: &Field<'_>, found: &mut Findings) -> GroupNamed {
    let group = read_group_id(&message.group, at, found);
    let field = at.child("name");
    let name = match &message.name {
        Some(name) => read_name(name, &field, found),
        None => {
            found.add(&field, "is required");
            found.doubt(&field.child("text"));
            Name {
                text: String::new(),
                kind: NameKind::Primary,
                language: String::new(),
                script: String::new(),
                from: None,
                until: None,
            }
        }
    };
    GroupNamed { group, name }
}

pub(super) fn write_named(it: &GroupNamed) -> v1::GroupNamed {
    v1::GroupNamed { group: it.group.to_string(), name: Some(write_name(&it.name)) }
}

pub(super) fn read_lineage(
    message: &v1::LineageRecorded,
    at: &Field<'_>,
    found: &mut Findings,
) -> LineageRecorded {
    let group = read_group_id(&message.group, at, found);
    let kind = found.vocabulary(&at.child("kind"), message.kind);
    let other = found.optional(&at.child("other"), &message.other);
    if kind.is_none() || other.is_none() && !message.other.is_empty() {
        found.doubt(&at.child("other"));
    }
    LineageRecorded {
        group,
        kind: kind.unwrap_or(LineageKind::Renamed),
        other,
        until: found.optional(&at.child("until"), &message.until),
    }
}

pub(super) fn write_lineage(it: &LineageRecorded) -> v1::LineageRecorded {
    v1::LineageRecorded {
        group: it.group.to_string(),
        kind: vocabulary::write(it.kind),
        other: text_of(it.other.as_ref()),
        until: text_of(it.until),
    }
}

pub(super) fn read_lifecycle(
    message: &v1::LifecycleChanged,
    at: &Field<'_>,
    found: &mut Findings,
) -> LifecycleChanged {
    LifecycleChanged {
        group: read_group_id(&message.group, at, found),
        state: found.vocabulary(&at.child("state"), message.state).unwrap_or(LifecycleState::Active),
    }
}

pub(super) fn write_lifecycle(it: &LifecycleChanged) -> v1::LifecycleChanged {
    v1::LifecycleChanged { group: it.group.to_string(), state: vocabulary::write(it.state) }
}

pub(super) fn read_regime(
    message: &v1::RegimeRegistered,
    at: &Field<'_>,
    found: &mut Findings,
) -> RegimeRegistered {
    let regime = read_regime_id(&message.regime, at, found);
    let authority = found.required(&at.child("authority"), &message.authority);
    RegimeRegistered {
        regime,
        authority: authority.unwrap_or_else(|| ActorId::unreadable(0)),
        title: message.title.clone(),
        legal_effects: found.vocabularies(at, "legal_effects", &message.legal_effects),
        // More than the type holds is more than the rule allows, which says so.
        review_interval_months: u16::try_from(message.review_interval_months).unwrap_or(u16::MAX),
        inheritance: found
            .optional_vocabulary(&at.child("inheritance"), message.inheritance)
            .unwrap_or(Inheritance::None),
    }
}

pub(super) fn write_regime(it: &RegimeRegistered) -> v1::RegimeRegistered {
    v1::RegimeRegistered {
        regime: it.regime.to_string(),
        authority: it.authority.to_string(),
        title: it.title.clone(),
        legal_effects: vocabulary::write_all(&it.legal_effects),
        review_interval_months: u32::from(it.review_interval_months),
        inheritance: vocabulary::write(it.inheritance),
    }
}

pub(super) fn read_terminated(
    message: &v1::RegimeTerminated,
    at: &Field<'_>,
    found: &mut Findings,
) -> RegimeTerminated {
    RegimeTerminated { regime: read_regime_id(&message.regime, at, found), reason: message.reason.clone() }
}

pub(super) fn write_terminated(it: &RegimeTerminated) -> v1::RegimeTerminated {
    v1::RegimeTerminated { regime: it.regime.to_string(), reason: it.reason.clone() }
}
