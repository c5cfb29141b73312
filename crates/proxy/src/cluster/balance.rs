//! The choice among the endpoints of a cluster, as one worker makes it.

use super::host::Host;
use super::ring::HashTable;
use crate::request_id::random;
use std::sync::Arc;
use tollgate_config::LbPolicy;

/// What the choice for a request depends on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Selection<'a> {
    /// What requests that belong together have in common.
    pub(crate) hash: Option<u64>,
    /// The endpoints that the request was sent to before.
    pub(crate) tried: &'a [std::net::SocketAddr],
    /// How often to choose again when the choice falls on one of them.
    pub(crate) reselections: u32,
}

/// The endpoints that requests may go to, as they were at one time.
#[derive(Debug, Default)]
pub(super) struct Balance {
    /// How many endpoints there are.
    pub(super) total: usize,
    levels: Vec<Level>,
    /// The share of each level in percent; 100 in all, if there are endpoints.
    loads: Vec<u32>,
    /// Whether too few endpoints are healthy, so that the others are used, too.
    pub(super) is_panic: bool,
}

/// The endpoints of one priority.
#[derive(Debug)]
struct Level {
    hosts: Vec<Arc<Host>>,
    /// An order in which each comes as often as it weighs. `None` if all weigh the same.
    order: Option<Box<[u32]>>,
    table: Option<HashTable>,
    next: usize,
}

/// Longest order; weights are scaled down to it.
const MAX_ORDER: u64 = 4096;

/// Healthy endpoints of a level count for 140 percent, so that a few that fail do not move requests to the next level.
const OVERPROVISIONING: u64 = 140;

impl Balance {
    /// The endpoints as they are. Workers start at different ones, so that few requests over many workers are spread.
    pub(super) fn new(all: &[Arc<Host>], policy: LbPolicy, panic_threshold: f64) -> Self {
        let mut priorities: Vec<u32> = all.iter().map(|host| host.priority).collect();
        priorities.sort_unstable();
        priorities.dedup();
        let groups: Vec<Vec<Arc<Host>>> = priorities
            .iter()
            .map(|priority| all.iter().filter(|host| host.priority == *priority).cloned().collect())
            .collect();
        let counts: Vec<(u64, u64)> = groups
            .iter()
            .map(|group| (group.iter().filter(|host| host.is_healthy()).count() as u64, group.len() as u64))
            .collect();
        let (loads, panics) = shares(&counts, panic_threshold);
        let levels = groups
            .into_iter()
            .zip(&panics)
            .map(|(mut hosts, panic)| {
                if !panic {
                    hosts.retain(|host| host.is_healthy());
                }
                Level { order: order(&hosts), table: HashTable::new(policy, &hosts), hosts, next: random() as usize }
            })
            .collect();
        let is_panic = panics.iter().zip(&loads).any(|(panic, load)| *panic && *load > 0);
        Self { total: all.len(), levels, loads, is_panic }
    }

    /// An endpoint, if there is one that may be used.
    pub(super) fn choose(&mut self, policy: LbPolicy, selection: &Selection<'_>) -> Option<Arc<Host>> {
        let level = match self.levels.len() {
            0 => return None,
            1 => 0,
            _ => self.level(selection.hash.unwrap_or_else(random)),
        };
        let level = &mut self.levels[level];
        let mut found = level.choose(policy, selection.hash, 0)?;
        for attempt in 1..=selection.reselections as usize {
            if !selection.tried.contains(&found.address) {
                break;
            }
            found = level.choose(policy, selection.hash, attempt)?;
        }
        Some(found.clone())
    }

    fn level(&self, random: u64) -> usize {
        let mut left = (random % 100) as u32;
        for (index, load) in self.loads.iter().enumerate() {
            match left.checked_sub(*load) {
                Some(rest) => left = rest,
                None => return index,
            }
        }
        0
    }
}

impl Level {
    fn choose(&mut self, policy: LbPolicy, hash: Option<u64>, attempt: usize) -> Option<&Arc<Host>> {
        let count = self.hosts.len();
        if count == 0 {
            return None;
        }
        let index = match (policy, &self.table) {
            (LbPolicy::RingHash { .. } | LbPolicy::Maglev { .. }, Some(table)) => {
                table.choose(hash.unwrap_or_else(random), attempt)
            }
            (LbPolicy::LeastRequest { choice_count }, _) => self.least(choice_count),
            (LbPolicy::Random, _) => (random() % count as u64) as usize,
            _ => {
                self.next = self.next.wrapping_add(1);
                self.place(self.next)
            }
        };
        self.hosts.get(index)
    }

    /// The endpoint at a place of the order, which begins anew at its end.
    fn place(&self, place: usize) -> usize {
        match &self.order {
            Some(order) => order[place % order.len()] as usize,
            None => place % self.hosts.len(),
        }
    }

