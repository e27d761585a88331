//! The transition table: which state an act leads to.

use crate::domain::vocabulary::{Act, AnomalyRule, DesignationState};

impl DesignationState {
    /// Whether there is a listing: it has begun and not ended. A suspended one counts.
    pub const fn is_in_force(self) -> bool {
        matches!(
            self,
            DesignationState::Active | DesignationState::Suspended | DesignationState::AnnulledStayed
        )
    }

    /// Whether the effects of the listing are in force.
    pub const fn has_effects(self) -> bool {
        matches!(self, DesignationState::Active | DesignationState::AnnulledStayed)
    }
}

/// Where an act leads from a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition {
    /// The state from then on.
    pub next: DesignationState,
    /// The contradiction that shows.
    pub anomaly: Option<AnomalyRule>,
}

/// Where `act` leads from `from`; `None` for an act that never moves the state: challenges, exemptions, observations.
///
/// INITIATED while a listing is in force does not move it either, but leaves a process pending. The end of a regime
/// acts as EXPIRED does. ANNULMENT_REVERSED takes back what ANNULLED did: the same episode goes on.
///
/// Observations are evidence and have no column. What [`Machine`](super::Machine) makes of OBSERVED_PRESENT:
///
/// | state | then |
/// |---|---|
/// | in force | stays; absences before no longer count |
/// | NONE, or PROPOSED without an earlier episode | ACTIVE, inferred, begun on an unknown day before |
/// | INFERRED_ENDED | what it was before, in the same episode: evidence takes back what only evidence had said |
/// | ended by an act, by time or with the regime | stays, with the anomaly PRESENT_AFTER_END |
///
/// OBSERVED_ABSENT moves nothing by itself. Missing on two days, or for 30, what is in force becomes INFERRED_ENDED.
pub fn transition(from: DesignationState, act: Act) -> Option<Transition> {
    use DesignationState::{
        Active, Annulled, AnnulledStayed, Delisted, InferredEnded, Lapsed, None as Never, Proposed, Suspended,
    };
    let to = |next| Transition { next, anomaly: None };
    let stay = to(from);
    let presumed = |next| Transition { next, anomaly: Some(AnomalyRule::ActWithoutListing) };
    let vain = Transition { next: from, anomaly: Some(AnomalyRule::ActWithoutEffect) };
    let found = match act {
        Act::Initiated => match from {
            Never | Proposed | Delisted | Annulled | Lapsed | InferredEnded => to(Proposed),
            Active | Suspended | AnnulledStayed => stay,
        },
        Act::Listed | Act::ListedAsAlias | Act::SplitToOwnListing | Act::MergedIntoListing => to(Active),
        Act::Amended | Act::ScopeChanged | Act::Maintained => match from {
            Never => presumed(Active),
            Proposed | Active | Suspended | AnnulledStayed => stay,
            Delisted | Lapsed | Annulled => vain,
            InferredEnded => to(Active),
        },
        Act::Suspended => match from {
            Never => presumed(Suspended),
            Active | Suspended | AnnulledStayed | InferredEnded => to(Suspended),
            Proposed | Delisted | Lapsed | Annulled => vain,
        },
        Act::Resumed => match from {
            Never => presumed(Active),
            Proposed | Suspended | Delisted | Lapsed | Annulled | InferredEnded => to(Active),
            Active | AnnulledStayed => stay,
        },
        Act::Delisted => match from {
            Never | Delisted | Lapsed | Annulled => vain,
            Proposed => to(Never),
            Active | Suspended | AnnulledStayed | InferredEnded => to(Delisted),
        },
        Act::Annulled => match from {
            Never | Delisted | Lapsed => vain,
            Proposed => to(Never),
            Active | Suspended | AnnulledStayed | InferredEnded => to(Annulled),
            Annulled => stay,
        },
        Act::AnnulledEffectsMaintained => match from {
            Never | Proposed | Delisted | Lapsed => vain,
            Active | Suspended | AnnulledStayed | InferredEnded => to(AnnulledStayed),
            Annulled => stay,
        },
        Act::AnnulmentReversed => match from {
            Never | Proposed | Suspended | Delisted | Lapsed => vain,
            Active | AnnulledStayed | Annulled | InferredEnded => to(Active),
        },
        Act::Expired => match from {
            Never | Proposed => to(Never),
            Active | Suspended | AnnulledStayed | InferredEnded => to(Lapsed),
            Delisted | Lapsed | Annulled => stay,
        },
        Act::Challenged | Act::ChallengeClosed | Act::ExemptionGranted | Act::ExemptionEnded => return None,
        Act::ObservedPresent | Act::ObservedAbsent => return None,
    };
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vocabulary::Vocabulary;

    /// `!`: ACT_WITHOUT_LISTING. `?`: ACT_WITHOUT_EFFECT.
    const TABLE: &str = "
        from            | INITIATED       | LISTED  | ALIAS  | KEPT     | SUSPENDED   | RESUMED         | DELISTED  | ANNULLED  | STAYED           | REVERSED         | EXPIRED
        NONE            | PROPOSED        | ACTIVE  | ACTIVE | ACTIVE!  | SUSPENDED!  | ACTIVE!         | NONE?     | NONE?     | NONE?            | NONE?            | NONE
        PROPOSED        | PROPOSED        | ACTIVE  | ACTIVE | PROPOSED | PROPOSED?   | ACTIVE          | NONE      | NONE      | PROPOSED?        | PROPOSED?        | NONE
        ACTIVE          | ACTIVE          | ACTIVE  | ACTIVE | ACTIVE   | SUSPENDED   | ACTIVE          | DELISTED  | ANNULLED  | ANNULLED_STAYED  | ACTIVE           | LAPSED
        SUSPENDED       | SUSPENDED       | ACTIVE  | ACTIVE | SUSPENDED | SUSPENDED  | ACTIVE          | DELISTED  | ANNULLED  | ANNULLED_STAYED  | SUSPENDED?       | LAPSED
        ANNULLED_STAYED | ANNULLED_STAYED | ACTIVE  | ACTIVE | ANNULLED_STAYED | SUSPENDED | ANNULLED_STAYED | DELISTED | ANNULLED | ANNULLED_STAYED | ACTIVE       | LAPSED
        DELISTED        | PROPOSED        | ACTIVE  | ACTIVE | DELISTED? | DELISTED?  | ACTIVE          | DELISTED? | DELISTED? | DELISTED?        | DELISTED?        | DELISTED
        LAPSED          | PROPOSED        | ACTIVE  | ACTIVE | LAPSED?  | LAPSED?     | ACTIVE          | LAPSED?   | LAPSED?   | LAPSED?          | LAPSED?          | LAPSED
        ANNULLED        | PROPOSED        | ACTIVE  | ACTIVE | ANNULLED? | ANNULLED?  | ACTIVE          | ANNULLED? | ANNULLED  | ANNULLED         | ACTIVE           | ANNULLED
        INFERRED_ENDED  | PROPOSED        | ACTIVE  | ACTIVE | ACTIVE   | SUSPENDED   | ACTIVE          | DELISTED  | ANNULLED  | ANNULLED_STAYED  | ACTIVE           | LAPSED
    ";

    /// The acts of each column.
    const COLUMNS: [&[Act]; 11] = [
        &[Act::Initiated],
        &[Act::Listed],
        &[Act::ListedAsAlias, Act::SplitToOwnListing, Act::MergedIntoListing],
        &[Act::Amended, Act::ScopeChanged, Act::Maintained],
        &[Act::Suspended],
        &[Act::Resumed],
        &[Act::Delisted],
        &[Act::Annulled],
        &[Act::AnnulledEffectsMaintained],
        &[Act::AnnulmentReversed],
        &[Act::Expired],
    ];

    #[test]
    fn every_cell() {
        let rows: Vec<Vec<&str>> =
            TABLE.trim().lines().skip(1).map(|line| line.split('|').map(str::trim).collect()).collect();
        let states: Vec<&str> = rows.iter().map(|row| row[0]).collect();
        let mut every: Vec<&str> = DesignationState::ALL.iter().map(|state| state.name()).collect();
        let mut given = states.clone();
        every.sort_unstable();
        given.sort_unstable();
        assert_eq!(given, every, "a row for every state");
        for row in &rows {
            assert_eq!(row.len(), COLUMNS.len() + 1, "{row:?}");
            let from = *DesignationState::ALL.iter().find(|state| state.name() == row[0]).unwrap();
            for (cell, acts) in row.iter().skip(1).zip(COLUMNS) {
                for &act in acts {
                    let found = transition(from, act).unwrap();
                    let mark = match found.anomaly {
                        Some(AnomalyRule::ActWithoutListing) => "!",
                        Some(AnomalyRule::ActWithoutEffect) => "?",
                        Some(other) => panic!("{other} is not of the table"),
                        None => "",
                    };
                    assert_eq!(format!("{}{mark}", found.next), *cell, "{from} and {act}");
                }
            }
        }
    }

    #[test]
    fn every_act_is_of_a_column_or_moves_nothing() {
        for &act in Act::ALL {
            let of_a_column = COLUMNS.iter().any(|acts| acts.contains(&act));
            for &from in DesignationState::ALL {
                assert_eq!(transition(from, act).is_some(), of_a_column, "{from} and {act}");
            }
        }
    }
}
