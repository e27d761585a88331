//! Timelines: the facts about any subject in valid-time order, as they stand. Folded from the record itself, with the
//! content in full.

use std::{collections::BTreeSet, sync::Arc};

use super::{
    KnownPlaces,
    family::family,
    projector::{kin, wanted, within},
};
use crate::{
    domain::{
        as_of::AsOf,
        date::Day,
        event::Event,
        fact::Fact,
        fold::{
            Content, Direction, Family, History, Lost, Place, Standing, Telling, group::GroupFact,
            registry::Redirects, relationship::Move,
        },
        id::{ActorId, GroupId},
        statement::{Engagement, Statement},
        subject::Subject,
    },
    ledger::{Ledger, Recorded},
    log::ReadError,
    position::Position,
};

/// The whole of a fact, ordered and compared as the folds do with their part of it.
#[derive(Clone, Debug)]
pub struct Whole(Arc<Fact>);

impl Whole {
    /// The fact.
    pub fn fact(&self) -> &Arc<Fact> {
        &self.0
    }

    /// The two engagements, if both are.
    fn engagements<'a>(&'a self, other: &'a Whole) -> Option<(&'a Engagement, &'a Engagement)> {
        match (&self.0.statement, &other.0.statement) {
            (Statement::Engagement(one), Statement::Engagement(another)) => Some((one, another)),
            _ => None,
        }
    }

    fn part(&self) -> Part {
        match &self.0.statement {
            Statement::DesignationAct(it) => Part::group(GroupFact::about(&it.group, &self.0)),
            Statement::LifecycleChanged(it) => Part::group(GroupFact::about(&it.group, &self.0)),
            Statement::Engagement(it) => {
                let pair = it.principal_actors().next().zip(it.principal_groups().next());
                pair.and_then(|((actor, _), (group, _))| Move::of(it, actor, group))
                    .map_or(Part::Other, Part::Move)
            }
            Statement::ActorRegistered(_)
            | Statement::RegimeRegistered(_)
            | Statement::RegimeTerminated(_)
            | Statement::DecisionRecorded(_) => Part::Other,
            Statement::GroupRegistered(it) => Part::group(GroupFact::about(&it.group, &self.0)),
            Statement::GroupNamed(it) => Part::group(GroupFact::about(&it.group, &self.0)),
            Statement::LineageRecorded(it) => Part::group(GroupFact::about(&it.group, &self.0)),
            Statement::IdentityMerged(_) | Statement::IdentityUnmerged(_) => Part::Other,
        }
    }
}

/// The part of a fact that a fold orders by.
enum Part {
    Group(GroupFact),
    Move(Move),
    Other,
}

impl Part {
    fn group(part: Option<GroupFact>) -> Part {
        part.map_or(Part::Other, Part::Group)
    }
}

impl Content for Whole {
    fn act_rank(&self) -> u8 {
        match self.part() {
            Part::Group(it) => it.act_rank(),
            Part::Move(it) => it.act_rank(),
            Part::Other => 0,
        }
    }

    fn direction(&self) -> Direction {
        match self.part() {
            Part::Group(it) => it.direction(),
            Part::Move(it) => it.direction(),
            Part::Other => Direction::Level,
        }
    }

    /// As the folds compare their part of it: an engagement pair by pair, and one that leaves out a pair that a claim names
    /// contradicts the claim.
    fn contradicts(&self, other: &Whole, identities: &Redirects) -> bool {
        if let Some((one, another)) = self.engagements(other) {
            let pairs: BTreeSet<(&ActorId, &GroupId)> =
                pairs(one, identities).chain(pairs(another, identities)).collect();
            return pairs.into_iter().any(|(actor, group)| {
                let names = identities.names_of(group);
                let told = |of| Move::of_any(of, actor, names.iter().copied());
                match (told(one), told(another)) {
                    (Some(a), Some(b)) => a.contradicts(&b, identities),
                    (None, Some(won)) => won.is_disputed_by_silence(),
                    (_, None) => true,
                }
            });
        }
        match (self.part(), other.part()) {
            (Part::Group(it), Part::Group(other)) => it.contradicts(&other, identities),
            _ => self.direction().is_opposite(other.direction()),
        }
    }

