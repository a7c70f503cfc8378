//! The demo dairy's master data: who and what there is. All names are invented.

use crate::record;
use lotgraph_domain::{Event, MaterialClass, PartyRole};

/// A farm: code, name, and how many tens of litres a tanker brings (least, most) on each of its trips a day.
pub(super) struct Farm {
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) load: (i64, i64),
    pub(super) trips: u32,
}

const fn farm(code: &'static str, name: &'static str, load: (i64, i64), trips: u32) -> Farm {
    Farm { code, name, load, trips }
}

/// The farms, all suppliers of raw milk.
pub(super) const FARMS: [Farm; 8] = [
    farm("F01", "Willow Drift Farm", (300, 360), 3),
    farm("F02", "Stonehill Dairies", (240, 310), 2),
    farm("F03", "Kestrel Vlei Farm", (280, 340), 2),
    farm("F04", "Three Poplars Estate", (310, 380), 3),
    farm("F05", "Marsh Meadow Farm", (220, 280), 2),
    farm("F06", "Oakspring Holsteins", (260, 330), 2),
    farm("F07", "Far Pastures", (200, 260), 2),
    farm("F08", "Bramble Ridge Farm", (250, 300), 2),
];

/// Something bought besides milk.
pub(super) struct Purchase {
    /// The material, also the beginning of its lots' ids.
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) class: MaterialClass,
    pub(super) supplier: &'static str,
    /// What one lot holds: grams if the unit is KGM, otherwise whole units.
    pub(super) lot_size: i64,
    /// More is ordered when less than this is in stock. It is more than is needed in two days.
    pub(super) reorder_below: i64,
}

const fn buy(
    code: &'static str,
    name: &'static str,
    unit: &'static str,
    supplier: &'static str,
    sizes: (i64, i64),
) -> Purchase {
    let (lot_size, reorder_below) = sizes;
    Purchase { code, name, unit, class: MaterialClass::Raw, supplier, lot_size, reorder_below }
}

const fn wrap(
    code: &'static str,
    name: &'static str,
    unit: &'static str,
    supplier: &'static str,
    sizes: (i64, i64),
) -> Purchase {
    let (lot_size, reorder_below) = sizes;
    Purchase { code, name, unit, class: MaterialClass::Packaging, supplier, lot_size, reorder_below }
}

/// Ingredients and packaging.
pub(super) const PURCHASES: [Purchase; 15] = [
    buy("SMP", "Skim milk powder", "KGM", "S-INGR", (3_000_000, 2_600_000)),
    buy("SUGAR", "White sugar", "KGM", "S-SUGAR", (4_000_000, 3_600_000)),
    buy("CULTURE", "Yoghurt culture, freeze-dried", "KGM", "S-CULT", (5_000, 6_000)),
    buy("FRUIT-STR", "Strawberry preparation", "KGM", "S-FRUIT", (1_000_000, 1_800_000)),
    buy("FRUIT-PEA", "Peach preparation", "KGM", "S-FRUIT", (1_000_000, 1_800_000)),
    buy("FRUIT-BLU", "Blueberry preparation", "KGM", "S-BERRY", (1_000_000, 1_800_000)),
    buy("HONEY", "Acacia honey", "KGM", "S-BERRY", (600_000, 1_800_000)),
    wrap("CUP", "Cup 125 g, white", "H87", "S-CUPS", (60_000, 600_000)),
    wrap("FOIL", "Lid foil reel", "MTR", "S-FOIL", (6_000, 60_000)),
    wrap("TRAY", "Tray of 20 cups", "H87", "S-BOARD", (6_000, 30_000)),
    wrap("BOTTLE", "Bottle 1 l", "H87", "S-BOTTLE", (9_600, 66_000)),
    wrap("CAP", "Screw cap, blue", "H87", "S-BOTTLE", (40_000, 66_000)),
    wrap("LABEL", "Bottle label", "H87", "S-PRINT", (20_000, 66_000)),
    wrap("FILM", "Shrink film", "KGM", "S-FOIL", (250_000, 400_000)),
    wrap("STICKER-ZH", "Export sticker, Chinese", "H87", "S-PRINT", (25_000, 25_000)),
];

const SUPPLIERS: [(&str, &str); 9] = [
    ("S-INGR", "Highveld Ingredients"),
    ("S-SUGAR", "Coral Bay Sugar"),
    ("S-CULT", "Nordlys Cultures"),
    ("S-FRUIT", "Orchard Lane Preparations"),
    ("S-BERRY", "Blue Hollow Berries and Honey"),
    ("S-CUPS", "Formpack Cups"),
    ("S-FOIL", "Silverline Foils"),
    ("S-BOARD", "Cedar Board"),
    ("S-BOTTLE", "Clearwell Bottles and Caps"),
];

