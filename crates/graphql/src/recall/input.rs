//! What a recall is about, as typed input. It takes the same road as a scope in JSON, so that one reader checks both.

use async_graphql::{ID, InputObject};
use serde::Serialize;

use crate::scalars::{Exact, Moment};
use lotgraph_domain::ErrorCode;
use lotgraph_domain::recall::RecallScope;
use lotgraph_format as format;
use lotgraph_service::{ServiceError, ServiceResult};

/// What a recall is about: the lots named, and those that any of the causes touched.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RecallScopeInput {
    /// Lots to start from.
    lots: Option<Vec<ScopeLotInput>>,
    /// Causes, at most 20; any of them suffices. The conditions inside one all hold.
    causes: Option<Vec<CauseInput>>,
    /// Whether only what can have happened in time counts; absent: true.
    respect_time: Option<bool>,
}

/// A lot that a recall starts from.
#[derive(InputObject, Serialize)]
pub struct ScopeLotInput {
    /// The id of the lot.
    lot: ID,
    /// Since when it is bad: what was drawn before is not affected. Absent: always.
    since: Option<Moment>,
}

/// What went wrong, as conditions on operations that all hold. It selects what those operations brought forth or worked
/// on in place, each lot from the moment on at which it can have been touched.
#[derive(InputObject, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CauseInput {
    /// Receipts from the supplier with this code.
    supplier: Option<ID>,
    /// Lots received under this number of the supplier.
    supplier_lot: Option<String>,
    /// Operations on the equipment with this code, or on a part of it.
    equipment: Option<ID>,
    /// Operations with the operator of this code.
    operator: Option<ID>,
    /// Operations in the shift with this code.
    shift: Option<ID>,
    /// Operations of the step with this name.
    step: Option<String>,
    /// Lots of the material with this code.
    material: Option<ID>,
    /// Operations under way at this moment or later.
    from: Option<Moment>,
    /// Operations under way at this moment or earlier.
    until: Option<Moment>,
    /// Operations with this parameter outside its limits.
    parameter: Option<ParameterOutsideInput>,
}

/// A numeric process parameter outside its limits; at least one limit is given.
#[derive(InputObject, Serialize)]
pub struct ParameterOutsideInput {
    /// The parameter's name.
    name: String,
    /// Outside when below this.
    below: Option<Exact>,
    /// Outside when above this.
    above: Option<Exact>,
}

impl RecallScopeInput {
    /// The scope.
    ///
    /// # Errors
    /// Every problem with it, in one message; the code is that of the first.
    pub(crate) fn read(&self) -> ServiceResult<RecallScope> {
        let value = serde_json::to_value(self)
            .map_err(|error| ServiceError::new(ErrorCode::Internal, error.to_string()))?;
        format::recall::parse_scope(&value).map_err(ServiceError::of_problems)
    }
}
