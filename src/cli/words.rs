//! The words for values of the vocabularies, for dates and for ids.

use prost_types::Timestamp;

use super::page::{Page, Text, Tone};
use crate::wire::v1;

/// An enumeration of the API whose values have names.
pub trait Word: TryFrom<i32> + Copy {
    /// What all its names begin with.
    const PREFIX: &'static str;

    /// The full name of a value.
    fn full_name(self) -> &'static str;
}

macro_rules! words {
    ($($enumeration:ident: $prefix:literal,)*) => {
        $(impl Word for v1::$enumeration {
            const PREFIX: &'static str = $prefix;

            fn full_name(self) -> &'static str {
                self.as_str_name()
            }
        })*
    };
}

words! {
    Act: "ACT_",
    ActorKind: "ACTOR_KIND_",
    AgreementStage: "AGREEMENT_STAGE_",
    AnomalyRule: "ANOMALY_RULE_",
    AnomalyState: "ANOMALY_STATE_",
    Assertion: "ASSERTION_",
    Basis: "BASIS_",
    ChangeCause: "CHANGE_CAUSE_",
    ChangeReason: "CHANGE_REASON_",
    Channel: "CHANNEL_",
    Conflict: "CONFLICT_",
    ContactLevel: "CONTACT_LEVEL_",
    DesignationState: "DESIGNATION_STATE_",
    Direction: "DIRECTION_",
    DueKind: "DUE_KIND_",
    EngagementKind: "ENGAGEMENT_KIND_",
    ExternalIdScheme: "EXTERNAL_ID_SCHEME_",
    FoldRule: "FOLD_RULE_",
    ClaimStance: "CLAIM_STANCE_",
    GroupFlag: "GROUP_FLAG_",
    GroupKind: "GROUP_KIND_",
    Headline: "HEADLINE_",
    HindsightKind: "HINDSIGHT_KIND_",
    Label: "LABEL_",
    LegalEffect: "LEGAL_EFFECT_",
    Level: "LEVEL_",
    LifecycleState: "LIFECYCLE_STATE_",
    LineageKind: "LINEAGE_KIND_",
    NameKind: "NAME_KIND_",
    Process: "PROCESS_",
    Recognition: "RECOGNITION_",
    RelationshipFlag: "RELATIONSHIP_FLAG_",
    RepresentationLevel: "REPRESENTATION_LEVEL_",
    Reproduction: "REPRODUCTION_",
    Role: "ROLE_",
    SourceKind: "SOURCE_KIND_",
}

/// The name of a value without its prefix, such as `ACTIVE`. Empty when it is not given; a value that this program does
/// not know shows as its number.
pub fn word<E: Word>(number: i32) -> String {
    let Ok(value) = E::try_from(number) else { return number.to_string() };
    let name = value.full_name().trim_start_matches(E::PREFIX);
    if name == "UNSPECIFIED" { String::new() } else { name.to_owned() }
}

/// The name of a value as plain words, such as `asset freeze`.
pub fn phrase<E: Word>(number: i32) -> String {
    word::<E>(number).to_lowercase().replace('_', " ")
}

/// The state of a listing, standing out by whether its effects are in force.
pub fn state(number: i32) -> Text {
    use v1::DesignationState as State;
    let tone = match State::try_from(number) {
        Ok(State::Active | State::AnnulledStayed) => Tone::Force,
        Ok(State::Proposed | State::Suspended | State::InferredEnded) => Tone::Warning,
        Ok(State::None | State::Delisted | State::Annulled | State::Lapsed) => Tone::Faint,
        _ => Tone::Plain,
    };
    Text::toned(word::<State>(number), tone)
}

