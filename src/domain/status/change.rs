//! Changes: how the fields of one status differ from those of another.

use std::collections::{BTreeMap, BTreeSet};

use super::field::Field;

/// A field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change<'a> {
    /// The path.
    pub path: &'a str,
    /// The field before; `None`: it had no value.
    pub was: Option<&'a Field>,
    /// The field after; `None`: it has no value.
    pub is: Option<&'a Field>,
}

/// The fields whose values differ, by path. What a value rests on may change without the value: that is no change.
///
/// Changes compose: from A to B and from B to C together are from A to C, where what went and came back is none.
pub fn changes<'a>(was: &'a [Field], is: &'a [Field]) -> Vec<Change<'a>> {
    let by_path = |fields: &'a [Field]| -> BTreeMap<&'a str, &'a Field> {
        fields.iter().map(|field| (field.path.as_str(), field)).collect()
    };
    let (was, is) = (by_path(was), by_path(is));
    let paths: BTreeSet<&str> = was.keys().chain(is.keys()).copied().collect();
    paths
        .into_iter()
        .map(|path| Change { path, was: was.get(path).copied(), is: is.get(path).copied() })
        .filter(|change| change.was.map(|field| &field.value) != change.is.map(|field| &field.value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{fold::Provenance, status::field::Part};

    /// `a=1 b=2`
    fn fields(text: &str) -> Vec<Field> {
        let field = |entry: &str| {
            let (path, value) = entry.split_once('=').unwrap();
            Field {
                path: path.to_owned(),
                value: value.to_owned(),
                part: Part::Standing,
                provenance: Provenance::default(),
                own: None,
                follows_from: Vec::new(),
            }
        };
        text.split_whitespace().map(field).collect()
    }

    fn check(was: &str, is: &str, expected: &str) {
        let (was, is) = (fields(was), fields(is));
        let value = |field: Option<&Field>| field.map_or("-".to_owned(), |field| field.value.clone());
        let found: Vec<String> = changes(&was, &is)
            .iter()
            .map(|change| format!("{}:{}>{}", change.path, value(change.was), value(change.is)))
            .collect();
        assert_eq!(found.join(" "), expected);
    }

    #[test]
    fn what_differs() {
        check("", "", "");
        check("a=1 b=2", "b=2 a=1", "");
        check("a=1 b=2", "a=3 c=4", "a:1>3 b:2>- c:->4");
        check("", "a=1", "a:->1");
    }
}
