//! Fields: a status as a list of named values in text, each with where it comes from. What Explain, Replay, Diff and the
//! digest of a view share.
//!
//! A path is what people type: `headline`, `contact.last_on`, `designations[us-fto219].since`,
//! `designations[gb-ta2000/Military Wing]`, `legal[us-sdgt]`. The state of a listing, the level of a mission and the value
//! of a facet stand at the path of the whole; `.state`, `.level` and `.value` after it may be typed and mean the same.

mod group;
mod relationship;

use std::collections::HashSet;

use crate::domain::{
    date::DateSpan,
    fold::{Lost, Provenance},
    id::{GroupId, RegimeId},
    statement::folded_component,
    status::group::Since,
    vocabulary::FoldRule,
};
use crate::position::Position;

/// One value of a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its path. No two fields of a status have the same.
    pub path: String,
    /// The value as text, never empty: a field without a value is not there.
    pub value: String,
    /// What kind of value it is.
    pub part: Part,
    /// Where the whole comes from that it is a part of: the facts, the claims that lost, and the rule that decided. This is
    /// what the digest of a view covers.
    pub provenance: Provenance,
    /// Where it comes from itself, if that is not the same.
    pub own: Option<Provenance>,
    /// The fields that it follows from, by path; empty: it rests on facts alone.
    pub follows_from: Vec<String>,
}

impl Field {
    /// Where its value comes from: what Explain shows.
    pub fn grounds(&self) -> &Provenance {
        self.own.as_ref().unwrap_or(&self.provenance)
    }
}

/// What part of a status a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// It says where the subject stands. A replay shows its changes.
    Standing,
    /// It counts or weighs, or moves with every fact or day: counts, last dates, the score, what is upcoming.
    Measure,
}

/// What a path asks of the fields of a status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked<'a> {
    /// The path without a closing `.state`, `.level` or `.value`.
    pub path: String,
    /// The field at the path itself.
    pub field: Option<&'a Field>,
    /// The fields below it: entries of a list, details of a facet.
    pub below: Vec<&'a Field>,
}

/// What the paths of the fields of a group begin with.
pub const OF_GROUP: &[&str] = &[
    "anomalies",
    "counts",
    "designations",
    "divergence",
    "external_ids",
    "flags",
    "inherited",
    "inherited_effects",
    "kind",
    "legal_effects",
    "lifecycle",
    "lineage",
    "name",
    "names",
    "upcoming",
];

/// What the paths of the fields of a relationship begin with.
pub const OF_RELATIONSHIP: &[&str] = &[
    "alternatives",
    "conflict",
    "contact",
    "engagements",
    "flags",
    "headline",
    "legal",
    "process",
    "recognition",
    "representation_of_actor",
    "representation_of_group",
    "score",
];

/// What a path begins with: the name of a value, a facet or a list.
pub fn name_in(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or(path)
}

/// The field at a path and those below it; `None` when there is neither.
pub fn find<'a>(fields: &'a [Field], path: &str) -> Option<Asked<'a>> {
    let path = canonical(path);
    let field = fields.iter().find(|field| field.path == path);
    let below: Vec<&Field> = fields.iter().filter(|field| is_below(&field.path, path)).collect();
    let found = field.is_some() || !below.is_empty();
    found.then(|| Asked { path: path.to_owned(), field, below })
}

