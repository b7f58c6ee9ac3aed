//! The shop: its marginals are those of its parameters, its truth is what its table holds, and its dirt is what it says.

use std::collections::{BTreeMap, BTreeSet};

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{Array, RecordBatch};
use arrow_select::concat::concat_batches;
use patronomy::simulate::{CustomerIds, Difficulty, Dirt, Language, Shop, ShopParams, Task};
use patronomy::{Context, ErrorKind, Moment, Reason};

use crate::tables::with_threads;

const DAY: i64 = 86_400_000_000;
const OPENING: i64 = 19_723;

/// All lines of a shop in one batch.
fn lines(shop: &Shop) -> RecordBatch {
    let table = shop.table().unwrap();
    concat_batches(table.schema(), table.batches()).unwrap()
}

fn ints<'a>(batch: &'a RecordBatch, name: &str) -> &'a [i64] {
    batch[name].as_primitive::<Int64Type>().values()
}

fn floats<'a>(batch: &'a RecordBatch, name: &str) -> &'a [f64] {
    batch[name].as_primitive::<Float64Type>().values()
}

fn texts<'a>(batch: &'a RecordBatch, name: &str) -> Vec<&'a str> {
    let column = batch[name].as_string::<i32>();
    (0..column.len()).map(|i| column.value(i)).collect()
}

fn flags(batch: &RecordBatch, name: &str) -> Vec<bool> {
    let column = batch[name].as_boolean();
    (0..column.len()).map(|i| column.value(i)).collect()
}

fn times(batch: &RecordBatch) -> &[i64] {
    batch["time"]
        .as_primitive::<TimestampMicrosecondType>()
        .values()
}

/// Rows of each order, in order of time; returns and cancellations have none.
fn baskets(batch: &RecordBatch) -> Vec<Vec<usize>> {
    let (invoice, quantity) = (texts(batch, "invoice"), ints(batch, "quantity"));
    let rows: Vec<usize> = (0..batch.num_rows()).filter(|&r| quantity[r] > 0).collect();
    let runs = rows.chunk_by(|&a, &b| invoice[a] == invoice[b]);
    runs.map(<[usize]>::to_vec).collect()
}

/// Asserts that `hits` of `n` fit a probability, within five standard deviations.
fn assert_binomial(hits: usize, n: usize, p: f64, what: &str) {
    let (hits, n) = (hits as f64, n as f64);
    let slack = 5.0 * (n * p * (1.0 - p)).sqrt() + 1.0;
    let expected = n * p;
    assert!(
        (hits - expected).abs() < slack,
        "{what}: {hits} of {n}, expected {expected}"
    );
}

// ---- size and sameness ------------------------------------------------------------------------------------------

#[test]
fn a_shop_has_about_the_lines_asked_for() {
    for difficulty in Difficulty::ALL {
        for (n_days, wholesale) in [(730, 0.02), (90, 0.3)] {
            let params = ShopParams::new().difficulty(difficulty).n_days(n_days);
            let shop = params.wholesale_share(wholesale).lines(200_000).shop();
            let n = shop.table().unwrap().n_rows();
            assert!(
                (180_000..220_000).contains(&n),
                "{difficulty:?} {n_days}: {n}"
            );
        }
    }
}

fn dirty(seed: u64) -> ShopParams {
    let all = Dirt::ALL.iter();
    all.fold(ShopParams::new().n_customers(1_500).seed(seed), |p, &d| {
        p.dirt(d, 0.004)
    })
}

#[test]
fn the_same_bits_on_any_threads() {
    let draw = || {
        // So many that the sort is spread over buckets, and the table over batches.
        let shop = dirty(3).n_customers(14_000).shop();
        let truth = shop.truth().unwrap();
        let oracle = Shop::new(700, 400, 3).oracle().unwrap();
        let tables = [
            lines(&shop),
            truth.customers().unwrap(),
            truth.returns().unwrap(),
            truth.dirt().unwrap(),
            oracle.scores().unwrap(),
            oracle.predictions(Task::Value).unwrap(),
        ];
        // Prices that are no number are compared by their bits, as all columns are.
        tables.map(|t| t.columns().iter().map(Array::to_data).collect::<Vec<_>>())
    };
    let one = with_threads(1, draw);
    assert!(one[0][0].len() > 700_000 && one[3][0].len() > 60_000);
    for threads in [2, 7] {
        assert!(one == with_threads(threads, draw), "{threads} threads");
    }
}

#[test]
fn another_seed_is_another_shop() {
    let first = |seed| lines(&Shop::new(50, 100, seed));
    assert_eq!(first(1), first(1));
    assert_ne!(first(1), first(2));
}

