//! What the transport refuses before a handler sees it: said in the words and codes of the API.
//!
//! The gRPC library answers a message that is too large with OUT_OF_RANGE and one that does not decode with INTERNAL,
//! as if the server were at fault. Both are the client's to mend.

use tonic::{
    Code, Status,
    codegen::http::{HeaderValue, Response},
};

use super::refusal::Refusal;

/// The largest request, in bytes: a commit of the largest size, with room for its envelope.
pub const REQUEST_BYTES_MAX: usize = 4 << 20;

/// How the library begins its message about a request that is too large.
const OVERSIZED: &str = "Error, decoded message length too large";
/// How the library begins its message about a request that does not decode.
const UNDECODABLE: &str = "failed to decode Protobuf message";

/// Rewrites the library's own refusals; every other response passes as it is.
pub fn reword<B>(mut response: Response<B>) -> Response<B> {
    let Some(status) = Status::from_header_map(response.headers()) else { return response };
    let reworded = match status.code() {
        Code::OutOfRange if status.message().starts_with(OVERSIZED) => Refusal::TooLarge(format!(
            "the request is larger than the {REQUEST_BYTES_MAX} bytes allowed; divide it"
        )),
        Code::Internal if status.message().starts_with(UNDECODABLE) => {
            Refusal::Undecodable(status.message().to_owned())
        }
        _ => return response,
    };
    let reworded = Status::from(reworded);
    if reworded.add_header(response.headers_mut()).is_err() {
        response.headers_mut().insert(Status::GRPC_STATUS, HeaderValue::from(reworded.code() as i32));
    }
    response
}
