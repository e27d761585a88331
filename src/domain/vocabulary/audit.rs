//! Why a status changed, and what became of the view that a decision rested on.

use super::vocabulary;

vocabulary! {
    /// What changed the value of a field.
    ChangeCause {
        /// A fact took effect, or became known to be coming, and was on record by then.
        NewFact = 1 "NEW_FACT",
        /// A fact that had taken effect before, or another source's claim of what was on record, was recorded.
        LateArrival = 2 "LATE_ARRIVAL",
        /// A fact was corrected.
        Correction = 3 "CORRECTION",
        /// A fact or correction was taken back.
        Retraction = 4 "RETRACTION",
        /// Time alone.
        TimePassed = 5 "TIME_PASSED",
        /// The rules of the fold: between a view that was kept and the one that another ruleset gives.
        RuleChange = 6 "RULE_CHANGE",
        /// What was taken back was put back.
        Reinstatement = 7 "REINSTATEMENT",
    }
}

vocabulary! {
    /// Why two answers differ.
    ChangeReason {
        /// The world changed: after the first answer a fact took effect, or time passed.
        WorldChanged = 1 "WORLD_CHANGED",
        /// It had been so, and was learned later.
        Learned = 2 "LEARNED",
        /// The record had it wrong.
        Corrected = 3 "CORRECTED",
    }
}

impl ChangeCause {
    /// The reason that the cause comes to. A change of rules changes nothing in the world: something was wrong.
    pub const fn reason(self) -> ChangeReason {
        match self {
            ChangeCause::NewFact | ChangeCause::TimePassed => ChangeReason::WorldChanged,
            ChangeCause::LateArrival => ChangeReason::Learned,
            ChangeCause::Correction
            | ChangeCause::Retraction
            | ChangeCause::Reinstatement
            | ChangeCause::RuleChange => ChangeReason::Corrected,
        }
    }
}

vocabulary! {
    /// Whether the view of a decision comes out of the record again.
    Reproduction {
        /// The digest is the same.
        Reproduced = 1 "REPRODUCED",
        /// The rules are others than those it was made under, and give another digest.
        OtherRuleset = 2 "OTHER_RULESET",
        /// The rules are the same, and the digest is another: the record is not the one that was seen, or the digest was never
        /// that of this view.
        Different = 3 "DIFFERENT",
    }
}

vocabulary! {
    /// What was recorded about the time before a decision after its view was taken.
    HindsightKind {
        /// A fact that had taken effect by the valid date.
        LateFact = 1 "LATE_FACT",
        /// Another source's claim of what was on record.
        Claim = 2 "CLAIM",
        /// A correction.
        Correction = 3 "CORRECTION",
        /// A fact or correction was taken back.
        Retraction = 4 "RETRACTION",
        /// What was taken back was put back.
        Reinstatement = 5 "REINSTATEMENT",
    }
}
