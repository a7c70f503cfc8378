//! `lotgraph root-cause`: asks what the bad lots have in common, and prints the answer.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::independent::{self, small};
use super::{caller, point, table, write_out};
use lotgraph_domain::{AttributeCondition, LotId, MaterialCode, Timestamp};
use lotgraph_genealogy::root_cause::{Caution, Group, INDEPENDENT_MAX, IndependentCause, Verdict};
use lotgraph_service::Questions;
use lotgraph_service::as_of::History;
use lotgraph_service::query::LotFilter;
use lotgraph_service::root_cause::{Cases, Controls, RootCauseAnswer, RootCauseQuestion};
use lotgraph_service::trace::TraceLimits;
use lotgraph_store::Ledger;

/// Factors of one group that a table names.
const FACTORS_SHOWN: usize = 3;

/// How to print the answer.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    /// For people
    Table,
    /// One object with everything
    Json,
    /// One line a factor
    Csv,
}

/// One root cause question.
#[derive(Debug, Args)]
pub struct RootCauseArguments {
    /// The lots that went wrong
    #[arg(long, value_name = "LOT", value_delimiter = ',', num_args = 1.., required_unless_present = "conditions")]
    cases: Vec<String>,
    /// Instead: the lots whose attributes fulfil this, e.g. result=FAIL or 'dissolution<87'; may be repeated
    #[arg(long = "where", value_name = "CONDITION", conflicts_with = "cases")]
    conditions: Vec<String>,
    /// With --where: only lots of this material
    #[arg(long, value_name = "MATERIAL", requires = "conditions")]
    material: Option<String>,
    /// The lots to compare with [default: same materials and days, no cases]
    #[arg(long, value_name = "LOT", value_delimiter = ',', num_args = 1..)]
    controls: Option<Vec<String>>,
    /// Choose controls among lots of this material [default: the cases' materials]
    #[arg(long, value_name = "MATERIAL", conflicts_with = "controls")]
    controls_material: Option<String>,
    /// Choose controls produced from this time on [default: from the day of the first case]
    #[arg(long, value_name = "TIME", conflicts_with = "controls", requires = "controls_material")]
    controls_from: Option<String>,
    /// Choose controls produced before this time [default: until the day of the last case]
    #[arg(long, value_name = "TIME", conflicts_with = "controls", requires = "controls_material")]
    controls_before: Option<String>,
    /// Choose controls whose attributes fulfil this too; may be repeated
    #[arg(long, value_name = "CONDITION", conflicts_with = "controls")]
    controls_where: Vec<String>,
    /// Choose at most so many controls for each case, of the same material and week
    #[arg(long, value_name = "N", conflicts_with = "controls", value_parser = clap::value_parser!(u32).range(1..))]
    controls_per_case: Option<u32>,
    /// Also walk where time would have to go back
    #[arg(long)]
    ignore_time: bool,
    /// The answer as it was: at a revision, or at a time like 2026-03-02T06:00:00+02:00
    #[arg(long, value_name = "REVISION|TIME")]
    as_of: Option<String>,
    /// At most this many groups of factors
    #[arg(long, default_value_t = 20, value_name = "N")]
    first: usize,
    /// How to print the answer
    #[arg(long, short, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl RootCauseArguments {
    fn question(&self) -> anyhow::Result<RootCauseQuestion> {
        let lots = |lots: &[String]| -> anyhow::Result<Vec<LotId>> {
            let lot = |text: &String| LotId::parse(text).map_err(|e| anyhow::anyhow!("lot {text:?} {e}"));
            lots.iter().map(lot).collect()
        };
        let cases = match self.conditions.is_empty() {
            true => Cases::Lots(lots(&self.cases)?),
            false => Cases::Where {
                among: self.cases_among()?,
                conditions: conditions("where", &self.conditions)?,
            },
        };
        let controls = match &self.controls {
            Some(controls) => Controls::Lots(lots(controls)?),
            None => Controls::Alike {
                among: self.among()?,
                conditions: conditions("controls-where", &self.controls_where)?,
                per_case: self.controls_per_case,
            },
        };
        Ok(RootCauseQuestion { cases, controls, respect_time: !self.ignore_time })
    }

    /// The lots to choose controls among, when they are not those that are like the cases.
    fn among(&self) -> anyhow::Result<Option<LotFilter>> {
        let Some(code) = &self.controls_material else { return Ok(None) };
        let time = |name: &str, text: &Option<String>| -> anyhow::Result<Option<Timestamp>> {
            let read = |text: &String| {
                Timestamp::parse(text).map_err(|error| anyhow::anyhow!("--{name} {text:?} {error}"))
            };
            text.as_ref().map(read).transpose()
        };
        let material = MaterialCode::parse(code)
            .map_err(|error| anyhow::anyhow!("--controls-material {code:?} {error}"))?;
        Ok(Some(LotFilter {
            materials: Some(vec![material]),
            produced_from: time("controls-from", &self.controls_from)?,
            produced_before: time("controls-before", &self.controls_before)?,
            ..LotFilter::default()
        }))
    }

