//! Keys of signed notes: a name and an Ed25519 key, in the text forms that Go's `note` package gave them and C2SP took
//! over.

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Signer as _, SigningKey as Ed25519Key, VerifyingKey};

use super::hash::Hash;

/// The signature type of Ed25519 (c2sp.org/signed-note).
const ED25519: u8 = 0x01;
/// What a private key in text begins with.
const PRIVATE: &str = "PRIVATE+KEY+";
/// The longest name, in bytes.
const NAME_BYTES_MAX: usize = 255;

/// Why a text is not a key or the name of one. It never holds a part of the text: that may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not a name.
    #[error(
        "a name such as example.org/record is expected: 1 to {NAME_BYTES_MAX} bytes, without spaces, control characters \
         and +"
    )]
    Name,
    /// Not of this form.
    #[error("a verifier key has the form NAME+8 hexadecimal digits+base64, on one line")]
    Form,
    /// Not of this form.
    #[error("a private key has the form PRIVATE+KEY+NAME+8 hexadecimal digits+base64, on one line")]
    PrivateForm,
    /// Of another algorithm.
    #[error("the key is not an Ed25519 key")]
    Algorithm,
    /// The key id is not that of the key.
    #[error("the id in the key is not that of the key: a part of it was changed or lost")]
    Id,
}

/// The name of a key, which is the origin of the checkpoints that it signs: a URL without scheme, by custom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyName(String);

impl KeyName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<KeyName, KeyError> {
        let fits = (1..=NAME_BYTES_MAX).contains(&text.len());
        let fit = |it: char| !it.is_whitespace() && !it.is_control() && it != '+';
        if fits && text.chars().all(fit) { Ok(KeyName(text.to_owned())) } else { Err(KeyError::Name) }
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The first four bytes of SHA-256(name ‖ 0x0A ‖ signature type ‖ public key): which of the keys it may be.
pub type KeyId = [u8; 4];

/// Verifies signatures. As text: `NAME+ID+KEY`, the id in hexadecimal, the key as base64 of its type and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifierKey {
    name: KeyName,
    key: VerifyingKey,
}

impl VerifierKey {
    /// Its name.
    pub const fn name(&self) -> &KeyName {
        &self.name
    }

    /// Its id.
    pub fn id(&self) -> KeyId {
        let hash = Hash::of_parts(&[self.name.0.as_bytes(), b"\n", &[ED25519], self.key.as_bytes()]);
        let [a, b, c, d, ..] = *hash.as_bytes();
        [a, b, c, d]
    }

    /// Whether the signature is of this text under this key. Signatures that other implementations could judge
    /// differently are refused.
    pub(super) fn accepts(&self, text: &str, signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.key.verify_strict(text.as_bytes(), &signature).is_ok())
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}+{}+{}", self.name, hex(self.id()), encode(self.key.as_bytes()))
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<VerifierKey, KeyError> {
        let (name, id, bytes) = split(text).ok_or(KeyError::Form)?;
        let bytes = decode(bytes).map_err(|error| error.unwrap_or(KeyError::Form))?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::Algorithm)?;
        let key = VerifierKey { name: name.parse()?, key };
        if hex(key.id()) == id { Ok(key) } else { Err(KeyError::Id) }
    }
}

/// Signs. It has no `Debug`, and its text is the secret itself.
pub struct SigningKey {
    name: KeyName,
    key: Ed25519Key,
}

impl SigningKey {
    /// The key of this name from 32 random bytes.
    pub fn from_random(name: KeyName, bytes: &[u8; 32]) -> SigningKey {
        SigningKey { name, key: Ed25519Key::from_bytes(bytes) }
    }