impl Asked<'_> {
    /// The value: of the field itself, or of a list what is in it.
    pub fn value(&self) -> String {
        match self.field {
            Some(field) => field.value.clone(),
            None => {
                let entries = self.below.iter().filter(|field| self.is_entry(&field.path));
                let entries: Vec<(&str, &str)> = entries
                    .map(|field| {
                        let key = field.path.get(self.path.len()..).unwrap_or_default();
                        (key.trim_matches(['[', ']', '.']), field.value.as_str())
                    })
                    .collect();
                list(&entries)
            }
        }
    }

    /// Where the value comes from: of a list, everything in it together.
    pub fn provenance(&self) -> Provenance {
        match self.field {
            Some(field) => field.grounds().clone(),
            None => together(self.below.iter().map(|field| field.grounds())),
        }
    }

    /// The fields that it follows from.
    pub fn follows_from(&self) -> Vec<String> {
        match self.field {
            Some(field) => field.follows_from.clone(),
            None => {
                let mut paths: Vec<String> = Vec::new();
                for field in &self.below {
                    // What is inherited follows from fields of others, of which many entries may name the same.
                    let elsewhere: Vec<&String> =
                        field.follows_from.iter().filter(|path| path.starts_with("group/")).collect();
                    let from = if elsewhere.is_empty() { vec![&field.path] } else { elsewhere };
                    for path in from {
                        if !paths.contains(path) {
                            paths.push(path.clone());
                        }
                    }
                }
                paths
            }
        }
    }

    /// Whether the path is that of an entry itself, and not of a detail of one.
    fn is_entry(&self, path: &str) -> bool {
        let rest = path.get(self.path.len()..).unwrap_or_default();
        rest.ends_with(']') || !rest.starts_with('[')
    }
}

/// What separates a listing in a key from the actor that it binds.
pub const BINDING: &str = " binding ";

/// The entries of a list by key and value, in a line. Listings that bind many actors alike are said once.
fn list(entries: &[(&str, &str)]) -> String {
    let mut told: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for (key, value) in entries {
        let (key, actor) = key.split_once(BINDING).map_or((*key, None), |(key, actor)| (key, Some(actor)));
        match told.iter_mut().find(|(known, same, bound)| {
            actor.is_some() && !bound.is_empty() && (*known, *same) == (key, *value)
        }) {
            Some((_, _, bound)) => bound.extend(actor),
            None => told.push((key, value, actor.into_iter().collect())),
        }
    }
    let entry = |(key, value, bound): &(&str, &str, Vec<&str>)| match bound.as_slice() {
        [] => format!("{key} {value}"),
        [actor] => format!("{key}{BINDING}{actor} {value}"),
        many => format!("{key} {value}{BINDING}{} members: {}", many.len(), many.join(", ")),
    };
    told.iter().map(entry).collect::<Vec<_>>().join("; ")
}

/// The path as fields have it.
pub fn canonical(path: &str) -> &str {
    let endings = [".state", ".level", ".value"];
    endings.iter().find_map(|ending| path.strip_suffix(ending)).unwrap_or(path)
}

/// Whether a field is a detail or an entry of what stands at a path.
pub fn is_below(field: &str, path: &str) -> bool {
    field.strip_prefix(path).is_some_and(|rest| rest.starts_with(['.', '[']))
}

/// The name of the regime, if the path is of the listing under one: `designations[us-fto219/Military Wing].since`.
pub fn regime_asked(path: &str) -> Option<&str> {
    let key = path.strip_prefix("designations[")?;
    key.split([']', '/']).next()
}

/// The provenance of what follows from several values.
fn together<'a>(parts: impl Iterator<Item = &'a Provenance>) -> Provenance {
    let mut joint = Provenance { rule: FoldRule::Derived, ..Provenance::default() };
    for part in parts {
        joint.inferred |= part.inferred;
        for event in &part.events {
            if !joint.events.contains(event) {
                joint.events.push(*event);
            }
        }
        add_lost(&mut joint.lost, &part.lost);
    }
    joint
}

fn add_lost(known: &mut Vec<Lost>, more: &[Lost]) {
    for lost in more {
        if !known.contains(lost) {
            known.push(*lost);
        }
    }
}

/// The fields of a status under construction.
#[derive(Default)]
struct Fields {
    all: Vec<Field>,
    paths: HashSet<String>,
}

impl Fields {
    /// A value that facts give; an empty one is left out.
    fn say(&mut self, path: impl Into<String>, value: impl ToString, provenance: &Provenance) {
        self.push(path.into(), value.to_string(), Part::Standing, provenance.clone(), Vec::new());
    }

