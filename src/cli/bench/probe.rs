//! The probe of the disk: how long it takes to make four kibibytes durable.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::Path,
    time::{Duration, Instant},
};

/// How many writes are probed.
const WRITES: usize = 200;
/// The size of each, in bytes.
const WRITE_BYTES: usize = 4 * 1024;

/// The median time of a write at the end of a file in this directory with the `fdatasync` after it.
pub fn fsync_median(directory: &Path) -> io::Result<Duration> {
    let path = directory.join(format!("probe-{}", std::process::id()));
    let times = probe(&path);
    let removed = fs::remove_file(&path);
    let mut times = times?;
    removed?;
    times.sort_unstable();
    Ok(times.get(times.len() / 2).copied().unwrap_or_default())
}

fn probe(path: &Path) -> io::Result<Vec<Duration>> {
    let mut file = File::create(path)?;
    let block = [0x5a; WRITE_BYTES];
    let write = |_| {
        let began = Instant::now();
        file.write_all(&block)?;
        file.sync_data()?;
        Ok(began.elapsed())
    };
    (0..WRITES).map(write).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_disk_takes_its_time_and_keeps_nothing() {
        let directory = tempfile::tempdir().unwrap();
        assert!(Duration::ZERO < fsync_median(directory.path()).unwrap());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
    }
}
