//! `bench`: how fast a server takes events, gives them back, and answers.

mod clients;
mod drive;
mod probe;
mod target;
mod workload;

use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

use clap::{Args, ValueEnum};
use prost::Message as _;
use tonic::{Status, transport::Channel};
use tonic_health::pb::health_client::HealthClient;
use uuid::Uuid;

use super::{
    connection::{Seconds, Session, connect},
    failure::Failure,
    output::Format,
};
use crate::service::COMMIT_BYTES_MAX;
use crate::wire::{
    sealed::{
        history_service_client::HistoryServiceClient,
        submission_service_client::SubmissionServiceClient as SealedClient,
    },
    v1::{
        self, query_service_client::QueryServiceClient, submission_service_client::SubmissionServiceClient,
    },
};
use clients::{Appender, Asker, Echo};
use drive::{Client, Measured, drive};
use target::Target;
use workload::{Random, Workload, registrations};

/// The longest that the echo is measured.
const ECHO_TIME_MAX: Duration = Duration::from_secs(2);
/// The longest that a load may take.
const LOAD_TIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// Measure how fast a server appends, reads and answers
#[derive(Debug, Args)]
#[command(
    after_help = "Without --server, a server of its own is started on a fresh directory, and removed at the end.\n\
    Every client has a connection of its own and one request under way. Facts are engagements\n\
    between 100 actors and 200 groups. Each line stands by itself:\n\n  \
    fsync   median of 200 writes of 4 KiB with an fdatasync each\n  \
    echo    the smallest unary call, at the same number of clients\n\n\
    Examples:\n  \
    chancery bench append read --clients 16\n  \
    chancery bench load query --events 1000000 --clients 64 --events-per-request 100\n  \
    chancery bench append --server http://127.0.0.1:7401 --seconds 10"
)]
pub struct Bench {
    /// What to measure, in this order.
    #[arg(required = true, value_enum, value_name = "WHAT")]
    phases: Vec<Phase>,
    /// How many clients there are.
    #[arg(long, env = "CHANCERY_CLIENTS", value_name = "N", default_value_t = 16,
        value_parser = clap::value_parser!(u64).range(1..=4_096))]
    clients: u64,
    /// How many events a client submits at once.
    #[arg(long, env = "CHANCERY_EVENTS_PER_REQUEST", value_name = "N", default_value_t = 1,
        value_parser = clap::value_parser!(u64).range(1..=1_000))]
    events_per_request: u64,
    /// How long to append, or to query, in seconds.
    #[arg(long, env = "CHANCERY_SECONDS", value_name = "SECONDS", default_value = "4")]
    seconds: Seconds,
    /// The encoded size of each fact, in bytes.
    #[arg(long, env = "CHANCERY_PAYLOAD", value_name = "BYTES", default_value_t = 256,
        value_parser = clap::value_parser!(u64).range(128..=30_000))]
    payload: u64,
    /// How many events to load.
    #[arg(long, env = "CHANCERY_EVENTS", value_name = "N", default_value_t = 100_000)]
    events: u64,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Phase {
    /// All clients submit for a while.
    Append,
    /// One client reads the whole record.
    Read,
    /// All clients ask for statuses of relationships and groups for a while.
    Query,
    /// All clients submit --events events.
    Load,
}

impl Phase {
    /// Whether it submits commits of the size that is asked for.
    const fn writes(self) -> bool {
        matches!(self, Phase::Append | Phase::Load)
    }
}

impl Bench {
    /// Measures and prints a line for each.
    pub async fn run(self, session: &mut Session) -> Result<(), Failure> {
        self.check(session)?;
        let target = match session.given_server() {
            Some(server) => Target::running(server.to_string()),
            None => {
                let started = tokio::task::spawn_blocking(Target::start).await;
                started.map_err(|error| Failure::Runtime(error.into()))??
            }
        };
        let directory = target.directory();
        let fsync = tokio::task::spawn_blocking(move || probe::fsync_median(&directory)).await;
        let fsync = fsync.map_err(|error| Failure::Runtime(error.into()))?.map_err(Failure::Runtime)?;
        self.say(session, format!("fsync: median {} us", fsync.as_micros()))?;
        let mut connections = Vec::new();
        for _ in 0..self.clients {
            connections.push(connect(target.url(), session.timeout()).await?);
        }
        let bound = Bound { bench: &self, server: target.url(), connections };
        bound.echo(session).await?;
        bound.register().await?;
        for phase in &self.phases {
            match phase {
                Phase::Append => bound.append(session).await?,
                Phase::Read => bound.read(session).await?,
                Phase::Query => bound.query(session).await?,
                Phase::Load => bound.load(session).await?,
            }
        }
        Ok(())
    }

    /// Refuses what would only be refused once everything is under way.
    fn check(&self, session: &Session) -> Result<(), Failure> {
        if session.printer.format() != Format::Table {
            let message = "bench prints lines for people and for scripts alike: leave out --output";
            return Err(Failure::Argument(message.to_owned()));
        }
        let commit = Workload::new(0, self.payload as usize, 0).commit(self.events_per_request as usize);
        let bytes = commit.encoded_len();
        match COMMIT_BYTES_MAX < bytes && self.phases.iter().any(|phase| phase.writes()) {
            true => Err(Failure::Argument(format!(
                "{} events of {} bytes each are a commit of {bytes} bytes, and {COMMIT_BYTES_MAX} are allowed: lower \
                 --events-per-request or --payload",
                self.events_per_request, self.payload,
            ))),
            false => Ok(()),
        }
    }

