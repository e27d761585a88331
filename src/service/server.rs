//! The server: opens the record, rebuilds the projections, and answers until it is told to stop.

use std::{
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{net::TcpSocket, task::JoinHandle, time};
use tokio_stream::StreamExt as _;
use tokio_util::sync::CancellationToken;
use tonic::transport::server::TcpIncoming;
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;
use tower::util::MapResponseLayer;
use tracing::{info, warn};

use super::{
    audit::Audit,
    hint,
    history::History,
    key::{self, KeyFileError},
    operations::Operations,
    place::{self, PlaceError, SNAPSHOTS},
    query::Query,
    socket::Socket,
    submission::Submission,
    transport::{REQUEST_BYTES_MAX, reword},
    witness::{Witness, claims},
};
use crate::{
    ledger::{self, Ledger, Restart},
    log::{
        AppendError, Log, ReadError,
        sled::{OpenError, Sizes, SledLog},
    },
    position::Position,
    projection::{Holdings, Keeper, Projection, Store},
    proof::KeyName,
    snapshot::Claim,
    wire::{
        DESCRIPTORS,
        sealed::{
            history_service_server::HistoryServiceServer, query_service_server::QueryServiceServer,
            submission_service_server::SubmissionServiceServer,
        },
        v1::{audit_service_server::AuditServiceServer, operations_service_server::OperationsServiceServer},
    },
};

/// How often it is looked whether the data directory is still where it was.
const PLACE_CHECK: Duration = Duration::from_secs(2);
/// How many streams one connection may have open, and with that how many requests it may have in flight: over HTTP/1.1 it
/// has one.
const STREAMS_PER_CONNECTION_MAX: u32 = 1_024;
/// How many connections may wait to be taken.
const CONNECTIONS_WAITING_MAX: u32 = 1_024;
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
    /// The directory is no place for a record.
    #[error(transparent)]
    Place(#[from] PlaceError),
    /// The log did not open.
    #[error("{}", refused(data, error))]
    Log {
        /// The directory.
        data: PathBuf,
        /// Why.
        error: OpenError,
    },
    /// The log ends before what was kept of it.
    #[error(
        "the record in {} ends at position {tail}, and {} was made when it had {} events: it lost the newest ones, or was put \
         back from an older copy\n\
         Put the newer files back, or restore a backup with these events to a new directory. If they are given up, this keeps \
         what is there and takes a new origin:\n  chancery repair --data {} --remove-from {}",
        data.display(), witness.file.display(), witness.position, data.display(), tail.next()
    )]
    Behind {
        /// The directory.
        data: PathBuf,
        /// Where the log ends.
        tail: Position,
        /// What tells.
        witness: Witness,
    },
    /// The log is not the one that was kept of it.
    #[error(
        "{} was made when the record in {} had {} events, and the first {} of the log are others: its files were exchanged for \
         those of another record\n\
         Put the files of this record back, or restore a backup of it to a new directory. If its events are given up, this keeps \
         what is there and takes a new origin:\n  chancery repair --data {} --remove-from {}",
        witness.file.display(), data.display(), witness.position, witness.position, data.display(), tail.next()
    )]
    Exchanged {
        /// The directory.
        data: PathBuf,
        /// Where the log ends.
        tail: Position,
        /// What tells.
        witness: Witness,
    },
    /// There is no key to sign with.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The record did not open.
    #[error("the record in {} cannot be read: {error}\n{}", data.join("sled/db").display(), advice(data))]
    Ledger {
        /// The directory.
        data: PathBuf,
        /// Why.
        error: ledger::OpenError,
    },
    /// The address could not be taken.
    #[error("cannot listen on {address}: {error}; name another with --listen")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        error: io::Error,
    },
    /// The projections could not be rebuilt.
    #[error("the record in {} cannot be read for its projections: {error}\n{}", data.display(), advice(data))]
    Projection {
        /// The directory.
        data: PathBuf,
        /// Why.
        error: ReadError,
    },
    /// A part of the program is broken.
    #[error("cannot start: {0}")]
    Internal(String),
}

