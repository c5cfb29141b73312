//! Choices drawn from bytes: of a fuzzer, or grown from a seed.

/// Bytes that a seed grows into; more than any case uses.
const SEEDED: usize = 1 << 14;

/// Choices drawn from bytes. When they run out, the first of everything is chosen, and lists end.
#[derive(Clone, Debug)]
pub struct Choices {
    bytes: Vec<u8>,
    at: usize,
}

impl Choices {
    /// Choices that these bytes make.
    pub fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec(), at: 0 }
    }

    /// Choices that a seed makes: always the same.
    pub fn seeded(seed: u64) -> Self {
        // SplitMix64.
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            mixed ^ (mixed >> 31)
        };
        let bytes = (0..SEEDED / 8).flat_map(|_| next().to_le_bytes()).collect();
        Self { bytes, at: 0 }
    }

    /// A number below `bound`, which is at most 256; 0 if there is no such number.
    pub fn below(&mut self, bound: usize) -> usize {
        let byte = self.bytes.get(self.at).copied().unwrap_or_default();
        self.at += 1;
        if bound == 0 { 0 } else { usize::from(byte) % bound }
    }

    /// True once in `rarity` times, and never when the bytes have run out.
    pub fn once_in(&mut self, rarity: usize) -> bool {
        let left = self.at < self.bytes.len();
        self.below(rarity) == 0 && left
    }

    /// One of a list that is not empty.
    pub fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::Choices;

    #[test]
    fn a_seed_always_chooses_the_same_and_no_bytes_choose_the_first() {
        let draw = |seed| {
            let mut choices = Choices::seeded(seed);
            (0..20).map(|_| choices.below(100)).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        let mut none = Choices::new(&[]);
        assert_eq!(none.below(9), 0);
        assert_eq!(none.one_of(&["first", "second"]), "first");
        assert!(!none.once_in(1));
    }
}
