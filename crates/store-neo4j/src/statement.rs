//! The registry of Cypher statements: every file under `cypher/`, by name.

/// One Cypher file.
#[derive(Debug, PartialEq, Eq)]
pub struct Statement {
    /// Its path under `cypher/`, without the ending.
    pub name: &'static str,
    /// Its text, with its header.
    pub text: &'static str,
}

impl Statement {
    /// The parameters that its header declares.
    pub fn declared(&self) -> impl Iterator<Item = &'static str> {
        let declaration =
            |line: &'static str| line.strip_prefix("// $")?.split_once(':').map(|(name, _)| name);
        self.text.lines().filter_map(declaration)
    }
}

macro_rules! registry {
    ($($constant:ident $name:literal;)*) => {
        $(pub(super) const $constant: Statement = Statement {
            name: $name,
            text: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../cypher/", $name, ".cypher")),
        };)*

        /// Every statement, in the order of the registry.
        #[must_use]
        pub fn statements() -> &'static [Statement] {
            &[$($constant),*]
        }
    };
}

registry! {
    CONSTRAIN_LOT_ID "schema/constrain_lot_id";
    CONSTRAIN_OPERATION_ID "schema/constrain_operation_id";
    CONSTRAIN_EVENT_ID "schema/constrain_event_id";
    CONSTRAIN_MASTER_CODE "schema/constrain_master_code";
    CONSTRAIN_LEDGER_ID "schema/constrain_ledger_id";
    CONSTRAIN_RECORD_ID "schema/constrain_record_id";
    INDEX_LOT_NUMBER "schema/index_lot_number";
    INDEX_LOT_SUPPLIER_NUMBER "schema/index_lot_supplier_number";
    INDEX_LOT_MATERIAL "schema/index_lot_material";
    INDEX_LOT_STATUS "schema/index_lot_status";
    INDEX_LOT_SEARCH "schema/index_lot_search";
    INDEX_LOT_LIKENESS "schema/index_lot_likeness";
    INDEX_OPERATION_END "schema/index_operation_end";
    INDEX_OPERATION_DOCUMENT "schema/index_operation_document";
    INDEX_EVENT_POSITION "schema/index_event_position";
    INDEX_EVENT_RECORDING "schema/index_event_recording";
    INDEX_RECORD_PLACE "schema/index_record_place";
    INDEX_RECORD_STATE "schema/index_record_state";
    INDEX_RECORD_LOT "schema/index_record_lot";
    AWAIT_INDEXES "schema/await_indexes";
    MERGE_LEDGER "schema/merge_ledger";
    READ_VERSIONS "schema/read_versions";
    MARK_FORMAT "schema/mark_format";
    INDEX_RETIRED_POSITION "schema/index_retired_position";
    BEGIN_REBUILD "schema/begin_rebuild";
    RETIRE_NODES "schema/retire_nodes";
    DISCARD_NODES "schema/discard_nodes";
    BEGIN_PROJECTING "schema/begin_projecting";
    READ_RETIRED "schema/read_retired";
    COUNT_DIFFERING_EVENTS "schema/count_differing_events";
    BEGIN_DELETING "schema/begin_deleting";
    DELETE_RETIRED "schema/delete_retired";
    END_REBUILD "schema/end_rebuild";
    LOCK_LEDGER "write/lock_ledger";
    CREATE_EVENTS "write/create_events";
    MERGE_MASTERS "write/merge_masters";
    MERGE_MENTIONS "write/merge_mentions";
    LINK_PARENTS "write/link_parents";
    CREATE_LOTS "write/create_lots";
    UPDATE_LOTS "write/update_lots";
    UNLINK_MATERIALS "write/unlink_materials";
    LINK_MATERIALS "write/link_materials";
    CREATE_OPERATIONS "write/create_operations";
    LINK_PROCESSED_BY "write/link_processed_by";
    LINK_SUPPLIERS "write/link_suppliers";
    LINK_CUSTOMERS "write/link_customers";
    RENAME_OPERATIONS "write/rename_operations";
    UNLINK_LOTS "write/unlink_lots";
    LINK_CONSUMED "write/link_consumed";
    LINK_PRODUCED "write/link_produced";
    LINK_IN_PLACE "write/link_in_place";
    VOID_OPERATIONS "write/void_operations";
    CREATE_RECORDS "write/create_records";
    UPDATE_RECORDS "write/update_records";
    BUMP_LEDGER "write/bump_ledger";
    READ_SERVER "read/read_server";
    READ_IDENTITY "read/read_identity";
    READ_REVISION "read/read_revision";
    READ_REVISION_AT "read/read_revision_at";
    READ_EVENTS "read/read_events";
    READ_DOCUMENTED "read/read_documented";
    READ_FIRST_LINKS "read/read_first_links";
    READ_LOTS "read/read_lots";
    READ_LOTS_ALIKE "read/read_lots_alike";
    READ_LOTS_NUMBERED "read/read_lots_numbered";
    READ_MATERIALS_IN_USE "read/read_materials_in_use";
    READ_RECORDED_UNDER "read/read_recorded_under";
    READ_MOVEMENTS "read/read_movements";
    READ_OPERATIONS "read/read_operations";
    READ_MASTERS "read/read_masters";
    READ_RECORDS "read/read_records";
    READ_EDGES "read/read_edges";
    READ_CHANGES "read/read_changes";
    FIND_LOTS "read/find_lots";
    FIND_LOTS_BY_MATERIAL "read/find_lots_by_material";
    FIND_LOTS_BY_STATUS "read/find_lots_by_status";
    FIND_LOTS_BY_TEXT "read/find_lots_by_text";
    FIND_LOTS_NAMED "read/find_lots_named";
    FIND_OPERATIONS "read/find_operations";
    FIND_OPERATIONS_AT "read/find_operations_at";
    FIND_MASTERS "read/find_masters";
    FIND_RECORDS "read/find_records";
    FIND_RECORDS_BY_STATE "read/find_records_by_state";
    FIND_RECORDS_OF_LOT "read/find_records_of_lot";
    COUNT_LOTS "read/count_lots";
    COUNT_LOTS_NAMED "read/count_lots_named";
    COUNT_LOTS_BY_MATERIAL "read/count_lots_by_material";
    COUNT_OPERATIONS "read/count_operations";
    COUNT_OPERATIONS_BY_KIND "read/count_operations_by_kind";
    COUNT_MASTERS "read/count_masters";
    COUNT_RECORDS "read/count_records";
    CLOSURE_FORWARD "read/closure_forward";
    CLOSURE_FORWARD_FROM_FEW "read/closure_forward_from_few";
    CLOSURE_FORWARD_TO_DEPTH "read/closure_forward_to_depth";
    CLOSURE_BACKWARD_TO_DEPTH "read/closure_backward_to_depth";
    CLOSURE_BACKWARD "read/closure_backward";
    CLOSURE_BACKWARD_FROM_FEW "read/closure_backward_from_few";
}