/// The customers in the country. The last ones in the list are small.
pub(super) const CUSTOMERS: [(&str, &str); 9] = [
    ("C-HARVEST", "Harvest Table Supermarkets"),
    ("C-CORNER", "Corner Basket Stores"),
    ("C-FRESHWAY", "Freshway Wholesale"),
    ("C-NORTHGATE", "Northgate Hypermarket"),
    ("C-SCHOOLS", "School Meals Agency"),
    ("C-HOSPITAL", "St Brendan Hospitals"),
    ("C-SEAVIEW", "Seaview Hotels"),
    ("C-GREENLEAF", "Greenleaf Grocers"),
    ("C-COFFEE", "Copper Kettle Coffee Houses"),
];
/// The customer who buys the cream that is left over.
pub(super) const BUTTER_MAKER: &str = "C-BUTTER";
/// The customer who imports the exported yoghurt.
pub(super) const IMPORTER: &str = "C-QINGDAO";

/// A yoghurt: the code of the product, its name, the preparation that gives it its flavour (empty if none
/// does), and how many percent of that are in it.
pub(super) struct Flavour {
    pub(super) product: &'static str,
    pub(super) name: &'static str,
    pub(super) fruit: &'static str,
    pub(super) percent: i64,
}

const fn flavour(product: &'static str, name: &'static str, fruit: &'static str, percent: i64) -> Flavour {
    Flavour { product, name, fruit, percent }
}

/// The yoghurts, in the order in which line 1 packs them.
pub(super) const FLAVOURS: [Flavour; 5] = [
    flavour("YOG-STR", "Strawberry yoghurt 125 g", "FRUIT-STR", 12),
    flavour("YOG-NAT", "Natural yoghurt 125 g", "", 0),
    flavour("YOG-PEA", "Peach yoghurt 125 g", "FRUIT-PEA", 12),
    flavour("YOG-BLU", "Blueberry yoghurt 125 g", "FRUIT-BLU", 11),
    flavour("YOG-HON", "Honey yoghurt 125 g", "HONEY", 8),
];
/// The bottled milk.
pub(super) const BOTTLED: &str = "MILK-1L";
/// The exported yoghurt.
pub(super) const EXPORTED: &str = "YOG-STR-ZH";

const EQUIPMENT: [(&str, &str, &str); 32] = [
    ("BHD", "Blue Heron Dairy", ""),
    ("RAW", "Milk reception", "BHD"),
    ("HEAT", "Heat treatment", "BHD"),
    ("CULT", "Yoghurt hall", "BHD"),
    ("PACK", "Packing hall", "BHD"),
    ("STORE", "Cold store", "BHD"),
    ("BAY-1", "Unloading bay 1", "RAW"),
    ("BAY-2", "Unloading bay 2", "RAW"),
    ("RAW-LAB", "Milk laboratory", "RAW"),
    ("SILO-1", "Raw milk silo 1", "RAW"),
    ("SILO-2", "Raw milk silo 2", "RAW"),
    ("SILO-3", "Raw milk silo 3", "RAW"),
    ("PAST-1", "Pasteuriser 1", "HEAT"),
    ("PAST-2", "Pasteuriser 2", "HEAT"),
    ("SEP-1", "Separator", "HEAT"),
    ("CREAM-T1", "Cream tank", "HEAT"),
    ("BLEND-T1", "Standardising tank", "HEAT"),
    ("BLEND-T2", "Yoghurt milk tank", "HEAT"),
    ("FERM-1", "Fermenter 1", "CULT"),
    ("FERM-2", "Fermenter 2", "CULT"),
    ("FERM-3", "Fermenter 3", "CULT"),
    ("FERM-4", "Fermenter 4", "CULT"),
    ("MIX-1", "Fruit mixer", "CULT"),
    ("LINE-1", "Cup line", "PACK"),
    ("LINE-2", "Bottle line", "PACK"),
    ("FILLER-1", "Cup filler", "LINE-1"),
    ("SEALER-1", "Foil sealer", "LINE-1"),
    ("TRAYER-1", "Tray packer", "LINE-1"),
    ("FILLER-2", "Bottle filler", "LINE-2"),
    ("CAPPER-2", "Capper and labeller", "LINE-2"),
    ("COLD-1", "Cold room", "STORE"),
    ("DOCK-1", "Loading dock", "STORE"),
];

