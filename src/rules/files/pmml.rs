//! Rules for other tools: the `AssociationModel` of PMML 4.4 (Data Mining Group).

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use arrow_array::Array;
use arrow_cast::display::array_value_to_string;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, Event};

use crate::error::{Error, Result};
use crate::rules::measures::Measure;
use crate::rules::result::Rules;
use crate::saved::write_whole;

const OWNER: &str = "Rules.to_pmml";

type Attributes<'a> = Vec<(&'a str, String)>;

impl Rules {
    /// The rules as PMML: the items, the sets on either side with their supports, and of each rule support, confidence, lift and leverage; where rules were tested
    /// `p_value`, `p_adjusted` and `expected_count` as extensions. Items are written as text.
    ///
    /// # Errors
    /// [`Error::Parameter`] if an item's label holds a character that XML cannot hold.
    pub fn to_pmml(&self) -> Result<String> {
        let labels = self.item_texts()?;
        let mut document = Document(Writer::new_with_indent(Vec::new(), b' ', 1));
        document
            .write(self, &labels)
            .map_err(|e| Error::parameter(OWNER, "rules", "cannot be written as XML", e))?;
        Ok(String::from_utf8_lossy(&document.0.into_inner()).into_owned())
    }

    /// Writes them to a file, whole or not at all.
    ///
    /// # Errors
    /// As [`to_pmml`](Self::to_pmml); [`Error::Io`] if the file cannot be written.
    pub fn save_pmml(&self, path: &Path) -> Result<()> {
        let text = self.to_pmml()?;
        write_whole(path, |file| {
            let written = file.write_all(text.as_bytes());
            written.map_err(|e| Error::io(path, e))
        })
    }

    /// Labels of the items that were frequent enough, by code.
    fn item_texts(&self) -> Result<Vec<String>> {
        let text = |&item: &u32| {
            let labels = self.labels();
            let text = if labels.is_null(item as usize) {
                String::new()
            } else {
                let text = array_value_to_string(labels, item as usize);
                text.map_err(|e| Error::parameter(OWNER, "labels", "cannot be read", e))?
            };
            if text.chars().all(is_xml) {
                return Ok(text);
            }
            let rule = "holds a character that XML cannot hold; rename the item";
            Err(Error::parameter(OWNER, "item", rule, text.escape_debug()))
        };
        self.shared.codes.iter().map(text).collect()
    }
}

/// Whether XML 1.0 can hold the character.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{FFFD}' | '\u{10000}'..)
        && c != '\u{FFFE}'
        && c != '\u{FFFF}'
}

struct Document(Writer<Vec<u8>>);

impl Document {
    fn write(&mut self, rules: &Rules, labels: &[String]) -> std::io::Result<()> {
        let declaration = BytesDecl::new("1.0", Some("UTF-8"), None);
        self.0.write_event(Event::Decl(declaration))?;
        let root = vec![
            ("xmlns", "http://www.dmg.org/PMML-4_4".to_owned()),
            ("version", "4.4".to_owned()),
        ];
        self.open("PMML", &root)?;
        self.open("Header", &vec![])?;
        let version = env!("CARGO_PKG_VERSION").to_owned();
        self.empty(
            "Application",
            &vec![("name", "patronomy".into()), ("version", version)],
        )?;
        self.close("Header")?;
        self.open("DataDictionary", &vec![("numberOfFields", "2".into())])?;
        for field in ["transaction", "item"] {
            let kind = ("dataType", "string".into());
            let field = ("name", field.to_owned());
            self.empty(
                "DataField",
                &vec![field, ("optype", "categorical".into()), kind],
            )?;
        }
        self.close("DataDictionary")?;
        self.model(rules, labels)?;
        self.close("PMML")
    }

