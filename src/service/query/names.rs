//! The events that an answer names: their ids and summaries, read from the record at once.

use super::Query;
use crate::{
    position::Position,
    service::refusal::Refusal,
    wire::status::{EventName, EventNames},
};

impl Query {
    /// What the answer says of the events at these positions, in whatever order they come.
    pub async fn names(&self, mut positions: Vec<Position>) -> Result<EventNames, Refusal> {
        positions.sort_unstable();
        positions.dedup();
        let events = self.ledger.fetch(&positions).await?;
        let names = events.into_iter().map(|recorded| {
            let summary = recorded.event.fact().map(|fact| fact.summary.clone()).unwrap_or_default();
            (recorded.position, EventName { id: recorded.id, summary })
        });
        Ok(names.collect())
    }
}
