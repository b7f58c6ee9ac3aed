//! Interest measures: how a rule stands out, as numbers made of four counts.

#![allow(
    clippy::doc_markdown,
    reason = "formulas are no code, and Python shows them too"
)]

mod formulas;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, nearest};
use formulas as f;

/// The four counts that measures are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Baskets.
    pub n: u32,
    /// Those with the antecedent.
    pub n_x: u32,
    /// Those with the consequent.
    pub n_y: u32,
    /// Those with both.
    pub n_xy: u32,
}

impl Counts {
    /// Counts that can be those of two sets in the same baskets.
    ///
    /// # Errors
    /// [`Error::Parameter`] if there are more with both than with one, more with one than baskets, or more with neither than are left.
    pub fn new(n: u32, n_x: u32, n_y: u32, n_xy: u32) -> Result<Self> {
        let either = (u64::from(n_x) + u64::from(n_y)).checked_sub(u64::from(n_xy));
        let is_possible =
            n_xy <= n_x.min(n_y) && either.is_some_and(|either| either <= u64::from(n));
        if !is_possible {
            let rule = format!(
                "must be at most `n_x` ({n_x}) and `n_y` ({n_y}), and leave no more than `n` ({n}) baskets with either"
            );
            return Err(Error::parameter("Counts", "n_xy", rule, n_xy));
        }
        Ok(Self { n, n_x, n_y, n_xy })
    }
}

macro_rules! measures {
    ($($variant:ident $name:literal $formula:path, $doc:literal;)*) => {
        /// An interest measure of a rule X -> Y.
        ///
        /// Formulas are in counts: n baskets, n_x with X, n_y with Y, n_xy with both; n_10 = n_x - n_xy, n_01 = n_y - n_xy, n_00 = n - n_x - n_y + n_xy,
        /// n_x0 = n - n_x, n_y0 = n - n_y; P is a count over n. A positive number over zero is infinite, zero over zero is NaN, 0 log 0 is 0; where a
        /// measure says otherwise it follows mlxtend.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(into = "String", try_from = "String")]
        #[non_exhaustive]
        pub enum Measure {
            $(#[doc = $doc] $variant,)*
        }

        impl Measure {
            /// Every measure.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What it is: formula, range, source.
            #[must_use]
            pub const fn description(self) -> &'static str {
                match self { $(Self::$variant => $doc,)* }
            }

            /// Its value for these counts.
            #[must_use]
            pub fn of(self, counts: Counts) -> f64 {
                let cells = f::Cells::new(counts);
                match self { $(Self::$variant => $formula(&cells),)* }
            }

            /// Its values for many counts.
            pub(in crate::rules) fn fill(self, counts: impl Iterator<Item = Counts>, values: &mut [f64]) {
                let pairs = values.iter_mut().zip(counts);
                match self {
                    $(Self::$variant => pairs.for_each(|(value, counts)| {
                        *value = $formula(&f::Cells::new(counts));
                    }),)*
                }
            }
        }
    };
}

