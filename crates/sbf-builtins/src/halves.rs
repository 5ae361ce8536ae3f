//! A 128-bit value as two 64-bit halves, with the few operations that need both.

#[derive(Clone, Copy)]
pub(crate) struct Halves {
    pub high: u64,
    pub low: u64,
}

impl Halves {
    #[inline(always)]
    pub fn of(value: u128) -> Self {
        Self {
            high: (value >> 64) as u64,
            low: value as u64,
        }
    }

    #[inline(always)]
    pub fn join(self) -> u128 {
        (u128::from(self.high) << 64) | u128::from(self.low)
    }

    /// Two's complement: the bits of `-value`.
    #[inline(always)]
    pub fn negated(self) -> Self {
        let carry = u64::from(self.low == 0);
        Self {
            high: (!self.high).wrapping_add(carry),
            low: self.low.wrapping_neg(),
        }
    }

    #[inline(always)]
    pub fn minus(self, other: Self) -> Self {
        let borrow = u64::from(self.low < other.low);
        Self {
            high: self.high.wrapping_sub(other.high).wrapping_sub(borrow),
            low: self.low.wrapping_sub(other.low),
        }
    }

    #[inline(always)]
    pub fn is_below(self, other: Self) -> bool {
        self.high < other.high || (self.high == other.high && self.low < other.low)
    }
}
