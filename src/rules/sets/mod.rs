//! Sets of items: as a tree, found by their items, met in baskets, counted.

pub(super) mod counting;
pub(super) mod index;
pub(super) mod matcher;
pub(super) mod tree;
