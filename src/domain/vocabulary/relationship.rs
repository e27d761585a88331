//! The facets of a relationship, its headline and flags.

use super::vocabulary;

vocabulary! {
    /// The facet of recognition.
    Recognition {
        /// Nothing is on record.
        None = 1 "NONE",
        /// Recognition was refused expressly.
        Denied = 2 "DENIED",
        /// Dealings at embassy level without recognition.
        DeFactoDealings = 3 "DE_FACTO_DEALINGS",
        /// Recognised.
        DeJure = 4 "DE_JURE",
        /// Was recognised; recognition was withdrawn.
        Withdrawn = 5 "WITHDRAWN",
    }
}

vocabulary! {
    /// The facet of contact: the highest level within the 365 days before the date, in order.
    ContactLevel {
        /// No contact.
        None = 1 "NONE",
        /// Through others only.
        Indirect = 2 "INDIRECT",
        /// Directly, at working level.
        Technical = 3 "TECHNICAL",
        /// Directly, by envoys or ambassadors.
        Envoy = 4 "ENVOY",
        /// Directly, by ministers.
        Ministerial = 5 "MINISTERIAL",
        /// Directly, by heads of state or government.
        Leadership = 6 "LEADERSHIP",
    }
}

vocabulary! {
    /// The facet of the peace process.
    Process {
        /// No process.
        None = 1 "NONE",
        /// Talks were offered, or a side committed itself to a step.
        Offered = 2 "OFFERED",
        /// Talks are going on.
        Negotiating = 3 "NEGOTIATING",
        /// Part of the substance is agreed.
        AgreedPartial = 4 "AGREED_PARTIAL",
        /// The whole of the substance is agreed.
        AgreedComprehensive = 5 "AGREED_COMPREHENSIVE",
        /// What was agreed is being carried out.
        Implementing = 6 "IMPLEMENTING",
        /// Nothing has moved for 365 days; always inferred.
        Stalled = 7 "STALLED",
        /// Talks were broken off.
        Collapsed = 8 "COLLAPSED",
    }
}

vocabulary! {
    /// The facet of armed conflict.
    Conflict {
        /// No force on record within 365 days.
        None = 1 "NONE",
        /// Force was used, and no ceasefire is in force.
        Hostile = 2 "HOSTILE",
        /// One side has declared a ceasefire.
        UnilateralCeasefire = 3 "UNILATERAL_CEASEFIRE",
        /// A ceasefire is in force.
        Ceasefire = 4 "CEASEFIRE",
        /// A ceasefire ran out on its end date; inferred.
        TruceExpired = 5 "TRUCE_EXPIRED",
        /// A ceasefire was violated.
        Violated = 6 "VIOLATED",
        /// A definitive ceasefire is in force.
        Peace = 7 "PEACE",
    }
}

vocabulary! {
    /// A relationship in a word: the first that matches, in this order.
    Headline {
        /// Recognition is de jure.
        Recognised = 1 "RECOGNISED",
        /// Embassies both ways, or an ambassador.
        Normalised = 2 "NORMALISED",
        /// A mission at the level of a liaison office or above.
        DeFactoRelations = 3 "DE_FACTO_RELATIONS",
        /// An agreement is being carried out.
        PeaceImplementing = 4 "PEACE_IMPLEMENTING",
        /// They negotiate, directly or not, or have agreed in part or in full, with a step within 365 days, while force was
        /// used within 365 days and no ceasefire holds.
        FightAndTalk = 5 "FIGHT_AND_TALK",
        /// A ceasefire holds.
        Ceasefire = 6 "CEASEFIRE",
        /// They negotiate, directly or not, or have agreed in part or in full, with a step within 365 days: the process is
        /// NEGOTIATING, AGREED_PARTIAL or AGREED_COMPREHENSIVE.
        Negotiating = 7 "NEGOTIATING",
        /// Force within 365 days, and no ceasefire.
        Hostile = 8 "HOSTILE",
        /// Direct contact within 365 days.
        DirectContact = 9 "DIRECT_CONTACT",
        /// Contact through others within 365 days.
        IndirectContact = 10 "INDIRECT_CONTACT",
        /// There are dealings on record, and none of those above.
        Dormant = 11 "DORMANT",
        /// The actor lists the group, or one that it is a wing of, and no dealings are on record.
        ProscribedNoContact = 12 "PROSCRIBED_NO_CONTACT",
        /// Nothing is on record.
        None = 13 "NONE",
    }
}

vocabulary! {
    /// What deserves notice about a relationship.
    RelationshipFlag {
        /// The actor engaged with the group within 365 days while its own listing of the group, or of one that it is a wing
        /// of, is in force.
        EngagingWhileDesignated = 1 "ENGAGING_WHILE_DESIGNATED",
        /// The actor recognises the group and lists it.
        RecognisedButListed = 2 "RECOGNISED_BUT_LISTED",
        /// A source of nearly the same rank contradicts a fact that this status rests on or counts within a year, or dates one
        /// earlier that is not yet in effect.
        Disputed = 3 "DISPUTED",
        /// Every contact within 365 days was secret, leaked or denied at the time.
        SecretOnly = 4 "SECRET_ONLY",
    }
}
