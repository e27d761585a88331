//! Sources: between the API's messages and the domain.

use super::text_of;
use crate::{
    domain::{source::Source, vocabulary::SourceKind},
    wire::{Field, Findings, v1, vocabulary},
};

/// The sources of the fact at `at`.
pub(super) fn read_all(messages: &[v1::Source], at: &Field<'_>, found: &mut Findings) -> Vec<Source> {
    let messages = found.list(&at.child("sources"), messages, 1..=20);
    let source = |(index, message)| read(message, &at.entry("sources", index), found);
    messages.iter().enumerate().map(source).collect()
}

fn read(message: &v1::Source, at: &Field<'_>, found: &mut Findings) -> Source {
    Source {
        publisher: message.publisher.clone(),
        title: message.title.clone(),
        locator: message.locator.clone(),
        kind: found.vocabulary(&at.child("kind"), message.kind).unwrap_or(SourceKind::MachineCoded),
        published_on: found.optional(&at.child("published_on"), &message.published_on),
        retrieved_on: found.optional(&at.child("retrieved_on"), &message.retrieved_on),
        sha256: message.sha256.clone(),
        language: message.language.clone(),
        quote: message.quote.clone(),
    }
}

pub(super) fn write(source: &Source) -> v1::Source {
    v1::Source {
        publisher: source.publisher.clone(),
        title: source.title.clone(),
        locator: source.locator.clone(),
        kind: vocabulary::write(source.kind),
        published_on: text_of(source.published_on),
        retrieved_on: text_of(source.retrieved_on),
        sha256: source.sha256.clone(),
        language: source.language.clone(),
        quote: source.quote.clone(),
    }
}
