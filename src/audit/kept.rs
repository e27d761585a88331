//! Kept views: the text of a view as somebody kept it, beside the one that comes out of the record now.

use std::{collections::BTreeMap, fmt, str::Lines};

use super::ViewText;
use crate::domain::{statement::DecisionRecorded, vocabulary::ChangeCause};

/// The text of a view, read back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptView {
    head: Head,
    /// By subject.
    subjects: BTreeMap<String, Fields>,
}

/// The fields of a subject, by path.
type Fields = BTreeMap<String, KeptField>;

/// What a view says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Head {
    ruleset: String,
    valid: String,
    known: String,
    disclosed: String,
}

/// A value, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct KeptField {
    value: String,
    ground: String,
}

/// A field that is not the same in two views.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unlike {
    /// The subject.
    pub subject: String,
    /// The path.
    pub path: String,
    /// The value that was kept; `None`: it had no such field.
    pub was: Option<String>,
    /// The value now.
    pub is: Option<String>,
    /// The rule and the events of the value that was kept, as `RULE, stated, events 12 and 15`.
    pub was_ground: String,
    /// The same of the value now.
    pub is_ground: String,
}

/// How a kept view differs from the one that comes out now.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Unlikeness {
    /// How many fields are the same in value and ground.
    pub same: u64,
    /// The others, by subject and path.
    pub unlike: Vec<Unlike>,
    /// What made them differ; `None`: the rules are the same, so that the record is not the one that was seen.
    pub cause: Option<ChangeCause>,
}

/// Why a text is not the view of a decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeptViewError {
    /// It is another text, or was changed.
    #[error(
        "has the digest {found}, and the decision rests on a view with {pinned}: it is another view, or was changed"
    )]
    OtherDigest {
        /// The digest of the text, in hexadecimal.
        found: String,
        /// The digest of the decision.
        pinned: String,
    },
    /// The digest is right, and the text is not one of a view.
    #[error("has the digest of the decision, but is not the text of a view: line {line} is not {expected}")]
    Form {
        /// The line, from 1.
        line: usize,
        /// What should stand there.
        expected: &'static str,
    },
    /// It is a view, and not of what the decision says.
    #[error(
        "has the digest of the decision, but the decision says that its {part} is {decision:?}, and the text says \
         {view:?}: the digest was never that of the view that the decision names"
    )]
    OtherView {
        /// What differs.
        part: &'static str,
        /// What the text says.
        view: String,
        /// What the decision says.
        decision: String,
    },
}

impl KeptView {
    /// Reads the text that a decision rested on; refused, unless the decision pins its digest and names what it shows.
    pub fn read(text: &str, decision: &DecisionRecorded) -> Result<KeptView, KeptViewError> {
        let digest = ViewText { text: text.to_owned() }.digest();
        if digest != decision.digest {
            let (found, pinned) =
                (Hexadecimal(&digest).to_string(), Hexadecimal(&decision.digest).to_string());
            return Err(KeptViewError::OtherDigest { found, pinned });
        }
        let view = KeptView::parse(text)?;
        let basis = decision.basis;
        let mut subjects: Vec<String> = decision.subjects.iter().map(ToString::to_string).collect();
        subjects.sort();
        let listed: Vec<&str> = view.subjects.keys().map(String::as_str).collect();
        for (part, of_view, of_decision) in [
            ("ruleset", view.head.ruleset.clone(), decision.ruleset.clone()),
            ("valid date", view.head.valid.clone(), basis.valid_at.to_string()),
            ("position", view.head.known.clone(), basis.known_at.to_string()),
            (
                "disclosure",
                view.head.disclosed.clone(),
                basis.disclosed_by.map(|day| day.to_string()).unwrap_or_default(),
            ),
            ("list of subjects", listed.join(" "), subjects.join(" ")),
        ] {
            if of_view != of_decision {
                return Err(KeptViewError::OtherView { part, view: of_view, decision: of_decision });
            }
        }
        Ok(view)
    }

