//! The structural closure (docs/TRACE_RULES.md, rule 1). The search is breadth-first, level by level, and
//! reads every link once.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Instant;

use rusqlite::{CachedStatement, OptionalExtension, Row, params};

use super::error::{Fallible, Fault};
use super::keys::KeyMap;
use super::readers::Snapshot;
use super::rows::{self, Units, role_number};
use super::statements::{GET_MASTER_CODE, GET_SEED, WALK_FROM_LOT, WALK_FROM_OPERATION};
use lotgraph_domain::identifier::TextError;
use lotgraph_domain::{EventId, LotId, MaterialCode, Overdrawn, PartyCode, Role, Timestamp};
use lotgraph_genealogy::subgraph::{RawLink, SubgraphBuilder, SubgraphLot, SubgraphOperation};
use lotgraph_store::{Closure, Direction, StoreErrorKind, Subgraph};

/// How many nodes and links are walked between two looks at the clock. Links are counted too, because a
/// single tank may have a million of them.
const STEPS_PER_LOOK: u32 = 256;

/// Walks the closure.
pub(super) fn closure(snapshot: &Snapshot<'_>, query: &Closure, started: Instant) -> Fallible<Subgraph> {
    let (revision, _) = snapshot.revision()?;
    if query.at.is_some_and(|at| at != revision) {
        return Err(Fault::Refused(StoreErrorKind::Stale));
    }
    let mut walk = Walk::new(snapshot, query, started)?;
    let (seeds, unknown) = walk.seeds(&query.seeds)?;
    let mut frontier = walk.keep_lots(seeds);
    let mut depth = 0;
    while !frontier.is_empty() {
        let further = query.max_depth.is_none_or(|max| depth < max);
        let operations = walk.leave_lots(&frontier, further)?;
        let operations = walk.keep_operations(operations);
        let lots = walk.leave_operations(&operations)?;
        frontier = walk.keep_lots(lots);
        depth += 1;
    }
    let Walk { builder, cut_by_nodes, .. } = walk;
    Ok(builder.build(revision, unknown, cut_by_nodes))
}

/// A lot that was just met for the first time, with its key in the database.
struct FoundLot {
    key: i64,
    lot: SubgraphLot,
}

/// An operation that was just met for the first time, with its key in the database.
struct FoundOperation {
    key: i64,
    operation: SubgraphOperation,
    /// Whether the walk goes on from it. Work in place is listed and leads nowhere.
    leads: bool,
}

struct Walk<'a> {
    from_lot: CachedStatement<'a>,
    from_operation: CachedStatement<'a>,
    seed: CachedStatement<'a>,
    /// The roles that are read of a lot: the one that leads on, and work in place.
    lot_roles: (i64, i64),
    /// The role that is read of an operation: the one that leads on.
    out_role: Role,
    lots: KeyMap<LotId>,
    operations: KeyMap<EventId>,
    materials: Codes<'a, MaterialCode>,
    parties: Codes<'a, PartyCode>,
    units: Units,
    builder: SubgraphBuilder,
    room: usize,
    cut_by_nodes: bool,
    clock: Clock,
}

impl<'a> Walk<'a> {
    fn new(snapshot: &Snapshot<'a>, query: &Closure, started: Instant) -> Fallible<Self> {
        let (lead, out_role) = match query.direction {
            Direction::Forward => (Role::Consumed, Role::Produced),
            Direction::Backward => (Role::Produced, Role::Consumed),
        };
        let (lead, in_place) = (role_number(lead), role_number(Role::InPlace));
        Ok(Self {
            from_lot: snapshot.statement(WALK_FROM_LOT)?,
            from_operation: snapshot.statement(WALK_FROM_OPERATION)?,
            seed: snapshot.statement(GET_SEED)?,
            lot_roles: (lead.min(in_place), lead.max(in_place)),
            out_role,
            lots: KeyMap::default(),
            operations: KeyMap::default(),
            materials: Codes::new(snapshot, MaterialCode::parse)?,
            parties: Codes::new(snapshot, PartyCode::parse)?,
            units: Units::default(),
            builder: SubgraphBuilder {
                direction: query.direction,
                lots: Vec::new(),
                operations: Vec::new(),
                links: Vec::new(),
            },
            room: query.nodes_max as usize,
            cut_by_nodes: false,
            clock: Clock { started, deadline: query.deadline, until_look: STEPS_PER_LOOK },
        })
    }

