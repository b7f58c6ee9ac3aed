//! Random small tables of every type against the oracle; and what must hold under every convention.

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int32Type, TimestampMicrosecondType, UInt8Type, UInt32Type};
use arrow_array::{Array, RecordBatch};
use arrow_cast::display::array_value_to_string;
use patronomy::rfm::{Convention, Monetary, Nesting, Rfm, RfmModel, RfmParams};
use patronomy::saved::Saved;
use patronomy::{Context, ErrorKind, Moment, Returns, Transactions};
use proptest::prelude::*;
use proptest::sample::select;

use crate::draw::{Drawn, drawn};
use crate::oracle::{self, Expected, Question};
use crate::tables::FIRST_DAY;

const CONVENTIONS: [Convention; 7] = [
    Convention::Together,
    Convention::Ntile,
    Convention::RowNumber,
    Convention::QcutRankFirst,
    Convention::Qcut,
    Convention::QcutDrop,
    Convention::LeftClosed,
];

fn day() -> impl Strategy<Value = i64> {
    (-5i64..45).prop_map(|d| i64::from(FIRST_DAY) + d)
}

fn question() -> impl Strategy<Value = Question> {
    (
        select(vec![Returns::Net, Returns::Exclude, Returns::Keep]),
        prop::option::weighted(0.3, day()),
        prop::option::weighted(0.4, day()),
        prop::option::weighted(0.4, day()),
        prop::option::weighted(0.4, 1i64..60),
        select(vec![Monetary::Sum, Monetary::Mean]),
    )
        .prop_map(
            |(returns, since, clock, reference, period_days, monetary)| Question {
                returns,
                since,
                clock,
                reference,
                period_days,
                monetary,
            },
        )
}

/// The view and the parameters that ask the library the same question.
fn asked(drawn: &Drawn, q: &Question, params: RfmParams) -> (Transactions, RfmParams) {
    let mut tx = Transactions::new(drawn.table(), drawn.roles())
        .unwrap()
        .with_returns(q.returns);
    let moment = |day: i64| Moment::Day(day as i32);
    if let Some(day) = q.clock {
        tx = tx.as_of(moment(day)).unwrap();
    }
    if let Some(day) = q.since {
        tx = tx.split(moment(day)).unwrap().1;
    }
    let mut params = params.monetary(q.monetary).breadth(drawn.item.is_some());
    if let Some(day) = q.reference {
        params = params.reference(moment(day));
    }
    if let Some(days) = q.period_days {
        params = params.period_days(days as u32);
    }
    (tx, params)
}

fn column<T: arrow_array::ArrowPrimitiveType>(batch: &RecordBatch, name: &str) -> Vec<T::Native> {
    batch
        .column_by_name(name)
        .unwrap()
        .as_primitive::<T>()
        .values()
        .to_vec()
}

fn scores(rfm: &Rfm) -> Vec<[u8; 3]> {
    let [r, f, m] =
        ["r_score", "f_score", "m_score"].map(|name| column::<UInt8Type>(rfm.batch(), name));
    (0..r.len()).map(|i| [r[i], f[i], m[i]]).collect()
}

fn axes(rfm: &Rfm) -> [Vec<f64>; 3] {
    let batch = rfm.batch();
    [
        column::<Int32Type>(batch, "recency_days")
            .into_iter()
            .map(f64::from)
            .collect(),
        column::<UInt32Type>(batch, "frequency")
            .into_iter()
            .map(f64::from)
            .collect(),
        column::<Float64Type>(batch, "monetary"),
    ]
}

fn check_measures(rfm: &Rfm, expected: &[Expected]) {
    let batch = rfm.batch();
    let ids: Vec<String> = (0..batch.num_rows())
        .map(|i| array_value_to_string(batch.column(0), i).unwrap())
        .collect();
    let expected_ids: Vec<String> = expected.iter().map(|e| e.id.to_string()).collect();
    assert_eq!(ids, expected_ids);
    let [recency, frequency, monetary] = axes(rfm);
    let first = column::<TimestampMicrosecondType>(batch, "first_order");
    let last = column::<TimestampMicrosecondType>(batch, "last_order");
    let tenure = column::<Int32Type>(batch, "tenure_days");
    let gap = batch
        .column_by_name("mean_gap_days")
        .unwrap()
        .as_primitive::<Float64Type>();
    let breadth = batch
        .column_by_name("breadth")
        .map(arrow_array::cast::AsArray::as_primitive::<UInt32Type>);
    for (i, e) in expected.iter().enumerate() {
        assert_eq!(recency[i], e.recency as f64, "recency of {e:?}");
        assert_eq!(frequency[i], e.frequency as f64, "frequency of {e:?}");
        let tolerance = 1e-9 * e.monetary.abs().max(1e-3);
        assert!(
            (monetary[i] - e.monetary).abs() <= tolerance,
            "{} of {e:?}",
            monetary[i]
        );
        assert_eq!(
            (first[i], last[i]),
            (e.first, e.last),
            "first and last of {e:?}"
        );
        assert_eq!(i64::from(tenure[i]), e.tenure, "tenure of {e:?}");
        assert_eq!(gap.is_valid(i).then(|| gap.value(i)), e.gap, "gap of {e:?}");
        if let Some(breadth) = breadth {
            assert_eq!(u64::from(breadth.value(i)), e.breadth, "breadth of {e:?}");
        }
    }
}

