//! Items by what they are called.

use std::collections::HashMap;

use arrow_array::{Array, ArrayRef, UInt32Array, new_empty_array, new_null_array};
use arrow_cast::display::array_value_to_string;
use arrow_schema::DataType;

use super::{Baskets, OWNER};
use crate::error::{Error, Result, nearest};
use crate::table::Table;

impl Baskets {
    /// The numbers of items, by their labels; `what` the labels are for is named where one is unknown.
    ///
    /// Cost: every label of the baskets is looked at once.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ArrayRef, StringArray};
    /// use patronomy::baskets::Baskets;
    ///
    /// let labels: ArrayRef = Arc::new(StringArray::from(vec!["bread", "butter"]));
    /// let baskets = Baskets::from_numbers(vec![2], vec![0, 1], labels)?;
    /// let wanted: ArrayRef = Arc::new(StringArray::from(vec!["butter"]));
    /// assert_eq!(baskets.numbers(&wanted, "required")?, [1]);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] names the first that no item has, with the most similar one; or says that they are of another type.
    pub fn numbers(&self, labels: &ArrayRef, what: &str) -> Result<Vec<u32>> {
        if labels.is_empty() {
            return Ok(Vec::new());
        }
        let wanted = texts(&self.as_labels(labels, what)?)?;
        let known = texts(self.labels())?;
        let numbers = by_text(&known);
        let number = |(i, text): (usize, &Option<String>)| {
            let found = text.as_deref().and_then(|text| numbers.get(text));
            found.copied().ok_or_else(|| {
                let given = array_value_to_string(labels, i).unwrap_or_default();
                let known: Vec<&str> = known.iter().flatten().map(String::as_str).collect();
                let similar = nearest(&given, &known);
                let similar =
                    similar.map_or_else(String::new, |s| format!("; did you mean `{s}`?"));
                let rule = format!(
                    "must be labels of the {} items that the baskets have{similar}",
                    known.len()
                );
                Error::parameter(OWNER, what, rule, given)
            })
        };
        wanted.iter().enumerate().map(number).collect()
    }

    /// Of each of these labels the number of the item that has it, if there is one.
    pub(crate) fn known_numbers(&self, labels: &ArrayRef, what: &str) -> Result<Vec<Option<u32>>> {
        // Without any, labels may be of no type.
        if labels.is_empty() || self.labels().is_empty() {
            return Ok(vec![None; labels.len()]);
        }
        let wanted = texts(&self.as_labels(labels, what)?)?;
        let known = texts(self.labels())?;
        let numbers = by_text(&known);
        let number = |text: &Option<String>| numbers.get(text.as_deref()?).copied();
        Ok(wanted.iter().map(number).collect())
    }

    /// As [`with_taxonomy`](Self::with_taxonomy), by labels: each child with the parent in the same place, pairs with a null left away.
    ///
    /// Labels that no basket has become items too, after the others and in ascending order.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use arrow_array::{ArrayRef, StringArray};
    /// use patronomy::baskets::Baskets;
    ///
    /// let text = |labels: &[&str]| Arc::new(StringArray::from(labels.to_vec())) as ArrayRef;
    /// let baskets = Baskets::from_numbers(vec![1, 2], vec![0, 1], text(&["cola", "milk"]))?;
    /// let baskets = baskets.with_parents(&text(&["cola", "milk"]), &text(&["drink", "drink"]))?;
    /// assert_eq!(baskets.n_items(), 3);
    /// assert_eq!(baskets.support_counts(), [1, 1, 2]);
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] if there is not one parent for each child, if they are of another type than the labels, or if an item would be its
    /// own ancestor.
    pub fn with_parents(&self, children: &ArrayRef, parents: &ArrayRef) -> Result<Self> {
        if children.len() != parents.len() {
            let rule = format!("must be {}, one for each child", children.len());
            return Err(Error::parameter(OWNER, "parents", rule, parents.len()));
        }
        let columns = [
            self.as_labels(children, "taxonomy")?,
            self.as_labels(parents, "taxonomy")?,
        ];
        let both = concat(&columns)?;
        let given = texts(&both)?;
        let mut baskets = self.clone();
        let fresh = fresh(&texts(self.labels())?, &given);
        if !fresh.is_empty() {
            let fresh = arrow_select::take::take(&both, &UInt32Array::from(fresh), None)
                .and_then(|labels| arrow_ord::sort::sort(&labels, None))
                .map_err(cannot)?;
            let labels = concat(&[self.labels().clone(), fresh.clone()])?;
            let names = self.names().map(|names| {
                let none = new_null_array(names.data_type(), fresh.len());
                concat(&[names.clone(), none])
            });
            let names = names.transpose()?;
            baskets = baskets.with(|inner| {
                inner.labels = labels;
                inner.names = names;
                // An item without ancestors, where there is a taxonomy already.
                if !inner.ancestors.is_empty() {
                    inner.ancestors.resize(inner.labels.len(), Vec::new());
                }
            });
        }
        let known = texts(baskets.labels())?;
        let numbers = by_text(&known);
        let number = |i: usize| {
            let text = given[i].as_deref();
            text.and_then(|text| numbers.get(text).copied())
        };
        let n = children.len();
        let pairs: Vec<(u32, u32)> = (0..n)
            .filter_map(|i| number(i).zip(number(n + i)))
            .collect();
        baskets.with_taxonomy(&pairs).map_err(|error| match error {
            Error::Parameter { rule, value, .. } => {
                let item = value.parse().ok().and_then(|i: usize| known.get(i));
                let item = item.cloned().flatten().unwrap_or(value);
                Error::parameter(OWNER, "taxonomy", rule, item)
            }
            other => other,
        })
    }

    /// As [`with_parents`](Self::with_parents), of a table whose first column is the child and whose second the parent.
    ///
    /// # Errors
    /// As [`with_parents`](Self::with_parents); [`Error::Parameter`] if there are not two columns.
    pub fn with_parents_table(&self, table: &Table) -> Result<Self> {
        let n = table.schema().fields().len();
        if n != 2 {
            let rule = "must have two columns, the item and its parent";
            return Err(Error::parameter(OWNER, "taxonomy", rule, n));
        }
        let column = |i: usize| {
            let column = table.column(i);
            if column.chunks.is_empty() {
                return Ok(new_empty_array(&column.data_type));
            }
            concat(&column.chunks)
        };
        self.with_parents(&column(0)?, &column(1)?)
    }

    /// These labels as ones of the baskets' type; null where there is no such value.
    fn as_labels(&self, given: &ArrayRef, what: &str) -> Result<ArrayRef> {
        let (from, to) = (given.data_type(), self.labels().data_type());
        let is_text =
            |t: &DataType| matches!(t, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View);
        if *from == DataType::Null && given.is_empty() {
            return Ok(new_empty_array(to));
        }
        let value_type = match from {
            DataType::Dictionary(_, value) => value,
            other => other,
        };
        // An integer is no text, and a text no integer: `7` and `07` would be one.
        let fits = is_text(value_type) == is_text(to) || to.is_temporal();
        if !fits {
            let rule = format!("must be labels of the baskets' type, {to}; make them alike");
            return Err(Error::parameter(OWNER, what, rule, value_type));
        }
        arrow_cast::cast(given, to).map_err(|_| {
            let rule = format!("must be labels of the baskets' type, {to}; make them alike");
            Error::parameter(OWNER, what, rule, value_type)
        })
    }
}

