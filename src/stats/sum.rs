//! Sums of many floats.

/// Adds a value by Neumaier's compensated addition: the sum of all values is `sum + lost`, as long as it is finite.
///
/// Source: Neumaier (1974), Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen.
#[inline]
pub(crate) fn add_compensated(sum: &mut f64, lost: &mut f64, value: f64) {
    let total = *sum + value;
    *lost += if sum.abs() >= value.abs() {
        (*sum - total) + value
    } else {
        (value - total) + *sum
    };
    *sum = total;
}

/// A sum that does not lose what is small beside what is large.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    pub(crate) fn add(&mut self, value: f64) {
        add_compensated(&mut self.sum, &mut self.lost, value);
    }

    /// Takes in another sum.
    pub(crate) fn merge(&mut self, other: Self) {
        self.add(other.sum);
        self.add(other.lost);
    }

    pub(crate) fn total(self) -> f64 {
        // Where the sum has left the range of floats the correction is no number.
        if self.sum.is_finite() {
            self.sum + self.lost
        } else {
            self.sum
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_small_is_not_lost() {
        let mut sum = Sum::default();
        for value in [1e16, 1.0, -1e16, 1.0] {
            sum.add(value);
        }
        assert_eq!(sum.total(), 2.0);
        let mut beyond = Sum::default();
        beyond.add(f64::MAX);
        beyond.add(f64::MAX);
        assert_eq!(beyond.total(), f64::INFINITY);
    }
}
