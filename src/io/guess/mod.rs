//! Roles proposed for the columns of a table, for a person to confirm; nothing here binds them.
//!
//! The name of a column speaks for a role (`names`), its values may speak against it (`contents`), and where a column is the product of two
//! others, that speaks for all three. A column gets one role at most, the strongest claims first.

mod contents;
mod names;
mod words;

use serde::Serialize;

use self::contents::{fit, product};
use self::words::ROLES;
use crate::table::Table;
use crate::table::profile::{Profile, profiles};

/// A role and the column that might fill it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Proposal {
    /// The role.
    pub role: String,
    /// The column.
    pub column: String,
    /// How sure the guess is, from 0 to 1; from 0.5 on the column's name and values agree.
    pub confidence: f64,
    /// What speaks for it.
    pub reason: String,
    /// Other columns that might, each with its confidence, the best first.
    pub alternatives: Vec<(String, f64)>,
}

/// Proposals for the roles of a table, in the order of the roles.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct RoleGuess {
    /// At most one for each role.
    pub proposals: Vec<Proposal>,
    /// The format of the proposed times, where they are text that is not ISO 8601.
    pub time_format: Option<String>,
}

/// Below it a proposal is not worth being looked at.
const FLOOR: f64 = 0.2;
/// From it on a proposal is taken by [`RoleGuess::roles`].
const SURE: f64 = 0.5;

impl RoleGuess {
    /// Pairs of role and column of the proposals with a confidence of at least 0.5.
    #[must_use]
    pub fn roles(&self) -> Vec<(&str, &str)> {
        let sure = self.proposals.iter().filter(|p| p.confidence >= SURE);
        sure.map(|p| (p.role.as_str(), p.column.as_str())).collect()
    }

    /// The proposal for a role.
    #[must_use]
    pub fn role(&self, role: &str) -> Option<&Proposal> {
        self.proposals.iter().find(|p| p.role == role)
    }
}

/// How much speaks for a column in a role.
#[derive(Debug, Clone)]
struct Claim {
    role: usize,
    column: usize,
    confidence: f64,
    reason: String,
}

/// Proposes a column for each role that some column seems to fill, with a confidence and a reason.
///
/// Cost: at most 16,384 rows of each column are looked at, in windows that are spread over the table. Names are understood in English and in
/// Chinese. Nothing is bound: take what is right.
///
/// ```
/// use patronomy::{Context, io};
/// let folder = tempfile::tempdir().unwrap();
/// let path = folder.path().join("sales.csv");
/// std::fs::write(&path, "客户编号,下单时间,金额\n1,2024-01-01,2.5\n2,2024-01-02,1.5\n").unwrap();
/// let guess = io::guess_roles(&io::read_table(&path, &[], &Context::new())?);
/// assert_eq!(guess.roles(), [("customer", "客户编号"), ("time", "下单时间"), ("amount", "金额")]);
/// # Ok::<(), patronomy::Error>(())
/// ```
#[must_use]
pub fn guess_roles(table: &Table) -> RoleGuess {
    let profiles = profiles(table);
    let mut claims = claims(&profiles);
    claims.sort_by(|a, b| {
        let by_strength = b.confidence.total_cmp(&a.confidence);
        by_strength
            .then(a.role.cmp(&b.role))
            .then(a.column.cmp(&b.column))
    });
    let mut taken: Vec<&Claim> = Vec::new();
    for claim in &claims {
        if !taken
            .iter()
            .any(|t| t.role == claim.role || t.column == claim.column)
        {
            taken.push(claim);
        }
    }
    taken.sort_by_key(|claim| claim.role);
    let proposals: Vec<Proposal> = taken
        .iter()
        .map(|c| proposal(c, &claims, &profiles))
        .collect();
    let time = taken.iter().find(|c| ROLES[c.role].role == "time");
    let format = time.and_then(|c| profiles[c.column].time_format());
    let mut guess = RoleGuess {
        proposals,
        time_format: format.map(str::to_owned),
    };
    name_as_item(&mut guess);
    guess
}

/// Everything that is worth being looked at.
fn claims(profiles: &[Profile]) -> Vec<Claim> {
    let mut claims = Vec::new();
    for (role, words) in ROLES.iter().enumerate() {
        for (column, profile) in profiles.iter().enumerate() {
            let by_name = words.score(&profile.name);
            let (factor, seen) = fit(words.role, profile, by_name);
            let confidence = rounded(by_name.max(only_time(words.role, column, profiles)) * factor);
            if confidence >= FLOOR {
                let named = if by_name > 0.0 {
                    "its name"
                } else {
                    "the only column of its kind"
                };
                let reason = format!("{named}; {seen}");
                claims.push(Claim {
                    role,
                    column,
                    confidence,
                    reason,
                });
            }
        }
    }
    with_product(&mut claims, profiles);
    claims.extend(only_code(&claims, profiles));
    claims
}

/// Beside a transaction, the only column that is called a code and is nothing else yet is likely to be the item's.
fn only_code(claims: &[Claim], profiles: &[Profile]) -> Option<Claim> {
    let role = |name: &str| ROLES.iter().position(|w| w.role == name);
    let (item, transaction) = (role("item")?, role("transaction")?);
    let is_sure = |role: usize| {
        claims
            .iter()
            .any(|c| c.role == role && c.confidence >= SURE)
    };
    if is_sure(item) || !is_sure(transaction) {
        return None;
    }
    let is_free = |i: &usize| !claims.iter().any(|c| c.column == *i);
    let is_code =
        |i: &usize| names::is_code(&profiles[*i].name) && fit("item", &profiles[*i], 0.0).0 >= 1.0;
    let mut codes = (0..profiles.len()).filter(|i| is_free(i) && is_code(i));
    match (codes.next(), codes.next()) {
        (Some(column), None) => Some(Claim {
            role: item,
            column,
            confidence: SURE,
            reason: "the only other column of codes beside the transaction's".into(),
        }),
        _ => None,
    }
}

