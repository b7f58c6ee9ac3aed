//! Passes over a block of lines: which differ from the one before, which lie outside, what their money is.

use super::widest;

/// Rows of a block: few enough for all its columns to stay in the first-level cache.
pub(crate) const BLOCK: usize = 512;

/// One mark per row of a block.
pub(crate) type Marks = [u8; BLOCK];

widest! {
    /// Marks each element that differs from the one before it; other marks stay.
    fn mark_changes, mark_changes_at <T: PartialEq>(values: &[T], marks: &mut Marks) {
        let n = values.len().min(BLOCK);
        if n < 2 {
            return;
        }
        let (before, after, marks) = (&values[..n - 1], &values[1..n], &mut marks[1..n]);
        for i in 0..n - 1 {
            marks[i] |= u8::from(before[i] != after[i]);
        }
    }
}

widest! {
    /// Whether an instant lies before `since` or after `until`.
    fn any_outside, any_outside_at(times: &[i64], since: i64, until: i64) -> bool {
        // Two comparisons, not one of spans: a window may end before it begins, and then holds nothing.
        let outside = |t: i64| u64::from((t < since) | (t > until));
        times.iter().fold(0, |any, &t| any | outside(t)) != 0
    }
}

/// A line is plain if its quantity is positive, its money is not negative, and their product is a number.
///
/// The product is infinite or no number where a factor is, and may be where none is.
pub(crate) fn is_plain(quantity: f64, money: f64) -> bool {
    (quantity > 0.0) & (money >= 0.0) & (quantity * money < f64::INFINITY)
}

widest! {
    /// Whether all lines are plain.
    fn all_plain, all_plain_at(quantity: &[f64], money: &[f64]) -> bool {
        let odd = |(&q, &p): (&f64, &f64)| u64::from(!is_plain(q, p));
        quantity.iter().zip(money).fold(0, |any, row| any | odd(row)) == 0
    }
}

/// Units of money in one currency unit: sums of up to four decimals are exact.
pub(crate) const MINOR: f64 = 10_000.0;

/// `quantity` times the whole number of ten-thousandths that `price` is the nearest float to, and whether there is one.
///
/// A price counts as decimal within 4 times 2^-52 of its size, so that 0.1 + 0.2 is 0.3, and up to 1.7e9, beyond which a float no longer
/// tells. Without branches, for vector instructions.
#[inline(always)]
pub(crate) fn whole_minor(price: f64, quantity: f64) -> (i64, bool) {
    const LIMIT: f64 = 17_592_186_044_416.0; // 2^44
    /// A product below this can be read off the bits, and leaves room for the lines of a record in 63 bits.
    const PRODUCT_LIMIT: f64 = 2_251_799_813_685_248.0; // 2^51
    const ULPS: f64 = 4.0 * f64::EPSILON;
    /// Adding and taking away 1.5 * 2^52 rounds to a whole number, and leaves it in the low bits on the way.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    let scaled = price * MINOR;
    let whole = (scaled + ROUND) - ROUND;
    let product = whole * quantity;
    let pieces = (quantity + ROUND) - ROUND;
    let near = ((scaled - whole).abs() <= scaled.abs() * ULPS)
        & (scaled.abs() <= LIMIT)
        & ((pieces - quantity).abs() <= 0.0)
        & (product.abs() < PRODUCT_LIMIT);
    let minor = (product + ROUND).to_bits().wrapping_sub(ROUND.to_bits()) as i64;
    (minor, near)
}

widest! {
    /// The money of lines in ten-thousandths, and whether each is a whole number of them. The lists are equally long.
    fn minors, minors_at(price: &[f64], quantity: &[f64], minor: &mut [i64]) -> bool {
        // Gathered in whole words: a flag of one bit would keep the loop from vector instructions.
        let mut odd = 0u64;
        for ((minor, &p), &q) in minor.iter_mut().zip(price).zip(quantity) {
            let (whole, decimal) = whole_minor(p, q);
            *minor = whole;
            odd |= u64::from(!decimal);
        }
        odd == 0
    }
}

/// The sums of all elements before each, and of all at the end: a run's sum is the difference of two. They wrap.
pub(crate) fn running_sums(values: &[i64], sums: &mut Vec<i64>) {
    let mut sum = 0i64;
    sums.clear();
    sums.push(0);
    sums.extend(values.iter().map(|&v| {
        sum = sum.wrapping_add(v);
        sum
    }));
}

/// Appends the positions of the marked rows, none of them further than `longest` from the one before it; row 0 always counts.
pub(crate) fn starts(marks: &Marks, n_rows: usize, longest: usize, out: &mut Vec<u32>) {
    out.clear();
    out.push(0);
    let mut last = 0;
    for (word, bits) in to_bits(marks).into_iter().enumerate() {
        let mut left = bits;
        while left != 0 {
            let at = 64 * word + left.trailing_zeros() as usize;
            left &= left - 1;
            if at == 0 || at >= n_rows {
                continue;
            }
            split(last, at, longest, out);
            out.push(at as u32);
            last = at;
        }
    }
    split(last, n_rows, longest, out);
}

