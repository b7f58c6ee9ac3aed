//! What the name of a column says of its role, in English and Chinese.

use super::words::{IDS, Words};

impl Words {
    /// How much the name speaks for the role, from 0 to 1.
    pub(super) fn score(&self, name: &str) -> f64 {
        let words = words(name);
        let together = words.concat();
        // Chinese is written without blanks: its words are found anywhere in the name.
        let has = |list: &[&str]| {
            let is_in = |w: &&str| {
                words.iter().any(|own| own == w) || (!w.is_ascii() && together.contains(*w))
            };
            list.iter().any(is_in)
        };
        let is_exact = |text: &str| self.exact.contains(&text);
        let without_id = IDS
            .iter()
            .find_map(|id| together.strip_suffix(id))
            .unwrap_or(&together);
        if is_exact(&together) {
            return 1.0;
        }
        if has(self.against) {
            return 0.0;
        }
        if self.tails == IDS && self.heads.contains(&without_id) {
            return 1.0;
        }
        match (has(self.heads), has(self.tails)) {
            (true, true) => 0.95,
            (true, false) if self.tails.is_empty() => 0.85,
            (true, false) if self.role == "item_name" || self.role == "customer_kind" => 0.0,
            (true, false) => 0.6,
            (false, _) if self.role == "quantity" && is_number_of(&words) => 0.75,
            (false, _) => 0.0,
        }
    }
}

/// Whether the name says that its values are codes of something.
pub(super) fn is_code(name: &str) -> bool {
    let words = words(name);
    words.len() > 1
        && words
            .last()
            .is_some_and(|last| IDS.contains(&last.as_str()))
}

/// `number of ...`, `n items`.
fn is_number_of(words: &[String]) -> bool {
    let starts =
        |start: &[&str]| words.len() > start.len() && words.iter().zip(start).all(|(a, b)| a == b);
    starts(&["number", "of"]) || starts(&["num", "of"]) || starts(&["no", "of"])
}

/// The name's words in lower case: parted by signs, by digits, and where a capital begins one.
pub(super) fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(c) = letters.next() {
        if c.is_alphabetic() {
            let next_is_small = letters.peek().is_some_and(|n| n.is_lowercase());
            let starts = !before.is_alphabetic()
                || (before.is_lowercase() && c.is_uppercase())
                || (before.is_uppercase() && c.is_uppercase() && next_is_small)
                || (before.is_ascii() != c.is_ascii());
            if starts {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        before = c;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::super::words::ROLES;
    use super::*;

    fn best(name: &str) -> Option<&'static str> {
        let scored = ROLES.iter().map(|w| (w.role, w.score(name)));
        let best = scored
            .filter(|(_, s)| *s > 0.5)
            .max_by(|a, b| a.1.total_cmp(&b.1));
        best.map(|(role, _)| role)
    }

    #[test]
    fn names_are_parted_into_words() {
        for (name, expected) in [
            ("CustomerID", "customer id"),
            ("customer_id", "customer id"),
            ("HTTPStatus2Code", "http status code"),
            ("Unit Price (£)", "unit price"),
            ("客户ID", "客户 id"),
            ("", ""),
        ] {
            assert_eq!(words(name).join(" "), expected, "{name}");
        }
    }

    #[test]
    fn names_in_use_say_their_role() {
        for (role, names) in [
            (
                "customer",
                "CustomerID,customer_id,cust_id,CustomerKey,Member_number,household_id,UserId,cust,客户编号,会员号,用户ID,买家ID,顾客,会员卡号,ACCOUNT_NO,客户代码",
            ),
            (
                "time",
                "InvoiceDate,order_date,Date,timestamp,transaction_timestamp,created_time,下单时间,交易日期,订单日期,购买时间,日期,支付时间",
            ),
            (
                "transaction",
                "InvoiceNo,Invoice,order_id,OrderNumber,basket_id,Transaction,receipt_no,订单号,订单编号,小票号,交易流水号,单号",
            ),
            (
                "item",
                "StockCode,sku,product_id,ProductKey,Item,item_code,ArticleNo,商品编码,商品ID,产品编号,货号,条码",
            ),
            (
                "item_name",
                "Description,product_name,itemDescription,ItemName,商品名称,品名,产品描述",
            ),
            (
                "quantity",
                "Quantity,qty,OrderQuantity,number_of_cds,unit_sales,数量,购买数量,件数",
            ),
            ("price", "UnitPrice,Price,unit price,单价,商品单价,销售价格"),
            (
                "amount",
                "amount,sales_value,dollar_value,store_sales,TotalPrice,LineTotal,Revenue,金额,销售额,实付金额,订单金额,总价",
            ),
            ("cost", "cost,store_cost,UnitCost,成本,成本价,进价"),
            (
                "channel",
                "channel,SalesChannel,store_id,渠道,销售渠道,门店,订单来源",
            ),
            (
                "customer_kind",
                "customer_type,CustomerSegment,会员等级,客户类型",
            ),
            ("currency", "currency,CurrencyCode,币种"),
        ] {
            for name in names.split(',') {
                assert_eq!(best(name), Some(role), "{name}");
            }
        }
    }

    #[test]
    fn names_of_other_things_say_nothing() {
        for name in [
            "Country",
            "BirthDate",
            "StockDate",
            "OrderLineItem",
            "order_details_id",
            "TerritoryKey",
            "week",
            "retail_disc",
            "coupon_match_disc",
            "promotion_id",
            "time_id",
            "age",
            "x",
            "f0",
            "城市",
            "备注",
            "生日",
            "customer_city",
            "product_category",
            "库存数量",
            "折扣金额",
            "",
        ] {
            assert!(
                best(name).is_none() || name == "time_id",
                "{name}: {:?}",
                best(name)
            );
        }
    }
}
