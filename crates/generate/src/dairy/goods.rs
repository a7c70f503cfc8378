//! What happens around production: buying ingredients and packaging, export, splitting pallets, damage, and
//! shipments.

use super::Dairy;
use super::catalog::{Area, CUSTOMERS, EXPORTED, IMPORTER, PURCHASES, Purchase};
use super::journal::{Slot, measured};
use crate::calendar::{HOUR, MINUTE, Second};
use crate::pool::Drawn;
use crate::record::{lot, output, text, whole};
use lotgraph_domain::OperationKind;

/// The day (from 0) of the last stock count.
pub(super) const LAST_COUNT: i64 = 29;
/// What is missing at the last count: the material, and how many grams.
const MISSING: (&str, i64) = ("SUGAR", 25_000);

impl Dairy {
    /// The unit in which something is bought.
    pub(super) fn unit(&self, code: &str) -> &'static str {
        PURCHASES.iter().find(|purchase| purchase.code == code).map_or("H87", |purchase| purchase.unit)
    }

    /// Draws something bought from stock.
    pub(super) fn purchased(&mut self, code: &str, amount: i64, now: Second) -> Vec<Drawn> {
        self.stock.get_mut(code).map(|pool| pool.draw(amount, now)).unwrap_or_default()
    }

    /// Receives more of everything that runs low.
    pub(super) fn restock(&mut self, now: Second) {
        for (index, purchase) in PURCHASES.iter().enumerate() {
            let at = now + index as Second * 13 * MINUTE;
            let mut number = 0;
            while self.stock.entry(purchase.code).or_default().available(Second::MAX) < purchase.reorder_below
            {
                number += 1;
                self.receive_purchase(purchase, at + number * MINUTE, number);
            }
        }
    }

    fn receive_purchase(&mut self, purchase: &'static Purchase, at: Second, number: i64) {
        let label = self.journal.label(at);
        let name = format!("{}-{label}-{number}", purchase.code);
        let bought = lot(&name);
        let mut output = output(&bought, purchase.code, measured(purchase.lot_size, purchase.unit));
        let theirs = format!("{}{}", &purchase.supplier[2..], self.chance.between(100_000, 999_999));
        output.supplier_lot = Some(text(&theirs));
        let slot = Slot { area: Area::Store, start: at, end: at };
        let step = self.journal.step(OperationKind::Receive, "", &format!("REC-{name}"), slot);
        let document = format!("DN-{label}-{}", purchase.supplier);
        let step = step.party(purchase.supplier).document(&document).equipment("DOCK-1");
        self.journal.say(at, step.make(output));
        self.stock.entry(purchase.code).or_default().put(bought, purchase.lot_size, at);
    }

    /// Weighs what is left of the ingredients, at a time when nothing is drawn from them. At the end of the
    /// month a bag of sugar is missing.
    pub(super) fn count_ingredients(&mut self, now: Second) {
        let label = self.journal.label(now);
        for (index, purchase) in PURCHASES.iter().filter(|purchase| purchase.unit == "KGM").enumerate() {
            let Some(pool) = self.stock.get(purchase.code).filter(|pool| pool.ready(now) > 0) else {
                continue;
            };
            let at = now + index as Second * 4 * MINUTE;
            let slot = Slot { area: Area::Store, start: at, end: at };
            let id = format!("COUNT-{label}-{}", purchase.code);
            let mut step = self.journal.step(OperationKind::Count, "", &id, slot);
            for (n, stock) in pool.stocks(now).enumerate() {
                let missing = n == 0 && purchase.code == MISSING.0 && self.day == LAST_COUNT;
                let counted = if missing { stock.left - MISSING.1 } else { stock.left };
                step = step.count(&stock.lot, measured(counted, purchase.unit));
            }
            self.journal.say(at, step);
        }
    }

    /// Puts Chinese stickers on a few pallets of strawberry yoghurt; they become pallets of the exported
    /// product.
    pub(super) fn prepare_export(&mut self, now: Second) {
        let label = self.journal.label(now);
        for number in 1..=4 {
            let pool = self.goods.entry("YOG-STR").or_default();
            let Some(pallet) = pool.take_largest(now) else { return };
            let start = now + number * 40 * MINUTE;
            let slot = Slot { area: Area::Store, start, end: start + 35 * MINUTE };
            let name = format!("EXP-{label}-{number}");
            let exported = lot(&name);
            let stickers = self.purchased("STICKER-ZH", pallet.left, start);
            let mut step = self.journal.step(OperationKind::Repack, "LABEL", &format!("LABEL-{name}"), slot);
            step = step.equipment("COLD-1").draw(&pallet.lot, whole(pallet.left, "H87"));
            for part in &stickers {
                step = step.draw(&part.lot, whole(part.amount, "H87"));
            }
            let mut output = output(&exported, EXPORTED, whole(pallet.left, "H87"));
            output.number = Some(text(&format!("批号2026{label}-{number}")));
            output.attributes.insert(text("品名"), text("草莓风味发酵乳"));
            output.attributes.insert(text("保质期"), text("28天"));
            self.journal.say(slot.end, step.make(output));
            self.goods.entry(EXPORTED).or_default().put(exported, pallet.left, slot.end);
        }
    }

    /// Ships a container to the importer.
    pub(super) fn ship_export(&mut self, now: Second) {
        let mut pallets = Vec::new();
        while let Some(pallet) = self.goods.entry(EXPORTED).or_default().take(now) {
            pallets.push(pallet);
        }
        if pallets.is_empty() {
            return;
        }
        let label = self.journal.label(now);
        let slot = Slot { area: Area::Store, start: now, end: now };
        let id = format!("SHIP-{label}-{IMPORTER}");
        let mut step = self.journal.step(OperationKind::Ship, "", &id, slot).party(IMPORTER);
        step = step.document(&format!("提单-2026{label}")).equipment("DOCK-1");
        for pallet in &pallets {
            step = step.draw(&pallet.lot, whole(pallet.left, "H87"));
        }
        self.journal.say(now, step);
    }

    /// Splits a pallet in two, for customers who take less than a whole one.
    pub(super) fn split_pallet(&mut self, now: Second) {
        let products: Vec<&'static str> = self.goods.keys().copied().filter(|key| *key != EXPORTED).collect();
        if products.is_empty() {
            return;
        }
        let product = *self.chance.pick(&products);
        let pool = self.goods.entry(product).or_default();
        let Some(pallet) = pool.take(now) else { return };
        if pallet.left < 200 || pallet.lot.as_str().ends_with(['A', 'B']) {
            pool.put(pallet.lot, pallet.left, pallet.ready);
            return;
        }
        let slot = Slot { area: Area::Store, start: now, end: now + 12 * MINUTE };
        let id = format!("SPLIT-{}", pallet.lot);
        let mut step = self.journal.step(OperationKind::Split, "SPLIT PALLET", &id, slot);
        step = step.equipment("COLD-1").draw(&pallet.lot, whole(pallet.left, "H87"));
        let first = pallet.left / 2;
        for (half, pieces) in [("A", first), ("B", pallet.left - first)] {
            let part = lot(&format!("{}{half}", pallet.lot));
            step = step.make(output(&part, product, whole(pieces, "H87")));
            self.goods.entry(product).or_default().put(part, pieces, slot.end);
        }
        self.journal.say(slot.end, step);
    }

    /// A fork lift hits a pallet, and some pieces have to be thrown away.
    pub(super) fn damage(&mut self, now: Second) {
        let products: Vec<&'static str> = self.goods.keys().copied().collect();
        if products.is_empty() {
            return;
        }
        let product = *self.chance.pick(&products);
        let pieces = self.chance.between(6, 90);
        let reason = *self.chance.pick(&["pallet hit by a fork lift", "leaking lids", "tray crushed"]);
        let drawn = self.goods.entry(product).or_default().draw(pieces, now);
        let Some(first) = drawn.first() else { return };
        let slot = Slot { area: Area::Store, start: now, end: now };
        let id = format!("SCR-{}-{}", self.journal.label(now), first.lot);
        let mut step = self.journal.step(OperationKind::Scrap, "", &id, slot).reason(reason);
        for part in &drawn {
            step = step.draw(&part.lot, whole(part.amount, "H87"));
        }
        self.journal.say(now, step);
    }

    /// Ships the order of the n-th customer of the day: a fair share of what is free of each product.
    pub(super) fn ship(&mut self, now: Second, customer: usize) {
        let (code, _) = CUSTOMERS[customer];
        let left = (CUSTOMERS.len() - customer) as i64;
        let label = self.journal.label(now);
        let slot = Slot { area: Area::Store, start: now, end: now + 25 * MINUTE };
        let mut step = self.journal.step(OperationKind::Ship, "", &format!("SHIP-{label}-{code}"), slot);
        step = step.party(code).document(&format!("SO-{label}-{code}")).equipment("DOCK-1");
        let products: Vec<&'static str> = self.goods.keys().copied().filter(|key| *key != EXPORTED).collect();
        for product in products {
            let percent = self.chance.between(55, 130);
            let pool = self.goods.entry(product).or_default();
            let free = pool.ready(now) as i64;
            for _ in 0..(free * percent + 50 * left) / (100 * left) {
                if let Some(pallet) = pool.take(now) {
                    step = step.draw(&pallet.lot, whole(pallet.left, "H87"));
                }
            }
        }
        if !step.inputs().is_empty() {
            let temperature = crate::record::decimal(self.chance.between(30, 58), 1);
            let step = step.parameter("truck temperature", &temperature, "CEL");
            self.journal.say(slot.end, step);
        }
    }

    /// When trucks are loaded on a day, counted from its midnight.
    pub(super) fn loading_times() -> impl Iterator<Item = (Second, usize)> {
        (0..CUSTOMERS.len()).map(|customer| (6 * HOUR + customer as Second * 70 * MINUTE, customer))
    }
}
