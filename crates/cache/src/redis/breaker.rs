//! The circuit breaker. After some failures in a row nobody waits for the server any more, until a probe has
//! succeeded.

use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// Says whether the server may be asked.
#[derive(Debug)]
pub(super) struct Breaker {
    failures_max: u32,
    retry_after: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// Counts how often the circuit closed again. A call that was sent before the last time says nothing
    /// about the server now, so its failure is ignored.
    generation: u64,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    /// Calls pass. This many have failed since the last success.
    Closed { failures: u32 },
    /// Calls are refused. From `probe_at` on, one probe may be made.
    Open { probe_at: Instant },
}

/// The answer to a call that wants to pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// Go ahead, and report the outcome with this generation.
    Pass(u64),
    /// Do without the server.
    Refused,
    /// Do without the server, but start a probe in the background and report its outcome.
    RefusedProbe,
}

impl Breaker {
    pub(super) fn new(failures_max: u32, retry_after: Duration) -> Self {
        let state = State { phase: Phase::Closed { failures: 0 }, generation: 0 };
        Self { failures_max: failures_max.max(1), retry_after, state: Mutex::new(state) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds this lock")
    }

    /// Whether a call may pass. `probe_time` is the longest time that a probe may take: one that has not
    /// reported by then (its runtime may have been shut down) is replaced by another.
    pub(super) fn admit(&self, now: Instant, probe_time: Duration) -> Admission {
        let mut state = self.state();
        match state.phase {
            Phase::Closed { .. } => Admission::Pass(state.generation),
            Phase::Open { probe_at } if now < probe_at => Admission::Refused,
            Phase::Open { .. } => {
                state.phase = Phase::Open { probe_at: now + probe_time + self.retry_after };
                Admission::RefusedProbe
            }
        }
    }

    /// Whether calls pass at the moment.
    pub(super) fn is_closed(&self) -> bool {
        matches!(self.state().phase, Phase::Closed { .. })
    }

    /// Reports that a call that passed was answered.
    pub(super) fn success(&self, generation: u64) {
        let mut state = self.state();
        if state.generation == generation && matches!(state.phase, Phase::Closed { .. }) {
            state.phase = Phase::Closed { failures: 0 };
        }
    }

    /// Reports that a call that passed failed. True when this opened the circuit.
    pub(super) fn failure(&self, generation: u64, now: Instant) -> bool {
        let mut state = self.state();
        let Phase::Closed { failures } = state.phase else { return false };
        if state.generation != generation {
            return false;
        }
        let failures = failures + 1;
        let open = failures >= self.failures_max;
        state.phase =
            if open { Phase::Open { probe_at: now + self.retry_after } } else { Phase::Closed { failures } };
        open
    }

    /// Reports the outcome of the probe.
    pub(super) fn probed(&self, works: bool, now: Instant) {
        let mut state = self.state();
        if works {
            state.phase = Phase::Closed { failures: 0 };
            state.generation += 1;
        } else {
            state.phase = Phase::Open { probe_at: now + self.retry_after };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn opened(now: Instant) -> Breaker {
        let breaker = Breaker::new(3, 2 * SECOND);
        assert!(!breaker.failure(0, now));
        assert!(!breaker.failure(0, now));
        assert!(breaker.failure(0, now), "the third in a row opens it");
        breaker
    }

    #[test]
    fn a_success_in_between_starts_the_count_again() {
        let now = Instant::now();
        let breaker = Breaker::new(3, SECOND);
        for _ in 0..10 {
            assert!(!breaker.failure(0, now));
            assert!(!breaker.failure(0, now));
            breaker.success(0);
        }
        assert_eq!(breaker.admit(now, SECOND), Admission::Pass(0));
    }

    #[test]
    fn one_probe_at_a_time_after_the_pause() {
        let now = Instant::now();
        let breaker = opened(now);
        assert_eq!(breaker.admit(now + SECOND, SECOND), Admission::Refused);
        assert_eq!(breaker.admit(now + 2 * SECOND, SECOND), Admission::RefusedProbe);
        assert_eq!(breaker.admit(now + 2 * SECOND, SECOND), Admission::Refused);
        breaker.probed(false, now + 3 * SECOND);
        assert_eq!(breaker.admit(now + 4 * SECOND, SECOND), Admission::Refused);
        assert_eq!(breaker.admit(now + 5 * SECOND, SECOND), Admission::RefusedProbe);
        breaker.probed(true, now + 5 * SECOND);
        assert_eq!(breaker.admit(now + 5 * SECOND, SECOND), Admission::Pass(1));
    }

    #[test]
    fn a_lost_probe_is_replaced() {
        let now = Instant::now();
        let breaker = opened(now);
        assert_eq!(breaker.admit(now + 2 * SECOND, SECOND), Admission::RefusedProbe);
        assert_eq!(breaker.admit(now + 4 * SECOND, SECOND), Admission::Refused);
        assert_eq!(breaker.admit(now + 5 * SECOND, SECOND), Admission::RefusedProbe);
    }

    #[test]
    fn failures_from_before_it_closed_do_not_count() {
        let now = Instant::now();
        let breaker = opened(now);
        breaker.probed(true, now);
        for _ in 0..10 {
            assert!(!breaker.failure(0, now));
        }
        assert_eq!(breaker.admit(now, SECOND), Admission::Pass(1));
    }
}