/// The operators: three for each area, one of them in each shift.
const OPERATORS: [(&str, &str); 18] = [
    ("OP-01", "Thandi Mokoena"),
    ("OP-02", "Pieter van Wyk"),
    ("OP-03", "Lerato Dube"),
    ("OP-04", "Anika Pillay"),
    ("OP-05", "Sipho Ndlovu"),
    ("OP-06", "Ruth Abrahams"),
    ("OP-07", "Johan Steyn"),
    ("OP-08", "Zanele Khumalo"),
    ("OP-09", "Marius Botha"),
    ("OP-10", "Ayesha Patel"),
    ("OP-11", "Themba Zulu"),
    ("OP-12", "Elsa Jacobs"),
    ("OP-13", "Bongani Sithole"),
    ("OP-14", "Karen Fourie"),
    ("OP-15", "Nomsa Radebe"),
    ("OP-16", "David Naidoo"),
    ("OP-17", "Li Wei (李伟)"),
    ("OP-18", "Grace Molefe"),
];

/// Where people work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Area {
    Reception,
    Heat,
    Yoghurt,
    CupLine,
    BottleLine,
    Store,
}

/// Who works in an area during a shift. Every week each team moves on to the next shift.
pub(super) fn operator(area: Area, shift_number: i64) -> &'static str {
    let turn = (shift_number + shift_number.div_euclid(21)).rem_euclid(3) as usize;
    OPERATORS[area as usize * 3 + turn].0
}

/// Declares everything but the shifts.
pub(super) fn declare(events: &mut Vec<Event>) {
    declare_materials(events);
    events.extend(EQUIPMENT.iter().map(|(code, name, parent)| record::equipment(code, name, parent)));
    events.extend(OPERATORS.iter().map(|(code, name)| record::operator(code, name)));
    let supplier = |code: &str, name: &str| record::party(code, name, PartyRole::Supplier);
    events.extend(FARMS.iter().map(|farm| supplier(farm.code, farm.name)));
    events.extend(SUPPLIERS.iter().map(|(code, name)| supplier(code, name)));
    events.push(supplier("S-PRINT", "Papyrus Labels"));
    let customer = |code: &str, name: &str| record::party(code, name, PartyRole::Customer);
    events.extend(CUSTOMERS.iter().map(|(code, name)| customer(code, name)));
    events.push(customer(BUTTER_MAKER, "Goldchurn Butter Works"));
    events.push(customer(IMPORTER, "青岛海鸥进口食品有限公司 (Qingdao Seagull Food Imports)"));
}

fn declare_materials(events: &mut Vec<Event>) {
    use MaterialClass::{Finished, Intermediate, Raw};
    // A litre of milk weighs 1.03 kg, whatever is done to it. A litre of cream weighs 0.995 kg.
    let milk: &[(&str, i64)] = &[("LTR", 1_030)];
    for (code, name, class) in [
        ("RAW-MILK", "Raw milk", Raw),
        ("SILO-MILK", "Raw milk in a silo", Intermediate),
        ("PAST-MILK", "Pasteurised milk", Intermediate),
        ("SKIM-MILK", "Skim milk", Intermediate),
        ("STD-MILK", "Standardised milk 2.5 %", Intermediate),
    ] {
        events.push(record::material(code, name, "KGM", class, milk));
    }
    events.push(record::material("CREAM", "Cream 40 %", "KGM", Intermediate, &[("LTR", 995)]));
    for (code, name) in [
        ("YOG-MILK", "Yoghurt milk"),
        ("YOG-BASE", "Yoghurt, fermented"),
        ("REWORK", "Yoghurt to be put back"),
    ] {
        events.push(record::material(code, name, "KGM", Intermediate, &[]));
    }
    for flavour in &FLAVOURS {
        let blended = blended(flavour);
        let name = format!("{}, ready to fill", flavour.name.trim_end_matches(" 125 g"));
        events.push(record::material(&blended, &name, "KGM", Intermediate, &[]));
        // Eight cups hold a kilogram.
        events.push(record::material(flavour.product, flavour.name, "H87", Finished, &[("KGM", 8_000)]));
    }
    // A kilogram of milk is 0.971 l.
    let bottle = &[("LTR", 1_000), ("KGM", 971)];
    events.push(record::material(BOTTLED, "Fresh milk 1 l", "H87", Finished, bottle));
    let name = "草莓风味发酵乳 125 g (strawberry yoghurt, export)";
    events.push(record::material(EXPORTED, name, "H87", Finished, &[("KGM", 8_000)]));
    for purchase in &PURCHASES {
        events.push(record::material(purchase.code, purchase.name, purchase.unit, purchase.class, &[]));
    }
}

/// The material of a flavoured yoghurt before it is filled.
pub(super) fn blended(flavour: &Flavour) -> String {
    format!("{}-BULK", flavour.product)
}
