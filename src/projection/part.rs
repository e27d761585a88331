//! Parts: what the store takes of a run of events, worked out without the store.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    domain::{
        date::Day,
        event::Event,
        fact::Fact,
        fold::{
            Telling,
            relationship::{Move, Packed},
        },
        id::{ActorId, GroupId},
        statement::{Engagement, Statement},
    },
    ledger::Recorded,
    position::Position,
};

/// What the store takes of a run of events, by position.
#[derive(Default)]
pub struct Part {
    /// Where the run ends, and when that was recorded.
    pub(super) last: Option<(Position, Timestamp)>,
    /// What its engagements tell.
    pub(super) dealt: Vec<Dealt>,
    /// Its other facts.
    pub(super) facts: Vec<(Position, Arc<Fact>)>,
}

/// What an engagement tells about one pair.
pub(super) struct Dealt {
    pub(super) actor: ActorId,
    pub(super) group: GroupId,
    pub(super) what: Packed,
    /// From when on it moves the relationship; `None`: it does not.
    pub(super) moves_from: Option<Day>,
    /// Whether the engagement is with another actor as well, whose relationship with the group counts it already.
    pub(super) is_shared: bool,
}

impl Part {
    /// Adds the next event. One that concerns another is told by its family.
    pub(super) fn note(&mut self, recorded: &Recorded) {
        self.last = Some((recorded.position, recorded.recorded_at));
        match &recorded.event {
            Event::Fact(fact) if fact.claim_of.is_none() => match &fact.statement {
                Statement::Engagement(engagement) => {
                    self.note_engagement(recorded.position, fact, engagement);
                }
                _ => self.facts.push((recorded.position, fact.clone())),
            },
            Event::Fact(_)
            | Event::Correction { .. }
            | Event::Retraction { .. }
            | Event::Reinstatement { .. } => {}
        }
    }

    fn note_engagement(&mut self, position: Position, fact: &Fact, engagement: &Engagement) {
        for (group, _) in engagement.principal_groups() {
            for (nth, (actor, _)) in engagement.principal_actors().enumerate() {
                let Some(content) = Move::of(engagement, actor, group) else { continue };
                let what = Packed::plain(&Telling::new(position, fact, content));
                self.dealt.push(Dealt {
                    actor: actor.clone(),
                    group: group.clone(),
                    moves_from: what.moves().then(|| fact.effective_on.lower()),
                    what,
                    is_shared: 0 < nth,
                });
            }
        }
    }
}
