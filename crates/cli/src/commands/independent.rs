//! The independent causes of a root cause answer in words, and what only goes along with each of them.

use std::fmt::Write;

use unicode_width::UnicodeWidthStr;

use super::root_cause::factors;
use lotgraph_genealogy::root_cause::{Group, IndependentCause, LEVEL};
use lotgraph_service::root_cause::RootCauseAnswer;

/// Groups that are shown in a list under a cause.
const LISTED_MAX: usize = 5;

/// Columns that a line may take.
const WIDTH: usize = 80;

/// The causes, each with its followers indented under it, and how many cases they touch.
pub(super) fn for_people(answer: &RootCauseAnswer, out: &mut String) {
    let causes = &answer.common.independent;
    if causes.is_empty() {
        let _ = writeln!(out, "\nNo find: no factor has q at most {LEVEL}.");
        return;
    }
    let title = match causes.len() {
        1 => "One cause stands on its own:".to_owned(),
        count => format!("{count} causes stand on their own, each tested given those above it:"),
    };
    let _ = writeln!(out, "\n{title}\n");
    for (number, cause) in causes.iter().enumerate() {
        show(number + 1, cause, answer, out);
    }
    let (cases, left) = (answer.cases.len(), answer.common.unexplained.len());
    let subject = if causes.len() == 1 { "It touches" } else { "Together they touch" };
    let _ = writeln!(out, "{subject} {} of {cases} cases.", cases - left);
}

fn show(number: usize, cause: &IndependentCause, answer: &RootCauseAnswer, out: &mut String) {
    let groups = &answer.common.groups;
    let group = &groups[cause.group];
    wrapped(&format!("{number}. {}", factors(group)), 0, out);
    let given = if number == 1 { "" } else { " given those above" };
    let numbers = format!("{}; q {}{given}", exposed(group, answer), small(cause.q));
    wrapped(&numbers, 3, out);
    list("Cannot be told from it where none above is in play", cause.alike.iter().copied(), answer, out);
    let followers = cause.followers.iter().map(|follower| follower.group);
    list("No longer significant once it is known", followers, answer, out);
    out.push('\n');
}

/// Groups under a title with their number, the first few of them.
fn list(
    title: &str,
    listed: impl ExactSizeIterator<Item = usize>,
    answer: &RootCauseAnswer,
    out: &mut String,
) {
    let count = listed.len();
    if count == 0 {
        return;
    }
    wrapped(&format!("{title} ({count}):"), 3, out);
    for group in listed.take(LISTED_MAX) {
        let group = &answer.common.groups[group];
        wrapped(&format!("{}: {}", factors(group), exposed(group, answer)), 5, out);
    }
    let hidden = count.saturating_sub(LISTED_MAX);
    if hidden > 0 {
        let _ = writeln!(out, "     … {hidden} more: --format json has all");
    }
}

fn exposed(group: &Group, answer: &RootCauseAnswer) -> String {
    let table = group.table;
    let (cases, controls) = (answer.cases.len(), answer.controls.len());
    format!("{} of {cases} cases, {} of {controls} controls", table.exposed_cases, table.exposed_controls)
}

/// A p-value or q-value. One that is too small for a number is not printed as zero.
pub(super) fn small(value: f64) -> String {
    if value < f64::MIN_POSITIVE { "<1e-307".to_owned() } else { format!("{value:.2e}") }
}

/// Writes a text in lines of at most [`WIDTH`] columns, where its words allow it. All lines are indented, those
/// after the first a little more.
fn wrapped(text: &str, indent: usize, out: &mut String) {
    let mut line = " ".repeat(indent);
    let mut is_empty = true;
    for word in text.split(' ') {
        if !is_empty && line.width() + 1 + word.width() > WIDTH {
            let _ = writeln!(out, "{line}");
            line = " ".repeat(indent + 3);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    let _ = writeln!(out, "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_stay_within_the_width() {
        let mut out = String::new();
        let words = ["STEP", "GLÜHEN", "×", "2026-03-29/A"].repeat(10).join(" ");
        wrapped(&words, 5, &mut out);
        let lines: Vec<&str> = out.lines().collect();
        assert!(lines.len() > 2 && lines.iter().all(|line| line.width() <= WIDTH), "{out}");
        assert!(lines[0].starts_with("     S") && lines[1].starts_with("        "), "{out}");
        assert_eq!(out.split_whitespace().collect::<Vec<_>>().join(" "), words);
    }

    #[test]
    fn what_is_too_small_for_a_number_is_not_zero() {
        assert_eq!((small(0.0), small(0.004_36)), ("<1e-307".to_owned(), "4.36e-3".to_owned()));
    }
}
