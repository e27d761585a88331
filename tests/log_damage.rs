//! Damage on the disk: a log opens with every record, or it refuses, says where, and leaves everything as it was.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::{
    fs,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use chancery::{
    log::{
        Log, Reach, ReadError,
        sled::{OpenError, Sizes, SledLog, VerifyError},
    },
    position::Position,
};
use tempfile::TempDir;

/// A log that was written in three sessions, of which the last was not closed, so that the store has the records of two
/// and the journal those of one; and the bytes of its files.
struct Specimen {
    directory: TempDir,
    records: Vec<Bytes>,
    files: Vec<(PathBuf, Vec<u8>)>,
    /// The files after the first session.
    earlier: Vec<(PathBuf, Vec<u8>)>,
    /// The first position of each append of the last session.
    journal: Vec<u64>,
}

impl Specimen {
    async fn new() -> Specimen {
        let directory = tempfile::tempdir().unwrap();
        let (mut records, mut earlier, mut journal) = (Vec::new(), Vec::new(), Vec::new());
        for session in 0..3_u8 {
            let log = SledLog::open(directory.path()).unwrap();
            for (count, bytes) in [(3, 40), (1, 0), (30, 400), (5, 20_000), (1, 300), (2, 7)] {
                let new: Vec<Bytes> =
                    (0..count).map(|n| vec![session * 50 + n as u8; bytes].into()).collect();
                if session == 2 {
                    journal.push(records.len() as u64 + 1);
                }
                log.append(log.tail(), &new).await.unwrap();
                records.extend(new);
            }
            if session < 2 {
                log.close().await.unwrap();
            }
            if session == 0 {
                gather(directory.path(), &mut earlier);
            }
        }
        let mut files = Vec::new();
        gather(directory.path(), &mut files);
        Specimen { directory, records, files, earlier, journal }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn bytes(&self, name: &str) -> &[u8] {
        let path = self.path(name);
        &self.files.iter().find(|(at, _)| *at == path).unwrap().1
    }

    fn earlier(&self, name: &str) -> &[u8] {
        let path = self.path(name);
        &self.earlier.iter().find(|(at, _)| *at == path).unwrap().1
    }

    /// Puts every file back as it was.
    fn mend(&self) {
        for name in ["sled", "journal"].map(|name| self.path(name)) {
            if name.exists() {
                fs::remove_dir_all(&name).unwrap();
            }
        }
        fs::create_dir_all(self.path("sled/blobs")).unwrap();
        fs::create_dir(self.path("journal")).unwrap();
        for (path, bytes) in &self.files {
            fs::write(path, bytes).unwrap();
        }
    }

    /// Opens and reads the damaged log, and returns where it refused; `None` when every record was read.
    async fn outcome(&self, what: &str) -> Option<Position> {
        let mut before = Vec::new();
        gather(self.directory.path(), &mut before);
        match SledLog::open(self.directory.path()) {
            Ok(log) => match log.read(Position::START, usize::MAX).await {
                Ok(found) => {
                    let found = found.records;
                    assert!(found == self.records, "{what}: opened with {} records", found.len());
                    None
                }
                Err(ReadError::Damaged { position, .. }) => {
                    let known = log.damage().lock().unwrap().clone().unwrap();
                    assert!(known.starts_with(&format!("position {position}, the log: ")), "{what}: {known}");
                    Some(position)
                }
                Err(error) => panic!("{what}: {error}"),
            },
            Err(error) => {
                let text = error.to_string();
                let OpenError::Damaged { position, file, .. } = error else { panic!("{what}: {text}") };
                assert!(position <= Position::new(self.records.len() as u64 + 1), "{what}: {text}");
                assert!(
                    text.contains(&file.display().to_string()) && text.contains("backup"),
                    "{what}: {text}"
                );
                let mut after = Vec::new();
                gather(self.directory.path(), &mut after);
                assert!(before == after, "{what}: the refusal changed a file");
                Some(position)
            }
        }
    }
}

/// All files with their bytes, the lock apart.
fn gather(directory: &Path, files: &mut Vec<(PathBuf, Vec<u8>)>) {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => gather(&path, files),
            false if path.ends_with("lock") => {}
            false => files.push((path.clone(), fs::read(&path).unwrap_or_default())),
        }
    }
}

