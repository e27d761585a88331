//! Tellings: what one event says about one subject; and what stands of them.

use super::registry::Redirects;
use crate::{
    domain::{
        date::{DateSpan, Day, Precision},
        fact::Fact,
        source::Credibility,
        vocabulary::{Assertion, ClaimStance, FoldRule, Label, SourceKind},
    },
    position::Position,
};

/// What a telling tells, as far as ordering and comparing go.
pub trait Content: Sized {
    /// The place among facts of one day, lower first: ends before beginnings before amendments before courts before
    /// exemptions before observations.
    fn act_rank(&self) -> u8;

    /// Which way it moves its subject. Claims that move it in opposite ways contradict each other.
    fn direction(&self) -> Direction;

    /// Whether the two cannot both be so, whatever their dates: they move their subject in opposite ways. Groups that they name
    /// are the same where `_identities` lead to the same one.
    fn contradicts(&self, other: &Self, _identities: &Redirects) -> bool {
        self.direction().is_opposite(other.direction())
    }

    /// Whether it says something else than what won, neither opposed to it nor of another date: another name, another level.
    /// What it leaves unsaid is no difference. Groups are the same as for contradictions.
    fn says_otherwise(&self, _won: &Self, _identities: &Redirects) -> bool {
        false
    }

    /// Whether it goes further than what the same fact tells of another identity of its subject: then that is what it tells of
    /// the two as one.
    fn goes_further(&self, _other: &Self) -> bool {
        false
    }

    /// Whether a better claim that says nothing of the subject denies this of it: who is not named was not there. What only
    /// introduces its subject is told by whoever tells it.
    fn is_denied_by_silence(&self) -> bool {
        false
    }

    /// Whether a claim that loses and says nothing of the subject contradicts this, as one that tells it of another. Where one
    /// thing may be told of many, whoever names fewer only leaves the others unsaid.
    fn is_disputed_by_silence(&self) -> bool {
        true
    }
}

/// Which way a telling moves its subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Towards being listed, or towards better relations.
    Up,
    /// Neither.
    Level,
    /// Away from it.
    Down,
}

impl Direction {
    /// Whether one is towards what the other is away from.
    pub fn is_opposite(self, other: Direction) -> bool {
        matches!((self, other), (Direction::Up, Direction::Down) | (Direction::Down, Direction::Up))
    }
}

/// What one fact or correction tells about one subject. Small, so that long histories fit in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Telling<C> {
    /// The event that tells it.
    pub position: Position,
    /// When it takes effect.
    pub effective: DateSpan,
    /// The first day it was known to be coming, or was in effect.
    pub heralded: Day,
    /// The first day it may have been public.
    pub disclosed: Day,
    /// The kind of its best source: its rank.
    pub source: SourceKind,
    /// How far it is to be believed.
    pub credibility: Credibility,
    /// How firmly it is said.
    pub assertion: Assertion,
    /// Who may see it.
    pub label: Label,
    /// What it tells.
    pub content: C,
}

impl<C> Telling<C> {
    /// What `fact`, recorded at `position`, tells: `content` is its part that concerns the subject.
    pub fn new(position: Position, fact: &Fact, content: C) -> Telling<C> {
        Telling {
            position,
            effective: fact.effective_on,
            heralded: fact.heralded(),
            disclosed: fact.disclosed(),
            source: fact.source_kind(),
            credibility: fact.credibility,
            assertion: fact.assertion,
            label: fact.label,
            content,
        }
    }

    /// The same, with other content.
    pub fn map<D>(self, content: impl FnOnce(C) -> D) -> Telling<D> {
        let Telling {
            position, effective, heralded, disclosed, source, credibility, assertion, label, ..
        } = self;
        let content = content(self.content);
        Telling { position, effective, heralded, disclosed, source, credibility, assertion, label, content }
    }
}

/// The place of what stands in valid-time order (fold rule 2): first possible day, finer precision, act rank, source
/// rank, position of the fact.
pub type Order = (Day, Precision, u8, SourceKind, Position);

/// A fact that stands, by its place in valid-time order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    order: Order,
    /// The first day it was known to be coming, or was in effect.
    pub heralded: Day,
}

impl Place {
    /// Where a fact stands.
    pub fn of<C: Content>(standing: &Standing<'_, C>) -> Place {
        Place { order: standing.order(), heralded: standing.heralded }
    }

    /// The first day on which it can have taken effect.
    pub const fn effective(&self) -> Day {
        self.order.0
    }

    /// The fact that its claims are claims of.
    pub const fn root(&self) -> Position {
        self.order.4
    }
}

/// A fact as it stands under the cuts: corrected, not retracted, and the winner among its claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing<'a, C> {
    /// The position of the fact that its claims are claims of: where the whole stands in the order.
    pub root: Position,
    /// The position of the fact or claim that won.
    pub fact: Position,
    /// The event that tells it: the fact or claim itself, or its standing correction.
    pub position: Position,
    /// When it takes effect.
    pub effective: DateSpan,
    /// The first day it was known to be coming, or was in effect.
    pub heralded: Day,
    /// The kind of its best source.
    pub source: SourceKind,
    /// How firmly it is said. What is DENIED moves nothing.
    pub assertion: Assertion,
    /// What it tells.
    pub content: &'a C,
    /// The claims that lost, best first.
    pub lost: Vec<Lost>,
    /// What each of them would have moved its subject by, in the same order; `None`: it moves nothing, for it says nothing of
    /// the subject, denies it, or is a lead.
    pub said: Vec<Option<&'a C>>,
    /// The rule that decided between the claims.
    pub decided_by: FoldRule,
    /// Whether a loser of nearly the same rank contradicts it (fold rule 4).
    pub disputed: bool,
}

/// A claim that lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    /// The event that tells it.
    pub position: Position,
    /// The date it gives.
    pub effective: DateSpan,
    /// The kind of its best source.
    pub source: SourceKind,
    /// Why it lost.
    pub rule: FoldRule,
    /// The event that tells what won against it.
    pub against: Position,
    /// How it stands to the winner.
    pub stance: ClaimStance,
}

impl<'a, C: Content> Standing<'a, C> {
    /// A fact that nobody claims otherwise.
    pub fn sole(telling: &'a Telling<C>) -> Standing<'a, C> {
        Standing {
            root: telling.position,
            fact: telling.position,
            position: telling.position,
            effective: telling.effective,
            heralded: telling.heralded,
            source: telling.source,
            assertion: telling.assertion,
            content: &telling.content,
            lost: Vec::new(),
            said: Vec::new(),
            decided_by: FoldRule::Sole,
            disputed: false,
        }
    }

    /// Whether it may move a status. What is DENIED moves nothing, and what only a machine has coded is a lead: somebody
    /// is to look at it first.
    pub fn moves(&self) -> bool {
        self.assertion != Assertion::Denied && !self.is_lead()
    }

    /// Whether it is a lead: nobody but a machine says so.
    pub fn is_lead(&self) -> bool {
        self.source == SourceKind::MachineCoded
    }

    /// Its place in valid-time order.
    pub fn order(&self) -> Order {
        (self.effective.lower(), self.effective.precision(), self.content.act_rank(), self.source, self.root)
    }
}