measures! {
    Support "support" f::support, "n_xy / n: how often both are bought. In [0, 1] (Agrawal, Imielinski and Swami 1993).";
    Confidence "confidence" f::confidence, "n_xy / n_x: how often Y is bought with X. In [0, 1] (Agrawal, Imielinski and Swami 1993).";
    Lift "lift" f::lift, "n n_xy / (n_x n_y): how many times as often as by chance. In [0, n], 1 at independence (Brin, Motwani and Silverstein 1997).";
    ShrunkenLift "shrunken_lift" f::shrunken_lift, "(n_xy + 1/2) / (n_x n_y / n + 1/2): lift drawn towards 1 where there is little to go by. Above 0, 1 at independence (Noren, Hopstadius and Bate 2013).";
    AntecedentSupport "antecedent_support" f::antecedent_support, "n_x / n; arules calls it coverage. In [0, 1].";
    ConsequentSupport "consequent_support" f::consequent_support, "n_y / n; arules calls it rhsSupport. In [0, 1].";
    Leverage "leverage" f::leverage, "n_xy / n - n_x n_y / n^2: what is bought together beyond chance. In [-1/4, 1/4], 0 at independence (Piatetsky-Shapiro 1991).";
    Conviction "conviction" f::conviction, "n_x n_y0 / (n n_10): how much oftener the rule would fail by chance; infinite at confidence 1. In [0, inf], 1 at independence (Brin, Motwani, Ullman and Tsur 1997).";
    ZhangsMetric "zhangs_metric" f::zhangs_metric, "(n n_xy - n_x n_y) / max(n_xy n_x0, n_x n_01); 0 over 0 is 0. In [-1, 1], 0 at independence (Zhang 2000).";
    Jaccard "jaccard" f::jaccard, "n_xy / (n_x + n_y - n_xy). In [0, 1] (Jaccard 1901).";
    Certainty "certainty" f::certainty, "(confidence - P(Y)) / (1 - P(Y)); 0 where every basket has Y. At most 1, 0 at independence (Berzal et al. 2002; one-sided form).";
    Kulczynski "kulczynski" f::kulczynski, "(n_xy / n_x + n_xy / n_y) / 2. In [0, 1] (Kulczynski 1927).";
    Representativity "representativity" f::representativity, "Share of baskets where nothing is missing: 1, for baskets have no missing values (mlxtend).";
    AddedValue "added_value" f::added_value, "confidence - P(Y). In [-1, 1], 0 at independence (Sahar and Mansour 1999).";
    CasualConfidence "casual_confidence" f::casual_confidence, "(n_xy / n_x + n_00 / n_y0) / 2. In [0, 1] (Kodratoff 2001).";
    CasualSupport "casual_support" f::casual_support, "(n_xy + n_00) / n. In [0, 1] (Kodratoff 2001).";
    CenteredConfidence "centered_confidence" f::added_value, "confidence - P(Y): added value by another name (Lavrac, Flach and Zupan 1999).";
    ChiSquared "chi_squared" f::chi_squared, "n (n_xy n_00 - n_10 n_01)^2 / (n_x n_y n_x0 n_y0). In [0, n], 0 at independence; blind to basket size (Pearson 1900).";
    ChiSquaredYates "chi_squared_yates" f::chi_squared_yates, "Chi-squared with the difference made smaller by n / 2, not below 0 (Yates 1934).";
    GTest "g_test" f::g_test, "2 sum of O ln(O / E) over the four cells. In [0, 2 n ln 2], 0 at independence; blind to basket size (Wilks 1935).";
    CollectiveStrength "collective_strength" f::collective_strength, "Agreement over chance agreement, times chance disagreement over disagreement. In [0, inf], 1 at independence (Aggarwal and Yu 1998).";
    ConfirmedConfidence "confirmed_confidence" f::confirmed_confidence, "(n_xy - n_10) / n_x. In [-1, 1] (Kodratoff 1999).";
    Cosine "cosine" f::cosine, "n_xy / sqrt(n_x n_y). In [0, 1] (Tan, Kumar and Srivastava 2004).";
    Counterexample "counterexample" f::counterexample, "(n_xy - n_10) / n_xy. At most 1 (Vaillant, Lenca and Lallich 2004).";
    Doc "doc" f::doc, "n_xy / n_x - n_01 / n_x0: difference of confidence. In [-1, 1], 0 at independence (Hofmann and Wilhelm 2001).";
    FishersExactTest "fishers_exact_test" f::fishers_exact_test, "P(N >= n_xy), N hypergeometric: the one-sided p-value, blind to basket size. In (0, 1] (Fisher 1935).";
    Gini "gini" f::gini, "2 (n n_xy - n_x n_y)^2 / (n^2 n_x n_x0): fall of Gini impurity. In [0, 1/2], 0 at independence (Breiman et al. 1984).";
    HyperConfidence "hyper_confidence" f::hyper_confidence, "P(N < n_xy), N hypergeometric. In [0, 1) (Hahsler and Hornik 2007).";
    HyperLift "hyper_lift" f::hyper_lift, "n_xy over the 99 % quantile of the hypergeometric distribution. In [0, inf] (Hahsler and Hornik 2007).";
    Imbalance "imbalance" f::imbalance, "|n_x - n_y| / (n_x + n_y - n_xy). In [0, 1] (Wu, Chen and Han 2010).";
    ImplicationIndex "implication_index" f::implication_index, "(n_10 - n_x n_y0 / n) / sqrt(n_x n_y0 / n): negative for strong rules, 0 at independence (Gras 1996).";
    Importance "importance" f::importance, "log10 of (n_xy + 1)(n_x0 + 2) / ((n_01 + 1)(n_x + 2)) (Microsoft Analysis Services).";
    JMeasure "j_measure" f::j_measure, "P(XY) ln(P(XY) / P(X)P(Y)) + P(X not Y) ln(P(X not Y) / P(X)P(not Y)). In [0, 1/e], 0 at independence (Smyth and Goodman 1991).";
    Kappa "kappa" f::kappa, "Agreement beyond chance. In [-1, 1], 0 at independence (Cohen 1960).";
    Lambda "lambda" f::lambda, "Fall of the error when Y is guessed from X. In [0, 1] (Goodman and Kruskal 1954).";
    Laplace "laplace" f::laplace, "(n_xy + 1) / (n_x + 2). In (0, 1) (Clark and Boswell 1991).";
    LeastContradiction "least_contradiction" f::least_contradiction, "(n_xy - n_10) / n_y. At most 1 (Aze and Kodratoff 2002).";
    Lerman "lerman" f::lerman, "(n_xy - n_x n_y / n) / sqrt(n_x n_y / n). 0 at independence (Lerman 1981).";
    MaxConfidence "max_confidence" f::max_confidence, "max(n_xy / n_x, n_xy / n_y). In [0, 1] (Wu, Chen and Han 2010).";
    MutualInformation "mutual_information" f::mutual_information, "Mutual information over the smaller entropy. In [0, 1], 0 at independence (Tan, Kumar and Srivastava 2004).";
    OddsRatio "odds_ratio" f::odds_ratio, "n_xy n_00 / (n_10 n_01). In [0, inf], 1 at independence (Tan, Kumar and Srivastava 2004).";
    Phi "phi" f::phi, "(n n_xy - n_x n_y) / sqrt(n_x n_y n_x0 n_y0): correlation. In [-1, 1], 0 at independence (Pearson).";
    Ralambondrainy "ralambondrainy" f::ralambondrainy, "n_10 / n: the smaller the better. In [0, 1] (Ralambondrainy 1991).";
    RelativeRisk "relative_risk" f::relative_risk, "n_xy n_x0 / (n_01 n_x): how much oftener Y is bought with X than without. In [0, inf], 1 at independence (Sistrom and Garvan 2004).";
    Rld "rld" f::rld, "Relative linkage disequilibrium: the association over the largest that the margins allow. In [0, 1], 0 at independence (Kenett and Salini 2008).";
    RulePowerFactor "rule_power_factor" f::rule_power_factor, "support times confidence. In [0, 1] (Ochin et al. 2016).";
    Sebag "sebag" f::sebag, "n_xy / n_10. In [0, inf] (Sebag and Schoenauer 1988).";
    StandardizedLift "standardized_lift" f::standardized_lift, "(n_xy - m) / (min(n_x, n_y) - m), m = max(n_x + n_y - n, 1): where lift stands between its bounds (McNicholas, Murphy and O'Regan 2008, without thresholds).";
    VaryingRatesLiaison "varying_rates_liaison" f::varying_rates_liaison, "lift - 1. 0 at independence (Bernard and Charron 1996).";
    YuleQ "yule_q" f::yule_q, "(n_xy n_00 - n_10 n_01) / (n_xy n_00 + n_10 n_01). In [-1, 1], 0 at independence (Yule 1900).";
    YuleY "yule_y" f::yule_y, "The same of the roots of both products. In [-1, 1], 0 at independence (Yule 1912).";
}

