//! Stock that waits to be drawn. The oldest lots are drawn first.

use std::collections::VecDeque;

use super::calendar::Second;
use lotgraph_domain::LotId;

/// What is left of a lot, in the smallest unit its plant counts (grams, pieces).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stock {
    /// The lot.
    pub(super) lot: LotId,
    /// What is left.
    pub(super) left: i64,
    /// From when on it may be drawn.
    pub(super) ready: Second,
}

/// A share drawn from a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Drawn {
    /// The lot.
    pub(super) lot: LotId,
    /// How much of it.
    pub(super) amount: i64,
}

/// The lots of one material, oldest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Pool {
    stocks: VecDeque<Stock>,
}

impl Pool {
    /// Puts a lot into stock, behind those already there.
    pub(super) fn put(&mut self, lot: LotId, amount: i64, ready: Second) {
        if amount > 0 {
            self.stocks.push_back(Stock { lot, left: amount, ready });
        }
    }

    /// How much may be drawn at this moment.
    pub(super) fn available(&self, now: Second) -> i64 {
        self.stocks(now).map(|stock| stock.left).sum()
    }

    /// What is in stock at this moment, oldest first.
    pub(super) fn stocks(&self, now: Second) -> impl Iterator<Item = &Stock> {
        self.stocks.iter().filter(move |stock| stock.ready <= now)
    }

    /// How many lots are in stock.
    pub(super) fn len(&self) -> usize {
        self.stocks.len()
    }

    /// How many lots may be drawn from at this moment.
    pub(super) fn ready(&self, now: Second) -> usize {
        self.stocks(now).count()
    }

    /// Draws up to `amount`, from the oldest lots first. This may be less than asked for, and is empty when
    /// nothing is ready.
    pub(super) fn draw(&mut self, amount: i64, now: Second) -> Vec<Drawn> {
        let mut wanted = amount;
        let mut drawn = Vec::new();
        for stock in self.stocks.iter_mut().filter(|stock| stock.ready <= now) {
            let part = wanted.min(stock.left);
            if part > 0 {
                stock.left -= part;
                wanted -= part;
                drawn.push(Drawn { lot: stock.lot.clone(), amount: part });
            }
        }
        self.stocks.retain(|stock| stock.left > 0);
        drawn
    }

    /// Takes the oldest lot that is ready out of stock as a whole.
    pub(super) fn take(&mut self, now: Second) -> Option<Stock> {
        let index = self.stocks.iter().position(|stock| stock.ready <= now)?;
        self.stocks.remove(index)
    }

    /// Takes the lot of which most is left out of stock as a whole. Of equal ones this is the oldest.
    pub(super) fn take_largest(&mut self, now: Second) -> Option<Stock> {
        let ready = self.stocks.iter().enumerate().filter(|(_, stock)| stock.ready <= now);
        let (index, _) = ready.rev().max_by_key(|(_, stock)| stock.left)?;
        self.stocks.remove(index)
    }
}

/// How much was drawn in all.
pub(super) fn total(drawn: &[Drawn]) -> i64 {
    drawn.iter().map(|part| part.amount).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record;

    #[test]
    fn the_oldest_ready_lot_is_drawn_first_and_never_below_zero() {
        let mut pool = Pool::default();
        for (name, amount, ready) in [("A", 10, 0), ("B", 10, 50), ("C", 10, 0)] {
            pool.put(record::lot(name), amount, ready);
        }
        let drawn = pool.draw(15, 10);
        let drawn: Vec<(&str, i64)> = drawn.iter().map(|part| (part.lot.as_str(), part.amount)).collect();
        assert_eq!(drawn, [("A", 10), ("C", 5)]);
        assert_eq!(total(&pool.draw(100, 10)), 5);
        assert_eq!((pool.available(10), pool.available(60), pool.len()), (0, 10, 1));
        assert_eq!(pool.take(60).map(|stock| stock.left), Some(10));
    }
}