/// Changes a byte of a file.
fn only_at(path: &Path, name: &str, offset: usize) {
    let mut bytes = fs::read(path.join(name)).unwrap();
    bytes[offset] ^= 1;
    fs::write(path.join(name), bytes).unwrap();
}

/// Offsets spread over what lies before `end`, at both edges and in between; prime steps meet every field.
fn spread(end: usize, count: usize) -> impl Iterator<Item = usize> {
    let step = (end / count).max(1) | 1;
    (0..end).step_by(step).chain(0..end.min(24)).chain(end.saturating_sub(10)..end)
}

/// Where the written part of sled's file ends.
fn written(db: &[u8]) -> usize {
    db.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)
}

#[tokio::test]
async fn a_flipped_byte_in_the_database_is_never_silent() {
    let specimen = Specimen::new().await;
    let db = specimen.bytes("sled/db");
    let mut refused = 0;
    for offset in spread(written(db), 60) {
        specimen.mend();
        let mut damaged = db.to_vec();
        damaged[offset] ^= 0x40;
        fs::write(specimen.path("sled/db"), damaged).unwrap();
        refused += usize::from(specimen.outcome(&format!("byte {offset}")).await.is_some());
    }
    // Most of the file is records, each of them once: if nothing was refused, nothing was damaged.
    assert!(40 <= refused, "{refused}");
    specimen.mend();
    assert_eq!(specimen.outcome("mended").await, None);
}

