//! What every store promises, each promise written once, listed once, and tried on every kind of store.

pub(crate) mod ask;
mod capture;
mod closure;
mod closure_limits;
mod edges;
mod filters;
mod find;
mod get;
pub(crate) mod holds;
mod ledger;
mod observe;
mod recalls;
pub(crate) mod records;
mod stock;
mod tally;
mod together;
mod void;
mod write;

/// The list of cases, handed to a macro together with the store to try them on.
macro_rules! each_case {
    ($then:ident $store:ident) => {
        $then! { $store;
            get {
                keeps_order_repetition_and_gaps,
                knows_every_kind_of_node,
                nothing_asked_is_nothing_given,
                limits_refuse_before_reading,
            }
            find {
                lots_come_in_code_point_order,
                operations_come_by_end_then_id,
                masters_come_by_code,
                pages_join_without_gap_or_overlap,
                a_page_of_none_says_whether_more_follow,
                a_key_that_was_never_there_still_cuts,
                lots_by_any_of_their_names,
                limits_refuse,
            }
            filters {
                lots_by_material_and_class,
                lots_of_many_materials_stay_in_order,
                lots_by_origin,
                lots_by_text,
                lots_by_text_take_wildcards_literally,
                lots_by_production,
                lot_conditions_all_hold,
                operations_by_kind_name_and_time,
                operations_by_resource,
                operations_of_several_pieces_under_way,
                operations_by_resource_page_through,
                operations_voided_and_live,
                masters_by_everything,
                empty_lists_match_nothing,
            }
            edges {
                come_by_time_operation_role_position,
                page_through_parallel_links,
                of_one_moment_come_by_id_not_as_written,
                keep_the_order_of_lots,
                only_of_the_roles_asked,
                say_kind_quantity_and_moments,
                limits_refuse,
            }
            write {
                the_revision_counts_commits_that_change,
                a_repetition_is_a_duplicate,
                a_repetition_inside_a_batch_is_a_duplicate,
                other_content_under_a_known_id_is_refused,
                an_atomic_batch_is_all_or_nothing,
                a_partial_batch_keeps_the_good,
                a_retry_of_the_same_commit_counts_as_accepted,
                an_empty_batch_changes_nothing,
                too_many_events_are_refused,
                flows_add_up_by_unit,
                quantities_stay_exact,
                material_conflicts_are_refused,
                units_need_a_conversion,
                a_big_batch_goes_through_at_once,
            }
            void {
                takes_the_links_out_and_says_so,
                takes_flows_and_origin_back,
                recomputes_the_earliest_production,
                frees_the_material,
                with_its_replacement_in_one_batch,
                of_an_operation_of_the_same_batch,
                takes_resources_and_party_out,
                refuses_what_cannot_be_voided,
            }
            holds {
                a_held_lot_stays_where_it_is,
                a_hold_spreads_to_what_is_there_and_what_comes,
                a_suspect_lot_is_blocked_or_only_marked,
                what_was_drawn_before_is_not_suspect,
                an_override_lets_one_operation_pass,
                overlapping_holds_end_apart,
                dispositions_bind,
                inspection_comes_before_use,
                a_void_takes_back_what_came_through_it,
                late_capture_spreads_on,
                a_batch_is_judged_in_order,
                a_refused_batch_leaves_nothing,
                bad_holds_and_releases_are_refused,
                statuses_filter,
                marks_are_what_a_trace_reaches,
                nothing_leaves_after_the_hold,
            }
            stock {
                a_clean_cuts_a_trace,
                what_may_have_outlived_a_clean_stays,
                a_clean_ends_what_a_hold_marks,
                a_late_clean_and_its_void_move_marks,
                a_count_says_what_was_there,
                a_count_needs_a_unit_that_converts,
                quantities_at_risk_know_the_heel,
            }
            records {
                a_hold_is_on_record_until_its_last_release,
                a_hold_placed_and_released_at_once_is_one_record,
                overrides_raise_alerts_when_recorded_and_when_used,
                a_recall_hold_watches_its_lots,
                an_unknown_origin_is_told_once_and_resolves_itself,
                a_quantity_gap_is_told_once_and_resolves_itself,
                a_time_conflict_is_told_once_whatever_comes_first,
                a_refused_batch_raises_nothing,
                come_in_the_order_of_the_ledger_page_by_page,
                filters_and_counts_agree,
                lots_are_found_by_their_hold,
                a_replay_raises_the_same,
                acknowledging_takes_an_alert_once,
                a_refusal_raises_an_alert,
            }
            recalls {
                a_recall_is_opened_with_its_hold_at_once,
                customers_are_told_and_confirm,
                recoveries_are_kept,
                a_recall_is_closed_once_nothing_is_held,
                bad_recall_events_are_refused,
                recall_events_are_judged_in_order,
                a_replay_keeps_the_same_recalls,
            }
            capture {
                a_lot_named_early_has_unknown_origin,
                the_receipt_may_come_late,
                masters_are_named_before_they_are_declared,
                the_last_declaration_wins_whole,
                number_and_attributes_last_wins_by_name,
                any_script_and_any_length_survives,
            }
            closure {
                of_a_diamond_visits_each_once,
                of_a_ladder_is_linear,
                of_a_cycle_ends,
                of_a_refilled_lot,
                lists_work_in_place,
                of_several_seeds,
                of_many_seeds_that_share,
                of_a_very_deep_chain,
                of_unknown_seeds,
                of_no_seeds,
                backward_mirrors_forward,
                carries_parallel_links,
                leaves_voided_operations_out,
                carries_what_the_rules_need,
                orders_by_code_point_inside_a_level,
            }
            closure_limits {
                depth_stops_and_says_where,
                depth_zero_is_the_seeds_and_work_on_them,
                depth_keeps_links_between_its_nodes,
                depth_that_suffices_cuts_nothing,
                nodes_are_cut_in_order,
                nodes_are_cut_among_seeds,
                nodes_that_just_suffice_cut_nothing,
                a_stale_revision_is_refused,
                a_passed_deadline_is_a_timeout,
                limits_refuse,
            }
            observe {
                a_lot_is_where_it_was_seen_last,
                only_the_latest_sightings_are_kept_with_the_lot,
                what_nobody_named_cannot_be_seen,
            }
            tally {
                counts_everything,
                lots_by_material_in_order,
                operations_by_kind_in_order,
                agrees_with_find,
            }
            ledger {
                tells_everything_in_order,
                pages_inside_a_revision,
                starts_anywhere,
                finds_the_revision_of_a_moment,
                finds_it_although_clocks_differ,
                replays_into_the_same_graph,
                takes_over_what_it_has_already_as_a_repetition,
                refuses_other_revisions_under_numbers_that_it_has,
                limits_refuse,
            }
            together {
                no_update_is_lost,
                the_same_event_at_once_is_taken_once,
                two_prepares_at_once,
                what_is_acknowledged_is_visible,
                a_settled_revision_has_nothing_behind_it,
                a_read_sees_whole_commits,
            }
        }
    };
}

/// One test of each case over one kind of store.
macro_rules! tests_over {
    ($store:ident; $($group:ident { $($case:ident,)* })*) => {
        mod $store {
            $(mod $group {
                $(
                    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                    async fn $case() {
                        let fresh = crate::support::stores::$store().await;
                        crate::conformance::$group::$case(&fresh.store).await;
                    }
                )*
            })*
        }
    };
}

each_case!(tests_over sqlite);
each_case!(tests_over sqlite_memory);
each_case!(tests_over served);
each_case!(tests_over scratch);
each_case!(tests_over as_of_live);
each_case!(tests_over as_of_replayed);
each_case!(tests_over neo4j);
each_case!(tests_over neo4j_redis);
