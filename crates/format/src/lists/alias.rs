//! Further names of lots.

use super::kind::Required;
use super::list::field_list;
use super::several::SomeLots;
use lotgraph_domain::{self as domain, LotId, Text, Timestamp};

field_list! {
    event Alias of domain::Alias {
        /// When it was found out.
        at: Required<Timestamp>;
        /// The lot.
        lot: Required<LotId>;
        /// Its further names, at least one: misread numbers, or those of another system. A name need not be known yet.
        names: SomeLots;
        /// Why.
        reason: Required<Text>;
    }
}

field_list! {
    event MergeLots of domain::MergeLots {
        /// When it was found out.
        at: Required<Timestamp>;
        /// The lot that they all are.
        into: Required<LotId>;
        /// The lots that are no lots of their own, at least one.
        lots: SomeLots;
        /// Why.
        reason: Required<Text>;
    }
}