#[test]
fn tiny_shops_stand() {
    for (customers, days, items) in [(1, 1, 1), (1, 730, 1), (3, 1, 2), (2, 9, 25), (40, 3, 1)] {
        for difficulty in Difficulty::ALL {
            let clean = ShopParams::new().n_customers(customers);
            let clean = clean.n_days(days).n_items(items);
            let dirt = Dirt::ALL.iter();
            let dirty = dirt.fold(clean.clone(), |p, &d| p.dirt(d, 0.01));
            for params in [clean, dirty] {
                let shop = params
                    .difficulty(difficulty)
                    .language(Language::Mixed)
                    .shop();
                assert!(shop.transactions().unwrap().n_rows() >= customers);
                let truth = shop.truth().unwrap();
                assert_eq!(truth.customers().unwrap().num_rows(), customers);
                assert_eq!(truth.items().unwrap().num_rows(), items);
                for table in [truth.rules(), truth.deviations(), truth.campaign()] {
                    table.unwrap();
                }
                truth.returns().unwrap();
                truth.dirt().unwrap();
                let scores = shop.oracle().unwrap().scores().unwrap();
                assert_eq!(scores.num_rows(), Task::ALL.len());
            }
        }
    }
}

#[test]
fn bad_parameters_are_named() {
    let base = ShopParams::new;
    let cases = [
        (base().n_customers(0), "`n_customers`", "got 0"),
        (base().n_customers(5_000_001), "`n_customers`", "5000001"),
        (base().n_items(0), "`n_items`", "got 0"),
        (base().n_days(0), "`n_days`", "got 0"),
        (base().wholesale_share(1.1), "`wholesale_share`", "1.1"),
        (base().return_rate(f64::NAN), "`return_rate`", "NaN"),
        (
            base().cancellation_rate(-0.1),
            "`cancellation_rate`",
            "-0.1",
        ),
        (
            base().first_day(Moment::Wall(5)),
            "`first_day`",
            "2024-01-01",
        ),
        (
            base().first_day(Moment::Day(-1)),
            "`first_day`",
            "1969-12-31",
        ),
        (base().dirt(Dirt::TestRow, 0.0), "`dirt`", "test_row"),
        (base().dirt(Dirt::TestRow, f64::NAN), "`dirt`", "NaN"),
        (base().dirt(Dirt::TestRow, 0.6), "`dirt`", "0.6"),
        (
            base().dirt(Dirt::TestRow, 0.1).dirt(Dirt::TestRow, 0.1),
            "`dirt`",
            "twice",
        ),
    ];
    for (params, name, part) in cases {
        let error = params.shop().transactions().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Parameter);
        let text = error.to_string();
        assert!(text.contains(name) && text.contains(part), "{text}");
        assert!(text.contains("`ShopParams`"), "{text}");
    }
}

#[test]
fn a_cancel_stops_it() {
    let ctx = Context {
        cancel: patronomy::Cancel::at_poll(3),
        ..Context::new()
    };
    let error = Shop::new(5_000, 365, 1).transactions_in(&ctx).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
}

#[test]
fn a_budget_refuses_what_would_not_fit() {
    let with = |bytes| Context {
        budget: patronomy::Budget::bytes(bytes),
        ..Context::new()
    };
    let shop = Shop::new(5_000, 365, 1);
    for _ in 0..2 {
        for job in [
            |s: &Shop, c: &Context| s.transactions_in(c).map(|_| ()),
            |s: &Shop, c: &Context| s.oracle_in(c).map(|_| ()),
        ] {
            let error = job(&shop, &with(1_000_000)).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Budget);
            assert!(job(&shop, &with(1 << 30)).is_ok());
        }
        // The second time it has been drawn, and its lines are counted instead of estimated.
        assert!(shop.truth_in(&Context::new()).is_ok());
    }
    let invalid = ShopParams::new().n_customers(0).shop();
    let error = invalid.transactions_in(&with(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Parameter);
}

// ---- the mechanism ----------------------------------------------------------------------------------------------

fn large() -> Shop {
    ShopParams::new().n_customers(6_000).seed(11).shop()
}

