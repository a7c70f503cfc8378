// Which of some materials any lot is of, before they are declared in another unit.
// $materials: LIST<STRING>
// Returns: material: STRING; one row for each of which there is a lot
// Why: One seek for each material, which ends at the first lot.
UNWIND $materials AS material
CALL (material) {
  MATCH (l:Lot)
  USING INDEX SEEK l:Lot(material, id)
  WHERE l.material = material AND l.id > '' AND l.alias_of IS NULL
  RETURN l LIMIT 1
}
RETURN material
