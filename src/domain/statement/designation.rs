//! Acts about listings.

use crate::domain::{
    date::PartialDate,
    id::{GroupId, RegimeId},
    vocabulary::Act,
};

/// An act about the listing of a group under a regime.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DesignationAct {
    /// The group.
    pub group: GroupId,
    /// The regime.
    pub regime: RegimeId,
    /// What was done.
    pub act: Act,
    /// What it covers.
    pub scope: Scope,
    /// The number of the act or entry; may be empty.
    pub reference: String,
    /// The grounds given; may be empty.
    pub reason: String,
    /// The last day of what is granted or listed for a time.
    pub expires_on: Option<PartialDate>,
}

/// What a listing covers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole group, on its own listing.
    Whole,
    /// A component of the group, by name: see [`is_same_component`].
    Component(String),
    /// The whole group, as an alias of another group's listing.
    AliasOf(GroupId),
}

/// Whether two names are those of one component: they differ at most in case and in spacing.
pub fn is_same_component(one: &str, other: &str) -> bool {
    one == other || folded_component(one) == folded_component(other)
}

/// The name of a component as it is compared: in lower case, with one space between words.
pub fn folded_component(name: &str) -> String {
    let words: Vec<String> = name.split_whitespace().map(str::to_lowercase).collect();
    words.join(" ")
}

impl Scope {
    /// The component, which has a state machine of its own; `None` for the whole group, on whichever footing.
    pub fn component(&self) -> Option<&str> {
        match self {
            Scope::Component(name) => Some(name),
            Scope::Whole | Scope::AliasOf(_) => None,
        }
    }

    /// The group whose listing covers this one, if it is an alias of it.
    pub fn alias_of(&self) -> Option<&GroupId> {
        match self {
            Scope::AliasOf(listing) => Some(listing),
            Scope::Whole | Scope::Component(_) => None,
        }
    }
}
