//! The canonical encoding of an event: the one that the generated code writes. Protobuf lets the same message be encoded in
//! many ways; of an event on record there is one, so that the same content is the same bytes.
//!
//! Most clients write it anyway. What is written so need not be written again: [`is_canonical`] walks over the bytes once,
//! without decoding them.

use std::{collections::HashMap, sync::OnceLock};

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

/// Whether these bytes, if they decode as a `chancery.v1.Event` at all, are encoded to the same bytes again.
///
/// False is always safe: the message is then written anew.
pub fn is_canonical(event: &[u8]) -> bool {
    static FORMS: OnceLock<Vec<Form>> = OnceLock::new();
    let forms = FORMS.get_or_init(|| forms().unwrap_or_default());
    walk(forms, 0, event).is_some()
}

/// What the fields of a message look like, by their numbers.
#[derive(Default)]
struct Form(Vec<Option<FieldForm>>);

#[derive(Clone, Copy)]
struct FieldForm {
    /// Fields stand in this order; those of a oneof have one place, and there is one of them.
    place: u32,
    shape: Shape,
    /// Whether it may stand there with its default value.
    with_default: bool,
    is_repeated: bool,
}

#[derive(Clone, Copy)]
enum Shape {
    Number(Width),
    /// Numbers behind each other.
    Numbers(Width),
    /// A string or bytes.
    Text,
    /// A message of the form with this index.
    Message(usize),
}

/// Which numbers come back as they were.
#[derive(Clone, Copy)]
enum Width {
    Bool,
    Signed32,
    Unsigned32,
    Any64,
}

/// The wire types of these shapes: a varint, and a length with so many bytes.
const VARINT: u64 = 0;
const LENGTH: u64 = 2;

/// `None` where it is not canonical.
fn walk(forms: &[Form], form: usize, mut rest: &[u8]) -> Option<()> {
    let Form(fields) = forms.get(form)?;
    // Before the first field; no place is 0.
    let mut place = 0;
    while !rest.is_empty() {
        let tag = take_varint(&mut rest)?;
        let field = fields.get(usize::try_from(tag >> 3).ok()?)?.as_ref()?;
        if field.place < place || field.place == place && !field.is_repeated {
            return None;
        }
        place = field.place;
        if let Shape::Number(width) = field.shape {
            let number = take_varint(&mut rest)?;
            if tag & 7 != VARINT || !width.holds(number) || number == 0 && !field.with_default {
                return None;
            }
            continue;
        }
        if tag & 7 != LENGTH {
            return None;
        }
        let length = usize::try_from(take_varint(&mut rest)?).ok()?;
        let (value, behind) = rest.split_at_checked(length)?;
        rest = behind;
        match field.shape {
            Shape::Message(form) => walk(forms, form, value)?,
            Shape::Text if value.is_empty() && !field.with_default => return None,
            Shape::Text => {}
            Shape::Numbers(width) => walk_numbers(width, value)?,
            Shape::Number(_) => return None,
        }
    }
    Some(())
}

fn walk_numbers(width: Width, mut rest: &[u8]) -> Option<()> {
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        take_varint(&mut rest).filter(|number| width.holds(*number))?;
    }
    Some(())
}

impl Width {
    const fn holds(self, number: u64) -> bool {
        match self {
            Width::Bool => number <= 1,
            Width::Signed32 => number as i32 as i64 as u64 == number,
            Width::Unsigned32 => number as u32 as u64 == number,
            Width::Any64 => true,
        }
    }
}

/// Takes a number in the fewest bytes that hold it.
fn take_varint(rest: &mut &[u8]) -> Option<u64> {
    let (first, mut behind) = rest.split_first()?;
    let mut number = u64::from(first & 0x7f);
    let (mut last, mut shift) = (*first, 7);
    while 0x80 <= last {
        let (next, further) = behind.split_first()?;
        // The tenth byte holds the highest bit alone.
        if shift == 63 && 1 < *next || *next == 0 {
            return None;
        }
        number |= u64::from(next & 0x7f) << shift;
        (last, behind, shift) = (*next, further, shift + 7);
    }
    *rest = behind;
    Some(number)
}

/// The form of an event, and behind it those of what may be in it. `None`: the descriptors are not those of the API, and no
/// event is canonical.
fn forms() -> Option<Vec<Form>> {
    let pool = DescriptorPool::decode(super::DESCRIPTORS).ok()?;
    let mut messages = vec![pool.get_message_by_name("chancery.v1.Event")?];
    let mut numbers = HashMap::from([(messages.first()?.full_name().to_owned(), 0)]);
    let mut forms = Vec::new();
    while let Some(message) = messages.get(forms.len()).cloned() {
        let mut form = Form::default();
        for field in message.fields() {
            let number = usize::try_from(field.number()).ok()?;
            if form.0.len() <= number {
                form.0.resize(number + 1, None);
            }
            if let (Some(place), Some(shape)) =
                (form.0.get_mut(number), shape(&field, &mut messages, &mut numbers))
            {
                *place = Some(FieldForm {
                    place: field
                        .containing_oneof()
                        .and_then(|it| it.fields().map(|it| it.number()).min())
                        .unwrap_or(field.number()),
                    shape,
                    with_default: field.supports_presence() || field.is_list(),
                    is_repeated: field.is_list() && !matches!(shape, Shape::Numbers(_)),
                });
            }
        }
        forms.push(form);
    }
    Some(forms)
}

