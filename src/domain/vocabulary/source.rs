//! How sources speak and who may see what they say.

use super::vocabulary;

vocabulary! {
    /// How firmly a source says what a fact says.
    Assertion {
        /// The source states it as established, or did it itself.
        Confirmed = 1 "CONFIRMED",
        /// The source reports it, without its own confirmation.
        Reported = 2 "REPORTED",
        /// The source passes on somebody's allegation.
        Alleged = 3 "ALLEGED",
        /// The source denies it. A denial moves no status; it can dispute the fact it is a claim of.
        Denied = 4 "DENIED",
    }
}

vocabulary! {
    /// Who may see a fact, from the least to the most protected.
    Label {
        /// Everybody.
        Public = 1 "PUBLIC",
        /// Readers of the house.
        Internal = 2 "INTERNAL",
        /// Readers cleared by name.
        Restricted = 3 "RESTRICTED",
    }
}

vocabulary! {
    /// What kind of source it is; the number of a kind is its rank, 1 the best.
    SourceKind {
        /// Rank 1: a legal act or official journal.
        LegalAct = 1 "LEGAL_ACT",
        /// Rank 2: an official list as it was seen on a day. Evidence, not an act.
        ListSnapshot = 2 "LIST_SNAPSHOT",
        /// Rank 3: an official statement of the competent authority.
        OfficialStatement = 3 "OFFICIAL_STATEMENT",
        /// Rank 4: a statement of the other party.
        CounterpartyStatement = 4 "COUNTERPARTY_STATEMENT",
        /// Rank 5: court press or a law reporter.
        CourtReport = 5 "COURT_REPORT",
        /// Rank 6: a wire service or established media.
        EstablishedMedia = 6 "ESTABLISHED_MEDIA",
        /// Rank 7: a data set or site that gathers what others say.
        Aggregator = 7 "AGGREGATOR",
        /// Rank 8: a party to the matter, or an advocacy group.
        PartyOrAdvocacy = 8 "PARTY_OR_ADVOCACY",
        /// Rank 9: coded by a machine. A lead; it never moves a designation.
        MachineCoded = 9 "MACHINE_CODED",
    }
}