    /// Reads a text of the form of [`ViewText`].
    fn parse(text: &str) -> Result<KeptView, KeptViewError> {
        let mut lines = Numbered { lines: text.lines(), number: 0 };
        if lines.next() != Some("chancery-view-1") {
            return Err(lines.wrong("`chancery-view-1`"));
        }
        let head = Head {
            ruleset: lines.labelled("ruleset", "the ruleset")?,
            valid: lines.labelled("valid", "the valid date")?,
            known: lines.labelled("known", "the position")?,
            disclosed: lines.labelled("disclosed", "the day of disclosure")?,
        };
        let mut subjects: BTreeMap<String, Fields> = BTreeMap::new();
        let mut current = None;
        while let Some(line) = lines.next() {
            let parts: Vec<&str> = line.split('\t').collect();
            match (parts.as_slice(), current.as_ref().and_then(|subject| subjects.get_mut(subject))) {
                (["subject", subject], _) => {
                    subjects.insert((*subject).to_owned(), Fields::new());
                    current = Some((*subject).to_owned());
                }
                (["field", path, value, rule, stated, events, lost], Some(fields)) => {
                    let ground = ground(rule, stated, events, lost);
                    fields.insert((*path).to_owned(), KeptField { value: (*value).to_owned(), ground });
                }
                _ => return Err(lines.wrong("a subject, or a field of one")),
            }
        }
        Ok(KeptView { head, subjects })
    }

    /// How it differs, field by field, from what comes out now under the ruleset of now. What rules changed is a
    /// [`ChangeCause::RuleChange`]; under the same rules nothing explains it.
    pub fn beside(&self, now: &ViewText) -> Result<Unlikeness, KeptViewError> {
        let now = KeptView::parse(&now.text)?;
        let cause = (self.head.ruleset != now.head.ruleset).then_some(ChangeCause::RuleChange);
        let mut found = Unlikeness { cause, ..Unlikeness::default() };
        let none = Fields::new();
        for (subject, was) in &self.subjects {
            let is = now.subjects.get(subject).unwrap_or(&none);
            let mut paths: Vec<&String> = was.keys().chain(is.keys()).collect();
            paths.sort();
            paths.dedup();
            for path in paths {
                let (was, is) = (was.get(path), is.get(path));
                if was == is {
                    found.same += 1;
                    continue;
                }
                let value = |field: Option<&KeptField>| field.map(|field| field.value.clone());
                let ground = |field: Option<&KeptField>| field.map(|field| field.ground.clone());
                found.unlike.push(Unlike {
                    subject: subject.clone(),
                    path: path.clone(),
                    was: value(was),
                    is: value(is),
                    was_ground: ground(was).unwrap_or_default(),
                    is_ground: ground(is).unwrap_or_default(),
                });
            }
        }
        Ok(found)
    }
}

impl Unlike {
    /// Whether the value is the same, and only what it rests on differs.
    pub fn is_ground_only(&self) -> bool {
        self.was == self.is
    }
}

/// What a value rests on, in words.
fn ground(rule: &str, stated: &str, events: &str, lost: &str) -> String {
    let some = |label: &str, positions: &str| match positions {
        "" => String::new(),
        _ => format!(", {label} {}", positions.replace(',', " ")),
    };
    format!("{rule}, {stated}{}{}", some("at", events), some("against", lost))
}

/// The lines of a text, counted.
struct Numbered<'a> {
    lines: Lines<'a>,
    number: usize,
}

impl<'a> Numbered<'a> {
    fn next(&mut self) -> Option<&'a str> {
        self.number += 1;
        self.lines.next()
    }

    fn labelled(&mut self, label: &str, expected: &'static str) -> Result<String, KeptViewError> {
        let line = self.next().and_then(|line| line.split_once('\t'));
        match line.filter(|(found, _)| *found == label) {
            Some((_, value)) => Ok(value.to_owned()),
            None => Err(self.wrong(expected)),
        }
    }

    fn wrong(&self, expected: &'static str) -> KeptViewError {
        KeptViewError::Form { line: self.number, expected }
    }
}

