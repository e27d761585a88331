//! The key that signs checkpoints: a file of the data directory, made at the first start.
//!
//! `chancery.key` holds one line, `PRIVATE+KEY+NAME+ID+KEY`: the text form in which Go's `note` package keeps keys, and
//! with it the tools around C2SP. It keeps the name, which is the origin of the record's checkpoints, beside the key.
//!
//! `chancery.vkey` holds the verifier key that the record is served with, so that another record's key is not taken for its
//! own, and a lost one is not replaced unasked. It is written after the key and before that is used.
//!
//! `retired.keys` holds verifier keys, a line each, that signed checkpoints which this record may not continue: it was
//! restored without its key, or lost events to a repair. Neither such a key nor its name is ever used again.

mod fault;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use tracing::{info, warn};

pub use fault::KeyFileError;

use crate::{
    position::Position,
    proof::{KeyError, KeyName, SigningKey, VerifierKey},
};

/// The name of the file.
const FILE: &str = "chancery.key";
/// The name of the file of the key that the record is served with.
const SERVED_FILE: &str = "chancery.vkey";
/// The name of the file of retired keys.
const RETIRED_FILE: &str = "retired.keys";

/// The key of the record in `directory`, which nobody else may be using; made when there is none. `tail` is how much the
/// record holds: when it holds something, a missing key was lost.
pub fn load_or_make(
    directory: &Path,
    origin: Option<&KeyName>,
    tail: Position,
) -> Result<SigningKey, KeyFileError> {
    let retired = retired(directory)?;
    origin.map_or(Ok(()), |name| not_retired(name, &retired, directory))?;
    let key = match present(directory)? {
        Some(key) => key,
        None => {
            not_lost(directory)?;
            if Position::START < tail {
                warn!(
                    "there is no signing key beside the record: a new one is made, and checkpoints signed with the old one \
                     will not be continued"
                );
            }
            let key = make(origin)?;
            install(&key, directory)?;
            info!(origin = %key.verifier().name(), "made a signing key");
            key
        }
    };
    let verifier = key.verifier();
    let found = verifier.name();
    not_retired(found, &retired, directory)?;
    not_changed(&verifier, directory)?;
    match origin {
        Some(asked) if asked != found => {
            let (asked, found) = (asked.to_string(), found.to_string());
            Err(KeyFileError::Origin { path: directory.join(FILE), asked, found })
        }
        Some(_) | None => note(&verifier, directory).map(|()| key),
    }
}

/// The key that a start would sign with: `None` when it would make one. Nothing is changed.
pub fn look(directory: &Path) -> Result<Option<VerifierKey>, KeyFileError> {
    let retired = retired(directory)?;
    let Some(key) = present(directory)? else { return not_lost(directory).map(|()| None) };
    let key = key.verifier();
    not_retired(key.name(), &retired, directory)?;
    not_changed(&key, directory)?;
    Ok(Some(key))
}

/// Reads a copy of a key that is kept apart from any record.
pub fn read_copy(path: &Path) -> Result<SigningKey, KeyFileError> {
    read(path).map_err(|error| match error {
        KeyFileError::Exposed { path, mode } => KeyFileError::CopyExposed { path, mode },
        KeyFileError::Key { path, error } => KeyFileError::Copy { path, error },
        error => error,
    })
}

/// Reads a key.
fn read(path: &Path) -> Result<SigningKey, KeyFileError> {
    let file = File::open(path).map_err(|error| KeyFileError::Read { path: path.to_owned(), error })?;
    load(path, file)
}

/// The key in a data directory, if there is one. A link that leads nowhere is not the same as none: the key
/// is kept elsewhere, and is not to be replaced.
fn present(directory: &Path) -> Result<Option<SigningKey>, KeyFileError> {
    let path = directory.join(FILE);
    match read(&path) {
        Err(KeyFileError::Read { error, .. }) if error.kind() == io::ErrorKind::NotFound => {
            match fs::read_link(&path) {
                Ok(target) => Err(KeyFileError::Dangling { path, target }),
                Err(_) => Ok(None),
            }
        }
        read => read.map(Some),
    }
}

