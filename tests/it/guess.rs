//! Roles that are guessed: right on tables in use, silent where there is nothing to say, and never a panic.

use patronomy::io::{self, ReadOptions, RoleGuess, guess_roles};
use patronomy::{Context, Roles, Transactions};

use crate::online_retail::data;

/// The guess for a file of the data sets, and its sure proposals as text.
fn guessed(name: &str) -> Option<(RoleGuess, String)> {
    let path = data(name)?;
    let table = io::read(&path, &ReadOptions::new(), &Context::new()).unwrap();
    let guess = guess_roles(&table);
    let pairs = guess.roles().into_iter().map(|(r, c)| format!("{r}={c}"));
    let text = pairs.collect::<Vec<_>>().join(" ");
    Some((guess, text))
}

#[test]
fn tables_of_sales_are_understood() {
    for (name, expected) in [
        (
            "retail_transactions/online_retail.parquet",
            "customer=CustomerID time=InvoiceDate transaction=InvoiceNo item=StockCode item_name=Description quantity=Quantity price=UnitPrice",
        ),
        (
            "market_basket/groceries_members.parquet",
            "customer=Member_number time=Date item=itemDescription",
        ),
        (
            "clv_rfm/cdnow_master.parquet",
            "customer=customer_id time=date quantity=number_of_cds amount=dollar_value",
        ),
        ("clv_rfm/grocery_elog.parquet", "customer=cust time=date"),
        (
            "market_basket/completejourney/transactions_sample.parquet",
            "customer=household_id time=transaction_timestamp transaction=basket_id item=product_id quantity=quantity amount=sales_value channel=store_id",
        ),
        (
            "warehouse/adventureworks/sales.parquet",
            "customer=CustomerKey time=OrderDate transaction=OrderNumber item=ProductKey quantity=OrderQuantity",
        ),
        (
            "warehouse/foodmart/sales_fact_1997.parquet",
            "customer=customer_id item=product_id quantity=unit_sales amount=store_sales cost=store_cost channel=store_id",
        ),
        (
            "market_basket/bread_basket.parquet",
            "time=timestamp transaction=Transaction item=Item",
        ),
        (
            "market_basket/pizza_orders.parquet",
            "time=timestamp transaction=order_id item=pizza_id quantity=quantity",
        ),
    ] {
        let Some((_, found)) = guessed(name) else {
            return;
        };
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn of_other_tables_little_is_said() {
    for (name, allowed) in [
        ("segmentation/wholesale_customers.parquet", &["channel"][..]),
        ("segmentation/adult.parquet", &[]),
        ("anomaly/adbench/47_yeast.parquet", &[]),
        ("warehouse/adventureworks/customers.parquet", &["customer"]),
        (
            "warehouse/adventureworks/products.parquet",
            &["item", "item_name", "price", "cost"],
        ),
        ("identity/febrl1.parquet", &[]),
    ] {
        let Some((guess, found)) = guessed(name) else {
            return;
        };
        assert!(
            guess.roles().iter().all(|(role, _)| allowed.contains(role)),
            "{name}: {found}"
        );
    }
}

#[test]
fn a_guess_can_be_bound() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.csv");
    let text = "会员号,日期,金额,备注\n7,2024-01-01,1.5,a\n8,2024-01-02,2.5,b\n";
    std::fs::write(&path, text).unwrap();
    let table = io::read(&path, &ReadOptions::new(), &Context::new()).unwrap();
    let guess = guess_roles(&table);
    let role = |name: &str| guess.role(name).map(|p| p.column.clone()).unwrap();
    let roles = Roles::new(role("customer"), role("time")).amount(role("amount"));
    assert_eq!(Transactions::new(table, roles).unwrap().n_rows(), 2);
    for proposal in &guess.proposals {
        assert!((0.0..=1.0).contains(&proposal.confidence) && !proposal.reason.is_empty());
    }
}
