//! Random events, with everything that goes wrong in a plant: repetitions, conflicts, voids, odd times.

use lotgraph::domain::Event;
use rand::Rng;
use rand::seq::IndexedRandom;
use rand_chacha::ChaCha8Rng;
use serde_json::{Map, Value, json};

use crate::support::events::{event, minute};

/// Few lots, so that they meet often; several scripts, so that order matters.
pub const LOTS: [&str; 14] = ["A", "B", "C", "D", "E", "F", "a", "b", "10", "9", "中", "\u{FF21}", "😀", "é"];
/// Materials; the first two are declared now and then, with units.
pub const MATERIALS: [&str; 4] = ["MILK", "CUP", "WHEY", "批"];
const UNITS: [&str; 2] = ["KGM", "EA"];
const RESOURCES: [&str; 3] = ["R1", "R2", "中"];

/// Makes events and remembers them, to repeat and to contradict them.
pub struct Maker {
    pub rng: ChaCha8Rng,
    made: Vec<Value>,
}

impl Maker {
    pub fn new(rng: ChaCha8Rng) -> Self {
        Self { rng, made: Vec::new() }
    }

    /// One event more.
    pub fn next(&mut self) -> Event {
        let id = format!("{}{}", ["e", "E", "事", "😀"].choose(&mut self.rng).unwrap(), self.made.len());
        let value = match self.rng.random_range(0..100) {
            0..6 => self.again().unwrap_or_else(|| self.operation(&id)),
            6..11 => self.contradiction().unwrap_or_else(|| self.operation(&id)),
            11..24 => self.void(&id),
            24..33 => self.master(&id),
            _ => self.operation(&id),
        };
        self.made.push(value.clone());
        event(&value)
    }

    fn again(&mut self) -> Option<Value> {
        self.made.choose(&mut self.rng).cloned()
    }

    /// A known id with other content.
    fn contradiction(&mut self) -> Option<Value> {
        let id = self.made.choose(&mut self.rng)?["id"].as_str()?.to_owned();
        Some(self.operation(&id))
    }

    fn void(&mut self, id: &str) -> Value {
        let target = match self.made.choose(&mut self.rng) {
            Some(made) if self.rng.random_bool(0.95) => made["id"].clone(),
            _ => "unknown".into(),
        };
        let mut void = json!({"type":"void","id":id,"event":target,"reason":"slip"});
        if self.rng.random_bool(0.3) {
            void["replacedBy"] = format!("{id}-next").into();
        }
        void
    }

    fn master(&mut self, id: &str) -> Value {
        let code = *RESOURCES.choose(&mut self.rng).unwrap();
        let name = format!("Name {}", self.rng.random_range(0..3));
        match self.rng.random_range(0..7) {
            0 => json!({"type":"operator","id":id,"code":code,"name":name}),
            1 => json!({"type":"equipment","id":id,"code":code,"name":name,"parent":"LINE"}),
            2 => json!({"type":"shift","id":id,"code":code,"startsAt":self.time()}),
            3 => json!({"type":"party","id":id,"code":code,"roles":["SUPPLIER"]}),
            4 => json!({"type":"material","id":id,"code":"CUP","unit":"EA","class":"PACKAGING"}),
            _ => json!({"type":"material","id":id,"code":"MILK","unit":"KGM","class":"RAW",
                "conversions":[{"unit":"EA","factor":"2"}]}),
        }
    }

    /// Few moments, so that many things happen at the same one.
    fn time(&mut self) -> String {
        minute(self.rng.random_range(0..12)).to_string()
    }

    fn operation(&mut self, id: &str) -> Value {
        let kinds = ["PRODUCE", "PRODUCE", "SPLIT", "MERGE", "REWORK", "REPACK"];
        let mut made = match self.rng.random_range(0..20) {
            0..4 => json!({"type":"receive","outputs":self.items(1, 3, true)}),
            4..6 => json!({"type":"ship","inputs":self.items(1, 2, false)}),
            6 => json!({"type":"scrap","inputs":self.items(1, 2, false)}),
            7 => json!({"type":"operation","kind":"PROCESS","lots":self.lots(1, 3)}),
            8 => json!({"type":"clean","lots":self.lots(1, 2)}),
            10 => json!({"type":"count","lots":self.counts()}),
            9 => json!({"type":"operation","kind":"PRODUCE","outputs":self.items(1, 2, true)}),
            _ => json!({"type":"operation","kind":*kinds.choose(&mut self.rng).unwrap(),
                "inputs":self.items(1, 3, false),"outputs":self.items(1, 3, true)}),
        };
        let (one, two) = (self.rng.random_range(0..12), self.rng.random_range(0..12));
        made["id"] = id.into();
        made["at"] = minute(i64::max(one, two)).to_string().into();
        if self.rng.random_bool(0.5) {
            made["startedAt"] = minute(i64::min(one, two)).to_string().into();
        }
        let kind = made["type"].clone();
        if self.rng.random_bool(0.4) {
            made["equipment"] = json!([*RESOURCES.choose(&mut self.rng).unwrap()]);
            made["operators"] = json!([*RESOURCES.choose(&mut self.rng).unwrap(), "R1"]);
        }
        if kind == "receive" && self.rng.random_bool(0.5) {
            made["supplier"] = (*RESOURCES.choose(&mut self.rng).unwrap()).into();
        }
        if kind == "operation" && self.rng.random_bool(0.5) {
            made["name"] = (*["FILL", "MIX"].choose(&mut self.rng).unwrap()).into();
        }
        made
    }

    fn lots(&mut self, least: usize, most: usize) -> Vec<Value> {
        let count = self.rng.random_range(least..=most);
        (0..count).map(|_| Value::from(*LOTS.choose(&mut self.rng).unwrap())).collect()
    }

    /// What a count found; nothing, now and then.
    fn counts(&mut self) -> Vec<Value> {
        let lots = self.lots(1, 3);
        let mut count = |lot| {
            let amount = format!("{}.5", self.rng.random_range(0..50)).replace("0.5", "0");
            json!({"lot":lot,"quantity":amount,"unit":*UNITS.choose(&mut self.rng).unwrap()})
        };
        lots.into_iter().map(&mut count).collect()
    }

    fn items(&mut self, least: usize, most: usize, output: bool) -> Vec<Value> {
        let lots = self.lots(least, most);
        lots.into_iter().map(|lot| self.item(lot, output)).collect()
    }

    fn item(&mut self, lot: Value, output: bool) -> Value {
        let mut item = Map::from_iter([("lot".to_owned(), lot)]);
        if self.rng.random_bool(0.7) {
            let amount = format!("{}.{}", self.rng.random_range(1..50), self.rng.random_range(0..100));
            item.insert("quantity".to_owned(), amount.into());
            item.insert("unit".to_owned(), (*UNITS.choose(&mut self.rng).unwrap()).into());
        }
        if self.rng.random_bool(0.4) {
            item.insert("at".to_owned(), self.time().into());
        }
        if self.rng.random_bool(0.15) {
            item.insert("material".to_owned(), (*MATERIALS.choose(&mut self.rng).unwrap()).into());
        }
        if output && self.rng.random_bool(0.2) {
            let number = format!("No {}", self.rng.random_range(0..4));
            item.insert("number".to_owned(), number.clone().into());
            item.insert("attributes".to_owned(), json!({number: "x", "last": self.made.len().to_string()}));
        }
        if output && self.rng.random_bool(0.1) {
            item.insert("supplierLot".to_owned(), "S/9".into());
        }
        Value::Object(item)
    }
}
