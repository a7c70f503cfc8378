//! The registry of SQL statements: one file each under `sql/`, compiled into the program.

macro_rules! statements {
    ($($folder:literal { $($constant:ident $file:literal)* })*) => {
        $($(
            #[doc = concat!("`sql/", $folder, "/", $file, ".sql`.")]
            pub(super) const $constant: &str =
                include_str!(concat!("../../../sql/", $folder, "/", $file, ".sql"));
        )*)*

        /// Every statement: its path under `sql/` and its text.
        #[cfg(test)]
        const ALL: &[(&str, &str)] = &[$($((concat!($folder, "/", $file, ".sql"), $constant)),*),*];
    };
}

statements! {
    "schema" {
        CREATE_LEDGER "create_ledger"
        CREATE_REVISION "create_revision"
        CREATE_REVISION_BY_TIME "create_revision_by_time"
        CREATE_EVENT "create_event"
        CREATE_MASTER "create_master"
        CREATE_LOT "create_lot"
        CREATE_LOT_BY_MATERIAL "create_lot_by_material"
        CREATE_LOT_BY_NUMBER "create_lot_by_number"
        CREATE_LOT_BY_SUPPLIER_LOT "create_lot_by_supplier_lot"
        CREATE_LOT_BY_STATUS "create_lot_by_status"
        CREATE_LOT_BY_LIKENESS "create_lot_by_likeness"
        CREATE_OPERATION "create_operation"
        CREATE_OPERATION_BY_END "create_operation_by_end"
        CREATE_OPERATION_BY_DOCUMENT "create_operation_by_document"
        CREATE_LINK "create_link"
        CREATE_LINK_BY_LOT "create_link_by_lot"
        CREATE_PARTICIPATION "create_participation"
        CREATE_RECORD "create_record"
        CREATE_RECORD_BY_PLACE "create_record_by_place"
        CREATE_RECORD_BY_STATE "create_record_by_state"
        CREATE_RECORD_BY_LOT "create_record_by_lot"
        CREATE_PROJECTION "create_projection"
    }
    "migrate" {
        FORMAT_4_CREATE_PROJECTION "format_4_create_projection"
        FORMAT_4_MARK_PROJECTION "format_4_mark_projection"
    }
    "upgrade" {
        ATTACH_REBUILT "attach_rebuilt"
        DETACH_REBUILT "detach_rebuilt"
        COUNT_DIFFERING_EVENTS "count_differing_events"
        LIST_GRAPH_TABLES "list_graph_tables"
        LIST_REBUILT "list_rebuilt"
        SET_PROJECTION "set_projection"
        GET_EVENT_AT "get_event_at"
    }
    "write" {
        LOAD_EVENT "load_event"
        LOAD_MATERIAL "load_material"
        LOAD_MATERIAL_IN_USE "load_material_in_use"
        LOAD_FIRST_LINKS "load_first_links"
        LIST_RECORDED_UNDER "list_recorded_under"
        LOAD_MASTER_KEY "load_master_key"
        NAME_LEDGER "name_ledger"
        RENAME_LEDGER "rename_ledger"
        MARK_PROJECTION "mark_projection"
        INSERT_REVISION "insert_revision"
        INSERT_EVENT "insert_event"
        DECLARE_MASTER "declare_master"
        MENTION_MASTER "mention_master"
        INSERT_LOT "insert_lot"
        UPDATE_LOT_STATE "update_lot_state"
        UPDATE_LOT_NAMES "update_lot_names"
        UPDATE_LOT_STATUS "update_lot_status"
        INSERT_OPERATION "insert_operation"
        RENAME_OPERATION "rename_operation"
        INSERT_PARTICIPATION "insert_participation"
        INSERT_LINK "insert_link"
        DELETE_LINK "delete_link"
        DELETE_LINKS "delete_links"
        DELETE_PARTICIPATION "delete_participation"
        VOID_OPERATION "void_operation"
        INSERT_RECORD "insert_record"
        UPDATE_RECORD "update_record"
    }
    "read" {
        GET_IDENTITY "get_identity"
        GET_PROJECTION "get_projection"
        GET_REVISION "get_revision"
        GET_LOT "get_lot"
        GET_OPERATION "get_operation"
        GET_MASTER "get_master"
        GET_RECORD "get_record"
        GET_LOT_KEY "get_lot_key"
        GET_SEED "get_seed"
        GET_MASTER_CODE "get_master_code"
        GET_LEDGER_PLACE "get_ledger_place"
        GET_REVISION_AT "get_revision_at"
        WALK_FROM_LOT "walk_from_lot"
        WALK_FROM_OPERATION "walk_from_operation"
        LIST_EDGES "list_edges"
        LIST_EVENTS "list_events"
        LIST_DOCUMENTED "list_documented"
        LIST_LOTS_ALIKE "list_lots_alike"
        LIST_LOTS_NUMBERED "list_lots_numbered"
        LIST_MATERIALS_OF_CLASS "list_materials_of_class"
        FIND_LOTS "find_lots"
        FIND_LOTS_OF_MATERIAL "find_lots_of_material"
        FIND_LOTS_OF_STATUS "find_lots_of_status"
        FIND_LOTS_NAMED "find_lots_named"
        FIND_OPERATIONS "find_operations"
        FIND_OPERATIONS_OF "find_operations_of"
        FIND_MASTERS "find_masters"
        FIND_RECORDS "find_records"
        FIND_RECORDS_OF_STATE "find_records_of_state"
        FIND_RECORDS_OF_LOT "find_records_of_lot"
        COUNT_LOTS "count_lots"
        COUNT_ALL_LOTS "count_all_lots"
        COUNT_LOTS_NAMED "count_lots_named"
        COUNT_OPERATIONS "count_operations"
        COUNT_OPERATIONS_OF "count_operations_of"
        COUNT_MASTERS "count_masters"
        COUNT_RECORDS "count_records"
    }
}