/// Bytes in hexadecimal digits.
struct Hexadecimal<'a>(&'a [u8]);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{id::DecisionId, statement::DecisionBasis, subject::Subject},
        position::Position,
    };

    /// A view under a ruleset: `SUBJECT` begins one, `PATH=VALUE@EVENTS` is a field.
    fn text(ruleset: &str, entries: &str) -> String {
        let line = |entry: &str| match entry.split_once('=') {
            None => format!("subject\t{entry}\n"),
            Some((path, rest)) => {
                let (value, events) = rest.split_once('@').unwrap();
                format!("field\t{path}\t{value}\tSOLE\tstated\t{events}\t\n")
            }
        };
        let lines: String = entries.split_whitespace().map(line).collect();
        format!("chancery-view-1\nruleset\t{ruleset}\nvalid\t2025-03-01\nknown\t7\ndisclosed\t\n{lines}")
    }

    /// A decision that rests on this text.
    fn decision(text: &str, subjects: &[&str], ruleset: &str) -> DecisionRecorded {
        let subject = |text: &&str| text.parse::<Subject>().unwrap();
        DecisionRecorded {
            decision: "desk-7".parse::<DecisionId>().unwrap(),
            title: String::new(),
            subjects: subjects.iter().map(subject).collect(),
            basis: DecisionBasis {
                valid_at: "2025-03-01".parse().unwrap(),
                known_at: Position::new(7),
                disclosed_by: None,
            },
            digest: ViewText { text: text.to_owned() }.digest(),
            ruleset: ruleset.to_owned(),
            rationale: String::new(),
        }
    }

    const KEPT: &str = "group/a flags=X@4 name=A@1 group/b name=B@2";

    #[test]
    fn fields_are_compared_one_by_one() {
        let rules = Some(ChangeCause::RuleChange);
        for (ruleset, now, same, expected, cause) in [
            ("1", KEPT, 3, "", None),
            // The rules are others, and change nothing.
            ("2", KEPT, 3, "", rules),
            ("2", "group/a flags=Y@4 name=A@1 group/b name=B@2", 2, "group/a flags X>Y", rules),
            ("2", "group/a name=A@1 group/b name=B@2", 2, "group/a flags X>-", rules),
            ("2", "group/a flags=X@4 name=A@1 group/b name=B@2 z=Z@3", 3, "group/b z ->Z", rules),
            ("2", "group/a flags=X@4,5 name=A@1 group/b name=B@2", 2, "group/a flags X=X", rules),
            ("2", "group/a group/b", 0, "group/a flags X>-;group/a name A>-;group/b name B>-", rules),
            // The rules are the same, and nothing explains it.
            ("1", "group/a flags=Y@4 name=A@1 group/b name=B@2", 2, "group/a flags X>Y", None),
        ] {
            let kept = text("1", KEPT);
            let kept = KeptView::read(&kept, &decision(&kept, &["group/b", "group/a"], "1")).unwrap();
            let found = kept.beside(&ViewText { text: text(ruleset, now) }).unwrap();
            let value = |value: &Option<String>| value.clone().unwrap_or("-".to_owned());
            let told = |it: &Unlike| {
                let sign = if it.is_ground_only() { '=' } else { '>' };
                format!("{} {} {}{sign}{}", it.subject, it.path, value(&it.was), value(&it.is))
            };
            let unlike: Vec<String> = found.unlike.iter().map(told).collect();
            assert_eq!(unlike.join(";"), expected, "{now}");
            assert_eq!((found.same, found.cause), (same, cause), "{now}");
        }
    }

    #[test]
    fn grounds_are_told_in_words() {
        assert_eq!(ground("SOLE", "stated", "4", ""), "SOLE, stated, at 4");
        assert_eq!(ground("RANK", "inferred", "4,5", "6"), "RANK, inferred, at 4 5, against 6");
        assert_eq!(ground("SOLE", "stated", "", ""), "SOLE, stated");
    }

    #[test]
    fn what_is_not_the_view_of_the_decision_is_refused() {
        let view = text("1", KEPT);
        let both = ["group/a", "group/b"];
        let pinned = decision(&view, &both, "1");
        for (given, decision, expected) in [
            (view.clone(), pinned.clone(), ""),
            (view.replace("\tX\t", "\tY\t"), pinned.clone(), "another view, or was changed"),
            (String::new(), pinned, "another view, or was changed"),
            // The digest is right, whatever it is of.
            (view.clone(), decision(&view, &both, "2"), "its ruleset is \"2\""),
            (view.clone(), decision(&view, &both[..1], "1"), "its list of subjects is \"group/a\""),
        ] {
            let found = KeptView::read(&given, &decision).err().map(|error| error.to_string());
            let found = found.unwrap_or_default();
            assert!(found.contains(expected) && found.is_empty() == expected.is_empty(), "{found}");
        }
        let moved = view.replace("2025-03-01", "2025-03-02");
        let found = KeptView::read(&moved, &decision(&moved, &both, "1")).unwrap_err().to_string();
        assert!(found.contains("valid date is \"2025-03-01\""), "{found}");
        // Any text has a digest: what was cut off anywhere before the last subject is no view of both.
        for cut in 0..view.find("group/b").unwrap() {
            let part = &view[..cut];
            assert!(KeptView::read(part, &decision(part, &both, "1")).is_err(), "{part:?}");
        }
        let garbled = view.replace("field", "fields");
        let found = KeptView::read(&garbled, &decision(&garbled, &both, "1")).unwrap_err();
        assert_eq!(found, KeptViewError::Form { line: 7, expected: "a subject, or a field of one" });
    }
}