/// Why a log did not open, and what to do.
fn refused(data: &Path, error: &OpenError) -> String {
    let db = data.join("sled/db");
    match error {
        OpenError::Damaged { position, reason, .. } if !db.exists() => format!(
            "the log is damaged at position {position} ({} is missing): {reason}. Nothing was changed. Restore a backup\n{}",
            db.display(),
            advice(data)
        ),
        OpenError::Damaged { .. } => format!("{error}\n{}", advice(data)),
        error => hint::opening(error),
    }
}

/// What can be done about a damaged record.
fn advice(data: &Path) -> String {
    let data = data.display();
    format!(
        "`chancery verify --data {data}` names the files, and `chancery repair --data {data}` says what can be kept."
    )
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
        let unheard = |error| StartError::Listen { address: listen, error };
        // An address that is taken leaves no directory behind. Nobody is listened to before there is an answer.
        let socket = bind(listen).map_err(unheard)?;
        let at = data.clone();
        let snapshots = data.join(SNAPSHOTS);
        let opened = tokio::task::spawn_blocking(move || {
            place::prepare(&data)?;
            let log = SledLog::open_sized(&data, journal)
                .map_err(|error| StartError::Log { data: data.clone(), error })?;
            let claims = claims(&data);
            if let Some(witness) = Witness::of_cut(&claims, log.tail()) {
                return Err(StartError::Behind { tail: log.tail(), witness, data });
            }
            // The log has locked the directory.
            let key = key::load_or_make(&data, origin.as_ref(), log.tail())?;
            Ok::<_, StartError>((log, key, claims))
        });
        let (log, key, claims) = opened.await.map_err(|error| StartError::Internal(error.to_string()))??;
        let log = Arc::new(log);
        let restart = Restart::from_snapshot(log.clone(), &snapshots).await;
        let mut store = Store::from_snapshot(&restart, &snapshots).await;
        let kept = store.position();
        let finished = restart.finish(Timestamp::now, kept, &mut store).await;
        let unread = |error| StartError::Ledger { data: at.clone(), error };
        let (ledger, feed) = finished.map_err(unread)?;
        if let Some(witness) = exchanged(&ledger, claims).await.map_err(|error| unread(error.into()))? {
            let tail = ledger.tail();
            if let Err(error) = ledger.close().await {
                warn!(%error, "the record was not closed in order");
            }
            return Err(StartError::Exchanged { data: at, tail, witness });
        }
        let projection = Projection::start(store, ledger.clone(), feed)
            .await
            .map_err(|error| StartError::Projection { data: at, error })?;
        let closing = CancellationToken::new();
        let keeper =
            Keeper { directory: snapshots, ledger: ledger.clone(), projection: projection.clone(), kept };
        let keeping = tokio::spawn(keeper.keep(closing.clone()));
        let listener = socket.listen(CONNECTIONS_WAITING_MAX).map_err(unheard)?;
        let address = listener.local_addr().map_err(unheard)?;
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
        let incoming =
            TcpIncoming::from(listener).with_nodelay(Some(true)).map(|it| it.map(Socket::of_server));
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
            let watched = async {
                loop {
                    time::sleep(PLACE_CHECK).await;
                    log.check_place();
                }
            };
            tokio::select! {
                () = stopping.cancelled() => {}
                () = watched => {}
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
        // What is kept of a record is not put into what has taken its place.
        self.log.check_place();
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

/// The snapshot that shows that the log beside it is another one's. Which of them a start could use does not matter: the tree
/// over the whole log is there by now.
async fn exchanged(ledger: &Ledger, claims: Vec<Claim>) -> Result<Option<Witness>, ReadError> {
    let within = claims.into_iter().filter(|claim| claim.header.position <= ledger.tail());
    for claim in within {
        let root = ledger.root(claim.header.position).await?;
        let witness = tokio::task::spawn_blocking(move || Witness::of_exchange(&claim, root)).await;
        let witness = witness.map_err(|error| ReadError::Failed { reason: error.to_string() })?;
        if witness.is_some() {
            return Ok(witness);
        }
    }
    Ok(None)
}

/// Takes an address, without listening there yet.
fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    // As any server on Unix: an address is free again as soon as nobody listens there.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
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
