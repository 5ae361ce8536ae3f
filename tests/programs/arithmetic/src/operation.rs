//! The operations, each on two operands of 128 bits; signed ones read the same bits as `i128`.

/// One operation. Results that are not 128 bits wide are widened: a truth value to 0 or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    Add,
    Subtract,
    Multiply,
    MultiplyWrapping,
    Divide,
    Remainder,
    ShiftLeft,
    ShiftRight,
    Below,
    Equal,
    SquareRoot,
    LeadingZeros,
    TrailingZeros,
    Ones,
    SignedAdd,
    SignedSubtract,
    SignedMultiply,
    SignedMultiplyWrapping,
    SignedDivide,
    SignedRemainder,
    SignedDivideEuclid,
    SignedShiftRight,
    SignedBelow,
    SignedSquareRoot,
    Magnitude,
    Negate,
    /// Of the low 64 bits each: the operations that the engine uses most.
    NarrowMultiply,
    NarrowDivide,
    NarrowSquareRoot,
    NarrowLeadingZeros,
}

/// Every operation, in the order of its code on the wire.
pub const ALL: [Operation; 30] = [
    Operation::Add,
    Operation::Subtract,
    Operation::Multiply,
    Operation::MultiplyWrapping,
    Operation::Divide,
    Operation::Remainder,
    Operation::ShiftLeft,
    Operation::ShiftRight,
    Operation::Below,
    Operation::Equal,
    Operation::SquareRoot,
    Operation::LeadingZeros,
    Operation::TrailingZeros,
    Operation::Ones,
    Operation::SignedAdd,
    Operation::SignedSubtract,
    Operation::SignedMultiply,
    Operation::SignedMultiplyWrapping,
    Operation::SignedDivide,
    Operation::SignedRemainder,
    Operation::SignedDivideEuclid,
    Operation::SignedShiftRight,
    Operation::SignedBelow,
    Operation::SignedSquareRoot,
    Operation::Magnitude,
    Operation::Negate,
    Operation::NarrowMultiply,
    Operation::NarrowDivide,
    Operation::NarrowSquareRoot,
    Operation::NarrowLeadingZeros,
];

impl Operation {
    /// The result, or none where the checked operation has none.
    pub fn of(self, a: u128, b: u128) -> Option<u128> {
        let (sa, sb) = (a as i128, b as i128);
        let (na, nb) = (a as u64, b as u64);
        let signed = |value: Option<i128>| value.map(|value| value as u128);
        let narrow = |value: Option<u64>| value.map(u128::from);
        // Any shift has a result: the count is taken within the width.
        let count = (b % 128) as u32;
        match self {
            Self::Add => a.checked_add(b),
            Self::Subtract => a.checked_sub(b),
            Self::Multiply => a.checked_mul(b),
            Self::MultiplyWrapping => Some(a.wrapping_mul(b)),
            Self::Divide => a.checked_div(b),
            Self::Remainder => a.checked_rem(b),
            Self::ShiftLeft => a.checked_shl(count),
            Self::ShiftRight => a.checked_shr(count),
            Self::Below => Some(u128::from(a < b)),
            Self::Equal => Some(u128::from(a == b)),
            Self::SquareRoot => Some(a.isqrt()),
            Self::LeadingZeros => Some(u128::from(a.leading_zeros())),
            Self::TrailingZeros => Some(u128::from(a.trailing_zeros())),
            Self::Ones => Some(u128::from(a.count_ones())),
            Self::SignedAdd => signed(sa.checked_add(sb)),
            Self::SignedSubtract => signed(sa.checked_sub(sb)),
            Self::SignedMultiply => signed(sa.checked_mul(sb)),
            Self::SignedMultiplyWrapping => Some(sa.wrapping_mul(sb) as u128),
            Self::SignedDivide => signed(sa.checked_div(sb)),
            Self::SignedRemainder => signed(sa.checked_rem(sb)),
            Self::SignedDivideEuclid => signed(sa.checked_div_euclid(sb)),
            Self::SignedShiftRight => signed(sa.checked_shr(count)),
            Self::SignedBelow => Some(u128::from(sa < sb)),
            Self::SignedSquareRoot => signed(sa.checked_isqrt()),
            Self::Magnitude => Some(sa.unsigned_abs()),
            Self::Negate => signed(sa.checked_neg()),
            Self::NarrowMultiply => narrow(na.checked_mul(nb)),
            Self::NarrowDivide => narrow(na.checked_div(nb)),
            Self::NarrowSquareRoot => Some(u128::from(na.isqrt())),
            Self::NarrowLeadingZeros => Some(u128::from(na.leading_zeros())),
        }
    }
}