#[test]
fn customers_order_at_their_rates_until_they_drop_out() {
    let shop = large();
    let (lines, truth) = (lines(&shop), shop.truth().unwrap().customers().unwrap());
    let (rate, entry) = (floats(&truth, "rate"), floats(&truth, "entry_day"));
    let dropout = floats(&truth, "dropout_day");
    let alive = |i: usize| dropout[i].min(730.0) - entry[i];
    let expected: f64 = (0..rate.len()).map(|i| 1.0 + rate[i] * alive(i)).sum();
    let channel = texts(&lines, "channel");
    let orders = baskets(&lines)
        .iter()
        .filter(|b| channel[b[0]] != "mail")
        .count() as f64;
    assert!(
        (orders - expected).abs() < 5.0 * expected.sqrt(),
        "{orders} {expected}"
    );
    // Nobody but those who answer a letter buys after the drop-out.
    let (customer, time) = (ints(&lines, "customer"), times(&lines));
    let late = baskets(&lines).iter().any(|b| {
        let who = (customer[b[0]] - 10_001) as usize;
        let day = (time[b[0]] / DAY - OPENING) as f64;
        channel[b[0]] != "mail" && day > dropout[who] && day > entry[who]
    });
    assert!(!late);
    let n = truth.num_rows();
    let wholesale = texts(&truth, "customer_kind")
        .iter()
        .filter(|k| **k == "wholesale")
        .count();
    assert_binomial(wholesale, n, 0.02, "wholesale buyers");
    let segments = truth["segment"].as_primitive::<Int64Type>();
    assert_eq!(segments.null_count(), wholesale);
    for (k, share) in [0.30, 0.25, 0.20, 0.15, 0.10].into_iter().enumerate() {
        let own = segments.iter().flatten().filter(|&s| s == k as i64).count();
        assert_binomial(own, n, share * 0.98, "customers of a segment");
    }
}

#[test]
fn rules_bring_their_consequents() {
    let shop = large();
    let (lines, rules) = (lines(&shop), shop.truth().unwrap().rules().unwrap());
    let item = texts(&lines, "item");
    let baskets: Vec<BTreeSet<&str>> = baskets(&lines)
        .iter()
        .map(|b| b.iter().map(|&r| item[r]).collect())
        .collect();
    let (first, second) = (
        texts(&rules, "antecedent"),
        rules["antecedent_2"].as_string::<i32>(),
    );
    let (then, p) = (texts(&rules, "consequent"), floats(&rules, "probability"));
    assert_eq!(rules.num_rows(), 20);
    assert_eq!(second.null_count(), 14);
    let mut n_seen = 0;
    for r in 0..rules.num_rows() {
        let holds = |b: &&BTreeSet<&str>| {
            b.contains(first[r]) && (second.is_null(r) || b.contains(second.value(r)))
        };
        let with: Vec<_> = baskets.iter().filter(holds).collect();
        let hits = with.iter().filter(|b| b.contains(then[r])).count();
        n_seen += with.len();
        // By chance alone the consequent is in a few hundredths of them.
        let n = with.len() as f64;
        let slack = 5.0 * (n * 0.25).sqrt() + 1.0;
        let (low, high) = (n * p[r] - slack, n * (p[r] + 0.08 * (1.0 - p[r])) + slack);
        assert!(
            (low..high).contains(&(hits as f64)),
            "rule {r}: {hits} of {n}, {}",
            p[r]
        );
    }
    assert!(n_seen > 20_000);
}

#[test]
fn letters_work_as_the_truth_says() {
    let shop = ShopParams::new().n_customers(20_000).n_days(200).shop();
    let campaign = shop.truth().unwrap().campaign().unwrap();
    let (treated, responded) = (
        flags(&campaign, "is_treated"),
        flags(&campaign, "responded"),
    );
    let uplift = floats(&campaign, "uplift");
    let n = campaign.num_rows();
    assert!(n > 10_000);
    let n_treated = treated.iter().filter(|t| **t).count();
    assert_binomial(n_treated, n, 0.5, "treated");
    let rate = |group: bool| {
        let of = (0..n).filter(|&i| treated[i] == group);
        let (hits, all) = of.fold((0.0, 0.0), |(h, a), i| {
            (h + f64::from(u8::from(responded[i])), a + 1.0)
        });
        hits / all
    };
    let (effect, mean) = (
        rate(true) - rate(false),
        uplift.iter().sum::<f64>() / n as f64,
    );
    assert!(
        (effect - mean).abs() < 5.0 * (0.5 / n as f64).sqrt(),
        "{effect} {mean}"
    );
    assert!(uplift.iter().any(|u| *u < 0.0) && mean > 0.02);
    // Each response is an order by mail, and there are no others.
    let lines = lines(&shop);
    let channel = texts(&lines, "channel");
    let by_mail = baskets(&lines)
        .iter()
        .filter(|b| channel[b[0]] == "mail")
        .count();
    assert_eq!(by_mail, responded.iter().filter(|r| **r).count());
}

