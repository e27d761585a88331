//! The example clients in other languages do what they promise against a real server.

mod common;

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use common::Server;

/// The Python that `scripts/setup` equips, or the one that the environment names.
fn python() -> PathBuf {
    let path = match env::var_os("CHANCERY_TEST_PYTHON") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join(".tools/venv/bin/python"),
    };
    assert!(
        path.is_file(),
        "there is no Python at {}: run scripts/setup, or set CHANCERY_TEST_PYTHON to a Python that has the packages \
         of scripts/requirements.txt",
        path.display()
    );
    path
}

#[test]
fn a_python_client_with_nothing_but_reflection_submits_reads_subscribes_and_queries() {
    let data = tempfile::tempdir().unwrap();
    let server = Server::start(data.path(), &[]);
    let output = Command::new(python())
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/python/client.py"))
        .args(["--server", server.address()])
        .output()
        .unwrap();
    let (said, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{}\n{said}\n{errors}", output.status);
    assert!(said.ends_with("everything as expected\n"), "{said}");
}
