//! Long tables, lists and matrices; all sources beside each other.

use super::*;

fn lists_of(baskets: &[Vec<i64>]) -> ArrayRef {
    let mut builder = ListBuilder::new(Int64Builder::new());
    for basket in baskets {
        basket
            .iter()
            .for_each(|&i| builder.values().append_value(i));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

/// A row for each item, and one without item for each empty basket.
fn long_of(baskets: &[Vec<i64>]) -> RecordBatch {
    let rows: Vec<(i64, Option<i64>)> = (0..)
        .zip(baskets)
        .flat_map(|(id, basket)| {
            let none = basket.is_empty().then_some((id, None));
            basket.iter().map(move |&i| (id, Some(i))).chain(none)
        })
        .collect();
    batch(vec![
        (
            "id",
            Arc::new(rows.iter().map(|r| Some(r.0)).collect::<Int64Array>()) as ArrayRef,
        ),
        (
            "item",
            Arc::new(rows.iter().map(|r| r.1).collect::<Int64Array>()),
        ),
    ])
}

fn table(batch: RecordBatch) -> Table {
    Table::from_batch(batch)
}

fn any_baskets() -> impl Strategy<Value = Vec<Vec<i64>>> {
    let item = prop_oneof![-3i64..9, Just(i64::MAX), Just(i64::MIN), Just(12_345_678)];
    prop::collection::vec(prop::collection::vec(item, 0..7), 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn every_source_gives_the_same_baskets(mut baskets in any_baskets(), small: bool, chunk in 1usize..9) {
        let ctx = Context::new();
        if small {
            baskets.iter_mut().flatten().for_each(|i| *i = i.rem_euclid(9));
        }
        // A basket at the end that is empty is no line of a text.
        while baskets.last().is_some_and(Vec::is_empty) {
            baskets.pop();
        }
        let labels: BTreeSet<i64> = baskets.iter().flatten().copied().collect();
        let labels: Vec<i64> = labels.into_iter().collect();
        let number = |i: &i64| labels.binary_search(i).unwrap() as u32;
        let expected: Vec<Vec<u32>> = baskets
            .iter()
            .map(|b| b.iter().map(number).collect::<BTreeSet<u32>>().into_iter().collect())
            .collect();
        let n_repeated = baskets.iter().map(Vec::len).sum::<usize>() - expected.iter().map(Vec::len).sum::<usize>();
        let check = |own: &Baskets, source: &str| {
            assert_eq!(numbers(own), expected, "{source}");
            assert_eq!(own.labels().as_primitive::<Int64Type>().values(), &labels[..], "{source}");
            assert_eq!(own.n_repeated(), n_repeated as u64, "{source}");
            assert_adds_up(own);
        };
        let lists = lists_of(&baskets);
        check(&Baskets::from_lists(std::slice::from_ref(&lists), &ctx).unwrap(), "lists");
        let chunks: Vec<ArrayRef> = (0..lists.len()).step_by(chunk).map(|i| lists.slice(i, chunk.min(lists.len() - i))).collect();
        if !chunks.is_empty() {
            check(&Baskets::from_lists(&chunks, &ctx).unwrap(), "chunks of lists");
        }
        let long = long_of(&baskets);
        check(&Baskets::from_table(&chunked(&long, chunk), "id", "item", &ctx).unwrap(), "long table");
        let lines = |separator: &str, end: &str| -> String {
            let line = |b: &Vec<i64>| b.iter().map(i64::to_string).collect::<Vec<_>>().join(separator) + end;
            baskets.iter().map(line).collect()
        };
        for (text, format) in [
            (lines(" ", "\n"), BasketFormat::Fimi),
            (lines("\t", " \r\n"), BasketFormat::Fimi),
            (format!("\u{feff}{}\n\n", lines("  ", "\n")), BasketFormat::Fimi),
            (lines(",", "\n"), BasketFormat::Separated(',')),
            (lines(" ; ", "\r\n"), BasketFormat::Separated(';')),
        ] {
            let own = Baskets::parse(text.as_bytes(), format, &ctx).unwrap();
            check(&own, &format!("{text:?} {format:?}"));
        }
        let indices: Vec<i64> = baskets.iter().flatten().map(|i| i64::from(number(i))).collect();
        let mut indptr = vec![0];
        baskets.iter().for_each(|b| indptr.push(indptr[indptr.len() - 1] + b.len() as i64));
        let own: ArrayRef = Arc::new(Int64Array::from(labels.clone()));
        check(&Baskets::from_csr(&indptr, &indices, labels.len(), Some(own), &ctx).unwrap(), "sparse matrix");
        // The names of columns are texts, and what is repeated cannot be said.
        let column = |label: &i64| -> ArrayRef { Arc::new(baskets.iter().map(|b| Some(b.contains(label))).collect::<BooleanArray>()) };
        if !labels.is_empty() && !baskets.is_empty() {
            let names: Vec<String> = labels.iter().map(i64::to_string).collect();
            let columns = names.iter().map(String::as_str).zip(labels.iter().map(column)).collect();
            let one_hot = Baskets::from_one_hot(&chunked(&batch(columns), chunk), &ctx).unwrap();
            assert_eq!(numbers(&one_hot), expected);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "[0-9 ,\t\r\n@#%\"a=é-]{0,60}", comma: bool) {
        for format in [BasketFormat::Fimi, BasketFormat::Spmf, BasketFormat::Separated(if comma { ',' } else { ' ' })] {
            let baskets = Baskets::parse(text.as_bytes(), format, &Context::new()).unwrap();
            assert_adds_up(&baskets);
        }
    }
}

#[test]
fn labels_of_any_type() {
    let ctx = Context::new();
    let short = [Some("b"), None, Some("a"), Some("b"), Some(" ")];
    let long = "a text that is longer than any key can hold ";
    let lengthen = |w: &str| {
        if w == " " {
            w.into()
        } else {
            format!("{long}{w}")
        }
    };
    let long_words: Vec<Option<String>> = short.iter().map(|w| w.map(lengthen)).collect();
    let some = [Some(5), None, Some(3), Some(5), None];
    let columns: Vec<ArrayRef> = vec![
        words(&short),
        Arc::new(StringArray::from(long_words)),
        Arc::new(short.into_iter().collect::<DictionaryArray<Int32Type>>()),
        Arc::new(
            some.iter()
                .map(|v| v.map(|v| v as i8))
                .collect::<Int8Array>(),
        ),
        Arc::new(
            some.iter()
                .map(|v| v.map(|v| u64::MAX - 9 + v as u64))
                .collect::<UInt64Array>(),
        ),
        Arc::new(
            some.iter()
                .map(|v| v.map(f64::from))
                .collect::<Float64Array>(),
        ),
        Arc::new(Float64Array::from(vec![5.0, f64::NAN, 3.0, 5.0, f64::NAN])),
        Arc::new(
            some.iter()
                .map(|v| v.map(|v| v > 4))
                .collect::<BooleanArray>(),
        ),
        Arc::new(some.iter().copied().collect::<Date32Array>()),
        Arc::new(
            TimestampSecondArray::from(vec![Some(5), None, Some(3), Some(5), None])
                .with_timezone("+02:00"),
        ),
    ];
    for items in columns {
        let data_type = items.data_type().clone();
        let id: ArrayRef = Arc::new(Int64Array::from(vec![1, 1, 1, 2, 2]));
        let long = table(batch(vec![("id", id), ("item", Arc::clone(&items))]));
        let baskets = Baskets::from_table(&long, "id", "item", &ctx).unwrap();
        assert_eq!(numbers(&baskets), [vec![0, 1], vec![1]], "{data_type}");
        assert_eq!(baskets.counts().left_out[&Reason::NoItem], 2, "{data_type}");
        let expected = match &data_type {
            DataType::Dictionary(..) => DataType::Utf8,
            DataType::Float64 => DataType::Int64,
            other => other.clone(),
        };
        assert_eq!(baskets.labels().data_type(), &expected);
        // The same column says which transaction: its numbers are the order of its values.
        let swapped = table(batch(vec![
            ("id", items),
            ("item", Arc::new(Int64Array::from(vec![1, 2, 3, 4, 5]))),
        ]));
        let baskets = Baskets::from_table(&swapped, "id", "item", &ctx).unwrap();
        assert_eq!(shown(&baskets), [vec!["3"], vec!["1", "4"]], "{data_type}");
        assert_eq!(baskets.counts().left_out[&Reason::NoTransaction], 2);
    }
}

#[test]
fn lists_of_every_kind() {
    let ctx = Context::new();
    let mut builder = ListBuilder::new(StringBuilder::new());
    for list in [
        Some(vec![Some("b"), Some("a")]),
        None,
        Some(vec![None, Some("b")]),
        Some(vec![]),
    ] {
        let is_valid = list.is_some();
        list.into_iter()
            .flatten()
            .for_each(|v| builder.values().append_option(v));
        builder.append(is_valid);
    }
    let list: ArrayRef = Arc::new(builder.finish());
    let DataType::List(field) = list.data_type().clone() else {
        unreachable!()
    };
    for data_type in [
        DataType::List(Arc::clone(&field)),
        DataType::LargeList(Arc::clone(&field)),
        DataType::ListView(Arc::clone(&field)),
        DataType::LargeListView(field),
    ] {
        let list = arrow_cast::cast(&list, &data_type).unwrap();
        let baskets = Baskets::from_lists(&[list.slice(0, 1), list.slice(1, 3)], &ctx).unwrap();
        assert_eq!(
            numbers(&baskets),
            [vec![0, 1], vec![], vec![1], vec![]],
            "{data_type}"
        );
        // A null element, and a null list.
        assert_eq!(
            baskets.counts().left_out,
            BTreeMap::from([(Reason::NoItem, 2)])
        );
        assert_eq!(baskets.counts().rows_in, 5);
    }
    let values = [
        Some(vec![Some(1), Some(1)]),
        None,
        Some(vec![Some(7), None]),
    ];
    let fixed = FixedSizeListArray::from_iter_primitive::<Int64Type, _, _>(values, 2);
    let baskets = Baskets::from_lists(&[Arc::new(fixed)], &ctx).unwrap();
    assert_eq!(numbers(&baskets), [vec![0], vec![], vec![1]]);
    let e = Baskets::from_lists(&[words(&[Some("a")])], &ctx).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ColumnType);
    let mixed = [lists_of(&[vec![1]]), list];
    let e = Baskets::from_lists(&mixed, &ctx).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::FeatureMismatch);
    assert!(Baskets::from_lists(&[], &ctx).unwrap().is_empty());
}

#[test]
fn one_hot_cells() {
    let ctx = Context::new();
    let columns: Vec<(&str, ArrayRef)> = vec![
        (
            "z",
            Arc::new(BooleanArray::from(vec![Some(true), None, Some(false)])),
        ),
        ("a", Arc::new(Float64Array::from(vec![1.0, 0.0, f64::NAN]))),
        ("m", words(&[Some("true"), Some("False"), Some("1")])),
        ("n", Arc::new(Int8Array::from(vec![Some(0), Some(1), None]))),
    ];
    let baskets = Baskets::from_one_hot(&table(batch(columns)), &ctx).unwrap();
    assert_eq!(numbers(&baskets), [vec![0, 1, 2], vec![3], vec![2]]);
    // In the order of the columns, not of the labels.
    assert_eq!(shown(&baskets)[0], ["z", "a", "m"]);
    assert_eq!(
        baskets.counts().left_out,
        BTreeMap::from([(Reason::NoItem, 3)])
    );
    for (bad, value) in [
        (Arc::new(Int64Array::from(vec![1, 0, 2])) as ArrayRef, "2"),
        (Arc::new(Float64Array::from(vec![0.0, 1.0, 0.5])), "0.5"),
        (words(&[Some("true"), None, Some("maybe")]), "maybe"),
    ] {
        let e = Baskets::from_one_hot(&chunked(&batch(vec![("tea", bad)]), 2), &ctx).unwrap_err();
        let Error::BadValues {
            column,
            first_row,
            value: own,
            ..
        } = e
        else {
            panic!("{e}")
        };
        assert_eq!(
            (column.as_str(), first_row, own.as_str()),
            ("tea", Some(2), value)
        );
    }
    let bad: ArrayRef = Arc::new(Date32Array::from(vec![1]));
    let e = Baskets::from_one_hot(&table(batch(vec![("x", bad)])), &ctx).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ColumnType);
}

#[test]
fn bad_pointers_are_refused() {
    let csr = |indptr: &[i64], indices: &[i64]| {
        let e = Baskets::from_csr(indptr, indices, 2, None, &Context::new()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::Parameter);
        e.to_string()
    };
    assert!(csr(&[], &[]).contains("`indptr`"));
    assert!(csr(&[1, 1], &[0]).contains("begin with 0"));
    assert!(csr(&[0, 2, 1], &[0]).contains("ascend"));
    assert!(csr(&[0, 1], &[0, 1]).contains("end with"));
    assert!(csr(&[0, -1], &[]).contains("ascend"));
    assert!(csr(&[0, 1], &[2]).contains("got 2"));
    assert!(csr(&[0, 1], &[-1]).contains("got -1"));
    let labels = Some(words(&[Some("a")]));
    assert!(Baskets::from_csr(&[0], &[], 2, labels, &Context::new()).is_err());
}

#[test]
fn weights_are_one_for_each_transaction() {
    let ctx = Context::new();
    let with = |weights: Vec<Option<f64>>| {
        let long = table(batch(vec![
            ("id", words(&[Some("a"), Some("b"), Some("a"), None])),
            ("item", words(&[Some("x"), Some("y"), Some("z"), Some("x")])),
            ("n", Arc::new(Float64Array::from(weights)) as ArrayRef),
        ]));
        Baskets::from_long(&long, &LongTable::new("id", "item").weight("n"), &ctx)
    };
    let baskets = with(vec![Some(3.0), Some(2.0), None, Some(0.5)]).unwrap();
    assert_eq!(baskets.iter().map(|b| b.1).collect::<Vec<_>>(), [3, 2]);
    assert_eq!(baskets.total_weight(), 5);
    for (weights, rule) in [
        (vec![Some(3.0), Some(2.0), Some(4.0), None], "differ"),
        (vec![Some(0.5), Some(2.0), None, None], "whole"),
        (vec![Some(f64::NAN), Some(2.0), None, None], "whole"),
        (vec![Some(3.0), Some(0.0), None, None], "whole"),
        (vec![Some(3.0), None, None, None], "missing"),
    ] {
        let e = with(weights).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::BadValues);
        assert!(e.to_string().contains(rule), "{e}");
    }
}

