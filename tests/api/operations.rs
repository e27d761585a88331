//! What the server says of itself: its holdings, its health, its descriptors, and its answers to a browser.

use std::{
    collections::BTreeSet,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use chancery::{
    log::sled::Sizes,
    service::{Config, Server},
    wire::v1,
};
use prost::Message as _;
use tokio_stream::StreamExt as _;
use tonic::{Code, transport::Channel};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};

use crate::{Office, common::events};

const SERVICES: [&str; 4] = [
    "chancery.v1.HistoryService",
    "chancery.v1.OperationsService",
    "chancery.v1.QueryService",
    "chancery.v1.SubmissionService",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn holdings_and_limits() {
    let office = Office::small().await;
    office.submit(vec![events::group(4, "aq"), events::meeting(5, "2025-05-14", "us", "hts")]).await.unwrap();
    let info = async |office: &Office| {
        office.operations().server_info(v1::ServerInfoRequest {}).await.unwrap().into_inner()
    };
    // Projections follow the tail: a question waits for them.
    let request = v1::GetGroupRequest { group: "aq".to_owned(), min_position: 5, ..Default::default() };
    office.query().get_group(request).await.unwrap();
    let before = info(&office).await;
    let limits = v1::Limits {
        commit_events_max: 1_000,
        commit_bytes_max: 2 << 20,
        event_bytes_max: 32 << 10,
        checks_max: 100,
        page_size_max: 1_000,
    };
    let expected = v1::ServerInfoResponse {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        ruleset: before.ruleset.clone(),
        started_at: before.started_at,
        tail: 5,
        projected: 5,
        actors: 1,
        groups: 2,
        regimes: 1,
        relationships: 1,
        poisoned: String::new(),
        limits: Some(limits),
        damage: String::new(),
        recorded_ahead: None,
    };
    assert_eq!(before, expected);
    assert!(!before.ruleset.is_empty() && before.started_at.is_some());
    let office = office.restarted().await;
    let after = info(&office).await;
    let (then, now) = (before.started_at.unwrap(), after.started_at.unwrap());
    assert!((then.seconds, then.nanos) < (now.seconds, now.nanos));
    assert_eq!(v1::ServerInfoResponse { started_at: before.started_at, ..after }, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health() {
    let data = tempfile::tempdir().unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let server = Server::start(Config {
        data: data.path().to_owned(),
        listen,
        origin: None,
        journal: Sizes::default(),
    })
    .await
    .unwrap();
    let url = format!("http://{}", server.address());
    let channel = Channel::from_shared(url).unwrap().connect().await.unwrap();
    let health = HealthClient::new(channel);
    let request = |service: &str| HealthCheckRequest { service: service.to_owned() };
    let services = || std::iter::once("").chain(SERVICES);
    let mut watched = health.clone().watch(request(SERVICES[0])).await.unwrap().into_inner();
    for (ready, expected) in [(false, ServingStatus::NotServing), (true, ServingStatus::Serving)] {
        if ready {
            server.ready().await;
        }
        for service in services() {
            let found = health.clone().check(request(service)).await.unwrap().into_inner().status();
            assert_eq!(found, expected, "{service:?}");
        }
        assert_eq!(watched.next().await.unwrap().unwrap().status(), expected);
    }
    let unknown = health.clone().check(request("chancery.v1.Nothing")).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    drop((watched, health));
    server.stop().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection() {
    let office = Office::empty().await;
    let found = |names: Vec<String>| names.into_iter().collect::<BTreeSet<String>>();
    macro_rules! services {
        ($version:ident) => {{
            use tonic_reflection::pb::$version::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
            };
            let ask = async |request| {
                let message_request = Some(request);
                let request = ServerReflectionRequest { host: String::new(), message_request };
                let mut client = ServerReflectionClient::new(office.channel.clone());
                let answers = client.server_reflection_info(tokio_stream::once(request)).await.unwrap();
                answers.into_inner().message().await.unwrap().unwrap().message_response.unwrap()
            };
            let symbol = "chancery.v1.HistoryService.Subscribe".to_owned();
            let MessageResponse::FileDescriptorResponse(files) =
                ask(MessageRequest::FileContainingSymbol(symbol)).await
            else {
                panic!("no descriptor")
            };
            assert!(!files.file_descriptor_proto.is_empty());
            match ask(MessageRequest::ListServices(String::new())).await {
                MessageResponse::ListServicesResponse(list) => {
                    found(list.service.into_iter().map(|it| it.name).collect())
                }
                other => panic!("{other:?}"),
            }
        }};
    }
    for listed in [services!(v1), services!(v1alpha)] {
        for service in SERVICES.into_iter().chain(["grpc.health.v1.Health"]) {
            assert!(listed.contains(service), "{service} is not among {listed:?}");
        }
    }
}

/// A browser speaks HTTP/1.1 and finds the status in the last frame of the body.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn browsers() {
    let office = Office::small().await;
    let ask = |method: &str, message: &[u8]| -> (String, Vec<u8>) {
        let mut stream = TcpStream::connect(office.server.address()).unwrap();
        let length = u32::try_from(message.len()).unwrap();
        let head = format!(
            "POST /chancery.v1.HistoryService/{method} HTTP/1.1\r\nhost: localhost\r\n\
             content-type: application/grpc-web+proto\r\nx-grpc-web: 1\r\nconnection: close\r\n\
             content-length: {}\r\n\r\n",
            5 + length
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&[0]).unwrap();
        stream.write_all(&length.to_be_bytes()).unwrap();
        stream.write_all(message).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(answer[..end].to_vec()).unwrap().to_lowercase();
        let body = match head.contains("transfer-encoding: chunked") {
            true => unchunked(&answer[end..]),
            false => answer[end..].to_vec(),
        };
        (head, body)
    };
    let (head, body) = ask("GetTail", &v1::GetTailRequest {}.encode_to_vec());
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-type: application/grpc-web+proto"), "{head}");
    let (message, trailers) = frames(&body);
    assert_eq!(v1::GetTailResponse::decode(message.as_slice()).unwrap().position, 3);
    assert!(trailers.contains("grpc-status:0"), "{trailers}");
    let (head, _) = ask("GetEvent", &v1::GetEventRequest { event_id: events::id(9) }.encode_to_vec());
    assert!(head.contains("grpc-status: 5"), "a refusal is known without a body: {head}");
}

/// The bytes of a body in chunks.
fn unchunked(mut rest: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[end + 2..end + 2 + size]);
        rest = &rest[end + 2 + size + 2..];
    }
}

/// The message and the trailers of a grpc-web body: frames of a flag, a length and their content.
fn frames(mut rest: &[u8]) -> (Vec<u8>, String) {
    let (mut message, mut trailers) = (Vec::new(), String::new());
    while !rest.is_empty() {
        let size = u32::from_be_bytes(rest[1..5].try_into().unwrap()) as usize;
        let content = &rest[5..5 + size];
        match rest[0] {
            0 => message.extend_from_slice(content),
            _ => trailers.push_str(std::str::from_utf8(content).unwrap()),
        }
        rest = &rest[5 + size..];
    }
    (message, trailers)
}