    /// The seeds that exist, each once, and those that do not, in the order in which they were asked for.
    fn seeds(&mut self, ids: &[LotId]) -> Fallible<(Vec<FoundLot>, Vec<LotId>)> {
        let mut found = Vec::new();
        let mut unknown: Vec<LotId> = Vec::new();
        for id in ids {
            let seed = {
                let mut rows = self.seed.query([id.as_str()])?;
                match rows.next()? {
                    None => None,
                    Some(row) => {
                        let key: i64 = row.get(0)?;
                        let material: Option<i64> = row.get(1)?;
                        Some((key, material, rows::optional_time(row, 2)?, overdrawn(row, 3)?))
                    }
                }
            };
            match seed {
                None if unknown.contains(id) => {}
                None => unknown.push(id.clone()),
                Some((key, material, earliest_production, overdrawn)) => {
                    if self.lots.insert(key, id.clone()).is_none() {
                        let material = self.materials.get(material)?;
                        found.push(FoundLot {
                            key,
                            lot: SubgraphLot {
                                overdrawn,
                                ..new_lot(id.clone(), material, 0, earliest_production)
                            },
                        });
                    }
                }
            }
        }
        Ok((found, unknown))
    }

    /// Takes the lots of a level into the subgraph, the first by id, as many as there is room for.
    fn keep_lots(&mut self, mut level: Vec<FoundLot>) -> Vec<(i64, u32)> {
        self.cut(&mut level, |found| &found.lot.id);
        level
            .into_iter()
            .map(|found| {
                // Indices fit into 32 bits, because the node limit is far below 2^32.
                let index = self.builder.lots.len() as u32;
                self.builder.lots.push(found.lot);
                (found.key, index)
            })
            .collect()
    }

    /// Takes the operations of a level into the subgraph, the first by id, as many as there is room for.
    /// Returns those that lead on, with their hops.
    fn keep_operations(&mut self, mut level: Vec<FoundOperation>) -> Vec<(i64, EventId, u32)> {
        self.cut(&mut level, |found| &found.operation.id);
        let mut leading = Vec::with_capacity(level.len());
        for found in level {
            if found.leads {
                leading.push((found.key, found.operation.id.clone(), found.operation.hops));
            }
            self.builder.operations.push(found.operation);
        }
        leading
    }

    fn cut<T, K: Ord>(&mut self, level: &mut Vec<T>, id: impl Fn(&T) -> &K) {
        if level.len() > self.room {
            level.sort_unstable_by(|a, b| id(a).cmp(id(b)));
            level.truncate(self.room);
            self.cut_by_nodes = true;
        }
        self.room -= level.len();
    }

    /// Reads the links of a level of lots. Returns the operations that are met here for the first time. When
    /// the walk goes no further, operations that lead on are left out, and the lot notes that it leads on.
    fn leave_lots(&mut self, lots: &[(i64, u32)], further: bool) -> Fallible<Vec<FoundOperation>> {
        let mut met = Vec::new();
        for (key, index) in lots {
            self.clock.tick()?;
            let lot = &mut self.builder.lots[*index as usize];
            let mut found = self.from_lot.query(params![key, self.lot_roles.0, self.lot_roles.1])?;
            while let Some(row) = found.next()? {
                self.clock.tick()?;
                let role = if row.get::<_, i64>(1)? == role_number(Role::InPlace) {
                    Role::InPlace
                } else {
                    opposite(self.out_role)
                };
                let operation_key: i64 = row.get(0)?;
                let operation = match self.operations.entry(operation_key) {
                    Entry::Occupied(known) => known.get().clone(),
                    Entry::Vacant(_) if role != Role::InPlace && !further => {
                        lot.leads_on = true;
                        continue;
                    }
                    Entry::Vacant(new) => {
                        let operation = read_operation(row, lot.hops + 1, &mut self.parties)?;
                        new.insert(operation.id.clone());
                        let id = operation.id.clone();
                        let leads = role != Role::InPlace;
                        met.push(FoundOperation { key: operation_key, operation, leads });
                        id
                    }
                };
                self.builder.links.push(RawLink {
                    lot: lot.id.clone(),
                    operation,
                    role,
                    position: row.get(2)?,
                    quantity: self.units.quantity(row, 3, 4)?,
                    earliest: rows::time(row, 5)?,
                    latest: rows::time(row, 6)?,
                    sense: rows::sense(row, 13)?,
                });
            }
        }
        Ok(met)
    }