#[test]
fn those_who_deviate_do() {
    let shop = large();
    let (lines, truth) = (lines(&shop), shop.truth().unwrap());
    let (deviations, items) = (truth.deviations().unwrap(), truth.items().unwrap());
    assert_binomial(deviations.num_rows(), 5_880, 0.05, "deviating");
    let category: BTreeMap<&str, &str> = texts(&items, "item")
        .into_iter()
        .zip(texts(&items, "category"))
        .collect();
    let (kind, to) = (
        texts(&deviations, "kind"),
        deviations["category"].as_string::<i32>(),
    );
    let who: BTreeMap<i64, usize> = ints(&deviations, "customer")
        .iter()
        .copied()
        .zip(0..)
        .collect();
    let from = (OPENING + 438) * DAY;
    let (mut moved, mut late, mut units, mut n_units) = (0.0, 0.0, 0.0, 0.0);
    let item = texts(&lines, "item");
    for r in (0..lines.num_rows())
        .filter(|&r| ints(&lines, "quantity")[r] > 0 && times(&lines)[r] >= from)
    {
        let Some(&d) = who.get(&ints(&lines, "customer")[r]) else {
            continue;
        };
        if kind[d] == "quantity" {
            units += ints(&lines, "quantity")[r] as f64;
            n_units += 1.0;
        } else {
            late += 1.0;
            moved += f64::from(u8::from(category[item[r]] == to.value(d)));
        }
    }
    assert!(late > 500.0 && n_units > 500.0);
    // 0.45 of the lines that no rule brings, and what goes there anyway.
    assert!((0.42..0.52).contains(&(moved / late)), "{}", moved / late);
    assert!(units / n_units > 3.0);
}

#[test]
fn returns_and_cancellations_are_as_frequent_as_asked() {
    let params = ShopParams::new().n_customers(2_000).n_days(3_000);
    let shop = params.return_rate(0.1).cancellation_rate(0.05).shop();
    let returns = shop.truth().unwrap().returns().unwrap();
    let kinds = texts(&returns, "kind");
    let n_returned = kinds.iter().filter(|k| **k == "return").count();
    let n_negated = kinds.len() - n_returned;
    let lines = lines(&shop);
    let bought = ints(&lines, "quantity").iter().filter(|q| **q > 0).count();
    assert!(bought > 50_000);
    assert_binomial(n_returned, bought - n_negated, 0.1, "lines that come back");
    let channel = texts(&lines, "channel");
    let baskets = baskets(&lines);
    let could = baskets.iter().filter(|b| channel[b[0]] != "mail").count();
    let invoices: BTreeSet<&str> = texts(&lines, "invoice").into_iter().collect();
    let cancelled = invoices.iter().filter(|i| i.starts_with('C')).count();
    assert_binomial(cancelled, could, 0.05, "orders that are cancelled");
}

// ---- a clean shop is clean --------------------------------------------------------------------------------------

#[test]
fn every_return_has_its_purchase() {
    let shop = large();
    let (lines, returns) = (lines(&shop), shop.truth().unwrap().returns().unwrap());
    let (customer, item) = (ints(&lines, "customer"), texts(&lines, "item"));
    let (quantity, price) = (ints(&lines, "quantity"), floats(&lines, "price"));
    let (invoice, time) = (texts(&lines, "invoice"), times(&lines));
    let mut left = quantity.to_vec();
    let kinds = texts(&returns, "kind");
    for (i, (&row, &bought)) in ints(&returns, "row")
        .iter()
        .zip(ints(&returns, "purchase_row"))
        .enumerate()
    {
        let (row, bought) = (row as usize, bought as usize);
        assert!(quantity[row] < 0 && quantity[bought] > 0 && time[bought] < time[row]);
        assert_eq!(
            (customer[row], item[row], price[row]),
            (customer[bought], item[bought], price[bought])
        );
        assert_eq!(invoice[row].starts_with('C'), kinds[i] == "cancellation");
        left[bought] += quantity[row];
        assert!(left[bought] >= 0);
    }
    let n_negative = quantity.iter().filter(|q| **q < 0).count();
    assert_eq!(n_negative, returns.num_rows());
    // The library's own netting finds a purchase for each of them.
    let counts = shop
        .transactions()
        .unwrap()
        .counts(&Context::new())
        .unwrap();
    assert_eq!(
        counts
            .left_out
            .get(&Reason::ReturnUnmatched)
            .copied()
            .unwrap_or(0),
        0
    );
}

