//! Pages of a listing: one view for all of them, and a token that says where to go on.

use std::fmt::Write as _;

use prost::Message;
use sha2::{Digest as _, Sha256};

use super::asked::When;
use crate::{
    domain::{
        as_of::AsOf,
        date::{Day, parse_day},
    },
    position::Position,
    service::{operations::PAGE_SIZE_MAX, refusal::Refusal},
    wire::{as_of::Times, v1},
};

/// Entries in a page when the request does not say.
const PAGE_SIZE_DEFAULT: usize = 100;

/// Where a listing goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many entries at most.
    pub size: usize,
    /// What the tokens of this listing begin with: the request they belong to.
    request: String,
    /// The page before, if there was one.
    pub before: Option<Before>,
    /// The position the answer must reflect.
    min_position: u64,
}

/// The end of the page before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Before {
    /// The record it was computed on.
    pub known_at: Position,
    /// The valid date it was computed at.
    pub valid_at: Day,
    /// The last key it held.
    pub key: String,
}

/// A request for a page of a listing.
pub trait PageRequest: Message {
    /// Takes the size, the token, and the position that the answer must reflect, out of it. What is left is what the listing
    /// is of.
    fn take_paging(&mut self) -> (u32, String, u64);
}

macro_rules! page_requests {
    ($($request:ident)*) => {$(
        impl PageRequest for v1::$request {
            fn take_paging(&mut self) -> (u32, String, u64) {
                (
                    std::mem::take(&mut self.page_size),
                    std::mem::take(&mut self.page_token),
                    std::mem::take(&mut self.min_position),
                )
            }
        }
    )*};
}

page_requests! {
    GetMatrixRequest
    GetTimelineRequest
    ListAnomaliesRequest
    ListDocketRequest
    ListEngagingWhileDesignatedRequest
    ListGroupsRequest
    ListRelationshipsRequest
}

impl Page {
    /// Reads what page a request asks for, and takes that out of it.
    pub fn of<R: PageRequest>(request: &mut R) -> Result<Page, Refusal> {
        let (size, token, min_position) = request.take_paging();
        Ok(Page { min_position, ..Page::read(size, &token, request)? })
    }

    /// When the listing is asked about: the view of the page before, which the others keep.
    pub fn when(&self, times: Times) -> When {
        When { times, min_position: self.min_position, pinned: self.pinned() }
    }

    /// Reads the size and token of a request. `rest` is the request without them.
    fn read<M: Message>(size: u32, token: &str, rest: &M) -> Result<Page, Refusal> {
        let size = match size as usize {
            0 => PAGE_SIZE_DEFAULT,
            size if size <= PAGE_SIZE_MAX => size,
            size => {
                return Err(Refusal::field(
                    "page_size",
                    format!("is {size}; 1 to {PAGE_SIZE_MAX} are allowed"),
                ));
            }
        };
        let digest = Sha256::digest(rest.encode_to_vec());
        let request = digest.iter().take(8).fold(String::new(), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        });
        let foreign = || {
            let message = "does not belong to this request; pass the next_page_token of the page before, and change nothing else";
            Refusal::field("page_token", message)
        };
        let before = match token {
            "" => None,
            token => Some(before(token, &request).ok_or_else(foreign)?),
        };
        Ok(Page { size, request, before, min_position: 0 })
    }

    fn pinned(&self) -> Option<(Position, Day)> {
        self.before.as_ref().map(|before| (before.known_at, before.valid_at))
    }

    /// The entries of this page, of a listing that is computed whole and goes on by number, and where the next page begins;
    /// `None`: nowhere. A listing under one view never changes.
    pub fn part<'a, T>(&self, all: &'a [T]) -> (&'a [T], Option<usize>) {
        let start: usize =
            self.before.as_ref().and_then(|before| before.key.parse().ok()).unwrap_or_default();
        let rest = all.get(start..).unwrap_or_default();
        let shown = rest.get(..self.size).unwrap_or(rest);
        let end = start + shown.len();
        (shown, (end < all.len()).then_some(end))
    }

    /// The token of the page that begins with the entry of this number; empty: there is none.
    pub fn next_part(&self, as_of: AsOf, next: Option<usize>) -> String {
        next.map(|next| self.next(as_of.known_at, as_of.valid_at, &next.to_string())).unwrap_or_default()
    }

    /// The token of the page after the one that ends with `key`.
    pub fn next(&self, known_at: Position, valid_at: Day, key: &str) -> String {
        format!("{}.{known_at}.{valid_at}.{key}", self.request)
    }
}

fn before(token: &str, request: &str) -> Option<Before> {
    let mut parts = token.splitn(4, '.');
    let (of, known_at, valid_at, key) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if of != request {
        return None;
    }
    let known_at = Position::new(known_at.parse().ok()?);
    Some(Before { known_at, valid_at: parse_day(valid_at).ok()?, key: key.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_belong_to_their_request() {
        let page = |size, token: &str, request: &str| Page::read(size, token, &request.to_owned());
        let first = page(0, "", "groups of us").unwrap();
        assert_eq!((first.size, first.pinned()), (PAGE_SIZE_DEFAULT, None));
        let day = parse_day("2025-07-08").unwrap();
        let token = first.next(Position::new(7), day, "us/hts.x");
        let second = page(3, &token, "groups of us").unwrap();
        assert_eq!(
            second.before,
            Some(Before { known_at: Position::new(7), valid_at: day, key: "us/hts.x".to_owned() })
        );
        for foreign in [token.as_str(), "x", "...", "1.2.3.4"] {
            assert!(page(3, foreign, "groups of fr").is_err(), "{foreign}");
        }
        assert!(page(1_001, "", "groups of us").is_err());
    }
}