    /// A value that counts or weighs.
    fn measure(&mut self, path: impl Into<String>, value: impl ToString, provenance: &Provenance) {
        self.push(path.into(), value.to_string(), Part::Measure, provenance.clone(), Vec::new());
    }

    /// Says of the last field pushed, when it is the one at the path, that it rests on these facts and no others.
    fn rest(&mut self, path: &str, events: impl IntoIterator<Item = Position>) {
        self.rest_with(path, events.into_iter().collect(), &[]);
    }

    /// The same, with the claims that lost against them.
    fn rest_with(&mut self, path: &str, events: Vec<Position>, lost: &[Lost]) {
        let Some(field) = self.all.last_mut().filter(|field| field.path == path) else { return };
        if !events.is_empty() {
            let (rule, inferred) = (field.provenance.rule, field.provenance.inferred);
            field.own = Some(Provenance { events, lost: lost.to_vec(), rule, inferred });
        }
    }

    /// Says of the last field pushed, when it is the one at the path, that this is where it comes from.
    fn come_from(&mut self, path: &str, own: Option<&Provenance>) {
        if let Some(field) = self.all.last_mut().filter(|field| field.path == path) {
            field.own = own.cloned();
        }
    }

    /// A value that follows from fields that are there already.
    fn derive(&mut self, path: impl Into<String>, value: impl ToString, from: Vec<String>) {
        self.derive_with(path, value, from, &[]);
    }

    /// A value that follows from what these facts say, and from fields that are there already.
    fn derive_with(
        &mut self,
        path: impl Into<String>,
        value: impl ToString,
        from: Vec<String>,
        facts: &[&Provenance],
    ) {
        let named = self.all.iter().filter(|field| from.contains(&field.path));
        let provenance = together(facts.iter().copied().chain(named.map(|field| &field.provenance)));
        self.push(path.into(), value.to_string(), Part::Standing, provenance, from);
    }

    /// A value that counts what fields say that are there already.
    fn tally(&mut self, path: &str, value: impl ToString, from: Vec<String>) {
        let named = self.all.iter().filter(|field| from.contains(&field.path));
        let own = together(named.map(Field::grounds));
        self.push(path.to_owned(), value.to_string(), Part::Measure, Provenance::default(), from);
        if let Some(field) = self.all.last_mut().filter(|field| field.path == path) {
            field.own = Some(own);
        }
    }

    fn push(&mut self, path: String, value: String, part: Part, provenance: Provenance, from: Vec<String>) {
        if value.is_empty() {
            return;
        }
        // Two entries may share a key, such as a name that two facts give.
        let mut unique = path.clone();
        let mut number = 2;
        while !self.paths.insert(unique.clone()) {
            unique = format!("{path}#{number}");
            number += 1;
        }
        self.all.push(Field { path: unique, value, part, provenance, own: None, follows_from: from });
    }
}

fn since_text(since: Since) -> String {
    match since {
        Since::Unknown => "unknown".to_owned(),
        Since::On(date) => date.to_string(),
        Since::OnOrBefore(date) => format!("{date} or before"),
    }
}

fn optional(date: Option<DateSpan>) -> String {
    date.map(|date| date.to_string()).unwrap_or_default()
}

/// The path of a listing of another group, as what follows from it names it.
fn listing_elsewhere(group: &GroupId, regime: &RegimeId, component: Option<&str>) -> String {
    format!("group/{group} designations[{}]", listing_key(regime.as_str(), component))
}

/// A listing, whichever group it is of; its component as [`folded_component`] has it.
pub type ListingKey = (GroupId, RegimeId, Option<String>);

/// The listing of another group at a path that [`Field::follows_from`] names; `None` for a path of the same status.
pub fn read_listing_elsewhere(path: &str) -> Option<ListingKey> {
    let (group, path) = path.strip_prefix("group/")?.split_once(' ')?;
    read_listing(&group.parse().ok()?, path.strip_suffix(']')?)
}