#[test]
fn a_clean_shop_is_clean() {
    let shop = large();
    let lines = lines(&shop);
    assert!(lines.columns().iter().all(|c| c.null_count() == 0));
    let (customer, invoice) = (ints(&lines, "customer"), texts(&lines, "invoice"));
    let (item, price, quantity) = (
        texts(&lines, "item"),
        floats(&lines, "price"),
        ints(&lines, "quantity"),
    );
    let (time, amount) = (times(&lines), floats(&lines, "amount"));
    assert!(time.is_sorted());
    let rows: BTreeSet<_> = (0..lines.num_rows())
        .map(|r| (customer[r], invoice[r], item[r], time[r], quantity[r]))
        .collect();
    assert_eq!(rows.len(), lines.num_rows(), "no row twice");
    let mut range: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    for r in 0..lines.num_rows() {
        assert!(price[r] > 0.0 && quantity[r] != 0);
        assert!((amount[r] - quantity[r] as f64 * price[r]).abs() < 0.005);
        let hour = time[r] % DAY / (DAY / 24);
        assert!((8..20).contains(&hour));
        let known = range.entry(item[r]).or_insert((price[r], price[r]));
        *known = (known.0.min(price[r]), known.1.max(price[r]));
    }
    assert!(range.values().all(|(low, high)| high / low < 2.0));
    assert!(range.values().filter(|(low, high)| low < high).count() > 200);
    let days: BTreeSet<i64> = time.iter().map(|t| t / DAY).collect();
    assert_eq!(days.len(), 730, "it trades every day");
    assert_eq!(
        texts(&lines, "currency")
            .iter()
            .collect::<BTreeSet<_>>()
            .len(),
        1
    );
}

#[test]
fn no_private_order_is_far_out() {
    let lines = lines(&large());
    let (kind, amount) = (texts(&lines, "customer_kind"), floats(&lines, "amount"));
    let all = baskets(&lines);
    let private = all.iter().filter(|b| kind[b[0]] == "private");
    let mut logs: Vec<f64> = private
        .map(|b| b.iter().map(|&r| amount[r]).sum::<f64>().ln())
        .collect();
    logs.sort_unstable_by(f64::total_cmp);
    let middle = logs[logs.len() / 2];
    let mut far: Vec<f64> = logs.iter().map(|l| (l - middle).abs()).collect();
    far.sort_unstable_by(f64::total_cmp);
    let sigma = 1.4826 * far[far.len() / 2];
    assert!(
        far[far.len() - 1] < 10.0 * sigma,
        "{} {sigma}",
        far[far.len() - 1]
    );
}

// ---- dirt -------------------------------------------------------------------------------------------------------

/// The columns that a kind may change in its row.
fn touched(kind: Dirt) -> &'static [&'static str] {
    match kind {
        Dirt::CustomerMissing | Dirt::CustomerMalformed => &["customer"],
        Dirt::TransactionMissing => &["invoice"],
        Dirt::ItemMissing | Dirt::ItemUnknown | Dirt::FullWidthText => &["item"],
        Dirt::TimeMissing | Dirt::TimeImpossible | Dirt::TimeFuture => &["time"],
        Dirt::AmountMissing
        | Dirt::AmountNotFinite
        | Dirt::AmountZero
        | Dirt::PriceNegative
        | Dirt::PriceOutlier => &["price", "amount"],
        Dirt::QuantityZero => &["quantity", "amount"],
        Dirt::SumMismatch => &["amount"],
        Dirt::CurrencyMixed => &["price", "amount", "currency"],
        Dirt::ItemNameVaries | Dirt::BrokenEncoding | Dirt::UntrimmedText => &["item_name"],
        _ => &[],
    }
}

const INSERTED: [Dirt; 4] = [
    Dirt::Duplicate,
    Dirt::ReturnUnmatched,
    Dirt::TestRow,
    Dirt::AdjustmentRow,
];

/// Kind by row, and the number of rows of a kind, by the truth.
fn recorded(shop: &Shop) -> BTreeMap<usize, Dirt> {
    let dirt = shop.truth().unwrap().dirt().unwrap();
    let rows = dirt["row"].as_primitive::<Int64Type>();
    let kinds = texts(&dirt, "kind");
    let with_row = rows
        .iter()
        .zip(kinds)
        .filter_map(|(r, k)| Some((r? as usize, Dirt::from_name(k)?)));
    let found: BTreeMap<usize, Dirt> = with_row.collect();
    assert_eq!(
        found.len(),
        rows.len() - rows.null_count(),
        "no row has two kinds"
    );
    found
}