    /// The lots to look for cases among.
    fn cases_among(&self) -> anyhow::Result<LotFilter> {
        let code =
            |code: &String| MaterialCode::parse(code).map_err(|e| anyhow::anyhow!("--material {code:?} {e}"));
        let materials = self.material.as_ref().map(code).transpose()?.map(|code| vec![code]);
        Ok(LotFilter { materials, ..LotFilter::default() })
    }
}

fn conditions(flag: &str, texts: &[String]) -> anyhow::Result<Vec<AttributeCondition>> {
    let condition = |text: &String| {
        AttributeCondition::parse(text).map_err(|error| anyhow::anyhow!("--{flag} {text:?} {error}"))
    };
    texts.iter().map(condition).collect()
}

pub(super) async fn run(
    arguments: &RootCauseArguments,
    store: Arc<dyn Ledger>,
    history: History,
    limits: TraceLimits,
) -> anyhow::Result<ExitCode> {
    let question = arguments.question()?;
    let caller = caller::reader();
    let questions = match &arguments.as_of {
        Some(text) => history.at(&caller, point("--as-of", text)?).await?.questions,
        None => Questions::over(store, limits),
    };
    let answer = questions.causes.root_cause(&caller, &question).await?;
    let printed = match arguments.format {
        Format::Table => for_people(&answer, arguments.first).into_bytes(),
        Format::Json => format!("{:#}\n", as_json(&answer, arguments.first)).into_bytes(),
        Format::Csv => as_csv(&answer, arguments.first)?,
    };
    write_out(&printed)?;
    Ok(ExitCode::SUCCESS)
}

fn for_people(answer: &RootCauseAnswer, first: usize) -> String {
    let common = &answer.common;
    let mut out = format!(
        "{} cases against {} controls; {} groups of factors tested; revision {}\n",
        answer.cases.len(),
        answer.controls.len(),
        common.tested,
        answer.subgraph.revision
    );
    if answer.left_out > 0 {
        let _ = writeln!(
            out,
            "{} lots left out: without the number that --where asks for, nobody can tell if they are controls",
            answer.left_out
        );
    }
    for caution in &common.cautions {
        let _ = writeln!(out, "Caution: {}", in_words(*caution));
    }
    independent::for_people(answer, &mut out);
    let head = ["CASES", "CONTROLS", "ODDS RATIO (95 %)", "P", "Q", "DEPTH", "FACTORS"];
    let mut rows = vec![head.map(str::to_owned)];
    rows.extend(common.groups.iter().take(first).map(|group| row(group, answer)));
    out.push_str("\nEvery factor alone, whatever the others:\n\n");
    table::aligned(&rows, &mut out);
    let hidden = common.groups.len().saturating_sub(first);
    if hidden > 0 {
        let _ = writeln!(out, "… {hidden} more groups: --first shows more");
    }
    let verdict =
        if answer.is_partial() { "PARTIAL: the node limit was reached; name fewer lots" } else { "complete" };
    let _ = writeln!(out, "Answer: {verdict}");
    out
}

fn row(group: &Group, answer: &RootCauseAnswer) -> [String; 7] {
    let table = group.table;
    let numbers = group.score.map_or_else(
        || [without_numbers(group.verdict).to_owned(), String::new(), String::new()],
        |score| {
            let ratio = score.odds_ratio;
            let odds = format!("{:.1} ({:.1}–{:.1})", ratio.estimate, ratio.low, ratio.high);
            [odds, small(score.p), small(score.q)]
        },
    );
    let [odds, p, q] = numbers;
    [
        format!("{}/{}", table.exposed_cases, answer.cases.len()),
        format!("{}/{}", table.exposed_controls, answer.controls.len()),
        odds,
        p,
        q,
        group.members[0].depth.to_string(),
        factors(group),
    ]
}

/// The nearest factors of a group; what always occurs together is joined by `=`.
pub(super) fn factors(group: &Group) -> String {
    let shown = group.members.iter().take(FACTORS_SHOWN);
    let named: Vec<String> =
        shown.map(|member| format!("{} {}", member.factor.kind().name(), member.factor.label())).collect();
    let more = group.members.len().saturating_sub(FACTORS_SHOWN);
    let more = if more > 0 { format!(" = {more} more") } else { String::new() };
    format!("{}{more}", named.join(" = "))
}

fn without_numbers(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Tested => "",
        Verdict::NoControls => "no controls",
        Verdict::Untestable => "too few to tell",
        Verdict::NoContrast => "all lots have it",
    }
}

fn in_words(caution: Caution) -> String {
    match caution {
        Caution::NoControls => "there are no controls, so factors are only counted".to_owned(),
        Caution::GroupsTooSmall => "so few lots cannot show a cause, whatever they have in common".to_owned(),
        Caution::NoExposure => "nothing is on record upstream of any case".to_owned(),
        Caution::MoreCauses => {
            format!("no more than {INDEPENDENT_MAX} independent causes are looked for; there may be more")
        }
    }
}