#[test]
fn hostile_tables() {
    let ctx = Context::new();
    let none: ArrayRef = Arc::new(Int64Array::from(vec![None; 3]));
    let long = |id: &ArrayRef, item: &ArrayRef| {
        let b = batch(vec![("id", Arc::clone(id)), ("item", Arc::clone(item))]);
        Baskets::from_table(&table(b), "id", "item", &ctx)
    };
    let baskets = long(&none, &none).unwrap();
    assert!(baskets.is_empty() && baskets.n_items() == 0);
    assert_eq!(baskets.counts().left_out[&Reason::NoTransaction], 3);
    let nulls: ArrayRef = Arc::new(arrow_array::NullArray::new(3));
    assert!(long(&nulls, &nulls).unwrap().is_empty());
    let empty = none.slice(0, 0);
    assert!(long(&empty, &empty).unwrap().is_empty());
    let ones: ArrayRef = Arc::new(Int64Array::from(vec![1; 3]));
    assert_eq!(numbers(&long(&ones, &none).unwrap()), [vec![0u32; 0]]);
    let floats: ArrayRef = Arc::new(Float64Array::from(vec![0.5, 1.0, f64::INFINITY]));
    assert_eq!(
        long(&ones, &floats).unwrap_err().kind(),
        ErrorKind::BadValues
    );
    assert_eq!(
        long(&floats, &ones).unwrap_err().kind(),
        ErrorKind::BadValues
    );
    let e = Baskets::from_table(&table(batch(vec![("id", ones)])), "id", "itme", &ctx).unwrap_err();
    assert_eq!(e.kind(), ErrorKind::ColumnNotFound);
}