fn check_dirt(base: &ShopParams) {
    let of_rows = |d: &&Dirt| !matches!(d, Dirt::BulkBuyer | Dirt::TimeHole);
    let spoiled = Dirt::ALL.iter().filter(of_rows);
    let shop = spoiled.fold(base.clone(), |p, &d| p.dirt(d, 0.003)).shop();
    let (clean, dirty) = (lines(&base.clone().shop()), lines(&shop));
    let recorded = recorded(&shop);
    let wanted = (clean.num_rows() as f64 * 0.003).round() as usize;
    for kind in Dirt::ALL.iter().filter(of_rows) {
        let n = recorded.values().filter(|k| *k == kind).count();
        assert_eq!(n, wanted, "{kind}");
    }
    let mut at = 0;
    for row in 0..dirty.num_rows() {
        let kind = recorded.get(&row).copied();
        if kind.is_some_and(|k| INSERTED.contains(&k)) {
            check_inserted(kind.unwrap(), &dirty, row);
            continue;
        }
        let may = kind.map_or(&[][..], touched);
        let differ: Vec<&str> = dirty
            .schema_ref()
            .fields()
            .iter()
            .enumerate()
            // Spoiled rows make room for transactions more, never for other numbers.
            .filter(|(c, _)| {
                dirty.column(*c).slice(row, 1).to_data() != clean.column(*c).slice(at, 1).to_data()
            })
            .map(|(_, f)| f.name().as_str())
            .collect();
        assert!(
            differ.iter().all(|d| may.contains(d)),
            "{kind:?} at {row} changes {differ:?}"
        );
        assert_eq!(
            kind.is_some(),
            !differ.is_empty(),
            "{kind:?} at {row} changes {differ:?}"
        );
        at += 1;
    }
    assert_eq!(at, clean.num_rows(), "no row is lost");
}

fn check_inserted(kind: Dirt, dirty: &RecordBatch, row: usize) {
    let code = texts(dirty, "item")[row];
    match kind {
        Dirt::Duplicate => assert_eq!(dirty.slice(row, 1), dirty.slice(row - 1, 1)),
        Dirt::ReturnUnmatched => assert!(ints(dirty, "quantity")[row] < 0),
        Dirt::TestRow => assert_eq!(code, "TEST001"),
        _ => assert!(["POST", "ADJUST", "BANK CHARGES"].contains(&code)),
    }
}

#[test]
fn dirt_is_where_the_truth_says_and_nowhere_else() {
    for (ids, language) in [
        (CustomerIds::Integer, Language::English),
        (CustomerIds::Text, Language::Mixed),
        (CustomerIds::Text, Language::Chinese),
    ] {
        let base = ShopParams::new()
            .n_customers(300)
            .customer_ids(ids)
            .language(language);
        check_dirt(&base);
    }
}

#[test]
fn what_is_spoiled_is_what_its_kind_says() {
    let base = ShopParams::new()
        .n_customers(400)
        .customer_ids(CustomerIds::Text);
    let spoil = |kind| {
        let shop = base.clone().dirt(kind, 0.01).shop();
        let (lines, rows) = (lines(&shop), recorded(&shop));
        assert!(rows.len() > 100 && rows.values().all(|k| *k == kind));
        (lines, rows.into_keys().collect::<Vec<_>>())
    };
    let (l, rows) = spoil(Dirt::TimeImpossible);
    let days: BTreeSet<i64> = rows.iter().map(|&r| times(&l)[r] / DAY).collect();
    assert_eq!(days, BTreeSet::from([-25_567, 0, 376_199]));
    let (l, rows) = spoil(Dirt::TimeFuture);
    let years = rows
        .iter()
        .map(|&r| (times(&l)[r] / DAY - OPENING - 730) as f64 / 365.25);
    assert!(years.into_iter().all(|y| (10.0..20.0).contains(&y)));
    let (l, rows) = spoil(Dirt::SumMismatch);
    let off = |r: usize| {
        floats(&l, "amount")[r] / (ints(&l, "quantity")[r] as f64 * floats(&l, "price")[r])
    };
    assert!(rows.iter().all(|&r| (off(r) - 1.0).abs() > 0.01));
    let (l, rows) = spoil(Dirt::PriceOutlier);
    let base_prices: BTreeMap<String, f64> = {
        let items = base.clone().shop().truth().unwrap().items().unwrap();
        let codes = texts(&items, "item").into_iter().map(str::to_owned);
        codes
            .zip(floats(&items, "base_price").iter().copied())
            .collect()
    };
    let times_off = |r: usize| floats(&l, "price")[r] / base_prices[texts(&l, "item")[r]];
    assert!(rows.iter().all(|&r| !(0.1..10.0).contains(&times_off(r))));
    let (l, rows) = spoil(Dirt::AmountNotFinite);
    assert!(
        rows.iter()
            .all(|&r| !floats(&l, "price")[r].is_finite() && !floats(&l, "amount")[r].is_finite())
    );
    let (l, rows) = spoil(Dirt::ItemUnknown);
    assert!(
        rows.iter()
            .all(|&r| !base_prices.contains_key(texts(&l, "item")[r]))
    );
    let (l, rows) = spoil(Dirt::FullWidthText);
    assert!(rows.iter().all(|&r| !texts(&l, "item")[r].is_ascii()));
    let (l, rows) = spoil(Dirt::CurrencyMixed);
    assert!(rows.iter().all(|&r| texts(&l, "currency")[r] != "GBP"));
    let (l, rows) = spoil(Dirt::ReturnUnmatched);
    let pairs: Vec<(&str, &str)> = texts(&l, "customer")
        .into_iter()
        .zip(texts(&l, "item"))
        .collect();
    let rows_bought = (0..l.num_rows()).filter(|&r| ints(&l, "quantity")[r] > 0);
    let bought: BTreeSet<_> = rows_bought.map(|r| pairs[r]).collect();
    assert!(rows.iter().all(|&r| !bought.contains(&pairs[r])));
}

