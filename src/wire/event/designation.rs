//! Acts about listings: between the API's messages and the domain.

use super::{
    registry::{read_group_id, read_regime_id},
    text_of,
};
use crate::{
    domain::{
        id::GroupId,
        statement::{DesignationAct, Scope},
        vocabulary::Act,
    },
    wire::{Field, Findings, v1, vocabulary},
};

pub(super) fn read(message: &v1::DesignationAct, at: &Field<'_>, found: &mut Findings) -> DesignationAct {
    DesignationAct {
        group: read_group_id(&message.group, at, found),
        regime: read_regime_id(&message.regime, at, found),
        // An act that requires nothing and takes an expiry date.
        act: found.vocabulary(&at.child("act"), message.act).unwrap_or(Act::Listed),
        scope: read_scope(message.scope.as_ref(), &at.child("scope"), found),
        reference: message.reference.clone(),
        reason: message.reason.clone(),
        expires_on: found.optional(&at.child("expires_on"), &message.expires_on),
    }
}

fn read_scope(message: Option<&v1::Scope>, at: &Field<'_>, found: &mut Findings) -> Scope {
    match message.and_then(|scope| scope.coverage.as_ref()) {
        None => Scope::Whole,
        Some(v1::scope::Coverage::Component(name)) => Scope::Component(name.clone()),
        Some(v1::scope::Coverage::AliasOf(group)) => {
            let listing = found.required(&at.child("alias_of"), group);
            // Another number than the group's placeholder: the two may well differ.
            Scope::AliasOf(listing.unwrap_or_else(|| GroupId::unreadable(1)))
        }
    }
}

pub(super) fn write(it: &DesignationAct) -> v1::DesignationAct {
    let coverage = match &it.scope {
        Scope::Whole => None,
        Scope::Component(name) => Some(v1::scope::Coverage::Component(name.clone())),
        Scope::AliasOf(listing) => Some(v1::scope::Coverage::AliasOf(listing.to_string())),
    };
    v1::DesignationAct {
        group: it.group.to_string(),
        regime: it.regime.to_string(),
        act: vocabulary::write(it.act),
        scope: coverage.map(|coverage| v1::Scope { coverage: Some(coverage) }),
        reference: it.reference.clone(),
        reason: it.reason.clone(),
        expires_on: text_of(it.expires_on),
    }
}
