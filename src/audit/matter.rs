//! Matters: the subjects that have a status, and its fields at any cuts.

use std::{collections::BTreeSet, fmt};

use super::explain::Counted;
use crate::{
    domain::{
        as_of::AsOf,
        fold::{
            Provenance,
            registry::{Redirects, Regimes},
            relationship::{Line, Tally, Told},
        },
        id::{ActorId, GroupId, RegimeId},
        status::field::{Field, OF_GROUP, OF_RELATIONSHIP, find, is_below, regime_asked},
        subject::Subject,
        vocabulary::Inheritance,
    },
    ledger::Ledger,
    position::Position,
    projection::{Range, Store, UnknownError, timeline::Pair},
};

/// How many claims and record events are tried at most for whether a field rested on their facts before them.
const REVISIONS_MAX: usize = 24;

/// A subject that has a status.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Matter {
    /// A group.
    Group(GroupId),
    /// The listing of a group under a regime: that part of the status of the group.
    Designation(GroupId, RegimeId),
    /// The relationship of an actor with a group.
    Relationship(ActorId, GroupId),
}

/// On what terms a subject is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Terms {
    /// As one that is asked for by name: a relationship is on record when its ends are.
    Named,
    /// As one of all: a relationship is on record when dealings are.
    OneOfAll,
}

/// The subject has no status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} has no status of its own: name a group/G, relationship/A/G or designation/G/R")]
pub struct MatterError(Subject);

impl TryFrom<Subject> for Matter {
    type Error = MatterError;

    fn try_from(subject: Subject) -> Result<Matter, MatterError> {
        match subject {
            Subject::Group(group) => Ok(Matter::Group(group)),
            Subject::Designation(group, regime) => Ok(Matter::Designation(group, regime)),
            Subject::Relationship(actor, group) => Ok(Matter::Relationship(actor, group)),
            other @ (Subject::Actor(_) | Subject::Regime(_) | Subject::Decision(_) | Subject::Event(_)) => {
                Err(MatterError(other))
            }
        }
    }
}

impl fmt::Display for Matter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.subject().fmt(f)
    }
}

impl Matter {
    /// The subject.
    pub fn subject(&self) -> Subject {
        match self.clone() {
            Matter::Group(group) => Subject::Group(group),
            Matter::Designation(group, regime) => Subject::Designation(group, regime),
            Matter::Relationship(actor, group) => Subject::Relationship(actor, group),
        }
    }

    /// The group it is of or with.
    pub fn group(&self) -> &GroupId {
        match self {
            Matter::Group(group) | Matter::Designation(group, _) | Matter::Relationship(_, group) => group,
        }
    }

    /// The two that it is between, if it is a relationship, with the identities that were merged into the group.
    pub fn pair(&self, redirects: &Redirects) -> Option<Pair> {
        let Matter::Relationship(actor, group) = self else { return None };
        let groups = redirects.names_of(redirects.survivor(group)).into_iter().cloned().collect();
        Some(Pair { actor: actor.clone(), groups })
    }

    /// The fields of its status.
    pub fn fields(&self, store: &Store, as_of: AsOf) -> Result<Vec<Field>, UnknownError> {
        self.fields_with(store, &store.regimes(as_of), as_of, None)
    }

    /// The fields of its status, where a listing that a path asks for has a field even if nothing is on record about it.
    pub fn fields_for(&self, store: &Store, as_of: AsOf, path: &str) -> Result<Vec<Field>, UnknownError> {
        let regimes = store.regimes(as_of);
        let asked = regime_asked(path).and_then(|regime| regimes.get_key_value(regime));
        self.fields_with(store, &regimes, as_of, asked.map(|(regime, _)| regime))
    }

    /// The same, under regimes that were looked up before.
    pub(super) fn fields_with(
        &self,
        store: &Store,
        regimes: &Regimes,
        as_of: AsOf,
        asked: Option<&RegimeId>,
    ) -> Result<Vec<Field>, UnknownError> {
        match self {
            Matter::Group(group) => {
                let asked: Vec<RegimeId> = asked.cloned().into_iter().collect();
                Ok(store.group_alone(group, &asked, regimes, as_of)?.fields())
            }
            Matter::Designation(group, regime) => {
                if !regimes.contains_key(regime) {
                    return Err(UnknownError::Regime(regime.clone()));
                }
                let status = store.group_alone(group, std::slice::from_ref(regime), regimes, as_of)?;
                let mut fields = status.fields();
                fields.retain(|field| is_below(&field.path, "designations"));
                Ok(fields)
            }
            Matter::Relationship(actor, group) => {
                Ok(store.relationship(actor, group, regimes, as_of)?.status.fields())
            }
        }
    }

