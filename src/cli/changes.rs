//! Changes of fields as lines: what was, what is, and why.

use super::{
    page::{Page, Text, Tone},
    words::{self, phrase, word},
};
use crate::wire::v1;

/// A change as two lines: the values, and what is behind them.
pub fn change(page: &mut Page, label: &str, change: &v1::FieldChange) {
    let value = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
    page.labelled(label, format!("{}: {} → {}", change.field, value(&change.was), value(&change.is)));
    page.labelled("", Text::toned(behind(change), tone(change.reason)));
}

/// Why a field changed, in a line.
pub fn behind(change: &v1::FieldChange) -> String {
    let cause = phrase::<v1::ChangeCause>(change.cause);
    let event = match change.event_id.as_str() {
        "" => String::new(),
        id => format!(": {} [{}]", change.event_summary, words::short_id(id)),
    };
    let since = if change.cause == i32::from(v1::ChangeCause::TimePassed) && !event.is_empty() {
        " since"
    } else {
        ""
    };
    format!("{}, {cause}{since}{event}", word::<v1::ChangeReason>(change.reason))
}

fn tone(reason: i32) -> Tone {
    match v1::ChangeReason::try_from(reason).unwrap_or_default() {
        v1::ChangeReason::Corrected | v1::ChangeReason::Learned => Tone::Warning,
        _ => Tone::Faint,
    }
}
