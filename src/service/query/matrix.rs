//! Matrices: groups by regimes, and actors by groups, a page of rows at a time.

use super::{Page, Query, conditions::Conditions, finish, overview::slugs};
use crate::{
    domain::{as_of::AsOf, vocabulary::Label},
    projection::{ListingMatrix, RelationMatrix, Store},
    service::refusal::Refusal,
    wire::{
        Field, Findings,
        as_of::read_times,
        status::overview::{write_listing_row, write_relation_row},
        v1,
    },
};

/// Which matrix.
enum Matrix {
    Listings(ListingMatrix),
    Relations(RelationMatrix),
}

fn read(message: Option<&v1::get_matrix_request::Matrix>, found: &mut Findings) -> Option<Matrix> {
    use v1::get_matrix_request::Matrix as Message;
    match message {
        Some(Message::Listings(it)) => {
            let at = Field::root("listings");
            Some(Matrix::Listings(ListingMatrix {
                groups: slugs(found, &at, "groups", &it.groups),
                regimes: slugs(found, &at, "regimes", &it.regimes),
                states: found.vocabularies(&at, "states", &it.states),
                flags: found.vocabularies(&at, "flags", &it.flags),
            }))
        }
        Some(Message::Relations(it)) => {
            let at = Field::root("relations");
            Some(Matrix::Relations(RelationMatrix {
                actors: slugs(found, &at, "actors", &it.actors),
                groups: slugs(found, &at, "groups", &it.groups),
                headlines: found.vocabularies(&at, "headlines", &it.headlines),
                flags: found.vocabularies(&at, "flags", &it.flags),
                listed: it.listed,
            }))
        }
        None => {
            found.add(&Field::root("matrix"), "is required: `listings` or `relations`");
            None
        }
    }
}

impl Matrix {
    /// The same of groups as they are called now, unless it is narrowed to what is not on record.
    fn on_record(self, store: &Store, as_of: AsOf) -> Result<Matrix, Refusal> {
        let mut conditions = Conditions::new(store, as_of);
        let matrix = match self {
            Matrix::Listings(it) => {
                let at = Field::root("listings");
                conditions.regimes(&at, "regimes", &it.regimes);
                let groups = conditions.groups(&at, "groups", &it.groups);
                Matrix::Listings(ListingMatrix { groups, ..it })
            }
            Matrix::Relations(it) => {
                let at = Field::root("relations");
                conditions.actors(&at, "actors", &it.actors);
                let groups = conditions.groups(&at, "groups", &it.groups);
                Matrix::Relations(RelationMatrix { groups, ..it })
            }
        };
        conditions.finish()?;
        Ok(matrix)
    }
}

impl Query {
    /// Where many stand at once.
    pub(super) async fn matrix(
        &self,
        mut request: v1::GetMatrixRequest,
        clearance: Label,
    ) -> Result<v1::GetMatrixResponse, Refusal> {
        let page = Page::of(&mut request)?;
        let mut found = Findings::default();
        let matrix = read(request.matrix.as_ref(), &mut found);
        let times = read_times(request.as_of.as_ref(), &Field::root("as_of"), &mut found);
        let matrix = finish(found, matrix)?;
        let asked = self.ask(page.when(times), clearance).await?;
        let mut answer = v1::GetMatrixResponse::default();
        let as_of = {
            let store = self.projection.store();
            let as_of = asked.as_of(&store);
            let matrix = matrix.on_record(&store, as_of)?;
            let regimes = store.regimes(as_of);
            let after = page.before.as_ref().map_or("", |before| before.key.as_str());
            let mut last = None;
            let more = match &matrix {
                Matrix::Listings(matrix) => {
                    let mut rows = store.listing_rows(matrix, after, &regimes, as_of);
                    for row in rows.by_ref().take(page.size) {
                        answer.listing_rows.push(write_listing_row(&row));
                        last = Some(row.group.to_string());
                    }
                    rows.next().is_some()
                }
                Matrix::Relations(matrix) => {
                    let mut rows = store.relation_rows(matrix, after, &regimes, as_of);
                    for row in rows.by_ref().take(page.size) {
                        answer.relation_rows.push(write_relation_row(&row));
                        last = Some(row.actor.to_string());
                    }
                    rows.next().is_some()
                }
            };
            let next = last.filter(|_| more).map(|key| page.next(as_of.known_at, as_of.valid_at, &key));
            answer.next_page_token = next.unwrap_or_default();
            as_of
        };
        answer.view = Some(self.view(as_of).await?);
        Ok(answer)
    }
}
