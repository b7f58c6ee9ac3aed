//! Two lists of identifiers as one.

use std::cmp::Ordering;

use arrow_array::{Array, ArrayRef, UInt32Array};
use arrow_ord::ord::make_comparator;
use arrow_ord::sort::sort_to_indices;
use arrow_schema::{ArrowError, SortOptions};

use crate::error::{Error, Result};

/// The distinct values of two lists, ascending, and where those of each stand.
#[derive(Debug)]
pub(crate) struct Union {
    pub(crate) values: ArrayRef,
    pub(crate) first: Vec<u32>,
    pub(crate) second: Vec<u32>,
}

/// `what` the second list is, for the error.
///
/// # Errors
/// [`Error::FeatureMismatch`] if a value of the second list has no counterpart in the type of the first; [`Error::Parameter`] for more than 2^32 - 1 values.
pub(crate) fn union(first: &ArrayRef, second: &ArrayRef, what: &str) -> Result<Union> {
    let refused = |e: ArrowError| Error::FeatureMismatch {
        what: what.into(),
        why: e.to_string(),
    };
    let second = cast(first, second, what)?;
    let n = first.len();
    if n + second.len() >= u32::MAX as usize {
        let rule = "must be fewer than 2^32 - 1 together";
        return Err(Error::parameter("Transactions", what, rule, n));
    }
    let all = arrow_select::concat::concat(&[first, &second]).map_err(refused)?;
    let order = sort_to_indices(&all, None, None).map_err(refused)?;
    let compare = make_comparator(&all, &all, SortOptions::default()).map_err(refused)?;
    let mut number_of = vec![0; all.len()];
    let mut firsts: Vec<u32> = Vec::new();
    for &i in order.values() {
        let is_new = firsts
            .last()
            .is_none_or(|&last| compare(last as usize, i as usize) != Ordering::Equal);
        if is_new {
            firsts.push(i);
        }
        number_of[i as usize] = firsts.len() as u32 - 1;
    }
    let values = arrow_select::take::take(&all, &UInt32Array::from(firsts), None);
    let second = number_of.split_off(n);
    Ok(Union {
        values: values.map_err(refused)?,
        first: number_of,
        second,
    })
}

/// The second list in the type of the first.
fn cast(first: &ArrayRef, second: &ArrayRef, what: &str) -> Result<ArrayRef> {
    if first.data_type() == second.data_type() {
        return Ok(second.clone());
    }
    match arrow_cast::cast(second, first.data_type()) {
        Ok(cast) if cast.null_count() == second.null_count() => Ok(cast),
        _ => Err(Error::FeatureMismatch {
            what: what.into(),
            why: format!(
                "they are {}, the customers of the transactions {}; bring them to one type",
                second.data_type(),
                first.data_type()
            ),
        }),
    }
}

impl Union {
    /// For each value of the first list its place in the second, where it is there.
    pub(crate) fn places_in_second(&self) -> Vec<Option<u32>> {
        let mut place = vec![None; self.values.len()];
        for (i, &number) in (0_u32..).zip(&self.second) {
            place[number as usize] = Some(i);
        }
        self.first.iter().map(|&n| place[n as usize]).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::cast::AsArray;
    use arrow_array::types::Int64Type;
    use arrow_array::{Int32Array, Int64Array, StringArray};

    use super::*;

    #[test]
    fn values_of_both_stand_once() {
        let a: ArrayRef = Arc::new(Int64Array::from(vec![5, 1, 9]));
        let b: ArrayRef = Arc::new(Int32Array::from(vec![9, 2, 5]));
        let u = union(&a, &b, "others").unwrap();
        assert_eq!(u.values.as_primitive::<Int64Type>().values(), &[1, 2, 5, 9]);
        assert_eq!(
            (&u.first[..], &u.second[..]),
            (&[2, 0, 3][..], &[3, 1, 2][..])
        );
        assert_eq!(u.places_in_second(), [Some(2), None, Some(0)]);
    }

    #[test]
    fn values_of_another_type_are_refused() {
        let a: ArrayRef = Arc::new(Int64Array::from(vec![5]));
        let b: ArrayRef = Arc::new(StringArray::from(vec!["A7"]));
        let said = union(&a, &b, "contacts").unwrap_err().to_string();
        assert!(said.starts_with("contacts does not fit"), "{said}");
        let b: ArrayRef = Arc::new(StringArray::from(vec!["5"]));
        assert_eq!(union(&a, &b, "contacts").unwrap().values.len(), 1);
    }
}