fn split(last: usize, next: usize, longest: usize, out: &mut Vec<u32>) {
    let mut at = last + longest;
    while at < next {
        out.push(at as u32);
        at += longest;
    }
}

/// Bytes of 0 or 1 as bits.
fn to_bits(bytes: &Marks) -> [u64; BLOCK / 64] {
    /// Moves the low bit of byte `i` to bit `56 + i`.
    const GATHER: u64 = 0x0102_0408_1020_4080;
    let mut bits = [0; _];
    for (i, eight) in bytes.as_chunks::<8>().0.iter().enumerate() {
        bits[i / 8] |= (u64::from_le_bytes(*eight).wrapping_mul(GATHER) >> 56) << (8 * (i % 8));
    }
    bits
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::levels;
    use proptest::prelude::*;

    /// Lists around the lengths at which vector loops begin and end, with runs, and with values that are no numbers.
    fn columns() -> impl Strategy<Value = (Vec<u64>, Vec<f64>, Vec<f64>)> {
        let value = prop_oneof![
            (0i64..100_000).prop_map(|m| m as f64 / MINOR),
            (-300i32..300).prop_map(f64::from),
            any::<f64>(),
            Just(f64::NAN),
        ];
        (0..=BLOCK).prop_flat_map(move |n| {
            let floats = || prop::collection::vec(value.clone(), n);
            (prop::collection::vec(0u64..3, n), floats(), floats())
        })
    }

    proptest! {
        #[test]
        fn all_forms_agree((keys, price, quantity) in columns()) {
            let plain = price.iter().zip(&quantity).all(|(&p, &q)| is_plain(q, p));
            let times: Vec<i64> = keys.iter().map(|&k| k as i64).collect();
            for level in levels() {
                prop_assert_eq!(all_plain_at(level, &quantity, &price), plain);
                for (since, until) in [(0, 2), (0, 1), (1, 2), (2, 0)] {
                    let expected = times.iter().any(|t| !(since..=until).contains(t));
                    prop_assert_eq!(any_outside_at(level, &times, since, until), expected);
                }
                let mut minor = vec![0; price.len()];
                let whole = minors_at(level, &price, &quantity, &mut minor);
                let one_by_one: Vec<(i64, bool)> = price.iter().zip(&quantity).map(|(&p, &q)| whole_minor(p, q)).collect();
                prop_assert_eq!(whole, one_by_one.iter().all(|m| m.1));
                // What is no number is garbage, of whatever bits.
                prop_assert!(minor.iter().zip(&one_by_one).all(|(a, b)| !b.1 || *a == b.0));
            }
        }

        #[test]
        fn changes_are_marked_in_all_forms(keys in prop::collection::vec(0u64..3, 0..=BLOCK)) {
            let narrow: Vec<u32> = keys.iter().map(|&k| k as u32).collect();
            let bytes: Vec<u8> = keys.iter().map(|&k| k as u8).collect();
            for level in levels() {
                let mut marks = [[0; BLOCK]; 3];
                mark_changes_at(level, &keys, &mut marks[0]);
                mark_changes_at(level, &narrow, &mut marks[1]);
                mark_changes_at(level, &bytes, &mut marks[2]);
                for i in 0..keys.len() {
                    let expected = u8::from(i > 0 && keys[i] != keys[i - 1]);
                    prop_assert!(marks.iter().all(|m| m[i] == expected));
                }
            }
        }

        #[test]
        fn starts_are_the_marks_and_no_run_is_longer(picks in prop::collection::btree_set(0usize..BLOCK, 0..60), n in 1usize..=BLOCK, longest in 1usize..40) {
            let mut marks = [0; BLOCK];
            picks.iter().for_each(|&i| marks[i] = 1);
            let mut found = Vec::new();
            starts(&marks, n, longest, &mut found);
            let mut expected = vec![0u32];
            for i in 1..n {
                let last = expected[expected.len() - 1] as usize;
                if picks.contains(&i) || i - last == longest {
                    expected.push(i as u32);
                }
            }
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn every_decimal_is_found(minor in -17_000_000_000_000i64..17_000_000_000_000) {
            prop_assert_eq!(whole_minor(minor as f64 / MINOR, 1.0), (minor, true));
        }

        #[test]
        fn products_are_exact(minor in -1_000_000_000i64..1_000_000_000, quantity in -100_000i32..100_000) {
            prop_assert_eq!(whole_minor(minor as f64 / MINOR, f64::from(quantity)), (minor * i64::from(quantity), true));
        }
    }

    #[test]
    fn what_is_not_decimal_is_not() {
        for x in [
            1.0 / 3.0,
            0.12345,
            1e-5,
            f64::NAN,
            f64::INFINITY,
            2e9,
            f64::MIN_POSITIVE,
        ] {
            assert!(!whole_minor(x, 1.0).1, "{x}");
        }
        assert_eq!(whole_minor(0.1 + 0.2, 1.0), (3000, true));
        assert_eq!(whole_minor(-0.0, 1.0), (0, true));
        assert!(
            !whole_minor(1.0, 1.5).1 && !whole_minor(1e9, 1e9).1 && !whole_minor(1.0, f64::NAN).1
        );
    }
}
