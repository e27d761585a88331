//! Listings: answers that come in pages or in parts, put together and printed.

use prost::{Message, Name};
use tonic::{Response, Status, Streaming};

use super::{
    arguments::Extent,
    connection::Session,
    failure::Failure,
    output::{Format, Printer, note},
    page::Look,
};
use crate::wire::v1;

/// An answer that comes in pages.
pub trait Listing: Message + Name + Default {
    /// What it lists.
    type Entry: Message + Name;

    /// The entries so far.
    fn entries(&self) -> &[Self::Entry];
    /// What the next page is asked for with; empty after the last.
    fn next_page_token(&self) -> &str;
    /// Takes the next page. The view is that of the first.
    fn absorb(&mut self, page: Self);
}

macro_rules! listings {
    ($($answer:ident: $entries:ident of $entry:ident $(with $also:ident)?;)*) => {$(
        impl Listing for v1::$answer {
            type Entry = v1::$entry;

            fn entries(&self) -> &[v1::$entry] {
                &self.$entries
            }

            fn next_page_token(&self) -> &str {
                &self.next_page_token
            }

            fn absorb(&mut self, page: Self) {
                self.$entries.extend(page.$entries);
                self.next_page_token = page.next_page_token;
                self.view = self.view.take().or(page.view);
                $(self.$also = page.$also;)?
            }
        }
    )*};
}

listings! {
    GetTimelineResponse: entries of TimelineEntry with identities;
    ListAnomaliesResponse: anomalies of AnomalyEntry;
    ListDocketResponse: entries of DocketEntry;
    ListEngagingWhileDesignatedResponse: stretches of EngagingWhileDesignated;
    ListGroupsResponse: groups of GroupSummary;
    ListRelationshipsResponse: relationships of RelationshipSummary;
}

/// Asks, page after page, for as much as was wanted, and notes it if there is more. `ask` is given the size of a page and
/// the token that it begins with.
pub async fn gather<L: Listing>(
    session: &Session,
    extent: Extent,
    mut ask: impl AsyncFnMut(u32, String) -> Result<Response<L>, Status>,
) -> Result<L, Failure> {
    let mut listing = L::default();
    while let Some(size) = extent.next_page(listing.entries().len()) {
        let page = ask(size, listing.next_page_token().to_owned()).await;
        listing.absorb(page.map_err(|status| session.refused(status))?.into_inner());
        if listing.next_page_token().is_empty() {
            break;
        }
    }
    if !listing.next_page_token().is_empty() {
        note(&format!("There are more than these {}: see --limit and --all.", listing.entries().len()));
    }
    Ok(listing)
}

/// Prints a listing in the form asked for: as `table` draws it, as one message, or an entry a line.
pub fn print<L: Listing>(
    printer: &mut Printer,
    listing: &L,
    table: impl FnOnce(&L, Look) -> String,
) -> Result<(), Failure> {
    match printer.format() {
        Format::Table => {
            let text = table(listing, printer.look());
            printer.text(&text)
        }
        Format::Json => printer.message(listing),
        Format::Jsonl => printer.lines(listing.entries()),
    }
}

/// All parts of an answer that comes as a stream with an end.
pub async fn collect<T>(
    session: &Session,
    answer: Result<Response<Streaming<T>>, Status>,
) -> Result<Vec<T>, Failure> {
    let mut stream = answer.map_err(|status| session.refused(status))?.into_inner();
    let mut parts = Vec::new();
    while let Some(part) = session.next(&mut stream).await? {
        parts.push(part);
    }
    Ok(parts)
}

/// Prints the parts of an answer in the form asked for: as `page` puts them, or one a line.
pub fn print_parts<T: Message + Name>(
    printer: &mut Printer,
    parts: &[T],
    page: impl FnOnce(&[T], Look) -> Result<String, Failure>,
) -> Result<(), Failure> {
    match printer.format() {
        Format::Table => {
            let text = page(parts, printer.look())?;
            printer.text(&text)
        }
        Format::Json | Format::Jsonl => printer.lines(parts),
    }
}