    fn say(&self, session: &mut Session, line: String) -> Result<(), Failure> {
        session.printer.text(&(line + "\n"))?;
        session.printer.flush()
    }
}

/// A benchmark with its connections.
struct Bound<'a> {
    bench: &'a Bench,
    server: &'a str,
    connections: Vec<Channel>,
}

impl Bound<'_> {
    async fn echo(&self, session: &mut Session) -> Result<(), Failure> {
        let clients =
            self.connections.iter().map(|channel| Echo { client: HealthClient::new(channel.clone()) });
        let time = self.bench.seconds.duration().min(ECHO_TIME_MAX);
        let measured = self.drive(clients.collect(), time).await?;
        let (rate, percentiles) = (measured.rate(), measured.percentiles());
        self.bench.say(session, format!("echo c={}: {rate:.0} calls/s  {percentiles}", self.bench.clients))
    }

    /// Submits the registrations that the engagements rest on.
    async fn register(&self) -> Result<(), Failure> {
        let Some(channel) = self.connections.first() else { return Ok(()) };
        let registered = SubmissionServiceClient::new(channel.clone()).submit(registrations()).await;
        registered.map(|_| ()).map_err(|status| self.refused(status))
    }

    async fn append(&self, session: &mut Session) -> Result<(), Failure> {
        let (clients, fact_bytes) = self.appenders(u64::MAX);
        let measured = self.drive(clients, self.bench.seconds.duration()).await?;
        let Bench { clients, events_per_request, .. } = self.bench;
        self.bench.say(
            session,
            format!(
                "append c={clients} b={events_per_request}: {:.0} events/s  {}  (requests {}, facts of {fact_bytes} bytes)",
                measured.rate(),
                measured.percentiles(),
                measured.answers.len(),
            ),
        )
    }

    async fn load(&self, session: &mut Session) -> Result<(), Failure> {
        let (clients, _) = self.appenders(self.bench.events);
        let measured = self.drive(clients, LOAD_TIME_MAX).await?;
        let (done, seconds) = (measured.done, measured.time.as_secs_f64());
        self.bench
            .say(session, format!("load: {done} events in {seconds:.1} s: {:.0} events/s", measured.rate()))
    }

    /// Reads the whole record. Events stay as they came, as in other stores, whose events are opaque bytes.
    async fn read(&self, session: &mut Session) -> Result<(), Failure> {
        let Some(channel) = self.connections.first() else { return Ok(()) };
        let began = Instant::now();
        // On the thread that receives: the two do not wake one another for every frame.
        let events = tokio::spawn(read_all(channel.clone())).await;
        let events = events.map_err(|error| Failure::Runtime(error.into()))?;
        let events = events.map_err(|status| self.refused(status))?;
        let rate = events as f64 / began.elapsed().as_secs_f64();
        self.bench.say(session, format!("read all: {events} events {rate:.0} events/s"))
    }

    async fn query(&self, session: &mut Session) -> Result<(), Failure> {
        let clients = (0..).zip(&self.connections).map(|(number, channel)| Asker {
            client: QueryServiceClient::new(channel.clone()),
            random: Random(number),
        });
        let measured = self.drive(clients.collect(), self.bench.seconds.duration()).await?;
        let (rate, percentiles) = (measured.rate(), measured.percentiles());
        self.bench.say(session, format!("query c={}: {rate:.0} answers/s  {percentiles}", self.bench.clients))
    }

    fn appenders(&self, events: u64) -> (Vec<Appender>, usize) {
        let left = Arc::new(AtomicU64::new(events));
        let payload = self.bench.payload as usize;
        let appender = |(number, channel): (u64, &Channel)| Appender {
            client: SealedClient::new(channel.clone()),
            workload: Workload::new(number, payload, seed()),
            events: self.bench.events_per_request as usize,
            left: left.clone(),
        };
        let appenders: Vec<Appender> = (0..).zip(&self.connections).map(appender).collect();
        let fact_bytes = appenders.first().map_or(0, |appender| appender.workload.fact_bytes());
        (appenders, fact_bytes)
    }

    async fn drive<C: Client>(&self, clients: Vec<C>, time: Duration) -> Result<Measured, Failure> {
        drive(clients, time).await.map_err(|status| self.refused(status))
    }

    fn refused(&self, status: Status) -> Failure {
        Failure::Refused { server: self.server.to_owned(), status: Box::new(status) }
    }
}

/// Of a run and client its own: ids are to be new to the record of a server that was measured before.
fn seed() -> u64 {
    let (time, random) = Uuid::now_v7().as_u64_pair();
    time ^ random
}

/// Reads the record from the first position to the tail, and counts its events.
async fn read_all(channel: Channel) -> Result<u64, Status> {
    let mut stream = HistoryServiceClient::new(channel).read(v1::ReadRequest::default()).await?.into_inner();
    let mut read = 0;
    while let Some(batch) = stream.message().await? {
        for record in batch.records() {
            let record = record.map_err(|error| Status::data_loss(error.to_string()))?;
            read += 1;
            check(read, record.position)?;
        }
    }
    Ok(read)
}

fn check(expected: u64, position: u64) -> Result<(), Status> {
    if position == expected {
        Ok(())
    } else {
        Err(Status::data_loss(format!("position {position} came where {expected} belongs")))
    }
}