/// The places of the first of each text that is not known.
fn fresh(known: &[Option<String>], given: &[Option<String>]) -> Vec<u32> {
    let mut met = by_text(known);
    let mut fresh = Vec::new();
    for (place, text) in given.iter().enumerate() {
        if let Some(text) = text
            && met.insert(text, 0).is_none()
        {
            fresh.push(place as u32);
        }
    }
    fresh
}

fn by_text(labels: &[Option<String>]) -> HashMap<&str, u32> {
    let labels = labels.iter().zip(0..);
    labels
        .filter_map(|(label, number)| Some((label.as_deref()?, number)))
        .collect()
}

fn texts(labels: &ArrayRef) -> Result<Vec<Option<String>>> {
    let text = |i: usize| {
        let text = labels.is_valid(i).then(|| array_value_to_string(labels, i));
        text.transpose().map_err(cannot)
    };
    (0..labels.len()).map(text).collect()
}

fn concat(parts: &[ArrayRef]) -> Result<ArrayRef> {
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    arrow_select::concat::concat(&parts).map_err(cannot)
}

fn cannot(error: impl std::fmt::Display) -> Error {
    Error::FeatureMismatch {
        what: "the labels".into(),
        why: error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use arrow_array::{Int64Array, StringArray};

    fn text(labels: &[&str]) -> ArrayRef {
        Arc::new(StringArray::from(labels.to_vec()))
    }

    #[test]
    fn unknown_labels_are_named_with_the_nearest() {
        let baskets = Baskets::from_numbers(vec![1], vec![0], text(&["bread", "butter"])).unwrap();
        let error = baskets.numbers(&text(&["buter"]), "required").unwrap_err();
        let said = error.to_string();
        assert!(
            said.contains("`required`") && said.contains("`butter`"),
            "{said}"
        );
        let number: ArrayRef = Arc::new(Int64Array::from(vec![7]));
        let said = baskets
            .numbers(&number, "required")
            .unwrap_err()
            .to_string();
        assert!(said.contains("type"), "{said}");
        let baskets = Baskets::from_numbers(vec![1], vec![0], number.clone()).unwrap();
        assert_eq!(baskets.numbers(&number, "required").unwrap(), [0]);
        assert!(baskets.numbers(&text(&["7"]), "required").is_err());
    }

    #[test]
    fn parents_that_no_basket_has_become_items() {
        let baskets = Baskets::from_numbers(vec![1, 2], vec![0, 1], text(&["b", "c"])).unwrap();
        let children = text(&["c", "b", "z"]);
        let with = baskets
            .with_parents(&children, &text(&["y", "y", "a"]))
            .unwrap();
        assert_eq!(with.labels(), &text(&["b", "c", "a", "y", "z"]));
        assert_eq!(with.support_counts(), [1, 1, 0, 2, 0]);
        let cycle = baskets.with_parents(&text(&["b", "c"]), &text(&["c", "b"]));
        assert!(cycle.unwrap_err().to_string().contains("got b"));
    }
}