fn rounded(confidence: f64) -> f64 {
    (confidence * 100.0).round() / 100.0
}

/// The only column of times is likely to be the time, whatever it is called, unless it is called another thing.
fn only_time(role: &str, column: usize, profiles: &[Profile]) -> f64 {
    let is_only = profiles
        .iter()
        .enumerate()
        .all(|(i, p)| p.is_time() == (i == column));
    let has_other_name = contents::is_other_time(&profiles[column].name);
    if role == "time" && is_only && !has_other_name {
        0.55
    } else {
        0.0
    }
}

/// Raises the three columns of which one is the product of the others.
fn with_product(claims: &mut Vec<Claim>, profiles: &[Profile]) {
    let Some([quantity, price, amount]) = product(profiles) else {
        return;
    };
    let reason = format!(
        "`{}` times `{}` is `{}`",
        profiles[quantity].name, profiles[price].name, profiles[amount].name
    );
    for (role, column) in [("quantity", quantity), ("price", price), ("amount", amount)] {
        let Some(role) = ROLES.iter().position(|w| w.role == role) else {
            continue;
        };
        let known = claims
            .iter_mut()
            .find(|c| c.role == role && c.column == column);
        if let Some(claim) = known {
            claim.confidence = rounded(0.5 + claim.confidence / 2.0);
            claim.reason = format!("{}; {reason}", claim.reason);
        } else {
            claims.push(Claim {
                role,
                column,
                confidence: 0.6,
                reason: reason.clone(),
            });
        }
    }
}

fn proposal(claim: &Claim, claims: &[Claim], profiles: &[Profile]) -> Proposal {
    let others = claims
        .iter()
        .filter(|c| c.role == claim.role && c.column != claim.column);
    Proposal {
        role: ROLES[claim.role].role.into(),
        column: profiles[claim.column].name.clone(),
        confidence: claim.confidence,
        reason: claim.reason.clone(),
        alternatives: others
            .map(|c| (profiles[c.column].name.clone(), c.confidence))
            .collect(),
    }
}

/// Where items have names and no codes, the name tells them apart.
fn name_as_item(guess: &mut RoleGuess) {
    if guess.role("item").is_some_and(|p| p.confidence >= SURE) {
        return;
    }
    let Some(name) = guess.proposals.iter().position(|p| p.role == "item_name") else {
        return;
    };
    let old = guess.proposals.iter().position(|p| p.role == "item");
    let mut item = guess.proposals[name].clone();
    item.role = "item".into();
    item.confidence = rounded(item.confidence * 0.9);
    item.reason = format!("{}; there is no column of codes", item.reason);
    guess.proposals[name] = item;
    if let Some(old) = old {
        guess.proposals.remove(old);
    }
}

#[cfg(test)]
#[cfg(feature = "csv")]
mod tests {
    use super::*;
    use crate::io::{ReadOptions, read};
    use crate::parallel::Context;

    fn guessed(text: &str) -> RoleGuess {
        let file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
        std::fs::write(file.path(), text).unwrap();
        guess_roles(&read(file.path(), &ReadOptions::new(), &Context::new()).unwrap())
    }

    fn roles(text: &str) -> String {
        let guess = guessed(text);
        let pairs = guess.roles().into_iter().map(|(r, c)| format!("{r}={c}"));
        pairs.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn chinese_names_are_understood() {
        let text = "订单号,会员编号,商品编码,商品名称,下单时间,数量,单价,金额,销售渠道\n\
            A1,7,x,笔,2024-01-01 10:00,2,1.5,3.0,网店\nA2,8,y,书,2024-01-02 11:00,1,2.25,2.25,门店\nA2,8,x,笔,2024-01-02 11:00,3,1.5,4.5,门店\n";
        assert_eq!(
            roles(text),
            "customer=会员编号 time=下单时间 transaction=订单号 item=商品编码 item_name=商品名称 quantity=数量 price=单价 amount=金额 channel=销售渠道"
        );
    }

    #[test]
    fn a_product_speaks_for_its_factors() {
        let text = "who,a,b,c\nx,2,1.5,3.0\ny,3,2.25,6.75\nz,5,0.99,4.95\nx,7,4.5,31.5\ny,1,8.25,8.25\nz,4,1.25,5.0\n";
        assert_eq!(roles(text), "quantity=a price=b amount=c");
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        for text in ["f0,f1\n1,2\n3,4\n", "a\nx\n", "x,y\n", "id\n1\n2\n"] {
            assert_eq!(roles(text), "", "{text}");
        }
    }

    #[test]
    fn values_speak_against_names() {
        // A time that is a number, a price that is words, a quantity that never changes its mind about being text.
        assert_eq!(
            roles("order_date,price,quantity\n20,cheap,few\n21,dear,many\n"),
            ""
        );
    }

    #[test]
    fn the_format_of_times_is_told() {
        let guess = guessed("cust,date\n1,31/12/2023 10:00\n2,01/01/2024 11:30\n");
        assert_eq!(guess.roles(), [("customer", "cust"), ("time", "date")]);
        assert_eq!(guess.time_format.as_deref(), Some("%d/%m/%Y %H:%M"));
    }
}
