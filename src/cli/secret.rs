//! Secrets: a signing key that is given where something else belongs is named for what it is, and never repeated.

use std::{
    env,
    ffi::{OsStr, OsString},
};

use clap::{
    Command,
    builder::TypedValueParser,
    error::{Error, ErrorKind},
};

use super::failure::Failure;
use crate::proof::{KeyError, SigningKey, VerifierKey};

/// Refuses a signing key on the command line, or in a variable that sets a flag, before anything can repeat it.
pub fn refuse() -> Result<(), Failure> {
    let set = |(name, value): (OsString, OsString)| {
        name.to_string_lossy().starts_with("CHANCERY_").then_some(value)
    };
    let given = env::args_os().skip(1).chain(env::vars_os().filter_map(set));
    match given.into_iter().any(|text| SigningKey::is_meant_by(&text.to_string_lossy())) {
        true => Err(Failure::Secret),
        false => Ok(()),
    }
}

/// Reads a verifier key. What is none is not repeated: it may be a part of a signing key.
#[derive(Clone, Copy, Debug)]
pub struct VerifierKeys;

impl TypedValueParser for VerifierKeys {
    type Value = VerifierKey;

    fn parse_ref(
        &self,
        command: &Command,
        _: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<VerifierKey, Error> {
        value.to_string_lossy().parse().map_err(|error: KeyError| {
            let message = format!("the value for '--key <KEY>' cannot be used: {error}\n`chancery key` shows the one of a server.\n");
            Error::raw(ErrorKind::ValueValidation, message).with_cmd(command)
        })
    }
}
