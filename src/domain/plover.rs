//! How each kind of engagement is coded: its PLOVER event and mode, its CAMEO code, its score, and what it moves.

use super::vocabulary::EngagementKind;

/// The coding of a kind of engagement.
///
/// Events and modes are those of PLOVER (Political Language Ontology for Verifiable Event Records), and the score is a
/// value on its scale from −10, the most hostile, to +10, the most cooperative. The CAMEO code serves those who compare
/// with older data sets; published Goldstein tables for it disagree, and none is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coding {
    /// The PLOVER event; `None`: PLOVER has none for it.
    pub event: Option<&'static str>,
    /// The mode of the event; `None`: the event alone.
    pub mode: Option<&'static str>,
    /// The CAMEO code, an `x` standing for any digit; `None`: CAMEO has none for it.
    pub cameo: Option<&'static str>,
    /// The score; 0: it is not scored.
    pub score: f64,
    /// What it moves first of all. Some kinds move more: a round of negotiation is contact too.
    pub moves: Moves,
}

/// The families of engagements, by what they move first of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Moves {
    /// Contact.
    Contact,
    /// The peace process.
    Process,
    /// Armed conflict.
    Conflict,
    /// Practical cooperation: the score only.
    Cooperation,
    /// Recognition.
    Recognition,
    /// Representation.
    Representation,
    /// The tone between the two: the score only.
    Tone,
}

/// The coding of this kind.
pub const fn coding(kind: EngagementKind) -> Coding {
    use EngagementKind as Kind;
    use Moves::{Conflict, Contact, Cooperation, Process, Recognition, Representation, Tone};
    match kind {
        Kind::ContactRemote => row("CONSULT", "phone", "041", 1.5, Contact),
        Kind::Meeting => row("CONSULT", "", "040", 2.5, Contact),
        Kind::VisitToGroup => row("CONSULT", "visit", "042", 4.0, Contact),
        Kind::VisitByGroup => row("CONSULT", "visit", "043", 4.0, Contact),
        Kind::ThirdCountryTalks => row("CONSULT", "third-party", "044", 1.0, Contact),
        Kind::MultilateralMeeting => row("CONSULT", "multilateral", "040", 4.0, Contact),
        Kind::Negotiation => row("CONSULT", "", "046", 2.5, Process),
        Kind::Mediation => row("CONSULT", "", "045", 2.5, Process),
        Kind::TalksOffered => row("AGREE", "", "036", 2.5, Process),
        Kind::TalksRejected => row("REJECT", "meet", "125", -2.0, Process),
        Kind::TalksHalted => row("SANCTION", "withdraw", "164", -6.0, Process),
        Kind::Commitment => row("CONCEDE", "", "03x", 4.5, Process),
        Kind::AgreementSigned => row("SUPPORT", "", "057", 5.0, Process),
        Kind::CeasefireDeclared => row("CONCEDE", "", "0871", 4.5, Conflict),
        Kind::CeasefireInForce => row("RETREAT", "ceasefire", "0871", 7.5, Conflict),
        Kind::CeasefireViolated => row("ASSAULT", "", "196", -9.0, Conflict),
        Kind::CeasefireEnded => row("", "", "196", 0.0, Conflict),
        Kind::PrisonerRelease => row("RETREAT", "release", "0841", 6.5, Cooperation),
        Kind::HumanitarianAccess => row("RETREAT", "access", "0863", 6.5, Cooperation),
        Kind::Aid => row("AID", "", "073", 10.0, Cooperation),
        Kind::SecurityCooperation => row("COOPERATE", "", "062", 9.5, Cooperation),
        Kind::IntelligenceSharing => row("COOPERATE", "", "064", 9.5, Cooperation),
        Kind::EconomicDeal => row("COOPERATE", "", "061", 9.5, Cooperation),
        Kind::JudicialCooperation => row("COOPERATE", "", "063", 9.5, Cooperation),
        Kind::Disarmament => row("RETREAT", "disarm", "0873", 10.0, Conflict),
        Kind::Withdrawal => row("RETREAT", "withdraw", "0872", 8.0, Conflict),
        Kind::Recognition => row("SUPPORT", "", "054", 5.0, Recognition),
        Kind::RecognitionDenied => row("REJECT", "", "", -2.0, Recognition),
        Kind::RecognitionWithdrawn => row("SANCTION", "withdraw", "161", -6.0, Recognition),
        Kind::MissionOpened => row("SUPPORT", "", "050", 5.0, Representation),
        Kind::MissionLevelChanged => row("SUPPORT", "", "050", 5.0, Representation),
        Kind::MissionClosed => row("SANCTION", "withdraw", "161", -6.0, Representation),
        Kind::EnvoyAccredited => row("SUPPORT", "", "050", 5.0, Representation),
        Kind::EnvoyExpelled => row("SANCTION", "expel", "166", -5.5, Representation),
        Kind::PublicSupport => row("SUPPORT", "", "051", 5.0, Tone),
        Kind::Criticism => row("ACCUSE", "", "111", -2.0, Tone),
        Kind::Threat => row("THREATEN", "", "13x", -3.5, Tone),
        Kind::SanctionsEased => row("CONCEDE", "", "085", 4.5, Tone),
        Kind::SanctionsImposed => row("SANCTION", "", "163", -6.0, Tone),
        Kind::Strike => row("ASSAULT", "", "190", -9.0, Conflict),
        Kind::Arrest => row("COERCE", "arrest", "173", -7.0, Conflict),
        Kind::Expulsion => row("COERCE", "deport", "174", -7.0, Conflict),
        Kind::DomesticProcessStep => row("CONCEDE", "", "083", 4.5, Process),
    }
}

const fn row(
    event: &'static str,
    mode: &'static str,
    cameo: &'static str,
    score: f64,
    moves: Moves,
) -> Coding {
    Coding { event: given(event), mode: given(mode), cameo: given(cameo), score, moves }
}

const fn given(text: &'static str) -> Option<&'static str> {
    if text.is_empty() { None } else { Some(text) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vocabulary::Vocabulary;

    #[test]
    fn scores_keep_to_the_scale_in_halves_and_agree_with_their_events() {
        for &kind in EngagementKind::ALL {
            let coding = coding(kind);
            assert!(coding.score.abs() <= 10.0, "{kind}");
            assert_eq!((coding.score * 2.0).fract(), 0.0, "{kind}");
            let hostile = matches!(
                coding.event,
                Some("REJECT" | "SANCTION" | "ASSAULT" | "ACCUSE" | "THREATEN" | "COERCE")
            );
            assert_eq!(coding.score < 0.0, hostile, "{kind}");
            assert_eq!(coding.score == 0.0, coding.event.is_none(), "{kind}");
        }
    }
}
