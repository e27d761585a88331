//! `serve`: a server on a data directory.

use std::{net::SocketAddr, path::PathBuf};

use clap::{Args, ValueEnum, builder::FalseyValueParser};
use tracing::warn;

use super::{
    connection::Session,
    failure::Failure,
    load::load_directory,
    output::{coloured, note},
    verify::finished,
    words,
};
use crate::{
    log::sled::Sizes,
    proof::KeyName,
    service::{Config, Server, finish},
};

/// Run a server on a data directory
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    chancery serve --seeds seeds\n  \
    chancery serve --data /var/lib/chancery --listen 127.0.0.1:7401\n  \
    CHANCERY_LOG=debug chancery serve --log-format json")]
pub struct Serve {
    /// Where the record is kept; created when it is not there
    #[arg(long, env = "CHANCERY_DATA", value_name = "DIR", default_value = "chancery-data")]
    data: PathBuf,
    /// The address to listen on
    #[arg(long, env = "CHANCERY_LISTEN", value_name = "ADDRESS", default_value = "127.0.0.1:7400")]
    listen: SocketAddr,
    /// Submit the *.jsonl of this directory first; what is recorded already is skipped
    #[arg(long, env = "CHANCERY_SEEDS", value_name = "DIR")]
    seeds: Option<PathBuf>,
    /// Listen where other machines can reach it, although nothing is encrypted and nobody is asked who they are
    #[arg(long, env = "CHANCERY_PLAINTEXT_BEYOND_LOOPBACK", value_parser = FalseyValueParser::new())]
    plaintext_beyond_loopback: bool,
    /// The name of this record in its checkpoints, such as example.org/record; made up at the first start when it is
    /// not given, and then kept
    #[arg(long, env = "CHANCERY_ORIGIN", value_name = "NAME")]
    origin: Option<KeyName>,
    /// At how many bytes the journal moves to the database
    // Only tests have a use for a small one, and nobody for a larger one.
    #[arg(long, env = "CHANCERY_JOURNAL_BYTES", hide = true, value_name = "BYTES")]
    journal_bytes: Option<u64>,
    /// What to log: a filter such as info, or chancery=debug,warn
    #[arg(long, env = "CHANCERY_LOG", value_name = "FILTER", default_value = "info")]
    log: String,
    /// The form of the log on standard error
    #[arg(long, env = "CHANCERY_LOG_FORMAT", value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
}

/// The form of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Serve {
    /// Serves until it is interrupted or asked to stop.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        self.refuse_exposure()?;
        self.warn_of_exposure();
        self.start_log()?;
        // From here on a signal ends the server in order.
        let stop = Stop::listen().map_err(Failure::Runtime)?;
        // What cannot be finished is for a repair to say.
        if let Ok(Some(kept)) = finish(&self.data) {
            note(&finished(&kept));
        }
        let journal = self.journal_bytes.map_or_else(Sizes::default, Sizes::turning_at);
        let config =
            Config { data: self.data.clone(), listen: self.listen, origin: self.origin.clone(), journal };
        let server = Server::start(config).await.map_err(|error| Failure::Start(Box::new(error)))?;
        let served = self.serve(&server, stop, session).await;
        let stopped = server.stop().await.map_err(|error| Failure::Stop(Box::new(error)));
        let tail = served.and(stopped)?;
        say(session, &format!("stopped at position {tail}"));
        Ok(())
    }

    /// Loads the seeds, says what there is, and waits for the end.
    async fn serve(&self, server: &Server, mut stop: Stop, session: &mut Session) -> Result<(), Failure> {
        if let Some(seeds) = &self.seeds {
            let loaded = tokio::select! {
                loaded = load_directory(server.address(), seeds) => loaded?,
                () = stop.asked() => return Ok(()),
            };
            say(session, &format!("seeds from {}: recorded {loaded}", seeds.display()));
        }
        let holdings = server.holdings().await;
        let held = format!(
            "the record in {} holds {}: {}, {}, {}, {}",
            self.data.display(),
            words::count(holdings.position.get(), "event", "events"),
            words::count(holdings.actors as u64, "actor", "actors"),
            words::count(holdings.groups as u64, "group", "groups"),
            words::count(holdings.regimes as u64, "regime", "regimes"),
            words::count(holdings.relationships as u64, "relationship", "relationships"),
        );
        say(session, &held);
        server.ready().await;
        say(session, &format!("listening on http://{}", server.address()));
        stop.asked().await;
        Ok(())
    }

    /// Refuses to listen beyond this machine unless that is wanted.
    fn refuse_exposure(&self) -> Result<(), Failure> {
        if self.is_loopback() {
            return Ok(());
        }
        if !self.plaintext_beyond_loopback {
            return Err(Failure::Exposed { listen: self.listen });
        }
        Ok(())
    }

    fn warn_of_exposure(&self) {
        if !self.is_loopback() {
            note(&format!(
                "WARNING: {} can be reached from other machines. Nothing is encrypted, and whoever reaches it can \
                 read and write the record.",
                self.listen
            ));
        }
    }

    fn is_loopback(&self) -> bool {
        self.listen.ip().to_canonical().is_loopback()
    }

    fn start_log(&self) -> Result<(), Failure> {
        let filter = tracing_subscriber::EnvFilter::try_new(&self.log)
            .map_err(|error| Failure::Argument(format!("--log {}: {error}", self.log)))?;
        let log = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            // What cannot be written, as on a full disk, would be told of on standard error, and that would panic.
            .log_internal_errors(false)
            .with_ansi(coloured());
        // A log that is there already is that of a test; it will do.
        let _ = match self.log_format {
            LogFormat::Text => log.try_init(),
            LogFormat::Json => log.json().try_init(),
        };
        Ok(())
    }
}

/// Says a line on standard output, or in the log that it could not be said: the server goes on all the same.
fn say(session: &mut Session, line: &str) {
    if let Err(error) = session.printer.attempt(&format!("{line}\n")) {
        warn!(%error, "standard output takes nothing, and this is not on it: {line}");
    }
}

/// The signals that end a server: an interrupt, and on Unix SIGTERM.
struct Stop {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Stop {
    fn listen() -> std::io::Result<Stop> {
        #[cfg(unix)]
        let terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        Ok(Stop {
            #[cfg(unix)]
            terminate,
        })
    }

    async fn asked(&mut self) {
        #[cfg(unix)]
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = self.terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_without_being_told() {
        for (listen, allowed) in [
            ("127.0.0.1:0", true),
            ("127.9.9.9:7400", true),
            ("[::1]:7400", true),
            ("[::ffff:127.0.0.1]:7400", true),
            ("0.0.0.0:7400", false),
            ("[::]:7400", false),
            ("192.0.2.1:7400", false),
        ] {
            for plaintext_beyond_loopback in [false, true] {
                let serve = Serve {
                    data: PathBuf::new(),
                    listen: listen.parse().unwrap(),
                    seeds: None,
                    origin: None,
                    journal_bytes: None,
                    plaintext_beyond_loopback,
                    log: "off".to_owned(),
                    log_format: LogFormat::Text,
                };
                assert_eq!(serve.refuse_exposure().is_ok(), allowed || plaintext_beyond_loopback, "{listen}");
            }
        }
    }
}
