//! Paired timings: two ways to answer the same questions, in turn, so that a drifting machine troubles both alike.

use std::time::{Duration, Instant};

/// The timings of two ways over the same questions.
#[derive(Debug, Default)]
pub struct Paired {
    subject: Vec<Duration>,
    baseline: Vec<Duration>,
}

impl Paired {
    /// Notes one question answered both ways.
    pub fn note(&mut self, subject: Duration, baseline: Duration) {
        self.subject.push(subject);
        self.baseline.push(baseline);
    }

    /// The median of the subject, of the baseline, and of the ratios pair by pair.
    #[must_use]
    pub fn medians(&self) -> (Duration, Duration, f64) {
        let mut ratios: Vec<f64> = self
            .subject
            .iter()
            .zip(&self.baseline)
            .map(|(subject, baseline)| subject.as_secs_f64() / baseline.as_secs_f64().max(1e-9))
            .collect();
        ratios.sort_by(f64::total_cmp);
        (median(&self.subject), median(&self.baseline), ratios[ratios.len() / 2])
    }
}

/// The median of some durations; there must be one.
#[must_use]
pub fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}

/// How long a future takes, with its value.
pub async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let started = Instant::now();
    let value = work.await;
    (started.elapsed(), value)
}

/// Milliseconds with three digits that matter.
#[must_use]
pub fn show(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1_000.0;
    if ms >= 100.0 {
        format!("{ms:.0} ms")
    } else if ms >= 1.0 {
        format!("{ms:.1} ms")
    } else {
        format!("{ms:.3} ms")
    }
}
