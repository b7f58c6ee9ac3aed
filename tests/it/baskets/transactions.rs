//! Baskets from transactions.

use super::*;

/// A shop's lines by hand: customer, transaction, item, name, day, quantity, price.
pub(super) type Line<'a> = (
    Option<i64>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    i32,
    Option<f64>,
    f64,
);

pub(super) fn by_hand(lines: &[Line<'_>]) -> Transactions {
    let column = |of: fn(&Line<'_>) -> Option<String>| -> ArrayRef {
        Arc::new(lines.iter().map(of).collect::<StringArray>())
    };
    let batch = batch(vec![
        (
            "customer",
            Arc::new(lines.iter().map(|l| l.0).collect::<Int64Array>()) as ArrayRef,
        ),
        ("transaction", column(|l| l.1.map(Into::into))),
        ("item", column(|l| l.2.map(Into::into))),
        ("name", column(|l| l.3.map(Into::into))),
        (
            "time",
            Arc::new(lines.iter().map(|l| Some(l.4)).collect::<Date32Array>()),
        ),
        (
            "quantity",
            Arc::new(lines.iter().map(|l| l.5).collect::<Float64Array>()),
        ),
        (
            "price",
            Arc::new(lines.iter().map(|l| Some(l.6)).collect::<Float64Array>()),
        ),
    ]);
    Transactions::new(Table::from_batch(batch), roles().item_name("name")).unwrap()
}

pub(super) const LINES: [Line<'static>; 14] = [
    (
        Some(2),
        Some("b"),
        Some("tea"),
        Some("Tea"),
        10,
        Some(2.0),
        3.0,
    ),
    (
        Some(1),
        Some("a"),
        Some("tea"),
        Some("Tea bags"),
        10,
        Some(1.0),
        3.0,
    ),
    (None, Some("a"), Some("cup"), Some(" "), 11, Some(1.0), 5.0),
    (
        Some(2),
        Some("b"),
        Some("tea"),
        Some("Tea"),
        10,
        Some(1.0),
        3.0,
    ),
    // Returned whole, in part, and without a purchase.
    (
        Some(3),
        Some("c"),
        Some("pot"),
        Some("Pot"),
        12,
        Some(1.0),
        9.0,
    ),
    (
        Some(3),
        Some("d"),
        Some("pot"),
        Some("Pot"),
        13,
        Some(-1.0),
        9.0,
    ),
    (Some(3), Some("c"), Some("cup"), None, 12, Some(2.0), 5.0),
    (Some(3), Some("d"), Some("cup"), None, 13, Some(-1.0), 5.0),
    (Some(3), Some("d"), Some("jar"), None, 13, Some(-1.0), 1.0),
    (Some(3), None, Some("jug"), None, 13, Some(1.0), 1.0),
    (Some(3), Some("e"), None, None, 13, Some(1.0), 1.0),
    (Some(3), Some("f"), Some("jam"), None, 13, Some(0.0), 1.0),
    (Some(3), Some("f"), Some("jam"), None, 13, None, 1.0),
    // After the clock.
    (
        Some(4),
        Some("a"),
        Some("art"),
        Some("Art"),
        40,
        Some(1.0),
        1.0,
    ),
];

#[test]
fn transactions_by_hand() {
    let ctx = Context::new();
    let tx = by_hand(&LINES).as_of(Moment::Day(30)).unwrap();
    let baskets = Baskets::from_transactions(&tx, &ctx).unwrap();
    assert_eq!(
        shown(&baskets),
        [vec!["cup", "tea"], vec!["tea"], vec!["cup"]]
    );
    let some = |t: &str| Some(t.to_owned());
    assert_eq!(texts(baskets.labels()), [some("cup"), some("tea")]);
    assert_eq!(texts(baskets.names().unwrap()), [None, some("Tea")]);
    assert_eq!(
        texts(baskets.ids().unwrap()),
        [some("a"), some("b"), some("c")]
    );
    assert_eq!(
        texts(baskets.customers().unwrap()),
        [some("1"), some("2"), some("3")]
    );
    assert_eq!(baskets.n_repeated(), 1);
    let counts = baskets.counts();
    let expected = [
        (Reason::AfterClock, 1),
        (Reason::NoTransaction, 1),
        (Reason::NoItem, 1),
        (Reason::NoQuantity, 1),
        (Reason::ZeroQuantity, 1),
        (Reason::ReturnNetted, 2),
        (Reason::ReturnUnmatched, 1),
        (Reason::CancelledByReturn, 1),
    ];
    assert_eq!(counts.left_out, BTreeMap::from(expected));
    assert_adds_up(&baskets);
    // Without netting what was returned stays bought.
    for returns in [Returns::Exclude, Returns::Keep] {
        let baskets = Baskets::from_transactions(&tx.clone().with_returns(returns), &ctx).unwrap();
        assert_eq!(shown(&baskets)[2], ["cup", "pot"]);
        assert_eq!(baskets.counts().left_out[&Reason::ReturnExcluded], 3);
        assert_adds_up(&baskets);
    }
}

#[test]
fn names_that_tie_are_the_smaller() {
    let line = |name| {
        (
            Some(1),
            Some("a"),
            Some("x"),
            Some(name),
            10,
            Some(1.0),
            1.0,
        )
    };
    let tx = by_hand(&[
        line("pear"),
        line("apple"),
        line("fig"),
        line("pear"),
        line("apple"),
    ]);
    let baskets = Baskets::from_transactions(&tx, &Context::new()).unwrap();
    assert_eq!(texts(baskets.names().unwrap()), [Some("apple".to_owned())]);
}

#[test]
fn roles_that_are_needed_are_named() {
    let b = batch(vec![
        ("customer", words(&[Some("a")])),
        ("time", Arc::new(Date32Array::from(vec![1]))),
        ("order", words(&[Some("a")])),
    ]);
    let table = Table::from_batch(b);
    let roles = Roles::new("customer", "time");
    for (roles, missing) in [
        (roles.clone(), "transaction"),
        (roles.transaction("order"), "item"),
    ] {
        let tx = Transactions::new(table.clone(), roles).unwrap();
        let e = Baskets::from_transactions(&tx, &Context::new()).unwrap_err();
        assert_eq!(e.kind(), ErrorKind::ColumnNotFound);
        assert!(e.to_string().contains(&format!("role `{missing}`")), "{e}");
    }
}

#[test]
fn no_price_is_needed() {
    let b = batch(vec![
        ("customer", words(&[None, None])),
        ("time", Arc::new(Date32Array::from(vec![1, 1]))),
        ("order", words(&[Some("a"), Some("a")])),
        ("item", words(&[Some("x"), Some("y")])),
    ]);
    let roles = Roles::new("customer", "time")
        .transaction("order")
        .item("item");
    let tx = Transactions::new(Table::from_batch(b), roles).unwrap();
    let baskets = Baskets::from_transactions(&tx, &Context::new()).unwrap();
    assert_eq!(numbers(&baskets), [[0, 1]]);
    assert_eq!(texts(baskets.customers().unwrap()), [None]);
}

/// The rule said again, of lines without returns to net.
#[test]
fn many_transactions_are_what_a_map_makes_of_them() {
    for ids in [Ids::Integer, Ids::ShortText, Ids::LongText] {
        let b = orders(30_000, 700, ids, true);
        let tx = Transactions::new(chunked(&b, 1_003), roles()).unwrap();
        let tx = tx.with_returns(Returns::Exclude);
        let baskets = Baskets::from_transactions(&tx, &Context::new()).unwrap();
        assert_adds_up(&baskets);
        let column = |name: &str| texts(b.column_by_name(name).unwrap());
        let (transactions, items, customers) =
            (column("transaction"), column("item"), column("customer"));
        let quantity = column("quantity");
        let mut expected: BTreeMap<String, (BTreeSet<String>, Option<&str>)> = BTreeMap::new();
        let mut labels = BTreeSet::new();
        for row in 0..b.num_rows() {
            let (Some(t), Some(i)) = (&transactions[row], &items[row]) else {
                continue;
            };
            if quantity[row].as_ref().is_some_and(|q| !q.starts_with('-')) {
                let customer = customers[row].as_deref();
                let new = || (BTreeSet::new(), customer);
                let basket = expected.entry(t.clone()).or_insert_with(new);
                basket.0.insert(i.clone());
                labels.insert(i.clone());
            }
        }
        assert_eq!(baskets.len(), expected.len());
        assert_eq!(baskets.n_items(), labels.len());
        let own = texts(baskets.ids().unwrap())
            .into_iter()
            .zip(shown(&baskets));
        for ((id, own), customer) in own.zip(texts(baskets.customers().unwrap())) {
            let (items, expected_customer) = &expected[&id.unwrap()];
            assert_eq!(&own.into_iter().collect::<BTreeSet<_>>(), items);
            assert_eq!(customer.as_deref(), *expected_customer);
        }
    }
}

#[test]
fn a_clock_hides_what_comes_after_it() {
    let ctx = Context::new();
    let shop = Shop::new(400, 365, 5).transactions().unwrap();
    let moment = Moment::parse("2024-06-30").unwrap();
    let before = Baskets::from_transactions(&shop.as_of(moment).unwrap(), &ctx).unwrap();
    let (past, later) = shop.split(Moment::parse("2024-07-01").unwrap()).unwrap();
    let past = Baskets::from_transactions(&past, &ctx).unwrap();
    assert_same(&before, &past, "two ways to say it");
    let later = Baskets::from_transactions(&later, &ctx).unwrap();
    let all = Baskets::from_transactions(&shop, &ctx).unwrap();
    for baskets in [&past, &later, &all] {
        assert_adds_up(baskets);
        assert!(baskets.names().is_some());
        assert_eq!(baskets.names().unwrap().len(), baskets.n_items());
        assert_eq!(baskets.ids().unwrap().len(), baskets.len());
        assert_eq!(baskets.customers().unwrap().len(), baskets.len());
        // Every item is in some basket, and every basket has an item.
        assert!(baskets.support_counts().iter().all(|&n| n > 0));
        assert!(baskets.iter().all(|(items, _)| !items.is_empty()));
    }
    assert!(past.len() < all.len() && later.len() < all.len());
    let clean = shop.without(&["duplicate"]).unwrap();
    assert_adds_up(&Baskets::from_transactions(&clean, &ctx).unwrap());
}
