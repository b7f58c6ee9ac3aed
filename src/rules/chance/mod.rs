//! What chance does: classes of baskets of one size, the test of a rule, and how many rules could have been found.

pub(super) mod family;
pub(super) mod significance;
pub(super) mod sizes;
