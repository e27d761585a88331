//! Groups: what is known of a group at a date, folded from its own history and the regimes at that date.

mod alias;
mod disputes;
mod effects;
mod fact;
mod identity;
mod inherited;
mod leads;
mod life;
mod status;

#[cfg(test)]
mod cases;

pub use disputes::anomalies;
pub use fact::GroupFact;
pub use identity::{Identity, identity};
pub use inherited::{Bearing, Binding, Groups, bearing, binding_on};
pub use status::{GroupQuestion, Listed, group_status, listed};
