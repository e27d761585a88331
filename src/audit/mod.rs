//! Audit: why a status is what it is, how it came about, how two views of the record differ, and what later became of
//! the view that a decision rested on.
//!
//! Everything here asks the one fold of the projections again, at other cuts, and compares the
//! [fields](crate::domain::status::field) of its answers.

mod cause;
mod decision;
mod diff;
mod digest;
mod everything;
mod explain;
mod kept;
mod matter;
pub mod replay;
mod tally;
mod turning;
mod withheld;

pub use cause::{Behind, Caused};
pub use decision::{Decision, HINDSIGHT_MAX, Hindsight, Later, Since};
pub use diff::{Compared, DIFF_EVENTS_MAX};
pub use digest::ViewText;
pub use everything::may_differ;
pub use explain::{Counted, Explanation, LostClaim, NoFieldError, explain, field_of};
pub use kept::{KeptView, KeptViewError, Unlike, Unlikeness};
pub use matter::{Matter, MatterError, Terms};
pub use withheld::Withheld;
