//! The server: opens the record, rebuilds the projections, and answers until it is told to stop.

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{net::TcpListener, task::JoinHandle, time};
use tokio_stream::StreamExt as _;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::TcpIncoming;
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;
use tower::util::MapResponseLayer;
use tracing::{info, warn};

use super::{
    audit::Audit,
    history::History,
    key::{self, KeyFileError},
    operations::Operations,
    query::Query,
    socket::Socket,
    submission::Submission,
    transport::{REQUEST_BYTES_MAX, reword},
};
use crate::{
    ledger::{self, Ledger, Restart},
    log::{
        AppendError, Log,
        sled::{OpenError, Sizes, SledLog},
    },
    position::Position,
    projection::{Holdings, Keeper, Projection, Store},
    proof::KeyName,
    wire::{
        DESCRIPTORS,
        sealed::{history_service_server::HistoryServiceServer, query_service_server::QueryServiceServer},
        v1::{
            audit_service_server::AuditServiceServer, operations_service_server::OperationsServiceServer,
            submission_service_server::SubmissionServiceServer,
        },
    },
};

/// The directory of snapshots, beside the log.
const SNAPSHOTS: &str = "snapshots";
/// How many requests one connection may have in flight.
const REQUESTS_PER_CONNECTION_MAX: usize = 1_024;
/// How many streams one connection may open.
const STREAMS_PER_CONNECTION_MAX: u32 = 1_024;
/// How large the headers of a request may be, in bytes.
const HEADER_BYTES_MAX: u32 = 16 << 10;
/// How long a stopping server waits for requests in flight.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
/// The service that takes writes, by the name under which its health is asked.
const WRITING: &str = "chancery.v1.SubmissionService";
/// How often a silent connection is asked whether it lives.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// What a server is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The directory of the log; made when it is not there.
    pub data: PathBuf,
    /// Where to listen; port 0 takes any free one.
    pub listen: SocketAddr,
    /// The origin of checkpoints; one is made up when the record has none yet.
    pub origin: Option<KeyName>,
    /// How much of the record may wait in the journal before it moves to the database.
    pub journal: Sizes,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The log did not open.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// There is no key to sign with.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The record did not open.
    #[error("the record cannot be read: {0}")]
    Ledger(#[from] ledger::OpenError),
    /// The address could not be taken.
    #[error("cannot listen on {address}: {error}; name another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The projections could not be rebuilt.
    #[error("the projections cannot be rebuilt: {0}")]
    Projection(#[from] crate::log::ReadError),
    /// A part of the program is broken.
    #[error("cannot start: {0}")]
    Internal(String),
}

/// A running server.
pub struct Server {
    address: SocketAddr,
    ledger: Ledger,
    projection: Arc<Projection>,
    log: Arc<SledLog>,
    health: HealthReporter,
    stopping: CancellationToken,
    serving: JoinHandle<Result<(), tonic::transport::Error>>,
    /// Told when nothing more will be recorded.
    closing: CancellationToken,
    keeping: JoinHandle<()>,
}

impl Server {
    /// Opens the record in `config.data`, rebuilds the projections from it, and begins to answer. Health says
    /// NOT_SERVING until [`Server::ready`].
    pub async fn start(config: Config) -> Result<Server, StartError> {
        let Config { data, listen, origin, journal } = config;
        let snapshots = data.join(SNAPSHOTS);
        let opened = tokio::task::spawn_blocking(move || {
            let log = SledLog::open_sized(&data, journal)?;
            // The log has locked the directory.
            let key = key::load_or_make(&data, origin.as_ref(), log.tail())?;
            Ok::<_, StartError>((log, key))
        });
        let (log, key) = opened.await.map_err(|error| StartError::Internal(error.to_string()))??;
        let log = Arc::new(log);
        let restart = Restart::from_snapshot(log.clone(), &snapshots).await;
        let mut store = Store::from_snapshot(&restart, &snapshots).await;
        let kept = store.position();
        let (ledger, feed) = restart.finish(Timestamp::now, kept, &mut store).await?;
        let projection = Projection::start(store, ledger.clone(), feed).await?;
        let closing = CancellationToken::new();
        let keeper =
            Keeper { directory: snapshots, ledger: ledger.clone(), projection: projection.clone(), kept };
        let keeping = tokio::spawn(keeper.keep(closing.clone()));
        let listener =
            TcpListener::bind(listen).await.map_err(|error| StartError::Listen { address: listen, error })?;
        let address = listener.local_addr().map_err(|error| StartError::Listen { address: listen, error })?;
        let stopping = CancellationToken::new();
        let (health, health_service) = tonic_health::server::health_reporter();
        report(&health, tonic_health::ServingStatus::NotServing).await;
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(DESCRIPTORS)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let broken = |error: tonic_reflection::server::Error| StartError::Internal(error.to_string());
        let submission = Submission { ledger: ledger.clone() };
        let history = History { ledger: ledger.clone(), stopping: stopping.clone() };
        let query =
            Query { ledger: ledger.clone(), projection: projection.clone(), stopping: stopping.clone() };
        let key = Arc::new(key);
        let audit = Audit { query: query.clone(), key: key.clone() };
        let operations = Operations {
            ledger: ledger.clone(),
            projection: projection.clone(),
            log: log.clone(),
            key,
            started_at: Timestamp::now(),
        };
        let router = tonic::transport::Server::builder()
            // grpc-web comes over HTTP/1.1.
            .accept_http1(true)
            .concurrency_limit_per_connection(REQUESTS_PER_CONNECTION_MAX)
            .max_concurrent_streams(STREAMS_PER_CONNECTION_MAX)
            .http2_max_header_list_size(HEADER_BYTES_MAX)
            .http2_keepalive_interval(Some(KEEPALIVE))
            .layer(GrpcWebLayer::new())
            .layer(MapResponseLayer::new(reword))
            .add_service(health_service)
            .add_service(reflection().build_v1().map_err(broken)?)
            // Clients in several languages still ask the older version.
            .add_service(reflection().build_v1alpha().map_err(broken)?)
            .add_service(
                SubmissionServiceServer::new(submission).max_decoding_message_size(REQUEST_BYTES_MAX),
            )
            .add_service(HistoryServiceServer::new(history).max_decoding_message_size(REQUEST_BYTES_MAX))
            .add_service(QueryServiceServer::new(query).max_decoding_message_size(REQUEST_BYTES_MAX))
            .add_service(AuditServiceServer::new(audit).max_decoding_message_size(REQUEST_BYTES_MAX))
            .add_service(
                OperationsServiceServer::new(operations).max_decoding_message_size(REQUEST_BYTES_MAX),
            );
        let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).map(|it| it.map(Socket::new));
        let serving =
            tokio::spawn(router.serve_with_incoming_shutdown(incoming, stopping.clone().cancelled_owned()));
        info!(%address, tail = %ledger.tail(), "listening");
        Ok(Server { address, ledger, projection, log, health, stopping, serving, closing, keeping })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How much it holds, once the projections have come to everything that is durable now.
    pub async fn holdings(&self) -> Holdings {
        // Behind or not, what is held is said as it is.
        let _ = self.projection.reaches(self.ledger.tail(), STOP_PATIENCE).await;
        self.projection.holdings()
    }

    /// Says to whoever asks for its health that it serves. The service that takes writes says so for as long as the log
    /// takes them.
    pub async fn ready(&self) {
        report(&self.health, tonic_health::ServingStatus::Serving).await;
        let (log, health, stopping) = (self.log.clone(), self.health.clone(), self.stopping.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = stopping.cancelled() => {}
                () = log.until_poisoned() => {
                    health.set_service_status(WRITING, tonic_health::ServingStatus::NotServing).await;
                }
            }
        });
    }

    /// Takes no more requests, waits up to ten seconds for those in flight, closes the record, and says where it ends.
    pub async fn stop(self) -> Result<Position, AppendError> {
        report(&self.health, tonic_health::ServingStatus::NotServing).await;
        self.stopping.cancel();
        let abort = self.serving.abort_handle();
        if time::timeout(STOP_PATIENCE, self.serving).await.is_err() {
            warn!("some connections did not end in time and are cut");
            abort.abort();
        }
        self.closing.cancel();
        if let Err(error) = self.keeping.await {
            warn!(%error, "the last snapshot was not taken");
        }
        self.ledger.close().await?;
        let tail = self.ledger.tail();
        info!(%tail, "stopped");
        Ok(tail)
    }
}

async fn report(health: &HealthReporter, status: tonic_health::ServingStatus) {
    for service in [
        "",
        WRITING,
        "chancery.v1.HistoryService",
        "chancery.v1.QueryService",
        "chancery.v1.AuditService",
        "chancery.v1.OperationsService",
    ] {
        health.set_service_status(service, status).await;
    }
}
