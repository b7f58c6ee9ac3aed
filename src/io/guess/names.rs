//! What the name of a column says of its role, in English and Chinese.

/// Words that speak for and against a role.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) role: &'static str,
    /// Whole names, written together and in lower case.
    exact: &'static [&'static str],
    /// Words for what the role is about.
    heads: &'static [&'static str],
    /// Words that must be beside such a word, unless it stands alone.
    tails: &'static [&'static str],
    /// Words that make the column something else.
    against: &'static [&'static str],
}

const IDS: &[&str] = &[
    "id", "no", "nr", "num", "number", "code", "key", "编号", "编码", "代码", "号", "码",
];
const TIMES: &[&str] = &["date", "time", "timestamp", "day", "日期", "时间"];
const OF_SALES: &[&str] = &[
    "order",
    "invoice",
    "transaction",
    "purchase",
    "sale",
    "sales",
    "payment",
    "created",
    "visit",
    "下单",
    "订单",
    "交易",
    "购买",
    "销售",
    "付款",
    "支付",
    "成交",
    "消费",
    "开票",
    "创建",
];

/// The roles, in the order they are proposed in.
pub(super) const ROLES: [Words; 12] = [
    Words {
        role: "customer",
        exact: &[
            "customer",
            "cust",
            "client",
            "member",
            "household",
            "user",
            "buyer",
            "客户",
            "会员",
            "用户",
            "顾客",
            "买家",
            "会员卡号",
            "买家昵称",
        ],
        heads: &[
            "customer",
            "cust",
            "client",
            "member",
            "household",
            "user",
            "buyer",
            "shopper",
            "account",
            "visitor",
            "客户",
            "会员",
            "用户",
            "顾客",
            "买家",
        ],
        tails: IDS,
        against: &[
            "name", "kind", "type", "segment", "group", "class", "level", "tier", "age", "gender",
            "city", "country", "region", "category", "email", "phone", "address", "since",
            "manager", "名称", "姓名", "类型", "类别", "等级", "级别", "分组", "性别", "年龄",
            "城市", "地区", "电话", "手机", "邮箱", "地址", "经理",
        ],
    },
    Words {
        role: "time",
        exact: &["date", "datetime", "time", "timestamp", "日期", "时间"],
        heads: TIMES,
        tails: OF_SALES,
        against: &[
            "birth",
            "ship",
            "shipped",
            "shipping",
            "delivery",
            "delivered",
            "due",
            "update",
            "updated",
            "modified",
            "stock",
            "start",
            "end",
            "expiry",
            "since",
            "opened",
            "registered",
            "join",
            "joined",
            "effective",
            "return",
            "redemption",
            "生日",
            "出生",
            "发货",
            "送达",
            "收货",
            "更新",
            "修改",
            "注册",
            "到期",
            "退货",
            "入库",
            "开始",
            "结束",
        ],
    },
    Words {
        role: "transaction",
        exact: &[
            "invoice",
            "transaction",
            "basket",
            "receipt",
            "ticket",
            "order",
            "bill",
            "订单",
            "单号",
            "小票",
            "流水号",
            "购物篮",
        ],
        heads: &[
            "invoice",
            "order",
            "transaction",
            "trans",
            "basket",
            "receipt",
            "ticket",
            "bill",
            "checkout",
            "cart",
            "订单",
            "交易",
            "小票",
            "发票",
            "流水",
            "单据",
            "购物篮",
        ],
        tails: IDS,
        against: &[
            "date",
            "time",
            "timestamp",
            "day",
            "quantity",
            "qty",
            "amount",
            "value",
            "price",
            "total",
            "status",
            "line",
            "detail",
            "details",
            "type",
            "count",
            "日期",
            "时间",
            "金额",
            "数量",
            "状态",
            "类型",
            "明细",
            "行号",
            "渠道",
            "来源",
        ],
    },
    Words {
        role: "item",
        exact: &[
            "item",
            "product",
            "sku",
            "article",
            "upc",
            "ean",
            "barcode",
            "stockcode",
            "商品",
            "产品",
            "货号",
            "条码",
        ],
        heads: &[
            "stock", "sku", "product", "prod", "item", "article", "goods", "material", "upc",
            "ean", "barcode", "asin", "isbn", "商品", "产品", "货品", "物料", "条码", "货号",
        ],
        tails: IDS,
        against: &[
            "name",
            "description",
            "desc",
            "title",
            "category",
            "subcategory",
            "class",
            "type",
            "group",
            "brand",
            "department",
            "family",
            "price",
            "cost",
            "quantity",
            "qty",
            "count",
            "date",
            "weight",
            "size",
            "line",
            "名称",
            "名",
            "描述",
            "类别",
            "分类",
            "类目",
            "品牌",
            "价格",
            "单价",
            "售价",
            "数量",
            "件数",
            "成本",
            "规格",
            "总价",
            "金额",
        ],
    },
    Words {
        role: "item_name",
        exact: &["description", "品名", "商品名", "产品名"],
        heads: &[
            "product", "item", "article", "goods", "sku", "stock", "商品", "产品", "货品", "物料",
        ],
        tails: &[
            "name",
            "description",
            "desc",
            "title",
            "label",
            "名称",
            "描述",
            "名",
        ],
        against: &[
            "category", "class", "brand", "id", "类别", "分类", "类目", "品牌",
        ],
    },
    Words {
        role: "quantity",
        exact: &[
            "quantity",
            "qty",
            "units",
            "unitssold",
            "unitsales",
            "pieces",
            "pcs",
            "数量",
            "件数",
            "销量",
            "数目",
        ],
        heads: &[
            "quantity", "qty", "units", "pieces", "pcs", "数量", "件数", "销量",
        ],
        tails: &[],
        against: &[
            "price",
            "cost",
            "discount",
            "stock",
            "available",
            "库存",
            "单价",
        ],
    },
    Words {
        role: "price",
        exact: &["price", "unitprice", "priceperunit", "单价", "售价", "价格"],
        heads: &["price", "单价", "售价", "价格", "零售价"],
        tails: &[],
        against: &[
            "total", "list", "cost", "discount", "sum", "class", "总", "成本", "折扣", "原价",
        ],
    },
    Words {
        role: "amount",
        exact: &[
            "amount",
            "total",
            "totalprice",
            "totalamount",
            "totalsales",
            "grandtotal",
            "linetotal",
            "ordertotal",
            "invoicetotal",
            "sales",
            "storesales",
            "revenue",
            "turnover",
            "value",
            "spend",
            "payment",
            "总价",
            "金额",
            "小计",
            "总额",
            "实付",
            "销售额",
        ],
        heads: &[
            "amount",
            "sales",
            "revenue",
            "turnover",
            "spend",
            "spent",
            "value",
            "金额",
            "销售额",
            "总价",
            "总额",
            "实付",
            "实收",
            "小计",
        ],
        tails: &[],
        against: &[
            "discount", "disc", "tax", "vat", "cost", "quantity", "qty", "units", "unit", "price",
            "shipping", "freight", "id", "channel", "date", "time", "type", "person", "rep",
            "lifetime", "折扣", "优惠", "税", "成本", "运费", "退款", "数量", "渠道", "日期",
            "时间",
        ],
    },
    Words {
        role: "cost",
        exact: &["cost", "cogs", "成本", "成本价", "进价"],
        heads: &["cost", "cogs", "成本", "进价", "采购价"],
        tails: &[],
        against: &["center", "centre", "shipping", "type", "中心", "运费"],
    },
    Words {
        role: "channel",
        exact: &[
            "channel", "platform", "渠道", "平台", "门店", "店铺", "来源",
        ],
        heads: &[
            "channel", "platform", "store", "shop", "branch", "outlet", "渠道", "平台", "门店",
            "店铺", "来源",
        ],
        tails: &[
            "id", "sales", "name", "type", "code", "key", "no", "销售", "下单", "购买", "订单",
            "名称", "编号",
        ],
        against: &[
            "cost",
            "amount",
            "value",
            "city",
            "country",
            "state",
            "phone",
            "address",
            "sqft",
            "manager",
            "date",
            "region",
            "postal",
            "street",
            "number",
            "fax",
            "visits",
            "purchases",
            "城市",
            "地址",
            "电话",
            "地区",
        ],
    },
    Words {
        role: "customer_kind",
        exact: &[
            "customerkind",
            "customertype",
            "customersegment",
            "customergroup",
            "membertype",
            "会员等级",
            "客户类型",
        ],
        heads: &[
            "customer",
            "client",
            "member",
            "user",
            "household",
            "客户",
            "会员",
            "用户",
            "顾客",
        ],
        tails: &[
            "kind", "type", "segment", "group", "class", "level", "tier", "category", "类型",
            "类别", "等级", "级别", "分组",
        ],
        against: &["id", "count", "number", "编号"],
    },
    Words {
        role: "currency",
        exact: &["currency", "currencycode", "ccy", "币种", "货币", "币别"],
        heads: &["currency", "币种", "货币", "币别"],
        tails: &[],
        against: &["rate", "汇率"],
    },
];

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
            list.iter().any(|w| is_in(w))
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