    /// The fields of its status on these terms. A relationship that is not on record is NONE throughout.
    pub fn fields_on(&self, terms: Terms, store: &Store, as_of: AsOf) -> Result<Vec<Field>, UnknownError> {
        let Matter::Relationship(actor, group) = self else { return self.fields(store, as_of) };
        let is_on_record = match terms {
            Terms::Named => true,
            Terms::OneOfAll => {
                let group = store.survivor_of(group, as_of);
                let line = store.line_of(actor, &group, as_of);
                line.is_some_and(|line| !line.is_empty())
            }
        };
        let fields = if is_on_record { self.fields(store, as_of).ok() } else { None };
        Ok(fields.unwrap_or_else(|| Line::default().status(as_of.valid_at, Vec::new()).fields()))
    }

    /// The positions in a part of the record, ascending, of the events that are about it: about itself, about the groups and
    /// listings that it inherits from, and what became of their regimes and of its actor. Events that only name one of
    /// those are not among them.
    pub fn moving(&self, store: &Store, ledger: &Ledger, as_of: AsOf, range: Range) -> Vec<Position> {
        let mut found = BTreeSet::new();
        for ground in self.grounds(store, as_of) {
            let mut positions = ledger.positions(std::slice::from_ref(&ground), range.0.next(), range.1);
            if let Some(telling) = store.telling(&ground) {
                positions.retain(|position| telling.contains(position));
            }
            found.extend(positions);
        }
        found.extend(self.operations(store, range));
        found.into_iter().collect()
    }

    /// The subjects whose events are about it.
    fn grounds(&self, store: &Store, as_of: AsOf) -> BTreeSet<Subject> {
        let ones = store.ever_one_with(self.group());
        let mut grounds = BTreeSet::new();
        match self {
            Matter::Group(group) => {
                let (groups, regimes) = store.ever_about(group);
                grounds.extend(groups.into_iter().map(Subject::Group));
                let mains = store.ever_alias_of(group).into_iter();
                grounds.extend(mains.map(|(main, regime)| Subject::Designation(main, regime)));
                grounds.extend(regimes.into_iter().map(Subject::Regime));
            }
            Matter::Designation(_, regime) => {
                grounds.extend(ones.into_iter().map(|one| Subject::Designation(one, regime.clone())));
                grounds.insert(Subject::Regime(regime.clone()));
            }
            Matter::Relationship(actor, group) => {
                let regimes = store.regimes(as_of);
                let bears = |regime: &RegimeId| {
                    regimes.get(regime).is_some_and(|terms| {
                        terms.authority == *actor || terms.inheritance == Inheritance::Members
                    })
                };
                let (groups, listed_under) = store.ever_about(group);
                for regime in listed_under.into_iter().filter(bears) {
                    let listing = |group: &GroupId| Subject::Designation(group.clone(), regime.clone());
                    grounds.extend(groups.iter().map(listing));
                    grounds.insert(Subject::Regime(regime));
                }
                grounds.extend(ones.into_iter().map(|one| Subject::Relationship(actor.clone(), one)));
                grounds.insert(Subject::Actor(actor.clone()));
            }
        }
        grounds
    }

    /// Where identities were merged, or parted again, that its group was ever one with, or that claims about it name.
    pub(super) fn operations(&self, store: &Store, range: Range) -> Vec<Position> {
        let mut positions = store.merging_about(self.group());
        positions.retain(|position| range.0 < *position && *position <= range.1);
        positions
    }

    /// The positions in a part of the record, ascending, of every event that can have moved its status, whatever the other
    /// cuts. An event at any other position has not.
    pub fn ever_moving(&self, store: &Store, ledger: &Ledger, range: Range) -> Vec<Position> {
        let mut found = match self {
            Matter::Group(group) => store.moves_of_group(group, range),
            Matter::Designation(group, _) | Matter::Relationship(_, group) => {
                store.moves_of_listings(group, range)
            }
        };
        match self {
            Matter::Group(_) => {}
            Matter::Designation(_, regime) => {
                found.extend(
                    store
                        .telling(&Subject::Regime(regime.clone()))
                        .into_iter()
                        .flatten()
                        .filter(|position| range.0 < *position && *position <= range.1),
                );
            }
            Matter::Relationship(actor, group) => {
                found.extend(store.moves_of_actor(actor, range));
                let ones = store.ever_one_with(group).into_iter();
                let subjects: Vec<Subject> =
                    ones.map(|one| Subject::Relationship(actor.clone(), one)).collect();
                found.extend(ledger.positions(&subjects, range.0.next(), range.1));
            }
        }
        found.into_iter().collect()
    }