#[test]
fn one_long_basket_and_many_items() {
    let ctx = Context::new();
    // A basket of 100,000 items, each twice, from the last to the first.
    let items: ArrayRef = Arc::new(Int64Array::from_iter_values(
        (0..200_000).rev().map(|i| i / 2),
    ));
    let id: ArrayRef = Arc::new(Int64Array::from(vec![7; 200_000]));
    let long = table(batch(vec![("id", id), ("item", items)]));
    let baskets = Baskets::from_table(&long, "id", "item", &ctx).unwrap();
    assert_eq!((baskets.len(), baskets.n_repeated()), (1, 100_000));
    assert!(numbers(&baskets)[0].iter().copied().eq(0..100_000));
    // A million items, each of a basket of its own, in no order.
    let scattered = |i: i64| (i * 7_919).rem_euclid(1_000_003);
    let items: ArrayRef = Arc::new(Int64Array::from_iter_values((0..1_000_003).map(scattered)));
    let long = table(batch(vec![("id", Arc::clone(&items)), ("item", items)]));
    let baskets = Baskets::from_table(&long, "id", "item", &ctx).unwrap();
    assert_eq!(baskets.n_items(), 1_000_003);
    assert!(
        baskets
            .iter()
            .enumerate()
            .all(|(i, (b, _))| b == [i as u32])
    );
}

