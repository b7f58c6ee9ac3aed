//! What the values of a column say of its role.

use super::names::words;
use crate::table::profile::{Profile, Shape};

/// How well the values fit a role, from 0 (they cannot) to 1, and what was seen.
pub(super) fn fit(role: &str, profile: &Profile, by_name: f64) -> (f64, String) {
    let kind = kind_of(profile);
    if profile.shape == Shape::Other {
        return (0.0, kind);
    }
    if profile.n_values == 0 {
        // Names alone may still be right, but nobody has seen it.
        let factor = if profile.shape == Shape::Time || role != "time" {
            0.55
        } else {
            0.5
        };
        return (factor, "without values".into());
    }
    let distinct = format!(
        "{} of {} values differ",
        profile.n_distinct, profile.n_values
    );
    match role {
        "time" => (f64::from(u8::from(profile.is_time())), kind),
        "customer" | "transaction" | "item" => {
            (id_fit(role, profile), format!("{kind}, {distinct}"))
        }
        "item_name" => (
            f64::from(u8::from(is_words(profile))),
            format!("{kind}, {distinct}"),
        ),
        "channel" | "customer_kind" | "currency" => {
            (kind_fit(role, profile), format!("{kind}, {distinct}"))
        }
        _ => (measure_fit(role, profile, by_name), kind),
    }
}

fn kind_of(profile: &Profile) -> String {
    let kind = match profile.shape {
        _ if profile.is_time() => "times",
        Shape::Integer => "integers",
        Shape::Fraction if profile.is_whole() => "whole numbers",
        Shape::Fraction => "numbers with decimals",
        Shape::Text => "text",
        _ => "values of another type",
    };
    kind.into()
}

fn is_words(profile: &Profile) -> bool {
    profile.shape == Shape::Text && !profile.is_time()
}

/// Identifiers: integers or text, neither all alike nor, but for transactions, all different.
fn id_fit(role: &str, profile: &Profile) -> f64 {
    const MANY: usize = 100;
    let is_id = is_words(profile) || (profile.is_number() && profile.is_whole());
    if !is_id || profile.share(|n| n < 0.0) > 0.0 {
        return 0.0;
    }
    let all_differ = profile.n_distinct == profile.n_values && profile.n_values > MANY;
    match role {
        _ if profile.n_distinct == 1 && profile.n_values > MANY => 0.3,
        // One line for each customer or item: a list of them, not of sales.
        "customer" if all_differ => 0.6,
        "item" if all_differ => 0.5,
        _ => 1.0,
    }
}

/// Kinds: few values, each seen often.
fn kind_fit(role: &str, profile: &Profile) -> f64 {
    const MOST: usize = 100;
    let is_kind = is_words(profile) || profile.shape == Shape::Integer;
    if !is_kind
        || (role == "currency" && (profile.shape != Shape::Text || profile.mean_chars > 5.0))
    {
        return 0.0;
    }
    let is_few = profile.n_distinct <= MOST || profile.n_distinct * 20 < profile.n_values;
    if is_few { 1.0 } else { 0.4 }
}

/// Measures: numbers; counts are nearly always whole, money seldom below zero.
fn measure_fit(role: &str, profile: &Profile, by_name: f64) -> f64 {
    if !profile.is_number() {
        return 0.0;
    }
    let whole = profile.share(|n| n.fract() == 0.0);
    let negative = profile.share(|n| n < 0.0);
    match role {
        "quantity" if whole < 0.5 => 0.7,
        "price" | "cost" if negative > 0.2 => 0.5,
        // `value`, `total`, `sales` alone may be anything that is counted.
        "amount" if whole >= 1.0 && by_name < 1.0 => 0.8,
        _ => 1.0,
    }
}

/// Whether a time is by its name another one than that of the sale.
pub(super) fn is_other_time(name: &str) -> bool {
    const OTHER: [&str; 24] = [
        "birth",
        "birthday",
        "dob",
        "ship",
        "shipped",
        "delivery",
        "delivered",
        "due",
        "updated",
        "modified",
        "start",
        "end",
        "expiry",
        "since",
        "opened",
        "registered",
        "joined",
        "enrolled",
        "effective",
        "redemption",
        "return",
        "dt",
        "signup",
        "last",
    ];
    let words = words(name);
    let chinese = [
        "生日", "出生", "发货", "送达", "注册", "到期", "退货", "更新",
    ];
    words.iter().any(|w| OTHER.contains(&w.as_str())) || chinese.iter().any(|c| name.contains(c))
}

/// Three columns of which the third is the product of the first, a count, and the second, a price; the first such.
pub(super) fn product(profiles: &[Profile]) -> Option<[usize; 3]> {
    /// More columns than this are measurements of something else.
    const MOST: usize = 24;
    let is_varied = |p: &Profile| p.is_number() && p.n_distinct > 2;
    let numbers: Vec<usize> = (0..profiles.len())
        .filter(|&i| is_varied(&profiles[i]))
        .collect();
    if numbers.len() > MOST {
        return None;
    }
    let counts = numbers.iter().filter(|&&i| profiles[i].is_whole());
    for &quantity in counts {
        for &price in &numbers {
            for &amount in &numbers {
                let differ = quantity != price && price != amount && quantity != amount;
                if differ && is_product(profiles, [quantity, price, amount]) {
                    return Some([quantity, price, amount]);
                }
            }
        }
    }
    None
}

/// Whether nearly all rows hold it, and it says something in enough of them: once one is bought, price and amount are the same.
fn is_product(profiles: &[Profile], [quantity, price, amount]: [usize; 3]) -> bool {
    const FEW: usize = 2;
    let rows = profiles[quantity]
        .numbers
        .iter()
        .zip(&profiles[price].numbers);
    let rows = rows
        .zip(&profiles[amount].numbers)
        .map(|((q, p), a)| (*q, *p, *a));
    let (mut n, mut holds, mut says) = (0_usize, 0_usize, 0_usize);
    for (q, p, a) in rows.filter(|(q, p, a)| (q * p * a).is_finite()) {
        let is_equal = (q * p - a).abs() <= 0.005 + 1e-6 * a.abs();
        n += 1;
        holds += usize::from(is_equal);
        says +=
            usize::from(is_equal && q.abs() > 1.0 && p.abs() > 0.0 && (p.abs() - 1.0).abs() > 1e-9);
        // Most triples are none, and seen at once.
        if n == 50 && holds < 25 {
            return false;
        }
    }
    holds * 100 >= n * 95 && says > FEW
}