    fn says_otherwise(&self, won: &Whole, identities: &Redirects) -> bool {
        if let Some((claim, other)) = self.engagements(won) {
            return pairs(other, identities).any(|(actor, group)| {
                let names = identities.names_of(group);
                let told = |of| Move::of_any(of, actor, names.iter().copied());
                let pair = told(claim).zip(told(other));
                pair.is_none_or(|(claim, won)| claim.says_otherwise(&won, identities))
            });
        }
        match (self.part(), won.part()) {
            (Part::Group(it), Part::Group(won)) => it.says_otherwise(&won, identities),
            _ => false,
        }
    }

    fn is_denied_by_silence(&self) -> bool {
        match self.part() {
            Part::Group(it) => it.is_denied_by_silence(),
            Part::Move(it) => it.is_denied_by_silence(),
            Part::Other => false,
        }
    }

    fn is_disputed_by_silence(&self) -> bool {
        match self.part() {
            Part::Group(it) => it.is_disputed_by_silence(),
            Part::Move(it) => it.is_disputed_by_silence(),
            Part::Other => true,
        }
    }
}

/// Every actor with every group that took part as principals, under the identities that answer for the groups.
fn pairs<'a>(
    engagement: &'a Engagement,
    identities: &'a Redirects,
) -> impl Iterator<Item = (&'a ActorId, &'a GroupId)> {
    let groups = || engagement.principal_groups().map(|(group, _)| identities.survivor(group));
    engagement.principal_actors().flat_map(move |(actor, _)| groups().map(move |group| (actor, group)))
}

/// Which facts that take effect after the valid date belong to a timeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Future {
    /// All of them.
    Everything,
    /// Those that were decided or announced by the valid date.
    Heralded,
}

impl Future {
    /// Whether a fact belongs to a timeline that can have taken effect on one day, and was heralded on another.
    pub fn takes(self, effective: Day, heralded: Day, valid_at: Day) -> bool {
        effective <= valid_at || self == Future::Everything || heralded <= valid_at
    }
}

/// Everything recorded about one subject up to a position.
pub struct Timeline {
    history: History<Whole>,
}

impl Timeline {
    /// Reads what is recorded about a subject, as far as the cut of record time.
    pub async fn read(ledger: &Ledger, subject: &Subject, as_of: AsOf) -> Result<Timeline, ReadError> {
        Timeline::read_all(ledger, std::slice::from_ref(subject), as_of).await
    }

    /// Reads what is recorded about several subjects: those of identities that were merged.
    pub async fn read_all(ledger: &Ledger, subjects: &[Subject], as_of: AsOf) -> Result<Timeline, ReadError> {
        let tail = ledger.tail().min(as_of.known_at);
        let facts = facts(ledger, subjects, tail);
        Ok(Timeline { history: history(ledger, subjects, &facts, tail).await? })
    }

    /// Reads of that only some facts, each named by the one that its claims are claims of.
    pub async fn read_facts(
        ledger: &Ledger,
        subjects: &[Subject],
        facts: BTreeSet<Position>,
        as_of: AsOf,
    ) -> Result<Timeline, ReadError> {
        let facts: Vec<Position> = facts.into_iter().collect();
        let tail = ledger.tail().min(as_of.known_at);
        Ok(Timeline { history: history(ledger, subjects, &facts, tail).await? })
    }

    /// The places of the facts that tell of the subjects and stand under the cuts, in valid-time order; `None`: nothing is
    /// recorded about them. Only those are read whose places are not known.
    pub async fn places(
        ledger: &Ledger,
        subjects: &[Subject],
        known: &KnownPlaces,
        as_of: AsOf,
    ) -> Result<Option<Vec<Place>>, ReadError> {
        let facts = facts(ledger, subjects, ledger.tail().min(as_of.known_at));
        if facts.is_empty() {
            return Ok(None);
        }
        let unknown = facts.iter().copied().filter(|fact| !known.contains_key(fact)).collect();
        let read = Timeline::read_facts(ledger, subjects, unknown, as_of).await?;
        // How claims stand to what won does not move it.
        let read = read.standing(as_of, Future::Everything, &Redirects::NONE);
        let found = facts.iter().filter_map(|fact| known.get(fact).copied().flatten());
        let mut places: Vec<Place> = found.chain(read.iter().map(Place::of)).collect();
        places.sort_unstable();
        Ok(Some(places))
    }

    /// What stands of it under the cuts, in valid-time order. Claims are compared under the identities that answer for the
    /// groups they name.
    pub fn standing(&self, as_of: AsOf, future: Future, identities: &Redirects) -> Vec<Standing<'_, Whole>> {
        let mut standing = History::united(&[&self.history], identities, as_of);
        standing.retain(|it| future.takes(it.effective.lower(), it.heralded, as_of.valid_at));
        standing
    }
}