/// What a headline means. `listed`: how the actor's own listings bear on the group.
pub fn headline_meaning(number: i32, listed: &str) -> String {
    use v1::Headline;
    let meaning = match Headline::try_from(number).unwrap_or_default() {
        Headline::ProscribedNoContact => {
            let mut letters = listed.chars();
            let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
            return format!("{first}{}, and no dealings that count are on record.", letters.as_str());
        }
        Headline::Recognised => "It recognises the group in law.",
        Headline::Normalised => "There are embassies both ways, or an ambassador.",
        Headline::DeFactoRelations => "There is a mission, and no recognition.",
        Headline::PeaceImplementing => "A peace agreement is being carried out.",
        Headline::FightAndTalk => {
            "They talk or have agreed, directly or through others, while force is used."
        }
        Headline::Ceasefire => "A ceasefire holds.",
        Headline::Negotiating => "They negotiate, or have agreed on what is not carried out yet.",
        Headline::Hostile => "Force was used within 365 days, and there is no ceasefire.",
        Headline::DirectContact => "They were in direct contact within 365 days.",
        Headline::IndirectContact => "They were in contact through others within 365 days.",
        Headline::Dormant => {
            "There are dealings on record, and within 365 days no contact, talks, agreement or force; no ceasefire holds."
        }
        Headline::None => "Nothing that counts is on record.",
        Headline::Unspecified => "",
    };
    meaning.to_owned()
}

/// What a flag of a relationship means. `listed`: how the actor's own listings bear on the group.
pub fn relationship_flag_meaning(number: i32, listed: &str) -> String {
    use v1::RelationshipFlag as Flag;
    let meaning = match Flag::try_from(number).unwrap_or_default() {
        Flag::EngagingWhileDesignated => {
            return format!("a truce, or dealings within 365 days, while {listed}");
        }
        Flag::RecognisedButListed => return format!("it recognises the group, while {listed}"),
        Flag::Disputed => {
            "a source of nearly the same rank contradicts what counts here, or would count by its date"
        }
        Flag::SecretOnly => "every contact within 365 days was secret, leaked or denied at the time",
        Flag::Unspecified => "",
    };
    meaning.to_owned()
}

/// How the listings of an actor's own that are in force bear on a group: the nearest of them counts.
pub fn own_listing(legal: &[v1::LegalFacet]) -> String {
    use v1::DesignationState as State;
    let in_force = |it: &&v1::LegalFacet| {
        it.inherited_from.is_empty()
            && matches!(it.state(), State::Active | State::Suspended | State::AnnulledStayed)
    };
    let nearest = legal.iter().filter(in_force).min_by_key(|it| (&it.through_group, &it.component));
    match nearest.map(|it| (it.through_group.as_str(), it.component.as_str())) {
        None | Some(("", "")) => "it lists the group".to_owned(),
        Some(("", component)) => format!("it lists {component} of the group"),
        Some((parent, _)) => format!("a listing that it made of {parent} reaches the group"),
    }
}

/// How a claim that lost stands to the one that won, before what else is said of it.
pub fn stance(stance: v1::ClaimStance) -> &'static str {
    match stance {
        v1::ClaimStance::Agrees => "it agrees; ",
        v1::ClaimStance::Disputes => "it disputes what won; ",
        v1::ClaimStance::Differs | v1::ClaimStance::Unspecified => "",
    }
}

/// Whether what is of this date takes effect after the day. A date and a part of one compare as their texts do.
pub fn is_ahead(date: &str, valid_at: &str) -> bool {
    valid_at < date
}

/// The listing and the actor that a field names as bound by it.
pub fn bound(field: &str) -> Option<(&str, &str)> {
    let (listing, actor) = field.split_once(" binding ")?;
    Some((listing, actor.trim_end_matches(']')))
}

/// The field of a listing that binds these actors, all of them; of many, how many.
pub fn binding(field: &str, actors: &[&str]) -> String {
    match (bound(field), actors) {
        (Some((listing, _)), [_, _, ..]) => format!("{listing} binding {} members]", actors.len()),
        _ => field.to_owned(),
    }
}

/// What a flag of a group means.
pub fn group_flag_meaning(number: i32) -> &'static str {
    use v1::GroupFlag as Flag;
    match Flag::try_from(number).unwrap_or_default() {
        Flag::ListedButDissolved => "it says that it has dissolved itself, and a listing is still in force",
        Flag::GoverningButListed => "it governs, and a listing is still in force",
        Flag::Unspecified => "",
    }
}

/// Flags as their names, with commas.
pub fn flag_names<E: Word>(numbers: &[i32]) -> String {
    numbers.iter().map(|number| word::<E>(*number)).collect::<Vec<_>>().join(", ")
}

