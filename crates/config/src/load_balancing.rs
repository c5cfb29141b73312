//! `lb_policy` and what tunes it.

use crate::fields::load_balancing::{
    COMMON_LB_CONFIG, LEAST_REQUEST_LB_CONFIG, MAGLEV_LB_CONFIG, PERCENT, RING_HASH_LB_CONFIG, ROUND_ROBIN_LB_CONFIG,
};
use crate::reader::{Cursor, Object};

/// How an endpoint is chosen for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LbPolicy {
    /// Envoy's `LEAST_REQUEST`: of some, the one with the fewest requests under way.
    LeastRequest {
        /// Envoy's `least_request_lb_config.choice_count`, at least 2, which is the default.
        choice_count: u32,
    },
    /// Envoy's `MAGLEV`: by the route's hash, over a table.
    Maglev {
        /// Envoy's `maglev_lb_config.table_size`, a prime; 65,537 by default.
        table_size: u32,
    },
    /// Envoy's `RANDOM`.
    Random,
    /// Envoy's `RING_HASH`: by the route's hash, over a ring.
    RingHash {
        /// Envoy's `ring_hash_lb_config.minimum_ring_size`; 1024 by default.
        minimum_ring_size: u32,
        /// Envoy's `ring_hash_lb_config.maximum_ring_size`; 8 Mi by default.
        maximum_ring_size: u32,
    },
    /// Envoy's `ROUND_ROBIN`, the default.
    RoundRobin,
}

/// Envoy's `common_lb_config.healthy_panic_threshold` if none is given, in percent.
pub(crate) const PANIC_THRESHOLD: f64 = 50.0;

/// The largest ring, and the largest table.
const MAX_RING: i64 = 8 << 20;
const MAX_TABLE: i64 = 5_000_011;

/// Decodes `lb_policy` and the fields beside it.
pub(crate) fn decode(cluster: &Object<'_>) -> LbPolicy {
    let name = cluster.get("lb_policy").and_then(|at| decode_name(&at)).unwrap_or("ROUND_ROBIN");
    let number = |object: &Option<Object<'_>>, name, min, max, default| {
        let at = object.as_ref().and_then(|object| object.get(name));
        at.and_then(|at| at.integer(min, max)).and_then(|n| u32::try_from(n).ok()).unwrap_or(default)
    };
    let open = |field, message| cluster.get(field).and_then(|at| Object::open(&at, message));
    let least = open("least_request_lb_config", &LEAST_REQUEST_LB_CONFIG);
    let choice_count = number(&least, "choice_count", 2, 1000, 2);
    let ring = open("ring_hash_lb_config", &RING_HASH_LB_CONFIG);
    let minimum_ring_size = number(&ring, "minimum_ring_size", 1, MAX_RING, 1024);
    let maximum_ring_size = number(&ring, "maximum_ring_size", 1, MAX_RING, 8 << 20);
    if maximum_ring_size < minimum_ring_size
        && let Some(ring) = &ring
    {
        ring.at.error("maximum_ring_size must not be less than minimum_ring_size");
    }
    let maglev = open("maglev_lb_config", &MAGLEV_LB_CONFIG);
    let table_size = number(&maglev, "table_size", 2, MAX_TABLE, 65_537);
    if !is_prime(table_size)
        && let Some(maglev) = &maglev
    {
        maglev.at.error(format!("table_size {table_size} is no prime number; 65537 is the default"));
    }
    // Nothing in it is kept.
    let _ = open("round_robin_lb_config", &ROUND_ROBIN_LB_CONFIG);
    match name {
        "LEAST_REQUEST" => LbPolicy::LeastRequest { choice_count },
        "MAGLEV" => LbPolicy::Maglev { table_size },
        "RANDOM" => LbPolicy::Random,
        "RING_HASH" => LbPolicy::RingHash { minimum_ring_size, maximum_ring_size },
        _ => LbPolicy::RoundRobin,
    }
}

fn decode_name(at: &Cursor<'_>) -> Option<&'static str> {
    let found = at.choice(&[
        ("ROUND_ROBIN", 0, Ok("ROUND_ROBIN")),
        ("LEAST_REQUEST", 1, Ok("LEAST_REQUEST")),
        ("RING_HASH", 2, Ok("RING_HASH")),
        ("RANDOM", 3, Ok("RANDOM")),
        ("MAGLEV", 5, Ok("MAGLEV")),
        ("CLUSTER_PROVIDED", 6, Err("CLUSTER_PROVIDED")),
        ("LOAD_BALANCING_POLICY_CONFIG", 7, Err("LOAD_BALANCING_POLICY_CONFIG")),
    ])?;
    found
        .map_err(|name| {
            at.error(format!(
                "lb_policy {name} is not supported by Tollgate; write ROUND_ROBIN, LEAST_REQUEST, RANDOM, RING_HASH or \
                 MAGLEV"
            ));
        })
        .ok()
}

/// The panic threshold in percent: below it, all endpoints are used, healthy or not.
pub(crate) fn decode_panic_threshold(cluster: &Object<'_>) -> f64 {
    let common = cluster.get("common_lb_config").and_then(|at| Object::open(&at, &COMMON_LB_CONFIG));
    let Some(at) = common.and_then(|common| common.get("healthy_panic_threshold")) else { return PANIC_THRESHOLD };
    let Some(value) = Object::open(&at, &PERCENT).and_then(|percent| percent.get("value")) else { return 0.0 };
    value.number(0.0, 100.0).unwrap_or(PANIC_THRESHOLD)
}

fn is_prime(number: u32) -> bool {
    number >= 2
        && (2..)
            .take_while(|divisor| u64::from(*divisor) * u64::from(*divisor) <= u64::from(number))
            .all(|divisor: u32| !number.is_multiple_of(divisor))
}

#[cfg(test)]
mod tests {
    use super::is_prime;

    #[test]
    fn primes() {
        let primes: Vec<u32> = (0..20).filter(|number| is_prime(*number)).collect();
        assert_eq!(primes, [2, 3, 5, 7, 11, 13, 17, 19]);
        assert!(is_prime(65_537) && !is_prime(65_536) && is_prime(5_000_011));
    }
}
