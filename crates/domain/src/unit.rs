//! Units that are likely to be meant by another spelling: a hint for people, never a conversion.

use super::identifier::UnitCode;

/// Codes that people use for one unit: of UN/ECE Recommendation 20, of UCUM, and as plants write them.
const SPELLINGS: [&[&str]; 24] = [
    &["KGM", "kg"],
    &["GRM", "g", "gr"],
    &["MGM", "mg"],
    &["TNE", "t", "to"],
    &["LBR", "lb", "lbs", "[lb_av]"],
    &["ONZ", "oz", "[oz_av]"],
    &["LTR", "l", "ltr", "lit"],
    &["MLT", "ml"],
    &["CLT", "cl"],
    &["HLT", "hl"],
    &["MTQ", "m3", "m³", "cbm"],
    &["MTK", "m2", "m²", "sqm"],
    &["MTR", "m"],
    &["CMT", "cm"],
    &["MMT", "mm"],
    &["H87", "EA", "C62", "PCE", "pc", "pcs", "st", "stk", "un"],
    &["BX", "box", "CT", "ctn"],
    &["PF", "PX", "pal", "pallet"],
    &["CEL", "Cel", "°C", "degC"],
    &["FAH", "[degF]", "°F", "degF"],
    &["KEL", "K"],
    &["P1", "%", "pct"],
    &["SEC", "s"],
    &["MIN", "min"],
];

/// Whether two units differ in the case of letters only.
#[must_use]
pub fn differ_in_case(one: &UnitCode, other: &UnitCode) -> bool {
    one != other && one.as_str().to_lowercase() == other.as_str().to_lowercase()
}

/// The known unit that a unit is likely to stand for: one that differs in case only, or else another spelling of it.
#[must_use]
pub fn meant<'u>(unit: &UnitCode, known: impl Iterator<Item = &'u UnitCode> + Clone) -> Option<&'u UnitCode> {
    let spelled = |unit: &UnitCode| {
        let lower = unit.as_str().to_lowercase();
        SPELLINGS.iter().position(|codes| codes.iter().any(|code| code.to_lowercase() == lower))
    };
    let spelling = spelled(unit);
    let case = known.clone().find(|other| differ_in_case(unit, other));
    case.or_else(|| known.into_iter().find(|other| spelling.is_some() && spelled(other) == spelling))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_spelling_is_a_hint() {
        let code = |text: &str| UnitCode::parse(text).unwrap();
        let known = [code("LTR"), code("KGM")];
        for (given, expected) in [
            ("kg", Some("KGM")),
            ("kgm", Some("KGM")),
            ("l", Some("LTR")),
            ("EA", None),
            ("KGM", Some("KGM")),
        ] {
            assert_eq!(meant(&code(given), known.iter()).map(UnitCode::as_str), expected, "{given}");
        }
        assert!(differ_in_case(&code("KG"), &code("kg")) && !differ_in_case(&code("KG"), &code("KGM")));
    }
}
