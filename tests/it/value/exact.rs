//! Likelihoods and predictions beside the formulas of the papers, computed by mpmath 1.3 with 50 digits: hypergeometric functions for BG/NBD, Pareto/NBD and BG/BB, sums over
//! steps for regular buyers, numerical integrals for discounted transactions and counts of the Pareto/NBD.
#![allow(
    clippy::unreadable_literal,
    clippy::excessive_precision,
    reason = "digits of a table"
)]

use patronomy::Context;
use patronomy::value::{CustomerSummary, Law, LifetimeModel};

const BG: [f64; 4] = [0.2426, 4.4136, 0.7929, 2.4259];
const PARETO: [f64; 4] = [0.5533, 10.578, 0.6062, 11.667];
const BB: [f64; 4] = [1.2035, 0.7497, 0.6567, 2.7834];

fn near(found: f64, expected: f64, digits: i32, what: &str) {
    let off = (found - expected).abs() / expected.abs();
    assert!(
        off < 10_f64.powi(-digits),
        "{what}: {found} instead of {expected}"
    );
}

/// Log-likelihood, P(alive), expected within a time, discounted.
fn answers(
    law: Law,
    parameters: [f64; 4],
    (x, t_x, age): (f64, f64, f64),
    (time, rate): (f64, f64),
) -> [f64; 4] {
    let model = LifetimeModel::from_parameters(law, parameters).unwrap();
    let summary = CustomerSummary::new(&[x], &[t_x], &[age]).unwrap();
    let ctx = Context::new();
    [
        model.log_likelihoods(&summary, &ctx).unwrap()[0],
        model.p_alive(&summary, &ctx).unwrap()[0],
        model.expected(&summary, time, &ctx).unwrap()[0],
        model.discounted(&summary, rate, &ctx).unwrap()[0],
    ]
}

const NONE: (f64, f64, f64) = (0.0, 0.0, 38.86);
const MANY: (f64, f64, f64) = (26.0, 30.857_14, 31.0);
const TWO: (f64, f64, f64) = (2.0, 30.43, 38.86);

