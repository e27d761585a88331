//! Provenance: the facts that gave a value, the claims that lost, and the rule that decided. What Explain prints.

use super::telling::{Content, Lost, Standing};
use crate::{domain::vocabulary::FoldRule, position::Position};

/// Where a value of a status comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// The events that gave the value, the deciding one first. Empty: nothing on record speaks to it.
    pub events: Vec<Position>,
    /// The claims that lost against them.
    pub lost: Vec<Lost>,
    /// The rule that decided.
    pub rule: FoldRule,
    /// Whether the value was inferred and not stated.
    pub inferred: bool,
}

impl Default for Provenance {
    /// That of a value nothing speaks to.
    fn default() -> Provenance {
        Provenance { events: Vec::new(), lost: Vec::new(), rule: FoldRule::Sole, inferred: false }
    }
}

impl Provenance {
    /// That of a value one standing fact gives.
    pub fn of<C: Content>(standing: &Standing<'_, C>) -> Provenance {
        Provenance {
            events: vec![standing.position],
            lost: standing.lost.clone(),
            rule: standing.decided_by,
            inferred: false,
        }
    }
}