/// sled has pages of its own, which it reads only when it clears the segment that they are in.
#[tokio::test]
async fn a_damaged_page_of_the_engine_is_met_before_anything_is_acknowledged() {
    let home = tempfile::tempdir().unwrap();
    let (data, copy) = (home.path().join("data"), home.path().join("copy"));
    // A journal that turns with every append, so that pages are written again and again, and segments run empty.
    let sizes = Sizes { turn_bytes: 1, file_bytes_max: 1 };
    let fill = async |log: &SledLog, appends: usize| {
        for _ in 0..appends {
            log.append(log.tail(), &[Bytes::from(vec![7; 60_000])]).await?;
        }
        log.close().await
    };
    let (mut refused, mut written) = (0, 0);
    // By then the first of them is not in the last segment any more, and has not been moved yet.
    for step in [40, 12] {
        fill(&SledLog::open_sized(&data, sizes).unwrap(), step).await.unwrap();
        written += step as u64;
        let _ = fs::remove_dir_all(&copy);
        let mut files = Vec::new();
        gather(&data, &mut files);
        for (path, bytes) in files {
            let path = copy.join(path.strip_prefix(&data).unwrap());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        only_at(&copy, "sled/db", 45);
        match SledLog::open_sized(&copy, sizes) {
            Ok(log) => {
                let filled = fill(&log, 60).await;
                filled.unwrap_or_else(|error| panic!("{written} records: {error}"));
                let again = SledLog::open(&copy).unwrap_or_else(|error| panic!("{written} records: {error}"));
                assert_eq!(again.tail(), Position::new(written + 60));
            }
            Err(OpenError::Damaged { position, reason, .. }) => {
                assert_eq!(position, Position::new(written + 1), "every record is whole: {reason}");
                println!("{written} records: {reason}");
                refused += usize::from(reason.contains("the page of the database at byte 37 is damaged"));
            }
            Err(error) => panic!("{written} records: {error}"),
        }
    }
    assert!(0 < refused, "there is a page of the engine's own");
}

/// sled refuses a page with all blocks in it; only the one that is damaged is lost to readers.
#[tokio::test]
async fn what_is_whole_in_a_refused_page_can_be_read() {
    const STRUCK: u64 = 3;
    let home = tempfile::tempdir().unwrap();
    let record = |n: u64| Bytes::from(vec![n as u8; 60_000]);
    // A block for each.
    let records: Vec<Bytes> = (1..=150).map(record).collect();
    let log = SledLog::open(home.path()).unwrap();
    log.append(Position::START, &records).await.unwrap();
    log.close().await.unwrap();
    drop(log);
    let db = home.path().join("sled/db");
    let mut bytes = fs::read(&db).unwrap();
    for part in bytes.chunks_mut(1_000).filter(|part| **part == record(STRUCK)[..part.len()]) {
        part[0] ^= 0x40;
    }
    fs::write(&db, bytes).unwrap();

    let log = SledLog::open(home.path()).unwrap();
    let damaged = |error: ReadError| match error {
        ReadError::Damaged { position, .. } => position.get(),
        error => panic!("{error}"),
    };
    for (from, expected) in
        [(1, Ok(2)), (2, Ok(1)), (STRUCK, Err(STRUCK)), (STRUCK + 1, Ok(147)), (140, Ok(11))]
    {
        let run = log.read(Position::new(from), usize::MAX).await;
        let read = run.map(|run| run.records.len()).map_err(damaged);
        assert_eq!(read, expected.map(|count: u64| count as usize), "read from {from}");
        let (mut taken, reach) =
            (Vec::new(), Reach { from: Position::new(from), to: Position::new(150), bytes: usize::MAX });
        let scanned = log.scan_blocking(reach, &mut |_, record| {
            taken.push(Bytes::copy_from_slice(record));
            Ok(())
        });
        let expected = expected.map(|count| from + count);
        assert_eq!(scanned.map(Position::get).map_err(damaged), expected, "scan from {from}");
        let whole = &records[from as usize - 1..expected.map_or(from, |next| next) as usize - 1];
        assert!(taken == whole, "scan from {from}");
    }
    let fetched = log.fetch(&[1, 2, 4, 150].map(Position::new)).await.unwrap();
    assert_eq!(fetched, [1, 2, 4, 150].map(record));
    assert_eq!(damaged(log.fetch(&[2, 3].map(Position::new)).await.unwrap_err()), STRUCK);
    let known = log.damage().lock().unwrap().clone().unwrap();
    assert!(known.starts_with(&format!("position {STRUCK}, ")), "{known}");
    match log.verify(|_| {}) {
        Err(VerifyError::Damaged { position, .. }) => assert_eq!(position, Position::new(STRUCK)),
        other => panic!("{other:?}"),
    }
}

/// Of two faults the first is named, and no place in the file that belongs to the other.
#[tokio::test]
async fn the_byte_that_is_named_is_that_of_the_position() {
    const FIRST_AT: usize = 37;
    const SEGMENT_BYTES: usize = 8 << 20;
    const RECORDS: u64 = 200;
    let home = tempfile::tempdir().unwrap();
    let log = SledLog::open(home.path()).unwrap();
    let mark = |number: u64| format!("the record with the number {number:03}").into_bytes();
    for number in 1..=RECORDS {
        let mut record = mark(number);
        record.resize(60_000, 7);
        log.append(log.tail(), &[record.into()]).await.unwrap();
    }
    log.close().await.unwrap();
    drop(log);
    let path = home.path().join("sled/db");
    let whole = fs::read(&path).unwrap();
    // Wherever a record lies, so that no whole one is left of it.
    let record = |number: u64| {
        let mark = mark(number);
        let places = whole.windows(mark.len()).enumerate().filter(|(_, bytes)| *bytes == mark);
        places.map(|(at, _)| at).collect::<Vec<_>>()
    };
    let head = |number: u64| record(number).into_iter().map(|at| at - 10 - FIRST_AT).collect();
    let segment = |number: u64| record(number)[0] / SEGMENT_BYTES;
    assert!(segment(20) < segment(190), "{} {}", segment(20), segment(190));
    let cases: [(&str, Vec<Vec<usize>>, u64, bool); 4] = [
        ("one", vec![record(190)], 190, true),
        ("two", vec![record(20), record(190)], 20, true),
        ("two side by side", vec![record(190), record(191)], 190, true),
        ("two, of which the first does not say where it is", vec![head(20), record(190)], 20, false),
    ];
    for (what, flips, position, named) in cases {
        let mut damaged = whole.clone();
        flips.iter().flatten().for_each(|at| damaged[*at] ^= 1);
        fs::write(&path, damaged).unwrap();
        let Err(OpenError::Damaged { position: found, reason, .. }) = SledLog::open(home.path()) else {
            panic!("{what}: it opens");
        };
        assert_eq!(found.get(), position, "{what}: {reason}");
        let byte = reason
            .split_once("byte ")
            .map(|(_, rest)| rest.split(|it: char| !it.is_ascii_digit()).next().unwrap());
        assert_eq!(byte.is_some(), named, "{what}: {reason}");
        let first = byte.map(|byte| {
            let at = byte.parse::<usize>().unwrap() + FIRST_AT;
            u64::from_le_bytes(*whole[at..].first_chunk().unwrap())
        });
        assert_eq!(first, named.then_some(position), "{what}: {reason}");
    }
}

#[tokio::test]
async fn a_shortened_database_is_never_silent() {
    let specimen = Specimen::new().await;
    let db = specimen.bytes("sled/db");
    for length in spread(written(db), 30) {
        specimen.mend();
        fs::write(specimen.path("sled/db"), &db[..length]).unwrap();
        assert_ne!(specimen.outcome(&format!("cut to {length}")).await, None, "cut to {length}");
    }
    specimen.mend();
    assert_eq!(specimen.outcome("mended").await, None);
}

#[tokio::test]
async fn a_damaged_tail_file_is_never_silent() {
    let specimen = Specimen::new().await;
    let tail = specimen.bytes("tail");
    for offset in (0..61).chain(512..573) {
        specimen.mend();
        let mut damaged = tail.to_vec();
        damaged[offset] ^= 1;
        fs::write(specimen.path("tail"), damaged).unwrap();
        assert_eq!(specimen.outcome(&format!("byte {offset}")).await, None, "one slot of two is enough");
    }
    // Everything is there, and nothing says that it is everything.
    let behind = Some(Position::new(specimen.records.len() as u64 + 1));
    for length in [0, 1, 60] {
        specimen.mend();
        fs::write(specimen.path("tail"), &tail[..length]).unwrap();
        assert_eq!(specimen.outcome(&format!("cut to {length}")).await, behind);
    }
    specimen.mend();
    fs::write(specimen.path("tail"), [0; 1_024]).unwrap();
    assert_eq!(specimen.outcome("zeros").await, behind);

    specimen.mend();
    fs::remove_file(specimen.path("tail")).unwrap();
    assert_eq!(specimen.outcome("no tail file").await, behind);
}

#[tokio::test]
async fn a_missing_or_foreign_database_is_never_silent() {
    let specimen = Specimen::new().await;
    let other = Specimen::new().await;
    let shorter = tempfile::tempdir().unwrap();
    let log = SledLog::open(shorter.path()).unwrap();
    log.append(Position::START, &specimen.records[..specimen.records.len() - 1]).await.unwrap();
    log.close().await.unwrap();
    let foreign = fs::read(shorter.path().join("sled/db")).unwrap();

    let check = async |what: &str, damage: &dyn Fn(&Path), refused: bool| {
        specimen.mend();
        damage(specimen.directory.path());
        assert_eq!(specimen.outcome(what).await.is_some(), refused, "{what}");
    };
    check("no folder", &|path| fs::remove_dir_all(path.join("sled")).unwrap(), true).await;
    check("no database", &|path| fs::remove_file(path.join("sled/db")).unwrap(), true).await;
    check("empty database", &|path| fs::write(path.join("sled/db"), b"").unwrap(), true).await;
    check("no parameters", &|path| fs::remove_file(path.join("sled/conf")).unwrap(), false).await;
    check(
        "other parameters",
        &|path| fs::write(path.join("sled/conf"), b"segment_size: 9\nx: yy").unwrap(),
        false,
    )
    .await;
    let only_db = |path: &Path, bytes: &[u8]| {
        fs::remove_dir_all(path.join("sled")).unwrap();
        fs::create_dir(path.join("sled")).unwrap();
        fs::write(path.join("sled/db"), bytes).unwrap();
    };
    check("no snapshot", &|path| only_db(path, specimen.bytes("sled/db")), false).await;
    check("the same log written elsewhere", &|path| only_db(path, other.bytes("sled/db")), false).await;
    check("another log", &|path| only_db(path, &foreign), true).await;
    let snapshot =
        specimen.files.iter().map(|(path, _)| path).find(|path| path.to_string_lossy().contains("snap."));
    let snapshot =
        snapshot.expect("three sessions leave one").strip_prefix(specimen.directory.path()).unwrap();
    check("bad snapshot", &|path| fs::write(path.join(snapshot), [7; 100]).unwrap(), false).await;
    check("empty snapshot", &|path| fs::write(path.join(snapshot), []).unwrap(), false).await;
    let in_its_place = |path: &Path, put: &dyn Fn(&Path)| {
        fs::remove_file(path.join(snapshot)).unwrap();
        put(&path.join(snapshot));
    };
    let folder = |path: &Path| in_its_place(path, &|at| fs::create_dir(at).unwrap());
    check("a folder for a snapshot", &folder, false).await;
    let dangling = |path: &Path| in_its_place(path, &|at| std::os::unix::fs::symlink("nowhere", at).unwrap());
    check("a link to nothing for a snapshot", &dangling, false).await;
    let conf = |path: &Path| {
        fs::remove_file(path.join("sled/conf")).unwrap();
        std::os::unix::fs::symlink("nowhere", path.join("sled/conf")).unwrap();
    };
    check("a link to nothing for the parameters", &conf, false).await;
    let both = |path: &Path| {
        fs::write(path.join(snapshot), [7; 100]).unwrap();
        only_at(path, "sled/db", 3_000);
    };
    check("bad snapshot, and the database too", &both, true).await;
    // A crash between the sync of the database and the write of the tail file; and a backup of the database alone.
    check(
        "an older tail file",
        &|path| fs::write(path.join("tail"), specimen.earlier("tail")).unwrap(),
        false,
    )
    .await;
    check("an older database", &|path| only_db(path, specimen.earlier("sled/db")), true).await;
    check("nothing", &|_| {}, false).await;
}

#[tokio::test]
async fn a_flipped_byte_in_the_journal_is_never_silent() {
    let specimen = Specimen::new().await;
    let journal = specimen.bytes("journal/0");
    // The headers of all frames, whatever they hold, and some bytes of every frame's records.
    let frames: Vec<usize> =
        (0..journal.len()).step_by(512).filter(|&at| journal[at..].starts_with(b"CHJ")).collect();
    assert_eq!(frames.len(), specimen.journal.len());
    for (&at, &first) in frames.iter().zip(&specimen.journal) {
        let length = u32::from_le_bytes(journal[at + 8..at + 12].try_into().unwrap()) as usize;
        for offset in (0..28).chain([28, 35]).filter(|offset| *offset < length) {
            specimen.mend();
            let mut damaged = journal.to_vec();
            damaged[at + offset] ^= 0x10;
            fs::write(specimen.path("journal/0"), damaged).unwrap();
            let what = format!("byte {offset} of the frame at {at}");
            assert_eq!(specimen.outcome(&what).await, Some(Position::new(first)), "{what}");
        }
    }
    specimen.mend();
    assert_eq!(specimen.outcome("mended").await, None);
}

#[tokio::test]
async fn a_shortened_journal_is_never_silent() {
    let specimen = Specimen::new().await;
    let journal = specimen.bytes("journal/0");
    for length in spread(written(journal), 30) {
        specimen.mend();
        fs::write(specimen.path("journal/0"), &journal[..length]).unwrap();
        assert_ne!(specimen.outcome(&format!("cut to {length}")).await, None, "cut to {length}");
    }
    specimen.mend();
    fs::remove_file(specimen.path("journal/0")).unwrap();
    assert_eq!(specimen.outcome("removed").await, Some(Position::new(specimen.journal[0])));
}

#[tokio::test]
async fn only_an_append_that_was_never_acknowledged_is_left_out() {
    let specimen = Specimen::new().await;
    let journal = specimen.bytes("journal/0");
    let last = (0..journal.len()).step_by(512).rfind(|&at| journal[at..].starts_with(b"CHJ")).unwrap();
    let tail = specimen.bytes("tail");
    // Both slots of the tail file are of the last session; the older one names the append before the last.
    let older = [0, 512].into_iter().min_by_key(|at| tail[at + 45..at + 53].to_vec()).unwrap();
    let named: Vec<u8> = tail[older..older + 512].repeat(2);
    specimen.mend();
    fs::write(specimen.path("tail"), &named).unwrap();
    assert_eq!(specimen.outcome("a tail file that names the append before").await, None);

    let before = *specimen.journal.last().unwrap() as usize - 1;
    for torn in [0, 8, 30] {
        specimen.mend();
        fs::write(specimen.path("tail"), &named).unwrap();
        let mut bytes = journal.to_vec();
        bytes[last + torn] ^= 1;
        fs::write(specimen.path("journal/0"), bytes).unwrap();
        let log = SledLog::open(specimen.directory.path()).unwrap();
        assert_eq!(log.read(Position::START, usize::MAX).await.unwrap().records, specimen.records[..before]);
        log.append(log.tail(), &specimen.records[before..]).await.unwrap();
        drop(log);
        assert_eq!(specimen.outcome("appended again").await, None);
    }
}
