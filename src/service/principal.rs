//! Who asks: every handler gets its principal, and the clearance that goes with it, from here.

use std::sync::Arc;

use tonic::Request;

use crate::domain::vocabulary::Label;

/// Who asks, and what they may see.
#[derive(Clone, Debug)]
pub struct Principal {
    /// The name that is recorded with what they submit.
    pub name: Arc<str>,
    /// The most protected label that they may see.
    pub clearance: Label,
}

/// The principal of a request. There is no authentication: the server listens on the loopback interface, and whoever
/// can reach it is the local operator, cleared for everything.
pub fn principal<T>(_request: &Request<T>) -> Principal {
    Principal { name: Arc::from("local"), clearance: Label::Restricted }
}