#[test]
#[allow(clippy::too_many_lines, reason = "a list of cases")]
fn purchases_at_random() {
    use Law::{BgNbd, MbgNbd, ParetoNbd};
    let young = [0.5533, 11.667, 0.6062, 0.01];
    let quick = [3.0, 0.02, 7.5, 100.0];
    for (law, parameters, who, expected) in [
        (
            BgNbd,
            BG,
            NONE,
            [
                -0.55381991128943085,
                1.0,
                0.25167351515983222,
                1.230268510003596,
            ],
        ),
        (
            MbgNbd,
            BG,
            NONE,
            [
                -0.38639269169309824,
                0.63747944262687332,
                0.16547670561163209,
                0.87639177824159727,
            ],
        ),
        (
            BgNbd,
            BG,
            MANY,
            [
                -37.728246880497745,
                0.96885520683515228,
                25.75760707779235,
                81.828305074581451,
            ],
        ),
        (
            MbgNbd,
            BG,
            MANY,
            [
                -37.756854765918369,
                0.96991789587063665,
                26.020363816020849,
                83.438034578531617,
            ],
        ),
        (
            BgNbd,
            BG,
            TWO,
            [
                -9.4596734501159921,
                0.72661404485424713,
                1.5585997117548818,
                6.074440134979425,
            ],
        ),
        (
            MbgNbd,
            BG,
            TWO,
            [
                -9.6882269957611357,
                0.77445158917777746,
                1.7138692012512512,
                7.0824944647716047,
            ],
        ),
        (
            ParetoNbd,
            PARETO,
            NONE,
            [
                -0.52120557519879648,
                0.29508695869870555,
                0.13617171123955117,
                0.57037077558549409,
            ],
        ),
        (
            ParetoNbd,
            PARETO,
            MANY,
            [
                -39.130876670418679,
                0.99787341443741319,
                25.455234861736521,
                102.50794413043951,
            ],
        ),
        (
            ParetoNbd,
            PARETO,
            TWO,
            [
                -9.5543274656498714,
                0.86911897924782098,
                1.8507906110596758,
                7.7522480011975301,
            ],
        ),
        (
            ParetoNbd,
            young,
            NONE,
            [
                -0.015663929803902398,
                0.0030100061859080969,
                0.001292029650247545,
                0.0050939193167014419,
            ],
        ),
        (
            ParetoNbd,
            young,
            MANY,
            [
                -43.849882976585637,
                0.99707679921919321,
                23.144973441823686,
                86.830456343487036,
            ],
        ),
        (
            ParetoNbd,
            young,
            TWO,
            [
                -13.631365993480314,
                0.82977557672997849,
                1.6436408066765909,
                6.4801714521369484,
            ],
        ),
        (
            ParetoNbd,
            quick,
            NONE,
            [
                -7.1971205066650775,
                1.5497164140713315e-8,
                2.2313716509618622e-8,
                2.4329296749528601e-8,
            ],
        ),
        (
            ParetoNbd,
            quick,
            MANY,
            [
                -46.16025471705708,
                0.99128376217920224,
                16.550823046690681,
                17.835776611191942,
            ],
        ),
        (
            ParetoNbd,
            quick,
            TWO,
            [
                -29.223726176378377,
                0.45291245506299178,
                1.0868827391243604,
                1.1850599912703202,
            ],
        ),
    ] {
        let found = answers(law, parameters, who, (52.0, 0.002));
        for (i, digits) in [12, 11, 11, 9].into_iter().enumerate() {
            near(
                found[i],
                expected[i],
                digits,
                &format!("{law:?} {who:?} {i}"),
            );
        }
    }
    // A thousand purchases, then eight weeks of silence: the chance to be there is 1e-88, and no digit of the rest is lost.
    let silent = (1000.0, 30.0, 38.0);
    let found = answers(BgNbd, BG, silent, (52.0, 0.002));
    near(found[0], 2354.6763590699335, 12, "silent");
    near(found[1], 2.015341173890586e-88, 9, "silent");
    near(found[2], 1.7553408371416681e-85, 9, "silent");
    // By the difference of hypergeometric functions in Fader and Hardie's note; the integral of mpmath is not exact here.
    let found = answers(ParetoNbd, PARETO, silent, (52.0, 0.002));
    near(found[0], 2196.3905435595275, 12, "silent");
    let found = answers(ParetoNbd, PARETO, (1.0, 2.0, 1e6), (52.0, 0.002));
    near(found[0], -4.6272252861672245, 12, "after a long time");
    near(found[1], 1.0212263878697144e-10, 10, "after a long time");
}

#[test]
fn expectations_have_no_poles_and_no_end() {
    let at_one = answers(Law::BgNbd, [0.2426, 4.4136, 1.0, 2.4259], TWO, (52.0, 0.1));
    near(at_one[2], 1.3875671381757595, 11, "a = 1");
    let long = answers(Law::BgNbd, BG, TWO, (1e6, 0.1));
    near(long[2], 87.378366869658902, 10, "a long time");
    let heavy = answers(
        Law::BgNbd,
        [40.0, 5.0, 0.3, 0.2],
        (0.0, 0.0, 1.0),
        (2_000.0, 0.1),
    );
    near(heavy[2], 425.22145243226476, 10, "many at once");
    let loyal = answers(
        Law::BgNbd,
        [0.5, 5.0, 2.5, 1e7],
        (3.0, 2.0, 4.0),
        (10.0, 0.1),
    );
    near(loyal[2], 3.888884115345693, 10, "nobody leaves");
}

