//! One row spoiled, or the row that is added after it.

use std::borrow::Cow;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Dirt, Edit, text};
use crate::simulate::drawn::Drawn;
use crate::simulate::names::{ADJUSTMENTS, TEST_ITEM, word};
use crate::simulate::write::{Customer, Row};
use crate::table::time::DAY;

/// 1900-01-01, 1970-01-01, 2999-12-31, in days from 1970-01-01.
const IMPOSSIBLE_DAYS: [i64; 3] = [-25_567, 0, 376_199];
/// Other currencies, and how many of their units one of the shop's is.
const CURRENCIES: [(&str, f64); 3] = [("EUR", 1.17), ("USD", 1.27), ("CHF", 1.12)];
/// Below this price in cents one a hundredth of it would be nothing.
const DEAR_CENTS: f64 = 400.0;

/// Spoils the row, or turns a copy of it into the one that is added; gives what there is to say of it.
pub(in crate::simulate) fn spoil(row: &mut Row<'_>, edit: &Edit, drawn: &Drawn) -> Option<String> {
    let mut rng = ChaCha8Rng::seed_from_u64(edit.word);
    match edit.kind {
        Dirt::CustomerMissing => row.customer = Customer::Missing,
        Dirt::CustomerMalformed => malform(row, &mut rng),
        Dirt::TransactionMissing => row.invoice = None,
        Dirt::ItemMissing => row.item = None,
        Dirt::TimeMissing => row.time = None,
        Dirt::TimeImpossible => row.time = Some(IMPOSSIBLE_DAYS[rng.gen_range(0..3)] * DAY),
        Dirt::TimeFuture => row.time = Some(future(drawn, &mut rng)),
        Dirt::SumMismatch => row.sum_factor = mismatch(&mut rng),
        Dirt::ReturnUnmatched => return unmatched(row, edit, drawn),
        Dirt::TestRow => test_row(row, edit, drawn),
        Dirt::AdjustmentRow => adjustment(row, edit, drawn, &mut rng),
        Dirt::Duplicate | Dirt::BulkBuyer | Dirt::TimeHole => {}
        kind if is_of_money(kind) => return spoil_money(row, kind, &mut rng),
        kind => return Some(spoil_text(row, kind, &mut rng)),
    }
    None
}

const fn is_of_money(kind: Dirt) -> bool {
    matches!(
        kind,
        Dirt::AmountMissing
            | Dirt::AmountNotFinite
            | Dirt::QuantityZero
            | Dirt::AmountZero
            | Dirt::PriceNegative
            | Dirt::CurrencyMixed
            | Dirt::PriceOutlier
    )
}

fn spoil_money(row: &mut Row<'_>, kind: Dirt, rng: &mut ChaCha8Rng) -> Option<String> {
    let price = row.price.unwrap_or(f64::NAN);
    match kind {
        Dirt::AmountMissing => row.price = None,
        Dirt::AmountNotFinite => {
            row.price = Some([f64::NAN, f64::INFINITY, f64::NEG_INFINITY][rng.gen_range(0..3)]);
        }
        Dirt::QuantityZero => row.quantity = 0,
        Dirt::AmountZero => row.price = Some(0.0),
        Dirt::PriceNegative => row.price = Some(-price),
        Dirt::CurrencyMixed => {
            let (currency, rate) = CURRENCIES[rng.gen_range(0..CURRENCIES.len())];
            row.currency = currency;
            row.price = Some(cents(price * rate));
        }
        _ => {
            let times = rng.gen_range(20.0..100.0);
            let is_small = price * 100.0 >= DEAR_CENTS && rng.gen_bool(0.5);
            row.price = Some(cents(if is_small {
                price / times
            } else {
                price * times
            }));
        }
    }
    (kind == Dirt::CurrencyMixed || kind == Dirt::PriceOutlier).then(|| format!("price {price}"))
}

fn spoil_text(row: &mut Row<'_>, kind: Dirt, rng: &mut ChaCha8Rng) -> String {
    let name = row.item_name.clone().into_owned();
    let code = row.item.clone().map(Cow::into_owned).unwrap_or_default();
    let of_code = matches!(kind, Dirt::ItemUnknown | Dirt::FullWidthText);
    match kind {
        Dirt::ItemUnknown => {
            row.item = Some(Cow::Owned(format!("X{:05}", rng.gen_range(0..100_000))));
        }
        Dirt::FullWidthText => row.item = Some(Cow::Owned(text::full_width(&code))),
        Dirt::ItemNameVaries => row.item_name = Cow::Owned(text::varied(&name, rng)),
        Dirt::BrokenEncoding => row.item_name = Cow::Owned(text::misread(&name, rng)),
        _ => row.item_name = Cow::Owned(text::untrimmed(&name, rng)),
    }
    if of_code {
        format!("item {code}")
    } else {
        format!("item_name {name}")
    }
}

fn malform(row: &mut Row<'_>, rng: &mut ChaCha8Rng) {
    row.customer = match &row.customer {
        Customer::Text(id) => Customer::Text(text::malformed(id, rng)),
        _ => Customer::Integer(-i64::from(rng.gen_bool(0.5))),
    };
}

fn future(drawn: &Drawn, rng: &mut ChaCha8Rng) -> i64 {
    let params = &drawn.mechanism.params;
    let end = params.opening_day() + i64::from(params.n_days);
    (end + rng.gen_range(3_653..7_305)) * DAY + rng.gen_range(0..86_400) * 1_000_000
}

/// Off by 2 to 30 hundredths, either way.
fn mismatch(rng: &mut ChaCha8Rng) -> f64 {
    let off = rng.gen_range(0.02..0.3);
    if rng.gen_bool(0.5) {
        1.0 + off
    } else {
        1.0 - off
    }
}

fn unmatched(row: &mut Row<'_>, edit: &Edit, drawn: &Drawn) -> Option<String> {
    let (item, quantity) = edit.never_bought;
    let catalog = &drawn.mechanism.catalog;
    let known = &catalog.items[item as usize];
    row.invoice = Some(drawn.extra_invoice(edit.number).into());
    row.item = Some(Cow::Owned(known.code.clone()));
    row.item_name = Cow::Owned(known.name.clone());
    let price = f64::from(catalog.cents(item as usize, row.day)) / 100.0;
    row.price = Some(price);
    row.quantity = i64::from(quantity);
    row.cost = drawn.cost(item, row.quantity, price);
    None
}

fn test_row(row: &mut Row<'_>, edit: &Edit, drawn: &Drawn) {
    let language = drawn.mechanism.params.language;
    row.invoice = Some(drawn.extra_invoice(edit.number).into());
    row.item = Some(Cow::Borrowed("TEST001"));
    row.item_name = Cow::Borrowed(word(TEST_ITEM, language, edit.number));
    row.quantity = 1;
    row.price = Some(1.0);
    row.cost = 0.0;
}

fn adjustment(row: &mut Row<'_>, edit: &Edit, drawn: &Drawn, rng: &mut ChaCha8Rng) {
    let (code, name) = ADJUSTMENTS[rng.gen_range(0..ADJUSTMENTS.len())];
    row.item = Some(Cow::Borrowed(code));
    row.item_name = Cow::Borrowed(word(name, drawn.mechanism.params.language, edit.number));
    row.quantity = 1;
    row.price = Some(f64::from(rng.gen_range(150..2_500)) / 100.0);
    row.cost = 0.0;
}

/// Rounded to cents, and never to nothing.
fn cents(price: f64) -> f64 {
    (price * 100.0).round().max(1.0) / 100.0
}