/// The key that the record in a directory was served with, as far as that is known.
fn served(directory: &Path) -> Result<Option<VerifierKey>, KeyFileError> {
    let path = directory.join(SERVED_FILE);
    let damaged = |path, problem| KeyFileError::ServedDamaged { path, problem };
    match fs::read_to_string(&path) {
        Ok(text) => {
            let key = text.trim_end().parse().map(Some);
            key.map_err(|error: KeyError| damaged(path, error.to_string()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(None),
        Err(error) => Err(KeyFileError::unread(path, error, damaged)),
    }
}

/// Notes the key that the record in a directory is served with.
fn note(key: &VerifierKey, directory: &Path) -> Result<(), KeyFileError> {
    let path = directory.join(SERVED_FILE);
    match served(directory) {
        Ok(Some(served)) if served == *key => Ok(()),
        _ => write_whole(&path, format!("{key}\n").as_bytes(), 0o600)
            .map_err(|error| KeyFileError::Write { path, error }),
    }
}

/// Without a key, the record is one that was not served yet.
fn not_lost(directory: &Path) -> Result<(), KeyFileError> {
    let Some(served) = served(directory)? else { return Ok(()) };
    let (path, note) = (directory.join(FILE), directory.join(SERVED_FILE));
    Err(KeyFileError::Lost { path, served: Box::new(served), note })
}

fn not_changed(key: &VerifierKey, directory: &Path) -> Result<(), KeyFileError> {
    match served(directory)? {
        Some(served) if served != *key => Err(KeyFileError::Changed {
            path: directory.join(FILE),
            found: Box::new(key.clone()),
            served: Box::new(served),
            note: directory.join(SERVED_FILE),
        }),
        Some(_) | None => Ok(()),
    }
}

fn not_retired(name: &KeyName, retired: &[VerifierKey], directory: &Path) -> Result<(), KeyFileError> {
    match retired.iter().any(|key| key.name() == name) {
        true => Err(KeyFileError::Retired { path: directory.join(RETIRED_FILE), origin: name.to_string() }),
        false => Ok(()),
    }
}

/// Puts a key into a data directory without one.
pub fn install(key: &SigningKey, directory: &Path) -> Result<(), KeyFileError> {
    let path = directory.join(FILE);
    write_whole(&path, key.to_text().as_bytes(), 0o600)
        .map_err(|error| KeyFileError::Write { path, error })?;
    // After the key: a start that is interrupted in between takes the key that is there.
    note(&key.verifier(), directory)
}

/// Notes in a data directory that a key must not sign for it any more.
pub fn retire(directory: &Path, key: &VerifierKey) -> Result<(), KeyFileError> {
    let mut keys = retired(directory)?;
    if !keys.contains(key) {
        keys.push(key.clone());
    }
    let text: String = keys.iter().map(|key| format!("{key}\n")).collect();
    let path = directory.join(RETIRED_FILE);
    write_whole(&path, text.as_bytes(), 0o600).map_err(|error| KeyFileError::Write { path, error })
}

/// Takes the key and the retired ones over from one data directory to another. Whether there was a key.
pub fn carry_over(from: &Path, to: &Path) -> Result<bool, KeyFileError> {
    for key in retired(from)? {
        retire(to, &key)?;
    }
    let Some(key) = present(from)? else { return Ok(false) };
    not_changed(&key.verifier(), from)?;
    install(&key, to).map(|()| true)
}

/// Retires the key of one data directory, the one that its record was served with, and those retired in it before, in
/// another.
pub fn carry_over_retired(from: &Path, to: &Path) -> Result<(), KeyFileError> {
    for key in retired(from)? {
        retire(to, &key)?;
    }
    let present = present(from)?.map(|key| key.verifier());
    [present, served(from)?].into_iter().flatten().try_for_each(|key| retire(to, &key))
}

fn retired(directory: &Path) -> Result<Vec<VerifierKey>, KeyFileError> {
    let path = directory.join(RETIRED_FILE);
    match fs::read_to_string(&path) {
        // It is written with the first key in it, so that it is never empty.
        Ok(text) if text.trim().is_empty() => {
            Err(KeyFileError::RetiredDamaged { path, problem: "it is empty".to_owned() })
        }
        Ok(text) => {
            let keys = text.lines().map(str::parse).collect::<Result<_, KeyError>>();
            keys.map_err(|error| KeyFileError::RetiredDamaged { path, problem: error.to_string() })
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(Vec::new()),
        Err(error) => Err(KeyFileError::unread(path, error, |path, problem| KeyFileError::RetiredDamaged {
            path,
            problem,
        })),
    }
}

fn load(path: &Path, file: File) -> Result<SigningKey, KeyFileError> {
    let io = |error: io::Error| KeyFileError::Read { path: path.to_owned(), error };
    let text = io::read_to_string(&file).or_else(|error| match error.kind() {
        // Bytes that are no text are no key.
        io::ErrorKind::InvalidData => Ok(String::new()),
        _ => Err(io(error)),
    })?;
    // What is no key may be read by anybody.
    let key =
        SigningKey::from_text(&text).map_err(|error| KeyFileError::Key { path: path.to_owned(), error })?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().map_err(io)?.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
        }
    }
    Ok(key)
}

fn make(origin: Option<&KeyName>) -> Result<SigningKey, KeyFileError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(KeyFileError::Randomness)?;
    let name = match origin {
        Some(name) => name.clone(),
        None => {
            let own = getrandom::u64().map_err(KeyFileError::Randomness)?;
            let named = format!("chancery.local/{own:016x}").parse();
            named.map_err(|error| KeyFileError::Key { path: FILE.into(), error })?
        }
    };
    Ok(SigningKey::from_random(name, &seed))
}

/// Writes a file so that after a power cut it is there whole, or not at all.
fn write_whole(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut begun = path.as_os_str().to_owned();
    begun.push(".new");
    let begun = PathBuf::from(begun);
    match fs::remove_file(&begun) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    let mut file = options.open(&begun)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&begun, path)?;
    path.parent().map_or(Ok(()), |directory| File::open(directory)?.sync_all())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_or_make(directory: &Path, origin: Option<&str>) -> Result<String, KeyFileError> {
        let origin = origin.map(|it| it.parse().unwrap());
        let key = super::load_or_make(directory, origin.as_ref(), Position::START)?;
        Ok(key.verifier().to_string())
    }

    #[test]
    fn a_key_is_made_once_and_kept() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let key = load_or_make(one.path(), None).unwrap();
        assert!(key.starts_with("chancery.local/"), "{key}");
        assert_eq!(load_or_make(one.path(), None).unwrap(), key);
        assert_ne!(load_or_make(two.path(), None).unwrap(), key);
        let found = load_or_make(one.path(), Some("example.org/record"));
        assert!(matches!(found, Err(KeyFileError::Origin { .. })));
    }

    #[test]
    fn an_origin_is_kept_with_the_key() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("chancery.key.new"), "begun and left").unwrap();
        let key = load_or_make(directory.path(), Some("example.org/record")).unwrap();
        assert!(key.starts_with("example.org/record+"), "{key}");
        assert_eq!(load_or_make(directory.path(), None).unwrap(), key);
        assert_eq!(load_or_make(directory.path(), Some("example.org/record")).unwrap(), key);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        load_or_make(directory.path(), None).unwrap();
        let path = directory.path().join(FILE);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o600);
        for (given, usable) in [(0o640, false), (0o604, false), (0o601, false), (0o700, true), (0o400, true)]
        {
            fs::set_permissions(&path, fs::Permissions::from_mode(given)).unwrap();
            let found = load_or_make(directory.path(), None);
            assert_eq!(found.is_ok(), usable, "{given:o}");
            assert!(matches!(found, Ok(_) | Err(KeyFileError::Exposed { .. })), "{given:o}");
        }
    }

    #[test]
    fn a_damaged_list_of_retired_keys_makes_no_new_key() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(RETIRED_FILE);
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n";
        let damaged: [&[u8]; 5] =
            [b"", b"\n", b"\xff\xfe\n", &key.as_bytes()[..30], &[key.as_bytes(), b"x"].concat()];
        for content in damaged {
            fs::write(&path, content).unwrap();
            for found in [load_or_make(directory.path(), None).map(drop), look(directory.path()).map(drop)] {
                let error = found.unwrap_err();
                let said = error.to_string();
                assert!(matches!(error, KeyFileError::RetiredDamaged { .. }), "{said}");
                assert!(said.contains("Put back a copy") && said.contains("without --origin"), "{said}");
            }
            assert!(!directory.path().join(FILE).exists(), "{content:?}");
        }
        fs::write(&path, key).unwrap();
        assert!(matches!(look(directory.path()), Ok(None)));
        let found = load_or_make(directory.path(), Some("PeterNeumann"));
        assert!(matches!(found, Err(KeyFileError::Retired { .. })));
    }

    /// Its absence is not noticed; what the record was served with since keeps the retired key out all the same.
    #[test]
    fn without_the_list_a_retired_key_does_not_come_back_by_itself() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name| directory.path().join(name);
        let retired = SigningKey::from_random("example.org/record".parse().unwrap(), &[7; 32]);
        retire(directory.path(), &retired.verifier()).unwrap();
        let served = load_or_make(directory.path(), None).unwrap();
        fs::remove_file(path(RETIRED_FILE)).unwrap();
        assert_eq!(load_or_make(directory.path(), None).unwrap(), served);
        write_whole(&path(FILE), retired.to_text().as_bytes(), 0o600).unwrap();
        for origin in [None, Some("example.org/record")] {
            let found = load_or_make(directory.path(), origin);
            assert!(matches!(found, Err(KeyFileError::Changed { .. })), "{origin:?}: {found:?}");
        }
        fs::remove_file(path(FILE)).unwrap();
        let found = load_or_make(directory.path(), Some("example.org/record"));
        assert!(matches!(found, Err(KeyFileError::Lost { .. })), "{found:?}");
    }

    #[test]
    fn what_may_not_be_read_is_not_called_damaged() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join(SERVED_FILE);
        fs::write(&path, "any").unwrap();
        let damaged = |path, problem| KeyFileError::ServedDamaged { path, problem };
        for (kind, word) in [
            (io::ErrorKind::PermissionDenied, "of the user with the id "),
            (io::ErrorKind::Other, "is damaged"),
        ] {
            let said = KeyFileError::unread(path.clone(), kind.into(), damaged).to_string();
            assert!(said.contains(word), "{said}");
            assert_eq!(said.contains("is damaged"), kind == io::ErrorKind::Other, "{said}");
        }
    }

    #[test]
    fn what_is_not_a_key_is_refused_and_not_shown() {
        let directory = tempfile::tempdir().unwrap();
        load_or_make(directory.path(), None).unwrap();
        let path = directory.path().join(FILE);
        let key = fs::read_to_string(&path).unwrap();
        for wrong in [String::new(), key.replace("PRIVATE", "SECRET"), key[..key.len() - 3].to_owned()] {
            fs::write(&path, &wrong).unwrap();
            let error = load_or_make(directory.path(), None).unwrap_err();
            assert!(matches!(error, KeyFileError::Key { .. }));
            assert!(matches!(look(directory.path()), Err(KeyFileError::Key { .. })));
            let secret = key.trim_end().splitn(5, '+').last().unwrap();
            assert!(!format!("{error} {error:?}").contains(secret.get(4..12).unwrap()));
        }
        fs::write(&path, [0xff, 0xfe]).unwrap();
        let error = load_or_make(directory.path(), None).unwrap_err();
        assert!(matches!(error, KeyFileError::Key { .. }), "{error}");
    }
}
