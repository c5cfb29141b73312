//! The work itself. The benches compile this file, too, as native code: the same work without WebAssembly.

use std::hint::black_box;

/// Work of about the size that a request may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// SHA-256 of 4 KiB, as for a signature: integers, no memory to speak of.
    Hash,
    /// Reads a JSON document of 2 KB into values, as of a request: allocations and branches.
    Json,
    /// Searches a user agent for three patterns, as to tell browsers: an interpreter of its own.
    Regex,
    /// Multiplies two matrices of 32 x 32 doubles, as of a small model: floating point, loads and stores.
    Matrix,
}

impl Work {
    /// Every work with its name.
    pub const ALL: [(&'static str, Self); 4] =
        [("sha256_4k", Self::Hash), ("json_2k", Self::Json), ("regex_3", Self::Regex), ("matrix_32", Self::Matrix)];

    /// The work of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, work)| *work)
    }

    /// Does it once.
    ///
    /// # Panics
    ///
    /// Panics if the result is not what it is everywhere else: then it was other work.
    pub fn run(self) {
        let (result, expected) = match self {
            Self::Hash => (hash(), 0xc8f5_d034),
            Self::Json => (json(), 20 * 103),
            Self::Regex => (regex(), 2),
            Self::Matrix => (matrix(), 868_992),
        };
        assert_eq!(result, expected, "{self:?}");
    }
}

/// The first word of the SHA-256 of 4 KiB that count up.
fn hash() -> u32 {
    let mut input = [0_u8; 4096];
    input.iter_mut().enumerate().for_each(|(index, byte)| *byte = index as u8);
    sha256(black_box(&input))[0]
}

/// The sum of what is in 20 items.
fn json() -> u32 {
    const ITEM: &str =
        r#"{"id":103,"name":"an item of the list","tags":["new","cheap"],"price":1.5e1,"sold":false,"left":null}"#;
    let text = format!("[{}]", [ITEM; 20].join(","));
    let value: serde_json::Value = serde_json::from_str(black_box(&text)).expect("it is JSON");
    let items = value.as_array().expect("it is a list");
    items.iter().filter_map(|item| item["id"].as_u64()).sum::<u64>() as u32
}

/// How many of three patterns a user agent matches.
fn regex() -> u32 {
    use regex_lite::Regex;
    use std::sync::OnceLock;
    const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
    const PATTERNS: [&str; 3] = [r"(?i)bot|crawler|spider", r"Firefox/(\d+)\.(\d+)", r"^Mozilla/5\.0 \(([^)]*)\)"];
    static COMPILED: OnceLock<Vec<Regex>> = OnceLock::new();
    let patterns =
        COMPILED.get_or_init(|| PATTERNS.iter().map(|text| Regex::new(text).expect("it is right")).collect());
    patterns.iter().filter(|pattern| pattern.captures(black_box(AGENT)).is_some()).count() as u32
}

/// The trace of a product.
fn matrix() -> u32 {
    const SIZE: usize = 32;
    let mut left = [[0.0_f64; SIZE]; SIZE];
    let mut right = left;
    for row in 0..SIZE {
        for column in 0..SIZE {
            left[row][column] = (row + column) as f64;
            right[row][column] = (row * 2 + column) as f64 / 2.0;
        }
    }
    let (left, right) = (black_box(&left), black_box(&right));
    let mut product = [[0.0_f64; SIZE]; SIZE];
    for row in 0..SIZE {
        for column in 0..SIZE {
            product[row][column] = (0..SIZE).map(|at| left[row][at] * right[at][column]).sum();
        }
    }
    let product = black_box(&product);
    (0..SIZE).map(|at| product[at][at]).sum::<f64>() as u32
}

/// SHA-256 as FIPS 180-4 has it, of bytes that fill blocks. The crates for it use the processor's own instructions where it
/// has them, which would be other work than the guest's.
fn sha256(input: &[u8]) -> [u32; 8] {
    let mut state: [u32; 8] =
        [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19];
    for block in input.chunks_exact(64) {
        let words = std::array::from_fn(|at| {
            u32::from_be_bytes([block[at * 4], block[at * 4 + 1], block[at * 4 + 2], block[at * 4 + 3]])
        });
        compress(&mut state, &words);
    }
    // What follows the input: a bit, zeros, the length in bits.
    let bits = input.len() as u64 * 8;
    let mut last = [0; 16];
    last[0] = 0x8000_0000;
    last[14] = (bits >> 32) as u32;
    last[15] = bits as u32;
    compress(&mut state, &last);
    state
}

fn compress(state: &mut [u32; 8], block: &[u32; 16]) {
    let mut schedule = [0_u32; 64];
    schedule[..16].copy_from_slice(block);
    for at in 16..64 {
        let (a, b) = (schedule[at - 15], schedule[at - 2]);
        let small = a.rotate_right(7) ^ a.rotate_right(18) ^ (a >> 3);
        let large = b.rotate_right(17) ^ b.rotate_right(19) ^ (b >> 10);
        schedule[at] = schedule[at - 16].wrapping_add(small).wrapping_add(schedule[at - 7]).wrapping_add(large);
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = *state;
    for (constant, word) in CONSTANTS.iter().zip(&schedule) {
        let first = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let one = h.wrapping_add(first).wrapping_add(choice).wrapping_add(*constant).wrapping_add(*word);
        let second = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let majority = (a & b) ^ (a & c) ^ (b & c);
        let two = second.wrapping_add(majority);
        (h, g, f, e, d, c, b, a) = (g, f, e, d.wrapping_add(one), c, b, a, one.wrapping_add(two));
    }
    for (state, word) in state.iter_mut().zip([a, b, c, d, e, f, g, h]) {
        *state = state.wrapping_add(word);
    }
}

const CONSTANTS: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
    0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
    0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
    0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
    0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
    0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
    0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
    0xc67178f2,
];