    /// Of some, the one with the fewest requests for its weight.
    fn least(&self, choices: u32) -> usize {
        let load = |index: usize| {
            let host = &self.hosts[index];
            (host.active() as f64 + 1.0) / f64::from(host.weight)
        };
        let candidate = || (random() % self.hosts.len() as u64) as usize;
        let mut best = candidate();
        for _ in 1..choices {
            let other = candidate();
            if load(other) < load(best) {
                best = other;
            }
        }
        best
    }
}

/// The share of each level in percent, and whether it is used whatever the health of its endpoints. `counts` are those that
/// are healthy, and all. As Envoy does it: levels take what those before them cannot.
fn shares(counts: &[(u64, u64)], panic_threshold: f64) -> (Vec<u32>, Vec<bool>) {
    let health: Vec<u64> = counts
        .iter()
        .map(|(healthy, all)| if *all == 0 { 0 } else { (OVERPROVISIONING * healthy / all).min(100) })
        .collect();
    let available = health.iter().sum::<u64>().min(100);
    let is_panic =
        |(healthy, all): &(u64, u64)| *all > 0 && (*healthy as f64) * 100.0 / (*all as f64) < panic_threshold;
    let panics: Vec<bool> = counts.iter().map(|count| available < 100 && is_panic(count)).collect();
    // With nothing healthy at all, each takes its part by size.
    let parts: Vec<u64> = if available == 0 { counts.iter().map(|(_, all)| *all).collect() } else { health };
    let total = if available == 0 { parts.iter().sum::<u64>() } else { available };
    let mut left = 100;
    let mut loads: Vec<u32> = parts
        .iter()
        .map(|part| {
            let load = (part * 100).checked_div(total).unwrap_or(0).min(left);
            left -= load;
            load as u32
        })
        .collect();
    if let Some(first) = loads.iter_mut().find(|load| **load > 0) {
        *first += left as u32;
    }
    (loads, panics)
}

/// Endpoints in an order in which each comes as often as it weighs, spread as evenly as can be.
fn order(hosts: &[Arc<Host>]) -> Option<Box<[u32]>> {
    let weights: Vec<u64> = hosts.iter().map(|host| u64::from(host.weight)).collect();
    order_of(&weights)
}

fn order_of(weights: &[u64]) -> Option<Box<[u32]>> {
    let first = *weights.first()?;
    if weights.iter().all(|weight| *weight == first) {
        return None;
    }
    let divisor = weights.iter().copied().fold(0, greatest_common_divisor).max(1);
    let total: u64 = weights.iter().map(|weight| weight / divisor).sum();
    let most = MAX_ORDER.max(weights.len() as u64);
    let scaled: Vec<i64> = weights
        .iter()
        .map(|weight| if total > most { (weight / divisor * most / total).max(1) } else { weight / divisor })
        .map(|weight| weight as i64)
        .collect();
    let total: i64 = scaled.iter().sum();
    // Each gains its weight in every step; the one that has most is taken, and pays for it.
    let mut credit = vec![0_i64; scaled.len()];
    let mut order = Vec::with_capacity(total as usize);
    for _ in 0..total {
        let mut best = 0;
        for (index, weight) in scaled.iter().enumerate() {
            credit[index] += weight;
            if credit[index] > credit[best] {
                best = index;
            }
        }
        credit[best] -= total;
        order.push(best as u32);
    }
    Some(order.into())
}

fn greatest_common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::{order_of, shares};

    #[test]
    fn each_comes_as_often_as_it_weighs_and_not_in_a_row() {
        assert_eq!(order_of(&[5, 5]), None);
        assert_eq!(&*order_of(&[2, 4]).unwrap(), [1, 0, 1]);
        assert_eq!(&*order_of(&[5, 1, 1]).unwrap(), [0, 0, 1, 0, 2, 0, 0]);
        let scaled = order_of(&[1_000_000_007, 1]).unwrap();
        assert!(scaled.len() <= 4097 && scaled.contains(&1));
    }

    #[test]
    fn levels_take_what_those_before_them_cannot() {
        // Envoy's own table: docs, "Priority levels".
        for (healthy, expected) in
            [(100, [100, 0]), (72, [100, 0]), (71, [99, 1]), (50, [70, 30]), (25, [35, 65]), (0, [0, 100])]
        {
            assert_eq!(shares(&[(healthy, 100), (100, 100)], 50.0).0, expected, "{healthy}");
        }
        assert_eq!(shares(&[(25, 100), (25, 100)], 50.0), (vec![50, 50], vec![true, true]));
        assert_eq!(shares(&[(0, 1), (0, 3)], 50.0), (vec![25, 75], vec![true, true]));
        assert_eq!(shares(&[(0, 2)], 0.0), (vec![100], vec![false]));
        assert_eq!(shares(&[(2, 4)], 50.0), (vec![100], vec![false]));
        assert_eq!(shares(&[], 50.0), (vec![], vec![]));
    }
}
