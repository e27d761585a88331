//! Power cuts: the disk as a power cut may leave it, many times over, and a server that must start on each with
//! everything that was acknowledged.
//!
//! A server is recorded under load by a tracer ([`load`]), its system calls are followed ([`trace`], [`steps`]), and at
//! chosen moments every change that no sync covered yet is kept, dropped or torn ([`disk`]). How many cuts are made, and
//! how one is repeated, stands in CONTRIBUTING.md.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "powercut/check.rs"]
mod check;
#[path = "powercut/commits.rs"]
mod commits;
mod common;
#[path = "powercut/disk.rs"]
mod disk;
#[path = "powercut/load.rs"]
mod load;
#[path = "powercut/steps.rs"]
mod steps;
#[path = "powercut/trace.rs"]
mod trace;

use std::{
    collections::{HashMap, HashSet},
    env, fs,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, mpsc},
    thread,
    time::Instant,
};

use check::Extent;
use disk::{Change, Disk, Fate, Step};
use fastrand::Rng;
use load::Recording;
use steps::Timed;

/// How many cuts are made unless `CHANCERY_POWER_CUTS` says otherwise.
const CUTS: u64 = 24;
/// What decides the moments and the fates unless `CHANCERY_POWER_SEED` says otherwise.
const SEED: u64 = 1;
/// How many servers run at a time.
const WORKERS: usize = 2;

/// A moment without power.
struct Cut {
    /// Its number: with the seed it decides everything.
    number: u64,
    /// So many steps were taken.
    steps: usize,
    rng: Rng,
}

/// The disk after a cut, ready for a server.
struct State {
    cut: Cut,
    disk: PathBuf,
    /// How many acknowledgements a client had by then.
    acknowledged: usize,
    /// How many changes were not durable.
    pending: usize,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_acknowledged_is_lost_in_a_power_cut() {
    let seed = setting("CHANCERY_POWER_SEED").unwrap_or(SEED);
    let temporary = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let directory = match env::var_os("CHANCERY_POWER_RECORDING") {
        Some(directory) => PathBuf::from(directory),
        None => {
            let directory = temporary.path().canonicalize().unwrap();
            load::record(&directory).await;
            directory
        }
    };
    println!("recorded after {:?}", began.elapsed());
    let recording = load::read(&directory);
    println!("read after {:?}: {}", began.elapsed(), summary(&recording));
    let Coverage { journal_turns, segments_reused, snapshots } = coverage(&recording.steps);
    let reused = segments_reused.len();
    assert!(16 <= journal_turns && 16 <= snapshots && 1 <= reused, "the recording shows too little");
    let numbers = match setting("CHANCERY_POWER_CUT") {
        Some(number) => number..number + 1,
        None => 0..setting("CHANCERY_POWER_CUTS").unwrap_or(CUTS),
    };
    let cuts = numbers.end - numbers.start;
    let failures = tokio::task::spawn_blocking(move || run(recording, seed, numbers)).await.unwrap();
    println!("{cuts} cuts made after {:?}", began.elapsed());
    if failures.is_empty() {
        return;
    }
    let kept = keep(&directory, seed);
    panic!(
        "seed {seed}: {} of {cuts} states failed. One of them again: CHANCERY_POWER_RECORDING={} \
         CHANCERY_POWER_SEED={seed} CHANCERY_POWER_CUT=<number> cargo nextest run --test powercut\n{}",
        failures.len(),
        kept.display(),
        failures.join("\n")
    );
}

fn setting(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name} is to be a number: {value}")))
}