#[test]
fn bulk_buyers_are_private_and_buy_a_great_deal() {
    let shop = ShopParams::new()
        .n_customers(2_000)
        .dirt(Dirt::BulkBuyer, 0.002)
        .shop();
    let lines = lines(&shop);
    let bulk: BTreeSet<usize> = recorded(&shop).into_keys().collect();
    let (customer, kind) = (ints(&lines, "customer"), texts(&lines, "customer_kind"));
    let who: BTreeSet<i64> = bulk.iter().map(|&r| customer[r]).collect();
    assert_eq!(who.len(), 4);
    let mut money: BTreeMap<bool, Vec<f64>> = BTreeMap::new();
    for b in baskets(&lines).iter().filter(|b| kind[b[0]] == "private") {
        assert!(
            b.iter()
                .all(|r| bulk.contains(r) == who.contains(&customer[*r]))
        );
        let sum = b.iter().map(|&r| floats(&lines, "amount")[r]).sum();
        money.entry(bulk.contains(&b[0])).or_default().push(sum);
    }
    let middle = |v: &mut Vec<f64>| {
        v.sort_unstable_by(f64::total_cmp);
        v[v.len() / 2]
    };
    let usual = middle(money.get_mut(&false).unwrap());
    let times = middle(money.get_mut(&true).unwrap()) / usual;
    assert!((25.0..110.0).contains(&times), "{times}");
}

#[test]
fn a_hole_takes_all_rows_of_its_days_and_their_returns() {
    let base = ShopParams::new().n_customers(2_000).return_rate(0.1);
    let (whole, holed) = (base.clone().shop(), base.dirt(Dirt::TimeHole, 0.01).shop());
    let (all, left) = (lines(&whole), lines(&holed));
    let days = |b: &RecordBatch| times(b).iter().map(|t| t / DAY).collect::<BTreeSet<i64>>();
    let gone: Vec<i64> = days(&all).difference(&days(&left)).copied().collect();
    assert!(
        (3..=10).contains(&gone.len()) && gone[gone.len() - 1] - gone[0] + 1 == gone.len() as i64
    );
    let dirt = holed.truth().unwrap().dirt().unwrap();
    assert_eq!((dirt.num_rows(), dirt["row"].null_count()), (1, 1));
    assert!(
        texts(&dirt, "detail")[0].starts_with("2024-")
            || texts(&dirt, "detail")[0].starts_with("2025-")
    );
    let counts = holed
        .transactions()
        .unwrap()
        .counts(&Context::new())
        .unwrap();
    assert_eq!(
        counts
            .left_out
            .get(&Reason::ReturnUnmatched)
            .copied()
            .unwrap_or(0),
        0
    );
}

// ---- names and ids ----------------------------------------------------------------------------------------------

#[test]
fn names_and_ids_are_as_asked() {
    let shop = |language| {
        ShopParams::new()
            .n_customers(60)
            .language(language)
            .customer_ids(CustomerIds::Text)
            .shop()
    };
    let share_chinese = |language| {
        let lines = lines(&shop(language));
        assert!(
            texts(&lines, "customer")
                .iter()
                .all(|c| c.len() == 8 && c.starts_with("K001"))
        );
        let names: BTreeSet<&str> = texts(&lines, "item_name").into_iter().collect();
        let chinese = names
            .iter()
            .filter(|n| n.chars().any(|c| c >= '\u{4e00}'))
            .count();
        chinese as f64 / names.len() as f64
    };
    assert_eq!(share_chinese(Language::English), 0.0);
    assert_eq!(share_chinese(Language::Chinese), 1.0);
    assert!((0.4..0.6).contains(&share_chinese(Language::Mixed)));
}