    /// Reads `PRIVATE+KEY+NAME+ID+KEY`, which may be followed by one line feed.
    pub fn from_text(text: &str) -> Result<SigningKey, KeyError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        // As an editor elsewhere may have ended the line.
        let text = text.strip_suffix('\r').unwrap_or(text);
        let rest = text.strip_prefix(PRIVATE).ok_or(KeyError::PrivateForm)?;
        let (name, id, bytes) = split(rest).ok_or(KeyError::PrivateForm)?;
        let bytes = decode(bytes).map_err(|error| error.unwrap_or(KeyError::PrivateForm))?;
        let key = SigningKey::from_random(name.parse()?, &bytes);
        if hex(key.verifier().id()) == id { Ok(key) } else { Err(KeyError::Id) }
    }

    /// Whether somewhere in a text something begins as a signing key does, whole or not: such a text is secret.
    pub fn is_meant_by(text: &str) -> bool {
        text.contains(PRIVATE)
    }

    /// The text that [`SigningKey::from_text`] reads: secret.
    pub fn to_text(&self) -> String {
        format!("{PRIVATE}{}+{}+{}\n", self.name, hex(self.verifier().id()), encode(&self.key.to_bytes()))
    }

    /// The key that verifies what this one signs.
    pub fn verifier(&self) -> VerifierKey {
        VerifierKey { name: self.name.clone(), key: self.key.verifying_key() }
    }

    /// The signature of a text.
    pub(super) fn sign(&self, text: &str) -> [u8; 64] {
        self.key.sign(text.as_bytes()).to_bytes()
    }
}

fn hex(id: KeyId) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}

fn encode(key: &[u8; 32]) -> String {
    let mut typed = vec![ED25519];
    typed.extend(key);
    STANDARD.encode(typed)
}

/// Name, id and key. The key is in base64, in which there may be a `+`; in a name there is none.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = text.split_once('+')?;
    let (id, key) = rest.split_once('+')?;
    Some((name, id, key))
}

/// The bytes of a key; in the error, what is wrong if it is known.
fn decode(text: &str) -> Result<[u8; 32], Option<KeyError>> {
    let bytes = STANDARD.decode(text).map_err(|_| None)?;
    match bytes.split_first() {
        Some((&ED25519, key)) => key.try_into().map_err(|_| None),
        Some(_) => Err(Some(KeyError::Algorithm)),
        None => Err(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_the_text_form_of_gos_note_package() {
        // From the documentation of golang.org/x/mod/sumdb/note.
        let private = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
        let verifier = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let signing = SigningKey::from_text(private).unwrap();
        assert_eq!(signing.verifier().to_string(), verifier);
        assert_eq!(signing.to_text(), format!("{private}\n"));
        for ending in ["\n", "\r\n"] {
            let read = SigningKey::from_text(&format!("{private}{ending}")).unwrap();
            assert_eq!(read.verifier(), signing.verifier());
        }
        assert_eq!(verifier.parse(), Ok(signing.verifier()));
    }

    #[test]
    fn what_is_not_a_verifier_key_is_refused() {
        let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
        let wrong = |from: &str, to: &str| key.replace(from, to).parse::<VerifierKey>().map(drop);
        for (from, to, expected) in [
            ("PeterNeumann", "PeterN", KeyError::Id),
            ("PeterNeumann", "Peter Neumann", KeyError::Name),
            ("PeterNeumann", "", KeyError::Name),
            ("c74f20a3", "c74f20a4", KeyError::Id),
            ("c74f20a3", "C74F20A3", KeyError::Id),
            ("+c74f20a3", "", KeyError::Form),
            ("ARpc", "AhPc", KeyError::Algorithm),
            ("10TW", "10T", KeyError::Form),
            ("10TW", "", KeyError::Form),
            ("10TW", "10TW\n", KeyError::Form),
        ] {
            assert_eq!(wrong(from, to), Err(expected), "{from} → {to}");
        }
    }

    #[test]
    fn names() {
        for (name, fits) in [
            ("example.org/record", true),
            ("chancery.local/0123abcd", true),
            ("", false),
            ("a b", false),
            ("a\u{a0}b", false),
            ("a+b", false),
            ("a\nb", false),
            ("a\u{0}b", false),
        ] {
            assert_eq!(name.parse::<KeyName>().is_ok(), fits, "{name:?}");
        }
        assert!("a".repeat(256).parse::<KeyName>().is_err());
    }
}
