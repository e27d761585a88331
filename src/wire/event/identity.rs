//! Identity operations: between the API's messages and the domain.

use super::registry::read_group_id;
use crate::{
    domain::{
        id::GroupId,
        statement::{IdentityMerged, IdentityUnmerged},
    },
    wire::{Field, Findings, v1},
};

pub(super) fn read_merged(
    message: &v1::IdentityMerged,
    at: &Field<'_>,
    found: &mut Findings,
) -> IdentityMerged {
    let into = found.required(&at.child("into"), &message.into);
    IdentityMerged {
        group: read_group_id(&message.group, at, found),
        // Another number than the group's placeholder: the two may well differ.
        into: into.unwrap_or_else(|| GroupId::unreadable(1)),
        reason: message.reason.clone(),
    }
}

pub(super) fn write_merged(it: &IdentityMerged) -> v1::IdentityMerged {
    v1::IdentityMerged { group: it.group.to_string(), into: it.into.to_string(), reason: it.reason.clone() }
}

pub(super) fn read_unmerged(
    message: &v1::IdentityUnmerged,
    at: &Field<'_>,
    found: &mut Findings,
) -> IdentityUnmerged {
    IdentityUnmerged { group: read_group_id(&message.group, at, found), reason: message.reason.clone() }
}

pub(super) fn write_unmerged(it: &IdentityUnmerged) -> v1::IdentityUnmerged {
    v1::IdentityUnmerged { group: it.group.to_string(), reason: it.reason.clone() }
}
