//! Choosing endpoints by a hash: Envoy's ring and its Maglev table, with the same hashes.

use super::host::Host;
use std::sync::Arc;
use tollgate_config::LbPolicy;
use twox_hash::XxHash64;

/// A table from hashes to endpoints, which are numbers in a list.
#[derive(Debug)]
pub(super) enum HashTable {
    /// Places on a ring, in order, and whose they are.
    Ring(Box<[(u64, u32)]>),
    /// Slots, and whose they are.
    Maglev(Box<[u32]>),
}

impl HashTable {
    /// The table for a list of endpoints, if the policy wants one.
    pub(super) fn new(policy: LbPolicy, hosts: &[Arc<Host>]) -> Option<Self> {
        if hosts.is_empty() {
            return None;
        }
        let entries: Vec<_> = hosts.iter().map(|host| (host.address.to_string(), host.weight)).collect();
        match policy {
            LbPolicy::RingHash { minimum_ring_size, maximum_ring_size } => {
                Some(Self::Ring(ring(&entries, minimum_ring_size, maximum_ring_size)))
            }
            LbPolicy::Maglev { table_size } => Some(Self::Maglev(maglev(&entries, table_size))),
            _ => None,
        }
    }

    /// The endpoint for a hash; with another `attempt`, another one, where there is one.
    pub(super) fn choose(&self, hash: u64, attempt: usize) -> usize {
        match self {
            Self::Ring(ring) => {
                let start = ring.partition_point(|(place, _)| *place < hash);
                ring[start.wrapping_add(attempt) % ring.len()].1 as usize
            }
            Self::Maglev(table) => {
                // Envoy changes the hash for another attempt.
                let hash = if attempt == 0 { hash } else { hash ^ !(attempt as u64) };
                table[(hash % table.len() as u64) as usize] as usize
            }
        }
    }
}

/// Each endpoint has places in proportion to its weight, at the hashes of its address and a number.
fn ring(entries: &[(String, u32)], minimum: u32, maximum: u32) -> Box<[(u64, u32)]> {
    let total: f64 = entries.iter().map(|(_, weight)| f64::from(*weight)).sum();
    let normalized = |weight: u32| f64::from(weight) / total;
    let least = entries.iter().map(|(_, weight)| normalized(*weight)).fold(f64::INFINITY, f64::min);
    // So that the lightest has a whole number of places.
    let scale = ((least * f64::from(minimum)).ceil() / least).min(f64::from(maximum));
    let mut ring = Vec::with_capacity(scale.ceil() as usize);
    let (mut placed, mut target) = (0.0, 0.0);
    for (index, (key, weight)) in entries.iter().enumerate() {
        target += scale * normalized(*weight);
        let mut number = 0_u32;
        while placed < target {
            ring.push((XxHash64::oneshot(0, format!("{key}_{number}").as_bytes()), index as u32));
            number += 1;
            placed += 1.0;
        }
    }
    ring.sort_unstable();
    ring.into()
}

/// Each endpoint takes slots in an order of its own, one after the other (Eisenbud et al., Maglev, 3.4).
fn maglev(entries: &[(String, u32)], size: u32) -> Box<[u32]> {
    struct Entry {
        offset: u64,
        skip: u64,
        next: u64,
        weight: f64,
        target: f64,
    }
    const FREE: u32 = u32::MAX;
    let size = u64::from(size);
    let mut order: Vec<_> = entries
        .iter()
        .map(|(key, weight)| Entry {
            offset: XxHash64::oneshot(0, key.as_bytes()) % size,
            skip: XxHash64::oneshot(1, key.as_bytes()) % (size - 1) + 1,
            next: 0,
            weight: f64::from(*weight),
            target: 0.0,
        })
        .collect();
    let heaviest = order.iter().map(|entry| entry.weight).fold(0.0, f64::max);
    let mut table = vec![FREE; size as usize];
    let mut taken = 0;
    let mut round = 1.0;
    while taken < size {
        for (index, entry) in order.iter_mut().enumerate() {
            // The heaviest has a turn in every round, the others in as many as they weigh.
            if round * entry.weight < entry.target {
                continue;
            }
            entry.target += heaviest;
            let slot = loop {
                let slot = ((entry.offset + entry.skip * entry.next) % size) as usize;
                entry.next += 1;
                if table[slot] == FREE {
                    break slot;
                }
            };
            table[slot] = index as u32;
            taken += 1;
            if taken == size {
                break;
            }
        }
        round += 1.0;
    }
    table.into()
}

#[cfg(test)]
mod tests {
    use super::{HashTable, maglev, ring};

    fn entries(weights: &[u32]) -> Vec<(String, u32)> {
        weights.iter().enumerate().map(|(index, weight)| (format!("10.0.0.{index}:80"), *weight)).collect()
    }

    #[test]
    fn places_are_in_proportion_to_weights() {
        let ring = ring(&entries(&[1, 3]), 1024, 8 << 20);
        let of = |index| ring.iter().filter(|(_, whose)| *whose == index).count();
        assert_eq!((of(0), of(1)), (256, 768));
        let table = maglev(&entries(&[1, 3]), 65_537);
        let share = table.iter().filter(|whose| **whose == 0).count();
        assert!((16_000..16_800).contains(&share), "{share}");
    }

    #[test]
    fn without_one_endpoint_the_others_keep_most_of_their_hashes() {
        let (all, fewer) = (entries(&[1, 1, 1]), entries(&[1, 1]));
        for (before, after) in [
            (HashTable::Ring(ring(&all, 1024, 4096)), HashTable::Ring(ring(&fewer, 1024, 4096))),
            (HashTable::Maglev(maglev(&all, 65_537)), HashTable::Maglev(maglev(&fewer, 65_537))),
        ] {
            let hashes = (0..1000_u64).map(|n| n.wrapping_mul(0x9e37_79b9_7f4a_7c15));
            let kept: Vec<_> = hashes.filter(|hash| before.choose(*hash, 0) < 2).collect();
            let moved = kept.iter().filter(|hash| before.choose(**hash, 0) != after.choose(**hash, 0)).count();
            assert!(moved * 5 < kept.len(), "{moved} of {}", kept.len());
        }
    }
}
