//! What an engagement tells about each of its pairs.

use super::{Move, Packed};
use crate::{
    domain::{
        date::Day,
        fact::Fact,
        fold::Telling,
        id::{ActorId, GroupId},
        statement::Engagement,
    },
    position::Position,
};

/// What a plain engagement tells about one pair of a principal actor and a principal group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dealt {
    /// The actor.
    pub actor: ActorId,
    /// The group.
    pub group: GroupId,
    /// What it tells.
    pub what: Packed,
    /// From when on it moves the relationship; `None`: it does not.
    pub moves_from: Option<Day>,
    /// Whether the engagement is with another actor as well, whose relationship with the group counts it already.
    pub is_shared: bool,
}

impl Dealt {
    /// What an engagement tells about each of its pairs: see [`Dealt::at`].
    pub fn all(fact: &Fact, engagement: &Engagement) -> Vec<Dealt> {
        let mut all = Vec::with_capacity(1);
        for (group, _) in engagement.principal_groups() {
            for (nth, (actor, _)) in engagement.principal_actors().enumerate() {
                let Some(content) = Move::of(engagement, actor, group) else { continue };
                let what = Packed::plain(&Telling::new(Position::START, fact, content));
                all.push(Dealt {
                    actor: actor.clone(),
                    group: group.clone(),
                    moves_from: what.moves().then(|| fact.effective_on.lower()),
                    what,
                    is_shared: 0 < nth,
                });
            }
        }
        all
    }

    /// The same, told by the fact at this position: before it is recorded nobody knows which that will be.
    pub fn at(self, position: Position) -> Dealt {
        Dealt { what: self.what.at(position), ..self }
    }
}
