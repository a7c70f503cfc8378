//! Short ways to write events in code. Everything written this way is valid.

use rust_decimal::Decimal;

use lotgraph_domain::quantity::Amount;
use lotgraph_domain::{
    Attributes, Conversion, Disposition, Equipment, EquipmentCode, Event, EventId, Fact, Hold, HoldPolicy,
    InPlace, Input, LateCapture, LotId, Master, Material, MaterialClass, MaterialCode, Operation,
    OperationKind, Operator, OperatorCode, Output, Parameter, Party, PartyCode, PartyRole, Quantity, Release,
    ShiftCode, Text, Timestamp, Tracking, UnitCode, Void,
};
use lotgraph_format::{canonical, event as event_format};

macro_rules! names {
    ($($(#[$doc:meta])* $function:ident -> $type:ident;)*) => {
        $($(#[$doc])* pub(super) fn $function(text: &str) -> $type {
            $type::parse(text).expect("generated names are short, printable and never empty")
        })*
    };
}

names! {
    /// A lot id.
    lot -> LotId;
    /// An event id.
    event_id -> EventId;
    /// A material code.
    material_code -> MaterialCode;
    /// An equipment code.
    equipment_code -> EquipmentCode;
    /// An operator code.
    operator_code -> OperatorCode;
    /// A party code.
    party_code -> PartyCode;
    /// A shift code.
    shift -> ShiftCode;
    /// A text.
    text -> Text;
    /// A unit code.
    unit_code -> UnitCode;
}

/// A quantity of `amount` thousandths (grams of KGM, millilitres of LTR).
pub(super) fn milli(amount: i64, unit: &str) -> Quantity {
    quantity(Decimal::new(amount, 3), unit)
}

/// A quantity of whole units.
pub(super) fn whole(amount: i64, unit: &str) -> Quantity {
    quantity(Decimal::from(amount), unit)
}

fn quantity(amount: Decimal, unit: &str) -> Quantity {
    let amount = Amount::new(amount).expect("plants only move amounts above zero and far below the limit");
    Quantity { amount, unit: unit_code(unit) }
}

/// A decimal number as text, from its digits and how many of them are decimals: `decimal(724, 1)` is 72.4.
pub(super) fn decimal(digits: i64, scale: u32) -> String {
    Decimal::new(digits, scale).to_string()
}

/// A lot that comes out of a step.
pub(super) fn output(lot: &LotId, material: &str, quantity: Quantity) -> Output {
    Output {
        lot: lot.clone(),
        material: Some(material_code(material)),
        quantity: Some(quantity),
        at: None,
        number: None,
        supplier_lot: None,
        shipped_as: None,
        factors: Vec::new(),
        attributes: Attributes::new(),
    }
}

/// A declaration of master data. Its id is derived from its content, as it is for a declaration that was sent
/// without one.
pub(super) fn master(master: Master) -> Event {
    let fact = Fact::Master(master);
    let id = event_format::derived_id(&canonical::body(&fact));
    Event { id, fact }
}

/// Declares a material. A conversion is a unit and a factor in thousandths.
pub(super) fn material(
    code: &str,
    name: &str,
    unit: &str,
    class: MaterialClass,
    conversions: &[(&str, i64)],
) -> Event {
    let mut conversions: Vec<Conversion> = conversions
        .iter()
        .map(|(unit, factor)| Conversion {
            unit: unit_code(unit),
            factor: Decimal::new(*factor, 3).normalize(),
            valid_from: None,
        })
        .collect();
    conversions.sort_unstable_by(|a, b| a.unit.cmp(&b.unit));
    master(Master::Material(Material {
        code: material_code(code),
        declared: true,
        name: Some(text(name)),
        unit: Some(unit_code(unit)),
        class: Some(class),
        conversions,
        tolerance_percent: None,
        yield_min: None,
        yield_max: None,
        inspection_required: false,
        tracking: Tracking::Lot,
        returns_to_stock: false,
    }))
}

/// Declares equipment. An empty `parent` means that it has none.
pub(super) fn equipment(code: &str, name: &str, parent: &str) -> Event {
    let parent = (!parent.is_empty()).then(|| equipment_code(parent));
    let code = equipment_code(code);
    master(Master::Equipment(Equipment { code, declared: true, name: Some(text(name)), parent }))
}

/// Declares an operator.
pub(super) fn operator(code: &str, name: &str) -> Event {
    master(Master::Operator(Operator { code: operator_code(code), declared: true, name: Some(text(name)) }))
}

/// Declares a party.
pub(super) fn party(code: &str, name: &str, role: PartyRole) -> Event {
    let code = party_code(code);
    master(Master::Party(Party {
        name: Some(text(name)),
        roles: vec![role],
        declared: true,
        ..Party::mentioned(code)
    }))
}

/// Withdraws an event in favour of another.
pub(super) fn void(id: &str, event: &str, reason: &str, replaced_by: &str) -> Event {
    let fact = Fact::Void(Void {
        event: event_id(event),
        reason: text(reason),
        replaced_by: Some(event_id(replaced_by)),
    });
    Event { id: event_id(id), fact }
}

/// Puts a lot into quarantine, with everything made of it.
pub(super) fn hold(id: &str, at: Timestamp, lot: &LotId, reason: &str, category: &str) -> Event {
    let fact = Fact::Hold(Hold {
        at,
        lots: vec![lot.clone()],
        reason: text(reason),
        category: Some(text(category)),
        propagate: true,
        policy: HoldPolicy::Block,
        late_capture: LateCapture::default(),
        recall: None,
        resolve: false,
        resolved: Vec::new(),
    });
    Event { id: event_id(id), fact }
}

/// Ends a hold.
pub(super) fn release(id: &str, at: Timestamp, hold: &str, reason: &str, disposition: Disposition) -> Event {
    let fact = Fact::Release(Release {
        at,
        hold: Some(event_id(hold)),
        lots: Vec::new(),
        reason: text(reason),
        disposition,
    });
    Event { id: event_id(id), fact }
}

/// An operation being written down.
#[derive(Debug, Clone)]
pub(super) struct Step {
    id: EventId,
    operation: Operation,
}

impl Step {
    /// A step that is over in a moment.
    pub(super) fn new(kind: OperationKind, name: &str, id: &str, at: Timestamp) -> Self {
        let operation = Operation {
            transfers: Vec::new(),
            kind,
            name: (!name.is_empty()).then(|| text(name)),
            started_at: None,
            at,
            party: None,
            document: None,
            shipment: None,
            reason: None,
            work_order: None,
            yield_min: None,
            yield_max: None,
            inputs: Vec::new(),
            outputs: Vec::new(),
            lots: Vec::new(),
            equipment: Vec::new(),
            operators: Vec::new(),
            shift: None,
            parameters: Vec::new(),
            attributes: Attributes::new(),
            resolve: false,
            resolved: Vec::new(),
        };
        Self { id: event_id(id), operation }
    }

    /// Says when the step started.
    pub(super) fn since(mut self, start: Timestamp) -> Self {
        self.operation.started_at = Some(start);
        self
    }

    /// Draws from a lot, some time during the step.
    pub(super) fn draw(mut self, lot: &LotId, quantity: Quantity) -> Self {
        self.operation.inputs.push(Input {
            lot: lot.clone(),
            quantity: Some(quantity),
            returned: None,
            at: None,
            material: None,
            only_for: None,
        });
        self
    }

    /// Draws from a lot at a known moment.
    pub(super) fn draw_at(mut self, lot: &LotId, quantity: Quantity, at: Timestamp) -> Self {
        self.operation.inputs.push(Input {
            lot: lot.clone(),
            quantity: Some(quantity),
            returned: None,
            at: Some(at),
            material: None,
            only_for: None,
        });
        self
    }

    /// Produces a lot, or some of it.
    pub(super) fn make(mut self, output: Output) -> Self {
        self.operation.outputs.push(output);
        self
    }

    /// Works on a lot in place.
    pub(super) fn on_lot(mut self, lot: &LotId) -> Self {
        self.operation.lots.push(InPlace { lot: lot.clone(), counted: None });
        self
    }

    /// Counts what is left of a lot.
    pub(super) fn count(mut self, lot: &LotId, quantity: Quantity) -> Self {
        self.operation.lots.push(InPlace { lot: lot.clone(), counted: Some(quantity) });
        self
    }

    /// The supplier or customer.
    pub(super) fn party(mut self, code: &str) -> Self {
        self.operation.party = Some(party_code(code));
        self
    }

    /// The delivery note or sales order.
    pub(super) fn document(mut self, document: &str) -> Self {
        self.operation.document = Some(text(document));
        self
    }

    /// The reason for the step.
    pub(super) fn reason(mut self, reason: &str) -> Self {
        self.operation.reason = Some(text(reason));
        self
    }

    /// The work order that it is for.
    pub(super) fn work_order(mut self, order: &str) -> Self {
        self.operation.work_order = Some(text(order));
        self
    }

    /// The equipment used.
    pub(super) fn equipment(mut self, code: &str) -> Self {
        self.operation.equipment.push(equipment_code(code));
        self
    }

    /// An operator at work.
    pub(super) fn operator(mut self, code: &str) -> Self {
        self.operation.operators.push(operator_code(code));
        self
    }

    /// The shift.
    pub(super) fn shift(mut self, code: ShiftCode) -> Self {
        self.operation.shift = Some(code);
        self
    }

    /// A parameter as measured. An empty `unit` means that it has none.
    pub(super) fn parameter(mut self, name: &str, value: &str, unit: &str) -> Self {
        let unit = (!unit.is_empty()).then(|| unit_code(unit));
        self.operation.parameters.push(Parameter { name: text(name), value: text(value), unit, at: None });
        self
    }

    /// A parameter measured at a known moment.
    pub(super) fn reading(mut self, name: &str, value: &str, unit: &str, at: Timestamp) -> Self {
        let unit = Some(unit_code(unit));
        let (name, value) = (text(name), text(value));
        self.operation.parameters.push(Parameter { name, value, unit, at: Some(at) });
        self
    }

    /// The lots it draws from.
    pub(super) fn inputs(&self) -> &[Input] {
        &self.operation.inputs
    }

    /// The event that says all this.
    pub(super) fn event(mut self) -> Event {
        // The canonical form of an event lists codes in order, each once.
        self.operation.equipment.sort_unstable();
        self.operation.equipment.dedup();
        self.operation.operators.sort_unstable();
        self.operation.operators.dedup();
        Event { id: self.id, fact: Fact::Operation(self.operation) }
    }
}
