//! The binding: thin functions around the core, one gate for all that computes.
#![allow(
    clippy::needless_pass_by_value,
    reason = "arguments arrive owned from Python"
)]
#![allow(missing_docs, reason = "the Python face documents what these wrap")]

mod baskets;
mod clean;
mod cluster;
mod cohorts;
mod density;
mod errors;
mod files;
mod gate;
mod itemsets;
mod labels;
mod mined;
mod mini_batch;
mod profit;
mod prototypes;
mod quality;
mod rfm;
mod rules;
mod segments;
mod sequences;
mod simulate;
mod survival;
mod table;
mod transactions;
mod value;
mod valued;

use pyo3::prelude::*;

/// Jobs take and give back hundreds of megabytes: with the system's allocator a third of their time would be page faults.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[pymodule]
mod _core {
    use super::{Bound, PyModule, PyModuleMethods, PyResult};

    #[pymodule_export]
    use super::baskets::{Baskets, itemset_defaults, textbook_itemsets};
    #[pymodule_export]
    use super::clean::normalise;
    #[pymodule_export]
    use super::cluster::{KMeansModel, kmeans_defaults};
    #[pymodule_export]
    use super::cohorts::{Cohorts, cohort_defaults};
    #[pymodule_export]
    use super::density::{MixtureModel, dbscan, density_defaults, optics};
    #[pymodule_export]
    use super::files::{FileTable, Scan, guess_roles, inspect_file, read_table};
    #[pymodule_export]
    use super::itemsets::Itemsets;
    #[pymodule_export]
    use super::mined::{ItemsetScan, MinedBatches};
    #[pymodule_export]
    use super::mini_batch::{MiniBatchModel, mini_batch_defaults};
    #[pymodule_export]
    use super::profit::{Profit, customer_kinds, profit_defaults};
    #[pymodule_export]
    use super::prototypes::{PrototypesModel, prototypes_defaults};
    #[pymodule_export]
    use super::quality::{Quality, quality_checks, quality_defaults};
    #[pymodule_export]
    use super::rfm::{Rfm, RfmModel, builtin_segment_map, rfm_defaults};
    #[pymodule_export]
    use super::rules::{Evaluation, Rules, measures, rule_defaults, rule_splits};
    #[pymodule_export]
    use super::segments::{Features, SegmentModel, Segments, segment_defaults};
    #[pymodule_export]
    use super::sequences::{Histories, Sequences, sequence_defaults};
    #[pymodule_export]
    use super::simulate::{Oracle, Shop, shop_choices, shop_defaults};
    #[pymodule_export]
    use super::survival::{SurvivalCurve, log_rank, survival_defaults};
    #[pymodule_export]
    use super::table::{Batches, TableView};
    #[pymodule_export]
    use super::transactions::Transactions;
    #[pymodule_export]
    use super::value::{ContractModel, CustomerSummary, LifetimeModel, SpendModel, value_defaults};
    #[pymodule_export]
    use super::valued::{CustomerValue, ValueModel, customer_value_defaults};

    #[pymodule_init]
    fn init(m: &Bound<'_, PyModule>) -> PyResult<()> {
        m.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