/// The shape of a field; messages not met before are put behind the others. `None`: whatever has such a field is not
/// canonical.
fn shape(
    field: &FieldDescriptor,
    messages: &mut Vec<MessageDescriptor>,
    numbers: &mut HashMap<String, usize>,
) -> Option<Shape> {
    let width = match field.kind() {
        _ if field.is_map() => return None,
        Kind::String | Kind::Bytes => return Some(Shape::Text),
        Kind::Message(message) => {
            let number = *numbers.entry(message.full_name().to_owned()).or_insert_with(|| {
                messages.push(message);
                messages.len() - 1
            });
            return Some(Shape::Message(number));
        }
        Kind::Bool => Width::Bool,
        Kind::Enum(_) | Kind::Int32 => Width::Signed32,
        Kind::Uint32 => Width::Unsigned32,
        Kind::Int64 | Kind::Uint64 => Width::Any64,
        _ => return None,
    };
    match (field.is_list(), field.is_packed()) {
        (false, _) => Some(Shape::Number(width)),
        (true, true) => Some(Shape::Numbers(width)),
        (true, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message as _;

    use super::*;
    use crate::wire::v1;

    /// Events with fields of every shape.
    fn events() -> Vec<Vec<u8>> {
        let source = v1::Source {
            publisher: "A paper".to_owned(),
            title: "A report".repeat(30),
            kind: v1::SourceKind::EstablishedMedia.into(),
            ..v1::Source::default()
        };
        let participant =
            |party| v1::Participant { party: Some(party), role: 1, ..v1::Participant::default() };
        let engagement = v1::Engagement {
            kind: v1::EngagementKind::CeasefireInForce.into(),
            participants: vec![
                participant(v1::participant::Party::Actor("us".to_owned())),
                participant(v1::participant::Party::Group(String::new())),
                v1::Participant::default(),
            ],
            pillars: vec![1, 2, 300, -1],
            ceasefire: Some(v1::Ceasefire {
                sides: vec!["us".to_owned(), String::new()],
                ..v1::Ceasefire::default()
            }),
            ..v1::Engagement::default()
        };
        let regime = v1::RegimeRegistered { review_interval_months: 12, ..v1::RegimeRegistered::default() };
        let decision = v1::DecisionRecorded {
            digest: vec![0, 7].into(),
            basis: Some(v1::DecisionBasis { known_at: u64::MAX, ..v1::DecisionBasis::default() }),
            ..v1::DecisionRecorded::default()
        };
        let fact = |statement| v1::Fact {
            effective_on: "2025-03-05".to_owned(),
            sources: vec![source.clone(), v1::Source::default()],
            label: 2,
            statement: Some(statement),
            ..v1::Fact::default()
        };
        let facts = [
            fact(v1::fact::Statement::Engagement(engagement)),
            fact(v1::fact::Statement::RegimeRegistered(regime)),
            fact(v1::fact::Statement::DecisionRecorded(decision)),
        ];
        let correction = v1::Correction { replacement: facts.first().cloned(), ..v1::Correction::default() };
        let bodies = facts.into_iter().map(v1::event::Body::Fact);
        let bodies = bodies.map(Some).chain([Some(v1::event::Body::Correction(correction)), None]);
        let event = |body| v1::Event { event_id: "an id".to_owned(), body }.encode_to_vec();
        bodies.map(event).chain([Vec::new()]).collect()
    }

    fn check(bytes: &[u8]) {
        if is_canonical(bytes)
            && let Ok(event) = v1::Event::decode(bytes)
        {
            assert_eq!(event.encode_to_vec(), bytes);
        }
    }

    #[test]
    fn what_the_generated_code_writes_is_canonical() {
        for event in events() {
            assert!(is_canonical(&event), "{event:?}");
        }
    }

    #[test]
    fn other_encodings_of_an_event_are_not() {
        let text = |field: u8, text: &[u8]| [&[field << 3 | 2, text.len() as u8], text].concat();
        let fact = |fields: &[&[u8]]| text(2, &fields.concat());
        for (bytes, why) in [
            (text(1, b""), "a default value"),
            ([text(1, b"a"), text(1, b"b")].concat(), "a field that is there twice"),
            ([fact(&[]), text(1, b"a")].concat(), "fields in another order"),
            ([fact(&[]), text(3, b"")].concat(), "two of a oneof"),
            (text(99, b"a"), "a field that nobody knows"),
            (vec![0x0a, 0x81, 0x00, b'a'], "a length in more bytes than it needs"),
            (vec![0x8a, 0x00, 0x01, b'a'], "a tag in more bytes than it needs"),
            (vec![0x0d, 1, 2, 3, 4], "another wire type"),
            (vec![0x0a, 2, b'a'], "a field that ends too early"),
        ] {
            assert!(!is_canonical(&bytes), "{why}");
        }
    }

    proptest! {
        #[test]
        fn what_is_canonical_is_written_so_again(
            which in 0_usize..6,
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0_u8..4), 1..4),
        ) {
            let mut bytes = events().swap_remove(which);
            for (place, byte, edit) in edits {
                let at = place.index(bytes.len() + 1);
                match edit {
                    0 => bytes.insert(at, byte),
                    1 if at < bytes.len() => drop(bytes.remove(at)),
                    2 => bytes.extend_from_within(at..),
                    _ => if let Some(place) = bytes.get_mut(at) { *place ^= 1 << (byte % 8) },
                }
            }
            check(&bytes);
        }
    }
}
