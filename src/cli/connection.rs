//! The connection to a server, and the flags that all commands share.

use std::{fmt, future::Future, str::FromStr, time::Duration};

use clap::Args;
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use tokio::{net::TcpStream, time};
use tonic::{
    Response, Status, Streaming,
    transport::{Channel, Endpoint},
};
use tower::ServiceExt as _;

use super::{
    failure::Failure,
    output::{Colour, Format, Printer},
};
use crate::service::socket::Socket;
use crate::wire::v1::{
    audit_service_client::AuditServiceClient, history_service_client::HistoryServiceClient,
    operations_service_client::OperationsServiceClient, query_service_client::QueryServiceClient,
    submission_service_client::SubmissionServiceClient,
};

/// How long to wait for a connection to be made, at most.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a server is silent before it is asked whether it is still there, at the least.
const SILENCE_MIN: Duration = Duration::from_secs(1);

/// The largest message a client takes, in bytes: a page of the largest statuses is well below it.
const ANSWER_BYTES_MAX: usize = 256 * 1024 * 1024;

/// The largest HTTP/2 frame a client takes, in bytes: a batch of records comes in one, and not in pieces of 16 KiB that
/// are sent, received and announced each by itself.
const FRAME_BYTES_MAX: u32 = 1 << 20;

/// How much a server may send ahead of what was read, in bytes.
const STREAM_WINDOW_BYTES: u32 = 8 << 20;
const CONNECTION_WINDOW_BYTES: u32 = 16 << 20;

/// The flags that all commands share.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Common {
    /// The server to ask. Default: http://127.0.0.1:7400; `bench` starts one of its own.
    #[arg(long, global = true, env = "CHANCERY_SERVER", value_name = "URL")]
    server: Option<Server>,
    /// The form of the answer: table for people, as wide as the terminal, or as COLUMNS says where the output is none, and 100
    /// columns at most; json, the response as canonical protobuf JSON; jsonl, a message a line.
    #[arg(long, global = true, env = "CHANCERY_OUTPUT", value_enum, value_name = "FORM", default_value_t = Format::Table)]
    output: Format,
    /// When to use colour. Auto: on a terminal, unless NO_COLOR is set.
    #[arg(long, global = true, env = "CHANCERY_COLOR", value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    color: Colour,
    /// How long to wait for each answer, and for each part of one that comes in parts, in seconds.
    #[arg(long, global = true, env = "CHANCERY_TIMEOUT", value_name = "SECONDS", default_value = "30")]
    timeout: Seconds,
}

/// The address of a server, such as `http://127.0.0.1:7400`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server(String);

impl FromStr for Server {
    type Err = String;