/// The name of a verdict or caution in machine-readable answers.
fn verdict_name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Tested => "TESTED",
        Verdict::NoControls => "NO_CONTROLS",
        Verdict::Untestable => "UNTESTABLE",
        Verdict::NoContrast => "NO_CONTRAST",
    }
}

fn caution_name(caution: Caution) -> &'static str {
    match caution {
        Caution::NoControls => "NO_CONTROLS",
        Caution::GroupsTooSmall => "GROUPS_TOO_SMALL",
        Caution::NoExposure => "NO_EXPOSURE",
        Caution::MoreCauses => "MORE_CAUSES",
    }
}

fn as_json(answer: &RootCauseAnswer, first: usize) -> Value {
    let common = &answer.common;
    let group = |group: &Group| group_as_json(group, answer);
    let independent = |cause: &IndependentCause| {
        let followers = cause.followers.iter().map(
            |follower| json!({"group": group(&common.groups[follower.group]), "pGivenCause": follower.p}),
        );
        let alike = cause.alike.iter().map(|alike| group(&common.groups[*alike]));
        json!({"group": group(&common.groups[cause.group]), "p": cause.p, "q": cause.q,
            "alike": alike.collect::<Vec<Value>>(), "followers": followers.collect::<Vec<Value>>()})
    };
    let unexplained: Vec<&str> =
        common.unexplained.iter().map(|case| answer.lot_id(answer.cases[*case as usize]).as_str()).collect();
    json!({"revision": answer.subgraph.revision.to_string(), "caseCount": answer.cases.len(),
        "controlCount": answer.controls.len(), "leftOutCount": answer.left_out, "testedCount": common.tested,
        "groupCount": common.groups.len(), "isPartial": answer.is_partial(),
        "cautions": common.cautions.iter().map(|c| caution_name(*c)).collect::<Vec<_>>(),
        "independentCauses": common.independent.iter().map(independent).collect::<Vec<_>>(),
        "groups": common.groups.iter().take(first).map(group).collect::<Vec<_>>(),
        "explaining": common.independent.iter().map(|cause| cause.group).collect::<Vec<_>>(),
        "unexplained": unexplained})
}

fn group_as_json(group: &Group, answer: &RootCauseAnswer) -> Value {
    let factors = group.members.iter().map(|member| {
        let evidence = member.evidence.map(|evidence| {
            let (case, lot, operation) = answer.ids_of(evidence);
            json!({"case": case.as_str(), "lot": lot.as_str(), "operation": operation.map(|id| id.as_str())})
        });
        json!({"kind": member.factor.kind().name(), "label": member.factor.label(),
            "codes": member.factor.codes(), "depth": member.depth, "evidence": evidence})
    });
    let ratio = group.score.map(|score| score.odds_ratio);
    json!({"verdict": verdict_name(group.verdict), "exposedCases": group.table.exposed_cases,
        "exposedControls": group.table.exposed_controls, "coverage": group.coverage(),
        "oddsRatio": ratio.map(|r| json!({"estimate": r.estimate, "low": r.low, "high": r.high})),
        "p": group.score.map(|score| score.p), "q": group.score.map(|score| score.q),
        "factors": factors.collect::<Vec<Value>>()})
}

/// For each group, the numbers of the independent cause that it is, of the one that explains it, and of the
/// one that it cannot be told from.
fn places(answer: &RootCauseAnswer) -> Vec<[Option<usize>; 3]> {
    let mut places = vec![[None; 3]; answer.common.groups.len()];
    for (number, cause) in answer.common.independent.iter().enumerate() {
        places[cause.group][0] = Some(number + 1);
        for follower in &cause.followers {
            places[follower.group][1] = Some(number + 1);
        }
        for alike in &cause.alike {
            places[*alike][2] = Some(number + 1);
        }
    }
    places
}

fn as_csv(answer: &RootCauseAnswer, first: usize) -> anyhow::Result<Vec<u8>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record([
        "group",
        "kind",
        "factor",
        "depth",
        "exposed_cases",
        "cases",
        "exposed_controls",
        "controls",
        "verdict",
        "odds_ratio",
        "low",
        "high",
        "p",
        "q",
        "independent_cause",
        "explained_by",
        "alike",
    ])?;
    let places = places(answer);
    for (number, group) in answer.common.groups.iter().take(first).enumerate() {
        let score = group.score.map_or_else(Vec::new, |score| {
            let ratio = score.odds_ratio;
            vec![ratio.estimate, ratio.low, ratio.high, score.p, score.q]
        });
        for member in &group.members {
            let mut record = vec![
                (number + 1).to_string(),
                member.factor.kind().name().to_owned(),
                member.factor.label(),
                member.depth.to_string(),
                group.table.exposed_cases.to_string(),
                group.table.cases.to_string(),
                group.table.exposed_controls.to_string(),
                group.table.controls.to_string(),
                verdict_name(group.verdict).to_owned(),
            ];
            record.extend((0..5).map(|n| score.get(n).map(ToString::to_string).unwrap_or_default()));
            record.extend(places[number].map(|n| n.map(|n| n.to_string()).unwrap_or_default()));
            writer.write_record(&record)?;
        }
    }
    Ok(writer.into_inner()?)
}
