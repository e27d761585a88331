//! Compiles `proto/` with protox (no protoc needed) into client, server and message code, and keeps the descriptor
//! set with its comments for server reflection and canonical JSON.

use std::{
    error::Error,
    path::{Path, PathBuf},
};

use prost::Message as _;
use prost_types::{FileDescriptorSet, field_descriptor_proto::Type};

/// The messages that carry events by the thousand, or statuses that were encoded before: see `wire::sealed`.
const SEALED: &[&str] =
    &["SubscribeResponse", "SubmitRequest", "ValidateRequest", "GetGroupResponse", "GetRelationshipResponse"];
/// Those that stay encoded as a whole there: see `wire::batch`.
const BATCHES: &[&str] = &["RecordBatch", "ReadResponse"];
/// The fields that are events or statuses, and are bytes there.
const SEALED_FIELDS: &[(&str, &str)] = &[
    ("SubmitRequest", "events"),
    ("ValidateRequest", "events"),
    ("GetGroupResponse", "status"),
    ("GetRelationshipResponse", "status"),
];
/// The services that use them.
const SEALED_SERVICES: &[&str] = &["HistoryService", "QueryService", "SubmissionService"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    let mut files: Vec<PathBuf> = std::fs::read_dir("proto/chancery/v1")?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.sort();
    let descriptors = protox::compile(&files, ["proto"])?;
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(out.join("descriptors.bin"), descriptors.encode_to_vec())?;
    // The type names let canonical JSON find the descriptor of a message.
    let mut config = tonic_prost_build::Config::new();
    config.enable_type_names();
    tonic_prost_build::configure().bytes(".").compile_fds_with_config(descriptors.clone(), config)?;
    compile_sealed(descriptors, &out.join("sealed"))
}

/// Generates these services once more, with events and statuses as bytes. On the wire a
/// message within a message is its bytes with their length before them, so both forms are the same to a client.
fn compile_sealed(mut descriptors: FileDescriptorSet, out: &Path) -> Result<(), Box<dyn Error>> {
    std::fs::create_dir_all(out)?;
    let mut config = tonic_prost_build::Config::new();
    let ours = descriptors.file.iter().filter(|file| file.package() == "chancery.v1");
    for file in ours {
        let enums = file.enum_type.iter().map(|it| it.name());
        for name in file.message_type.iter().map(|it| it.name()).chain(enums) {
            let path = format!(".chancery.v1.{name}");
            if BATCHES.contains(&name) {
                config.extern_path(path, "crate::wire::batch::Batch");
            } else if !SEALED.contains(&name) {
                config.extern_path(path, format!("crate::wire::v1::{name}"));
            }
        }
    }
    for file in &mut descriptors.file {
        file.service.retain(|service| SEALED_SERVICES.contains(&service.name()));
    }
    for message in descriptors.file.iter_mut().flat_map(|file| &mut file.message_type) {
        let name = message.name().to_owned();
        for field in &mut message.field {
            if SEALED_FIELDS.contains(&(&name, field.name())) {
                field.set_type(Type::Bytes);
                field.type_name = None;
            }
        }
    }
    tonic_prost_build::configure().bytes(".").out_dir(out).compile_fds_with_config(descriptors, config)?;
    Ok(())
}