#[test]
fn the_same_bits_on_any_threads_and_chunks() {
    let ctx = Context::new();
    for ids in [Ids::Integer, Ids::LongText] {
        // By customer, so that baskets are spread over all pieces.
        let b = orders(300_000, 9_000, ids, true);
        let tx = |chunk| {
            let roles = Roles::new("customer", "time")
                .transaction("customer")
                .item("transaction")
                .item_name("item")
                .quantity("quantity")
                .price("price");
            Transactions::new(chunked(&b, chunk), roles).unwrap()
        };
        let one = with_threads(1, || {
            Baskets::from_transactions(&tx(300_000), &ctx).unwrap()
        });
        assert!(one.len() > 8_000);
        assert_adds_up(&one);
        for (threads, chunk) in [(2, 100_003), (7, 41)] {
            let many = with_threads(threads, || {
                Baskets::from_transactions(&tx(chunk), &ctx).unwrap()
            });
            assert_same(&one, &many, &format!("{ids:?}, {threads} threads"));
        }
    }
    // Three pieces of text, in small numbers, large ones, and words.
    for prefix in ["", "1000000000", "x"] {
        let line = |i: u64| format!("{prefix}{} {prefix}{}\n", i * 7_919 % 30_011, i % 977);
        let text: String = (0..250_000).map(line).collect();
        let parse = || Baskets::parse(text.as_bytes(), BasketFormat::Fimi, &ctx).unwrap();
        let one = with_threads(1, parse);
        assert_eq!((one.len(), one.n_items()), (250_000, 30_011));
        for threads in [2, 7] {
            assert_same(&one, &with_threads(threads, parse), prefix);
        }
    }
}

#[test]
fn a_cancel_ends_every_source() {
    let cancelled = || Context {
        cancel: Cancel::at_poll(1),
        ..Context::new()
    };
    let long = table(long_of(&[vec![1, 2]]));
    let results = [
        Baskets::from_transactions(&by_hand(&LINES), &cancelled()),
        Baskets::from_table(&long, "id", "item", &cancelled()),
        Baskets::from_lists(&[lists_of(&[vec![1]])], &cancelled()),
        Baskets::from_one_hot(
            &table(batch(vec![(
                "x",
                Arc::new(Int64Array::from(vec![1])) as ArrayRef,
            )])),
            &cancelled(),
        ),
        Baskets::from_csr(&[0, 1], &[0], 1, None, &cancelled()),
        Baskets::parse(b"1 2", BasketFormat::Fimi, &cancelled()),
    ];
    for result in results {
        assert_eq!(result.unwrap_err().kind(), ErrorKind::Cancelled);
    }
}
