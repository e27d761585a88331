//! Clients that ask one after the other for a while, and how long each answer took.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use tokio::task::JoinSet;
use tonic::Status;

/// One client: it asks, waits for the answer, and asks again.
pub trait Client: Send + 'static {
    /// Asks once; the answer is how much was done by it, in whatever is counted. `None`: there is no more to do.
    fn ask(&mut self) -> impl Future<Output = Result<Option<u64>, Status>> + Send;
}

/// What clients have done together.
#[derive(Debug)]
pub struct Measured {
    /// How much was done, in whatever is counted.
    pub done: u64,
    /// In what time.
    pub time: Duration,
    /// How long each answer took, in microseconds.
    pub answers: Histogram<u64>,
}

impl Measured {
    /// How much was done in a second.
    pub fn rate(&self) -> f64 {
        self.done as f64 / self.time.as_secs_f64()
    }

    /// The percentiles that are printed.
    pub fn percentiles(&self) -> String {
        let at = |quantile: f64| self.answers.value_at_quantile(quantile);
        format!(
            "p50 {} us  p99 {} us  p99.9 {} us  max {} us",
            at(0.5),
            at(0.99),
            at(0.999),
            self.answers.max()
        )
    }
}

/// Lets all clients ask for so long, or until they have no more to do.
///
/// What is answered after the end is part of the histogram, but not of what was done.
pub async fn drive<C: Client>(clients: Vec<C>, limit: Duration) -> Result<Measured, Status> {
    let stop = Arc::new(AtomicBool::new(false));
    let done = Arc::new(AtomicU64::new(0));
    let mut tasks = JoinSet::new();
    let began = Instant::now();
    for mut client in clients {
        let (stop, done) = (stop.clone(), done.clone());
        tasks.spawn(async move {
            let mut answers = histogram()?;
            while !stop.load(Relaxed) {
                let asked = Instant::now();
                let Some(count) = client.ask().await? else { break };
                answers.saturating_record(u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX));
                done.fetch_add(count, Relaxed);
            }
            Ok::<_, Status>(answers)
        });
    }
    let mut answers = histogram()?;
    let mut measured = None;
    let end = tokio::time::sleep(limit);
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = &mut end, if measured.is_none() => {
                measured = Some((done.load(Relaxed), began.elapsed()));
                stop.store(true, Relaxed);
            }
            joined = tasks.join_next() => match joined {
                Some(ended) => {
                    let one = ended.map_err(|error| Status::internal(error.to_string()))??;
                    answers.add(&one).map_err(|error| Status::internal(error.to_string()))?;
                }
                None => break,
            }
        }
    }
    let (done, time) = measured.unwrap_or_else(|| (done.load(Relaxed), began.elapsed()));
    Ok(Measured { done, time, answers })
}

/// From a microsecond to ten minutes, to three digits.
fn histogram() -> Result<Histogram<u64>, Status> {
    Histogram::new_with_bounds(1, 600_000_000, 3).map_err(|error| Status::internal(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counted {
        left: u64,
    }

    impl Client for Counted {
        async fn ask(&mut self) -> Result<Option<u64>, Status> {
            if self.left == 13 {
                return Err(Status::unavailable("thirteen"));
            }
            self.left = self.left.saturating_sub(1);
            Ok((0 < self.left).then_some(10))
        }
    }

    #[tokio::test]
    async fn everything_done_is_counted() {
        let clients = vec![Counted { left: 4 }, Counted { left: 8 }];
        let measured = drive(clients, Duration::from_secs(60)).await.unwrap();
        assert_eq!((measured.done, measured.answers.len()), (100, 10));
        assert!(0.0 < measured.rate());
        assert!(measured.percentiles().starts_with("p50 "));
    }

    #[tokio::test]
    async fn a_failure_ends_the_run() {
        let status = drive(vec![Counted { left: 20 }], Duration::from_secs(60)).await.unwrap_err();
        assert_eq!(status.message(), "thirteen");
    }

    struct Endless;

    impl Client for Endless {
        async fn ask(&mut self) -> Result<Option<u64>, Status> {
            tokio::task::yield_now().await;
            Ok(Some(1))
        }
    }

    #[tokio::test]
    async fn time_ends_the_run() {
        let measured = drive(vec![Endless, Endless], Duration::from_millis(20)).await.unwrap();
        assert!(measured.done <= measured.answers.len());
        assert!(Duration::from_millis(20) <= measured.time);
    }
}