/// The listing of a group at a path of its status, which may lack the closing bracket.
pub fn read_listing(group: &GroupId, path: &str) -> Option<ListingKey> {
    let key = path.strip_prefix("designations[")?.trim_end_matches(']');
    let (regime, component) = key.split_once('/').map_or((key, None), |(regime, name)| (regime, Some(name)));
    Some((group.clone(), regime.parse().ok()?, component.map(folded_component)))
}

/// A key in brackets, with its component if it has one.
fn listing_key(regime: &str, component: Option<&str>) -> String {
    match component {
        Some(component) => format!("{regime}/{component}"),
        None => regime.to_owned(),
    }
}

fn join(parts: impl Iterator<Item = String>) -> String {
    parts.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields() -> Vec<Field> {
        let at = |position| Provenance { events: vec![Position::new(position)], ..Provenance::default() };
        let mut fields = Fields::default();
        fields.say("contact", "ENVOY", &at(1));
        fields.measure("contact.last_on", "2025-02", &at(1));
        fields.say("legal[us-fto219]", "ACTIVE", &at(2));
        fields.say("legal[us-fto219].since", "1997", &at(2));
        fields.say("legal[gb-ta2000/Military Wing]", "DELISTED", &at(3));
        fields.say("legal[gb-ta2000/Military Wing]", "ACTIVE", &at(4));
        fields.say("nothing", "", &at(5));
        fields.derive("headline", "DIRECT_CONTACT", vec!["contact".to_owned()]);
        fields.all
    }

    fn check(path: &str, expected: Option<(&str, &[u64], &[&str])>) {
        let fields = fields();
        let found = find(&fields, path);
        let found = found.as_ref().map(|asked| {
            let events: Vec<u64> = asked.provenance().events.iter().map(|event| event.get()).collect();
            (asked.value(), events, asked.below.iter().map(|field| field.path.as_str()).collect::<Vec<_>>())
        });
        let found = found.as_ref().map(|(value, events, below)| (value.as_str(), &events[..], &below[..]));
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn paths_as_people_type_them() {
        check("contact", Some(("ENVOY", &[1], &["contact.last_on"])));
        check("contact.level", Some(("ENVOY", &[1], &["contact.last_on"])));
        check("contact.last_on", Some(("2025-02", &[1], &[])));
        check("legal[us-fto219].state", Some(("ACTIVE", &[2], &["legal[us-fto219].since"])));
        check("legal[gb-ta2000/Military Wing]#2", Some(("ACTIVE", &[4], &[])));
        check("headline", Some(("DIRECT_CONTACT", &[1], &[])));
        let legal = "us-fto219 ACTIVE; gb-ta2000/Military Wing DELISTED";
        let below = [
            "legal[us-fto219]",
            "legal[us-fto219].since",
            "legal[gb-ta2000/Military Wing]",
            "legal[gb-ta2000/Military Wing]#2",
        ];
        check("legal", Some((legal, &[2, 3, 4], &below)));
        for absent in ["", "nothing", "head", "legal[us]", "contact.", "headline.since"] {
            check(absent, None);
        }
    }

    #[test]
    fn lists() {
        for (entries, expected) in [
            (&[][..], ""),
            (&[("a", "1"), ("a", "1")], "a 1; a 1"),
            (&[("r from g binding de", "ACTIVE")], "r from g binding de ACTIVE"),
            (
                &[
                    ("q from g", "ACTIVE"),
                    ("r from g binding de", "ACTIVE"),
                    ("r from g binding fr", "ACTIVE"),
                ],
                "q from g ACTIVE; r from g ACTIVE binding 2 members: de, fr",
            ),
        ] {
            assert_eq!(list(entries), expected);
        }
    }

    #[test]
    fn regimes_in_paths() {
        for (path, expected) in [
            ("designations[us-fto219]", Some("us-fto219")),
            ("designations[gb-ta2000/Military Wing].since", Some("gb-ta2000")),
            ("designations", None),
            ("legal[us-fto219]", None),
        ] {
            assert_eq!(regime_asked(path), expected, "{path}");
        }
    }
}
