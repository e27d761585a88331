//! Identity operations: statements about the record's own names for groups, not about history.

use crate::domain::id::GroupId;

/// Two identities on record are one group, which was entered twice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityMerged {
    /// The slug that is given up.
    pub group: GroupId,
    /// The slug that stays.
    pub into: GroupId,
    /// Why; may be empty.
    pub reason: String,
}

/// A group that was merged is a group of its own after all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityUnmerged {
    /// The slug that was given up.
    pub group: GroupId,
    /// Why; may be empty.
    pub reason: String,
}
