//! Actors: what an actor is and belongs to at a date.

use std::{collections::BTreeSet, sync::Arc};

use super::{entry_at, is_within};
use crate::domain::{
    as_of::AsOf,
    date::Day,
    fact::Fact,
    fold::{Content, Direction, History, Provenance},
    id::ActorId,
    statement::{ActorRegistered, Membership, Statement},
    vocabulary::ActorKind,
};
use crate::position::Position;

/// A fact as the history of an actor holds it: its registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorFact(Arc<Fact>);

impl ActorFact {
    /// The part of the fact that concerns the actor; `None` when it has none.
    pub fn about(actor: &ActorId, fact: &Arc<Fact>) -> Option<ActorFact> {
        match &fact.statement {
            Statement::ActorRegistered(it) if it.actor == *actor => Some(ActorFact(Arc::clone(fact))),
            _ => None,
        }
    }

    /// What it says when it registers the actor.
    pub fn registration(&self) -> Option<&ActorRegistered> {
        match &self.0.statement {
            Statement::ActorRegistered(it) => Some(it),
            _ => None,
        }
    }
}

impl Content for ActorFact {
    fn act_rank(&self) -> u8 {
        0
    }

    fn direction(&self) -> Direction {
        Direction::Level
    }
}

/// An actor at a date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActorStatus {
    /// The slug.
    pub actor: ActorId,
    /// What kind of actor.
    pub kind: ActorKind,
    /// Its name in English.
    pub name: String,
    /// The organisations it belongs to on the date.
    pub memberships: Vec<Membership>,
    /// Where it comes from.
    pub provenance: Provenance,
}

/// A day on which a membership begins, or has ended the day before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipTurn {
    /// The day.
    pub day: Day,
    /// The registration that says so.
    pub event: Position,
    /// What happened, in words.
    pub what: String,
}

impl ActorStatus {
    /// The days on which what is known of the actor can change.
    pub fn turning_days(history: &History<ActorFact>, as_of: AsOf) -> BTreeSet<Day> {
        let memberships = ActorStatus::memberships(history, as_of).into_iter().map(|turn| turn.day);
        history.standing(as_of).iter().map(|entry| entry.effective.lower()).chain(memberships).collect()
    }

    /// The days on which a membership begins, or has ended the day before.
    pub fn memberships(history: &History<ActorFact>, as_of: AsOf) -> Vec<MembershipTurn> {
        let mut found = Vec::new();
        for entry in history.standing(as_of) {
            let mut turn = |day, what| found.push(MembershipTurn { day, event: entry.position, what });
            for it in entry.content.registration().into_iter().flat_map(|it| &it.memberships) {
                if let Some(from) = it.from {
                    turn(from.lower(), format!("the membership of {} began on {from}", it.of));
                }
                if let Some((until, after)) = it.until.and_then(|it| Some((it, it.upper().tomorrow().ok()?)))
                {
                    turn(after, format!("the membership of {} ended on {until}", it.of));
                }
            }
        }
        found
    }

    /// The actor with this history; `None` when no registration stands under the cuts.
    pub fn fold(history: &History<ActorFact>, as_of: AsOf) -> Option<ActorStatus> {
        let standing = history.standing(as_of);
        let entry = entry_at(standing.iter(), as_of.valid_at)?;
        let it = entry.content.registration()?;
        let belongs = |membership: &&Membership| is_within(as_of.valid_at, membership.from, membership.until);
        Some(ActorStatus {
            actor: it.actor.clone(),
            kind: it.kind,
            name: it.name.clone(),
            memberships: it.memberships.iter().filter(belongs).cloned().collect(),
            provenance: Provenance::of(entry),
        })
    }
}
