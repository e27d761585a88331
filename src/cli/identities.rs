//! Identities that were found to be one, in the line above a list of events.

use super::{connection::Session, evidence::fact_of, failure::Failure, statement::event_id, words::short_id};
use crate::{
    domain::subject::Subject,
    wire::v1::{self, fact::Statement},
};

/// Which identities were merged into which others, and since when by record; empty: none.
pub fn merged(identities: &[v1::Record]) -> String {
    let told = identities.iter().filter_map(|record| match fact_of(record)?.statement.as_ref()? {
        Statement::IdentityMerged(it) => {
            let (position, id) = (record.position, short_id(event_id(record)));
            Some(format!("{} into {} since position {position} [{id}]", it.group, it.into))
        }
        _ => None,
    });
    match told.collect::<Vec<String>>() {
        none if none.is_empty() => String::new(),
        told => format!("Merged: {}", told.join("; ")),
    }
}

/// The merges that stand now of what a subject is about; none, where nothing about it is on record, or where that cannot be told
/// now: the record itself is readable all the same.
pub async fn of_subject(session: &mut Session, subject: &str) -> Result<Vec<v1::Record>, Failure> {
    if !subject.parse::<Subject>().is_ok_and(|subject| subject.group().is_some()) {
        return Ok(Vec::new());
    }
    let request = v1::GetTimelineRequest { subject: subject.to_owned(), page_size: 1, ..Default::default() };
    let answer = session.queries().await?.get_timeline(session.request(request)).await;
    Ok(answer.map(|answer| answer.into_inner().identities).unwrap_or_default())
}
