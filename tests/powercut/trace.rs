//! What strace wrote, as calls in their order.

use std::{borrow::Cow, collections::HashMap};

/// The system calls that are asked for: all that a program can change files, names and descriptors with. What is in
/// the list and not understood ends the test, so that no write goes unseen.
pub const CALLS: &str = "openat,open,openat2,creat,close,close_range,dup,dup2,dup3,fcntl,lseek,write,writev,pwrite64,\
     pwritev,pwritev2,ftruncate,truncate,fallocate,fsync,fdatasync,sync,syncfs,sync_file_range,msync,rename,renameat,\
     renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,copy_file_range,sendfile,splice,mmap,\
     ioctl,chmod,fchmod,fchmodat,io_uring_setup,io_submit";

/// How the tracer names a call that it could not look at.
const UNSEEN: &str = "????";

/// A moment of the trace. Lines stand in the order in which the tracer saw things happen.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The line.
    pub line: usize,
    /// Microseconds since 1970.
    pub at: u64,
}

/// One system call.
#[derive(Debug)]
pub struct Call<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its arguments as they were printed when it began.
    pub args: Vec<&'a str>,
    /// What it returned; `None` when it never did.
    pub result: Option<i64>,
    /// From here on it may have happened.
    pub began: Moment,
    /// From here on it has happened.
    pub ended: Option<Moment>,
}

impl Call<'_> {
    /// An argument that is a number.
    pub fn number(&self, index: usize) -> i64 {
        let text = self.args[index];
        text.parse().unwrap_or_else(|_| panic!("argument {index} of {} is {text}", self.name))
    }

    /// An argument that is a text.
    pub fn text(&self, index: usize) -> String {
        String::from_utf8(self.bytes(index)).unwrap()
    }

    /// An argument that is bytes, or a list of buffers, which are joined.
    pub fn bytes(&self, index: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut rest = self.args[index];
        while let Some(opening) = rest.find('"') {
            let closing = closing(rest, opening + 1);
            decode(&rest[opening + 1..closing], &mut bytes);
            rest = &rest[closing + 1..];
            assert!(!rest.starts_with("..."), "the tracer shortened a buffer");
        }
        bytes
    }

    /// Whether an argument names this flag.
    pub fn has(&self, index: usize, flag: &str) -> bool {
        self.args.get(index).is_some_and(|flags| flags.split('|').any(|it| it == flag))
    }
}

/// The calls of a trace in the order in which they began.
pub fn calls(trace: &str) -> Vec<Call<'_>> {
    let mut calls: Vec<Call> = Vec::new();
    let mut unfinished: HashMap<&str, usize> = HashMap::new();
    for (line, text) in trace.lines().enumerate() {
        let (thread, text) = text.split_once(' ').unwrap();
        let (stamp, text) = text.trim_start().split_once(' ').unwrap();
        if text.starts_with("+++") || text.starts_with("---") {
            continue;
        }
        let (seconds, micros) = stamp.split_once('.').unwrap();
        let at = seconds.parse::<u64>().unwrap() * 1_000_000 + micros.parse::<u64>().unwrap();
        let moment = Moment { line, at };
        // A call that the end of the process cut off is marked as such wherever it stands.
        let mark = [" <unfinished ...>", " <detached ...>"].iter().find_map(|mark| text.rfind(mark));
        let (text, is_open) = match mark {
            Some(end) if text.len() - end < 32 => (&text[..end], true),
            _ => (text, false),
        };
        if let Some(rest) = text.strip_prefix("<... ") {
            let Some(index) = unfinished.remove(thread) else {
                panic!("line {line} resumes nothing: {rest}")
            };
            calls[index].result = result(rest);
            calls[index].ended = calls[index].result.map(|_| moment);
            continue;
        }
        let (name, rest) = text.split_once('(').unwrap_or_else(|| panic!("line {line} is no call: {text}"));
        let mut call = Call { name, args: split(rest), result: None, began: moment, ended: None };
        match is_open {
            true => drop(unfinished.insert(thread, calls.len())),
            false => {
                call.result = result(rest);
                call.ended = call.result.map(|_| moment);
            }
        }
        calls.push(call);
    }
    // A thread that was killed on its way into the kernel, before the tracer could see into what: it came no further.
    calls.retain(|call| call.name != UNSEEN || call.result.is_some());
    calls
}

/// What stands behind the last equals sign.
fn result(text: &str) -> Option<i64> {
    let (_, result) = text.rsplit_once(" = ")?;
    let number = result.split_whitespace().next()?;
    match number.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => number.parse().ok(),
    }
}

