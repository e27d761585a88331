//! Twins: entries of one group as an alias of a listing that is its own, since two identities on record proved to be one.

use super::machine::{Machine, is_listing};
use crate::domain::{
    statement::{DesignationAct, Scope},
    vocabulary::Act,
};

impl<'a> Machine<'a> {
    /// Whether the act is about a twin: an entry as an alias of what the group is itself, made while it is listed. It says
    /// nothing of the listing, neither when it is made nor when it is struck, which changes nothing; challenges and exemptions are of the group.
    pub(super) fn is_about_twin(&self, act: &DesignationAct) -> bool {
        match act.act {
            Act::Challenged | Act::ChallengeClosed | Act::ExemptionGranted | Act::ExemptionEnded => false,
            lists if is_listing(lists) => self.is_alias_of_itself(act) && self.standing.state.is_in_force(),
            _ => self.twins.contains(&&act.group),
        }
    }

    /// Takes note of an act of listing: what the identity that it is told of has from then on is a twin, or is none.
    pub(super) fn note_twin(&mut self, act: &'a DesignationAct) {
        if is_listing(act.act) {
            let is_twin = self.is_about_twin(act);
            self.twins.retain(|twin| **twin != act.group);
            self.twins.extend(is_twin.then_some(&act.group));
        }
    }

    /// Whether the act enters the group as an alias of an identity that it is itself.
    pub(super) fn is_alias_of_itself(&self, act: &DesignationAct) -> bool {
        matches!(&act.scope, Scope::AliasOf(main) if self.identities.contains(&main))
    }
}