    fn model(&mut self, rules: &Rules, labels: &[String]) -> std::io::Result<()> {
        let tree = &rules.shared.tree;
        // The sets on either side, numbered from 1.
        let sides = rules.list.iter().flat_map(|r| [r.x, r.y]);
        let mut sets: BTreeMap<u32, usize> = sides.map(|set| (set, 0)).collect();
        (1..)
            .zip(sets.values_mut())
            .for_each(|(i, number)| *number = i);
        let n = f64::from(rules.n_baskets());
        let attributes = vec![
            ("functionName", "associationRules".into()),
            ("numberOfTransactions", rules.n_baskets().to_string()),
            ("numberOfItems", labels.len().to_string()),
            (
                "minimumSupport",
                share(f64::from(rules.min_support_count()), n),
            ),
            (
                "minimumConfidence",
                rules.params().min_confidence.to_string(),
            ),
            ("numberOfItemsets", sets.len().to_string()),
            ("numberOfRules", rules.len().to_string()),
        ];
        self.open("AssociationModel", &attributes)?;
        self.open("MiningSchema", &vec![])?;
        for (field, usage) in [("transaction", "group"), ("item", "active")] {
            let field = ("name", field.to_owned());
            self.empty("MiningField", &vec![field, ("usageType", usage.into())])?;
        }
        self.close("MiningSchema")?;
        for (code, label) in labels.iter().enumerate() {
            let id = ("id", (code + 1).to_string());
            self.empty("Item", &vec![id, ("value", label.clone())])?;
        }
        for (&set, number) in &sets {
            let items = tree.items_of(set);
            let support = share(f64::from(tree.support(set)), n);
            let attributes = vec![
                ("id", number.to_string()),
                ("support", support),
                ("numberOfItems", items.len().to_string()),
            ];
            self.open("Itemset", &attributes)?;
            for code in items {
                self.empty("ItemRef", &vec![("itemRef", (code + 1).to_string())])?;
            }
            self.close("Itemset")?;
        }
        for rule in 0..rules.len() {
            self.rule(rules, rule, &sets)?;
        }
        self.close("AssociationModel")
    }

    fn rule(
        &mut self,
        rules: &Rules,
        place: usize,
        sets: &BTreeMap<u32, usize>,
    ) -> std::io::Result<()> {
        let (rule, counts) = (rules.list[place], rules.counts(place));
        let measure = |measure: Measure| real(measure.of(counts));
        let attributes = vec![
            ("id", (place + 1).to_string()),
            ("antecedent", sets[&rule.x].to_string()),
            ("consequent", sets[&rule.y].to_string()),
            ("support", measure(Measure::Support)),
            ("confidence", measure(Measure::Confidence)),
            ("lift", measure(Measure::Lift)),
            ("leverage", measure(Measure::Leverage)),
        ];
        let Some(tests) = &rules.tests else {
            return self.empty("AssociationRule", &attributes);
        };
        self.open("AssociationRule", &attributes)?;
        let chance = tests.chances[place];
        for (name, value) in [
            ("expected_count", chance.expected),
            ("p_value", chance.p_value),
            ("p_adjusted", tests.adjusted[place]),
        ] {
            let name = ("name", name.to_owned());
            self.empty("Extension", &vec![name, ("value", real(value))])?;
        }
        self.close("AssociationRule")
    }

    fn start<'a>(name: &'a str, attributes: &'a Attributes<'_>) -> BytesStart<'a> {
        let attributes = attributes
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        BytesStart::new(name).with_attributes(attributes)
    }

    fn open(&mut self, name: &str, attributes: &Attributes<'_>) -> std::io::Result<()> {
        self.0
            .write_event(Event::Start(Self::start(name, attributes)))
    }

    fn empty(&mut self, name: &str, attributes: &Attributes<'_>) -> std::io::Result<()> {
        self.0
            .write_event(Event::Empty(Self::start(name, attributes)))
    }

    fn close(&mut self, name: &str) -> std::io::Result<()> {
        self.0.write_event(Event::End(BytesEnd::new(name)))
    }
}

fn share(count: f64, n: f64) -> String {
    real(if n > 0.0 { count / n } else { 0.0 })
}

/// A number as XML Schema writes it.
fn real(value: f64) -> String {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "INF" } else { "-INF" }.into()
    } else {
        value.to_string()
    }
}