    /// Reads the links of a level of operations. Returns the lots that are met here for the first time.
    fn leave_operations(&mut self, operations: &[(i64, EventId, u32)]) -> Fallible<Vec<FoundLot>> {
        let mut met = Vec::new();
        for (key, id, hops) in operations {
            self.clock.tick()?;
            let mut found = self.from_operation.query(params![key, role_number(self.out_role)])?;
            while let Some(row) = found.next()? {
                self.clock.tick()?;
                let lot_key: i64 = row.get(0)?;
                let lot = match self.lots.entry(lot_key) {
                    Entry::Occupied(known) => known.get().clone(),
                    Entry::Vacant(new) => {
                        let lot_id = rows::parse(rows::needed(row, 6)?, LotId::parse)?;
                        new.insert(lot_id.clone());
                        let material = self.materials.get(row.get(7)?)?;
                        let earliest_production = rows::optional_time(row, 8)?;
                        let lot = new_lot(lot_id.clone(), material, hops + 1, earliest_production);
                        let lot = SubgraphLot { overdrawn: overdrawn(row, 9)?, ..lot };
                        met.push(FoundLot { key: lot_key, lot });
                        lot_id
                    }
                };
                self.builder.links.push(RawLink {
                    lot,
                    operation: id.clone(),
                    role: self.out_role,
                    position: row.get(1)?,
                    quantity: self.units.quantity(row, 2, 3)?,
                    earliest: rows::time(row, 4)?,
                    latest: rows::time(row, 5)?,
                    sense: rows::sense(row, 10)?,
                });
            }
        }
        Ok(met)
    }
}

/// The role that leads into an operation, given the one that leads out of it.
fn opposite(out: Role) -> Role {
    if out == Role::Produced { Role::Consumed } else { Role::Produced }
}

fn new_lot(
    id: LotId,
    material: Option<MaterialCode>,
    hops: u32,
    earliest_production: Option<Timestamp>,
) -> SubgraphLot {
    SubgraphLot { id, material, hops, earliest_production, overdrawn: None, leads_on: false }
}

/// What was overdrawn of a lot; nothing for nearly every lot.
fn overdrawn(row: &Row<'_>, index: usize) -> Fallible<Option<Box<Overdrawn>>> {
    let overdrawn = rows::overdrawn(row, index)?;
    Ok((!overdrawn.is_clear()).then(|| Box::new(overdrawn)))
}

fn read_operation(
    row: &Row<'_>,
    hops: u32,
    parties: &mut Codes<'_, PartyCode>,
) -> Fallible<SubgraphOperation> {
    Ok(SubgraphOperation {
        id: rows::parse(rows::needed(row, 7)?, EventId::parse)?,
        kind: rows::operation_kind(row, 8)?,
        hops,
        start: rows::time(row, 9)?,
        end: rows::time(row, 10)?,
        party: parties.get(row.get(11)?)?,
        pairs: rows::pairs(row, 12)?,
    })
}

/// Codes of master data by key. Each is looked up once and then shared.
struct Codes<'a, C> {
    statement: CachedStatement<'a>,
    parse: fn(&str) -> Result<C, TextError>,
    known: HashMap<i64, C>,
}

impl<'a, C: Clone> Codes<'a, C> {
    fn new(snapshot: &Snapshot<'a>, parse: fn(&str) -> Result<C, TextError>) -> Fallible<Self> {
        Ok(Self { statement: snapshot.statement(GET_MASTER_CODE)?, parse, known: HashMap::new() })
    }

    fn get(&mut self, key: Option<i64>) -> Fallible<Option<C>> {
        let Some(key) = key else { return Ok(None) };
        if let Some(code) = self.known.get(&key) {
            return Ok(Some(code.clone()));
        }
        let text: Option<String> = self.statement.query_row([key], |row| row.get(0)).optional()?;
        let text = text.ok_or_else(|| Fault::damaged(format!("master data {key} is missing")))?;
        let code = rows::parse(&text, self.parse)?;
        self.known.insert(key, code.clone());
        Ok(Some(code))
    }
}

/// Looks at the clock from time to time, and stops the work when the deadline is over.
struct Clock {
    started: Instant,
    deadline: std::time::Duration,
    until_look: u32,
}

impl Clock {
    fn tick(&mut self) -> Fallible<()> {
        self.until_look -= 1;
        if self.until_look > 0 {
            return Ok(());
        }
        self.until_look = STEPS_PER_LOOK;
        self.check()
    }

    fn check(&self) -> Fallible<()> {
        if self.started.elapsed() >= self.deadline { Err(Fault::timeout()) } else { Ok(()) }
    }
}
