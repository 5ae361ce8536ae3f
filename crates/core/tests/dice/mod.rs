//! Numbers that look random, the same from the same seed everywhere: splitmix64.

#![allow(dead_code, reason = "each test uses a part of it")]

pub struct Dice(pub u64);

impl Dice {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// A place in a list of `n`.
    pub fn at(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }

    /// From `from` to `to`, both included.
    pub fn range(&mut self, from: i64, to: i64) -> i64 {
        from + self.below((to - from + 1) as u64) as i64
    }

    /// From `low` to `high`, both included.
    pub fn within(&mut self, low: u64, high: u64) -> u64 {
        low + self.below(high - low + 1)
    }

    /// True once in `n`.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// Small numbers as often as large ones.
    pub fn size(&mut self, bits: u64) -> u64 {
        let bits = self.below(bits);
        1 + self.below(1 << bits)
    }

    /// Near normal with standard deviation `sigma`: the sum of twelve uniforms.
    pub fn normal(&mut self, sigma: i64) -> i64 {
        let sum: i64 = (0..12).map(|_| (self.next() >> 44) as i64).sum();
        (sum - 6 * (1 << 20)) * sigma / (1 << 20)
    }
}
