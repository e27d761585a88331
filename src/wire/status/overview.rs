//! Overviews: from the domain to the API's messages.

use super::{EventNames, Mentioned, Names, group::write_anomaly, positions_asked};
use crate::{
    domain::{
        fold::group::Bearing,
        status::overview::{
            AnomalyEntry, DocketEntry, ListingCell, ListingRow, RelationCell, RelationRow, Stretch,
        },
    },
    wire::{event::text_of, v1, vocabulary},
};

/// The positions of the events that entries of a docket name, ascending.
pub fn positions_of_docket(entries: &[DocketEntry]) -> Mentioned {
    positions_asked(|names| write_docket(entries, names))
}

/// The messages for entries of a docket.
pub fn write_docket_entries(entries: &[DocketEntry], names: &EventNames) -> Vec<v1::DocketEntry> {
    write_docket(entries, names)
}

fn write_docket(entries: &[DocketEntry], names: &dyn Names) -> Vec<v1::DocketEntry> {
    let entry = |it: &DocketEntry| v1::DocketEntry {
        date: it.date.to_string(),
        kind: vocabulary::write(it.kind),
        subject: it.subject.to_string(),
        what: it.what.clone(),
        event_id: it.event.map(|event| names.id(event)).unwrap_or_default(),
    };
    entries.iter().map(entry).collect()
}

/// The positions of the events that contradictions name, ascending.
pub fn positions_of_anomalies(entries: &[AnomalyEntry]) -> Mentioned {
    positions_asked(|names| write_anomalies(entries, names))
}

/// The messages for contradictions.
pub fn write_anomaly_entries(entries: &[AnomalyEntry], names: &EventNames) -> Vec<v1::AnomalyEntry> {
    write_anomalies(entries, names)
}

fn write_anomalies(entries: &[AnomalyEntry], names: &dyn Names) -> Vec<v1::AnomalyEntry> {
    let entry = |it: &AnomalyEntry| v1::AnomalyEntry {
        anomaly: Some(write_anomaly(&it.anomaly, names)),
        state: vocabulary::write(it.state),
        settled_by: it.settled_by.map(|event| names.id(event)).unwrap_or_default(),
    };
    entries.iter().map(entry).collect()
}

/// The positions of the events that stretches name, ascending.
pub fn positions_of_stretches(stretches: &[Stretch]) -> Mentioned {
    positions_asked(|names| write_all_stretches(stretches, names))
}

/// The messages for stretches of engagement while designated.
pub fn write_stretches(stretches: &[Stretch], names: &EventNames) -> Vec<v1::EngagingWhileDesignated> {
    write_all_stretches(stretches, names)
}

fn write_all_stretches(stretches: &[Stretch], names: &dyn Names) -> Vec<v1::EngagingWhileDesignated> {
    let stretch = |it: &Stretch| v1::EngagingWhileDesignated {
        actor: it.actor.to_string(),
        group: it.group.to_string(),
        from: it.from.to_string(),
        until: it.until.to_string(),
        began_before: it.began_before,
        goes_on: it.goes_on,
        listings: it.listings.iter().map(write_stretch_listing).collect(),
        engagement_ids: names.ids(&it.engagements),
    };
    stretches.iter().map(stretch).collect()
}

fn write_stretch_listing(it: &Bearing) -> v1::StretchListing {
    v1::StretchListing {
        regime: it.designation.regime.to_string(),
        component: text_of(it.designation.component.as_ref()),
        state: vocabulary::write(it.designation.state),
        through_group: text_of(it.through.as_ref()),
    }
}

/// The message for a group and its listings.
pub fn write_listing_row(row: &ListingRow) -> v1::ListingRow {
    let cell = |it: &ListingCell| v1::ListingCell {
        regime: it.regime.to_string(),
        component: text_of(it.component.as_ref()),
        state: vocabulary::write(it.state),
        basis: vocabulary::write_optional(it.basis),
        alias_of: text_of(it.alias_of.as_ref()),
        pending: vocabulary::write_all(&it.pending),
        disputed: it.disputed,
        inherited_from: text_of(it.inherited_from.as_ref()),
    };
    v1::ListingRow {
        group: row.group.to_string(),
        name: row.name.clone(),
        flags: vocabulary::write_all(&row.flags),
        cells: row.cells.iter().map(cell).collect(),
    }
}

/// The message for an actor and its relationships.
pub fn write_relation_row(row: &RelationRow) -> v1::RelationRow {
    let cell = |it: &RelationCell| v1::RelationCell {
        group: it.group.to_string(),
        headline: vocabulary::write(it.headline),
        flags: vocabulary::write_all(&it.flags),
        listed: it.listed,
        listed_through: it.listed_through.iter().map(ToString::to_string).collect(),
        engagements: it.engagements,
    };
    v1::RelationRow {
        actor: row.actor.to_string(),
        name: row.name.clone(),
        cells: row.cells.iter().map(cell).collect(),
    }
}
