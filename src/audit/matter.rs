//! Matters: the subjects that have a status, and its fields at any cuts.

use std::{collections::BTreeSet, fmt};

use crate::{
    domain::{
        as_of::AsOf,
        fold::{registry::Regimes, relationship::Told},
        id::{ActorId, GroupId, RegimeId},
        status::field::{Field, is_below, regime_asked},
        subject::Subject,
        vocabulary::Inheritance,
    },
    ledger::Ledger,
    position::Position,
    projection::{Store, UnknownError},
};

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

    /// The subjects whose events can move its status under the cuts, whatever the valid date.
    fn grounds(&self, store: &Store, as_of: AsOf) -> Vec<Subject> {
        let mut grounds: BTreeSet<Subject> = store.told_of(&self.subject(), as_of).into_iter().collect();
        if store.is_ever_merged(self.group()) {
            grounds.extend(store.told_of(&Subject::Group(self.group().clone()), as_of));
        }
        match self {
            Matter::Group(group) => {
                let turnings = store.turnings(group, as_of);
                grounds.extend(turnings.groups.into_iter().map(Subject::Group));
                grounds.extend(turnings.regimes.into_iter().map(Subject::Regime));
            }
            Matter::Designation(_, regime) => {
                grounds.insert(Subject::Regime(regime.clone()));
            }
            Matter::Relationship(actor, group) => {
                grounds.insert(Subject::Actor(actor.clone()));
                let regimes = store.regimes(as_of);
                for regime in store.turnings(group, as_of).regimes {
                    let terms = regimes.get(&regime);
                    let bears = terms.is_some_and(|terms| {
                        terms.authority == *actor || terms.inheritance == Inheritance::Members
                    });
                    if bears {
                        grounds.insert(Subject::Designation(group.clone(), regime.clone()));
                        grounds.insert(Subject::Regime(regime));
                    }
                }
            }
        }
        let told = grounds.iter().flat_map(|ground| store.told_of(ground, as_of));
        told.collect::<BTreeSet<Subject>>().into_iter().collect()
    }

    /// The subjects whose events can have moved its status at any position up to that of the cuts: those of
    /// [`Matter::grounds`], and those of what no longer stands.
    fn ever_grounds(&self, store: &Store, as_of: AsOf) -> Vec<Subject> {
        let mut grounds: BTreeSet<Subject> = self.grounds(store, as_of).into_iter().collect();
        let (groups, regimes) = store.ever_about(self.group());
        match self {
            Matter::Group(_) => grounds.extend(groups.into_iter().map(Subject::Group)),
            Matter::Designation(..) => return grounds.into_iter().collect(),
            Matter::Relationship(_, group) => {
                let listing = |regime: &RegimeId| Subject::Designation(group.clone(), regime.clone());
                grounds.extend(regimes.iter().map(listing));
            }
        }
        grounds.extend(regimes.into_iter().map(Subject::Regime));
        grounds.into_iter().collect()
    }

    /// The positions after one and up to another, ascending, whose events can move its status under the cuts: of the
    /// events about its [grounds](Matter::grounds), and not those that only name an actor, group or regime of them.
    pub fn moving(
        &self,
        store: &Store,
        ledger: &Ledger,
        as_of: AsOf,
        range: (Position, Position),
    ) -> Vec<Position> {
        moving(&self.grounds(store, as_of), store, ledger, range)
    }

    /// The same for whatever can have moved its status at any position up to that of the cuts.
    pub fn ever_moving(
        &self,
        store: &Store,
        ledger: &Ledger,
        as_of: AsOf,
        range: (Position, Position),
    ) -> Vec<Position> {
        moving(&self.ever_grounds(store, as_of), store, ledger, range)
    }

    /// The engagements of a relationship that nobody contests.
    pub(super) fn plain(&self, store: &Store, as_of: AsOf) -> Vec<Told> {
        match self {
            Matter::Relationship(actor, group) => store.plain(actor, group, as_of),
            Matter::Group(_) | Matter::Designation(..) => Vec::new(),
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

fn moving(
    grounds: &[Subject],
    store: &Store,
    ledger: &Ledger,
    (after, to): (Position, Position),
) -> Vec<Position> {
    let about = |ground: &Subject| {
        let mut positions = ledger.positions(std::slice::from_ref(ground), after.next(), to);
        // Whoever takes part in an engagement is named by it, and no other for it.
        if let Some(telling) = store.telling(ground) {
            positions.retain(|position| telling.contains(position));
        }
        positions
    };
    let positions: BTreeSet<Position> = grounds.iter().flat_map(about).collect();
    positions.into_iter().collect()
}