proptest! {
    #[test]
    fn rfm_is_what_the_oracle_says(
        drawn in drawn(),
        q in question(),
        k in [2u8..7, 2u8..7, 2u8..7],
        convention in select(&CONVENTIONS[..3]),
        nesting in select(vec![Nesting::Independent, Nesting::Nested]),
    ) {
        let (expected, left_out) = oracle::answer(&drawn, &q);
        let params = RfmParams::new().n_bins(k).convention(convention).nesting(nesting);
        let (tx, params) = asked(&drawn, &q, params);
        let rfm = match params.fit(&tx, &Context::new()) {
            Ok(rfm) => rfm,
            Err(e) => {
                prop_assert_eq!(e.kind(), ErrorKind::TooFewRows, "{}", e);
                prop_assert!(expected.is_empty(), "{}: {:?}", e, expected);
                return Ok(());
            }
        };
        check_measures(&rfm, &expected);
        prop_assert_eq!(&rfm.counts().left_out, &left_out);
        prop_assert_eq!(rfm.counts().rows_in, drawn.lines.len() as u64);
        prop_assert_eq!(rfm.counts().rows_used + left_out.values().sum::<u64>(), rfm.counts().rows_in);
        // Scores from the library's own measures, which were just compared: a last bit of money must not move a bin here.
        let [r, f, m] = axes(&rfm);
        let expected = oracle::all_scores([&r, &f, &m], k.map(usize::from), convention, nesting);
        prop_assert_eq!(scores(&rfm), expected);
    }

    #[test]
    fn every_convention_keeps_its_word(
        drawn in drawn(),
        q in question(),
        k in [2u8..7, 2u8..7, 2u8..7],
        convention in select(&CONVENTIONS[..]),
        nesting in select(vec![Nesting::Independent, Nesting::Nested]),
    ) {
        let params = RfmParams::new().n_bins(k).convention(convention).nesting(nesting);
        let (tx, params) = asked(&drawn, &q, params);
        let rfm = match params.fit(&tx, &Context::new()) {
            Ok(rfm) => rfm,
            Err(e) => {
                let may_refuse = convention == Convention::Qcut && e.kind() == ErrorKind::Parameter;
                prop_assert!(may_refuse || e.kind() == ErrorKind::TooFewRows, "{}", e);
                return Ok(());
            }
        };
        let (axes, scores) = (axes(&rfm), scores(&rfm));
        prop_assert!(scores.iter().all(|s| (0..3).all(|a| (1..=k[a]).contains(&s[a]))), "{:?}", scores);
        let splits_ties = [Convention::Ntile, Convention::RowNumber, Convention::QcutRankFirst].contains(&convention);
        for (a, values) in axes.iter().enumerate() {
            for (x, s) in values.iter().zip(&scores) {
                for (y, t) in values.iter().zip(&scores) {
                    let same_cell = nesting == Nesting::Independent || s[..a] == t[..a];
                    let (s, t) = if a == 0 { (t[a], s[a]) } else { (s[a], t[a]) };
                    prop_assert!(!same_cell || x >= y || s <= t, "axis {}: {} scores {}, {} scores {}", a, x, s, y, t);
                    prop_assert!(!same_cell || splits_ties || !(x == y) || s == t, "axis {}: {} scores {} and {}", a, x, s, t);
                }
            }
        }
        // What was learnt can be saved, loaded, and scores the same customers; alike, where no tie was split.
        let model = RfmModel::from_json(&rfm.model().to_json().unwrap()).unwrap();
        prop_assert_eq!(&model, rfm.model());
        let again = params.clone().breaks(model.breaks.clone()).fit(&tx, &Context::new()).unwrap();
        if !splits_ties {
            prop_assert_eq!(self::scores(&again), scores);
        }
        // Its own reference is gone then, so a period may hold nobody.
        if let Err(e) = model.score(&tx, &Context::new()) {
            prop_assert!(e.kind() == ErrorKind::TooFewRows && q.reference.is_some(), "{}", e);
        }
    }

    #[test]
    fn chunks_and_types_of_the_same_lines_give_the_same_result(drawn in drawn(), q in question()) {
        let (tx, params) = asked(&drawn, &q, RfmParams::new());
        let whole = Drawn { chunks: Vec::new(), ..drawn.clone() };
        let (tx_whole, _) = asked(&whole, &q, RfmParams::new());
        match (params.fit(&tx, &Context::new()), params.fit(&tx_whole, &Context::new())) {
            (Ok(a), Ok(b)) => prop_assert_eq!(a.batch(), b.batch()),
            (Err(a), Err(b)) => prop_assert_eq!(a.to_string(), b.to_string()),
            (a, b) => prop_assert!(false, "{:?} and {:?}", a.map(|_| ()), b.map(|_| ())),
        }
    }
}
