//! From recorded events to the tellings of one subject.

use std::sync::Arc;

use crate::{
    domain::{
        event::Event,
        fact::Fact,
        fold::{Content, Family, Member, Telling},
    },
    ledger::Recorded,
};

/// The family of these events as one subject sees it: `content` is the part of a fact that concerns the subject.
pub fn family<C: Content>(events: &[Recorded], content: impl Fn(&Arc<Fact>) -> Option<C>) -> Family<C> {
    Family::new(events.iter().filter_map(|recorded| member(recorded, &content)).collect())
}

/// `None` for a record event without a target, which no log holds.
fn member<C>(recorded: &Recorded, content: &impl Fn(&Arc<Fact>) -> Option<C>) -> Option<Member<C>> {
    let position = recorded.position;
    let target = recorded.concern.map(|concern| concern.target);
    let tell = |fact: &Arc<Fact>| Telling::new(position, fact, content(fact));
    match &recorded.event {
        Event::Fact(fact) => Some(Member::Claim(tell(fact))),
        Event::Correction { replacement, .. } => {
            target.map(|target| Member::Correction { target, telling: tell(replacement) })
        }
        Event::Retraction { .. } => target.map(|target| Member::Retraction { target, position }),
        Event::Reinstatement { .. } => target.map(|target| Member::Reinstatement { target, position }),
    }
}
