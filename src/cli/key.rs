//! `key`: the key that a record's checkpoints are verified with.

use clap::Args;

use super::{connection::Session, failure::Failure, output::Format};
use crate::wire::v1;

/// Show the key that this record's checkpoints and proofs are verified with
#[derive(Debug, Args)]
#[command(
    after_help = "Learn it once over a way that you trust, and keep it: a server that lies shows another one.\n\n\
    Examples:\n  \
    chancery key\n  \
    chancery check event.tlog-proof --key \"$(cat record.vkey)\""
)]
pub struct Key {}

impl Key {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let request = session.request(v1::GetVerifierKeyRequest {});
        let answer = session.audit().await?.get_verifier_key(request).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        match session.printer.format() {
            Format::Table => session.printer.text(&format!("{}\n", answer.verifier_key)),
            Format::Json => session.printer.message(&answer),
            Format::Jsonl => session.printer.lines([&answer]),
        }
    }
}