    /// The engagements of a relationship that nobody contests.
    pub(super) fn plain(&self, store: &Store, as_of: AsOf) -> Vec<Told> {
        match self {
            Matter::Relationship(actor, group) => store.plain(actor, group, as_of),
            Matter::Group(_) | Matter::Designation(..) => Vec::new(),
        }
    }

    /// What the field at a path counts.
    pub fn counted(&self, store: &Store, as_of: AsOf, path: &str) -> Counted {
        match (self, Tally::of(path)) {
            (_, None) => Counted::default(),
            (Matter::Relationship(actor, group), _) => {
                let group = store.survivor_of(group, as_of);
                let line = store.line_of(actor, &group, as_of);
                let counted = |line: &Line| Counted {
                    events: line.speaking_to(path, as_of.valid_at),
                    lost: line.contesting(path, as_of.valid_at),
                };
                line.map(|line| counted(&line)).unwrap_or_default()
            }
            (Matter::Group(group) | Matter::Designation(group, _), _) => {
                let known = store.identity(group, as_of);
                let acts = known.iter().flat_map(|(_, standing)| standing);
                let acts = acts.filter(|it| it.content.act().is_some() && it.heralded <= as_of.valid_at);
                let (mut events, mut lost) = (Vec::new(), Vec::new());
                for act in acts {
                    events.push(act.position);
                    lost.extend(act.lost.iter().copied());
                }
                events.reverse();
                Counted { events, lost }
            }
        }
    }

    /// The facts that the field at a path rested on just before something was said about them, and no more after it, and that
    /// are not behind `known`, what it rests on now: each by the one that its claims are claims of. Of what was said, the last
    /// `REVISIONS_MAX` are tried.
    pub fn left(
        &self,
        store: &Store,
        ledger: &Ledger,
        as_of: AsOf,
        path: &str,
        known: &Provenance,
    ) -> BTreeSet<Position> {
        let behind = |provenance: &Provenance| -> BTreeSet<Position> {
            let lost = provenance.lost.iter().map(|lost| lost.position);
            provenance.events.iter().copied().chain(lost).map(|event| ledger.family_root(event)).collect()
        };
        let now = behind(known);
        let said = self.moving(store, ledger, as_of, (Position::START, as_of.known_at));
        let revised = said.into_iter().rev().filter_map(|position| {
            let root = ledger.family_root(position);
            (root != position && !now.contains(&root)).then_some((position, root))
        });
        let mut left = BTreeSet::new();
        for (position, root) in revised.take(REVISIONS_MAX) {
            let rests = |known_at| {
                let found = self.fields_for(store, AsOf { known_at, ..as_of }, path).unwrap_or_default();
                let provenance = find(&found, path).map(|asked| asked.provenance());
                provenance.is_some_and(|it| behind(&it).contains(&root))
            };
            // What it left for another fact it has not left for what was said.
            if !left.contains(&root) && rests(position.previous()) && !rests(position) {
                left.insert(root);
            }
        }
        left
    }

    /// What the paths of its fields begin with, whatever is on record.
    pub const fn field_names(&self) -> &'static [&'static str] {
        match self {
            Matter::Group(_) => OF_GROUP,
            Matter::Designation(..) => &["designations"],
            Matter::Relationship(..) => OF_RELATIONSHIP,
        }
    }

    /// What it is called: the names of its ends at the view, as `United States and Hamas`.
    pub fn title(&self, store: &Store, as_of: AsOf) -> Result<String, UnknownError> {
        let (identity, _) = store.identity(self.group(), as_of)?;
        Ok(match self {
            Matter::Group(_) => identity.name,
            Matter::Designation(_, regime) => format!("{} under {regime}", identity.name),
            Matter::Relationship(actor, _) => {
                format!("{} and {}", store.actor(actor, as_of)?.name, identity.name)
            }
        })
    }
}
