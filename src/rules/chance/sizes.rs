//! Baskets by size.

use crate::baskets::Baskets;

/// Classes at most.
const CLASSES: usize = 64;

/// Baskets of nearly one size are a class; small sizes are classes of their own.
#[derive(Debug)]
pub(in crate::rules) struct SizeClasses {
    /// Of each basket.
    pub(in crate::rules) of_basket: Vec<u16>,
    /// Baskets of each class, by weight.
    pub(in crate::rules) n: Vec<u32>,
    /// The largest size of each class.
    pub(in crate::rules) largest: Vec<u32>,
}

impl SizeClasses {
    pub(in crate::rules) fn new(baskets: &Baskets) -> Self {
        let mut sizes = Vec::new();
        for (items, weight) in baskets.iter() {
            if sizes.len() <= items.len() {
                sizes.resize(items.len() + 1, 0_u64);
            }
            sizes[items.len()] += u64::from(weight);
        }
        let class_of = class_of(&sizes);
        let n_classes = class_of.iter().max().map_or(0, |&c| usize::from(c) + 1);
        let (mut n, mut largest) = (vec![0; n_classes], vec![0; n_classes]);
        for (size, (&class, &weight)) in class_of.iter().zip(&sizes).enumerate() {
            n[usize::from(class)] += weight as u32;
            if weight > 0 {
                largest[usize::from(class)] = size as u32;
            }
        }
        let of_basket = baskets.iter().map(|(items, _)| class_of[items.len()]);
        Self {
            of_basket: of_basket.collect(),
            n,
            largest,
        }
    }

    pub(in crate::rules) fn len(&self) -> usize {
        self.n.len()
    }
}

/// The class of each size: sizes that differ by less than a ratio, as small as the number of classes allows.
fn class_of(sizes: &[u64]) -> Vec<u16> {
    let ratios = (0..).map(|i| 1.0 + 0.01 * f64::from(i));
    for ratio in ratios {
        let (mut classes, mut n, mut first) = (vec![0; sizes.len()], 0, None);
        for (size, _) in sizes.iter().enumerate().filter(|(_, n)| **n > 0) {
            if first.is_none_or(|first| size as f64 > f64::from(first) * ratio) {
                first = Some(size as u32);
                n += 1;
            }
            classes[size] = (n - 1).min(usize::from(u16::MAX)) as u16;
        }
        if n <= CLASSES {
            return classes;
        }
    }
    unreachable!("some ratio is large enough")
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::UInt32Array;
    use std::sync::Arc;

    #[test]
    fn baskets_of_a_size_are_together() {
        let labels = Arc::new(UInt32Array::from_iter_values(0..3));
        let baskets = Baskets::from_numbers(vec![2, 3, 3, 5], vec![0, 1, 2, 1, 2], labels).unwrap();
        let classes = SizeClasses::new(&baskets.with_weights(vec![1, 4, 2, 5]).unwrap());
        assert_eq!(classes.of_basket, [2, 1, 0, 2]);
        assert_eq!(classes.n, [2, 4, 6]);
        assert_eq!(classes.largest, [0, 1, 2]);
    }

    #[test]
    fn many_sizes_are_few_classes() {
        let sizes = vec![1; 5_000];
        let classes = class_of(&sizes);
        assert!(classes.is_sorted());
        assert!(usize::from(*classes.last().unwrap()) < CLASSES);
        // Small sizes differ most, and stay apart.
        assert_eq!(classes[..8], [0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(class_of(&[3, 0, 0, 5]), [0, 0, 0, 1]);
        assert!(class_of(&[]).is_empty());
    }
}