/// The first eight characters of event ids, in brackets: enough to tell them apart. The whole ids are in the JSON forms.
pub fn events(ids: &[String]) -> String {
    const SHOWN_MAX: usize = 3;
    if ids.is_empty() {
        return String::new();
    }
    let mut shown: Vec<String> = ids.iter().take(SHOWN_MAX).map(|id| short_id(id)).collect();
    if SHOWN_MAX < ids.len() {
        shown.push(format!("+{}", ids.len() - SHOWN_MAX));
    }
    format!("[{}]", shown.join(" "))
}

/// The first eight characters of an id.
pub fn short_id(id: &str) -> String {
    id.chars().take(8).collect()
}

/// The events behind a value, and whether it was inferred.
pub fn provenance(provenance: Option<&v1::Provenance>) -> String {
    let Some(provenance) = provenance else { return String::new() };
    let inferred = if provenance.inferred { "inferred " } else { "" };
    format!("{inferred}{}", events(&provenance.event_ids)).trim().to_owned()
}

/// What only a machine has coded in a span of time; nothing when there is nothing.
pub fn leads(page: &mut Page, leads: &[v1::Lead], span: &str) {
    const SHOWN_MAX: usize = 10;
    if leads.is_empty() {
        return;
    }
    page.heading(&format!("Leads{span}, coded by a machine: they move nothing"));
    for lead in leads.iter().take(SHOWN_MAX) {
        let id = short_id(&lead.event_id);
        page.labelled(&lead.effective_on, format!("{}: {} [{id}]", lead.what, lead.summary));
    }
    if SHOWN_MAX < leads.len() {
        page.item(format!("and {} more", thousands((leads.len() - SHOWN_MAX) as u64)));
    }
}

/// A date with its uncertainty.
pub fn since(since: Option<&v1::Since>) -> String {
    match since {
        None => String::new(),
        Some(since) if since.date.is_empty() => "unknown".to_owned(),
        Some(since) if since.or_before => format!("≤ {}", since.date),
        Some(since) => since.date.clone(),
    }
}

/// A time span such as `2016-07-28 – 2017-01-28`; empty when neither end is known.
pub fn span(from: &str, until: &str) -> String {
    match (from.is_empty(), until.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!("from {from}"),
        (true, false) => format!("until {until}"),
        (false, false) => format!("{from} – {until}"),
    }
}

/// A moment to the minute, in UTC.
pub fn minute(timestamp: Option<&Timestamp>) -> String {
    moment(timestamp, "%Y-%m-%d %H:%M UTC")
}

/// A moment to the second, in UTC, without saying so.
pub fn second(timestamp: Option<&Timestamp>) -> String {
    moment(timestamp, "%Y-%m-%d %H:%M:%S")
}

fn moment(timestamp: Option<&Timestamp>, format: &str) -> String {
    timestamp
        .and_then(|timestamp| jiff::Timestamp::new(timestamp.seconds, timestamp.nanos).ok())
        .map(|instant| instant.strftime(format).to_string())
        .unwrap_or_default()
}

/// The line that says on which view an answer was computed.
pub fn view(view: Option<&v1::View>) -> String {
    let Some(view) = view else { return String::new() };
    let mut line = format!("On {}, as the record stood at position {}", view.valid_at, view.known_position);
    let time = minute(view.known_time.as_ref());
    if !time.is_empty() {
        line.push_str(&format!(" ({time})"));
    }
    if !view.disclosed_by.is_empty() {
        line.push_str(&format!(", disclosed by {}", view.disclosed_by));
    }
    if !view.redirected_from.is_empty() {
        line.push_str(&format!("; {} has been merged into it", view.redirected_from));
    }
    line
}

/// A count with its noun: `1 event`, `1,203 events`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