/// Divides at the commas that stand in no quotes and no brackets, up to the closing parenthesis if there is one.
fn split(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut args, mut start, mut depth, mut at) = (Vec::new(), 0, 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => at = closing(text, at + 1),
            b'[' | b'{' | b'(' => depth += 1,
            b')' if depth == 0 => break,
            b']' | b'}' | b')' => depth -= 1,
            b',' if depth == 0 => {
                args.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    args.push(text[start..at].trim());
    args
}

/// Where the quotation that is open at `from` ends.
fn closing(text: &str, from: usize) -> usize {
    let mut at = from;
    loop {
        at += text[at..].find('"').expect("a quotation ends");
        let escapes = text[from..at].bytes().rev().take_while(|&byte| byte == b'\\').count();
        if escapes.is_multiple_of(2) {
            return at;
        }
        at += 1;
    }
}

const ZEROS: usize = 4096;

/// Takes the escapes of C out of a quotation.
fn decode(text: &str, bytes: &mut Vec<u8>) {
    // sled fills whole segments with zeros: worth a way of their own.
    let zeros: Cow<'_, str> = match text.len() < 2 * ZEROS {
        true => Cow::Borrowed(text),
        false => Cow::Owned("\\0".repeat(ZEROS)),
    };
    let mut rest = text;
    while let Some(plain) = rest.find('\\') {
        bytes.extend_from_slice(&rest.as_bytes()[..plain]);
        rest = &rest[plain..];
        if zeros.len() == 2 * ZEROS && rest.starts_with(&*zeros) {
            bytes.resize(bytes.len() + ZEROS, 0);
            rest = &rest[2 * ZEROS..];
            continue;
        }
        let escape = rest.as_bytes()[1];
        let octal =
            rest.as_bytes()[1..].iter().take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
        let (byte, length) = match escape {
            b'0'..=b'7' => {
                (u8::from_str_radix(&rest[1..1 + octal], 8).expect("an octal escape is a byte"), octal)
            }
            b'n' => (b'\n', 1),
            b't' => (b'\t', 1),
            b'r' => (b'\r', 1),
            b'v' => (0x0b, 1),
            b'f' => (0x0c, 1),
            b'"' | b'\\' => (escape, 1),
            _ => panic!("an unknown escape: {}", &rest[..2]),
        };
        bytes.push(byte);
        rest = &rest[1 + length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trace_is_read_as_it_was_meant() {
        let zeros = "\\0".repeat(3 * ZEROS);
        let trace = format!(
            "7 10.000001 openat(AT_FDCWD, \"/a\\\"b, c)\", O_RDWR|O_CREAT, 0600) = 3\n\
             7 10.000002 pwrite64(3, \"x = 3) \\\\\", 8, 512 <unfinished ...>\n\
             8 10.000003 writev(4, [{{iov_base=\"ab\", iov_len=2}}, {{iov_base=\"\\0011\\377\\n\", iov_len=4}}], 2) = -1 EIO (Input/output error)\n\
             7 10.000004 <... pwrite64 resumed>) = 8\n\
             8 10.000005 write(3, \"{zeros}1\", 12289 <unfinished ...>) = ?\n\
             7 10.000006 fdatasync(3 <detached ...>\n\
             9 10.000006 ????( <unfinished ...>) = ?\n\
             8 10.000007 +++ killed by SIGKILL +++\n"
        );
        let calls = calls(&trace);
        let told: Vec<_> =
            calls.iter().map(|call| (call.name, call.result, call.ended.map(|it| it.at))).collect();
        let expected = [
            ("openat", Some(3), Some(10_000_001)),
            ("pwrite64", Some(8), Some(10_000_004)),
            ("writev", Some(-1), Some(10_000_003)),
            ("write", None, None),
            ("fdatasync", None, None),
        ];
        assert_eq!(told, expected);
        assert_eq!(calls[0].text(1), "/a\"b, c)");
        assert!(calls[0].has(2, "O_CREAT") && !calls[0].has(2, "O_TRUNC"));
        assert_eq!((calls[1].bytes(1).as_slice(), calls[1].number(3)), (&b"x = 3) \\"[..], 512));
        assert_eq!(calls[2].bytes(1), b"ab\x011\xff\n");
        let mut expected = vec![0; 3 * ZEROS];
        expected.push(b'1');
        assert_eq!(calls[3].bytes(1), expected);
    }
}
