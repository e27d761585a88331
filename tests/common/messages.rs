//! Walking messages by their descriptors: to spoil fields of good ones, and to make up ones of any shape.

use chancery::wire::{DESCRIPTORS, v1};
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, ReflectMessage, Value,
};

/// The descriptor of an event.
pub fn event_descriptor() -> MessageDescriptor {
    let pool = DescriptorPool::decode(DESCRIPTORS).unwrap();
    pool.get_message_by_name("chancery.v1.Event").unwrap()
}

/// An event, to be walked.
pub fn reflect(event: &v1::Event, descriptor: &MessageDescriptor) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    message.transcode_from(event).unwrap();
    message
}

/// Goes through every field that is read as more than text (slugs, ids, dates, values of vocabularies), and gives it
/// something that cannot be read where `choose` says so of its path.
pub fn spoil(message: &mut DynamicMessage, at: &str, choose: &mut dyn FnMut(&str) -> bool) {
    let fields: Vec<FieldDescriptor> = message.descriptor().fields().collect();
    for field in fields {
        let path = if at.is_empty() { field.name().to_owned() } else { format!("{at}.{}", field.name()) };
        if !message.has_field(&field) && (field.containing_oneof().is_some() || field.is_list()) {
            continue;
        }
        match field.kind() {
            Kind::Message(_) if !message.has_field(&field) => {}
            Kind::Message(_) | Kind::Enum(_) if field.is_list() => {
                let Value::List(entries) = message.get_field_mut(&field) else { unreachable!() };
                for (index, entry) in entries.iter_mut().enumerate() {
                    let path = format!("{path}[{index}]");
                    match entry {
                        Value::Message(entry) => spoil(entry, &path, choose),
                        entry if choose(&path) => *entry = Value::EnumNumber(9_999),
                        _ => {}
                    }
                }
            }
            Kind::Message(_) => {
                let Value::Message(inner) = message.get_field_mut(&field) else { unreachable!() };
                spoil(inner, &path, choose);
            }
            Kind::Enum(_) if choose(&path) => message.set_field(&field, Value::EnumNumber(-1)),
            Kind::String if is_parsed(field.name()) && choose(&path) => {
                message.set_field(&field, Value::String("not\nthis!".to_owned()));
            }
            _ => {}
        }
    }
}

/// Whether a text field of this name is a slug, an id, a date or a code.
fn is_parsed(name: &str) -> bool {
    let ids = ["event_id", "target", "claim_of", "credibility", "from", "until"];
    let slugs = ["actor", "group", "regime", "authority", "other", "of", "alias_of"];
    name.ends_with("_on") || ids.contains(&name) || slugs.contains(&name)
}

/// A message of any shape, decided by `choices`; once they run out, everything is left out.
pub fn make_up(descriptor: &MessageDescriptor, choices: &mut dyn Iterator<Item = u8>) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        let Some(choice) = choices.next() else { break };
        if choice < 64 {
            continue;
        }
        let value = if field.is_list() {
            let count = match choice {
                255 => 300,
                254 => 30,
                _ => u16::from(choice % 4),
            };
            Value::List((0..count).map(|_| make_up_value(&field, choices)).collect())
        } else {
            make_up_value(&field, choices)
        };
        message.set_field(&field, value);
    }
    message
}

fn make_up_value(field: &FieldDescriptor, choices: &mut dyn Iterator<Item = u8>) -> Value {
    let choice = choices.next().unwrap_or_default();
    match field.kind() {
        Kind::Message(inner) => Value::Message(make_up(&inner, choices)),
        Kind::Enum(_) => Value::EnumNumber(match choice {
            255 => i32::MAX,
            254 => i32::MIN,
            _ => i32::from(choice % 50) - 1,
        }),
        Kind::Uint64 => Value::U64(if choice == 255 { u64::MAX } else { choice.into() }),
        Kind::Bytes => {
            Value::Bytes(vec![choice; if choice.is_multiple_of(2) { 32 } else { usize::from(choice) }].into())
        }
        Kind::Uint32 => Value::U32(if choice == 255 { u32::MAX } else { choice.into() }),
        Kind::String => Value::String(match choice % 24 {
            0 => String::new(),
            1 => "x".repeat(5_000),
            2 => "\u{0}\u{1b}[2J\u{202e}é".repeat(50),
            3 => "2017-02-31".to_owned(),
            4 => "2018/2017".to_owned(),
            5 => "0999".to_owned(),
            6 => "2017-\u{660}1".to_owned(),
            7 => "00000000-0000-0000-0000-000000000000".to_owned(),
            8..=12 => "2017-03".to_owned(),
            13..=15 => "0197f0a2-6c1d-7b5e-9a6b-2d8f4f0c1e11".to_owned(),
            16 => "B2".to_owned(),
            17 => "?0".to_owned(),
            18 => "Latn".to_owned(),
            _ => char::from(b'a' + choice % 5).to_string(),
        }),
        kind => unreachable!("events have no {kind:?}"),
    }
}