/// A number with commas between its thousands.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if 0 < place && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_prefix_fits_its_enumeration() {
        fn check<E: Word + Default>() {
            let name = E::default().full_name();
            assert_eq!(name, format!("{}UNSPECIFIED", E::PREFIX));
        }
        check::<v1::Act>();
        check::<v1::ActorKind>();
        check::<v1::AgreementStage>();
        check::<v1::AnomalyRule>();
        check::<v1::AnomalyState>();
        check::<v1::Assertion>();
        check::<v1::Basis>();
        check::<v1::ChangeCause>();
        check::<v1::ChangeReason>();
        check::<v1::Channel>();
        check::<v1::Conflict>();
        check::<v1::ContactLevel>();
        check::<v1::DesignationState>();
        check::<v1::Direction>();
        check::<v1::DueKind>();
        check::<v1::EngagementKind>();
        check::<v1::ExternalIdScheme>();
        check::<v1::FoldRule>();
        check::<v1::ClaimStance>();
        check::<v1::GroupFlag>();
        check::<v1::GroupKind>();
        check::<v1::Headline>();
        check::<v1::HindsightKind>();
        check::<v1::Label>();
        check::<v1::LegalEffect>();
        check::<v1::Level>();
        check::<v1::LifecycleState>();
        check::<v1::LineageKind>();
        check::<v1::NameKind>();
        check::<v1::Process>();
        check::<v1::Recognition>();
        check::<v1::RelationshipFlag>();
        check::<v1::RepresentationLevel>();
        check::<v1::Reproduction>();
        check::<v1::Role>();
        check::<v1::SourceKind>();
    }

    #[test]
    fn what_reaches_a_group_does_not_list_it() {
        let listing =
            |state: v1::DesignationState, through: &str, component: &str, inherited: &str| v1::LegalFacet {
                state: state.into(),
                through_group: through.to_owned(),
                component: component.to_owned(),
                inherited_from: inherited.to_owned(),
                ..Default::default()
            };
        use v1::DesignationState::{Active, Delisted};
        let own = listing(Active, "", "", "");
        let wing = listing(Active, "", "Armed Wing", "");
        let parent = listing(Active, "d1", "", "");
        let reaches = "a listing that it made of d1 reaches the group";
        for (legal, expected) in [
            (vec![own.clone(), parent.clone()], "it lists the group"),
            (vec![wing.clone(), own], "it lists the group"),
            (vec![parent.clone(), wing], "it lists Armed Wing of the group"),
            (vec![listing(Delisted, "", "", ""), listing(Active, "", "", "eu"), parent], reaches),
        ] {
            assert_eq!(own_listing(&legal), expected);
        }
        let flag = |flag: v1::RelationshipFlag| relationship_flag_meaning(flag.into(), reaches);
        assert_eq!(
            flag(v1::RelationshipFlag::EngagingWhileDesignated),
            "a truce, or dealings within 365 days, while a listing that it made of d1 reaches the group"
        );
        assert_eq!(
            headline_meaning(v1::Headline::ProscribedNoContact.into(), reaches),
            "A listing that it made of d1 reaches the group, and no dealings that count are on record."
        );
    }

    #[test]
    fn words_and_numbers() {
        assert_eq!(
            word::<v1::DesignationState>(v1::DesignationState::AnnulledStayed.into()),
            "ANNULLED_STAYED"
        );
        assert_eq!(word::<v1::DesignationState>(0), "");
        assert_eq!(word::<v1::DesignationState>(99), "99");
        assert_eq!(phrase::<v1::LegalEffect>(v1::LegalEffect::AssetFreeze.into()), "asset freeze");
        for (number, expected) in
            [(0, "0"), (999, "999"), (1_000, "1,000"), (20_202, "20,202"), (1_234_567, "1,234,567")]
        {
            assert_eq!(thousands(number), expected);
        }
        let ids: Vec<String> =
            ["aaaaaaaa-1", "bbbbbbbb-2", "cccccccc-3", "dddddddd-4"].map(str::to_owned).into();
        assert_eq!(events(&ids), "[aaaaaaaa bbbbbbbb cccccccc +1]");
        assert_eq!(events(&[]), "");
    }

    #[test]
    fn dates_keep_their_uncertainty() {
        let told = |date: &str, or_before| since(Some(&v1::Since { date: date.to_owned(), or_before }));
        assert_eq!(told("2018-06", false), "2018-06");
        assert_eq!(told("2018-06-01", true), "≤ 2018-06-01");
        assert_eq!(told("", true), "unknown");
        let view_at = v1::View {
            valid_at: "2025-07-07".to_owned(),
            known_position: 432,
            known_time: Some(Timestamp { seconds: 1_795_358_405, nanos: 5 }),
            disclosed_by: "2025-07-07".to_owned(),
            ruleset: "1".to_owned(),
            redirected_from: String::new(),
        };
        assert_eq!(
            view(Some(&view_at)),
            "On 2025-07-07, as the record stood at position 432 (2026-11-22 14:40 UTC), disclosed by 2025-07-07"
        );
    }
}
