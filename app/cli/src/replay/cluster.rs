//! The cluster's clock: how unix time and slots go together, and a congestion in which they don't.

use bulwark_core::Now;

/// Slot at unix time zero of a cluster with a slot each 400 ms.
const SLOT_ZERO: i64 = 1_000_000;
/// Longest halt in the middle of a congestion, seconds.
const HALT_MAX: i64 = 300;

/// A span in which the cluster is congested, unix seconds, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Congestion {
    pub from: i64,
    pub until: i64,
}

impl Congestion {
    /// Whether a second lies inside.
    pub fn covers(&self, unix: i64) -> bool {
        (self.from..self.until).contains(&unix)
    }

    /// The halt in its middle, at most a quarter of it: nothing lands, then the cluster restarts.
    pub fn halt(&self) -> (i64, i64) {
        let length = ((self.until - self.from) / 4).min(HALT_MAX);
        let from = self.from + (self.until - self.from - length) / 2;
        (from, from + length)
    }

    /// Whether nothing lands at a second.
    pub fn halted(&self, unix: i64) -> bool {
        let (from, until) = self.halt();
        (from..until).contains(&unix)
    }
}

/// The cluster: a slot lasts 400 ms, in a congestion 1 s, in its halt none is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    pub congestion: Option<Congestion>,
}

impl Cluster {
    /// Time and slot at a second.
    pub fn now_at(&self, unix: i64) -> Now {
        let mut halves = 5 * unix;
        if let Some(congestion) = self.congestion {
            let passed = |from: i64, until: i64| (unix.min(until) - from).max(0);
            let (halt_from, halt_until) = congestion.halt();
            let halted = passed(halt_from, halt_until);
            let slow = passed(congestion.from, congestion.until) - halted;
            halves -= 3 * slow + 5 * halted;
        }
        Now {
            unix,
            slot: (SLOT_ZERO + halves / 2).max(0).unsigned_abs(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_slow_down_and_stop_and_never_go_back() {
        let congestion = Congestion {
            from: 10_000,
            until: 11_200,
        };
        let (calm, slow) = (
            Cluster::default(),
            Cluster {
                congestion: Some(congestion),
            },
        );
        assert_eq!(congestion.halt(), (10_450, 10_750));
        assert_eq!(calm.now_at(10_000), slow.now_at(10_000));
        let between = |from, until| slow.now_at(until).slot - slow.now_at(from).slot;
        assert_eq!(between(10_000, 10_400), 400);
        assert_eq!(between(10_450, 10_750), 0);
        assert_eq!(between(10_750, 11_200), 450);
        assert_eq!(between(11_200, 11_600), 1_000);
        let slots: Vec<u64> = (9_000..12_000).map(|at| slow.now_at(at).slot).collect();
        assert!(slots.is_sorted());
    }
}
