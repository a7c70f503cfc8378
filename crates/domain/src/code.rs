//! The one table of public error codes: name, HTTP status, meaning and what to do.
//!
//! REST bodies, GraphQL `extensions.code`, import reports and docs/errors.md all read it.

macro_rules! error_codes {
    ($($variant:ident $name:literal $status:literal $meaning:literal $remedy:literal;)*) => {
        /// A stable public error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum ErrorCode {
            $(#[doc = $meaning] $variant,)*
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as clients see it; never changes once published.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The HTTP status that carries it.
            #[must_use]
            pub const fn http_status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }

            /// What it means, in one sentence.
            #[must_use]
            pub const fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning),* }
            }

            /// What the caller can do about it.
            #[must_use]
            pub const fn remedy(self) -> &'static str {
                match self { $(Self::$variant => $remedy),* }
            }
        }
    };
}

error_codes! {
    JsonMalformed "JSON_MALFORMED" 400 "The text is not JSON." "Correct the JSON at the line and column named.";
    NumberInexact "NUMBER_INEXACT" 400 "A JSON number has more digits than are kept exactly." "Send the number as text, in quotes.";
    LineTooLong "LINE_TOO_LONG" 413 "A line is longer than the limit." "Split the event, or correct the missing line end.";
    EventTypeUnknown "EVENT_TYPE_UNKNOWN" 422 "The event's type is not one that lotgraph knows." "Use one of the types named in the message.";
    FieldUnknown "FIELD_UNKNOWN" 422 "The event has a field that its type does not have." "Remove the field, or correct its name.";
    FieldMissing "FIELD_MISSING" 422 "A required field is missing." "Add the field.";
    FieldDuplicate "FIELD_DUPLICATE" 422 "A JSON object names the same field twice." "Keep one of the two.";
    FieldType "FIELD_TYPE" 422 "A field holds the wrong kind of JSON value." "Send the kind of value named in the message.";
    FieldNotAllowed "FIELD_NOT_ALLOWED" 422 "The field does not go together with the rest of the event." "Remove it, or choose the operation kind that has it.";
    ValueUnknown "VALUE_UNKNOWN" 422 "A value is not in the closed list of this field." "Use one of the values named in the message.";
    TextEmpty "TEXT_EMPTY" 422 "An identifier or text is empty." "Send a value, or leave an optional field out.";
    TextTooLong "TEXT_TOO_LONG" 422 "An identifier or text is longer than the limit." "Shorten it.";
    TextInvalid "TEXT_INVALID" 422 "An identifier or text has control characters or white space around it." "Remove them.";
    TextInvisible "TEXT_INVISIBLE" 422 "An identifier has a character that nobody sees: of zero width, a byte order mark, a mark for the direction of writing, a soft hyphen or a no-break space." "Remove the character that the message names where the identifier comes from; what was recorded under such an identifier earlier is still found by it.";
    QuantityInvalid "QUANTITY_INVALID" 422 "A quantity is not a plain decimal number." "Write digits with a point, for example 12.5.";
    QuantityNotPositive "QUANTITY_NOT_POSITIVE" 422 "A quantity is negative, or zero where that has no meaning." "Send the amount that moved, or void the wrong event; what came back unused in the same operation stands in returned.";
    QuantityTooLarge "QUANTITY_TOO_LARGE" 422 "A quantity, or a sum of quantities, is larger than the limit." "Correct it, or use a larger unit.";
    QuantityTooPrecise "QUANTITY_TOO_PRECISE" 422 "A quantity has more decimal places than the limit." "Round it, or use a smaller unit.";
    ReturnedTooMuch "RETURNED_TOO_MUCH" 422 "A line of an operation says that more came back unused than was issued." "Correct quantity, which is what was issued, or returned.";
    UnitInvalid "UNIT_INVALID" 422 "A unit is not a unit code." "Use a UN/ECE Recommendation 20 code such as KGM, LTR or H87.";
    UnitMismatch "UNIT_MISMATCH" 422 "The unit is neither the material's unit nor one with a declared conversion." "Use the material's unit, or declare the conversion on the material.";
    ConversionChanged "CONVERSION_CHANGED" 422 "A declaration gives another factor for a unit without saying from when on it holds." "Add validFrom: lots that came in before keep the factor that they had. To correct it for all lots, 1900-01-01T00:00:00Z.";
    MaterialUnitChanged "MATERIAL_UNIT_CHANGED" 422 "A declaration gives a material another unit, and no conversion from a unit that its quantities may be in." "Declare a conversion from each unit named, or keep the unit.";
    LotFactorConflict "LOT_FACTOR_CONFLICT" 422 "Another conversion was stated for the lot before." "Correct the factor; void the earlier event if that one is wrong.";
    TimeInvalid "TIME_INVALID" 422 "A time is not an RFC 3339 date and time." "Write it like 2026-01-05T06:10:00+08:00.";
    TimeWithoutOffset "TIME_WITHOUT_OFFSET" 422 "A time does not say its offset from UTC." "Add the offset, or Z.";
    TimeOutOfRange "TIME_OUT_OF_RANGE" 422 "A time lies outside the years 1900 to 2199." "Correct the clock or the entry.";
    TimeInFuture "TIME_IN_FUTURE" 422 "A time lies further ahead of the server's clock than capture.ahead_max_s allows." "Correct the clock or the entry; for data that are to be taken over as they are, import them with --allow-future.";
    TimeOrder "TIME_ORDER" 422 "Something ends before it starts." "Correct the two times.";
    ItemsNone "ITEMS_NONE" 422 "An operation names no lot at all." "Name the lots that it consumes, produces or works on.";
    OutputUnknown "OUTPUT_UNKNOWN" 422 "An input says that it went into one lot only, and that lot is no output of the operation." "Name one of the operation's outputs, or leave for out.";
    ItemsTooMany "ITEMS_TOO_MANY" 422 "An event has more items than the limit." "Split it into several events.";
    ProblemsMore "PROBLEMS_MORE" 422 "The event has more problems than are told at once." "Correct those that are told, and send the event again.";
    SelfReference "SELF_REFERENCE" 422 "Something refers to itself where that has no meaning." "Correct the reference.";
    IdConflict "ID_CONFLICT" 409 "The id is already taken by an event with other content." "Send the change under a new id and void the old event, or correct the id.";
    LotMaterialConflict "LOT_MATERIAL_CONFLICT" 422 "The lot is already of another material." "Correct the lot or the material; void the earlier event if that one is wrong.";
    LotShippedBefore "LOT_SHIPPED_BEFORE" 422 "A lot is received that had been shipped from here, or with the number of such a lot, and without the document of a shipment of it." "A warning: the receipt was recorded. If a customer sent it back, void the receipt and record a return instead; if a plant of this ledger received it, record the receipt with the document of the shipment.";
    DocumentTellsNothing "DOCUMENT_TELLS_NOTHING" 422 "More than 250 shipments and receipts bear the same document." "A warning: the event was recorded. Nothing is linked by that document; give each delivery its own.";
    LotLooksAlike "LOT_LOOKS_ALIKE" 422 "A new lot's id differs from that of a known lot only by case, width, the kind of dash, or characters that look alike." "A warning: the event was recorded. If it is the same lot, correct the misread id where it comes from, and void the event.";
    LotByNumber "LOT_BY_NUMBER" 422 "What stands for a lot is no lot's id; it is the number printed on one known lot, or the supplier's number for it." "Name that lot by its id, or send resolve: true to have it taken. As a warning: the event was recorded, as the message says.";
    LotAmbiguous "LOT_AMBIGUOUS" 422 "What stands for a lot is no lot's id; it is the printed or supplier's number of several known lots." "Name the one that is meant by its id; the message lists them.";
    LotIsAlias "LOT_IS_ALIAS" 422 "A name that an event gives a lot, or the lot itself, is another name of a lot already." "Name the lot that the message tells; to take a name back, void the event that gave it.";
    LotsDiffer "LOTS_DIFFER" 422 "A number is to be another name of a lot, and both were received or made." "Correct the number. If both were one lot all along, send mergeLots.";
    AliasTooWide "ALIAS_TOO_WIDE" 422 "More operations were recorded under a name than one event may move to another lot." "Void the operations that name the wrong lot, and record them anew.";
    LotOnHold "LOT_ON_HOLD" 409 "The lot is in quarantine, or suspect because of a hold that blocks." "Wait for the hold's release, scrap the lot, or send an override for this operation first.";
    LotPendingInspection "LOT_PENDING_INSPECTION" 409 "The lot's material must be released before use, and the lot was not yet." "Send a release that names the lot, without a hold.";
    LotRejected "LOT_REJECTED" 409 "The lot was released only for another kind of operation." "Do with it what its disposition says, or release it anew.";
    HoldUnknown "HOLD_UNKNOWN" 422 "The hold to be released is not in the ledger." "Check the id; send the hold first.";
    HoldReleased "HOLD_RELEASED" 409 "The hold, or its lot, was released before." "Nothing is left to do.";
    RecallUnknown "RECALL_UNKNOWN" 422 "The recall is not in the ledger." "Check the id; open the recall first.";
    RecallClosed "RECALL_CLOSED" 409 "The recall was closed before." "Reopen it (reopenRecall) if there is more to do.";
    RecallMock "RECALL_MOCK" 422 "The recall is an exercise, which holds nothing." "Open a recall that is none.";
    RecallHoldsOpen "RECALL_HOLDS_OPEN" 409 "The recall still holds lots." "Release its holds, each with what is to become of the lots, then close it.";
    RecallUnfinished "RECALL_UNFINISHED" 409 "The recall is to be closed while customers were not told or goods are still out." "Finish what the message names, or close it with acceptOpen: true and a reason.";
    RecallNotClosed "RECALL_NOT_CLOSED" 409 "The recall that is to be reopened is open." "Nothing is left to do.";
    RecallCustomerUnknown "RECALL_CUSTOMER_UNKNOWN" 422 "The customer received nothing of what the recall is about." "Check the code among the recall's customers; if it is right all the same, send unexpected: true.";
    AlertUnknown "ALERT_UNKNOWN" 422 "The alert to be acknowledged is not there." "Check the id; alerts lists them.";
    AlertAcknowledged "ALERT_ACKNOWLEDGED" 409 "The alert was acknowledged before." "Nothing is left to do.";
    EventReserved "EVENT_RESERVED" 422 "Events of this type are recorded by lotgraph itself." "Leave it out; only import and copy take it, from the ledger of another lotgraph.";
    RecordingUnexpected "RECORDING_UNEXPECTED" 422 "The line belongs to an export with recordings, which import does not take." "Take it over with lotgraph restore, or import an export without recordings.";
    EventUnknown "EVENT_UNKNOWN" 422 "The event to be voided is not in the ledger." "Check the id; send the event first.";
    AlreadyVoided "ALREADY_VOIDED" 409 "The event was voided before." "Nothing is left to do.";
    NotVoidable "NOT_VOIDABLE" 422 "Events of this type cannot be voided." "Send the corrected master data, or record the operation again under a new id.";
    CsvMalformed "CSV_MALFORMED" 422 "A row does not fit the table." "Correct the quotes or the number of columns at the line named.";
    CsvColumnMissing "CSV_COLUMN_MISSING" 422 "The mapping names a column that the file does not have." "Correct the mapping or the file's header.";
    CsvCellInvalid "CSV_CELL_INVALID" 422 "A cell cannot be read as the mapping says." "Correct the cell, or the mapping's formats.";
    CsvRowUnmatched "CSV_ROW_UNMATCHED" 422 "A row fits the condition of no event of the mapping." "Correct the row or the mapping's when; a remark, unless no row of the file makes an event.";
    CsvRowRepeated "CSV_ROW_REPEATED" 422 "A row says in every column that the mapping uses what an earlier row says, and counts once." "A remark. If both happened, use a further column in the events' ids, or {line}.";
    FileNotText "FILE_NOT_TEXT" 400 "A file or body is compressed, a workbook, or something else that is not the text expected." "Unpack it, or save it as CSV, NDJSON or JSON.";
    EncodingInvalid "ENCODING_INVALID" 422 "The text is not in the encoding declared." "Save it as UTF-8, or declare its encoding in the mapping.";
    MappingInvalid "MAPPING_INVALID" 400 "The column mapping cannot be used." "Correct the mapping where the message says.";
    BatchRefused "BATCH_REFUSED" 422 "An atomic batch had events that cannot be accepted; nothing was recorded." "Correct them and send the whole batch again, or send it with atomic=false.";
    BatchEmpty "BATCH_EMPTY" 400 "The batch has no events." "Send at least one.";
    BatchTooLarge "BATCH_TOO_LARGE" 413 "The batch has more events than the limit." "Send smaller batches, or use lotgraph import.";
    BodyTooLarge "BODY_TOO_LARGE" 413 "The request body is larger than the limit." "Send smaller batches, or use lotgraph import.";
    ContentTypeUnsupported "CONTENT_TYPE_UNSUPPORTED" 415 "The request's content type is not accepted here." "Send one of those named in the message.";
    MethodNotAllowed "METHOD_NOT_ALLOWED" 405 "The address exists, but not for this HTTP method." "Use a method named in the Allow header.";
    HostNotAllowed "HOST_NOT_ALLOWED" 403 "The request names a host, or comes from a page of one, that this server does not answer for." "Use the address that lotgraph printed; behind a proxy add its name to http.allowed_hosts.";
    ProxyNotTrusted "PROXY_NOT_TRUSTED" 403 "The request says who asks, but does not come from a proxy that is believed about that." "Ask through the proxy, or leave its header out; a proxy at another address belongs into http.trusted_proxies.";
    LocalSecretInvalid "LOCAL_SECRET_INVALID" 403 "The request wants to be believed as a command on this machine, and does not show the secret of this server, or comes from another machine." "Run the command again on this machine, as the user who serves the store; leave its headers out otherwise.";
    LedgerOther "LEDGER_OTHER" 409 "The command reads another ledger than the server serves." "Name the store that this server serves, or stop the server.";
    NotFound "NOT_FOUND" 404 "There is nothing at this address." "Check the address; /graphiql is the start.";
    RevisionUnknown "REVISION_UNKNOWN" 404 "The ledger has not reached the revision that asOf names." "Ask for at most the current revision, which every answer states.";
    ReplayUnderWay "REPLAY_UNDER_WAY" 503 "The state that asOf names is still being replayed from the ledger." "Ask again after the time in Retry-After; the replay goes on meanwhile.";
    LotUnknown "LOT_UNKNOWN" 404 "A lot that the question starts from, or that a hold, release or override names, is not known." "Check the id with resolve(code), which also knows printed and supplier's numbers.";
    CasesNone "CASES_NONE" 400 "A root cause question has no cases." "Name lots that went wrong, or correct the mark that they are found by.";
    ControlsNone "CONTROLS_NONE" 400 "A root cause question names an empty list of controls." "Name lots that went well, or leave controls out to have them chosen.";
    CasesAndControlsOverlap "CASES_AND_CONTROLS_OVERLAP" 400 "A lot is named as a case and as a control." "Name each lot in one of the two.";
    ArgumentInvalid "ARGUMENT_INVALID" 400 "An argument of the question cannot be used." "Correct it where the message says.";
    CauseEmpty "CAUSE_EMPTY" 422 "A cause of a recall names no condition, so that it would select everything." "Add at least one condition, or leave the cause out.";
    LimitsOrder "LIMITS_ORDER" 422 "A lower limit lies above the upper limit." "Correct the two limits.";
    NameUnknown "NAME_UNKNOWN" 422 "The question names a supplier, step, material, equipment or the like that nothing on record has." "Take one of the nearest known names, which the message lists, or correct yours.";
    RecallNothing "RECALL_NOTHING" 400 "A recall names neither lot nor cause, or its causes select no lot." "Name a lot, or widen the causes.";
    CursorMalformed "CURSOR_MALFORMED" 400 "The cursor was not given out by this query." "Pass the endCursor of the page before, unchanged, with the same arguments.";
    CursorStale "CURSOR_STALE" 409 "The data changed since the page before, and the older answer is no longer kept." "Ask for the first page again.";
    PageTooLarge "PAGE_TOO_LARGE" 400 "A page is larger than the limit, or negative." "Ask for fewer items a page and follow the cursor.";
    LimitExceeded "LIMIT_EXCEEDED" 400 "The question exceeds a limit." "Ask for less at once.";
    QueryMalformed "QUERY_MALFORMED" 400 "The GraphQL document or its variables cannot be used." "Correct it where the message says.";
    QueryTooComplex "QUERY_TOO_COMPLEX" 400 "The GraphQL document exceeds a limit of depth, size, aliases, directives or cost." "Ask for less at once.";
    BackupUnusable "BACKUP_UNUSABLE" 422 "A backup is cut short, reordered, has a gap, was changed, or does not follow the one before it." "Take another backup, or the files of the chain in their order.";
    RestoreRefused "RESTORE_REFUSED" 409 "The store holds something else than the beginning of the backup; nothing was written." "Restore into an empty store, or into one that an earlier run of the same restore left.";
    StreamsTooMany "STREAMS_TOO_MANY" 503 "The server has as many open streams as it allows." "Close one, or try again after the time in Retry-After.";
    BodiesTooMany "BODIES_TOO_MANY" 503 "The server is taking as many request bodies, or as many bytes of them, as it allows." "Send the body again after the time in Retry-After; sending the same events again is safe.";
    BodyTooSlow "BODY_TOO_SLOW" 408 "The request body arrives more slowly than the server waits for." "Send it again over a faster way, or in smaller batches.";
    DeadlineExceeded "DEADLINE_EXCEEDED" 504 "The answer took longer than allowed; no partial answer is given." "Narrow the question with maxDepth, or raise the deadline in the configuration.";
    StoreUnavailable "STORE_UNAVAILABLE" 503 "The store cannot be reached; nothing was recorded unless it was acknowledged." "Try again after the time in Retry-After; sending the same events again is safe.";
    StoreCorrupt "STORE_CORRUPT" 500 "The store holds something that lotgraph did not write." "Run lotgraph doctor; restore from a backup or replay an export.";
    Internal "INTERNAL" 500 "lotgraph failed." "Report it with the request id; sending the same events again is safe.";
}

impl ErrorCode {
    /// Whether it is ours to mend, and so belongs into the log as an error; a replay that takes its time is not.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        self.http_status() >= 500 && !matches!(self, Self::ReplayUnderWay)
    }
}

impl std::fmt::Display for ErrorCode {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.name())
    }
}