#[test]
fn regular_purchases() {
    let three = Some(3);
    for (law, who, expected) in [
        (
            Law::BgCnbd { k: three },
            TWO,
            [
                -19.770951823342334,
                0.77448292179725614,
                0.79969354453743945,
            ],
        ),
        (
            Law::MbgCnbd { k: three },
            TWO,
            [
                -19.988043620761879,
                0.81606463682025418,
                0.85031038002632562,
            ],
        ),
    ] {
        let found = answers(law, BG, who, (20.0, 0.05));
        (0..3).for_each(|i| near(found[i], expected[i], 11, &format!("{law:?} {i}")));
    }
    let none = answers(Law::MbgCnbd { k: three }, BG, NONE, (20.0, 0.05));
    near(none[2], 0.056869204765211519, 11, "none yet");
    // Discounted transactions are the integral of discounted increments.
    let law = Law::BgCnbd { k: Some(2) };
    let model = LifetimeModel::from_parameters(law, BG).unwrap();
    let summary = CustomerSummary::new(&[2.0], &[30.43], &[38.86]).unwrap();
    let expected = |t: f64| model.expected(&summary, t, &Context::new()).unwrap()[0];
    let (rate, step) = (0.5_f64, 0.02);
    let mut sum = 0.0;
    for i in 0..2_500 {
        let t = f64::from(i) * step;
        let before = if i == 0 { 0.0 } else { expected(t) };
        sum += (expected(t + step) - before) * (-rate * (t + 0.5 * step)).exp();
    }
    near(answers(law, BG, TWO, (1.0, rate))[3], sum, 4, "discounted");
    let one = answers(Law::BgCnbd { k: Some(1) }, BG, TWO, (52.0, 0.002));
    assert_eq!(one, answers(Law::BgNbd, BG, TWO, (52.0, 0.002)));
}

#[test]
fn opportunities() {
    for (x, t_x, expected) in [
        (
            0.0,
            0.0,
            [
                -1.1675229223898123,
                0.1081370764013347,
                0.07286508836680019,
                0.11475604327453714,
            ],
        ),
        (
            2.0,
            4.0,
            [
                -5.1956233544407203,
                0.58966343570546349,
                1.057615250056536,
                1.6656500955895023,
            ],
        ),
        (
            6.0,
            6.0,
            [
                -2.1816469554582045,
                0.93043505895064671,
                3.7525665617230701,
                5.9099590819117595,
            ],
        ),
    ] {
        let found = answers(Law::BgBb, BB, (x, t_x, 6.0), (5.0, f64::ln(1.1)));
        (0..4).for_each(|i| {
            near(
                found[i],
                expected[i],
                if i == 3 { 9 } else { 12 },
                &format!("{x} {i}"),
            );
        });
    }
}

#[test]
fn counts_of_new_customers() {
    for (law, parameters, expected) in [
        (
            Law::BgNbd,
            BG,
            [
                0.53894079823629656,
                0.20440477846566138,
                0.020576907330398629,
                0.00065780614396726426,
            ],
        ),
        (
            Law::ParetoNbd,
            PARETO,
            [
                0.57378243229086665,
                0.16052877824537632,
                0.023774565200331905,
                0.00061078422422717578,
            ],
        ),
    ] {
        let model = LifetimeModel::from_parameters(law, parameters).unwrap();
        let chances = model.count_probabilities_new(52.0, 20, &[]).unwrap();
        for (n, chance) in [0, 1, 5, 20].into_iter().zip(expected) {
            near(chances[n], chance, 11, &format!("{law:?} {n}"));
        }
    }
}

/// Chances add up to one, and their mean is what is expected.
#[test]
fn chances_of_counts_are_a_distribution() {
    let ctx = Context::new();
    for (law, p) in [
        (Law::BgNbd, BG),
        (Law::MbgNbd, BG),
        (Law::BgCnbd { k: Some(2) }, BG),
        (Law::MbgCnbd { k: Some(3) }, BG),
        (Law::ParetoNbd, PARETO),
        (Law::BgBb, BB),
    ] {
        let model = LifetimeModel::from_parameters(law, p).unwrap();
        let summary = CustomerSummary::new(&[0.0, 2.0, 6.0], &[0.0, 4.0, 6.0], &[6.0; 3]).unwrap();
        let (n_max, time) = (4_000, 10.0);
        let width = n_max as usize + 1;
        let chances = model
            .count_probabilities(&summary, time, n_max, &ctx)
            .unwrap();
        let expected = model.expected(&summary, time, &ctx).unwrap();
        let new = model.count_probabilities_new(time, n_max, &[]).unwrap();
        let new = (new.as_slice(), model.expected_new(time, &[]).unwrap());
        let rows = chances.chunks(width).zip(expected).chain([new]);
        for (row, expected) in rows {
            near(row.iter().sum(), 1.0, 9, &format!("{law:?} total"));
            let mean: f64 = row.iter().enumerate().map(|(n, c)| n as f64 * c).sum();
            near(mean, expected, 8, &format!("{law:?} mean"));
        }
    }
}