/// Names that other libraries use.
const ALIASES: [(&str, Measure); 8] = [
    ("coverage", Measure::AntecedentSupport),
    ("rhssupport", Measure::ConsequentSupport),
    ("zhang", Measure::ZhangsMetric),
    ("chi2", Measure::ChiSquared),
    ("stdlift", Measure::StandardizedLift),
    ("varyingliaison", Measure::VaryingRatesLiaison),
    ("differenceofconfidence", Measure::Doc),
    ("relativelinkagedisequilibrium", Measure::Rld),
];

impl Measure {
    /// The measure of that name; arules' and mlxtend's ways to write it are understood too (`hyperConfidence`, `antecedent support`).
    ///
    /// ```
    /// use patronomy::rules::Measure;
    /// assert_eq!(Measure::parse("hyperLift")?, Measure::HyperLift);
    /// let error = Measure::parse("convction").unwrap_err().to_string();
    /// assert!(error.contains("did you mean `conviction`?"));
    /// # Ok::<(), patronomy::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Parameter`] names the most similar one.
    pub fn parse(name: &str) -> Result<Self> {
        let plain = |text: &str| -> String {
            let letters = text.chars().filter(|c| c.is_alphanumeric());
            letters.collect::<String>().to_lowercase()
        };
        let wanted = plain(name);
        let named = Self::ALL
            .iter()
            .copied()
            .find(|m| plain(m.name()) == wanted);
        let known = ALIASES.iter().find(|a| a.0 == wanted).map(|a| a.1);
        named.or(known).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|m| m.name()).collect();
            let similar = nearest(name, &names)
                .map_or_else(String::new, |n| format!("; did you mean `{n}`?"));
            let rule = format!("must be an interest measure{similar}");
            Error::parameter("rules", "measure", rule, name)
        })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl From<Measure> for String {
    fn from(measure: Measure) -> Self {
        measure.name().into()
    }
}

