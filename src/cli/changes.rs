//! Changes of fields as lines: what was, what is, and why.

use super::{
    page::{Page, Text, Tone},
    words::{self, phrase, word},
};
use crate::wire::v1;

/// Changes, each with its values, and below those that one event caused, why. The label goes before the first.
pub fn changes(page: &mut Page, label: &str, changes: &[v1::FieldChange]) {
    let value = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
    let mut causes: Vec<(String, Vec<&v1::FieldChange>)> = Vec::new();
    for change in changes {
        let why = behind(change);
        match causes.iter_mut().find(|(known, _)| *known == why) {
            Some((_, alike)) => alike.push(change),
            None => causes.push((why, vec![change])),
        }
    }
    let mut label = label;
    for (why, alike) in causes {
        let reason = alike.first().map_or(0, |change| change.reason);
        for change in alike {
            page.labelled(label, format!("{}: {} → {}", change.field, value(&change.was), value(&change.is)));
            label = "";
        }
        page.labelled("", Text::toned(why, tone(reason)));
    }
}

/// Why a field changed, in a line.
fn behind(change: &v1::FieldChange) -> String {
    let cause = phrase::<v1::ChangeCause>(change.cause);
    let event = match change.event_id.as_str() {
        "" => String::new(),
        id => format!(
            ": {} [{}]{}",
            change.event_summary,
            words::short_id(id),
            further(&change.further_event_ids)
        ),
    };
    let since = match change.passed.as_str() {
        "" if change.cause == i32::from(v1::ChangeCause::TimePassed) && !event.is_empty() => {
            " since".to_owned()
        }
        "" => String::new(),
        passed => format!(", {passed}"),
    };
    format!("{}, {cause}{since}{event}", word::<v1::ChangeReason>(change.reason))
}

/// The other events behind a change.
fn further(ids: &[String]) -> String {
    match ids {
        [] => String::new(),
        ids => {
            let ids: Vec<String> = ids.iter().map(|id| words::short_id(id)).collect();
            format!(", and [{}]", ids.join(" "))
        }
    }
}

fn tone(reason: i32) -> Tone {
    match v1::ChangeReason::try_from(reason).unwrap_or_default() {
        v1::ChangeReason::Corrected | v1::ChangeReason::Learned => Tone::Warning,
        _ => Tone::Faint,
    }
}
