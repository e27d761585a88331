//! `matrix`: where many stand at once.

mod actors;
mod engaging;
mod grid;
mod regimes;

use clap::{Args, Subcommand};

use super::{
    arguments::Extent,
    connection::Session,
    failure::Failure,
    output::{Format, note},
    page::Look,
};
use crate::wire::v1;

/// Show where many stand at once: groups by regimes, actors by groups, or engagement while designated
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery matrix regimes --only-listed --on 2025-07-08\n  \
    chancery matrix regimes --regime us-fto219,us-sdgt,un-scisil\n  \
    chancery matrix actors --group taliban,hts,hamas\n  \
    chancery matrix engaging --from 2025-01-01 --until 2025-12-31")]
pub struct Matrix {
    #[command(subcommand)]
    which: Which,
}

#[derive(Debug, Subcommand)]
enum Which {
    Regimes(regimes::Regimes),
    Actors(actors::Actors),
    Engaging(engaging::Engaging),
}

impl Matrix {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        match self.which {
            Which::Regimes(regimes) => regimes.run(session).await,
            Which::Actors(actors) => actors.run(session).await,
            Which::Engaging(engaging) => engaging.run(session).await,
        }
    }
}

/// Asks, page after page, and prints; `page` is what people read.
async fn show(
    session: &mut Session,
    mut request: v1::GetMatrixRequest,
    extent: Extent,
    page: impl FnOnce(&v1::GetMatrixResponse, Look) -> String,
) -> Result<(), Failure> {
    let mut queries = session.queries().await?;
    let mut matrix = v1::GetMatrixResponse::default();
    while let Some(page_size) = extent.next_page(matrix.listing_rows.len() + matrix.relation_rows.len()) {
        request.page_size = page_size;
        let answer = queries.get_matrix(session.request(request.clone())).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        matrix.listing_rows.extend(answer.listing_rows);
        matrix.relation_rows.extend(answer.relation_rows);
        matrix.view = matrix.view.or(answer.view);
        request.page_token.clone_from(&answer.next_page_token);
        matrix.next_page_token = answer.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    if !matrix.next_page_token.is_empty() {
        let rows = matrix.listing_rows.len() + matrix.relation_rows.len();
        note(&format!("There are more rows than these {rows}: see --limit and --all."));
    }
    match session.printer.format() {
        Format::Table => {
            let text = page(&matrix, session.printer.look());
            session.printer.text(&text)
        }
        Format::Json => session.printer.message(&matrix),
        Format::Jsonl if matrix.relation_rows.is_empty() => session.printer.lines(&matrix.listing_rows),
        Format::Jsonl => session.printer.lines(&matrix.relation_rows),
    }
}
