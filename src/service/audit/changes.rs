//! Changes of fields, written with the events behind them.

use super::Audit;
use crate::{
    audit::Caused,
    service::refusal::Refusal,
    wire::{
        status::{
            EventNames,
            field::{FieldChange, write_change},
        },
        v1,
    },
};

impl Audit {
    /// The names of the events behind changes.
    pub(super) async fn names_of<'a>(
        &self,
        changes: impl Iterator<Item = &'a Caused>,
    ) -> Result<EventNames, Refusal> {
        self.query.names(changes.flat_map(|change| change.behind.events.iter().copied()).collect()).await
    }
}

/// The messages for changes; `names` has their events.
pub(in crate::service) fn write_changes(changes: &[Caused], names: &EventNames) -> Vec<v1::FieldChange> {
    let change = |it: &Caused| {
        let (was, is) = (it.was.as_deref(), it.is.as_deref());
        write_change(
            FieldChange {
                path: &it.path,
                was,
                is,
                cause: it.behind.cause,
                events: &it.behind.events,
                others: &it.behind.others,
                passed: &it.behind.passed,
            },
            names,
        )
    };
    changes.iter().map(change).collect()
}
