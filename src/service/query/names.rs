//! The events that an answer names: their ids from the index, and their summaries, where it says them, from the record.

use super::Query;
use crate::{
    domain::{date::PartialDate, event::Event, fact::Fact, statement::Statement, vocabulary::Assertion},
    service::refusal::Refusal,
    wire::status::{EventName, EventNames, Mentioned},
};

impl Query {
    /// What the answer says of the events that it mentions.
    pub async fn names(&self, mentioned: Mentioned) -> Result<EventNames, Refusal> {
        let name = |position| {
            let id = self.ledger.id(position)?;
            let (summary, what, effective_on, component) = Default::default();
            Some((position, EventName { id, summary, what, effective_on, component }))
        };
        let by_id: Vec<_> = mentioned.all().into_iter().filter_map(name).collect();
        let summarised = mentioned.summarised();
        let events = match summarised.is_empty() {
            true => Vec::new(),
            false => self.ledger.fetch(&summarised).await?,
        };
        let in_full = events.into_iter().map(|recorded| {
            let (summary, what, effective_on, component) = match &recorded.event {
                Event::Fact(fact) | Event::Correction { replacement: fact, .. } => {
                    (fact.summary.clone(), word(fact), fact.effective_on.to_string(), component(fact))
                }
                // Why something was taken back, or put back, is all that such an event says.
                Event::Retraction { reason, .. } | Event::Reinstatement { reason, .. } => {
                    (reason.clone(), String::new(), String::new(), String::new())
                }
            };
            (recorded.position, EventName { id: recorded.id, summary, what, effective_on, component })
        });
        // Of two names for an event the later stands.
        Ok(by_id.into_iter().chain(in_full).collect())
    }
}

fn until(last: Option<PartialDate>) -> String {
    last.map(|last| format!(" until {last}")).unwrap_or_default()
}

fn numbered(number: &str) -> String {
    if number.is_empty() { String::new() } else { format!(" {number}") }
}

/// The component of the group that an act is about.
fn component(fact: &Fact) -> String {
    match &fact.statement {
        Statement::DesignationAct(it) => it.scope.component().unwrap_or_default().to_owned(),
        _ => String::new(),
    }
}

/// What a fact says, in a word, with what tells it from another of its kind.
fn word(fact: &Fact) -> String {
    let word = match &fact.statement {
        Statement::DesignationAct(it) => {
            let alias = it.scope.alias_of().map(|listing| format!(" of {listing}")).unwrap_or_default();
            format!("{}{alias}{}{}", it.act, numbered(&it.reference), until(it.expires_on))
        }
        Statement::LifecycleChanged(it) => it.state.to_string(),
        Statement::LineageRecorded(it) => {
            let other = it.other.as_ref().map(|other| format!(" {other}")).unwrap_or_default();
            format!("{}{other}{}", it.kind, until(it.until))
        }
        Statement::Engagement(it) => {
            let last = it.ceasefire.as_ref().and_then(|ceasefire| ceasefire.ends_on);
            format!("{}{}", it.kind, until(last))
        }
        Statement::RegimeTerminated(_) => "the end of the regime".to_owned(),
        _ => return String::new(),
    };
    if fact.assertion == Assertion::Denied { format!("{word}, denied") } else { word }
}