/// Makes the cuts and has a server started on each; returns what went wrong.
fn run(recording: Recording, seed: u64, numbers: Range<u64>) -> Vec<String> {
    let Recording { steps, acknowledged, .. } = &recording;
    let mut cuts: Vec<_> = numbers.map(|number| cut(&recording, seed, number)).collect();
    cuts.sort_by_key(|cut| cut.steps);
    let states = tempfile::tempdir().unwrap();
    let (sender, receiver) = mpsc::sync_channel::<State>(0);
    let receiver = Mutex::new(receiver);
    thread::scope(|scope| {
        let work = || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            let mut failures = Vec::new();
            loop {
                let next = receiver.lock().unwrap().recv();
                let Ok(state) = next else { break failures };
                let told = &acknowledged[..state.acknowledged];
                if let Err(reason) = runtime.block_on(check::check(&state.disk, told, extent(&state.cut))) {
                    failures.push(format!(
                        "cut {} after step {} of {} ({} changes not durable, {}): {reason}",
                        state.cut.number,
                        state.cut.steps,
                        steps.len(),
                        state.pending,
                        state
                            .cut
                            .steps
                            .checked_sub(1)
                            .map_or_else(String::new, |last| describe(&steps[last].step)),
                    ));
                }
                fs::remove_dir_all(&state.disk).unwrap();
            }
        };
        let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
        let mut disk = Disk::new();
        let mut done = 0;
        for cut in cuts {
            for timed in &steps[done..cut.steps] {
                disk.apply(timed.step.clone());
            }
            done = cut.steps;
            let at = steps.get(cut.steps).map_or(u64::MAX, |next| next.at);
            let state = State {
                disk: states.path().join(cut.number.to_string()),
                acknowledged: acknowledged.partition_point(|told| told.at < at),
                pending: disk.pending(),
                cut,
            };
            fs::create_dir(&state.disk).unwrap();
            disk.write(Fate::new(state.cut.rng.clone()), &state.disk).unwrap();
            sender.send(state).unwrap();
        }
        drop(sender);
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

/// A restart costs as much as the first start and brings less to light.
fn extent(cut: &Cut) -> Extent {
    if cut.number.is_multiple_of(5) { Extent::Twice } else { Extent::Once }
}

/// The moment and the fate of a cut.
///
/// Most of a recording is ordinary work; the places where something is made or renamed, or has just been promised, are
/// few and count more.
fn cut(recording: &Recording, seed: u64, number: u64) -> Cut {
    let mut rng = Rng::with_seed(Rng::with_seed(seed).u64(..) ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let Recording { steps, sessions, .. } = recording;
    let within = |from: u64, to: u64| {
        let place = |time| steps.partition_point(|step| step.at < time);
        place(from)..place(to)
    };
    let session = sessions[rng.usize(..sessions.len())];
    let range = match rng.u8(..100) {
        0..10 => within(sessions[0].started, sessions[0].ready),
        10..25 => within(session.started, session.ready),
        25..40 => within(session.stopping, session.ended),
        40..60 => {
            let near = |step: &Step| matches!(step, Step::Began { change, .. } if is_about_names(change));
            around(steps.iter().map(|timed| near(&timed.step)), &mut rng, 4)
        }
        60..80 => {
            let mut syncs = Vec::new();
            let ends = steps.iter().map(|timed| match &timed.step {
                Step::Began { call, change: Change::Sync, .. } => {
                    syncs.push(*call);
                    false
                }
                Step::Began { .. } => false,
                Step::Returned { call } => syncs.contains(call),
            });
            around(ends.collect::<Vec<_>>().into_iter(), &mut rng, 1)
        }
        80..90 => {
            let Coverage { segments_reused, .. } = coverage(steps);
            around((0..steps.len()).map(|step| segments_reused.contains(&step)), &mut rng, 16)
        }
        _ => 0..steps.len(),
    };
    Cut { number, steps: rng.usize(range.start..=range.end), rng }
}

fn is_about_names(change: &Change) -> bool {
    matches!(
        change,
        Change::Create { .. } | Change::Remove { .. } | Change::Rename { .. } | Change::SetLength { .. }
    )
}

/// The surroundings of one of the steps that are marked.
fn around(marked: impl Iterator<Item = bool>, rng: &mut Rng, distance: usize) -> Range<usize> {
    let marked: Vec<_> = marked.collect();
    let places: Vec<_> = marked.iter().enumerate().filter(|(_, is_marked)| **is_marked).collect();
    let (place, _) = places[rng.usize(..places.len())];
    place.saturating_sub(distance)..(place + 1 + distance).min(marked.len())
}

fn describe(step: &Step) -> String {
    match step {
        Step::Began { inode, change: Change::Write { at, bytes }, .. } => {
            format!("the last was a write of {} bytes at {at} of {inode:?}", bytes.len())
        }
        other => format!("the last was {other:?}"),
    }
}

fn summary(recording: &Recording) -> String {
    let Recording { steps, acknowledged, sessions } = recording;
    let count = |is: fn(&Change) -> bool| {
        let one = |step: &Step| matches!(step, Step::Began { change, .. } if is(change));
        steps.iter().filter(|timed| one(&timed.step)).count()
    };
    let bytes = steps.iter().map(|timed| match &timed.step {
        Step::Began { change: Change::Write { bytes, .. }, .. } => bytes.len(),
        _ => 0,
    });
    format!(
        "{} sessions, {} commits acknowledged, {} writes of {} bytes, {} syncs, {} changes of names and lengths, {:?}",
        sessions.len(),
        acknowledged.len(),
        count(|change| matches!(change, Change::Write { .. })),
        bytes.sum::<usize>(),
        count(|change| matches!(change, Change::Sync)),
        count(is_about_names),
        coverage(steps),
    )
}

/// What a recording must have in it to show anything.
#[derive(Debug, Default)]
struct Coverage {
    /// How often the journal was written again from its beginning.
    journal_turns: usize,
    /// The steps in which the database wrote to a segment that it had given up.
    segments_reused: HashSet<usize>,
    /// How often the database wrote a snapshot.
    snapshots: usize,
}

fn coverage(steps: &[Timed]) -> Coverage {
    const SEGMENT_BYTES: u64 = 8 << 20;
    let mut names = HashMap::new();
    let mut begun = HashSet::new();
    let mut coverage = Coverage::default();
    for (step, timed) in steps.iter().enumerate() {
        let Step::Began { inode, change, .. } = &timed.step else { continue };
        match change {
            Change::Create { name, inode, .. } => drop(names.insert(*inode, name.as_str())),
            Change::Rename { to, .. } if to.starts_with("snap.") => coverage.snapshots += 1,
            // Zeros are put where nothing is yet, or where something is given up.
            Change::Write { at, bytes } if bytes.iter().take(64).any(|byte| *byte != 0) => {
                let mut again = || !begun.insert((*inode, *at));
                match names.get(inode) {
                    Some(&"db") if at.is_multiple_of(SEGMENT_BYTES) && again() => {
                        coverage.segments_reused.insert(step);
                    }
                    Some(&("0" | "1")) if *at == 0 => coverage.journal_turns += usize::from(again()),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    coverage
}

/// Keeps a recording, so that a cut can be made again.
fn keep(directory: &Path, seed: u64) -> PathBuf {
    if env::var_os("CHANCERY_POWER_RECORDING").is_some() {
        return directory.to_owned();
    }
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("powercut-{seed}-{}", std::process::id()));
    let copied = Command::new("cp").arg("-a").arg(directory).arg(&kept).status().unwrap();
    assert!(copied.success());
    kept
}