/// The facts that tell of the subjects up to a position, ascending: each by the one that its claims are claims of.
fn facts(ledger: &Ledger, subjects: &[Subject], tail: Position) -> Vec<Position> {
    let positions = ledger.positions(subjects, Position::START, tail);
    let mut facts: BTreeSet<Position> =
        positions.into_iter().map(|position| ledger.family_root(position)).collect();
    for subject in subjects {
        if let Subject::Event(id) = subject {
            // A fact's own timeline is that of its family.
            facts.extend(ledger.find(*id).filter(|position| *position <= tail));
        }
    }
    facts.into_iter().collect()
}

/// Reads facts, which ascend, with all that is recorded about them up to a position.
async fn history(
    ledger: &Ledger,
    subjects: &[Subject],
    facts: &[Position],
    tail: Position,
) -> Result<History<Whole>, ReadError> {
    let touched = |fact: &Arc<Fact>| subjects.iter().any(|subject| touches(fact, subject));
    let concerns = |fact: &Arc<Fact>| touched(fact).then(|| Whole(fact.clone()));
    let families = within(facts.iter().map(|fact| (*fact, ledger.family(*fact))), tail);
    let events = ledger.fetch(&wanted(&families)).await?;
    let mut history = History::default();
    for (root, members) in kin(&families, &events) {
        match members.as_slice() {
            [Recorded { event: Event::Fact(fact), record }] if record.concern.is_none() => {
                history.add(Telling::new(root, fact, Whole(fact.clone())));
            }
            members => history.set_family(root, family(members, concerns)),
        }
    }
    Ok(history)
}

fn touches(fact: &Fact, subject: &Subject) -> bool {
    matches!(subject, Subject::Event(_)) || fact.subjects().contains(subject)
}

/// An actor and a group, with the identities that were merged into it.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The actor.
    pub actor: ActorId,
    /// The group under each of its slugs.
    pub groups: Vec<GroupId>,
}

impl Pair {
    /// What an engagement says about the two.
    fn dealing(&self, fact: &Fact) -> Option<Move> {
        let Statement::Engagement(it) = &fact.statement else { return None };
        Move::of_any(it, &self.actor, &self.groups)
    }
}

/// The claims that lost in a family under the cuts, the best first, whomever they are about; between two only those that have
/// to do with an engagement of theirs, as they stand to it.
pub fn lost_claims(
    events: &[Recorded],
    between: Option<&Pair>,
    identities: &Redirects,
    as_of: AsOf,
) -> Vec<Lost> {
    let is_engagement = |it: &Recorded| {
        it.event.fact().is_some_and(|fact| matches!(fact.statement, Statement::Engagement(_)))
    };
    let lost = match between.filter(|_| events.iter().any(is_engagement)) {
        Some(pair) => family(events, |fact| pair.dealing(fact)).standing(as_of).map(|standing| standing.lost),
        None => {
            let family = family(events, |fact| Some(Whole(fact.clone())));
            Family::united(&[&family], identities, as_of).map(|standing| standing.lost)
        }
    };
    lost.unwrap_or_default()
}

/// The events that tell a family under the cuts: what stands, as it was corrected last, and the claims that lost.
pub fn told_by(events: &[Recorded], as_of: AsOf) -> BTreeSet<Position> {
    let family = family(events, |fact| Some(Whole(fact.clone())));
    let standing = family.standing(as_of);
    let told = standing.iter().flat_map(|it| it.lost.iter().map(|lost| lost.position).chain([it.position]));
    told.collect()
}

/// What a fact says as the record stands, without regard to other claims: `events` are the fact and what is recorded
/// about it. With the position of the event that tells it. `None` when it is retracted, and for record events.
pub fn standing_fact(events: &[Recorded]) -> Option<(Position, Arc<Fact>)> {
    let first = events.first()?;
    let Event::Fact(_) = &first.event else { return None };
    let own = |recorded: &&Recorded| match &recorded.event {
        Event::Fact(_) => recorded.position == first.position,
        Event::Correction { .. } | Event::Retraction { .. } | Event::Reinstatement { .. } => true,
    };
    let own: Vec<Recorded> = events.iter().filter(own).cloned().collect();
    let whole = family(&own, |fact| Some(Whole(fact.clone())));
    let far = AsOf::at(first.event.fact()?.effective_on.upper());
    whole.standing(far).map(|standing| (standing.position, standing.content.0.clone()))
}
