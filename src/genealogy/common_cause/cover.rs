//! The few finds that together explain the cases.

use super::compare::Group;

/// Cases that a further find must explain beyond those explained already.
const NEW_CASES_MIN: usize = 2;

/// Chooses finds until no further one explains more cases than it would by chance; also the cases left over.
///
/// Weighted set cover, greedily (V. Chvátal, A greedy heuristic for the set-covering problem, Mathematics of Operations
/// Research 4, 1979, 233–235). A find costs one plus the cases that chance would expose to it, at the rate of the
/// controls: a factor of half the plant does not cover cheaply. Ties go to the group ranked first.
pub(super) fn explaining_set(groups: &[Group], cases: usize) -> (Vec<usize>, Vec<u32>) {
    let finds: Vec<usize> = (0..groups.len()).filter(|n| groups[*n].is_find()).collect();
    let mut explained = vec![false; cases];
    let mut chosen = Vec::new();
    loop {
        let left = explained.iter().filter(|explained| !**explained).count();
        let mut best: Option<(f64, usize)> = None;
        for &find in &finds {
            let group = &groups[find];
            let new = group.cases.iter().filter(|case| !explained[**case as usize]).count();
            let rate = group.table.exposed_controls as f64 / group.table.controls as f64;
            let worth = new as f64 / (1.0 + rate * cases as f64);
            let enough = new >= NEW_CASES_MIN.min(left.max(1)) && new as f64 > rate * left as f64;
            if enough && best.is_none_or(|(most, _)| worth > most) {
                best = Some((worth, find));
            }
        }
        let Some((_, find)) = best else { break };
        for case in &groups[find].cases {
            explained[*case as usize] = true;
        }
        chosen.push(find);
    }
    // Groups are bounded far below 2^32 cases.
    let unexplained = (0..cases as u32).filter(|case| !explained[*case as usize]).collect();
    (chosen, unexplained)
}
