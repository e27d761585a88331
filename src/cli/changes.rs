//! Changes of fields as lines: what was, what is, and why.

use super::{
    page::{Page, Text, Tone},
    words::{self, phrase, word},
};
use crate::wire::v1;

/// Changes, each with its values, and below those that one event caused, why. The label goes before the first.
pub fn changes(page: &mut Page, label: &str, changes: &[v1::FieldChange]) {
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
        for (field, change) in together(&alike) {
            page.labelled(label, format!("{field}: {}", values(&change.was, &change.is)));
            label = "";
        }
        page.labelled("", Text::toned(why, tone(reason)));
    }
}

/// The changes by field, those of a listing that binds many actors alike as one.
fn together<'a>(changes: &[&'a v1::FieldChange]) -> Vec<(String, &'a v1::FieldChange)> {
    let mut rows: Vec<(&v1::FieldChange, Vec<&str>)> = Vec::new();
    for change in changes {
        let same = rows.iter_mut().find(|(first, _)| {
            (&first.was, &first.is) == (&change.was, &change.is)
                && words::bound(&first.field)
                    .zip(words::bound(&change.field))
                    .is_some_and(|(a, b)| a.0 == b.0)
        });
        match (same, words::bound(&change.field)) {
            (Some((_, actors)), Some((_, actor))) => actors.push(actor),
            (_, bound) => rows.push((change, bound.into_iter().map(|(_, actor)| actor).collect())),
        }
    }
    rows.into_iter().map(|(change, actors)| (words::binding(&change.field, &actors), change)).collect()
}

/// The values before and after. Of long lists only what differs is said: all of it is in the other forms of the answer.
fn values(was: &str, is: &str) -> String {
    const ENTRIES_MAX: usize = 6;
    let entries = |text: &str| -> Vec<String> {
        text.split("; ").filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    };
    let (before, after) = (entries(was), entries(is));
    if before.len().max(after.len()) <= ENTRIES_MAX {
        let some = |text: &str| if text.is_empty() { "nothing".to_owned() } else { text.to_owned() };
        return format!("{} → {}", some(was), some(is));
    }
    let part = |what: &str, of: &[String], besides: &[String]| {
        let others: Vec<&str> =
            of.iter().filter(|entry| !besides.contains(entry)).map(String::as_str).collect();
        let more = match others.len().saturating_sub(ENTRIES_MAX) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let shown: Vec<&str> = others.iter().take(ENTRIES_MAX).copied().collect();
        (!shown.is_empty()).then(|| format!("{what} {}{more}", shown.join("; ")))
    };
    let parts: Vec<String> =
        [part("new:", &after, &before), part("gone:", &before, &after)].into_iter().flatten().collect();
    let told = if parts.is_empty() { "in another order".to_owned() } else { parts.join("; ") };
    format!("{} → {}; {told}", words::count(before.len() as u64, "entry", "entries"), after.len())
}

/// Why a field changed, in a line.
fn behind(change: &v1::FieldChange) -> String {
    let cause = phrase::<v1::ChangeCause>(change.cause);
    let event = match change.event_id.as_str() {
        "" => String::new(),
        id => format!(": {} [{}]{}", change.event_summary, words::short_id(id), further(change)),
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

/// The other events behind a change, by what they did: first those that did the same.
fn further(change: &v1::FieldChange) -> String {
    let mut kinds: Vec<(i32, Vec<String>)> = vec![(change.cause, Vec::new())];
    for (index, id) in change.further_event_ids.iter().enumerate() {
        let cause = change.further_causes.get(index).copied().unwrap_or(change.cause);
        let id = words::short_id(id);
        match kinds.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, ids)) => ids.push(id),
            None => kinds.push((cause, vec![id])),
        }
    }
    let kind = |(cause, ids): &(i32, Vec<String>)| match *cause == change.cause {
        true => format!(", and [{}]", ids.join(" ")),
        false => format!("; {} [{}]", phrase::<v1::ChangeCause>(*cause), ids.join(" ")),
    };
    kinds.iter().filter(|(_, ids)| !ids.is_empty()).map(kind).collect()
}

fn tone(reason: i32) -> Tone {
    match v1::ChangeReason::try_from(reason).unwrap_or_default() {
        v1::ChangeReason::Corrected | v1::ChangeReason::Learned => Tone::Warning,
        _ => Tone::Faint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_that_binds_many_is_said_once() {
        let change = |actor: &str, is: &str| v1::FieldChange {
            field: format!("inherited[eu-terr from d1 binding {actor}]"),
            is: is.to_owned(),
            ..Default::default()
        };
        let mut page = Page::new(super::super::page::Look { width: 100, coloured: false });
        let all = [
            change("de", "ACTIVE"),
            change("fr", "ACTIVE"),
            change("it", "SUSPENDED"),
            change("nl", "ACTIVE"),
        ];
        changes(&mut page, "2015-01-01", &all);
        let told = page.finish();
        let told: Vec<&str> = told.lines().map(str::trim).collect();
        assert_eq!(
            told[..2],
            [
                "2015-01-01    inherited[eu-terr from d1 binding 3 members]: nothing → ACTIVE",
                "inherited[eu-terr from d1 binding it]: nothing → SUSPENDED",
            ]
        );
    }

    #[test]
    fn long_lists_say_what_differs() {
        let list = |range: std::ops::Range<u32>| {
            range.map(|number| format!("r{number}")).collect::<Vec<_>>().join("; ")
        };
        for (was, is, expected) in [
            ("ACTIVE", "DELISTED", "ACTIVE → DELISTED".to_owned()),
            ("", "ACTIVE", "nothing → ACTIVE".to_owned()),
            (&list(0..6), &list(0..5), format!("{} → {}", list(0..6), list(0..5))),
            (&list(0..7), &list(0..8), "7 entries → 8; new: r7".to_owned()),
            (&list(0..8), &list(1..8), "8 entries → 7; gone: r0".to_owned()),
            (&list(0..8), &list(1..9), "8 entries → 8; new: r8; gone: r0".to_owned()),
            ("", &list(0..9), "0 entries → 9; new: r0; r1; r2; r3; r4; r5 and 3 more".to_owned()),
        ] {
            assert_eq!(values(was, is), expected);
        }
    }
}
