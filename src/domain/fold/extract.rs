//! Extracts: what the read models take of an event, which is little of most.

use std::sync::Arc;

use super::relationship::Dealt;
use crate::domain::{event::Event, fact::Fact, statement::Statement};

/// What the read models take of an event by itself.
#[derive(Clone, Debug)]
pub enum Extract {
    /// What a plain engagement tells about each of its pairs, without its position.
    Dealings(Vec<Dealt>),
    /// Another plain fact.
    Fact(Arc<Fact>),
    /// Nothing: a claim or record event tells by its family.
    Nothing,
}

impl Extract {
    /// What they take of this one.
    pub fn of(event: &Event) -> Extract {
        match event {
            Event::Fact(fact) if fact.claim_of.is_none() => match &fact.statement {
                Statement::Engagement(engagement) => Extract::Dealings(Dealt::all(fact, engagement)),
                _ => Extract::Fact(fact.clone()),
            },
            Event::Fact(_)
            | Event::Correction { .. }
            | Event::Retraction { .. }
            | Event::Reinstatement { .. } => Extract::Nothing,
        }
    }
}