#[test]
fn parameters_are_plain_data() {
    let params = dirty(1);
    let text = serde_json::to_string(&params).unwrap();
    assert_eq!(serde_json::from_str::<ShopParams>(&text).unwrap(), params);
    assert_eq!(
        serde_json::from_str::<ShopParams>("{}").unwrap(),
        ShopParams::new()
    );
    assert!(serde_json::from_str::<ShopParams>(r#"{"n_customer": 5}"#).is_err());
}

/// Its documentation shows the scores.
const MODULE: &str = include_str!("../../src/simulate/mod.rs");

// ---- the oracle -------------------------------------------------------------------------------------------------

#[test]
fn the_oracle_falls_with_the_difficulty_and_beats_chance() {
    let oracle = |d| {
        ShopParams::new()
            .n_customers(2_000)
            .difficulty(d)
            .seed(5)
            .shop()
            .oracle()
            .unwrap()
    };
    let [easy, medium, hard] = Difficulty::ALL.map(oracle);
    // Lowest and highest of the oracle's score, from easy to hard.
    let expected = [
        (Task::Segments, [(0.94, 0.99), (0.68, 0.80), (0.15, 0.27)]),
        (Task::Churn, [(0.94, 0.98), (0.90, 0.94), (0.86, 0.91)]),
        (Task::Value, [(0.74, 0.82), (0.67, 0.75), (0.55, 0.64)]),
        (
            Task::RuleBaskets,
            [(0.08, 0.15), (0.04, 0.08), (0.02, 0.05)],
        ),
        (Task::RulePairs, [(0.99, 1.0), (0.70, 0.995), (0.40, 0.80)]),
        (Task::Deviations, [(0.97, 1.0), (0.85, 0.98), (0.40, 0.65)]),
        (Task::Campaign, [(0.93, 0.99), (0.80, 0.90), (0.48, 0.65)]),
        (Task::Trends, [(0.98, 1.0), (0.80, 0.99), (0.15, 0.60)]),
    ];
    for (task, ranges) in expected {
        let scores = [&easy, &medium, &hard].map(|o| o.score(task));
        for (s, (low, high)) in scores.iter().zip(ranges) {
            assert!(s.score > s.chance, "{s:?}");
            assert!(
                (low..=high).contains(&s.score.unwrap()),
                "{low} {high} {s:?}"
            );
        }
        let [e, m, h] = scores.map(|s| s.score.unwrap());
        let chance = medium.score(task).chance.unwrap();
        let row = format!("//! | {task} | {chance:.3} | {e:.3} | {m:.3} | {h:.3} |\n");
        assert!(MODULE.contains(&row), "the module's table must say {row}");
        assert!(e > m && m > h, "{task}: {e} {m} {h}");
    }
    for task in [Task::Churn, Task::Value, Task::Deviations] {
        // Who knows the hidden rates too does better; no method can.
        let s = hard.score(task);
        assert!(s.clairvoyant > s.score, "{s:?}");
    }
}

#[test]
fn the_oracles_probabilities_are_calibrated() {
    let predictions = large().oracle().unwrap().predictions(Task::Churn).unwrap();
    let (truth, p) = (
        floats(&predictions, "truth"),
        floats(&predictions, "oracle"),
    );
    for decile in 0..10 {
        let low = f64::from(decile) / 10.0;
        let own: Vec<usize> = (0..p.len())
            .filter(|&i| (low..low + 0.1).contains(&p[i]))
            .collect();
        let hits = own.iter().filter(|&&i| truth[i] > 0.5).count();
        let mean = own.iter().map(|&i| p[i]).sum::<f64>() / own.len() as f64;
        assert_binomial(hits, own.len(), mean, &format!("churn around {low}"));
    }
}

#[test]
fn anyones_predictions_are_measured_like_the_oracles() {
    let oracle = Shop::new(300, 365, 1).oracle().unwrap();
    for task in Task::ALL {
        let predictions = oracle.predictions(task).unwrap();
        let own = floats(&predictions, "oracle");
        assert_eq!(
            oracle.evaluate(task, own).unwrap(),
            oracle.score(task).score
        );
        let truth = floats(&predictions, "truth");
        assert!(
            oracle.evaluate(task, truth).unwrap().unwrap() > 0.999,
            "{task}"
        );
        let error = oracle.evaluate(task, &own[1..]).unwrap_err().to_string();
        assert!(
            error.contains("`predictions`") && error.contains(task.name()),
            "{error}"
        );
    }
}
