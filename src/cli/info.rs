//! `info`: what the server is and how it is.

use clap::Args;
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use super::{
    connection::Session,
    failure::Failure,
    page::{Look, Page, Text, Tone},
    words,
};
use crate::{service::is_full, wire::v1};

/// Show what the server is, what it holds and whether it is well
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery info\n  \
    chancery info --server http://127.0.0.1:7401 --output json")]
pub struct Info {}

impl Info {
    /// Asks and prints.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        let channel = session.connect().await?;
        let health = HealthClient::new(channel).check(session.request(HealthCheckRequest::default())).await;
        let health = health.map(|answer| answer.into_inner().status());
        let request = session.request(v1::ServerInfoRequest {});
        let answer = session.operations().await?.server_info(request).await;
        let answer = answer.map_err(|status| session.refused(status))?.into_inner();
        let health = match health {
            Ok(ServingStatus::Serving) => "serving",
            Ok(ServingStatus::NotServing) => "not serving",
            Ok(_) | Err(_) => "unknown",
        };
        session.printer.answer(&answer, |answer, look| Ok(page(answer, health, look)))
    }
}

fn page(answer: &v1::ServerInfoResponse, health: &str, look: Look) -> String {
    let health = match (answer.poisoned.is_empty(), answer.damage.is_empty()) {
        (false, _) if is_full(&answer.poisoned) => {
            "reads only; make room first, then a restart lets it write again"
        }
        (false, _) => "reads only; a restart lets it write again, unless poisoned says otherwise",
        (true, false) => "damaged, and serving what can be read",
        (true, true) => health,
    };
    let mut page = Page::new(look);
    page.title(format!("Chancery {}, ruleset {}", answer.version, answer.ruleset));
    page.labelled(
        "health",
        Text::toned(health, if health == "serving" { Tone::Plain } else { Tone::Warning }),
    );
    page.labelled("since", words::minute(answer.started_at.as_ref()));
    page.labelled(
        "record",
        format!("{}, projected up to {}", words::count(answer.tail, "event", "events"), answer.projected),
    );
    page.labelled(
        "holds",
        format!(
            "{}, {}, {}, {}",
            words::count(answer.actors, "actor", "actors"),
            words::count(answer.groups, "group", "groups"),
            words::count(answer.regimes, "regime", "regimes"),
            words::count(answer.relationships, "relationship", "relationships"),
        ),
    );
    page.labelled("damage", Text::toned(&answer.damage, Tone::Warning));
    page.labelled("poisoned", Text::toned(&answer.poisoned, Tone::Warning));
    if let Some(ahead) = &answer.recorded_ahead {
        let text = format!(
            "the last event was recorded at {}, which the clock has not reached: until then events are recorded at that moment",
            words::minute(Some(ahead))
        );
        page.labelled("clock", Text::toned(text, Tone::Warning));
    }
    if let Some(limits) = &answer.limits {
        page.labelled(
            "limits",
            format!(
                "{} events and {} KiB a commit, {} KiB an event, {} checks, {} entries a page",
                limits.commit_events_max,
                limits.commit_bytes_max / 1024,
                limits.event_bytes_max / 1024,
                limits.checks_max,
                limits.page_size_max,
            ),
        );
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_is_advised_where_it_helps() {
        for (poisoned, first) in [
            ("write to the journal: No space left on device (os error 28)", true),
            ("write to the journal: Disk quota exceeded (os error 122)", true),
            ("write to the journal: Input/output error (os error 5)", false),
        ] {
            let answer = v1::ServerInfoResponse { poisoned: poisoned.to_owned(), ..Default::default() };
            let page = page(&answer, "serving", Look { width: 200, coloured: false });
            assert_eq!(page.contains("make room first"), first, "{page}");
            assert!(page.contains("a restart lets it write again"), "{page}");
        }
    }
}
