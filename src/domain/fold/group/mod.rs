//! Groups: what is known of a group at a date, folded from its own history.

mod fact;

pub use fact::GroupFact;
