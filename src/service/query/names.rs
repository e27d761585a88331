//! The events that an answer names: their ids from the index, and their summaries, where it says them, from the record.

use super::Query;
use crate::{
    domain::event::Event,
    service::refusal::Refusal,
    wire::status::{EventName, EventNames, Mentioned},
};

impl Query {
    /// What the answer says of the events that it mentions.
    pub async fn names(&self, mentioned: Mentioned) -> Result<EventNames, Refusal> {
        let name =
            |position| Some((position, EventName { id: self.ledger.id(position)?, summary: String::new() }));
        let by_id: Vec<_> = mentioned.all().into_iter().filter_map(name).collect();
        let summarised = mentioned.summarised();
        let events = match summarised.is_empty() {
            true => Vec::new(),
            false => self.ledger.fetch(&summarised).await?,
        };
        let in_full = events.into_iter().map(|recorded| {
            let summary = match &recorded.event {
                Event::Fact(fact) | Event::Correction { replacement: fact, .. } => fact.summary.clone(),
                // Why something was taken back, or put back, is all that such an event says.
                Event::Retraction { reason, .. } | Event::Reinstatement { reason, .. } => reason.clone(),
            };
            (recorded.position, EventName { id: recorded.id, summary })
        });
        // Of two names for an event the later stands.
        Ok(by_id.into_iter().chain(in_full).collect())
    }
}
