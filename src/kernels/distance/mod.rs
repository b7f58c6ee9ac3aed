//! Distances from points to centres, many points at a time: points stand in the lanes.

pub(crate) mod blocks;
pub(crate) mod nearest;
pub(crate) mod slack;
pub(crate) mod squares;

/// Points of a block. A block holds the first coordinate of each, then the second of each, and so on.
pub(crate) const BLOCK: usize = 64;

/// A bit for each point of a block.
pub(crate) type Points = u64;

/// The points with a one among ones and zeros.
#[inline(always)]
fn points(flags: &[u8; BLOCK]) -> Points {
    let (eights, _) = flags.as_chunks::<8>();
    let mut bits = 0;
    for (i, &eight) in eights.iter().enumerate() {
        // Byte i comes to bit i of the highest byte.
        let high = u64::from_le_bytes(eight).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        bits |= high << (8 * i);
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_flag_is_a_bit() {
        for at in 0..BLOCK {
            let mut flags = [0; BLOCK];
            flags[at] = 1;
            flags[63] = 1;
            assert_eq!(points(&flags), 1 << at | 1 << 63);
        }
        assert_eq!(points(&[1; BLOCK]), u64::MAX);
    }
}
