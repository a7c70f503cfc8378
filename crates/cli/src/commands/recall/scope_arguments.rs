//! A recall's scope as flags, or as a JSON file: both take the road of the JSON.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::{Map, Value, json};

use lotgraph_domain::recall::RecallScope;
use lotgraph_format as format;
use lotgraph_service::ServiceError;

/// What a recall is about. The conditions make one cause, and all of them hold; --scope takes several causes.
#[derive(Debug, Args)]
pub struct ScopeArguments {
    /// A lot to start from; LOT@TIME: bad since then
    #[arg(long, value_name = "LOT")]
    lot: Vec<String>,
    /// Receipts from this supplier
    #[arg(long, value_name = "CODE")]
    supplier: Option<String>,
    /// Lots received under this number of the supplier
    #[arg(long, value_name = "NUMBER")]
    supplier_lot: Option<String>,
    /// Operations on this equipment, or on a part of it
    #[arg(long, value_name = "CODE")]
    equipment: Option<String>,
    /// Operations with this operator
    #[arg(long, value_name = "CODE")]
    operator: Option<String>,
    /// Operations in this shift
    #[arg(long, value_name = "CODE")]
    shift: Option<String>,
    /// Operations of the step with this name
    #[arg(long, value_name = "NAME")]
    step: Option<String>,
    /// Lots of this material
    #[arg(long, value_name = "CODE")]
    material: Option<String>,
    /// Operations under way at this moment or later
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Operations under way at this moment or earlier
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Operations with this parameter outside --below and --above
    #[arg(long, value_name = "NAME")]
    parameter: Option<String>,
    /// The parameter is outside below this
    #[arg(long, value_name = "NUMBER", requires = "parameter", allow_negative_numbers = true)]
    below: Option<String>,
    /// The parameter is outside above this
    #[arg(long, value_name = "NUMBER", requires = "parameter", allow_negative_numbers = true)]
    above: Option<String>,
    /// Also walk where time would have to go back
    #[arg(long)]
    ignore_time: bool,
    /// Instead: a file with the scope as JSON (docs/EVENTS.md)
    #[arg(long, value_name = "FILE", conflicts_with_all = ["lot", "supplier", "supplier_lot", "equipment", "operator",
        "shift", "step", "material", "from", "until", "parameter", "ignore_time"])]
    scope: Option<PathBuf>,
}

impl ScopeArguments {
    /// The scope.
    ///
    /// # Errors
    /// Everything wrong with it.
    pub fn read(&self) -> anyhow::Result<RecallScope> {
        let value = match &self.scope {
            Some(path) => {
                let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
                format::json::parse(&bytes).map_err(|error| ServiceError::of_problems(vec![error.problem]))?
            }
            None => self.as_json(),
        };
        Ok(format::recall::parse_scope(&value).map_err(ServiceError::of_problems)?)
    }

    fn as_json(&self) -> Value {
        let parameter = self
            .parameter
            .as_ref()
            .map(|name| json!({"name": name, "below": self.below, "above": self.above}));
        let conditions = [
            ("supplier", &self.supplier),
            ("supplierLot", &self.supplier_lot),
            ("equipment", &self.equipment),
            ("operator", &self.operator),
            ("shift", &self.shift),
            ("step", &self.step),
            ("material", &self.material),
            ("from", &self.from),
            ("until", &self.until),
        ];
        let given = conditions.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
        let mut cause: Map<String, Value> =
            given.map(|(name, value)| (name.to_owned(), value.into())).collect();
        cause.extend(parameter.map(|parameter| ("parameter".to_owned(), parameter)));
        let causes = if cause.is_empty() { Vec::new() } else { vec![Value::Object(cause)] };
        json!({"lots": lots_as_json(&self.lot), "causes": causes, "respectTime": !self.ignore_time})
    }
}

/// Lots as JSON, each `LOT` or `LOT@TIME`.
pub fn lots_as_json(lots: &[String]) -> Value {
    let lot = |text: &String| match since(text) {
        Some((lot, since)) => json!({"lot": lot, "since": since}),
        None => json!({"lot": text}),
    };
    lots.iter().map(lot).collect()
}

/// `LOT@TIME`; an id may hold an @ of its own.
fn since(text: &str) -> Option<(&str, &str)> {
    let (lot, time) = text.rsplit_once('@')?;
    lotgraph_domain::Timestamp::parse(time).is_ok().then_some((lot, time))
}
