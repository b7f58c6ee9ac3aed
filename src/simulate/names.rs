//! Names of departments, categories and items, in English and Chinese.

use super::params::Language;

/// A word in both languages.
type Word = (&'static str, &'static str);

/// A category: its name, and the noun of its items.
pub(super) struct CategoryName {
    pub(super) name: Word,
    noun: Word,
}

const fn category(name: Word, noun: Word) -> CategoryName {
    CategoryName { name, noun }
}

pub(super) const DEPARTMENTS: [Word; 5] = [
    ("Kitchen", "厨房"),
    ("Garden", "园艺"),
    ("Home", "家居"),
    ("Stationery", "文具"),
    ("Toys", "玩具"),
];

/// Four categories of each department, in the departments' order.
pub(super) const CATEGORIES: [CategoryName; 20] = [
    category(("Cups", "杯具"), ("mug", "马克杯")),
    category(("Plates", "餐盘"), ("plate", "餐盘")),
    category(("Cookware", "锅具"), ("saucepan", "汤锅")),
    category(("Coffee", "咖啡"), ("café tin", "咖啡罐")),
    category(("Pots", "花盆"), ("flower pot", "花盆")),
    category(("Tools", "工具"), ("trowel", "园艺铲")),
    category(("Lanterns", "灯笼"), ("lantern", "灯笼")),
    category(("Birds", "鸟具"), ("bird house", "鸟屋")),
    category(("Candles", "蜡烛"), ("candle", "香薰蜡烛")),
    category(("Cushions", "抱枕"), ("cushion", "抱枕")),
    category(("Frames", "相框"), ("photo frame", "相框")),
    category(("Clocks", "钟表"), ("wall clock", "挂钟")),
    category(("Notebooks", "本册"), ("notebook", "笔记本")),
    category(("Pens", "书写"), ("pen set", "钢笔套装")),
    category(("Cards", "贺卡"), ("greeting card", "贺卡")),
    category(("Wrapping", "包装"), ("gift wrap", "礼品包装纸")),
    category(("Puzzles", "拼图"), ("puzzle", "拼图")),
    category(("Dolls", "玩偶"), ("rag doll", "布娃娃")),
    category(("Games", "桌游"), ("board game", "桌游")),
    category(("Vehicles", "车模"), ("toy train", "玩具火车")),
];

const COLOURS: [Word; 12] = [
    ("red", "红色"),
    ("blue", "蓝色"),
    ("green", "绿色"),
    ("ivory", "象牙白"),
    ("pink", "粉色"),
    ("black", "黑色"),
    ("silver", "银色"),
    ("orange", "橙色"),
    ("violet", "紫色"),
    ("brown", "棕色"),
    ("yellow", "黄色"),
    ("grey", "灰色"),
];

const STYLES: [Word; 10] = [
    ("retro", "复古"),
    ("spotted", "圆点"),
    ("striped", "条纹"),
    ("woodland", "森林"),
    ("rose", "玫瑰"),
    ("star", "星星"),
    ("heart", "爱心"),
    ("vintage", "怀旧"),
    ("travel", "旅行"),
    ("large", "大号"),
];

/// What the lines that are no goods are called.
pub(super) const ADJUSTMENTS: [(&str, Word); 3] = [
    ("POST", ("Postage", "运费")),
    ("BANK CHARGES", ("Bank charges", "手续费")),
    ("ADJUST", ("Manual adjustment", "人工调整")),
];

pub(super) const TEST_ITEM: Word = ("test item", "测试商品");

/// The word of a place in the shop: items of even number are English where names are mixed.
pub(super) const fn word(word: Word, language: Language, number: usize) -> &'static str {
    let is_english = match language {
        Language::English => true,
        Language::Chinese => false,
        Language::Mixed => number.is_multiple_of(2),
    };
    if is_english { word.0 } else { word.1 }
}

/// The name of the `rank`-th item of a category; no two items of a shop share one.
pub(super) fn item_name(category: usize, rank: usize, language: Language, number: usize) -> String {
    let say = |w: Word| word(w, language, number);
    let colour = say(COLOURS[rank % COLOURS.len()]);
    let style = say(STYLES[(rank / COLOURS.len()) % STYLES.len()]);
    let noun = say(CATEGORIES[category].noun);
    let is_english = noun.is_ascii() || noun.contains(' ');
    let name = if is_english {
        format!("{style} {colour} {noun}")
    } else {
        format!("{style}{colour}{noun}")
    };
    match rank / (COLOURS.len() * STYLES.len()) {
        0 => name,
        series if is_english => format!("{name} no. {}", series + 1),
        series => format!("{name}{}号", series + 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_items_share_a_name() {
        for language in [Language::English, Language::Chinese, Language::Mixed] {
            let names: BTreeSet<String> = (0..20 * 400)
                .map(|n| item_name(n % 20, n / 20, language, n))
                .collect();
            assert_eq!(names.len(), 20 * 400, "{language:?}");
        }
        assert_eq!(item_name(0, 0, Language::English, 0), "retro red mug");
        assert_eq!(item_name(0, 120, Language::Chinese, 0), "复古红色马克杯2号");
    }
}
