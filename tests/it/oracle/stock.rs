//! Rule 9 worked out from its words: every draw of a lot is looked at by itself, against all that can have come in.

use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use super::links::Link;
use super::{Oracle, calendar};
use lotgraph::domain::{OperationKind, Role};

/// What rule 9 says about the links of a plant, by their place in the oracle's list.
#[derive(Debug, Default)]
pub struct Verdict {
    pub overdrawn: BTreeSet<usize>,
    /// Fillings, each with the moments from which they count, one for each draw that needs them.
    pub lifted: BTreeMap<usize, BTreeSet<i64>>,
}

fn tolerance() -> Decimal {
    "0.005".parse().unwrap()
}

impl Oracle {
    pub(super) fn judge_stock(&self) -> Verdict {
        let mut verdict = Verdict::default();
        for links in self.by_lot.values() {
            self.judge_lot(links, &mut verdict);
        }
        verdict
    }

    fn judge_lot(&self, links: &[usize], verdict: &mut Verdict) {
        let of = |role: Role| links.iter().copied().filter(move |n| self.links[*n].role == role);
        let fillings: Vec<usize> = of(Role::Produced).collect();
        let none_came = fillings.iter().all(|n| self.links[*n].came_back);
        if none_came || fillings.iter().any(|n| self.links[*n].quantity.is_none()) {
            return;
        }
        let draws = of(Role::Consumed).filter(|n| self.links[*n].draws());
        for draw in draws.filter(|n| self.links[*n].quantity.is_some()) {
            let link = &self.links[draw];
            if !self.clear_of_cleans(link) {
                continue;
            }
            let (came, left) = self.level(links, link, link.latest, true);
            if left - came <= tolerance() * came {
                continue;
            }
            verdict.overdrawn.insert(draw);
            let mut next: Vec<usize> = fillings.clone();
            next.retain(|n| {
                let earliest = self.links[*n].earliest;
                earliest > link.latest && !self.cleaned(&link.lot, link.latest, earliest)
            });
            next.sort_by_key(|n| {
                let filling = &self.links[*n];
                (filling.earliest, filling.operation.clone(), filling.position)
            });
            let mut came = came;
            for filling in next {
                if left - came <= tolerance() * came {
                    break;
                }
                verdict.lifted.entry(filling).or_default().insert(link.earliest);
                came += self.links[filling].quantity.unwrap();
            }
        }
    }

    /// Whether no clean of its lot can have been under way during a link.
    fn clear_of_cleans(&self, link: &Link) -> bool {
        let cleans = self.cleans.iter().filter(|clean| clean.lot == link.lot);
        cleans.into_iter().all(|clean| clean.latest < link.earliest || link.latest < clean.earliest)
    }

    /// What can have come in, and what has surely left, of what was there with a link, up to a moment; counts of the very
    /// moment are not in it for a draw, which is compared before them.
    fn level(&self, links: &[usize], at: &Link, until: i64, draw: bool) -> (Decimal, Decimal) {
        let (mut came, mut left) = (Decimal::ZERO, Decimal::ZERO);
        for link in links.iter().map(|n| &self.links[*n]) {
            let Some(quantity) = link.quantity else { continue };
            let together = self.clear_of_cleans(link)
                && link.latest <= until
                && !self.cleaned(&at.lot, link.latest, at.earliest);
            match link.role {
                Role::Produced => {
                    let mut moments =
                        calendar().filter(|m| link.earliest <= *m && *m <= link.latest && *m <= until);
                    if moments.any(|m| !self.cleaned(&at.lot, m, at.latest)) {
                        came += quantity;
                    }
                }
                Role::Consumed if together && link.draws() => left += quantity,
                _ => {}
            }
        }
        let counts = links.iter().map(|n| &self.links[*n]).filter(|link| {
            link.kind == OperationKind::Count
                && link.quantity.is_some()
                && self.clear_of_cleans(link)
                && !self.cleaned(&at.lot, link.latest, at.earliest)
                && if draw {
                    link.latest < until
                } else {
                    (link.latest, &link.operation, link.position) < (until, &at.operation, at.position)
                }
        });
        let mut counts: Vec<&Link> = counts.collect();
        counts.sort_by_key(|link| (link.latest, link.operation.clone(), link.position));
        // The last count before sets the stock: whatever the book said then, this much was there. How much it found more
        // or less than the book bears on the tolerance, so the book at each count is needed.
        let (mut more, mut less) = (Decimal::ZERO, Decimal::ZERO);
        for count in counts {
            let (book_in, book_out) = self.level(links, count, count.latest, false);
            let difference = count.quantity.unwrap() - (book_in - book_out);
            if difference > Decimal::ZERO {
                more += difference;
            } else {
                less -= difference;
            }
        }
        (came + more, left + less)
    }
}
