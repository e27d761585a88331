//! Fields: where in a message something is, in the API's names.

use std::fmt;

/// The place of a field in a message, printed as a path: `events[3].fact.sources[0].kind`.
///
/// It refers to the field around it and is only turned into text when there is something to say about it.
#[derive(Clone, Copy, Debug)]
pub struct Field<'a> {
    within: Option<&'a Field<'a>>,
    name: &'a str,
    index: Option<usize>,
}

impl<'a> Field<'a> {
    /// The message itself, which prints nothing.
    pub const ROOT: Field<'static> = Field::root("");

    /// A field that is in no other, or a path that is known already; an empty one is the message itself and prints
    /// nothing.
    pub const fn root(path: &'a str) -> Field<'a> {
        Field { within: None, name: path, index: None }
    }

    /// The field of this name in the message at this one.
    pub const fn child<'b>(&'b self, name: &'b str) -> Field<'b> {
        Field { within: Some(self), name, index: None }
    }

    /// The entry with this index, from 0, of the repeated field of this name in the message at this one.
    pub const fn entry<'b>(&'b self, name: &'b str, index: usize) -> Field<'b> {
        Field { within: Some(self), name, index: Some(index) }
    }

    fn is_blank(&self) -> bool {
        self.name.is_empty() && self.within.is_none_or(Field::is_blank)
    }
}

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(within) = self.within.filter(|within| !within.is_blank()) {
            write!(f, "{within}.")?;
        }
        f.write_str(self.name)?;
        match self.index {
            Some(index) => write!(f, "[{index}]"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(root: &str, expected: &str) {
        let root = Field::root(root);
        let fact = root.child("fact");
        let source = fact.entry("sources", 2);
        assert_eq!(source.child("kind").to_string(), expected);
    }

    #[test]
    fn paths() {
        check("events[3]", "events[3].fact.sources[2].kind");
        check("", "fact.sources[2].kind");
        assert_eq!(Field::root("filter").to_string(), "filter");
        assert_eq!(Field::root("").to_string(), "");
    }
}