    fn from_str(text: &str) -> Result<Server, String> {
        let address = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        if !address.starts_with("http://") {
            return Err(format!(
                "'{text}' is not an address this program can use: http://HOST:PORT is expected"
            ));
        }
        match address.parse::<tonic::transport::Uri>() {
            Ok(uri) if uri.host().is_some_and(|host| !host.is_empty()) => Ok(Server(address)),
            _ => Err(format!("'{text}' is not an address: http://HOST:PORT is expected")),
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Default for Server {
    fn default() -> Server {
        Server("http://127.0.0.1:7400".to_owned())
    }
}

/// A time to wait: more than nothing, at most a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seconds(Duration);

impl Seconds {
    /// The time.
    pub const fn duration(self) -> Duration {
        self.0
    }
}

impl FromStr for Seconds {
    type Err = String;

    fn from_str(text: &str) -> Result<Seconds, String> {
        let seconds: Option<f64> = text.parse().ok();
        seconds
            .filter(|seconds| (0.001..=86_400.0).contains(seconds))
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map(Seconds)
            .ok_or_else(|| format!("a number of seconds from 0.001 to 86400 is expected, not '{text}'"))
    }
}

/// One run of the program: whom it asks and where its answers go.
#[derive(Debug)]
pub struct Session {
    server: Server,
    given: Option<Server>,
    timeout: Duration,
    /// Where answers go.
    pub printer: Printer,
}

impl Session {
    /// A run with these flags; nothing is connected yet.
    pub fn new(common: Common) -> Session {
        Session {
            given: common.server.clone(),
            server: common.server.unwrap_or_default(),
            timeout: common.timeout.0,
            printer: Printer::standard(common.output, common.color),
        }
    }

    /// A request with the time limit on it.
    pub fn request<T>(&self, message: T) -> tonic::Request<T> {
        let mut request = tonic::Request::new(message);
        request.set_timeout(self.timeout);
        request
    }

    /// The address of the server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The address of the server, if it was given.
    pub fn given_server(&self) -> Option<&Server> {
        self.given.as_ref()
    }

    /// How long to wait for each answer.
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A status of the server as a failure of this run.
    pub fn refused(&self, status: tonic::Status) -> Failure {
        Failure::Refused { server: self.server.to_string(), status: Box::new(status) }
    }

    /// Connects for queries.
    pub async fn queries(&self) -> Result<QueryServiceClient<Channel>, Failure> {
        Ok(QueryServiceClient::new(self.connect().await?).max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// Connects for reading the record.
    pub async fn history(&self) -> Result<HistoryServiceClient<Channel>, Failure> {
        Ok(HistoryServiceClient::new(self.connect().await?).max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// Connects for submissions.
    pub async fn submissions(&self) -> Result<SubmissionServiceClient<Channel>, Failure> {
        Ok(SubmissionServiceClient::new(self.connect().await?).max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// Connects for explanations and proofs.
    pub async fn audit(&self) -> Result<AuditServiceClient<Channel>, Failure> {
        Ok(AuditServiceClient::new(self.connect().await?).max_decoding_message_size(ANSWER_BYTES_MAX))
    }

    /// Connects for operations.
    pub async fn operations(&self) -> Result<OperationsServiceClient<Channel>, Failure> {
        Ok(OperationsServiceClient::new(self.connect().await?))
    }

    /// Connects, so that an absent server shows before anything is asked of it.
    pub async fn connect(&self) -> Result<Channel, Failure> {
        connect(&self.server.0, self.timeout).await
    }

    /// The answer of the server to a request for a stream, which must begin within the time limit. The stream may go on for
    /// as long as it likes.
    pub async fn begun<T>(
        &self,
        answer: impl Future<Output = Result<Response<Streaming<T>>, Status>>,
    ) -> Result<Streaming<T>, Status> {
        let late = |_| Status::deadline_exceeded("the server does not answer");
        Ok(time::timeout(self.timeout, answer).await.map_err(late)??.into_inner())
    }

    /// The next part of a stream that has no reason to pause, within the time limit; `None` at its end.
    pub async fn next<T>(&self, stream: &mut Streaming<T>) -> Result<Option<T>, Failure> {
        let late = |_| self.refused(Status::deadline_exceeded("the server sends nothing more"));
        let part = time::timeout(self.timeout, stream.message()).await.map_err(late)?;
        part.map_err(|status| self.refused(status))
    }
}

/// Connects to a server at an address such as `http://127.0.0.1:7400`. A server that says nothing for as long as `patience`
/// while it is listened to, and does not say within the same time again that it is there, has broken off: so that whoever
/// follows for days hears of it.
pub async fn connect(server: &str, patience: Duration) -> Result<Channel, Failure> {
    let silence = patience.max(SILENCE_MIN);
    let unreachable = |error: tonic::transport::Error| Failure::Unreachable {
        server: server.to_owned(),
        cause: innermost(&error),
    };
    let endpoint = Endpoint::from_shared(server.to_owned()).map_err(unreachable)?;
    let endpoint = endpoint
        .connect_timeout(patience.min(CONNECT_TIMEOUT))
        .http2_keep_alive_interval(silence)
        .keep_alive_timeout(silence)
        .max_frame_size(FRAME_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let connector = connector
        .map_response(|stream: TokioIo<TcpStream>| TokioIo::new(Socket::of_client(stream.into_inner())));
    endpoint.connect_with_connector(connector).await.map_err(unreachable)
}

/// The first cause of an error: the outer ones only say that there is an inner one.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        for (text, expected) in [
            ("http://127.0.0.1:7400", Some("http://127.0.0.1:7400")),
            ("localhost:7400", Some("http://localhost:7400")),
            ("[::1]:7400", Some("http://[::1]:7400")),
            ("https://example.org", None),
            ("http://", None),
            ("http://a b", None),
            ("", None),
        ] {
            assert_eq!(text.parse::<Server>().ok().map(|server| server.0).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn time_limits() {
        for (text, valid) in
            [("30", true), ("0.5", true), ("0", false), ("-1", false), ("NaN", false), ("1e9", false)]
        {
            assert_eq!(text.parse::<Seconds>().is_ok(), valid, "{text}");
        }
    }
}