/// What creates the tables and indexes, in the order of their references.
pub(super) const SCHEMA: &[&str] = &[
    CREATE_LEDGER,
    CREATE_REVISION,
    CREATE_REVISION_BY_TIME,
    CREATE_EVENT,
    CREATE_MASTER,
    CREATE_LOT,
    CREATE_LOT_BY_MATERIAL,
    CREATE_LOT_BY_NUMBER,
    CREATE_LOT_BY_SUPPLIER_LOT,
    CREATE_LOT_BY_LIKENESS,
    CREATE_LOT_BY_STATUS,
    CREATE_OPERATION,
    CREATE_OPERATION_BY_END,
    CREATE_OPERATION_BY_DOCUMENT,
    CREATE_LINK,
    CREATE_LINK_BY_LOT,
    CREATE_PARTICIPATION,
    CREATE_RECORD,
    CREATE_RECORD_BY_PLACE,
    CREATE_RECORD_BY_STATE,
    CREATE_RECORD_BY_LOT,
    CREATE_PROJECTION,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn database() -> rusqlite::Connection {
        let connection = rusqlite::Connection::open_in_memory().expect("memory is there");
        for statement in SCHEMA {
            connection.execute_batch(statement).expect("the schema is valid");
        }
        // What an upgrade reads from stands beside, with the same tables.
        connection.execute(ATTACH_REBUILT, [":memory:"]).expect("memory is there");
        for statement in SCHEMA.iter().filter(|statement| statement.contains("CREATE TABLE")) {
            let beside = statement.replace("IF NOT EXISTS ", "IF NOT EXISTS rebuilt.");
            connection.execute_batch(&beside).expect("the schema is valid");
        }
        connection
    }

    #[test]
    fn every_file_is_registered_and_nothing_else() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql");
        let mut files = BTreeSet::new();
        for folder in std::fs::read_dir(&root).expect("sql/ is part of the project") {
            let folder = folder.expect("readable").path();
            for file in std::fs::read_dir(&folder).expect("sql/ has folders only") {
                let path = file.expect("readable").path();
                let name = path.strip_prefix(&root).expect("below sql/").to_string_lossy().into_owned();
                files.insert(name);
            }
        }
        let registered: BTreeSet<String> = ALL.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(files, registered);
        let schema = ALL.iter().filter(|(name, _)| name.starts_with("schema/")).count();
        assert_eq!(schema, SCHEMA.len());
    }

    #[test]
    fn every_statement_compiles_and_declares_its_parameters() {
        let connection = database();
        for (name, text) in ALL {
            let statement = connection.prepare(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let declared: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("-- ?")).collect();
            assert_eq!(declared.len(), statement.parameter_count(), "{name}: parameters in the header");
            for (n, line) in declared.iter().enumerate() {
                let place = format!("{} ", n + 1);
                assert!(line.starts_with(&place) && line.contains(": "), "{name}: header of ?{place}");
                let used = text.lines().filter(|line| !line.starts_with("--")).any(|line| {
                    let mut rest = line;
                    while let Some((_, after)) = rest.split_once('?') {
                        let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
                        if digits == (n + 1).to_string() {
                            return true;
                        }
                        rest = after;
                    }
                    false
                });
                assert!(used, "{name}: ?{place}is declared and not used");
            }
            for part in ["-- Purpose: ", "-- Returns: ", "-- Why so:  "] {
                assert!(text.contains(part), "{name}: the header lacks {part:?}");
            }
        }
    }

    #[test]
    fn hot_reads_search_and_never_scan_a_whole_table() {
        let connection = database();
        let hot = [
            GET_LOT,
            GET_OPERATION,
            GET_MASTER,
            GET_SEED,
            WALK_FROM_LOT,
            WALK_FROM_OPERATION,
            LIST_EDGES,
            LIST_EVENTS,
            GET_REVISION_AT,
            FIND_LOTS,
            FIND_LOTS_OF_MATERIAL,
            FIND_LOTS_OF_STATUS,
            FIND_LOTS_NAMED,
            FIND_OPERATIONS,
            FIND_OPERATIONS_OF,
            FIND_MASTERS,
            GET_RECORD,
            FIND_RECORDS,
            FIND_RECORDS_OF_STATE,
            FIND_RECORDS_OF_LOT,
        ];
        for text in hot {
            let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {text}")).expect("compiles");
            let nothing = vec![rusqlite::types::Null; plan.parameter_count()];
            let steps: Vec<String> = plan
                .query_map(rusqlite::params_from_iter(nothing), |row| row.get(3))
                .and_then(Iterator::collect)
                .expect("a plan");
            for step in &steps {
                assert!(!step.starts_with("SCAN") || step.contains("json_each"), "{text}\n{steps:#?}");
                let sorts = step.contains("TEMP B-TREE FOR ORDER BY");
                assert!(!sorts || text == FIND_LOTS_NAMED, "{text}\n{steps:#?}");
            }
        }
    }
}
