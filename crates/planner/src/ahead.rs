//! Times that lie ahead of the clock: which an event states, the rule that refuses it, and the alert when it was taken all
//! the same.

use std::time::Duration;

use lotgraph_domain::{AlertKind, ErrorCode, Fact, Operation, Problem, Timestamp};

use crate::log::Log;
use crate::records::{About, Records};
use crate::rules::Rules;

/// An event that was recorded further ahead of the clock than this raises an alert, in every ledger: what a ledger comes to
/// must not depend on a setting.
pub(crate) const TOLD_FROM: Duration = Duration::from_secs(24 * 60 * 60);

impl Rules {
    /// These rules, and one that refuses events of which a time lies further ahead of the clock than this.
    #[must_use]
    pub fn and_not_ahead(
        self,
        ahead_max: Duration,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        self.and(move |event, _| {
            let now = now();
            match furthest(&event.fact) {
                Some((path, at)) if is_ahead(at, now, ahead_max) => {
                    let message = format!(
                        "{at} lies more than {} ahead of the server's clock, which says {now}; correct the time or the clock",
                        words(ahead_max)
                    );
                    Err(Problem::new(ErrorCode::TimeInFuture, path, message))
                }
                _ => Ok(()),
            }
        })
    }
}

/// Raises an alert for each event of the revision under way that was recorded long before it says it happened.
pub(crate) fn tell(log: &Log<'_>, records: &mut Records) {
    for event in log.accepted() {
        let now = records.recorded_at();
        let Some((path, at)) = furthest(event.fact).filter(|(_, at)| is_ahead(*at, now, TOLD_FROM)) else {
            continue;
        };
        let operation = matches!(event.fact, Fact::Operation(_)).then_some(event.id);
        let message = format!("event {} was recorded at {now} and says {path} {at}", event.id);
        let about = About { operation, ..About::default() };
        records.alert(AlertKind::TimeInFuture, event.id.as_str(), event.id, about, message);
    }
}

fn is_ahead(at: Timestamp, now: Timestamp, ahead_max: Duration) -> bool {
    let ahead = i128::from(at.micros()) - i128::from(now.micros());
    u128::try_from(ahead).is_ok_and(|ahead| ahead > ahead_max.as_micros())
}

/// A duration in whole words.
fn words(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let (number, unit) = match seconds {
        0 => (0, "second"),
        _ if seconds.is_multiple_of(86_400) => (seconds / 86_400, "day"),
        _ if seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        _ if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    if number == 1 { format!("a {unit}").replace("a hour", "an hour") } else { format!("{number} {unit}s") }
}

/// The latest time at which an event says that something happened, and its path; `None` when it says none. When a shift
/// starts and ends is a plan, and the window of a recall's cause is a question: they may lie ahead.
fn furthest(fact: &Fact) -> Option<(String, Timestamp)> {
    let at = match fact {
        Fact::Master(_) | Fact::Void(_) => return None,
        Fact::Operation(operation) => return Some(furthest_of(operation)),
        Fact::Hold(hold) => hold.at,
        Fact::Release(release) => release.at,
        Fact::Override(permit) => permit.at,
        Fact::Recall(recall) => recall.at,
        Fact::Notify(notify) => notify.at,
        Fact::Recover(recover) => recover.at,
        Fact::CloseRecall(close) => close.at,
        Fact::AddToRecall(add) => add.at,
        Fact::ReopenRecall(reopen) => reopen.at,
        Fact::Acknowledge(acknowledge) => acknowledge.at,
        Fact::Refusal(refusal) => refusal.at,
        Fact::Observe(observe) => observe.at,
        Fact::Alias(alias) => alias.at,
        Fact::MergeLots(merge) => merge.at,
    };
    Some(("at".to_owned(), at))
}

fn furthest_of(operation: &Operation) -> (String, Timestamp) {
    let inputs = operation.inputs.iter().map(|input| input.at);
    let outputs = operation.outputs.iter().map(|output| output.at);
    let parameters = operation.parameters.iter().map(|parameter| parameter.at);
    let lists: [(&str, Vec<Option<Timestamp>>); 3] =
        [("inputs", inputs.collect()), ("outputs", outputs.collect()), ("parameters", parameters.collect())];
    let mut found = ("at".to_owned(), operation.at);
    for (name, times) in lists {
        for (index, at) in times.into_iter().enumerate() {
            if let Some(at) = at.filter(|at| *at > found.1) {
                found = (format!("{name}[{index}].at"), at);
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_said_in_the_largest_whole_unit() {
        let said = |seconds| words(Duration::from_secs(seconds));
        assert_eq!(said(86_400), "a day");
        assert_eq!(said(3_600), "an hour");
        assert_eq!(said(7_200), "2 hours");
        assert_eq!(said(90), "90 seconds");
        assert_eq!(said(0), "0 seconds");
    }

    #[test]
    fn only_what_is_further_ahead_counts() {
        let time = |text: &str| Timestamp::parse(text).expect("a time");
        let now = time("2026-01-05T06:00:00Z");
        let day = Duration::from_secs(86_400);
        assert!(!is_ahead(time("2026-01-06T06:00:00Z"), now, day));
        assert!(is_ahead(time("2026-01-06T06:00:00.000001Z"), now, day));
        assert!(!is_ahead(time("1926-01-06T06:00:00Z"), now, Duration::ZERO));
        assert!(!is_ahead(time("2199-01-06T06:00:00Z"), now, Duration::MAX));
    }
}
