//! Signed notes (c2sp.org/signed-note): a text, an empty line, and a line for each signature.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::key::{SigningKey, VerifierKey};

/// The signatures that a note may have; that of the log itself is one of them.
pub const SIGNATURES_MAX: usize = 64;

/// Why a note is not to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a signed note.
    #[error("it is not a signed note: {0}")]
    Form(&'static str),
    /// Signed by others only, or by nobody.
    #[error("it is not signed by {0}")]
    Unsigned(String),
    /// The signature is wrong.
    #[error("the signature of {0} on it is wrong: it was changed, or is forged")]
    Wrong(String),
}

/// A text, which must end with a line feed, with its signature.
pub fn sign(text: &str, key: &SigningKey) -> String {
    let verifier = key.verifier();
    let mut signature = verifier.id().to_vec();
    signature.extend(key.sign(text));
    format!("{text}\n— {} {}\n", verifier.name(), STANDARD.encode(signature))
}

/// The text of a note, once the key is found to have signed it. Signatures of other keys are left aside.
pub fn verify<'a>(note: &'a str, key: &VerifierKey) -> Result<&'a str, NoteError> {
    if note.chars().any(|it| it < ' ' && it != '\n') {
        return Err(NoteError::Form("it has control characters"));
    }
    let split = note.rfind("\n\n").map(|at| note.split_at(at + 1));
    let Some((text, rest)) = split else { return Err(NoteError::Form("there is no empty line")) };
    let rest = rest.strip_prefix('\n').and_then(|rest| rest.strip_suffix('\n'));
    let Some(lines) = rest else { return Err(NoteError::Form("the last line does not end")) };
    let mut signed = false;
    for (number, line) in lines.split('\n').enumerate() {
        if number == SIGNATURES_MAX {
            return Err(NoteError::Form("there are too many signatures"));
        }
        let parts = line.strip_prefix("— ").and_then(|rest| rest.split_once(' '));
        let Some((name, signature)) = parts else {
            return Err(NoteError::Form("a line below the empty one is not a signature"));
        };
        let signature = STANDARD.decode(signature).unwrap_or_default();
        let Some((id, signature)) = signature.split_first_chunk().filter(|_| !name.is_empty()) else {
            return Err(NoteError::Form("a signature is not base64, or too short"));
        };
        if name != key.name().as_str() || *id != key.id() {
            continue;
        }
        if !key.accepts(text, signature) {
            return Err(NoteError::Wrong(name.to_owned()));
        }
        signed = true;
    }
    if signed { Ok(text) } else { Err(NoteError::Unsigned(key.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    // From the documentation of golang.org/x/mod/sumdb/note.
    const KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const PRIVATE: &str = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n";
    const SIGNATURE: &str = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    #[test]
    fn a_note_of_another_implementation_is_made_and_verified() {
        let note = format!("{TEXT}\n{SIGNATURE}");
        assert_eq!(sign(TEXT, &SigningKey::from_text(PRIVATE).unwrap()), note);
        assert_eq!(verify(&note, &KEY.parse().unwrap()), Ok(TEXT));
    }

    #[test]
    fn what_is_not_signed_as_it_stands_is_refused() {
        let form = NoteError::Form;
        let unsigned = NoteError::Unsigned(KEY.to_owned());
        let wrong = NoteError::Wrong("PeterNeumann".to_owned());
        let stranger = "— Enoch af4tmw==\n";
        for (note, expected) in [
            (format!("{TEXT}\n{SIGNATURE}{stranger}"), Ok(TEXT)),
            (format!("{TEXT}\n{stranger}{SIGNATURE}"), Ok(TEXT)),
            (format!("{TEXT}\n{stranger}"), Err(unsigned.clone())),
            (format!("{TEXT}\n{}", SIGNATURE.replace("Peter", "Pieter")), Err(unsigned.clone())),
            (format!("{TEXT}\n{}", SIGNATURE.replace("x08go", "x18go")), Err(unsigned)),
            (format!("{TEXT} \n{SIGNATURE}"), Err(form("there is no empty line"))),
            (format!("{}\n{SIGNATURE}", TEXT.replace("you", "we")), Err(wrong.clone())),
            (format!("{TEXT}\n{SIGNATURE}{}", SIGNATURE.replace("nAM=", "nAQ=")), Err(wrong)),
            (format!("{TEXT}{SIGNATURE}"), Err(form("there is no empty line"))),
            (format!("{TEXT}\n{}", SIGNATURE.trim_end()), Err(form("the last line does not end"))),
            (format!("{TEXT}\n{SIGNATURE}x\n"), Err(form("a line below the empty one is not a signature"))),
            (format!("{TEXT}\n— a !\n"), Err(form("a signature is not base64, or too short"))),
            (format!("{TEXT}\n{}", stranger.repeat(65)), Err(form("there are too many signatures"))),
            (format!("{TEXT}\r\n{SIGNATURE}"), Err(form("it has control characters"))),
            (String::new(), Err(form("there is no empty line"))),
        ] {
            assert_eq!(verify(&note, &KEY.parse().unwrap()), expected, "{note}");
        }
    }
}