impl TryFrom<String> for Measure {
    type Error = Error;

    fn try_from(name: String) -> Result<Self> {
        Self::parse(&name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart_and_read_back() {
        for &measure in Measure::ALL {
            assert_eq!(Measure::parse(measure.name()).unwrap(), measure);
            assert_eq!(
                Measure::parse(&measure.name().to_uppercase()).unwrap(),
                measure
            );
        }
        assert_eq!(
            Measure::parse("antecedent support").unwrap(),
            Measure::AntecedentSupport
        );
        assert_eq!(
            Measure::parse("stdLift").unwrap(),
            Measure::StandardizedLift
        );
        assert!(Measure::parse("").is_err());
    }

    #[test]
    fn counts_that_cannot_be_are_refused() {
        assert!(Counts::new(10, 5, 5, 3).is_ok());
        assert!(Counts::new(10, 8, 8, 6).is_ok());
        assert!(Counts::new(0, 0, 0, 0).is_ok());
        for (n, n_x, n_y, n_xy) in [
            (10, 5, 5, 6),
            (10, 11, 5, 5),
            (10, 8, 8, 5),
            (u32::MAX, u32::MAX, u32::MAX, 7),
        ] {
            assert!(Counts::new(n, n_x, n_y, n_xy).is_err());
        }
    }

    #[test]
    fn many_are_filled_as_each() {
        let all: Vec<Counts> = (0..=4)
            .map(|n_xy| Counts::new(20, 4, 9, n_xy).unwrap())
            .collect();
        for &measure in Measure::ALL {
            let mut values = vec![0.0; all.len()];
            measure.fill(all.iter().copied(), &mut values);
            for (value, &counts) in values.iter().zip(&all) {
                assert_eq!(value.to_bits(), measure.of(counts).to_bits());
            }
        }
    }
}
