//! Bulk buyers: customers whose orders are far larger than others'.
//!
//! Orders are judged by their money alone, so one who buys many units of cheap goods may pass. Units per order would need a second pass over all
//! lines by customer, and that pass is a fifth of the time of all checks already.

/// Customers far above the rest: the positions of those whose money per order is an outlier in logarithms.
///
/// An outlier is more robust standard deviations above the median than any of so many normal values is likely to be, and one to spare. At least ten customers are
/// needed.
pub(super) fn bulk_buyers(per_order: &[f64]) -> Vec<usize> {
    const MIN_CUSTOMERS: usize = 10;
    const MAD_SCALE: f64 = 1.4826;
    /// Orders that are nearly all alike must not make small differences large.
    const MIN_DEVIATION: f64 = 0.25;
    let logs: Vec<f64> = per_order.iter().map(|m| m.ln()).collect();
    let mut known: Vec<f64> = logs.iter().copied().filter(|l| l.is_finite()).collect();
    if known.len() < MIN_CUSTOMERS {
        return Vec::new();
    }
    let n = known.len() as f64;
    let center = median(&mut known);
    known.iter_mut().for_each(|l| *l = (*l - center).abs());
    let deviation = (median(&mut known) * MAD_SCALE).max(MIN_DEVIATION);
    let reach = ((2.0 * n.ln()).sqrt() + 1.0) * deviation;
    (0..logs.len())
        .filter(|&i| logs[i].is_finite() && logs[i] > center + reach)
        .collect()
}

fn median(values: &mut [f64]) -> f64 {
    let middle = (values.len() - 1) / 2;
    *values.select_nth_unstable_by(middle, f64::total_cmp).1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_far_above_is_found() {
        let mut money: Vec<f64> = (0..500).map(|i| 20.0 + f64::from(i % 40)).collect();
        assert_eq!(bulk_buyers(&money), [0usize; 0]);
        money[77] = 9_000.0;
        assert_eq!(bulk_buyers(&money), [77]);
    }

    #[test]
    fn what_is_no_money_is_passed_over() {
        assert_eq!(bulk_buyers(&[]), [0usize; 0]);
        let mut money = vec![10.0; 20];
        money.extend([0.0, -5.0, f64::NAN, f64::INFINITY, 1_000.0]);
        assert_eq!(bulk_buyers(&money), [24]);
    }
}
